"""The consent part of the report: the banner, who was told in which state of consent, and which cookies each state left behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, select

from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Consent
from auditor.evidence.cookies import Cookies
from auditor.evidence.requests import Requests
from auditor.evidence.visit import Visit
from auditor.facts import consent_signals, tracking
from auditor.facts.tracking import Hit
from auditor.knowledge import cookies as known_cookies
from auditor.knowledge import vendors
from auditor.model.finding import Finding
from auditor.model.snapshot import State
from auditor.model.words import Answer, FetchOutcome
from auditor.report.document import ConsentCell, ConsentPart, ConsentRow, CookieRow
from auditor.store.schema import findings
from auditor.store.snapshots import StoredSnapshot

_ROWS, _COOKIES = 200, 100
_TELLS = frozenset(
    {"ads", "social", "analytics", "session-replay", "affiliate", "email", "customer-data", "personalization"}
)
_TWICE = "tracking/duplicate-hit"
_UNASKED = frozenset({"consent/before-choice", "consent/after-rejection"})
_LOOKED = (FetchOutcome.OK, FetchOutcome.SITE_ERROR)
_WRONG = {"tracking/view-item-price": "ga4", "tracking/ga4-event": "ga4", "tracking/ga4-name": "ga4", "tracking/view-content-price": "meta", "tracking/view-content": "meta"}  # fmt: skip
Faults = Mapping[tuple[str, str, str], str]  # page key, vendor, state -> unasked | duplicated | wrong_payload


class _Look(msgspec.Struct, frozen=True):
    """One page in one state."""

    done: bool
    reason: str = ""
    seconds: float = 0.0
    hits: tuple[Hit, ...] = ()


class ConsentSeen:
    """Gathers what the browsers saw of consent, snapshot by snapshot. Pages that were opened in one state only give no row."""

    def __init__(self) -> None:
        self._vendors = vendors.load()
        self._tool, self._shown, self._offers = "", 0, ""
        self._pages: dict[tuple[str, str], dict[str, _Look]] = {}
        self._jars: dict[tuple[str, str], set[str]] = defaultdict(set)

    def page(self, key: str, page_type: str, taken: Iterable[StoredSnapshot]) -> None:
        """The snapshots of one page."""
        listed = list(taken)
        answered = {one.key.client for one in listed if one.key.state.answer != Answer.NONE}
        for one in listed:
            bundle = one.bundle()
            consent = bundle.read(Consent)
            if consent is not None and consent.shown and one.key.state.answer == Answer.NONE:
                self._shown += 1
                self._tool = self._tool or consent.tool
                self._offers = self._offers or ", ".join(choice.text for choice in consent.choices if choice.means)
            if one.key.client in answered:
                self._look(key, page_type, one, bundle, consent)

    def part(self, faults: Faults) -> ConsentPart | None:
        """None where no banner was seen and no state was looked in."""
        if not self._pages and not self._shown:
            return None
        states = [str(one) for one in Answer if any(str(one) in looks for looks in self._pages.values())]
        return ConsentPart(
            tool=self._tool,
            offers=self._offers[:300],
            pages=self._shown,
            states=tuple(states),
            rows=tuple(self._rows(states, faults))[:_ROWS],
            cookies=tuple(self._cookies())[:_COOKIES],
        )

    def _look(self, key: str, page_type: str, one: StoredSnapshot, bundle: Bundle, consent: Consent | None) -> None:
        state = one.key.state.answer
        looks = self._pages.setdefault((page_type, key), {})
        requests, visit = bundle.read(Requests), bundle.read(Visit)
        if one.outcome not in _LOOKED or requests is None:
            looks[state] = _Look(False, one.reason or "its requests were not recorded")
            return
        since = consent.reopened_ms if consent else 0.0
        hits = tracking.hits(requests, self._vendors, since_ms=since)
        looks[state] = _Look(True, seconds=round(visit.watched_ms / 1000, 1) if visit else 0.0, hits=hits)
        for cookie in (bundle.read(Cookies) or Cookies()).items:
            self._jars[cookie.name, cookie.domain].add(state)

    def _rows(self, states: list[str], faults: Faults) -> Iterable[ConsentRow]:
        for (page_type, key), looks in sorted(self._pages.items()):
            told = {hit.vendor for look in looks.values() for hit in look.hits if not hit.host_only}
            for vendor in sorted(told):
                row = self._vendors.get(vendor)
                if row is not None and row.category in _TELLS:
                    cells = (
                        _cell(state, looks.get(state), vendor, faults.get((key, vendor, state), "")) for state in states
                    )
                    yield ConsentRow(page_type=page_type, url=key, vendor=row.name, cells=tuple(cells))

    def _cookies(self) -> Iterable[CookieRow]:
        for (name, domain), states in sorted(self._jars.items()):
            known = known_cookies.load().known(name)
            row = self._vendors.get(known.vendor) if known else None
            yield CookieRow(
                name=name,
                domain=domain,
                vendor=row.name if row else known.vendor if known else "",
                purpose=known.purpose if known else "",
                states=tuple(str(one) for one in Answer if str(one) in states),
            )


def faults(connection: Connection, evaluation: int) -> dict[tuple[str, str, str], str]:
    """Findings that a cell tells, by page key, vendor and state; at most 5,000."""
    told: dict[tuple[str, str, str], str] = {}
    of_tags = (findings.c.evaluation_id == evaluation, findings.c.rule.in_([_TWICE, *_WRONG, *_UNASKED]))
    for row in connection.execute(select(findings.c.detail).where(*of_tags).limit(5_000)):
        one = msgspec.msgpack.decode(row.detail, type=Finding)
        vendor = _WRONG.get(one.rule) or one.target.partition(" ")[0]
        for state in one.states or ("consent=none",):
            answer = State.parse(state).answer
            if one.rule in _UNASKED:  # weighs more than how it was told
                told[one.page, vendor, answer] = "unasked"
            else:
                told.setdefault((one.page, vendor, answer), "duplicated" if one.rule == _TWICE else "wrong_payload")
    return told


def _cell(state: str, look: _Look | None, vendor: str, fault: str) -> ConsentCell:
    if look is None:
        return ConsentCell(state=state, said="not_checked", detail="not opened in this state")
    if not look.done:
        return ConsentCell(state=state, said="not_checked", detail=look.reason[:200])
    hits = [hit for hit in look.hits if hit.vendor == vendor and not hit.host_only]
    if not hits:
        return ConsentCell(state=state, said="not_seen", detail=f"within {look.seconds:g} s")
    events = ", ".join(dict.fromkeys(hit.event for hit in hits if hit.event))[:120]
    if all(consent_signals.cookieless(vendor, hit.consent) for hit in hits):
        return ConsentCell(state=state, said="cookieless", detail=events)
    return ConsentCell(state=state, said=fault or "fired", detail=events)
