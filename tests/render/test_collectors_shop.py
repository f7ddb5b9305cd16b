"""Pictures' files, reading, options, outline, frames, fonts, paint, reflow, service workers, the page's head: in real browsers, with their hazards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from auditor.evidence.paint import Paint, Resource
from auditor.evidence.releases import Release, Releases
from auditor.evidence.requests import Request, Requests
from auditor.render.browsers import Found
from auditor.render.collectors import (
    fonts,
    frames,
    images,
    layout,
    options,
    outline,
    paint,
    reading,
    reflow,
    releases,
    service_workers,
)
from auditor.render.collectors.look import Look
from auditor.render.wall import Wall
from tests.render.nasty import Shop

Open = Callable[..., Look]
WIDE = "<meta name=viewport content='width=device-width, initial-scale=1'>"


def test_a_files_own_pixels_come_from_srcset(look: Open) -> None:
    """/ok.png has 40 × 20 pixels; a browser divides natural sizes by the density that srcset claims."""
    tab = look(
        WIDE + "<img src=/ok.png width=80 height=40>"
        "<img srcset='/ok.png?a 400w, /ok.png?b 800w' sizes=100px width=100 height=50>"
        "<img srcset='/ok.png?c 2x' width=20 height=10>"
        "<picture><source srcset='/ok.png?d 40w' sizes=80px><img src=/ok.png?e width=80 height=40></picture>"
        "<img src=/ok.png?f data-src=/real.png style='padding:5px;border:1px solid;width:50px;height:25px;box-sizing:border-box'>"
        "<img src=/ok.png?g data-src=/ok.png?g loading=lazy style='object-fit:cover;image-rendering:pixelated'>"
    )
    tab.tab.wait_for_load_state("load")
    seen = images.collect(tab).items
    assert [one.pixels for one in seen[:4]] == [(40, 20), (400, 200), (40, 20), (40, 20)]
    assert seen[0].content == (80, 40)
    assert seen[4].content == (38, 13)
    assert [one.waiting for one in seen] == [False, False, False, False, True, False]
    assert (seen[5].fit, seen[5].loading, seen[5].pixelated) == ("cover", "lazy", True)


def test_small_type_and_texts_cut_off(look: Open) -> None:
    seen = reading.collect(
        look(
            WIDE
            + "<p style='font-size:16px'>"
            + "large words " * 20
            + "</p><p class=note style='font-size:10px'>small words</p>"
            "<p style='font-size:9px;display:none'>never seen</p>"
            "<span style='position:absolute;width:1px;height:1px;overflow:hidden;font-size:8px'>for screen readers</span>"
            "<h2 class=cut style='width:60px;overflow:hidden;white-space:nowrap;font-size:20px'>Long heading of a product</h2>"
            "<h2 style='width:60px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;font-size:20px'>Long heading of a product</h2>"
            "<button style='width:300px;overflow:hidden'>Add to cart</button>"
            "<span class=price style='display:block;width:30px;overflow:hidden;white-space:nowrap'>€1,249.00</span>"
        )
    )
    assert seen.small == len("small words")
    assert [spot.label for spot in seen.small_spots] == ["p.note"]
    assert [(one.kind, one.designed) for one in seen.cut_texts] == [("name", False), ("name", True), ("price", False)]


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        (
            "<div class=promo style='position:fixed;inset:0;background:#fff'><p>Get 10 % off</p><button>Close</button></div>",
            "fixed",
        ),
        (
            "<div id=CybotCookiebotDialog class=cookie style='position:fixed;inset:0'><p>We use cookies</p></div>",
            "consent",
        ),
        (
            "<div class=veil style='position:fixed;inset:0'><div role=dialog>Are you 18 years or older?</div></div>",
            "age",
        ),
        ("<div class=veil style='position:fixed;inset:0'><div role=dialog><h2>News</h2></div></div>", "dialog"),
    ],
)
def test_what_lies_over_the_page(look: Open, html: str, kind: str) -> None:
    (over,) = reading.collect(look(WIDE + "<h1>Lamp</h1>" + html, device="phone", fresh=False)).overlays
    assert (over.kind, over.share) == (kind, 1.0)
    assert over.closes == ("Close" in html)


@pytest.mark.parametrize(
    "html",
    [
        "<header style='position:fixed;top:0;left:0;right:0;height:60px'>shop</header>",
        "<div style='position:fixed;inset:0;pointer-events:none'></div>",
        "<div class=drawer style='position:fixed;top:0;bottom:0;left:100%;width:300px'>menu</div>",
        "<div class=app style='position:fixed;inset:0'><main><h1>Shop</h1>"
        + "<p>words of the page</p>" * 200
        + "</main></div>",
    ],
)
def test_what_is_no_overlay(look: Open, html: str) -> None:
    assert reading.collect(look(WIDE + "<p>page</p>" + html, device="phone", fresh=False)).overlays == ()


def test_what_still_waits(look: Open) -> None:
    style = "<style>@keyframes w{to{opacity:.3}} .skeleton,.spinner{width:100px;height:40px;animation:w 1s infinite}</style>"
    seen = reading.collect(
        look(
            WIDE
            + style
            + "<div class=skeleton></div><div class='spinner' hidden></div><div class='skeleton loaded'></div>"
            "<div class=skeleton><img src=/ok.png></div><div class=skeleton>words that have come long ago</div>"
            "<div class=loading>Loading…</div><div class=loading>Loading dock</div>"
            "<div class=skeleton-box aria-busy=true style='width:100px;height:40px'></div><div aria-busy=true style='width:100px;height:40px'></div>"
        )
    )
    assert [spot.label for spot in seen.waiting] == ["div.skeleton", "div.loading", "div.skeleton-box"]


def test_pop_ups_come_and_spinners_go_after_the_first_look(look: Open) -> None:
    at = look(
        WIDE + "<h1>Lamp</h1><div class=loading>Loading…</div><div class=pop hidden style='position:fixed;inset:0;background:#fff'>10 % off</div>",
        device="phone",
    )  # fmt: skip
    first = reading.collect(at)
    assert [one.label for one in first.waiting] == ["div.loading"]
    at.tab.evaluate("document.querySelector('.loading').remove(); document.querySelector('.pop').hidden = false")
    later = reading.late(at, first)
    assert later.waiting == ()
    assert [one.spot.label for one in later.overlays] == ["div.pop"]
    assert later.characters == first.characters


BUY = "<main><h1>Lamp</h1><form action=/cart/add>{}<button name=add>Add to cart</button></form></main>"


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        (
            "<div class=swatches><span class=swatch style='cursor:pointer;display:inline-block;width:20px;height:20px'></span></div>",
            [("bare", "", "")],
        ),
        (
            "<fieldset><legend>Size</legend><input type=radio name=s id=s><label for=s>Small</label></fieldset>",
            [("radio", "Small", "native")],
        ),
        (
            "<div class=swatch-list><button type=button aria-label=Red aria-pressed=true></button><button type=button title=Blue></button></div>",
            [("button", "Red", "aria"), ("button", "Blue", "")],
        ),
        ("<div class=swatch><a href=/lamp-red><img src=/ok.png alt=Red></a></div>", [("link", "Red", "")]),
        (
            "<div class=swatch><input type=radio name=c id=c style='position:absolute;opacity:0'><label for=c style='background:red'>&nbsp;&nbsp;</label></div>",
            [("radio", "", "native")],
        ),
        (
            "<ul class=size-options><li class=pill style='cursor:pointer'>S</li><li class=pill style='cursor:pointer'>L</li></ul>",
            [("bare", "S", ""), ("bare", "L", "")],
        ),
        ("<div class=product-options><div class=option-help style='cursor:pointer'>Which one?</div></div>", []),
        ("<div class=quantity-swatch><button type=button>+</button></div>", []),
        ("<select name=size><option>S</select>", []),
    ],
)
def test_options_as_they_are_met(look: Open, html: str, seen: list[tuple[str, str, str]]) -> None:
    found = options.collect(look(WIDE + BUY.format(html), fresh=False))
    assert [(one.role, one.name, one.state) for one in found.items] == seen
    assert found.selects == ("<select" in html)


def test_headings_and_landmarks(look: Open) -> None:
    seen = outline.collect(
        look(
            "<header><nav aria-label=Main><a href=/>Home</a></nav></header><main><h1>Lamp</h1><section aria-labelledby=x><h2 id=x>Details</h2></section>"
            "<div role=heading aria-level=3 hidden>More</div><article><header>not a banner</header></article></main><footer>f</footer>"
        )
    )
    assert [(one.level, one.text, one.visible) for one in seen.headings] == [
        (1, "Lamp", True),
        (2, "Details", True),
        (3, "More", False),
    ]
    assert [(one.role, one.name) for one in seen.landmarks] == [
        ("banner", ""), ("navigation", "Main"), ("main", ""), ("region", "Details"), ("contentinfo", ""),
    ]  # fmt: skip
    assert 15 <= seen.elements <= 25


def test_frames_with_what_stands_in_them(look: Open, shop: Shop) -> None:
    other = shop.url("/plain").replace("127.0.0.1", "localhost")
    tab = look(
        f"<iframe src=/plain title=Ours></iframe><iframe src='{other}' style='display:none'></iframe><iframe srcdoc='<p>x'></iframe>"
    )
    tab.tab.wait_for_load_state("load")
    ours, theirs, inline = frames.collect(tab).items
    assert (ours.url, ours.title, ours.third_party, ours.visible) == (shop.url("/plain"), "Ours", False, True)
    assert (theirs.declared, theirs.third_party, theirs.visible) == (other, True, False)
    assert (inline.declared, inline.failed) == ("", False)


def test_fonts_and_what_became_of_them(look: Open) -> None:
    face = "@font-face{font-family:Gone;src:url(/gone.woff2);font-display:swap} @font-face{font-family:Idle;src:url(/x.woff2)}"
    tab = look(f"<style>{face} p{{font-family:Gone}}</style><p>words</p>")
    tab.tab.wait_for_function("[...document.fonts].some((face) => face.status === 'error')")
    seen = {one.family: one for one in fonts.collect(tab).items}
    assert (seen["Gone"].status, seen["Gone"].display) == ("error", "swap")
    assert seen["Idle"].status == "unloaded"


def test_what_was_painted_and_what_moved(look: Open, found: Found) -> None:
    moves = "<script>addEventListener('load', () => setTimeout(() => { const bar = document.createElement('div'); bar.className = 'late-bar'; bar.style.height = '300px'; document.body.prepend(bar) }, 300))</script>"
    tab = look(
        WIDE
        + "<h1 style='font-size:80px'>A large heading</h1><p class=text>words</p><img src=/ok.png loading=lazy>"
        + moves
    )
    tab.tab.wait_for_selector(".late-bar")
    tab.tab.wait_for_timeout(200)
    seen = paint.collect(tab)
    assert seen.ttfb_ms >= 0
    assert seen.load_ms >= seen.content_loaded_ms > 0
    assert seen.fcp_ms
    assert [one.initiator for one in seen.resources if "ok.png" in one.url] == ["img"]
    if found.name == "chromium":
        assert seen.largest
        assert seen.largest.spot.label == "h1"
        assert seen.cls
        assert seen.cls > 0.05
        assert seen.shifts[0].culprits
        assert seen.tbt_ms is not None
    else:
        assert seen.cls is None or seen.cls > 0  # what a browser does not tell is not 0
        assert seen.shifts == () or seen.cls


def test_requests_are_told_who_asked() -> None:
    seen = Paint(
        resources=(Resource(url="https://a.example/x.js", initiator="script", blocking=True, size=900, decoded=3000),)
    )
    told = paint.joined(
        Requests((Request(url="https://a.example/x.js"), Request(url="https://a.example/y.js", size=5))), seen
    )
    assert [(one.initiator, one.blocking, one.size, one.decoded) for one in told.items] == [
        ("script", True, 900, 3000),
        ("", False, 5, 0),
    ]


def test_reflow_at_320_and_the_window_as_before(look: Open) -> None:
    tab = look(WIDE + "<div class=steps style='width:350px'>steps</div>", fresh=False)
    assert not layout.collect(tab).scrolls_sideways
    narrow = reflow.collect(tab).layout
    assert narrow
    assert (narrow.scrolls_sideways, narrow.culprits[0].label) == (True, "div.steps")
    assert tab.tab.evaluate("innerWidth") == 1366


MOVES = """<style>body { margin: 0 } b { display: inline-block; width: 300px; background: red }
  @keyframes over { to { transform: translateX(90px) } } @keyframes in { from { transform: translateX(90px) } }
  #endless { animation: over .5s linear infinite alternate } #coming { animation: in 60s linear }</style>"""


@pytest.mark.parametrize("moving", ["<b id=endless>News</b>", "<b id=coming>News</b>"])
def test_what_moves_sticks_out_at_no_moment(look: Open, moving: str) -> None:
    tab = look(MOVES + "<script>ends = 0; onanimationend = () => ends += 1</script>" + moving, fresh=False)
    for _ in range(3):
        narrow = reflow.collect(tab).layout
        assert narrow
        assert (narrow.scrolls_sideways, narrow.culprits) == (False, ())
    tab.tab.wait_for_timeout(100)
    assert tab.tab.evaluate("[document.getAnimations().map(one => one.playState).join(), ends]") == ["running", 0]


def test_what_still_sticks_out_of_what_moves_is_told(look: Open) -> None:
    tab = look(MOVES + "<b id=endless style='width:400px'>News</b>", fresh=False)
    narrow = reflow.collect(tab).layout
    assert narrow
    assert (narrow.page[0], narrow.culprits[0].label) == (400, "b#endless")


def test_a_scrollbar_takes_nothing_of_the_320_pixels(look: Open) -> None:
    tab = look("<style>body { margin: 0 }</style><div style='width:320px;height:3000px'>tall</div>", fresh=False)
    narrow = reflow.collect(tab).layout
    assert narrow
    assert not narrow.scrolls_sideways


def test_service_workers_are_heard_and_none_runs(start: Callable[[Wall], Browser], found: Found, shop: Shop) -> None:
    with Wall() as wall:
        wall.begin([shop.host])
        context = start(wall).new_context(service_workers="block")
        service_workers.listen(context)
        tab = context.new_page()
        tab.goto(
            shop.put(
                "<script>navigator.serviceWorker && navigator.serviceWorker.register('/worker.js').catch(() => {})</script>"
            )
        )
        seen = tab.evaluate(
            "navigator.serviceWorker ? [...(navigator.serviceWorker[Symbol.for('auditor')] || [])] : null"
        )
        assert seen in ([shop.url("/worker.js")], None)
        context.close()
        wall.end()


HEAD = "<header class=site-header><input type=search name=q aria-label=Search><a href=/cart>Cart</a><button class=menu-toggle>Menu</button></header><main style='height:2000px'><p>x</p></main>"


def test_the_pages_head_can_be_reached(look: Open) -> None:
    seen = layout.collect(look(WIDE + HEAD, fresh=False)).furniture
    assert [(part.name, part.state) for part in seen] == [("search", "free"), ("cart", "free"), ("menu", "free")]


def test_a_bar_over_the_head_covers_it(look: Open) -> None:
    bar = "<div class=promo style='position:fixed;top:0;left:0;right:0;height:90px;background:#fff'>Sale</div>"
    seen = layout.collect(look(WIDE + HEAD + bar, fresh=False)).furniture
    assert {part.state for part in seen} == {"covered"}
    assert seen[0].cover
    assert seen[0].cover.label == "div.promo"


def test_the_other_devices_menu_is_no_hidden_one(look: Open) -> None:
    hidden = "<header><button class=menu-toggle style='display:none'>Menu</button><nav><a href=/a>Lamps</a><a href=/b>Rugs</a></nav></header>"
    (menu,) = layout.collect(look(WIDE + hidden, fresh=False)).furniture
    assert (menu.name, menu.state) == ("menu", "free")


def test_libraries_say_their_release_and_what_only_shares_a_name_is_none(look: Open) -> None:
    page = (
        "<script>window.jQuery = {fn: {jquery: '3.4.1'}, htmlPrefilter: (html) => html, get ui() { throw new Error('mine') }};"
        "window._ = {VERSION: '4.17.15', runInContext() {}}; window.moment = {version: 3}; window.ko = null; window.gsap = {version: 'latest'}</script>"
    )
    assert releases.collect(look(page)) == Releases(
        (Release("jquery", "3.4.1", ("prefilter",)), Release("lodash", "4.17.15"))
    )
    unpatched = "<script>window.$ = {fn: {jquery: '1.12.4'}, htmlPrefilter: (html) => html.replace('<b/>', '<b></b>')}; window._ = {VERSION: '1.8.3'}</script>"
    assert [one.library for one in releases.collect(look(unpatched)).items if not one.mended] == [
        "jquery",
        "underscore",
    ]
