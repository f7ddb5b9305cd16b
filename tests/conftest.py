"""What tests of all rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """pytest-playwright's fixture, for a module only: its event loop would stand in the way of every asyncio.run after it."""
    with sync_playwright() as driver:
        yield driver
