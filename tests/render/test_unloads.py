"""Who listens to `unload`, in real browsers: what counts, what does not, and whose script it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.unloads import Unloads
from auditor.render.task import RenderResult
from tests.render.nasty import Shop

Open = Callable[..., tuple[str, RenderResult]]


@pytest.fixture
def visit(rendered: Callable[..., tuple[str, RenderResult]]) -> Open:
    return lambda html, headers=None: rendered(html, frozenset({"unloads"}), headers)


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
