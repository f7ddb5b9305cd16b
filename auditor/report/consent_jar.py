"""What each state of consent leaves in the browser: cookies with lifetime and attributes, and keys of storage; a part of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from auditor.evidence.consent import Consent
from auditor.evidence.cookies import Cookie, Cookies
from auditor.evidence.visit import Visit
from auditor.knowledge import cookies as known_cookies
from auditor.knowledge.vendors import Vendors
from auditor.model.words import Answer
from auditor.report.document import CookieRow

_DAY = 86_400.0
_MOST_KEPT = 5_000
_ORDER = {"marketing": 0, "analytics": 1, "": 2, "functional": 3, "necessary": 4}  # what the law asks about first
_Id = tuple[str, str, str]  # cookie, local storage or session storage; name; domain


class Jar:
    """Gathers what was kept, page by page. Values are not in the evidence."""

    def __init__(self) -> None:
        self._states: dict[_Id, set[str]] = {}
        self._before: set[_Id] = set()
        self._last: dict[_Id, Cookie] = {}  # as it was seen last
        self._days: dict[_Id, float] = {}

    def put(self, state: str, kept: Cookies, consent: Consent | None, visit: Visit | None) -> None:
        """What a visit left behind; in a state of an answer also what was there right before it."""
        if consent is not None and consent.before is not None:
            self._before.update(self._add(consent.before, visit))
        asked = consent is not None and consent.shown and state == Answer.NONE
        for one in self._add(kept, visit):
            self._states[one].add(state)
            if asked:
                self._before.add(one)

    def _add(self, kept: Cookies, visit: Visit | None) -> Iterator[_Id]:
        for one, cookie in _things(kept):
            if one not in self._states and len(self._states) >= _MOST_KEPT:
                continue
            self._states.setdefault(one, set())
            if cookie is not None:
                self._last[one] = cookie
                if (days := _days(cookie, visit)) is not None:
                    self._days[one] = max(days, self._days.get(one, 0.0))
            yield one

    def rows(self, vendors: Vendors) -> list[CookieRow]:
        """By purpose and vendor; those that need consent first."""
        return sorted(self._rows(vendors), key=lambda row: (_ORDER[row.purpose], row.kind, row.vendor, row.name))

    def _rows(self, vendors: Vendors) -> Iterator[CookieRow]:
        for one, states in sorted(self._states.items()):
            kind, name, domain = one
            known = known_cookies.load().known(name)
            vendor = vendors.get(known.vendor) if known else None
            cookie = self._last.get(one)
            yield CookieRow(
                name=name,
                domain=domain,
                kind=kind,
                vendor=vendor.name if vendor else known.vendor if known else "",
                purpose=known.purpose if known else "",
                states=tuple(str(state) for state in Answer if str(state) in states),
                before_answer=one in self._before,
                days=self._days.get(one),
                session=cookie is not None and cookie.expires < 0,
                secure=cookie is not None and cookie.secure,
                http_only=cookie is not None and cookie.http_only,
                same_site=cookie.same_site if cookie else "",
            )


def _things(kept: Cookies) -> Iterable[tuple[_Id, Cookie | None]]:
    for cookie in kept.items:
        yield ("cookie", cookie.name, cookie.domain), cookie
    for key in kept.local_storage:
        yield ("local_storage", key[:200], ""), None
    for key in kept.session_storage:
        yield ("session_storage", key[:200], ""), None


def _days(cookie: Cookie, visit: Visit | None) -> float | None:
    """How long it lasts from the visit on; None for a session's, or where the time of the visit is not known."""
    if cookie.expires < 0 or visit is None:
        return None
    try:
        began = datetime.fromisoformat(visit.started_at).timestamp()
    except ValueError:
        return None
    return round(max(cookie.expires - began, 0.0) / _DAY, 2)
