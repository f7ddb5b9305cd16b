"""Checks of shops in several languages: whether the frame of a page keeps its visitors in their language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from babel import Locale
from babel.core import UnknownLocaleError

from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenLink
from auditor.model.words import PageType, Scope

_FRAME = ("nav", "header", "footer")


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


def _language(lang: str) -> str:
    return lang.replace("_", "-").partition("-")[0].casefold()


def _is_switch(link: SeenLink) -> bool:
    """Whether the link's words name a language or a country, by name or code, in its own or the page's language."""
    words = link.text.casefold().strip(" ()|/·-")
    first = words.split()[0] if words.split() else ""
    return words in _names() or first in _names() or len(words) <= 3


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
