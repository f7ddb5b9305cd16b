"""What one call of a check came to: its outcome, the faults it saw and what it could not tell; read by judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from auditor.checks.graph import pages_seen
from auditor.evaluate.storable import storable, text
from auditor.model.finding import Observation
from auditor.model.query import SiteQuery
from auditor.model.words import Outcome, PageType

MAX_OBSERVATIONS = 500  # of one check on one snapshot; its tally says when there were more


class Told(msgspec.Struct):
    """What one call of a check came to. Where it is not `whole`, what it did not find may be there all the same."""

    outcome: Outcome
    reason: str = ""
    faults: list[Observation] = []
    whole: bool = True
    unsure: list[str] = []  # targets
    unsure_pages: list[str] = []  # URLs, of site checks
    left_open: str = ""  # why something could not be told beside the faults


def left_open(reason: str) -> Callable[[], Iterable[Observation]]:
    return lambda: [Observation(Outcome.CANT_TELL, reason=reason)]


def told_by(call: Callable[..., Iterable[Observation]], *given: object) -> Told:
    """The outcome of one call of a check, its reason where it could not tell, and the faults it saw.

    An exception in a check is a bug of ours: it costs this one answer, never the run, and never passes.
    """
    faults: list[Observation] = []
    unsure: list[Observation] = []
    beside: list[Observation] = []
    more = 0
    try:
        for observation in call(*given):
            match observation.outcome:
                case Outcome.FAILED if len(faults) < MAX_OBSERVATIONS:
                    faults.append(storable(observation))
                case Outcome.FAILED:
                    more += 1
                case Outcome.CANT_TELL:
                    unsure.append(observation)
                case Outcome.INAPPLICABLE:
                    beside.append(observation)
                case _:
                    pass
    except Exception as error:
        reason = text(f"the check failed: {type(error).__name__}: {error}", 300)
        return Told(Outcome.CANT_TELL, reason, faults, whole=False)
    if not (faults or unsure or beside):
        return Told(Outcome.PASSED)
    targets = [text(one.target, None) for one in unsure if one.target]
    pages = [one.page for one in unsure if one.page and not one.target]
    whole = not more and len(targets) + len(pages) == len(unsure)
    if faults:
        reason = f"more than {MAX_OBSERVATIONS} faults on a page; the others are not listed" if more else ""
        return Told(
            Outcome.FAILED, reason, faults, whole, targets, pages, text(unsure[0].reason, 300) if unsure else ""
        )
    if unsure:
        return Told(Outcome.CANT_TELL, text(unsure[0].reason, 300), [], whole, targets, pages)
    return Told(Outcome.INAPPLICABLE, text(beside[0].reason, 300))


class Asking:
    """The run as a site check sees it; tells whether the check asked for pages, and how many it was shown, so that fewer of them may tell less."""

    _OF_PAGES = frozenset(
        {"pages", "moved", "page", "fetched", "rendered", "inlinks", "survey", "catalogue", "targets"}
    )

    def __init__(self, run: SiteQuery) -> None:
        self._run = run
        self.by_pages = False
        self._surveyed = False
        self._shown: dict[tuple[str, PageType | None], int] = {}  # pages, by how and of which type they were asked for

    def __getattr__(self, name: str) -> Any:
        self.by_pages = self.by_pages or name in self._OF_PAGES
        self._surveyed = self._surveyed or name == "survey"
        return getattr(self._run, name)

    def fetched(self, page_type: PageType | None = None) -> Iterator[Any]:
        return self._counted("looked at", page_type, self._run.fetched(page_type))

    def rendered(self, page_type: PageType | None = None) -> Iterator[Any]:
        return self._counted("opened in a browser", page_type, self._run.rendered(page_type))

    def _counted(self, how: str, page_type: PageType | None, snapshots: Iterator[Any]) -> Iterator[Any]:
        self.by_pages = True
        count, last = 0, ""
        for one in snapshots:
            if one.url != last:  # the snapshots of a page come one after the other
                count, last = count + 1, one.url
                self._shown[how, page_type] = max(count, self._shown.get((how, page_type), 0))
            yield one

    @property
    def looked(self) -> str:
        """How much of the shop the check was shown, as the end of a sentence: "the 12 pages that were looked at (of 310 known)"."""
        shown: Counter[str] = Counter()
        for (how, _), count in self._shown.items():
            shown[how] += count
        if self._surveyed or not shown:
            shown["looked at"] = max(
                shown["looked at"], self._run.survey.counted if self._surveyed else self._run.coverage().fetched
            )
        how, count = max(shown.items(), key=lambda one: (one[1], one[0]))
        return pages_seen(self._run, count, how)
