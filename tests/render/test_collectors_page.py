"""Layout, images, pictures, cookies, console and document, proven in real browsers with their hazards."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pixels
from PIL import ImageChops
from playwright.sync_api import Error, FloatRect

from auditor.evidence.images import Image
from auditor.evidence.requests import Held, Request, Requests
from auditor.render.collectors import axe, console, cookies, document, images, layout, screenshots, scroll, texts
from auditor.render.collectors.camera import Camera
from auditor.render.collectors.look import Distorted, Look
from tests.render.nasty import Shop

Open = Callable[..., Look]
WIDE = "<meta name=viewport content='width=device-width, initial-scale=1'>"


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize(
    ("html", "label"),
    [
        (
            "<div style='width:200%' class='size-chart css-1x2y3z'><p style='width:150%'>wide</p></div>",
            "div.size-chart",
        ),
        ("<main class=story><table><tr><td style='min-width:3000px'>x</td></tr></table></main>", "table in main.story"),
        ("<div style='position:absolute;left:100%;width:200px;height:20px' id=menu>x</div>", "div#menu"),
        ("<div style='transform:translateX(100%)' class=drawer>x</div>", "div.drawer"),
        ("<p class=code style='white-space:nowrap'>" + "verylongword" * 300 + "</p>", "p.code"),
        (
            "<div style='overflow:hidden'><div style='position:absolute;left:3000px;width:9px;height:9px' class=badge>x</div></div>",
            "div.badge",
        ),
    ],
)
def test_what_sticks_out_scrolls_sideways(look: Open, device: str, html: str, label: str) -> None:
    seen = layout.collect(look(WIDE + html, device=device, fresh=False))
    assert seen.scrolls_sideways
    assert seen.scrolled_px > 0
    assert seen.page[0] > seen.viewport[0]
    assert [one.label for one in seen.culprits] == [label]


def test_a_scroll_bar_that_no_phone_has_is_no_overflow(look: Open) -> None:
    assert not layout.collect(
        look(
            f"{WIDE}<style>body{{margin:0}}</style><div style='width:100vw;height:5000px'>x</div>",
            device="phone",
            fresh=False,
        )
    ).scrolls_sideways


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize(
    "html",
    [
        "<p>narrow</p>",
        "<div style='overflow:hidden'><div style='width:300%'>carousel</div></div>",
        "<div style='overflow-x:auto'><table style='width:3000px'><tr><td>x</table></div>",
        "<div style='position:fixed;left:100%;top:0;width:300px;height:100vh'>drawer</div>",
        "<style>html{overflow-x:hidden}</style><div style='width:300%'>x</div>",
        "<style>body{overflow-x:hidden}</style><div style='width:300%'>x</div>",
        "<div style='overflow:hidden;position:relative'><div style='position:absolute;left:3000px;width:9px;height:9px'>x</div></div>",
        "<div style='position:absolute;left:-500px;width:200px'>off to the left</div>",
        "<div style='width:300%;display:none'>x</div>",
    ],
)
def test_what_does_not_scroll_sideways(look: Open, device: str, html: str) -> None:
    seen = layout.collect(look(WIDE + html, device=device, fresh=False))
    assert not seen.scrolls_sideways
    assert seen.scrolled_px == 0
    assert seen.culprits == ()


LOCKED = WIDE + "<style>body{margin:0;overflow-x:hidden}</style><h1>Lamp</h1>"


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize(
    ("html", "label"),
    [
        ("<div class=table style='width:2000px'>" + "words of a line " * 40 + "</div>", "div.table"),
        ("<p class=code style='white-space:nowrap'>" + "verylongword" * 300 + "</p>", "p.code"),
        ("<div style='position:fixed;left:90%;width:600px'>menu of many words that go on</div>", ""),
        ("<div class=swiper><div style='width:3000px'>" + "slide " * 200 + "</div></div>", ""),
        ("<div style='overflow-x:auto'><div style='width:3000px'>" + "cell " * 200 + "</div></div>", ""),
        ("<div style='animation:run 9s infinite;white-space:nowrap'>" + "news " * 300 + "</div>", ""),
        ("<span style='position:absolute;width:1px;height:1px;overflow:hidden;white-space:nowrap'>" + "read " * 300 + "</span>", ""),
        ("<div style='width:2000px'>few words</div><img src=/ok.png style='width:2000px' alt=''>", ""),
    ],
)  # fmt: skip
def test_words_beyond_the_edge_of_a_page_that_cannot_be_moved(look: Open, device: str, html: str, label: str) -> None:
    seen = layout.collect(look(LOCKED + html, device=device, fresh=False))
    assert not seen.scrolls_sideways
    assert [one.label for one in seen.cut] == ([label] if label else [])
    assert (seen.cut_px > 8) == bool(label)


def test_pages_from_right_to_left_stick_out_to_the_left(look: Open) -> None:
    assert layout.collect(
        look("<html dir=rtl><body><div style='width:200%' class=wide>x</div>", fresh=False)
    ).scrolls_sideways
    assert not layout.collect(look("<html dir=rtl><body><p>x</p>", fresh=False)).scrolls_sideways


def test_a_phone_page_without_viewport_tag_is_not_sideways(look: Open) -> None:
    assert not layout.collect(look("<p>text that wraps</p>", device="phone", fresh=False)).scrolls_sideways


def test_names_made_by_a_build_are_left_out_of_labels(look: Open) -> None:
    html = "<div class='sc-bdVaJa kXyzAb css-9q8w7e Header_bar__x7Yz1 main' style='width:200%'>x</div>"
    assert layout.collect(look(html, fresh=False)).culprits[0].label in ("div.kXyzAb.Header_bar", "div.Header_bar.main")


IMAGES = """
<img id=fine src=/ok.png alt="fine" width=80>
<img id=gone src=/gone.png alt="">
<img id=html src=/no-image.png>
<img id=svg src=/plain.svg>
<img id=inline-svg src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><circle r='9'/></svg>">
<img id=empty src="">
<img id=none>
<img id=waiting data-src=/ok.png class=lazyload>
<img id=hidden-lazy loading=lazy src=/gone.png?lazy style="display:none">
<picture><source srcset="/ok.png?wide" media="(min-width: 1px)"><img id=picture src=/gone.png?fallback></picture>
<img id=set srcset="/ok.png?1x 1x, /ok.png?2x 2x">
<img id=bad-data src="data:image/png;base64,AAAA">
<my-card></my-card><script>document.querySelector('my-card').attachShadow({mode:'open'}).innerHTML = '<img id=shadow src=/gone.png?shadow>'</script>
<div style="height:6000px"></div><img id=below loading=lazy src=/ok.png?below alt=below>
"""


def named(items: tuple[Image, ...]) -> dict[str, Image]:
    return {one.selector.rpartition("#")[2]: one for one in items}


def test_images_broken_and_not(look: Open) -> None:
    page = look(IMAGES)
    assert scroll.through(page.tab).ended
    page.tab.wait_for_load_state("networkidle")
    page.tab.wait_for_function("document.getElementById('below').naturalWidth > 0")  # begun when it came into sight
    seen = named(images.collect(page).items)
    assert {name for name, one in seen.items() if one.broken} == {"gone", "html", "bad-data", "shadow"}
    assert seen["fine"].natural == (40, 20)
    assert seen["fine"].shown == (80, 40)
    assert (seen["fine"].alt, seen["gone"].alt, seen["html"].alt) == ("fine", "", None)
    assert seen["picture"].src.endswith("/ok.png?wide")
    assert seen["below"].natural == (40, 20)
    assert seen["waiting"].lazy
    assert seen["hidden-lazy"].lazy
    assert not seen["hidden-lazy"].visible
    assert seen["empty"].src == ""
    assert len(seen["bad-data"].src) <= 80


def test_counting_pixels_are_no_images_of_the_page(look: Open) -> None:
    html = "<img id=own src=/ok.png width=1 height=1><img src='https://count.test/p.gif' width=1 height=1 style='display:none'>"
    assert list(named(images.collect(look(html, fresh=False)).items)) == ["own"]


def test_requests_tell_why_an_image_is_broken() -> None:
    items = tuple(Image(src=f"https://a.test/{name}", broken=True) for name in ("gone", "held", "unseen"))
    seen = images.with_requests(
        images.Images(items=items, cut=0),
        Requests(
            (
                Request(url="https://a.test/gone", status=404, content_type="text/html"),
                Request(url="https://a.test/gone", failure="aborted"),
                Request(url="https://a.test/held", held=Held.REFUSED),
            )
        ),
    )
    assert [(one.status, one.failure, one.broken) for one in seen.items] == [
        (404, "", True),
        (0, "held back by the audit", False),
        (0, "", True),
    ]


def test_pictures_are_files_by_their_hash(look: Open) -> None:
    page = look(WIDE + "<div style='height:5000px;background:linear-gradient(red,blue)'>x</div>", device="phone")
    viewport, whole = screenshots.collect(page).pictures
    assert [(one.kind, one.height / one.scale, one.clipped) for one in (viewport, whole)] == [
        ("viewport", 844, False),
        ("page", 3000, True),
    ]
    assert viewport.width / viewport.scale == 390
    assert whole.width / whole.scale == pytest.approx(390, abs=20)  # Firefox cuts its scroll bar off
    assert {viewport.scale, whole.scale} <= {1.0, page.device.scale}
    for picture in (viewport, whole):
        file = Path(page.settings.files) / picture.sha256[:2] / f"{picture.sha256}.png"
        content = file.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert hashlib.sha256(content).hexdigest() == picture.sha256
    assert not list(Path(page.settings.files).rglob("*.part"))


_MOVING = (
    "<style>body{margin:0} div,input{display:block;box-sizing:border-box;height:200px;width:300px;border:0;background:green} @keyframes x{to{background:blue}}</style>"
    "<div style='animation:x 1s infinite alternate'></div><div style='animation:x 60s forwards'></div><input autofocus>"
    "<p id=host style='margin:0'></p><iframe style='display:block;border:0' srcdoc=\"<style>@keyframes x{to{background:red}} body{animation:x 1s infinite}</style>\"></iframe>"
    "<div style='height:3000px;background:linear-gradient(red,red) 0 0/100px 100px'></div><script>host.attachShadow({mode:'open'}).innerHTML = "
    "'<style>@keyframes x{to{background:blue}} b{display:block;height:50px;animation:x 1s infinite}</style><b></b>'</script>"
)


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_pictures_show_what_playwright_takes_of_a_page_that_holds_still(look: Open, device: str) -> None:
    at = look(_MOVING, device=device)
    held: dict[str, Any] = {"animations": "disabled", "caret": "hide", "scale": "css"}
    clip: FloatRect = {"x": 0, "y": 0, "width": at.device.width, "height": 2000}
    part: FloatRect = {"x": 10, "y": 20, "width": 120, "height": 60}
    theirs = [
        at.tab.screenshot(**held),
        at.tab.screenshot(full_page=True, clip=clip, **held),
        at.tab.screenshot(clip=part, **held),
    ]
    asked = "[innerWidth, devicePixelRatio, screen.width, screen.orientation.type, navigator.maxTouchPoints, 'ontouchstart' in window]"
    before = at.tab.evaluate(asked)
    with Camera(at) as camera:
        ours = [camera.viewport(), camera.page(clip), camera.viewport(part)]
    for one, other in zip(ours, theirs, strict=True):
        mine, known = (Pixels.open(io.BytesIO(taken)).convert("RGB") for taken in (one, other))
        assert mine.size == known.size
        # elsewhere both are Playwright's, which holds still what moves in frames at another moment each time
        if at.context.browser and at.context.browser.browser_type.name == "chromium":
            assert ImageChops.difference(mine, known).getbbox() is None
    assert at.tab.evaluate(asked) == before
    assert at.tab.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length") == 1
    assert at.tab.evaluate("document.querySelector('input').getAttribute('style') || ''") == ""


def test_cookies_and_storage_without_their_values(look: Open) -> None:
    page = look(
        "<script>localStorage.setItem('seen', 'secret'); sessionStorage.setItem('cart', 'secret')</script>",
        headers={"Set-Cookie": "id=secret; HttpOnly; SameSite=Lax; Max-Age=60"},
    )
    seen = cookies.collect(page)
    assert [(one.name, one.http_only, one.same_site, one.length) for one in seen.items] == [("id", True, "Lax", 6)]
    assert seen.items[0].expires > 0
    assert (seen.local_storage, seen.session_storage) == (("seen",), ("cart",))
    assert "secret" not in repr(seen)


def test_console_messages_and_errors_with_their_script(look: Open, shop: Shop) -> None:
    page = look("<p>first</p>")
    listener = console.Listener(page.tab)
    page.tab.goto(
        shop.put(
            "<script>\nconsole.error('oh', 1);\nconsole.warn('hm');\nsetTimeout(() => { for (let i = 0; i < 300; i++) console.log(i); });\nmissing.call()</script>"
        )
    )
    page.tab.wait_for_timeout(300)
    seen = listener.collect()
    assert [(one.level, one.text) for one in seen.messages[:2]] == [("error", "oh 1"), ("warning", "hm")]
    assert seen.messages[0].script == page.tab.url
    assert seen.messages[0].line == 2
    assert len(seen.messages) == console.MOST
    assert seen.cut > 50
    assert len(seen.errors) == 1
    assert "missing is not defined" in seen.errors[0].message
    assert seen.errors[0].script == page.tab.url


def test_the_document_as_scripts_left_it(look: Open) -> None:
    assert "<b>made</b>" in document.collect(
        look("<p id=p></p><script>p.innerHTML = '<b>made</b>'</script>", fresh=False)
    )


def test_endless_pages_end(look: Open, shop: Shop) -> None:
    page = look(shop.url("/endless"))
    for _ in range(20):  # on a busy machine more may come only after the scrolling
        scrolled = scroll.through(page.tab)
        if not scrolled.ended:
            break
    assert not scrolled.ended
    assert scrolled.steps <= scroll.MOST_SCREENS
    assert page.tab.evaluate("scrollY") == 0


def test_a_container_that_scrolls_in_the_page_is_scrolled(look: Open) -> None:
    page = look(
        "<style>html,body{height:100%;margin:0;overflow:hidden}</style><div style='height:100%;overflow:auto'><div style='height:6000px'></div><img id=below loading=lazy src=/ok.png></div>"
    )
    assert scroll.through(page.tab).ended
    page.tab.wait_for_function("document.getElementById('below').naturalWidth > 0")
    assert named(images.collect(page).items)["below"].natural == (40, 20)


def test_old_libraries_do_no_harm(look: Open, shop: Shop) -> None:
    page = look(shop.url("/old-libraries"))
    assert [one.text for one in texts.collect(page).prices] == ["$19.99"]
    assert [one.natural for one in images.collect(page).items] == [(40, 20)]
    assert not layout.collect(page).scrolls_sideways
    assert "html-has-lang" in axe.collect(page).passes


def test_hostile_pages_give_a_reason(look: Open, shop: Shop) -> None:
    page = look(shop.url("/hostile"))
    assert "Hostile" in document.collect(page)
    for collect in (texts.collect, layout.collect, images.collect, axe.collect):
        with pytest.raises((Error, Distorted)):
            collect(page)


def test_strict_policies_do_not_stop_collectors(look: Open, shop: Shop) -> None:
    policy = {
        "Content-Security-Policy": "default-src 'none'; img-src 'self'; require-trusted-types-for 'script'; sandbox allow-scripts"
    }
    page = look((Path(__file__).parent / "pages" / "strict.html").read_text("utf-8"), headers=policy)
    assert [one.text for one in texts.collect(page).prices] == ["€ 19,99"]
    assert [one.natural for one in images.collect(page).items] == [(40, 20)]
    assert {one.id for one in axe.collect(page).violations} == {"image-alt"}
    assert cookies.collect(page).local_storage == ()
    assert len(screenshots.collect(page).pictures) == 2


PRODUCT = (
    "<body style='margin:0'><main><section class=product><h1>Lamp</h1><p class=price>€49.00</p><form action='/cart/add'>"
    "<button name=add>Add to cart</button></form></section></main><div style='height:2000px'>words</div>"
)


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize(
    ("html", "state", "kind", "label"),
    [
        ("<div class=chat-bar style='position:fixed;inset:0;background:#06c'>Chat</div>", "covered", "fixed", "div.chat-bar"),
        ("<div id=onetrust-banner-sdk style='position:fixed;inset:0;background:rgba(0,0,0,.5)'>Hello</div>", "covered", "consent", "div#onetrust-banner-sdk"),
        ("<div role=dialog class=letter style='position:fixed;inset:0;background:white'>News</div>", "covered", "dialog", "div.letter"),
        ("<style>[name=add]{position:absolute;left:200vw}body{overflow-x:hidden}</style>", "aside", "", ""),
        ("<style>[name=add]{display:none}</style>", "hidden", "", ""),
        # free once the shopper scrolls
        ("<div class=bubble style='position:fixed;right:0;bottom:0;width:90px;height:90px;background:#06c'>Chat</div>", "free", "", ""),
        ("<style>main{padding-top:300px}</style><div class=top style='position:fixed;left:0;right:0;top:0;height:200px;background:#06c'>Menu</div>", "free", "", ""),
        ("<div class=left-over style='position:fixed;inset:0'></div>", "covered", "overlap", "div.left-over"),
        ("<div style='position:fixed;inset:0;pointer-events:none'></div>", "free", "", ""),
        # veils that a theme draws over what it loads, and what only shades
        ("<style>.product{position:relative}.product::after{content:'';position:absolute;inset:0;background:rgba(255,255,255,.6)}</style>", "covered", "overlap", "section.product"),
        ("<style>.product{position:relative}.product::after{content:'';position:absolute;inset:0;background:rgba(255,255,255,.6);pointer-events:none}</style>", "free", "", ""),
        ("<style>.product{position:relative}.product::before{content:'';position:absolute;left:0;right:0;bottom:0;height:2px;background:red}</style>", "free", "", ""),
        ("<style>[name=add]{position:relative}[name=add]::after{content:'';position:absolute;inset:0;background:red}</style>", "free", "", ""),
    ],
)  # fmt: skip
def test_what_stands_in_front_of_the_button(
    look: Open, device: str, html: str, state: str, kind: str, label: str
) -> None:
    open_page = look(WIDE + PRODUCT + html, device=device, fresh=False)
    seen = {part.name: part for part in layout.collect(open_page).parts}
    assert seen["add_to_cart"].state == state
    cover = seen["add_to_cart"].cover
    assert (cover.kind, cover.label) == (kind, label) if cover else not kind
    assert seen["price"].state == ("free" if state in ("aside", "hidden") else state)
    assert open_page.tab.evaluate("window.scrollY") == 0


@pytest.mark.parametrize(
    ("bar", "state"),
    [
        ("<div style='position:fixed;bottom:0'><form action='/cart/add'><button>Add to cart</button></form></div>", "free"),
        ("<div style='position:sticky;bottom:0'><button type=button>Add to cart</button></div>", "free"),
        ("<div style='position:fixed;bottom:0'><button type=button>Subscribe</button></div>", "hidden"),
        ("<div style='position:fixed;bottom:0;display:none'><button type=button>Add to cart</button></div>", "hidden"),
        ("<div class=cart-drawer style='position:fixed;bottom:0'><button type=button>Add to cart</button></div>", "hidden"),
        ("<ul><li><a href=/a><img src=a.png>A</a><button>Add to cart</button></li><li><a href=/b><img src=b.png>B</a><button>Add to cart</button></li></ul>", "hidden"),
    ],
)  # fmt: skip
def test_a_bar_that_stays_in_sight_may_have_the_button_instead(look: Open, bar: str, state: str) -> None:
    hidden = "<style>[name=add]{display:none}</style>"
    seen = {part.name: part for part in layout.collect(look(WIDE + PRODUCT + hidden + bar, fresh=False)).parts}
    assert seen["add_to_cart"].state == state


def test_a_bar_at_the_end_of_the_page_covers_what_cannot_be_scrolled_free(look: Open) -> None:
    html = (
        "<body style='margin:0'><main style='height:100vh;position:relative'><h1>Lamp</h1><p class=price>€49.00</p><form action='/cart/add'>"
        "<button name=add style='position:absolute;bottom:0'>Add to cart</button></form></main>"
        "<div class=promo-bar style='position:fixed;bottom:0;left:0;right:0;height:60px;background:black'>Sale</div>"
    )
    seen = {part.name: part for part in layout.collect(look(WIDE + html, fresh=False)).parts}
    assert seen["add_to_cart"].state == "covered"
    assert seen["add_to_cart"].cover is not None
    assert seen["add_to_cart"].cover.label == "div.promo-bar"
    assert seen["price"].state == "free"


DOT = "data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 width=%22300%22 height=%22300%22/>"


def test_which_images_have_their_place_before_they_load(look: Open) -> None:
    html = (
        f'<img class=bare src="{DOT}" style="max-width:100%;height:auto">'
        f'<img class=attributes src="{DOT}" width=300 height=300 style="height:auto">'
        f'<img class=ratio src="{DOT}" style="aspect-ratio:1/1;width:100px">'
        f'<img class=height src="{DOT}" style="height:200px">'
        f'<div style="position:relative;padding-bottom:100%"><img class=laid src="{DOT}" style="position:absolute;top:0"></div>'
        f'<div style="aspect-ratio:4/3;overflow:hidden"><img class=held src="{DOT}" style="width:100%;height:100%"></div>'
        f'<div><img class=whole src="{DOT}" style="width:100%;height:100%"></div>'
    )
    seen = images.collect(look(WIDE + html, fresh=False)).items
    told = [image.reserved for image in seen]
    if told[0] is None:  # Firefox tells what came of a length only
        assert told == [None, True, True, None, True, True, None]
    else:
        assert told == [False, True, True, True, True, True, False]
