from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from auditor.config.devices import DEVICES
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.render.browsers import Found, Missing, find, launch
from auditor.render.collectors.look import Look
from auditor.render.firefox_start import FirefoxStart
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.wall import Wall
from auditor.render.worker import Renderer
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


class _Kept:
    """What takes a second to start: kept from module to module."""

    def __init__(self) -> None:
        self._stack, self._made = ExitStack(), dict[str, Any]()

    def get(self, name: str, make: Callable[[], AbstractContextManager[Any]]) -> Any:
        if name not in self._made:
            self._made[name] = self._stack.enter_context(make())
        return self._made[name]

    def close(self) -> None:
        self._made.clear()
        self._stack.close()


_kept = _Kept()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Ends what was kept before a module that does not ask for it: Playwright's event loop would stand in the way of others."""
    yield
    if nextitem is None or (nextitem.path != item.path and "playwright" not in getattr(nextitem, "fixturenames", ())):
        _kept.close()


@pytest.fixture(scope="module", params=[CHROMIUM, FIREFOX, WEBKIT])
def found(request: pytest.FixtureRequest) -> Found:
    """Each browser of this machine in turn; skipped with the reason where there is none."""
    answer = find(request.param)
    if isinstance(answer, Missing):
        pytest.skip(f"{answer.name}: {answer.reason}")
    return answer


@pytest.fixture(scope="module")
def playwright() -> Playwright:
    return _kept.get("playwright", sync_playwright)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return _kept.get("shop", Shop)


@contextmanager
def launched(playwright: Playwright, found: Found, wall: Wall) -> Iterator[Browser]:
    """The browser behind this wall, as workers start it."""
    start = FirefoxStart(found)
    with closing(start):
        with closing(launch(playwright, found, wall.address, (), start.environment)) as browser:
            yield browser
        start.keep()


@pytest.fixture(scope="module")
def start(playwright: Playwright, found: Found) -> Iterator[Callable[[Wall], Browser]]:
    """Starts the browser behind a wall of its own; closed when the module is through."""
    with ExitStack() as started:
        yield lambda wall: started.enter_context(launched(playwright, found, wall))


@pytest.fixture(scope="module")
def look(
    playwright: Playwright, found: Found, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Look]:
    """Opens pages for collectors to look at."""

    @contextmanager
    def opened() -> Iterator[Callable[..., Look]]:
        with (
            Wall() as wall,
            launched(playwright, found, wall) as browser,
            looking(browser, found, shop, wall, tmp_path_factory.mktemp("files")) as look,
        ):
            yield look

    return _kept.get(f"look {found.name}", opened)


@pytest.fixture(scope="module")
def rendered(
    shop: Shop, found: Found, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., tuple[str, RenderResult]]]:
    """Visits a page as a worker does: (html, names of collectors, headers) -> its address and what was gathered there."""
    with ThreadPoolExecutor(1) as thread:
        settings = RenderSettings(
            files=str(tmp_path_factory.mktemp("files")), site_hosts=(shop.host,), watch_ms=100, quiet_ms=100
        )
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()

        def one(
            html: str, collectors: frozenset[str], headers: dict[str, str] | None = None
        ) -> tuple[str, RenderResult]:
            url = shop.put(html, headers)
            task = RenderTask(
                key=SnapshotKey(url, Client(str(found.name), "desktop"), State()),
                url=url,
                device=DEVICES["desktop"],
                collectors=collectors,
            )
            done = thread.submit(renderer.run, msgspec.msgpack.encode(task)).result()
            return url, msgspec.msgpack.decode(done, type=RenderResult)

        yield one
        thread.submit(renderer.close).result()
