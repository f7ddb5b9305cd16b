"""Checks of the shop's own search: whether it finds what the shop sells, and answers whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast
from urllib.parse import unquote, urlsplit

from lxml import etree

from auditor.checks.registry import check
from auditor.evidence.site_search import Search, SiteSearch
from auditor.facts.contents import main_text
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import Certainty, FetchOutcome, Scope

_NAMED = etree.XPath(
    "//main//h2 | //main//h3 | //main//h4 | //li//h2 | //li//h3 | //li//h4 | //article//*[self::h2 or self::h3 or self::h4]"
)
_PICTURED = etree.XPath("//a//img/@alt", smart_strings=False)
_SHORTEST = 5  # characters of the last part of an address that names a product


@check(scope=Scope.SITE)
def search_finds_products(run: SiteQuery) -> Iterator[Observation]:
    """The results for the whole name of a product of the shop show that product: a link to it or with its name, or the way to it.

    Scripts fill in the results of many shops, so what only the fetch saw is no proof. Where another product is found, this
    one may be left out on purpose: for a person to look at.
    """
    asked = [one for one in _searches(run) if one.product]
    missed: list[tuple[Search, list[Snapshot]]] = []
    answered = 0
    for one in asked:
        views = run.views(one.url)
        shown = [view for view in views if view.is_rendered]
        if one.outcome is FetchOutcome.OK and (
            _is(one.final_url, one.product) or any(_shows(view, one) for view in views)
        ):
            answered += 1
        elif reason := _open(one, shown):
            yield cant_tell(reason, crawl_key(one.product), page=one.url)
        else:
            answered += 1
            missed.append((one, shown))
    if not asked:
        yield _not_asked(run)
    for one, shown in missed:
        all_missed = len(missed) == answered
        yield failed(
            crawl_key(one.product),
            Excerpt("searched for", one.words),
            Excerpt("product", one.product),
            Excerpt("shown", " ".join(main_text(shown[0].document).split())[:200]),
            page=one.url,
            seen_by=shown[0].client_name,
            certainty=None if all_missed else Certainty.NEEDS_REVIEW,
            name=one.words,
        )


@check(scope=Scope.SITE)
def search_answers(run: SiteQuery) -> Iterator[Observation]:
    """The search answers without an error, for names of products and for a word that it cannot know."""
    asked = _searches(run)
    for one in asked:
        target, what = (
            ("products", "the name of a product") if one.product else ("nothing", "a word that no product has")
        )
        if one.outcome is FetchOutcome.SITE_ERROR and one.status >= 500:
            yield failed(
                target,
                Excerpt("address", one.url),
                words=one.words,
                status=one.status,
                what=what,
            )
        elif one.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR):
            yield cant_tell(one.reason or "the search did not answer", target)
    if not asked:
        yield _not_asked(run)


def _searches(run: SiteQuery) -> Sequence[Search]:
    told = run.plan(SiteSearch)
    return () if told is None else told.asked


def _not_asked(run: SiteQuery) -> Observation:
    told = run.plan(SiteSearch)
    if told is None:
        return inapplicable("the shop's search was not asked for anything")
    return cant_tell(told.reason or "the shop's search was not asked for anything")


def _is(url: str, product: str) -> bool:
    """Whether an address is the product's; lists and searches add folders and parameters to it."""
    if crawl_key(without_fragment(url)) == crawl_key(product):
        return True
    here, there = (unquote(urlsplit(one).path).rstrip("/").rpartition("/")[2].lower() for one in (url, product))
    return here == there and len(there) >= _SHORTEST and not there.startswith("index.")


def _shows(view: Snapshot, one: Search) -> bool:
    if view.missing("document") is not None:
        return False
    name = _plain(one.words)
    links = view.links.clickable
    if any(_is(link.url, one.product) or _names(_plain(link.text), name) for link in links):
        return True
    tree = view.document.tree
    headings = cast("list[etree._Element]", _NAMED(tree))
    return any(name in _plain(alt) for alt in cast("list[str]", _PICTURED(tree))) or any(
        name in _plain("".join(cast("Iterator[str]", heading.itertext()))) for heading in headings
    )


def _names(text: str, name: str) -> bool:
    """Whether a link's words name the product, or the one that it is a variant of, which is all that many searches know."""
    return name in text or (name.startswith(text) and len(text) * 2 >= len(name))


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{NON-BREAKING HYPHEN}", "-").split()).casefold()


def _open(one: Search, shown: Sequence[Snapshot]) -> str:
    """Why nobody knows whether the product is found; "" where a browser saw the results without it."""
    if one.outcome is not FetchOutcome.OK:
        return one.reason or "the search did not answer"
    if not shown:
        return "what the search shows may come by scripts, and no browser saw it"
    if not any(view.visit.quiet for view in shown):
        return "the results were still loading when they were looked at"
    return ""
