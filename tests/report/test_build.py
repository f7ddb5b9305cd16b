"""The result document of a small store: what it says is what the store holds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from auditor.evidence.requests import Held, Request, Requests
from auditor.evidence.screenshot import Picture, Screenshots
from auditor.gate.verdict import Verdict
from auditor.history.identity import finding_id, problem_id
from auditor.model.finding import Excerpt, Finding, Problem, Tally
from auditor.model.rule import Rule
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import Certainty, FetchOutcome, Outcome, Owner, PageType, Severity
from auditor.report import build as module
from auditor.report.build import build, coverage_sentence
from auditor.report.document import ResultDocument
from auditor.store import frontier, judgement, runs, snapshots, traps
from auditor.store.traps import Trap
from auditor.store.workspace import Workspace
from tests.store.kit import SHOP, begin, fetch, found, render, response

HOSTILE = "<script>alert(1)</script> \x1b[31m \u202e"
PICTURE = Picture(kind="viewport", sha256="a" * 64, width=780, height=1688, scale=2.0)


def rule(name: str) -> Rule:
    return Rule(
        id=f"own/{name}", title=f"Title of {name}", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.DEV, check="c",
        message="m", why="why", fix="fix", refs=("https://docs.example/",),
    )  # fmt: skip


def finding(name: str, path: str, target: str = "t", **values: Any) -> Finding:
    page = SHOP + path
    given = {
        "clients": ("http", "chromium/phone"),
        "not_in": ("chromium/desktop",),
        "message": f"seen {target}",
        **values,
    }
    return Finding(
        id=finding_id(f"own/{name}", page, target), problem=problem_id(f"own/{name}", PageType.PRODUCT, target), rule=f"own/{name}",
        page=page, url=page, page_type=PageType.PRODUCT, target=target, severity=Severity.SERIOUS, certainty=Certainty.PROVEN, **given,
    )  # fmt: skip


def problem(one: Finding, pages: int, severity: Severity = Severity.SERIOUS) -> Problem:
    return Problem(
        id=one.problem, rule=one.rule, page_type=one.page_type, target=one.target, severity=severity, certainty=one.certainty, pages=pages,
        message=one.message, clients=one.clients, examples=(one.id,),
    )  # fmt: skip


@pytest.fixture
def run(workspace: Workspace) -> Run:
    run = begin(workspace)
    for path in ("/", "/a", "/b"):
        fetch(workspace, run, path, path)
    fetch(workspace, run, "/old", answer=response(f"{SHOP}/old", final_url=f"{SHOP}/a"))
    fetch(
        workspace,
        run,
        "/gone",
        answer=response(f"{SHOP}/gone", FetchOutcome.SITE_ERROR, status=404, reason="404 Not Found"),
    )
    fetch(
        workspace,
        run,
        "/blocked",
        answer=response(f"{SHOP}/blocked", FetchOutcome.BLOCKED, status=403, reason="a challenge page"),
    )
    with workspace.write() as connection:
        waiting = [
            found("/w"),
            *[found(f"/cart?add={n}", reason="adds to the cart") for n in range(5)],
            found("/far", reason="chosen: more pages than max_pages"),
        ]
        frontier.add(connection, run.id, waiting)
        for page_id in snapshots.page_ids(connection, run.id):
            snapshots.describe(connection, page_id, "product", f"template{page_id % 2}", "shopify", "")
    sent = Requests(
        items=(
            Request(url="https://www.google-analytics.com/g/collect?tid=G-1", held=Held.ANSWERED, vendor="ga4"),
            Request(url="https://beacons.example/x", method="POST", held=Held.WITHHELD),
            Request(url="https://walled.example/", third_party=True, held=Held.REFUSED),
            Request(url=f"{SHOP}/app.js"),
        )
    )
    render(
        workspace,
        run,
        "/a",
        "chromium/phone",
        "<p>a",
        evidence={"screenshots": Screenshots((PICTURE,)), "requests": sent},
    )
    render(workspace, run, "/a", "chromium/desktop", "<p>a")
    render(workspace, run, "/b", "firefox/desktop", "", FetchOutcome.TIMEOUT, "no answer within 30 s")
    return runs.note(workspace, run, status=RunStatus.COMPLETE, ended_at=runs.now())


@pytest.fixture
def judged(workspace: Workspace, run: Run) -> Run:
    first = finding("one", "/a", excerpts=(Excerpt("shown", HOSTILE, "p", (1, 2, 3, 4)),), message=HOSTILE)
    many = [finding("many", f"/p{n}") for n in range(40)]
    with workspace.write() as connection:
        evaluation = judgement.begin(connection, run.id, "digest", [rule("one"), rule("many"), rule("quiet")], "1")
        judgement.add_findings(connection, evaluation, [first, *many])
        judgement.add_problems(connection, evaluation, [problem(first, 1), problem(many[0], 40, Severity.CRITICAL)])
        tallies = [
            ("one", "failed", "", 1),
            ("one", "passed", "", 2),
            ("many", "cant_tell", "unclear", 4),
            ("quiet", "inapplicable", "", 3),
        ]
        judgement.add_tallies(
            connection,
            evaluation,
            [
                Tally(rule=f"own/{name}", client="http", outcome=Outcome(outcome), reason=reason, count=count)
                for name, outcome, reason, count in tallies
            ],
        )
        judgement.end(connection, evaluation)
        verdict = Verdict(
            exit_code=1,
            sentence="Not ready.",
            reasons=("because",),
            over=(first.problem,),
            fail_on="serious",
            certainty="proven",
            min_coverage=0.5,
        )
        detail = {
            name: value for name, value in msgspec.to_builtins(verdict).items() if name not in ("exit_code", "sentence")
        }
        judgement.add_verdict(connection, run.id, evaluation, 1, "Not ready.", detail)
    return run


def test_it_comes_back_from_json(workspace: Workspace, judged: Run) -> None:
    document = build(workspace, judged)
    assert msgspec.json.decode(msgspec.json.encode(document), type=ResultDocument) == document
    assert build(workspace, judged) == document


def test_run_and_verdict(workspace: Workspace, judged: Run) -> None:
    document = build(workspace, judged)
    assert (document.run.name, document.run.status, document.run.site) == (judged.name, "complete", "shop.example")
    verdict = document.verdict
    assert (verdict.exit_code, verdict.sentence, verdict.reasons, verdict.fail_on) == (
        1,
        "Not ready.",
        ("because",),
        "serious",
    )
    assert document.shop.platform == "shopify"


def test_coverage(workspace: Workspace, judged: Run) -> None:
    coverage = build(workspace, judged).coverage
    assert (coverage.known, coverage.waiting, coverage.complete, coverage.templates) == (12, 1, False, 2)
    assert coverage.in_scope == coverage.fetched + 1 + 1
    assert [(one.what, one.count, len(one.examples)) for one in coverage.skipped] == [
        ("adds to the cart", 5, 3),
        ("more pages than max_pages", 1, 1),
    ]
    clients = {one.client: one for one in coverage.clients}
    assert (clients["http"].looked, clients["chromium/phone"].looked, clients["firefox/desktop"].looked) == (
        coverage.fetched,
        1,
        0,
    )
    assert clients["chromium/phone"].version == "141.0"
    assert [(one.what, one.count) for one in clients["firefox/desktop"].failed] == [("no answer within 30 s", 1)]
    assert [(one.what, one.count) for one in coverage.unchecked] == [("Title of many: unclear", 4)]


def test_where_addresses_never_end(workspace: Workspace, judged: Run) -> None:
    with workspace.write() as connection:
        home = connection.exec_driver_sql("select id, url from urls order by id").first()
        assert home is not None
        few = Trap(name="dates /a", kind="dates", known=70, left_out=10, first_url="https://shop.example/a/2026")
        many = Trap(
            name="filters /b",
            kind="filters",
            known=900,
            left_out=850,
            first_url="https://shop.example/b?x=1",
            referrer_id=home.id,
        )
        kept = Trap(name="filters /c", kind="filters", known=9)
        traps.keep(connection, judged.id, [few, many, kept])
    dates, filters = sorted(build(workspace, judged).coverage.traps, key=lambda one: one.kind)
    assert (dates.followed, dates.left_out, dates.began_on) == (60, 10, "")
    assert (filters.places, filters.followed, filters.first_url) == (1, 50, many.first_url)
    assert filters.began_on == home.url


def test_the_ledger_of_side_effects(workspace: Workspace, judged: Run) -> None:
    ledger = build(workspace, judged).side_effects
    assert ledger.delivered == 0
    assert [(one.what, one.count) for one in ledger.answered] == [("Google Analytics 4", 1)]
    assert [(one.what, one.count) for one in ledger.withheld] == [("beacons.example", 1)]
    assert [(one.what, one.count) for one in ledger.refused] == [("walled.example", 1)]
    assert [(one.what, one.count, len(one.examples)) for one in ledger.unsafe_links] == [("adds to the cart", 5, 3)]
    assert (ledger.requests, ledger.visits) == (6, 3)
    assert ledger.sentence.startswith("0 recognised tracking hits delivered, 1 held back, 1 connection refused")
    assert "5 links that would change the shop's state seen and not followed." in ledger.sentence


def test_problems_worst_first_with_their_findings(workspace: Workspace, judged: Run) -> None:
    many, one = build(workspace, judged).problems
    assert (many.rule, many.pages, len(many.findings), many.severity) == (
        "own/many",
        40,
        module.MAX_FINDINGS,
        Severity.CRITICAL,
    )
    assert (one.title, one.why, one.fix, one.owner, one.message) == ("Title of one", "why", "fix", Owner.DEV, HOSTILE)
    (seen,) = one.findings
    assert (seen.clients, seen.not_in, seen.excerpts[0].text) == (
        ("http", "chromium/phone"),
        ("chromium/desktop",),
        HOSTILE,
    )
    assert seen.picture is not None
    assert (seen.picture.path, seen.picture.client, seen.picture.scale) == (
        f"pictures/{'a' * 64}.png",
        "chromium/phone",
        2.0,
    )


def test_rules_are_counted(workspace: Workspace, judged: Run) -> None:
    counted = {
        one.id: (one.passed, one.failed, one.cant_tell, one.inapplicable) for one in build(workspace, judged).rules
    }
    assert counted == {"own/one": (2, 1, 0, 0), "own/many": (0, 0, 4, 0), "own/quiet": (0, 0, 0, 3)}


def test_pages(workspace: Workspace, judged: Run) -> None:
    document = build(workspace, judged)
    pages = {one.url.removeprefix(SHOP): one for one in document.pages}
    assert [one.url.removeprefix(SHOP) for one in document.pages][:3] == ["/a", "/gone", "/blocked"]
    assert (pages["/a"].findings, pages["/a"].page_type, len(pages["/a"].snapshots)) == (1, "product", 2)
    assert (pages["/blocked"].outcome, pages["/blocked"].reason) == (FetchOutcome.BLOCKED, "a challenge page")
    assert (pages["/old"].final_url, pages["/old"].snapshots) == (f"{SHOP}/a", ())
    assert [(one.client, one.outcome, one.reason) for one in pages["/b"].snapshots] == [
        ("firefox/desktop", FetchOutcome.TIMEOUT, "no answer within 30 s")
    ]
    assert document.pages_cut == 0


def test_very_many_pages_are_cut(workspace: Workspace, judged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAGES", 2)
    document = build(workspace, judged)
    assert (len(document.pages), document.pages_cut) == (2, 4)


def test_a_run_that_was_not_judged(workspace: Workspace, run: Run) -> None:
    document = build(workspace, run)
    assert (document.problems, document.rules) == ((), ())
    assert (document.verdict.exit_code, document.verdict.sentence) == (
        3,
        "The audit was not finished: nothing was judged yet.",
    )


def test_a_run_that_was_judged_again_has_no_verdict_yet(workspace: Workspace, judged: Run) -> None:
    with workspace.write() as connection:
        judgement.end(connection, judgement.begin(connection, judged.id, "d", [rule("one")], "1"))
    document = build(workspace, judged)
    assert document.problems == ()
    assert (document.verdict.exit_code, document.verdict.sentence) == (
        3,
        "The audit was not finished: no verdict was given yet.",
    )


def test_an_empty_run(workspace: Workspace) -> None:
    document = build(workspace, begin(workspace))
    assert document.coverage.sentence == "No page was asked for."
    assert (document.pages, document.coverage.in_scope, document.shop.platform) == ((), 0, "")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "No page was asked for."),
        ({"fetched": 1, "outcomes": {"ok": 1}}, "Checked the one page in scope; none was opened in a browser."),
        (
            {"fetched": 1200, "outcomes": {"ok": 1200}, "rendered": {"chromium/phone": 3, "chromium/desktop": 1000}},
            "Checked all 1,200 pages in scope; opened in browsers: Chromium desktop 1,000, Chromium phone 3.",
        ),
        (
            {"fetched": 9999, "outcomes": {"ok": 9999, "blocked": 1}},
            "Checked 99.9 % of 10,000 pages in scope; none was opened in a browser; 1 gave no page.",
        ),
        (
            {
                "fetched": 0,
                "outcomes": {"timeout": 2},
                "waiting": 1,
                "skipped": {"chosen: max_pages": 7, "robots.txt": 9},
            },
            "Checked 0 % of 3 pages in scope; none was opened in a browser; 2 gave no page, 1 not fetched yet, 7 left out by the limits of this audit.",
        ),
    ],
)
def test_coverage_in_a_sentence(values: dict[str, Any], sentence: str) -> None:
    assert coverage_sentence(Coverage(**values)) == sentence


def test_sitemaps_that_were_not_read_to_the_end_are_told() -> None:
    told = coverage_sentence(Coverage(fetched=1, outcomes={"ok": 1}), unread=2)
    assert told.endswith("; 2 sitemaps not read to the end, so that more addresses may be listed.")


def test_pages_that_were_seen_without_the_scripts_that_make_them_are_told() -> None:
    told = coverage_sentence(Coverage(fetched=9, outcomes={"ok": 9}), by_scripts=6)
    assert told.endswith(
        "; 6 pages made by scripts and only fetched, so that little could be seen of them (--per-template opens more)."
    )
