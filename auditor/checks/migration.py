"""Checks of a move to a new shop, by the list of the old one's addresses: does each lead where it should."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from auditor.checks.redirects import PERMANENT, moves
from auditor.checks.registry import check
from auditor.facts.snapshot import OldAddress
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget, SiteQuery
from auditor.model.urls import crawl_key, page_key
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_NO_LIST = "no list of old addresses was given"
_NOT_ASKED = "it was not asked for"
_PRODUCT = re.compile(
    r"/(?:products?|produkte?|produits?|productos?|items?|artikel|p|dp)/[^/?]|[?&](?:product_?id|sku|artnr)=", re.I
)
_LISTING = re.compile(
    r"/(?:collections?|categor(?:y|ies)|kategorien?|c|brands?|marken?|search|suche|blogs?|pages?)(?:/|$)", re.I
)
_SPLIT = re.compile(r"[^\w]+|_")
_EMPTY = frozenset(["html", "htm", "php", "aspx", "the", "and", "for", "with", "der", "die", "das", "und", "mit", "von", "product", "products", "item", "p"])  # fmt: skip
_LISTS = (PageType.CATEGORY, PageType.SEARCH)


@check(scope=Scope.SITE)
def old_addresses_end(run: SiteQuery) -> Iterator[Observation]:
    """Each old address ends at a page that answers 200, by one redirect at most, which is a lasting one. A failure counts once it was seen twice.

    A temporary redirect may hang on country or language, so it is likely only. Blocked, rate limited and unanswered ones, and those that robots.txt keeps from us, could not be checked.
    """
    for old, target in _asked(run):
        if target is None:
            yield cant_tell(_NOT_ASKED, old.url)
        elif target.outcome is FetchOutcome.SITE_ERROR and target.confirmed > 1:
            way = "" if not target.hops else f" at {target.final_url}"
            yield failed(old.url, *_way(target), page=old.url, what=f"{target.reason}{way}")
        elif target.outcome is not FetchOutcome.OK:
            yield cant_tell(target.reason or str(target.outcome), old.url)
        elif len(hops := moves(target)) > 1:
            yield failed(
                old.url, *_way(target), page=old.url, severity=Severity.MODERATE,
                what=f"takes {len(hops)} redirects to {target.final_url}",
            )  # fmt: skip
        elif hops and hops[0].status not in PERMANENT:
            yield failed(
                old.url, *_way(target), page=old.url, severity=Severity.MODERATE, certainty=Certainty.LIKELY,
                what=f"is redirected for a time only ({hops[0].status}) to {target.final_url}",
            )  # fmt: skip
    yield from _without(run)


@check(scope=Scope.SITE)
def old_addresses_meet(run: SiteQuery) -> Iterator[Observation]:
    """Each old address ends at the page that the list names, or, where it names none, at a product that has something of
    its name.

    The latter is for a person to decide: shops rename products. Hosts that the config maps are one; campaign parameters don't count.
    """
    names: Mapping[str, str] | None = None
    for old, target in _asked(run):
        if target is None or target.outcome is not FetchOutcome.OK:
            yield cant_tell("it did not end at a page" if target else _NOT_ASKED, old.url)
            continue
        if old.target:
            wanted = _listed_end(run, old)
            if not {_key(run, target.final_url)} & wanted:
                yield failed(
                    old.url, *_way(target), page=old.url,
                    what=f"ends at {target.final_url}; the list says {old.target}",
                )  # fmt: skip
            continue
        if not moves(target) or not _looks_product(old.url):
            continue
        row = run.page(target.final_url)
        if row is None or row.page_type is not PageType.PRODUCT:
            continue
        names = _product_names(run) if names is None else names
        was = _words(_slug(old.url))
        now = _words(_slug(target.final_url)) | _words(names.get(_key(run, target.final_url), ""))
        if len(was) > 1 and now and not was & now:
            yield failed(
                old.url, *_way(target), page=old.url, certainty=Certainty.NEEDS_REVIEW, severity=Severity.MODERATE,
                what=f"ends at {target.final_url}, a product that shares no word with it",
            )  # fmt: skip
    yield from _without(run)


@check(scope=Scope.SITE)
def old_products_kept(run: SiteQuery) -> Iterator[Observation]:
    """No old address is redirected to the home page, and none that looks like a product's to a category or a search.

    Search engines take such a redirect for a page that is gone. The list may say that it is meant so. A product that is no
    longer sold may well lead to its category: that is for a person to decide.
    """
    for old, target in _asked(run):
        if target is None or target.outcome is not FetchOutcome.OK:
            yield cant_tell("it did not end at a page" if target else _NOT_ASKED, old.url)
            continue
        if not moves(target) or (old.target and _key(run, target.final_url) in _listed_end(run, old)):
            continue
        row = run.page(target.final_url)
        if row is None:
            continue
        if row.page_type is PageType.HOME and _slug(old.url):
            yield failed(old.url, *_way(target), page=old.url, url=old.url, where="the home page", end=target.final_url)
        elif row.page_type in _LISTS and _looks_product(old.url):
            kind = "a category" if row.page_type is PageType.CATEGORY else "a search"
            yield failed(
                old.url, *_way(target), page=old.url, certainty=Certainty.NEEDS_REVIEW, severity=Severity.MODERATE,
                url=old.url, where=kind, end=target.final_url,
            )  # fmt: skip
    yield from _without(run)


def _asked(run: SiteQuery) -> Iterator[tuple[OldAddress, LinkTarget | None]]:
    known: tuple[OldAddress, ...] = run.site.old_addresses
    for start in range(0, len(known), 500):
        part = known[start : start + 500]
        targets = run.targets([old.url for old in part])
        for old in part:
            yield old, targets.get(old.url)


def _without(run: SiteQuery) -> Iterator[Observation]:
    if not run.site.old_addresses:
        yield inapplicable(_NO_LIST)


def _listed_end(run: SiteQuery, old: OldAddress) -> set[str]:
    """Where the list's target is, and where it leads: it may have been written before the last renaming."""
    return {
        _key(run, old.target),
        *(_key(run, one.final_url) for one in run.targets([old.target]).values() if one.final_url),
    }


def _product_names(run: SiteQuery) -> dict[str, str]:
    """Name and SKU of each product page that was fetched, by page key."""
    named = {}
    for snapshot in run.fetched(PageType.PRODUCT):
        told = [f"{product.name} {product.sku}" for product in snapshot.offers.main]
        named[_key(run, snapshot.final_url)] = " ".join([*told, snapshot.meta.title or ""])
    return named


def _key(run: SiteQuery, url: str) -> str:
    mapped = page_key(url, run.site.host_map)
    parts = urlsplit(crawl_key(mapped))
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}"


def _looks_product(url: str) -> bool:
    path = urlsplit(url).path
    if _PRODUCT.search(url):
        return True
    return path.endswith((".html", ".htm", ".php")) and not _LISTING.search(path) and len(_words(_slug(url))) > 1


def _slug(url: str) -> str:
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part]
    return (
        re.sub(r"\.(?:html?|php|aspx?)$", "", parts[-1])
        if parts and parts[-1] not in ("index.html", "index.php")
        else ""
    )


def _words(text: str) -> set[str]:
    return {word for word in _SPLIT.split(text.lower()) if len(word) > 2 and word not in _EMPTY and not word.isdigit()}


def _way(target: LinkTarget) -> Iterable[Excerpt]:
    if not target.hops:
        return ()
    way = [f"{hop.url} → {hop.status}" for hop in target.hops[:6]]
    return (Excerpt("way", "\n".join([*way, target.final_url])),)
