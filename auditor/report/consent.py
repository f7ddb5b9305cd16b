"""The consent part of the report: the banner, who was told in which state of consent, and which cookies each state left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Consent
from auditor.evidence.cookies import Cookies
from auditor.evidence.data_layer import DataLayer
from auditor.evidence.document import Document
from auditor.evidence.requests import Requests
from auditor.evidence.visit import Visit
from auditor.knowledge import vendors
from auditor.model.finding import Finding
from auditor.model.snapshot import State
from auditor.model.words import Answer, FetchOutcome
from auditor.report import consent_cells, consent_mode
from auditor.report.consent_cells import Look
from auditor.report.consent_jar import Jar
from auditor.report.document import ConsentModeRow, ConsentPart, ConsentRow
from auditor.store import judgement
from auditor.store.snapshots import StoredSnapshot

_ROWS, _COOKIES = 200, 150
_TELLS = frozenset(
    {"ads", "social", "analytics", "session-replay", "affiliate", "email", "customer-data", "personalization"}
)
_TWICE = "tracking/duplicate-hit"
_UNASKED = frozenset({"consent/before-choice", "consent/after-rejection"})
_LOOKED = (FetchOutcome.OK, FetchOutcome.SITE_ERROR)
_OF_GA4 = frozenset({"tracking/view-item-price", "tracking/ga4-event", "tracking/ga4-name"})
_OF_META = frozenset({"tracking/view-content-price", "tracking/view-content"})
# their targets begin with the vendor
_OF_ANY = frozenset(
    {"tracking/product-id", "tracking/expected-event", "tracking/mail-address", "tracking/personal-field"}
)
Html = Callable[[StoredSnapshot], str]
Faults = Mapping[tuple[str, str, str], str]  # page key, vendor, state -> unasked | duplicated | wrong_payload


class ConsentSeen:
    """Gathers what the browsers saw of consent, snapshot by snapshot. Pages that were opened in one state only give no row."""

    def __init__(self) -> None:
        self._vendors = vendors.load()
        self._tool, self._shown, self._offers = "", 0, ""
        self._pages: dict[tuple[str, str], dict[str, Look]] = {}
        self._jar = Jar()
        self._mode: list[ConsentModeRow] = []

    def page(self, key: str, page_type: str, taken: Iterable[StoredSnapshot], html: Html = lambda _: "") -> None:
        """The snapshots of one page; `html` reads the document of one."""
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
                self._look(key, page_type, one, bundle, consent, html)

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
            cookies=tuple(self._jar.rows(self._vendors))[:_COOKIES],
            mode=tuple(sorted(self._mode, key=lambda one: (one.page_type, one.url, states.index(one.state))))[:_ROWS],
        )

    def _look(
        self, key: str, page_type: str, one: StoredSnapshot, bundle: Bundle, consent: Consent | None, html: Html
    ) -> None:
        state = one.key.state.answer
        looks = self._pages.setdefault((page_type, key), {})
        requests, visit = bundle.read(Requests), bundle.read(Visit)
        if one.outcome not in _LOOKED or requests is None:
            looks[state] = Look(done=False, reason=one.reason or "its requests were not recorded")
            return
        looks[state] = consent_cells.look(
            requests,
            Document(page, visit.final_url if visit else one.url, rendered=True) if (page := html(one)) else None,
            self._vendors,
            since_ms=consent.reopened_ms if consent else 0.0,
            seconds=round(visit.watched_ms / 1000, 1) if visit else 0.0,
        )
        layer = bundle.read(DataLayer) or DataLayer()
        if mode := consent_mode.row(page_type, key, state, layer, looks[state].hits, consent, self._vendors):
            self._mode.append(mode)
        self._jar.put(state, bundle.read(Cookies) or Cookies(), consent, visit)

    def _rows(self, states: list[str], faults: Faults) -> Iterable[ConsentRow]:
        for (page_type, key), looks in sorted(self._pages.items()):
            for vendor in sorted({vendor for look in looks.values() for vendor in look.vendors}):
                row = self._vendors.get(vendor)
                if row is not None and row.category in _TELLS:
                    cells = (
                        consent_cells.cell(state, looks.get(state), vendor, faults.get((key, vendor, state), ""))
                        for state in states
                    )
                    yield ConsentRow(page_type=page_type, url=key, vendor=row.name, cells=tuple(cells))


def faults(connection: Connection, evaluation: int) -> dict[tuple[str, str, str], str]:
    """Findings that a cell tells, by page key, vendor and state; at most 5,000."""
    told: dict[tuple[str, str, str], str] = {}
    of_tags = (_TWICE, *_OF_GA4, *_OF_META, *_OF_ANY, *_UNASKED)
    for one in judgement.findings_by_rule(connection, evaluation, of_tags, 5_000):
        vendor = _vendor(one)
        for state in one.states or ("consent=none",):
            answer = State.parse(state).answer
            if one.rule in _UNASKED:  # weighs more than how it was told
                told[one.page, vendor, answer] = "unasked"
            else:
                told.setdefault((one.page, vendor, answer), "duplicated" if one.rule == _TWICE else "wrong_payload")
    return told


def _vendor(finding: Finding) -> str:
    if finding.rule in _OF_GA4:
        return "ga4"
    return "meta" if finding.rule in _OF_META else finding.target.partition(" ")[0]
