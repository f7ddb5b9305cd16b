"""Checks of how the server answered the crawl as a whole: whether at the first time of asking, how soon, and whole."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from heapq import nlargest
from statistics import median

from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

_SHOWN = 5


@check(scope=Scope.SITE)
def pages_answer_at_first(run: SiteQuery, *, least: int = 3, percent: float = 1.0) -> Iterator[Observation]:
    """Fewer than `least` pages, or than `percent` of them, failed (5xx, dropped connection) before they were there when asked again.

    Each such page is no fault of its own: it is there. Many of them are what shoppers meet, too.
    """
    causes: Counter[str] = Counter()
    shown: list[Excerpt] = []
    for page in run.survey.pages():
        if page.failed_first:
            causes[page.failed_first] += 1
            if len(shown) < _SHOWN:
                shown.append(Excerpt("at first", page.failed_first, where=page.url))
    if (count := causes.total()) < max(least, run.survey.counted * percent / 100):
        return
    what = causes.most_common(1)[0][0]
    yield failed("", *shown, count=count, pages=run.survey.counted, what=what, url=shown[0].where)


@check(scope=Scope.SITE)
def pages_answer_soon(run: SiteQuery, *, seconds: float = 4.0, least: int = 5) -> Iterator[Observation]:
    """Of each kind of page (with `least` of them), half was sent whole within `seconds`, as the crawl asked: some pages at a time."""
    took: dict[str, array[float]] = defaultdict(lambda: array("f"))
    slowest: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for page in run.survey.pages():
        if page.took_ms:
            kind = str(page.page_type)
            took[kind].append(page.took_ms)
            slowest[kind] = nlargest(_SHOWN, [*slowest[kind], (page.took_ms, page.url)])
    kinds = {kind: times for kind, times in took.items() if len(times) >= least}
    if not kinds:
        yield inapplicable("too few pages of any kind")
    for kind, times in sorted(kinds.items()):
        middle = median(times) / 1000
        if middle > seconds:
            shown = (Excerpt("took", f"{time / 1000:.1f} s", where=url) for time, url in slowest[kind])
            yield failed(kind, *shown, kind=kind, count=len(times), seconds=round(middle, 1))


@check(scope=Scope.SITE)
def pages_end(run: SiteQuery, *, others: int = 5) -> Iterator[Observation]:
    """No page ends before its `</body>`, where at least `others` pages for each such one have it.

    HTML may leave these tags out, and some themes and tools that shorten it do, on all their pages.
    """
    found = sum(1 for page in run.survey.pages() if page.breaks_off)
    whole = run.survey.counted - found
    if found and whole < others * found:
        yield inapplicable("many pages leave out the tags that end them")
        return
    for page in run.survey.pages() if found else ():
        if page.breaks_off:
            yield failed(
                "", Excerpt("its last words", page.breaks_off), page=page.url, end=page.breaks_off, whole=whole
            )
