"""Where Tab leads and whether one sees it, in a real browser: marks by style, by a label, by a script; what is hidden on purpose and what is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.focus import Focus, Stop
from auditor.render.browsers import Found
from auditor.render.collectors import focus
from auditor.render.collectors.look import Look

Walk = Callable[..., Focus]


@pytest.fixture
def walk(look: Callable[..., Look]) -> Walk:
    return lambda page, **how: focus.collect(look(page, fresh=False, **how))


def by_name(seen: Focus) -> dict[str, Stop]:
    return {one.name: one for one in seen.stops}


def test_where_tab_leads_and_what_shows_it(walk: Walk, found: Found) -> None:
    seen = walk(
        "<style>*{outline:none} .ring:focus-visible{box-shadow:0 0 0 3px red;transition:box-shadow 2s} .wrap:focus-within{background:#eee}"
        " .hide{position:absolute;opacity:0;width:1px;height:1px} .hide:focus + label{text-decoration:underline}"
        " .skip{position:absolute;left:-999px} .skip:focus{left:0;color:red} .drawer{position:fixed;left:100%;top:0;width:300px}</style>"
        "<a class=skip href=#m>Skip</a><header><a href=/a>Bare</a> <a class=ring href=/b>Ring</a> <span class=wrap><a href=/c>Wrapped</a></span>"
        "<span tabindex=0 data-focus-guard></span></header><main id=m><h1>Lamp</h1>"
        "<input id=r type=radio name=c class=hide><label for=r>Red</label> <input aria-label=Search>"
        "<button onfocus=\"this.textContent = 'Here'\" onblur=\"this.textContent = 'There'\" aria-label=Scripted>Scripted</button>"
        "<a href=/d style='outline:2px solid;outline-offset:0'>Own</a></main><div class=drawer><button>Close</button></div>"
    )
    if found.protocol != "cdp":
        assert seen == Focus(skipped="tried in Chromium only")
        return
    told = by_name(seen)
    assert {name: (one.shown, one.marked) for name, one in told.items()} == {
        "Skip": (True, True),
        "Bare": (True, False),
        "Ring": (True, True),
        "Wrapped": (True, True),
        "Red": (True, True),
        "Search": (True, True),
        "Scripted": (True, True),
        "Own": (True, False),
        "Close": (False, False),
    }
    assert (told["Bare"].role, told["Search"].role, told["Bare"].spot.html) == ("link", "field", '<a href="/a">')


def test_the_browsers_own_ring_is_a_mark_and_the_page_is_left_as_it_was(walk: Walk, found: Found) -> None:
    seen = walk(
        "<a href=/a>One</a><main><button>Two</button><iframe srcdoc='<a href=/x>in</a>'></iframe><a href=/b>Three</a></main>"
    )
    if found.protocol == "cdp":
        assert {name: (one.shown, one.marked) for name, one in by_name(seen).items()} == {
            "One": (True, True),
            "Two": (True, True),
            "Three": (True, True),
        }


def test_phones_have_no_keyboard(walk: Walk, found: Found) -> None:
    assert walk("<a href=/a>One</a>", device="phone").skipped


def test_what_draws_the_focus_back_holds_it(walk: Walk, found: Found) -> None:
    back = 'onblur="setTimeout(() => this.focus(), 0)"'
    seen = walk(f"<a href=/a>One</a><main><input aria-label=Trap {back}><a href=/b>After</a></main>")
    if found.protocol == "cdp":
        assert by_name(seen)["Trap"].holds
        assert not by_name(seen)["One"].holds
    alone = walk("<main><h1>Lamp</h1><a href=/a>Alone</a></main>")
    assert [one.holds for one in alone.stops] == ([False] if found.protocol == "cdp" else [])


def test_what_holds_the_focus_and_what_gives_it_free(walk: Walk, found: Found) -> None:
    hold = "if (event.key === 'Tab') event.preventDefault()"
    seen = walk(
        "<a href=/a>One</a>"
        f'<main><input aria-label=Trap onkeydown="{hold}">'
        f"<textarea aria-label=Editor onkeydown=\"if (event.key === 'Escape') this.free = 1; if (!this.free) {{ {hold} }}\"></textarea>"
        f'<textarea aria-label=Indents onkeydown="if (!event.shiftKey) {{ {hold} }}"></textarea>'
        "<button id=last onkeydown=\"if (event.key === 'Tab') { event.preventDefault(); document.querySelector('a').focus() }\">Round</button>"
        "<a href=/b>After</a></main>"
    )
    if found.protocol == "cdp":
        assert {name: one.holds for name, one in by_name(seen).items()} == {
            "One": False,
            "Trap": True,
            "Editor": False,
            "Indents": False,
            "Round": False,
            "After": False,
        }
