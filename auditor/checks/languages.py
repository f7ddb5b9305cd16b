"""Checks of shops in several languages and markets: whether links keep visitors in their language and on their page, and what a market has."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from urllib.parse import urlsplit

from babel import Locale
from babel.core import UnknownLocaleError

from auditor.checks.graph import standing
from auditor.checks.registry import check
from auditor.facts.links import Link
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenLink, SeenPage
from auditor.model.urls import crawl_key, is_http, without_fragment
from auditor.model.words import PageType, Scope

_FRAME = ("nav", "header", "footer")
_LOCALE = re.compile(
    r"(?:[a-z]{2}|[a-z]{2}[-_][a-z]{2,4}|[a-z]{2}/[a-z]{2})(?:/)?(?:index\.php|index\.html?)?", re.IGNORECASE
)
_FEW = 3  # products


@check(scope=Scope.SITE)
def frame_keeps_language(run: SiteQuery, *, pages: int = 3) -> Iterator[Observation]:
    """Menu, header and footer lead to pages in the page's own language.

    Links that switch the language are meant to leave it: those to start pages, those that name a language or country, those
    with hreflang, and those to the page's own versions. Judged by what pages say of their language (`lang`), and only where
    there are `pages` of either language and the link stands on as many.
    """
    survey = run.survey
    counts: dict[str, int] = defaultdict(int)
    for page in survey.pages():
        counts[_language(page.lang)] += 1
    counts.pop("", None)
    if len(counts) < 2:
        yield inapplicable("its pages are in one language")
        return
    for link in survey.crossing():
        target = link.target
        if target is None or link.position not in _FRAME or link.pages < pages or target.page_type is PageType.HOME:
            continue
        left, entered = _language(link.example.lang), _language(target.lang)
        if min(counts[left], counts[entered]) < pages or not link.text or _is_switch(link):
            continue
        yield failed(
            f"{left} {urlsplit(link.url).path}",
            Excerpt(link.position, f"{link.text} → {link.url}", where=link.example.url),
            page=target.url,
            left=left,
            entered=entered,
            text=link.text,
            url=link.url,
            place={"nav": "menu", "header": "header", "footer": "footer"}[link.position],
            count=link.pages,
        )


@check(needs={"links", "meta"})
def switch_keeps_page(snapshot: Snapshot) -> Iterator[Observation]:
    """Who changes the language stays on the page: where the page names its version in a language (hreflang), its link to that
    language leads there, and not to that language's start page.

    A switch that is no link (a form, a script), and one beside which the version itself is linked, say nothing.
    """
    here = crawl_key(without_fragment(snapshot.final_url))
    versions = {
        one.hreflang.lower(): one.url
        for one in snapshot.meta.hreflangs
        if one.hreflang.lower() != "x-default" and is_http(one.url)
        if crawl_key(one.url) != here and not is_door(one.url)
    }
    if not versions:
        yield inapplicable("the page names no version of itself in another language")
        return
    clickable = snapshot.links.clickable
    linked = {crawl_key(without_fragment(link.url)) for link in clickable}
    lost: dict[str, Link] = {}
    for code, url in versions.items():
        if crawl_key(url) in linked:
            continue
        for link in clickable:
            if is_door(link.url) and crawl_key(url).startswith(crawl_key(link.url).rstrip("/") + "/"):
                written = link.hreflang.lower() if link.hreflang else link.text.casefold().strip(" ()|/·-")
                if written in _called(code, snapshot.meta.lang) and crawl_key(without_fragment(link.url)) != here:
                    lost.setdefault(code, link)
    for code, link in list(lost.items())[:20]:
        yield failed(
            code,
            Excerpt(link.position or "page", f"{link.text} → {link.url}", where=f"line {link.line}"),
            Excerpt("version", versions[code]),
            code=code,
            text=link.text or "(no text)",
            url=link.url,
            version=versions[code],
        )


def is_door(url: str) -> bool:
    """Whether an address is a start page: of a host, or of a folder that names a language or market (/de, /en-gb/, /eu/en)."""
    path = urlsplit(url).path.strip("/")
    return not path or bool(_LOCALE.fullmatch(path))


@check(scope=Scope.SITE)
def markets_have_products(run: SiteQuery, *, share: float = 0.2, least: int = 20) -> Iterator[Observation]:
    """No market of the shop has fewer of its products than the largest one by more than `share`. Asked of `least` products or more.

    A market is a host or a folder of the address that names a language or country. Where the crawl is not complete nobody knows.
    """
    counts: Counter[str] = Counter()
    first: dict[str, SeenPage] = {}
    for page in run.survey.pages(PageType.PRODUCT):
        if page.listable:
            market = _place(page)
            counts[market] += 1
            kept = first.setdefault(market, page)
            if page.url < kept.url:
                first[market] = page
    if len(counts) < 2 or counts.most_common(1)[0][1] < least:
        yield inapplicable(f"no two markets, of which one has {least} products")
        return
    if not (state := standing(run)).complete:
        yield cant_tell(f"a market may have products that were not fetched. {state.words}")
        return
    (largest, most), *others = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    for market, count in others:
        # a handful is another site of the company's, or a page that was forgotten
        if count < most * (1 - share) and count >= _FEW:
            yield failed(
                market, page=first[market].url, market=market, count=count, largest=largest, most=most, less=f"{1 - count / most:.0%}"
            )  # fmt: skip


def _place(page: SeenPage) -> str:
    """The market of a page: its host, with the folder where that is the language or country that the page says it is for."""
    parts = urlsplit(page.key)
    folder = parts.path.strip("/").partition("/")[0].lower().replace("_", "-")
    language, _, region = page.lang.lower().replace("_", "-").partition("-")
    said = {language, region.rpartition("-")[2], "uk" if region == "gb" else ""} - {""}
    # "hi-fi" and "tv" are folders of goods
    return f"{parts.netloc}/{folder}" if len(folder) <= 5 and set(folder.split("-")) <= said else parts.netloc


def _language(lang: str) -> str:
    return lang.replace("_", "-").partition("-")[0].casefold()


def _is_switch(link: SeenLink) -> bool:
    """Whether the link's words name a language or a country, by name or code, in its own or the page's language."""
    words = link.text.casefold().strip(" ()|/·-")
    first = words.split()[0] if words.split() else ""
    return words in _names() or first in _names() or len(words) <= 3


@lru_cache(maxsize=2_000)
def _called(code: str, lang: str) -> frozenset[str]:
    """How a link may name a language or market: by code, and by its names in English, in its own language and in the page's."""
    language, _, region = code.replace("_", "-").partition("-")
    region = region.rpartition("-")[2].upper()
    found = {code, language, region.lower()}
    for name in ("en", language, _language(lang)):
        try:
            locale = Locale(name) if name else Locale("en")
        except (UnknownLocaleError, ValueError):
            continue
        found |= {str(locale.languages.get(language, "")), str(locale.territories.get(region, ""))}
    return frozenset(one.casefold() for one in found) - {""}


@cache
def _names() -> frozenset[str]:
    """Languages and countries as they are called in English and in their own language."""
    english = Locale("en")
    names = {str(name).casefold() for name in (*english.languages.values(), *english.territories.values())}
    for code in english.languages:
        if len(str(code)) != 2:
            continue
        try:
            locale = Locale(str(code))
        except (UnknownLocaleError, ValueError):
            continue
        names.add(str(locale.languages.get(str(code), code)).casefold())
        names.update(str(name).casefold() for name in locale.territories.values() if str(name))
    return frozenset(names) | {"intl", "international", "global", "worldwide", "europe", "usa", "uk"}
