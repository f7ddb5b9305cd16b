"""What tests of all rooms share."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Playwright, sync_playwright

from auditor.crawl import standby as crawl_processes
from auditor.workers import modules
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


# What takes minutes, begun first, so that it is not what everybody waits for at the end. Audits of the whole demo shop
# in a browser are units of their own, Firefox's later, since two of them and two storefronts at a time are much for two processors.
_DEMO = "tests/e2e/test_demo.py"
_RENDER = "tests/render/"
_LONG = (f"{_DEMO}::chromium", "tests/storefront/", "tests/e2e/test_", "tests/demo/", _RENDER)
_BROWSER = re.compile(r"[\[-](chromium|firefox|webkit)[\]-]")


def _unit(nodeid: str) -> str:
    """What one process runs in one go: a file, or its tests in one browser, or what the audit of the demo shop in one came to."""
    file, _, test = nodeid.partition("::")
    if file.startswith(_RENDER):
        named = _BROWSER.search(test)
        return f"{file}::{named[1] if named else ''}"
    if file != _DEMO:
        return file
    return nodeid if "clean" in test else f"{_DEMO}::{test.rpartition('[')[2].rstrip(']')}"


def _rank(nodeid: str) -> tuple[int, str]:
    unit = _unit(nodeid)
    rank = next((rank for rank, start in enumerate(_LONG) if unit.startswith(start)), len(_LONG))
    return rank, unit.rpartition("::")[2] if unit.startswith(_RENDER) else ""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end, as modules do."""
    with modules.loading():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As --dist loadfile, but for audits of the demo shop, and tests of browsers: each process stays with one as long as it can."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByUnit(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _unit(nodeid)

    return ByUnit(config, log)
