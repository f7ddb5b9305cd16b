"""From night to night: new, known, changed, fixed; and what nobody looked at again is never fixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.standing import State, Why
from auditor.model.words import Certainty, FetchOutcome, On, PageType, Scope, Severity
from auditor.store import standings
from tests.history.kit import FAULTS, Nights, faulty, page

DESK, PHONE = "chromium/desktop", "chromium/phone"


def test_the_first_night_has_nothing_to_compare_with(nights: Nights) -> None:
    standing = nights.night({"/": page("a")})["a"]
    assert (standing.state, standing.why, standing.since) == (State.NEW, (Why.FIRST_RUN,), nights.runs[0].started_at)
    assert nights.comparison.run == ""


def test_new_known_and_fixed(nights: Nights) -> None:
    nights.night({"/": page("a", "b")})
    found = nights.night({"/": page("b", "c")})
    assert nights.states() == {"a": "fixed", "b": "known", "c": "new"}
    assert found["b"].since == found["a"].since == nights.runs[0].started_at
    assert found["c"].since == nights.runs[1].started_at
    assert found["c"].why == ()
    assert nights.comparison.run == nights.runs[0].name
    assert nights.comparison.counts == {"fixed": 1, "known": 1, "new": 1}
    assert nights.night({"/": page("b", "c")}).keys() == {"b", "c"}
    assert nights.states() == {"b": "known", "c": "known"}
    assert nights.night({"/": page("a", "b", "c")})["a"].state is State.NEW


def test_one_more_page_is_the_same_problem(nights: Nights) -> None:
    nights.night({"/p/1": page("a")})
    standing = nights.night({"/p/1": page("a"), "/p/2": page("a")})["a"]
    assert (standing.state, standing.pages_before, standing.pages) == (State.KNOWN, 1, 2)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (FetchOutcome.BLOCKED, "blocked"),
        (FetchOutcome.TIMEOUT, "timed out"),
        (FetchOutcome.RATE_LIMITED, "told to slow down"),
        (FetchOutcome.UNREACHABLE, "could not be reached"),
        (503, "answered 503"),
        (page(more='<i data-dark=""></i>'), "the rule could not be checked there"),
        (page("?a"), "the rule could not tell this time"),
    ],
)
def test_what_was_not_looked_at_is_not_fixed(nights: Nights, what: str | int | FetchOutcome, reason: str) -> None:
    nights.night({"/": page(), "/p/1": page("a")})
    standing = nights.night({"/": page(), "/p/1": what})["a"]
    assert standing.state is State.UNLOOKED
    assert standing.unlooked == {reason: 1}
    standing = nights.night({"/": page(), "/p/1": page("a")})["a"]
    assert standing.state is State.KNOWN
    assert standing.since == nights.runs[0].started_at
    nights.night({"/": page(), "/p/1": page()})
    assert nights.states() == {"a": "fixed"}


def test_it_stays_not_looked_at_for_many_nights_and_then_is_fixed(nights: Nights) -> None:
    nights.night({"/p/1": page("a")})
    for _ in range(3):
        nights.night({"/p/1": FetchOutcome.BLOCKED})
        assert nights.states() == {"a": "unlooked"}
    nights.night({"/p/1": page()})
    assert nights.states() == {"a": "fixed"}


def test_pages_that_are_gone_take_their_faults_with_them(nights: Nights) -> None:
    nights.night({"/": page(), "/p/1": page("a")})
    standing = nights.night({"/": page(), "/p/1": 404})["a"]
    assert (standing.state, standing.why) == (State.FIXED, (Why.PAGE_GONE,))


def test_pages_that_nothing_leads_to_and_those_that_wait(nights: Nights) -> None:
    nights.night({"/": page(), "/p/1": page("a"), "/p/2": page("b")})
    found = nights.night({"/": page()}, waiting=("/p/2",))
    assert found["a"].unlooked == {"no page led there": 1}
    assert found["b"].unlooked == {"not fetched yet": 1}


def test_a_client_that_is_missing_or_a_page_that_left_the_sample(nights: Nights) -> None:
    nights.night({"/p/1": page()}, {DESK: {"/p/1": page()}, PHONE: {"/p/1": page("a")}})
    standing = nights.night({"/p/1": page()}, {DESK: {"/p/1": page()}})["a"]
    assert standing.unlooked == {"not opened in chromium/phone": 1}
    nights.night({"/p/1": page()}, {DESK: {"/p/1": page()}, PHONE: {"/p/1": page()}})
    assert nights.states() == {"a": "fixed"}


def test_the_best_look_stands_for_a_lesser_one(nights: Nights) -> None:
    best = (faulty(on=On.BEST),)
    nights.night({"/p/1": page("a")}, rules=best)
    nights.night({"/p/1": page("a")}, {DESK: {"/p/1": page()}}, rules=best)
    assert nights.states() == {"a": "fixed"}


def test_a_lesser_look_stands_for_the_best_where_scripts_make_nothing(nights: Nights) -> None:
    """Two pages of one template: one is opened each night, and the fetch shows the same."""
    best = (faulty(on=On.BEST),)
    nights.night({"/p/1": page("a"), "/p/2": page()}, {DESK: {"/p/1": page("a")}}, rules=best)
    nights.night({"/p/1": page(), "/p/2": page()}, {DESK: {"/p/2": page()}}, rules=best)
    assert nights.states() == {"a": "fixed"}
    scripted = page(more="<main>" + "<p>made by scripts, much of it</p>" * 60 + "</main>")
    nights.night({"/p/1": page(), "/p/2": page()}, {DESK: {"/p/1": page("a", more=scripted)}}, rules=best)
    nights.night({"/p/1": page(), "/p/2": page()}, {DESK: {"/p/2": scripted}}, rules=best)
    assert nights.standings()["a"].unlooked == {"not opened in chromium/desktop": 1}


def test_rules_that_did_not_run_and_rules_that_are_new(nights: Nights) -> None:
    other = faulty("own/other")
    nights.night({"/": page("a")}, rules=(other,))
    nights.night({"/": page("a")})
    with nights.workspace.read() as connection:
        found = {one.rule: one for one in standings.of(connection, nights.evaluations[-1])}
    assert found["own/other"].unlooked == {"its rule did not run": 1}
    assert found["own/other"].why == (Why.RULE_GONE,)
    assert (found["own/fault"].state, found["own/fault"].why) == (State.NEW, (Why.RULE_NEW,))
    assert (nights.comparison.rules_new, nights.comparison.rules_gone) == (("own/fault",), ("own/other",))


def test_a_rules_words_change_nothing(nights: Nights) -> None:
    nights.night({"/": page("a")})
    nights.night({"/": page("a")}, rules=(faulty(title="Other", message="Other words: {what}", why="x", fix="y"),))
    assert nights.states() == {"a": "known"}
    assert nights.comparison.rules_changed == ()


def test_a_rules_options_are_told_beside_what_changed(nights: Nights) -> None:
    def counts(snapshot: Snapshot, *, least: int = 0) -> Iterator[Observation]:
        found = len(snapshot.document.tree.xpath("//*[@data-fault]"))
        if found > least:
            yield failed("many", what=str(found))

    nights.teach(counts)
    nights.night({"/": page("a", "b")}, rules=(faulty(function=counts),))
    nights.night({"/": page("a", "b")}, rules=(faulty(function=counts, options={"least": 2}),))
    fixed = nights.standings()["many"]
    assert (fixed.state, fixed.why) == (State.FIXED, (Why.RULE_CHANGED,))
    assert nights.comparison.rules_changed == ("own/fault",)
    nights.night({"/": page("a", "b")}, rules=(faulty(function=counts, options={"least": 1}),))
    assert nights.standings()["many"].why == (Why.RULE_CHANGED,)


def test_graver_by_the_rule_and_by_the_shop(nights: Nights) -> None:
    def graded(snapshot: Snapshot) -> Iterator[Observation]:
        grave = bool(snapshot.document.tree.xpath("//*[@data-fault='grave']"))
        yield failed("it", severity=Severity.CRITICAL if grave else None, what="it")

    nights.teach(graded)
    rules = (faulty(function=graded, severity=Severity.MINOR),)
    nights.night({"/": page()}, rules=rules)
    changed = nights.night({"/": page("grave")}, rules=rules)["it"]
    assert (changed.state, changed.why, changed.before) == (State.CHANGED, (), "minor proven")
    milder = nights.night({"/": page()}, rules=(faulty(function=graded, certainty=Certainty.LIKELY),))["it"]
    assert (milder.state, milder.why) == (State.CHANGED, (Why.GRADING_CHANGED,))


def test_less_certain_without_a_browser_is_no_change_of_the_shop(nights: Nights) -> None:
    rules = (faulty(on=On.BEST),)
    nights.night({"/": page("a")}, {DESK: {"/": page("a")}}, rules=rules)
    sure = nights.standings()["a"]
    unsure = nights.night({"/": page("a")}, rules=rules)["a"]
    assert (sure.certainty, unsure.certainty) == (Certainty.PROVEN, Certainty.LIKELY)
    assert (unsure.state, unsure.why) == (State.KNOWN, ())
    assert nights.night({"/": page("a")}, {DESK: {"/": page("a")}}, rules=rules)["a"].state is State.KNOWN


def test_a_page_seen_for_the_first_time(nights: Nights) -> None:
    nights.night({"/": page()})
    found = nights.night({"/": page("b"), "/p/2": page("a")})
    assert (found["a"].state, found["a"].why) == (State.NEW, (Why.FIRST_LOOK,))
    assert (found["b"].state, found["b"].why) == (State.NEW, ())


def test_pages_taken_for_another_type_keep_their_faults(nights: Nights) -> None:
    product = '<meta property="og:type" content="product"><script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"L","offers":{"@type":"Offer","price":"1","priceCurrency":"EUR"}}</script><form action="/cart/add"><button>Add to cart</button></form>'
    nights.night({"/": page(), "/x/1": page("a")})
    standing = nights.night({"/": page(), "/x/1": page("a", more=product)})["a"]
    assert standing.page_type is PageType.PRODUCT
    assert (standing.state, standing.why) == (State.KNOWN, (Why.PAGE_TYPE,))


_PRODUCT = (
    '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"L",'
    '"offers":{"@type":"Offer","price":"1","priceCurrency":"EUR"}}</script>'
    '<form action="/cart/add"><button>Add to cart</button></form>'
)


def test_a_page_that_scripts_make_stays_what_it_is_on_nights_when_no_browser_looks(nights: Nights) -> None:
    rules = (
        faulty("own/any", on=On.RAW),
        faulty("own/product", page_types=frozenset({PageType.PRODUCT}), on=On.RAW),
        faulty("own/content", page_types=frozenset({PageType.CONTENT}), on=On.RAW),
    )
    shell = {"/": page(), "/x/1": page("a"), "/about": page()}

    def standing(opened: dict[str, dict[str, str]] | None = None, **values: Any) -> dict[str, tuple[str, str]]:
        nights.night({**shell, **values.get("pages", {})}, opened, rules=rules)
        with nights.workspace.read() as connection:
            found = list(standings.of(connection, nights.evaluations[-1]))
        return {one.rule: (str(one.state), str(one.page_type)) for one in found}

    known = {"own/any": ("known", "product"), "own/product": ("known", "product")}
    assert set(standing({DESK: {"/x/1": page("a", more=_PRODUCT)}}).values()) == {("new", "product")}
    assert standing() == known  # rotated out of the sample
    assert standing(pages={"/x/1": FetchOutcome.BLOCKED}) == dict.fromkeys(known, ("unlooked", "product"))
    assert standing({DESK: {"/about": page()}}) == known  # a night on, and others looked at
    assert standing({DESK: {"/x/1": page("a", more=_PRODUCT)}}) == known
    told = standing({DESK: {"/x/1": page("a")}})  # a browser says otherwise
    assert told == {
        "own/any": ("known", "content"),
        "own/product": ("unlooked", "product"),
        "own/content": ("new", "content"),
    }
    with nights.workspace.read() as connection:
        (gone,) = standings.of(connection, nights.evaluations[-1], State.UNLOOKED)
    assert gone.unlooked == {"the page is taken for another type now": 1}
    assert standing()["own/content"] == ("known", "content")


def test_what_a_browser_tells_holds_for_rules_of_the_whole_shop_and_for_a_second_judgement(nights: Nights) -> None:
    def types(run: SiteQuery) -> Iterator[Observation]:
        for one in run.pages(PageType.PRODUCT):
            yield failed("product", page=one.url, what="product")

    nights.teach(types, scope=Scope.SITE, needs=())
    rules = (faulty(function=types),)
    nights.night({"/": page(), "/x/1": page()}, {DESK: {"/x/1": page(more=_PRODUCT)}}, rules=rules)
    assert nights.standings()["product"].page_type is PageType.PRODUCT
    nights.night({"/": page(), "/x/1": page()}, rules=rules)
    assert nights.states() == {"product": "known"}


def test_comparisons_need_all_that_was_compared(nights: Nights) -> None:
    def apart(views: Sequence[Snapshot]) -> Iterator[Observation]:
        if len(views) < 2:
            yield inapplicable("one view")
        elif len({len(view.document.tree.xpath("//*[@data-fault]")) for view in views}) > 1:
            yield failed("apart", what="apart")

    nights.teach(apart, scope=Scope.PAGE)
    rules = (faulty(function=apart, on=On.RENDERED),)
    nights.night({"/": page()}, {DESK: {"/": page("a")}, PHONE: {"/": page()}}, rules=rules)
    nights.night({"/": page()}, {DESK: {"/": page("a")}}, rules=rules)
    assert nights.standings()["apart"].unlooked == {"not opened in chromium/phone": 1}
    nights.night({"/": page()}, {DESK: {"/": page("a")}, PHONE: {"/": page("a")}}, rules=rules)
    assert nights.states() == {"apart": "fixed"}


def test_rules_of_the_whole_shop_need_a_whole_crawl(nights: Nights) -> None:
    def twins(run: SiteQuery) -> Iterator[Observation]:
        pages = [one.url for one in run.fetched() if one.document.tree.xpath("//*[@data-fault='twin']")]
        if len(pages) > 1:
            yield failed("twins", page=pages[0], what="twins")
        yield failed("shop", what="shop")

    nights.teach(twins, scope=Scope.SITE, needs=())
    rules = (faulty(function=twins),)
    nights.night({"/": page("twin"), "/p/1": page("twin")}, rules=rules)
    found = nights.night({"/": page("twin")}, waiting=("/p/1",), rules=rules)
    assert found["twins"].unlooked == {"the crawl was not complete": 1}
    assert found["shop"].state is State.KNOWN
    nights.night({"/": page("twin"), "/p/1": page()}, rules=rules)
    assert nights.states() == {"twins": "fixed", "shop": "known"}


def test_fewer_pages_than_before_tell_less_of_the_whole_shop(nights: Nights) -> None:
    """A sitemap's finding that rests on its pages is not mended where a limit left them out; one of a file alone is."""

    def listed(run: SiteQuery) -> Iterator[Observation]:
        if any(one.document.tree.xpath("//*[@data-fault='odd']") for one in run.fetched()):
            yield failed("listed", page="https://shop.example/sitemap.xml", what="listed")

    def told(run: SiteQuery) -> Iterator[Observation]:
        if run.platform == "" and not list(run.files("robots")) and len(nights.runs) == 0:
            yield failed("file", page="https://shop.example/robots.txt", what="file")

    nights.teach(listed, scope=Scope.SITE, needs=())
    nights.teach(told, scope=Scope.SITE, needs=())
    rules = (*FAULTS, faulty("own/listed", function=listed), faulty("own/told", function=told))
    shop = {"/": page(), "/p/1": page("odd")}
    nights.night(shop, rules=rules)
    nights.night({"/": page()}, waiting=("/p/1",), limited=True, rules=rules)
    assert nights.states() == {"odd": "unlooked", "listed": "unlooked", "file": "fixed"}
    assert nights.standings()["odd"].unlooked == {"page limit reached": 1}
    assert nights.standings()["listed"].unlooked == {"the limits of the crawl left out more pages than before": 1}
    nights.night({"/": page()}, waiting=("/p/1",), limited=True, rules=rules)
    assert nights.states() == {"odd": "unlooked", "listed": "fixed"}, "a shop that is larger than its limit every night"


def test_where_a_link_leads_must_have_been_seen(nights: Nights) -> None:
    """A link that is still there and whose target gave no answer tonight is not mended."""

    def dead(snapshot: Snapshot) -> Iterator[Observation]:
        links = [str(one) for one in snapshot.document.tree.xpath("//a/@href")]
        for url, target in snapshot.targets(links).items():
            if target.outcome is FetchOutcome.SITE_ERROR:
                yield failed(url, what=url)

    nights.teach(dead, needs={"document", "targets"})
    rules = (faulty(function=dead),)
    gone = "https://shop.example/gone"
    link = page(more=f'<a href="{gone}">x</a>')
    nights.night({"/": link, "/gone": 404}, rules=rules)
    nights.night({"/": link, "/gone": FetchOutcome.TIMEOUT}, rules=rules)
    assert nights.standings()[gone].unlooked == {"where it leads was not seen: timed out": 1}
    nights.night({"/": link, "/gone": 404}, rules=rules)
    assert nights.states() == {gone: "known"}
    nights.night({"/": page()}, rules=rules)
    assert nights.states() == {gone: "fixed"}


def test_staging_is_compared_with_staging_and_one_page_with_nothing(nights: Nights) -> None:
    nights.night({"/": page("a")})
    nights.night({"/": page("b")}, environment="staging")
    assert nights.comparison.run == ""
    nights.night({"/": page("c")}, kind="page")
    assert nights.comparison.run == ""
    nights.night({"/": page("a")})
    assert nights.states() == {"a": "known"}
    assert nights.comparison.run == nights.runs[0].name


def test_what_the_config_changed_is_told(nights: Nights) -> None:
    nights.night({"/": page()}, config={"render": {"browsers": ["chromium", "firefox"]}, "gate": {"fail_on": "minor"}})
    nights.night({"/": page()}, config={"render": {"browsers": ["chromium"]}, "crawl": {"max_pages": 5}})
    assert nights.comparison.config == (
        "crawl.max_pages: nothing -> 5",
        "render.browsers: chromium, firefox -> chromium",
    )


def test_a_second_judgement_of_one_night_is_compared_with_the_night_before(nights: Nights) -> None:
    nights.night({"/": page("a")})
    nights.night({"/": page("a", "b")})
    from auditor.history.record import record

    again = record(nights.workspace, nights.runs[1], nights.evaluations[1])
    assert again.run == nights.runs[0].name
    assert nights.states() == {"a": "known", "b": "new"}
    assert FAULTS[0].id == nights.standings()["b"].rule


def test_a_rule_of_the_whole_shop_may_tell_of_one_page_and_not_of_another(nights: Nights) -> None:
    def held(run: SiteQuery) -> Iterator[Observation]:
        for one in run.fetched():
            tree = one.document.tree
            yield from (failed(f"held {name}", page=one.url, what="held") for name in tree.xpath("//@data-fault"))
            yield from (cant_tell("it was not to be read", page=one.url) for _ in tree.xpath("//*[@data-dark]"))

    nights.teach(held, scope=Scope.SITE, needs=())
    rules = (faulty(function=held),)
    nights.night({"/": page(), "/p/1": page("a", "c"), "/p/2": page("b")}, rules=rules)
    dark = page(more="<i data-dark>x</i>")
    nights.night({"/": page(), "/p/1": dark, "/p/2": page()}, rules=rules)
    assert nights.states() == {"held a": "unlooked", "held c": "unlooked", "held b": "fixed"}
    assert nights.standings()["held a"].unlooked == {"the rule could not tell this time": 1}
    nights.night({"/": page(), "/p/1": page("c"), "/p/2": page()}, rules=rules)
    assert nights.states() == {"held a": "fixed", "held c": "known"}
