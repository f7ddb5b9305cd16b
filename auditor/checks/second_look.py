"""What checks of prices make of a difference that was looked at a second time, later in the same audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

import msgspec

from auditor.checks.price_words import moment
from auditor.facts.snapshot import KINDS, Snapshot
from auditor.model.finding import Excerpt, Observation
from auditor.model.words import Certainty, Outcome

CHANGED = "changed while we looked"
_SECOND = "second look"
Judge = Callable[[Snapshot], Iterator[Observation]]


def looked_twice(judge: Judge) -> Judge:
    """What the check found is held against what it finds on the page as it was when it was opened once more.

    A difference that is gone by then needs review, one that could not be read again is likely. Without a second look it
    stays as it is.
    """

    @wraps(judge)
    def twice(snapshot: Snapshot) -> Iterator[Observation]:
        for one in judge(snapshot):
            later = snapshot.again if one.outcome is Outcome.FAILED else None
            yield one if later is None else _settled(one, later, judge)

    return twice


def confirmed(one: Observation, text: str, at: str, where: str = "", *, same: bool = True) -> Observation:
    """The difference was there both times."""
    label = f"{_SECOND}, the same" if same else f"{_SECOND}, another difference"
    return _with(one, Excerpt(label, f"{text}, {moment(at)}", where=where), None if same else Certainty.LIKELY)


def vanished(one: Observation, text: str, at: str, where: str = "") -> Observation:
    """There was no difference the second time: a sale that began, a copy that was renewed."""
    told = _with(
        one, Excerpt(f"{_SECOND}, no difference", f"{text}, {moment(at)}", where=where), Certainty.NEEDS_REVIEW
    )
    if "hint" not in one.data:
        return told
    stop = "." if one.data["hint"].endswith(".") else ""  # which of them ends a sentence is the template's
    hint = f", and no longer when looked at again ({CHANGED}){stop}"
    return msgspec.structs.replace(told, data={**one.data, "hint": hint})


def unreadable(one: Observation, why: str, at: str, where: str = "") -> Observation:
    """The second look could not tell."""
    label = f"{_SECOND}, could not be checked"
    return _with(one, Excerpt(label, f"{why}, {moment(at)}", where=where), Certainty.LIKELY)


def _settled(one: Observation, later: Snapshot, judge: Judge) -> Observation:
    where = str(later.key.client)
    if lacking := next((why for kind in ("texts", "document") if (why := later.missing(kind))), None):
        return unreadable(one, lacking, later.at, where)
    try:
        found = list(judge(later))
    except LookupError as lacked:
        # what the first look had and the second did not gather (runs of older versions)
        if lacked.args[:1] not in [(kind,) for kind in KINDS]:
            raise
        return unreadable(one, f"{lacked.args[0]} was not gathered", later.at, where)
    faults = [other for other in found if other.outcome is Outcome.FAILED]
    same = next((other for other in faults if other.target == one.target), None)
    if same or faults:
        other = same or faults[0]
        values = f"{other.excerpts[0].text} shown, {other.excerpts[1].text} stated"
        return confirmed(one, values, later.at, where, same=same is not None)
    if unsure := next((other.reason for other in found if other.outcome is not Outcome.PASSED), ""):
        return unreadable(one, unsure, later.at, where)
    main = later.shown_prices.main
    return vanished(one, f"{main.text if main else 'no price'} shown, and stated so", later.at, where)


def _with(one: Observation, excerpt: Excerpt, least: Certainty | None) -> Observation:
    certainty = max((known for known in (one.certainty, least) if known), key=lambda known: known.rank, default=None)
    return msgspec.structs.replace(one, excerpts=(*one.excerpts, excerpt), certainty=certainty)
