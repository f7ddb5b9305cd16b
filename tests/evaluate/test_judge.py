"""Judging one page: what is looked at, what becomes of it, and that nothing a page or a check does ends the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from auditor.evaluate.judge import NEEDS_BROWSER, Judge, Judged
from auditor.evaluate.told import MAX_OBSERVATIONS
from auditor.facts.narrowed import Narrowed
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import PageRow
from auditor.model.snapshot import State
from auditor.model.words import Answer, Certainty, FetchOutcome, On, Outcome, PageType, Scope, Severity
from auditor.store.looks import OPENED, SITE
from tests.evaluate.kit import URL, judged, outcomes, own, page, raw, rule, shown


def fails(snapshot: Snapshot) -> Iterator[Observation]:
    yield failed("target", what=str(snapshot.key.client))


def passes(snapshot: Snapshot) -> Iterator[Observation]:
    yield from ()


def observing(*observations: Any) -> Callable[[Any], Iterator[Any]]:
    return lambda _: iter(observations)


# Which snapshots are looked at

BROWSERS = ["chromium/desktop", "chromium/phone"]


@pytest.mark.parametrize(
    ("on", "wanted"),
    [
        (On.BEST, ["chromium/desktop"]),
        (On.RAW, ["http"]),
        (On.RENDERED, BROWSERS),
        (On.EVERY, ["http", *BROWSERS]),
    ],
)
def test_on_says_which_snapshots_are_looked_at(on: On, wanted: list[str]) -> None:
    result = judged(passes, page(rendered=[shown(one) for one in BROWSERS]), on=on)
    assert outcomes(result) == dict.fromkeys(wanted, "passed")
    assert result.findings == []


@pytest.mark.parametrize("scope", [Scope.SNAPSHOT, Scope.PAGE])
@pytest.mark.parametrize(
    ("on", "there", "client", "reason"),
    [
        (On.RENDERED, page(), "any browser", "needs a browser; this page was fetched only"),
        (On.RENDERED, page(raw=None), "any client", "no client was shown the page itself"),
        (On.RAW, page(raw=None, rendered=[shown()]), "http", "no client was shown the page itself"),
        (On.BEST, page(raw=None), "any client", "no client was shown the page itself"),
        (On.EVERY, page(raw=None), "any client", "no client was shown the page itself"),
    ],
)
def test_nothing_to_look_at_could_not_be_checked(on: On, there: Any, client: str, reason: str, scope: Scope) -> None:
    (tally,) = judged(fails, there, on=on, scope=scope).tallies
    assert (tally.outcome, tally.client, tally.reason) == (Outcome.CANT_TELL, client, reason)


@pytest.mark.parametrize(
    ("needs", "on", "there", "wanted"),
    [
        ({"texts"}, On.BEST, page(), {"http": "needs a browser; this page was fetched only"}),
        (
            {"texts"},
            On.RENDERED,
            page(rendered=[shown(texts=False)]),
            {"chromium/desktop": "the page did not come to rest"},
        ),
        ({"layout"}, On.RENDERED, page(rendered=[shown()]), {"chromium/desktop": "layout was not gathered"}),
        (
            {"shown_prices"},
            On.RENDERED,
            page(rendered=[shown(texts=False)]),
            {"chromium/desktop": "the page did not come to rest"},
        ),
        ({"meta"}, On.RENDERED, page(rendered=[shown(html=None)]), {"chromium/desktop": "no document was gathered"}),
        ({"response"}, On.RENDERED, page(rendered=[shown()]), {"chromium/desktop": "seen by the browser only"}),
        ({"targets"}, On.RAW, page(), {"http": "the links were not followed"}),
    ],
)
def test_missing_evidence_could_not_be_checked(needs: set[str], on: On, there: Any, wanted: dict[str, str]) -> None:
    result = judged(fails, there, needs, on=on)
    assert {tally.client: tally.reason for tally in result.tallies} == wanted
    assert all(tally.outcome is Outcome.CANT_TELL for tally in result.tallies)
    assert result.findings == []


def test_a_page_check_is_handed_all_snapshots_at_once() -> None:
    def together(snapshots: list[Any]) -> Iterator[Observation]:
        yield failed("t", what=" ".join(one.texts.visible if one.is_rendered else "raw" for one in snapshots))

    (one,) = judged(
        together, page(rendered=[shown(), shown("firefox/phone")]), {"texts"}, Scope.PAGE, on=On.RENDERED
    ).findings
    assert one.message == "Seen: shown shown."
    result = judged(together, page(rendered=[shown(texts=False)]), {"texts"}, Scope.PAGE, on=On.RENDERED)
    assert [tally.reason for tally in result.tallies] == ["the page did not come to rest"]


def test_a_check_is_handed_only_what_it_declared() -> None:
    def peeks(snapshot: Snapshot) -> Iterator[Observation]:
        assert snapshot.texts.visible == "shown"
        yield failed("t", what=snapshot.meta.title)

    result = judged(peeks, page(rendered=[shown()]), {"texts"})
    assert result.findings == []
    assert result.tallies[0].outcome is Outcome.CANT_TELL
    assert "the check reads 'meta' without declaring that it needs it" in result.tallies[0].reason


@pytest.mark.parametrize("name", ["document", "requests", "bundle", "pack_facts", "missing", "targets"])
def test_undeclared_evidence_is_refused(name: str) -> None:
    with pytest.raises(AttributeError, match=f"reads '{name}' without declaring"):
        getattr(Narrowed(shown(), frozenset({"texts"})), name)


# What becomes of observations


@pytest.mark.parametrize(
    ("observations", "outcome", "reason", "findings"),
    [
        ([], Outcome.PASSED, "", 0),
        ([Observation(Outcome.PASSED)], Outcome.PASSED, "", 0),
        ([inapplicable("no links")], Outcome.INAPPLICABLE, "no links", 0),
        ([cant_tell("unclear"), inapplicable("no links")], Outcome.CANT_TELL, "unclear", 0),
        ([cant_tell("unclear"), failed("t"), inapplicable("no links")], Outcome.FAILED, "", 1),
        ([failed("t"), failed("u")], Outcome.FAILED, "", 2),
        ([cant_tell("x" * 1000)], Outcome.CANT_TELL, "x" * 300, 0),
    ],
)
def test_outcomes(observations: list[Observation], outcome: Outcome, reason: str, findings: int) -> None:
    result = judged(observing(*observations), page())
    assert [(tally.outcome, tally.reason, tally.count) for tally in result.tallies] == [(outcome, reason, 1)]
    assert len(result.findings) == findings


def breaks(snapshot: Snapshot) -> Iterator[Observation]:
    yield failed("before", what="x")
    raise ValueError("bad \ud800" + "x" * 1000)


def not_a_generator(snapshot: Snapshot) -> None:
    return None


@pytest.mark.parametrize(
    ("function", "says"),
    [(breaks, "ValueError: bad ?"), (not_a_generator, "TypeError"), (observing("text"), "AttributeError")],
)
def test_a_check_that_breaks_costs_one_answer(function: Any, says: str) -> None:
    rules = [rule(id="own/broken", check="broken"), rule(id="own/well")]
    checks = {"broken": own(function)["own"], **own(fails)}
    result = Judge(rules, checks, {}, ()).page(page())
    broken, well = result.tallies
    assert (broken.rule, broken.outcome) == ("own/broken", Outcome.CANT_TELL)
    assert broken.reason.startswith(f"the check failed: {says}")
    assert len(broken.reason) <= 300
    assert (well.rule, well.outcome) == ("own/well", Outcome.FAILED)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=Judged) == result


def test_a_rule_looks_at_the_states_it_names_and_at_first_visits_where_it_names_none() -> None:
    def where(snapshot: Snapshot) -> Iterator[Observation]:
        yield failed(str(snapshot.key.state), what="it")

    snapshots = [
        shown("chromium/phone", state=state) for state in (State("accept"), State(), State("reject"), State(gpc=True))
    ]
    everywhere = page(rendered=snapshots)
    asked: dict[str, tuple[frozenset[Answer], set[str]]] = {
        "none": (frozenset({Answer.NONE}), {"consent=none"}),
        "after an answer": (frozenset({Answer.ACCEPT, Answer.REJECT}), {"consent=accept", "consent=reject"}),
        "gpc": (frozenset({Answer.GPC}), {"consent=none,gpc"}),
    }
    for states, expected in asked.values():
        found = judged(where, everywhere, on=On.RENDERED, states=states).findings
        assert {one.target for one in found} == expected
    assert [one.target for one in judged(where, everywhere, on=On.BEST).findings] == ["consent=none"]
    # few pages are opened in the other states: on the others such a rule never ran
    assert (
        judged(where, page(rendered=[shown("chromium/phone")]), on=On.RENDERED, states=frozenset({Answer.GPC})).tallies
        == []
    )


def test_very_many_faults_are_cut_and_it_says_so() -> None:
    result = judged(lambda _: (failed(str(number), what=number) for number in range(MAX_OBSERVATIONS + 5)), page())
    assert len(result.findings) == MAX_OBSERVATIONS
    assert result.tallies[0].outcome is Outcome.FAILED
    assert "the others are not listed" in result.tallies[0].reason


def test_what_several_clients_saw_is_one_finding() -> None:
    def phones_only(snapshot: Snapshot) -> Iterator[Observation]:
        if snapshot.key.client.device == "phone":
            yield failed("t", Excerpt("where", str(snapshot.key)), what=str(snapshot.key.client))

    clients = ["chromium/desktop", "chromium/phone", "firefox/desktop", "firefox/phone"]
    snapshots = [shown(one) for one in clients] + [shown("chromium/phone", state=State("reject"))]
    states = frozenset({Answer.NONE, Answer.REJECT})
    (one,) = judged(phones_only, page(rendered=snapshots), on=On.RENDERED, states=states).findings
    assert one.clients == ("chromium/phone", "firefox/phone")
    assert one.not_in == ("chromium/desktop", "firefox/desktop")
    assert one.states == ("consent=none", "consent=reject")
    assert one.message == "Seen: chromium/phone."


def test_a_client_that_could_not_tell_is_not_said_to_have_seen_nothing() -> None:
    def by_text(snapshot: Snapshot) -> Iterator[Observation]:
        yield failed("t", what=snapshot.texts.visible)

    there = page(rendered=[shown("chromium/desktop"), shown("firefox/desktop", texts=False)])
    (one,) = judged(by_text, there, {"texts"}, on=On.RENDERED).findings
    assert (one.clients, one.not_in) == (("chromium/desktop",), ())


def test_targets_are_merged_by_their_key() -> None:
    staging = {"staging.example": "shop.example"}
    several = observing(
        failed("https://staging.example/x?utm_source=a"),
        failed("https://shop.example/x"),
        failed(" two\n words"),
        failed("two words"),
    )
    found = judged(several, page(), host_map=staging).findings
    assert [one.target for one in found] == ["https://shop.example/x", "two words"]


def test_ids_do_not_depend_on_wording_client_or_severity() -> None:
    one = judged(fails, page(), on=On.RAW).findings[0]
    other = judged(fails, page(rendered=[shown()]), on=On.RENDERED, severity=Severity.INFO, message="Other.").findings[
        0
    ]
    assert (one.id, one.problem) == (other.id, other.problem)
    elsewhere = judged(fails, page(key="https://shop.example/other", page_type=PageType.HOME), on=On.RAW).findings[0]
    assert elsewhere.id != one.id
    assert elsewhere.problem != one.problem


# Which rules run


@pytest.mark.parametrize("page_type", [PageType.ERROR, PageType.PASSWORD, PageType.CHALLENGE])
def test_pages_in_the_shops_place_run_no_rules_but_their_own(page_type: PageType) -> None:
    there = page(page_type=page_type)
    assert judged(fails, there) == Judged()
    assert judged(fails, there, page_types=frozenset({PageType.HOME})) == Judged()
    assert len(judged(fails, there, page_types=frozenset({page_type, PageType.HOME})).findings) == 1


@pytest.mark.parametrize(
    ("values", "runs"),
    [
        ({}, True),
        ({"page_types": frozenset({PageType.PRODUCT})}, True),
        ({"page_types": frozenset({PageType.HOME})}, False),
        ({"platforms": frozenset({"shopify"})}, True),
        ({"platforms": frozenset({"magento"})}, False),
        ({"platforms": frozenset({"shopify"}), "page_types": frozenset({PageType.HOME})}, False),
    ],
)
def test_where_a_rule_applies(values: dict[str, Any], runs: bool) -> None:
    assert bool(judged(fails, page(), **values).tallies) == runs


def test_site_rules_do_not_run_on_pages_nor_page_rules_on_sites() -> None:
    def seen(run: Any) -> Iterator[Observation]:
        yield failed("t", what="once", page="http://staging.example/a?b=2&a=1")
        yield failed("t", what="again", page="http://staging.example/a?b=2&a=1")
        yield failed("t", what="elsewhere", page="http://staging.example/b")

    class Run:
        def page(self, url: str) -> PageRow | None:
            if url.endswith("/b"):
                return None
            return PageRow(
                url=url, key=url, page_type=PageType.CATEGORY, status=200, outcome=FetchOutcome.OK, final_url=url
            )

    host_map = {"staging.example": "shop.example"}
    site = Judge([rule()], own(seen, scope=Scope.SITE), host_map, ())
    assert site.page(page()) == Judged(looks={"http": [OPENED]})
    found = site.site(Run()).findings
    assert [str(one.page_type) for one in found] == ["category", "content"]
    assert [one.page for one in found] == ["https://shop.example/a?a=1&b=2", "https://shop.example/b"]
    assert found[0].url == "http://staging.example/a?b=2&a=1"
    assert len({one.id for one in found}) == 2
    assert Judge([rule()], own(fails), {}, ()).site(Run()) == Judged(looks={SITE: []})


def test_what_browsers_show_is_not_looked_at_where_none_showed_anything() -> None:
    def never(run: Any) -> Iterator[Observation]:
        raise AssertionError

    of_site = Judge([rule(on=On.RENDERED)], own(never, scope=Scope.SITE), {}, ())
    lacking = {("own/rule", "any browser", Outcome.CANT_TELL, NEEDS_BROWSER): 1}
    assert of_site.site(object(), opened=False) == Judged(looks={SITE: []}, counts=lacking)


# How sure


@pytest.mark.parametrize(
    ("on", "rendered", "differs", "wanted"),
    [
        (On.BEST, True, True, Certainty.PROVEN),
        (On.BEST, True, None, Certainty.PROVEN),
        (On.BEST, False, False, Certainty.PROVEN),
        (On.BEST, False, True, Certainty.LIKELY),
        (On.BEST, False, None, Certainty.LIKELY),
        (On.RAW, False, True, Certainty.PROVEN),
        (On.RAW, False, None, Certainty.PROVEN),
        (On.EVERY, False, True, Certainty.PROVEN),
    ],
)
def test_the_fetched_page_alone_proves_nothing_where_scripts_make_it(
    on: On, rendered: bool, differs: bool | None, wanted: Certainty
) -> None:
    there = page(rendered=[shown()] if rendered else [], renders_differently=differs)
    assert judged(fails, there, on=on).findings[0].certainty is wanted


@pytest.mark.parametrize("rules", Certainty)
@pytest.mark.parametrize("says", [None, *Certainty])
def test_certainty_is_only_ever_lowered(rules: Certainty, says: Certainty | None) -> None:
    found = judged(observing(failed("t", certainty=says)), page(), on=On.RAW, certainty=rules).findings[0]
    assert found.certainty.rank == max(rules.rank, says.rank if says else 0)
    unsure = judged(observing(failed("t", certainty=says)), page(), certainty=rules).findings[0]
    assert unsure.certainty.rank == max(rules.rank, says.rank if says else 0, Certainty.LIKELY.rank)


def test_the_surest_observation_of_a_target_speaks() -> None:
    two = observing(
        failed("t", certainty=Certainty.NEEDS_REVIEW, what="unsure"), failed("t", what="sure", severity=Severity.MINOR)
    )
    (one,) = judged(two, page(), on=On.RAW).findings
    assert (one.certainty, one.severity, one.message) == (Certainty.PROVEN, Severity.MINOR, "Seen: sure.")


# Words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("two\n  words\t", "two words"),
        ("x" * 500, "x" * 199 + "…"),
        ("{what} {0} %s {__class__}", "{what} {0} %s {__class__}"),
        ("half \ud800", "half ?"),
        (3, "3"),
        (2.5, "2.5"),
        (3.0, "3"),
        (1234567.89, "1234568"),
        (float("nan"), "nan"),
        (10**30, str(10**30)),
        (Decimal("19.90"), "19.90"),
        (None, "(what unknown)"),
        (["a", "b\nc"], "a, b c"),
        (("a", 1), "a, 1"),
        ([str(number) for number in range(30)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 20 more"),
        ({"a": "ü"}, '{"a": "ü"}'),
        (object, "<class 'object'>"),
    ],
)
def test_data_as_it_stands_in_a_sentence(value: Any, words: str) -> None:
    result = judged(observing(failed("t", what=value)), page(), on=On.RAW)
    assert result.findings[0].message == f"Seen: {words}."
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=Judged).findings[0].message == f"Seen: {words}."


def test_a_name_that_the_check_did_not_give() -> None:
    assert judged(observing(failed("t")), page(), on=On.RAW).findings[0].message == "Seen: (what unknown)."


def test_what_a_finding_keeps_is_bounded() -> None:
    huge = "x" * 1_000_000
    (one,) = judged(
        observing(
            failed(huge, *[Excerpt("e", huge, where=huge)], what=huge, many=[huge] * 1000, deep={"a": {"b": [huge]}})
        ),
        page(),
        on=On.RAW,
    ).findings
    assert len(msgspec.msgpack.encode(one)) < 200_000
    (other,) = judged(observing(failed(huge + "y", what="x")), page(), on=On.RAW).findings
    assert other.id != one.id


def test_the_url_of_the_page_is_the_one_fetched() -> None:
    (one,) = judged(fails, page(url=f"{URL}?utm_source=x"), on=On.RAW).findings
    assert (one.page, one.url) == (URL, f"{URL}?utm_source=x")


def test_a_snapshot_is_read_only_when_it_is_needed() -> None:
    def never() -> bytes:
        raise AssertionError("read")

    there = page(raw=Snapshot(raw().key, URL, raw().site, body=never))
    assert outcomes(judged(passes, there, on=On.RAW)) == {"http": "passed"}
    assert (
        judged(lambda one: iter([failed(one.meta.title)]), there, {"meta"}, on=On.RAW)
        .tallies[0]
        .reason.startswith("the check failed: AssertionError")
    )
