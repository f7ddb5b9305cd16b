"""Who listens to `unload`, in real browsers: what counts, what does not, and whose script it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from auditor.config.devices import DEVICES
from auditor.evidence.unloads import Unloads
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.render.browsers import Found
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer
from tests.render.nasty import Shop

Open = Callable[..., tuple[str, RenderResult]]


@pytest.fixture(scope="module")
def visit(shop: Shop, found: Found, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with ThreadPoolExecutor(1) as thread:
        settings = RenderSettings(
            files=str(tmp_path_factory.mktemp("files")), site_hosts=(shop.host,), watch_ms=100, quiet_ms=100
        )
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()

        def one(html: str, headers: dict[str, str] | None = None) -> tuple[str, RenderResult]:
            url = shop.put(html, headers)
            client = Client(str(found.name), "desktop")
            task = RenderTask(
                key=SnapshotKey(url, client, State()),
                url=url,
                device=DEVICES["desktop"],
                collectors=frozenset({"unloads"}),
            )
            done = thread.submit(renderer.run, msgspec.msgpack.encode(task)).result()
            return url, msgspec.msgpack.decode(done, type=RenderResult)

        yield one
        thread.submit(renderer.close).result()


def listening(told: tuple[str, RenderResult]) -> tuple[str, ...]:
    seen = told[1].bundle.read(Unloads)
    assert seen is not None, told[1].bundle.missing
    return seen.scripts


def test_scripts_that_listen_are_told_by_their_address(visit: Open, shop: Shop) -> None:
    library = shop.put(
        "/* no <html> */ window.deep = () => { addEventListener('unload', () => {}); }; deep();",
        {"Content-Type": "text/javascript"},
    )
    told = visit(
        f"<h1>Lamp</h1><script src='{library}'></script><script>window.addEventListener('unload', {{ handleEvent() {{}} }}, true)</script>"
    )
    assert listening(told) == (library, told[0])


def test_a_handler_in_the_page_counts_and_one_of_a_property(visit: Open) -> None:
    told = visit("<!doctype html><html lang=en><title>t</title><body onunload='this.x = 1'><h1>Lamp</h1></body></html>")
    assert listening(told) == (told[0],)
    assert listening(visit("<h1>Lamp</h1><script>window.onunload = () => {}</script>")) == ("",)


def test_what_does_not_keep_a_page_out_does_not_count(visit: Open) -> None:
    others = """<h1>Lamp</h1><script>
      const gone = () => {}, stop = new AbortController();
      addEventListener('pagehide', () => {}); addEventListener('beforeunload', () => {}); document.addEventListener('unload', () => {});
      addEventListener('unload', gone); removeEventListener('unload', gone);
      addEventListener('unload', () => {}, { signal: stop.signal }); stop.abort();
      addEventListener('unload', null);
      document.title = 'done ' + EventTarget.prototype.addEventListener;
    </script>"""
    told = visit(others)
    assert "native code" in told[1].html
    assert listening(told) == ()


def test_a_patch_of_the_page_goes_on_working(visit: Open) -> None:
    patched = """<h1>Lamp</h1><script>
      const native = EventTarget.prototype.addEventListener, heard = [];
      EventTarget.prototype.addEventListener = function (type, ...rest) { heard.push(type); return native.call(this, type, ...rest); };
      addEventListener('unload', () => {}); document.body.addEventListener('click', () => { heard.push('pressed'); }); document.body.click();
      document.title = 'heard ' + heard.join(' ');
    </script>"""
    told = visit(patched)
    assert "heard unload click pressed" in told[1].html
    assert listening(told) == (told[0],)


@pytest.mark.parametrize("found", ["chromium"], indirect=True, scope="module")
def test_a_page_that_denies_the_event_has_no_listener(visit: Open) -> None:
    told = visit(
        "<h1>Lamp</h1><script>addEventListener('unload', () => {})</script>", {"Permissions-Policy": "unload=()"}
    )
    assert listening(told) == ()
