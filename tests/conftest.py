"""What tests of all rooms share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Playwright, sync_playwright

from auditor.crawl import standby as crawl_processes
from auditor.workers import standby as workers

# The same examples on every machine, and none fails for being slow; look for new ones with --hypothesis-profile=default.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

# A shell's background job ignores Ctrl-C, and so would all that tests start and stop with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """pytest-playwright's fixture, for a module only: its event loop would stand in the way of every asyncio.run after it."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def kept_processes() -> Iterator[None]:
    """Audits of a module share their processes, as the jobs of one audit do: starting them takes longer than most audits."""
    with crawl_processes.kept(), workers.kept():
        yield


# files whose tests take minutes: begun first, so that none of them is what everybody waits for at the end
_LONG = ("tests/e2e/test_demo.py", "tests/storefront/", "tests/e2e/", "tests/demo/", "tests/render/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parents[1]

    def rank(item: pytest.Item) -> int:
        place = item.path.relative_to(root).as_posix()
        return next((rank for rank, start in enumerate(_LONG) if place.startswith(start)), len(_LONG))

    items.sort(key=rank)
