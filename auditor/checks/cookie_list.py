"""Checks of cookies against the list that the shop publishes, as the config repeats it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from auditor.checks.registry import check
from auditor.checks.tracking import consent_words
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import cookies as known_cookies
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, failed, inapplicable

_CHANGES = re.compile(r"[0-9a-fA-F]{6,}|\d+")  # of a name, from visit to visit


@check(needs={"cookies"})
def cookies_listed(snapshot: Snapshot) -> Iterator[Observation]:
    """Every cookie stands in the list of the config (`expect.cookies`, `*` for anything). One observation for names that differ in numbers only."""
    listed = snapshot.site.listed_cookies
    if listed is None:
        yield inapplicable("the config does not say which cookies are listed (expect.cookies)")
        return
    told: set[str] = set()
    for cookie in snapshot.cookies.items:
        target = _CHANGES.sub("#", cookie.name)[:120]
        if target in told or any(fnmatchcase(cookie.name, pattern) for pattern in listed):
            continue
        told.add(target)
        known = known_cookies.load().known(cookie.name)
        row = vendors.load().get(known.vendor) if known else None
        yield failed(
            target,
            Excerpt("cookie", cookie.name[:200], where=cookie.domain),
            cookie=cookie.name[:80],
            whose=f"{row.name}, {known.purpose}" if known and row else f"of {cookie.domain}",
            consent=consent_words(snapshot),
        )
