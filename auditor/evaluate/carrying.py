"""Takes over what the night before found on a page that is as it was; whatever is in doubt is judged anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

import msgspec
from sqlalchemy import Connection

from auditor.evaluate.judge import Carried, Held, Judged
from auditor.evaluate.pages import Page
from auditor.model.finding import Finding
from auditor.model.rule import Rule
from auditor.model.words import Outcome
from auditor.store import judgement, kept
from auditor.store.kept import KeptPage
from auditor.store.snapshots import StoredPage

Linked = Callable[[], bytes]  # digest of what came of asking for the page's links; worked out when asked for
_Answers = list[tuple[int, Held]]


class Before(msgspec.Struct, frozen=True):
    """The night before: its evaluation and run, and the place that each of its rules has now (-1: it is another)."""

    evaluation: int
    run_id: int
    places: tuple[int, ...] = ()


def before(connection: Connection, run_id: int, told: str, rules: Sequence[Rule] = ()) -> Before | None:
    """The night before whose answers may hold now; `told` is the digest of what all pages rest on."""
    found = kept.before(connection, run_id, told)
    if found is None:
        return None
    return Before(*found, places(judgement.rules_of(connection, found[0]), rules))


def places(then: Iterable[Rule], now: Iterable[Rule]) -> tuple[int, ...]:
    """The place that each of the rules has now, -1 for one that is another."""
    known = {_said(rule): place for place, rule in enumerate(now)}
    return tuple(known.get(_said(rule), -1) for rule in then)


def _said(rule: Rule) -> bytes:
    return msgspec.json.encode(rule, order="deterministic")  # sets come in another order in every process


class Carrying:
    """Reads what holds of the night before, a batch of pages at a time."""

    def __init__(self, before: Before | None) -> None:
        self._before = before
        self._keeping = kept.Keeping(before.evaluation) if before else None
        self._pages: dict[str, KeptPage] = {}
        self._findings: dict[str, Finding] = {}

    def read(self, connection: Connection, pages: Iterable[StoredPage]) -> None:
        """The next batch."""
        if self._before is None or self._keeping is None:
            return
        self._pages = self._keeping.pages(connection, [one.page_key for one in pages])
        ids = [key for one in self._pages.values() for key in one.findings]
        self._findings = judgement.findings_by_id(connection, self._before.evaluation, ids) if ids else {}

    def of(self, page: Page, told: bytes, linked: Linked) -> Carried | None:
        """Answers that hold for the page; `told` is its basis. None where it is not as it was."""
        then = self._pages.get(page.key)
        if self._before is None or then is None or then.basis != told or page.rendered or page.raw is None:
            return None
        findings: dict[str, list[Finding]] = defaultdict(list)
        for key in then.findings:
            if key not in self._findings:
                return None
            findings[self._findings[key].rule].append(self._findings[key])
        answers = msgspec.msgpack.decode(then.answers, type=_Answers)
        same_links = any(one.linked for _, one in answers) and linked() == then.links
        places = self._before.places
        carried = {
            places[place]: one
            for place, one in answers
            if place < len(places) and places[place] >= 0 and (same_links or not one.linked)
        }
        return Carried(answers=carried, findings=findings) if carried else None


def keep(page: Page, told: bytes, linked: Linked, judged: Judged, rules: Sequence[Rule]) -> KeptPage | None:
    """What the next night may take over of this page; None where that is nothing."""
    if not judged.kept:
        return None
    failed = {rules[place].id for place, one in judged.kept.items() if one.outcome is Outcome.FAILED}
    return KeptPage(
        page_key=page.key,
        basis=told,
        links=linked() if any(one.linked for one in judged.kept.values()) else b"",
        answers=msgspec.msgpack.encode(sorted(judged.kept.items(), key=itemgetter(0))),
        findings=tuple(sorted(one.id for one in judged.findings if one.rule in failed)),
    )
