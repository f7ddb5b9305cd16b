from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from auditor.render.browsers import Found, Missing, find, launch
from auditor.render.collectors.look import Look
from auditor.render.wall import Wall
from tests.render.nasty import Shop, looking
from tests.render.servers import Server, write_certificate

CHROMIUM = pytest.param("chromium", marks=pytest.mark.browser)
FIREFOX = pytest.param("firefox", marks=[pytest.mark.browser, pytest.mark.firefox])
WEBKIT = pytest.param("webkit", marks=[pytest.mark.browser, pytest.mark.webkit])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("certificate") / "test.pem")


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Server]:
    server = Server(certificate)
    yield server
    server.close()


# What takes a second to start is started once for all modules that a process runs with one browser after the other.


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture(scope="package", params=[CHROMIUM, FIREFOX, WEBKIT])
def found(request: pytest.FixtureRequest) -> Found:
    """Each browser of this machine in turn; skipped with the reason where there is none."""
    answer = find(request.param)
    if isinstance(answer, Missing):
        pytest.skip(f"{answer.name}: {answer.reason}")
    return answer


@pytest.fixture(scope="package")
def start(playwright: Playwright, found: Found) -> Iterator[Callable[[Wall], Browser]]:
    """Starts the browser behind a wall of its own; closed when all are through."""
    started: list[Browser] = []

    def begin(wall: Wall) -> Browser:
        started.append(launch(playwright, found, wall.address))
        return started[-1]

    yield begin
    for browser in started:
        browser.close()


@pytest.fixture(scope="package")
def look(
    start: Callable[[Wall], Browser], found: Found, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Look]]:
    """Opens pages for collectors to look at."""
    with Wall() as wall, looking(start(wall), found, shop, wall, tmp_path_factory.mktemp("files")) as look:
        yield look
