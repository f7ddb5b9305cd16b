"""Checks of how lists are sorted and filtered, by the addresses that were fetched: whether sorting sorts, and filters leave something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.addresses import bare, pairs
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage
from auditor.model.words import PageType, Scope

_LISTS = (PageType.CATEGORY, PageType.SEARCH)
_DOWN = re.compile(r"(?<![a-z])(desc)(ending)?(?![a-z])|(?<=price)(desc)|(?<=[a-z])(-desc)(?![a-z])", re.IGNORECASE)
_FEW = 40  # words of a list's main part; with fewer there is hardly a list
_MOST = 50


@check(scope=Scope.SITE)
def sorting_sorts(run: SiteQuery, *, lists: int = 3) -> Iterator[Observation]:
    """A list that is sorted upwards and downwards by the same thing does not say the same twice.

    One list may hold one product, or products of one price: told where at least `lists` lists are the same both ways and none
    differs. Where scripts fill the lists, what was fetched says nothing.
    """
    survey = run.survey
    same: list[tuple[SeenPage, SeenPage]] = []
    looked: set[str] = set()
    for down in survey.pages(*_LISTS):
        query = down.url.partition("?")[2]
        if "desc" not in query.lower() or not down.digest or down.words < _FEW:
            continue
        up = next((one for url in _upwards(down.url) if (one := survey.page(url)) is not None and one.digest), None)
        if up is None or up.id == down.id:
            continue
        looked.add(bare(down.url))
        if up.digest != down.digest:
            return
        if len(same) < _MOST:
            same.append((down, up))
    if not looked:
        yield inapplicable("no list was fetched both ways round")
    elif survey.scripted:
        yield cant_tell("scripts make a good part of the lists")
    elif len({bare(down.url) for down, _ in same}) >= lists:
        down, up = min(same, key=lambda pair: pair[0].url)
        yield failed("", Excerpt("downwards", down.url), Excerpt("upwards", up.url), page=down.url, count=len(looked), url=down.url, other=up.url)  # fmt: skip


def _upwards(url: str) -> list[str]:
    """Addresses that may show the same list the other way round: `desc` as `asc`, or (WooCommerce) left out."""
    path, _, query = url.partition("?")
    turned = _DOWN.sub(lambda match: ("asc" if match[0].islower() else "ASC") + ("ending" if match[2] else ""), query)
    return [f"{path}?{turned}", f"{path}?{query.replace('-desc', '')}"] if turned != query else []


@check(scope=Scope.SITE)
def filters_leave_products(run: SiteQuery) -> Iterator[Observation]:
    """A filter that a list offers as a link leaves a product: the filtered list does not say that there is none.

    One filter at a time: several together, and ranges of prices, may well leave nothing. Lists that are empty without it, too, are
    another rule's.
    """
    survey, looked, told = run.survey, False, 0
    for page in survey.pages(*_LISTS):
        if page.view != "filtered" or _facets(page) != 1:
            continue
        whole = survey.page(bare(page.url))
        if whole is None or whole.nothing or not survey.linked(page, *_LISTS):
            continue
        looked = True
        if page.nothing and told < _MOST:
            told += 1
            yield failed(bare(page.url), Excerpt("said", page.nothing), page=page.url, url=page.url, said=page.nothing)
    if not looked:
        yield inapplicable("no list was fetched with one of its filters")


def _facets(page: SeenPage) -> int:
    """How many filters an address sets; ranges count as several."""
    known = platforms.load()
    named = [(name, value) for name, value in pairs(page.url.partition("?")[2]) if value]
    found = [(name, value) for name, value in named if name in known.parameters(page.platform, "facet")]
    if any(re.search(r"price|min|max|gte|lte|from|to$", name) or re.search(r"[,|/]", value) for name, value in found):
        return 2
    return len(found)
