"""The main price of the labelled product pages, read by the real collector in a real browser."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Playwright

from auditor.facts.prices import shown_prices
from auditor.render.browsers import Missing, find, launch
from auditor.render.wall import Wall
from tests.facts.price_set import Tab, cases, verdict

LEAST = 200  # cases
LEAST_RIGHT = 0.97


@pytest.mark.browser
def test_the_main_price_of_labelled_pages(playwright: Playwright) -> None:
    """At least 97 % are right, and none is wrong: what is not found is said to be unclear, so that no check calls it proven."""
    found = find("chromium")
    if isinstance(found, Missing):
        pytest.skip(f"chromium: {found.reason}")
    counts: Counter[str] = Counter()
    told: list[str] = []
    with Wall() as wall:
        browser = launch(playwright, found, wall.address)
        try:
            tab = Tab(browser)
            for case in cases():
                seen = tab.texts(case)
                outcome, what = verdict(case, shown_prices(seen, seen.lang))
                counts[outcome] += 1
                if outcome != "right":
                    told.append(f"{outcome}: {case.id}: {what}")
        finally:
            browser.close()
    assert counts.total() >= LEAST
    assert not counts["wrong"], told
    assert counts["right"] >= LEAST_RIGHT * counts.total(), told
