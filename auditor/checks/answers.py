"""Checks of how the server answered the crawl as a whole: whether at the first time of asking, how soon, and whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import median

from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

_SHOWN = 5


@check(scope=Scope.SITE)
def pages_answer_at_first(run: SiteQuery, *, least: int = 3, percent: float = 1.0) -> Iterator[Observation]:
    """Fewer than `least` pages, or than `percent` of them, failed (5xx, dropped connection) before they were there when asked once more.

    Each such page is no fault of its own: it is there. Many of them are what shoppers meet, too.
    """
    found = [page for page in run.survey.pages() if page.failed_first]
    if len(found) < max(least, run.survey.counted * percent / 100):
        return
    ((what, _),) = Counter(page.failed_first for page in found).most_common(1)
    yield failed(
        "",
        *(Excerpt("at first", page.failed_first, where=page.url) for page in found[:_SHOWN]),
        count=len(found),
        pages=run.survey.counted,
        what=what,
        url=found[0].url,
    )


@check(scope=Scope.SITE)
def pages_answer_soon(run: SiteQuery, *, seconds: float = 4.0, least: int = 5) -> Iterator[Observation]:
    """Of each kind of page (with `least` of them), half was sent whole within `seconds`, as the crawl asked: some pages at a time."""
    took: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for page in run.survey.pages():
        if page.took_ms:
            took[str(page.page_type)].append((page.took_ms, page.url))
    kinds = {kind: times for kind, times in took.items() if len(times) >= least}
    if not kinds:
        yield inapplicable("too few pages of any kind")
    for kind, times in sorted(kinds.items()):
        middle = median(time for time, _ in times) / 1000
        if middle > seconds:
            slowest = sorted(times, reverse=True)[:_SHOWN]
            yield failed(
                kind,
                *(Excerpt("took", f"{time / 1000:.1f} s", where=url) for time, url in slowest),
                kind=kind,
                count=len(times),
                seconds=round(middle, 1),
                limit=seconds,
            )


@check(scope=Scope.SITE)
def pages_end(run: SiteQuery, *, others: int = 5) -> Iterator[Observation]:
    """No page ends before its `</body>`, where at least `others` pages for each such one have it.

    HTML may leave these tags out, and some themes and tools that shorten it do, on all their pages.
    """
    found = [page for page in run.survey.pages() if page.breaks_off]
    whole = run.survey.counted - len(found)
    if found and whole < others * len(found):
        yield inapplicable("many pages leave out the tags that end them")
        return
    for page in found:
        yield failed("", Excerpt("its last words", page.breaks_off), page=page.url, end=page.breaks_off, whole=whole)
