"""The evaluate stage over a small store: the same evidence and rules give the same findings, and half a judgement is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from auditor.checks import registry
from auditor.checks.registry import check
from auditor.evaluate import stage
from auditor.evaluate.judge import MENDED, NEEDS_BROWSER
from auditor.evaluate.packs import Packs, load
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.errors import IncompleteError
from auditor.model.finding import Finding, Observation, cant_tell, failed
from auditor.model.query import BY_SCRIPTS, SiteQuery
from auditor.model.run import Run
from auditor.model.words import Certainty, FetchOutcome, On, Outcome, PageType, Scope, Severity
from auditor.store import judgement, schema, snapshots
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from auditor.workers.pool import Result, Task
from tests.evaluate.kit import rule
from tests.store.kit import PAGE, SHOP, begin, fetch, render, response


@pytest.fixture(autouse=True)
def _own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(registry.load())
    monkeypatch.setattr(registry, "_registered", known)
    monkeypatch.setattr(registry, "load", lambda: known)


def settings(workspace: Workspace, run: Run, **values: Any) -> EvaluateSettings:
    given = {
        "workspace": str(workspace.folder),
        "run_id": run.id,
        "site": SiteContext(hosts=("shop.example",)),
        "clients": ("chromium/desktop",),
    }
    return EvaluateSettings(**{**given, **values})


def packs(
    function: Callable[..., Any], needs: Iterable[str] = (), scope: Scope = Scope.SNAPSHOT, **values: Any
) -> Packs:
    function.__doc__ = "A check of the test."
    check(needs=set(needs), scope=scope)(function)
    return Packs((rule(check=function.__name__, **values),), "digest", {"own": "Own"})


def evaluate(workspace: Workspace, run: Run, rules: Packs, open_pool: Any = InlinePool, **values: Any) -> int:
    given = settings(workspace, run, **values)
    stage.describe(workspace, run, given, open_pool)
    return stage.evaluate(workspace, run, given, rules, "1", open_pool)


def findings(workspace: Workspace, evaluation: int) -> list[Finding]:
    with workspace.read() as connection:
        return list(judgement.findings_of(connection, evaluation))


def shop(workspace: Workspace, pages: int = 3) -> Run:
    run = begin(workspace)
    for number in range(pages):
        fetch(workspace, run, f"/p/{number}", PAGE.format(title=f"Page {number}", body=f"<h1>Page {number}</h1>"))
    return run


def test_describe_once(workspace: Workspace) -> None:
    run = shop(workspace)
    fetch(workspace, run, "/blocked", answer=response(f"{SHOP}/blocked", FetchOutcome.BLOCKED))
    given = settings(workspace, run)
    assert stage.describe(workspace, run, given, InlinePool) == 3
    assert stage.describe(workspace, run, given, InlinePool) == 0
    with workspace.read() as connection:
        described = snapshots.by_ids(connection, snapshots.page_ids(connection, run.id))
        assert all(PageType(one.page_type) and one.template for one in described)
        assert connection.execute(select(func.count()).select_from(schema.facts)).scalar_one() == 3


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\x00\x01\x02",
        "<" * 50_000,
        "<div>" * 5_000,
        '<script type="application/ld+json">{"@type":"Product","name":"\\ud800","sku":"\\udfff x"}</script>',
        '<script type="application/ld+json">{"@type":"Product","offers":{"price":' + "9" * 400 + "}}</script>",
        '<script type="application/ld+json">' + "[" * 20_000 + "</script>",
        '<a href="http://[::1">x</a><link rel=canonical href="http://[::1"><base href="https://:99999/">',
        "<title>&#xD800; &#0; &#x110000;</title>",
    ],
)
def test_hostile_pages_are_described_and_judged(workspace: Workspace, body: str) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/hostile", PAGE.format(title="x", body=body) if body else "")
    render(workspace, run, "/hostile", html=PAGE.format(title="x", body=body) if body else "")
    evaluation = evaluate(workspace, run, load())
    with workspace.read() as connection:
        tallies = judgement.tallies_of(connection, evaluation)
        assert snapshots.undescribed(connection, run.id) == []
    assert tallies
    broken = [tally.reason for tally in tallies if "failed:" in tally.reason]
    assert broken == []


def test_again_gives_the_same(workspace: Workspace) -> None:
    run = shop(workspace, 25)
    for number in range(4):
        render(workspace, run, f"/p/{number}", html=PAGE.format(title="", body="<h1>x</h1>"))
    rules = load(["meta", "canonical", "structured-data"])
    first, second = (evaluate(workspace, run, rules) for _ in range(2))
    assert first != second
    assert findings(workspace, first) == findings(workspace, second) != []
    with workspace.read() as connection:
        assert judgement.problems_of(connection, first) == judgement.problems_of(connection, second)
        assert judgement.tallies_of(connection, first) == judgement.tallies_of(connection, second)
        assert judgement.latest(connection, run.id) == second
        assert judgement.rules_of(connection, second) == list(rules.rules)


def test_problems_sum_findings_up(workspace: Workspace) -> None:
    run = shop(workspace, 5)

    def numbered(snapshot: Snapshot) -> Iterator[Observation]:
        number = int(snapshot.url[-1])
        worse = Severity.CRITICAL if number == 3 else None
        yield failed(
            "same", what=f"page {number}", severity=worse, certainty=Certainty.NEEDS_REVIEW if number == 4 else None
        )
        if number == 0:
            yield failed("other", what="other")

    evaluation = evaluate(workspace, run, packs(numbered, on="raw", severity=Severity.MINOR))
    with workspace.read() as connection:
        worst, other = judgement.problems_of(connection, evaluation)
    assert (worst.target, worst.pages, worst.severity, worst.certainty, worst.message) == (
        "same",
        5,
        Severity.CRITICAL,
        Certainty.PROVEN,
        "Seen: page 3.",
    )
    assert len(worst.examples) == 3
    assert set(worst.examples) <= {one.id for one in findings(workspace, evaluation)}
    assert (other.target, other.pages, other.clients) == ("other", 1, ("http",))


def test_a_problem_is_never_worse_and_surer_than_any_of_its_findings(workspace: Workspace) -> None:
    run = shop(workspace, 2)

    def two(snapshot: Snapshot) -> Iterator[Observation]:
        if snapshot.url.endswith("0"):
            yield failed("t", severity=Severity.CRITICAL, certainty=Certainty.LIKELY)
        else:
            yield failed("t", severity=Severity.MINOR)

    evaluation = evaluate(workspace, run, packs(two, on="raw"))
    with workspace.read() as connection:
        (one,) = judgement.problems_of(connection, evaluation)
    assert (one.severity, one.certainty, one.pages) == (Severity.MINOR, Certainty.PROVEN, 2)


def test_a_run_without_pages_is_judged(workspace: Workspace) -> None:
    run = begin(workspace)
    evaluation = evaluate(workspace, run, load(["meta"]))
    with workspace.read() as connection:
        assert judgement.latest(connection, run.id) == evaluation
        assert judgement.problems_of(connection, evaluation) == []


def test_site_rules_read_the_run(workspace: Workspace) -> None:
    run = shop(workspace)

    def counted(run: SiteQuery) -> Iterator[Observation]:
        yield failed("t", what=f"{run.coverage().fetched} {len(list(run.pages()))}", page=f"{SHOP}/p/0")

    evaluation = evaluate(workspace, run, packs(counted, scope=Scope.SITE))
    (one,) = findings(workspace, evaluation)
    assert (one.message, one.page) == ("Seen: 3 3.", f"{SHOP}/p/0")


def test_rules_of_the_site_that_browsers_would_show_say_so_where_none_did(workspace: Workspace) -> None:
    run = shop(workspace)

    def nothing(run: SiteQuery) -> Iterator[Observation]:
        yield from ()

    evaluation = evaluate(workspace, run, packs(nothing, scope=Scope.SITE, on=On.RENDERED))
    with workspace.read() as connection:
        (told,) = judgement.tallies_of(connection, evaluation)
    assert (told.outcome, told.reason) == (Outcome.CANT_TELL, NEEDS_BROWSER)


# When something goes wrong


class Breaking(InlinePool):
    """Fails tasks that hold one of the pages, as a worker that dies does."""

    bad: tuple[int, ...] = ()
    tasks: list[int]

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        from msgspec import msgpack

        for task in tasks:
            ids = msgpack.decode(task.payload)["page_ids"]
            if set(ids) & set(self.bad) and msgpack.decode(task.payload)["job"] == "judge":
                yield Result(task.id, None, "the worker died twice (killed by signal 9)\nits last words: \ud800")
            else:
                yield from super().run([task])


def breaking(*bad: int) -> Any:
    return type("Broken", (Breaking,), {"bad": bad})


def title(snapshot: Snapshot) -> Iterator[Observation]:
    yield failed(snapshot.meta.title, what=snapshot.meta.title)


def test_a_page_that_breaks_its_worker_costs_only_itself(workspace: Workspace) -> None:
    run = shop(workspace, 25)
    with workspace.read() as connection:
        ids = snapshots.page_ids(connection, run.id)
    seen: list[tuple[int, int]] = []
    rules = packs(title, {"meta"}, on="raw")
    given = settings(workspace, run)
    stage.describe(workspace, run, given, InlinePool)
    evaluation = stage.evaluate(
        workspace, run, given, rules, "1", breaking(ids[3], ids[22]), lambda done, total: seen.append((done, total))
    )
    assert len(findings(workspace, evaluation)) == 23
    with workspace.read() as connection:
        tallies = judgement.tallies_of(connection, evaluation)
    assert [(one.outcome, one.client, one.count, one.reason) for one in tallies] == [
        (Outcome.CANT_TELL, "http", 2, "judging the page failed: the worker died twice (killed by signal 9)"),
        (Outcome.FAILED, "http", 23, ""),
    ]
    assert seen[-1] == (25, 25)
    assert all(done <= total for done, total in seen)


def test_a_bug_in_our_own_reading_is_told_by_its_last_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shop(workspace, 1)
    monkeypatch.setattr("auditor.evaluate.judge.Judge.page", lambda *_: 1 / 0)
    evaluation = evaluate(workspace, run, packs(title, {"meta"}))
    with workspace.read() as connection:
        (tally,) = judgement.tallies_of(connection, evaluation)
    assert tally.reason == "judging the page failed: ZeroDivisionError: division by zero"


class Stopping(InlinePool):
    """Ends after one task, as after Ctrl-C."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        for result in super().run(tasks):
            yield result
            self.stop()


def test_a_judgement_that_was_stopped_is_none(workspace: Workspace) -> None:
    run = shop(workspace, 22)
    rules = packs(title, {"meta"}, on="raw")
    whole = evaluate(workspace, run, rules)
    with pytest.raises(IncompleteError, match="stopped before its end"):
        stage.evaluate(workspace, run, settings(workspace, run), rules, "1", Stopping)
    with workspace.read() as connection:
        assert judgement.latest(connection, run.id) == whole
    evaluate(workspace, run, rules)
    with workspace.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.evaluations)).scalar_one() == 2
        assert connection.execute(select(func.count()).select_from(schema.findings)).scalar_one() == 44


def test_a_template_that_cannot_be_compared_stays_unknown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shop(workspace, 3)
    render(workspace, run, "/p/0", html=PAGE.format(title="x", body=""))
    monkeypatch.setattr("auditor.facts.template.renders_differently", lambda *_: 1 / 0)
    evaluation = evaluate(workspace, run, packs(title, {"meta"}))
    assert {one.certainty for one in findings(workspace, evaluation) if one.clients == ("http",)} == {Certainty.LIKELY}


@pytest.mark.parametrize(("same", "wanted"), [(True, Certainty.PROVEN), (False, Certainty.LIKELY)])
def test_pages_only_fetched_are_as_sure_as_their_template(workspace: Workspace, same: bool, wanted: Certainty) -> None:
    run = shop(workspace, 3)
    html = (
        PAGE.format(title="Page 0", body="<h1>Page 0</h1>")
        if same
        else PAGE.format(title="Made by a script", body="<h1>Other</h1>")
    )
    render(workspace, run, "/p/0", html=html)
    evaluation = evaluate(workspace, run, packs(title, {"meta"}))
    assert [one.certainty for one in findings(workspace, evaluation) if one.clients == ("http",)] == [wanted] * 2


# Which page it is


CHALLENGE = '<html><head><title>Just a moment...</title></head><body><div id="challenge-error-text">Enable JavaScript and cookies to continue</div><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>'


def test_a_browser_that_was_challenged_says_nothing_of_the_page(workspace: Workspace) -> None:
    run = shop(workspace, 1)
    render(workspace, run, "/p/0", "chromium/desktop", CHALLENGE)
    render(workspace, run, "/p/0", "firefox/desktop", PAGE.format(title="Page 0", body="<h1>Page 0</h1>"))
    evaluation = evaluate(
        workspace, run, packs(title, {"meta"}, on="every"), clients=("chromium/desktop", "firefox/desktop")
    )
    (one,) = findings(workspace, evaluation)
    assert (one.clients, one.target) == (("http", "firefox/desktop"), "Page 0")


def test_snapshots_that_gave_no_page_are_not_judged(workspace: Workspace) -> None:
    run = shop(workspace, 1)
    render(workspace, run, "/p/0", "chromium/desktop", "", FetchOutcome.TIMEOUT, "slow")
    evaluation = evaluate(workspace, run, packs(title, {"meta"}, on="rendered"))
    with workspace.read() as connection:
        (tally,) = judgement.tallies_of(connection, evaluation)
    assert tally.outcome is Outcome.CANT_TELL


def test_the_best_snapshot_is_that_of_the_first_client_of_the_matrix(workspace: Workspace) -> None:
    run = shop(workspace, 1)
    for client in ("firefox/phone", "chromium/phone", "chromium/desktop"):
        render(workspace, run, "/p/0", client, PAGE.format(title=client, body=""))
    order = ("chromium/phone", "chromium/desktop", "firefox/phone")
    (one,) = findings(workspace, evaluate(workspace, run, packs(title, {"meta"}), clients=order))
    assert one.clients == ("chromium/phone",)


def test_unknown_answers_are_counted_with_their_reason(workspace: Workspace) -> None:
    run = shop(workspace, 25)

    def unsure(snapshot: Snapshot) -> Iterator[Observation]:
        yield cant_tell("unclear")

    evaluation = evaluate(workspace, run, packs(unsure, on="raw"))
    with workspace.read() as connection:
        (tally,) = judgement.tallies_of(connection, evaluation)
    assert (tally.outcome, tally.reason, tally.count) == (Outcome.CANT_TELL, "unclear", 25)


def test_where_the_root_leads_is_the_home_page(workspace: Workspace) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/start.html", PAGE.format(title="A shop", body="<h1>Welcome</h1>"))
    fetch(workspace, run, "/other.html", PAGE.format(title="A page", body="<h1>More</h1>"))
    fetch(workspace, run, "/", answer=response(f"{SHOP}/", final_url=f"{SHOP}/start.html"))
    stage.describe(workspace, run, settings(workspace, run), InlinePool)
    with workspace.read() as connection:
        kinds = {one.url: one.page_type for one in snapshots.html_pages(connection, run.id)}
    assert kinds == {f"{SHOP}/start.html": PageType.HOME, f"{SHOP}/other.html": PageType.CONTENT}


# What scripts mend


def words(snapshot: Snapshot) -> Iterator[Observation]:
    for word in ("first", "second"):
        if word in "".join(snapshot.document.tree.itertext()):
            yield failed(word, what=word)


LEFT = "<h1>x</h1><p>first</p>"


@pytest.mark.parametrize(
    ("fetched", "shown", "wanted"),
    [
        (["first"] * 3, ["", ""], {}),  # scripts mend it wherever a browser looked
        (["first"] * 3, ["first", "first"], {"first": Certainty.PROVEN}),
        (["first"] * 3, ["first", ""], {"first": Certainty.LIKELY}),
        (["first second"] * 3, ["second", "second"], {"first": Certainty.LIKELY, "second": Certainty.LIKELY}),
        # another target, as that of a picture that is loaded late, is no mending
        (["first"] * 3, ["second", "second"], {"first": Certainty.PROVEN}),
        (["", "", "first"], ["", ""], {"first": Certainty.PROVEN}),
    ],
)
def test_faults_that_scripts_mend_on_pages_that_browsers_saw(
    workspace: Workspace, fetched: list[str], shown: list[str], wanted: dict[str, Certainty]
) -> None:
    run = begin(workspace)
    for number, text in enumerate(fetched):
        fetch(workspace, run, f"/p/{number}", PAGE.format(title="x", body=f"<h1>x</h1><p>{text}</p>"))
    for number, text in enumerate(shown):
        render(workspace, run, f"/p/{number}", html=PAGE.format(title="x", body=f"<h1>x</h1><p>{text}</p>"))
    evaluation = evaluate(workspace, run, packs(words, {"document"}))
    found = findings(workspace, evaluation)
    assert {one.target: one.certainty for one in found if one.page == f"{SHOP}/p/2"} == wanted
    with workspace.read() as connection:
        reasons = {one.reason for one in judgement.tallies_of(connection, evaluation)}
    assert (MENDED in reasons) == (wanted == {})


def test_a_fault_that_scripts_mend_is_not_said_to_be_gone(workspace: Workspace) -> None:
    run = begin(workspace)
    for number in range(2):
        fetch(workspace, run, f"/p/{number}", PAGE.format(title="x", body=LEFT))
    render(workspace, run, "/p/0", html=PAGE.format(title="x", body="<h1>x</h1>"))
    evaluation = evaluate(workspace, run, packs(words, {"document"}))
    with workspace.read() as connection:
        unsure = connection.execute(select(schema.unsure.c.target).where(schema.unsure.c.evaluation_id == evaluation))
        assert "first" in set(unsure.scalars())


def headed(snapshot: Snapshot) -> Iterator[Observation]:
    if not any(snapshot.meta.h1s):
        yield failed("", what="no heading")


@pytest.mark.parametrize(("on", "told"), [("best", {Outcome.CANT_TELL: 2}), ("raw", {Outcome.PASSED: 3})])
def test_pages_that_scripts_make_pass_nothing_where_no_browser_opened_them(
    workspace: Workspace, on: str, told: dict[Outcome, int]
) -> None:
    run = begin(workspace)
    for number in range(3):
        fetch(workspace, run, f"/p/{number}", PAGE.format(title="x", body="<h1>x</h1><div id=root></div>"))
    html = PAGE.format(title="x", body="<h1>x</h1><div id=root>" + "<p>What the shop sells, in many words.</p>" * 30)
    render(workspace, run, "/p/0", html=html)
    evaluation = evaluate(workspace, run, packs(headed, {"meta"}, on=on))
    with workspace.read() as connection:
        counted = {
            one.outcome: one.count for one in judgement.tallies_of(connection, evaluation) if one.client == "http"
        }
        reasons = {one.reason for one in judgement.tallies_of(connection, evaluation) if one.outcome in told}
    assert counted == told
    assert reasons == ({BY_SCRIPTS} if on == "best" else {""})
