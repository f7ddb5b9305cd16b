"""What pictures are made of, in real browsers: blocks one in the other, places that change by themselves, and what is neither."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.areas import Areas
from auditor.render.collectors import areas
from auditor.render.collectors.look import Look

Open = Callable[..., Look]
WIDE = "<!doctype html><meta name=viewport content='width=device-width, initial-scale=1'>"


def seen(look: Open, html: str) -> Areas:
    return areas.collect(look(WIDE + html, fresh=False))


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<p>Only € 19.90 today</p>", "price"),
        ("<b class='product-price'>19<sup>90</sup></b>", "price"),
        ("<div class='swiper main'><h2>one</h2></div>", "carousel"),
        ("<section aria-roledescription=carousel><h2>one</h2></section>", "carousel"),
        ("<div id=customer-reviews>Very good</div>", "review"),
        ("<div class='jdgm-widget'>Very good</div>", "review"),
        ("<iframe srcdoc='x' width=200 height=100></iframe>", "frame"),
        ("<video width=200 height=100></video>", "frame"),
        ("<div class='ad-slot ad'>Buy</div>", "ad"),
        ("<div class=countdown>00:12</div>", "countdown"),
        ("<div class='cookie-bar'>We use cookies</div>", "banner"),
        ("<div role=dialog aria-modal=true>Join us</div>", "banner"),
        ("<div style='position:fixed;bottom:0;right:0;width:90px;height:90px'>Chat</div>", "fixed"),
        (
            "<style>@keyframes a{to{left:9px}}</style><p style='position:relative;animation:a 1s infinite'>x</p>",
            "animated",
        ),
        ("<input type=checkbox>", "control"),
        ("<select><option>a</select>", "control"),
        ("<div class=related-products><h3>one</h3></div>", "chosen"),
    ],
)
def test_what_changes_from_visit_to_visit_is_masked(look: Open, html: str, kind: str) -> None:
    told = seen(look, f"<h1>Lamp</h1><main style='min-height:900px'>{html}</main>")
    assert [mask.kind for mask in told.masks] == [kind]
    assert min(told.masks[0].box[2:]) > 4


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Add to bag</h2>",
        "<div class=header-padding>a</div>",  # no ad in it
        "<div class=reviewed-by-hand>a</div>",
        "<p>Model 2190, 12 cm</p>",
        "<header style='position:fixed;top:0;left:0;width:100%;height:50px'>Shop</header>",
        "<button>Buy</button>",
        "<style>@keyframes a{to{left:9px}}</style><p style='position:relative;animation:a 10ms'>x</p>",
        "<div class=swiper style='height:3000px'>half of the page is no part of it</div>",
    ],
)
def test_what_does_not_is_a_block(look: Open, html: str) -> None:
    told = seen(look, html)
    assert told.masks == ()
    assert told.blocks


def test_blocks_stand_one_in_the_other_and_hidden_ones_not_at_all(look: Open) -> None:
    html = (
        "<body style='margin:0'><header style='background:#eee'><b>Shop</b><div><div><a href=/x>Cart</a></div></div></header>"
        "<div class=grid><div class=card style='border:1px solid'><img src=/ok.png width=80 height=60><h3>Lamp</h3></div></div>"
        "<p hidden>x</p><p style='visibility:hidden'>x</p><div style='opacity:0'>x</div><div></div>"
        "<div style='height:0;overflow:hidden'><p>closed</p></div><div style='position:absolute;left:-900px'>aside</div>"
    )
    blocks = seen(look, html).blocks
    named = [(block.label.partition(" ")[0], block.kind, block.parent) for block in blocks]
    assert named == [
        ("body", "group", -1),
        ("header", "group", 0),
        ("b", "text", 1),
        ("a", "text", 1),
        ("div.card", "group", 0),
        ("img", "picture", 4),
        ("h3", "text", 4),
    ]
    assert [block.painted for block in blocks][1:5] == [True, False, False, True]
    assert blocks[5].box[2:] == (80, 60)
    assert 16 < blocks[2].box[2] < 80  # of the words, not of the line


def test_a_page_without_end_is_cut(look: Open) -> None:
    told = seen(look, "<div><p>a</p><p>b</p></div>" * 1200)
    assert told.cut or len(told.blocks) < 1500  # those below the picture's end are not asked for
    assert 20 < len(told.blocks) <= 1500
