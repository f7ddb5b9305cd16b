"""What covers the page when it is opened by keyboard, in a real browser, with the markup of themes: where the focus goes, and what is never pressed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.dialogs import Dialog, Dialogs
from auditor.render.collectors import dialogs
from auditor.render.collectors.look import Look
from tests.render.conftest import CHROMIUM

Open = Callable[..., Dialogs]


pytestmark = pytest.mark.parametrize("found", [CHROMIUM], indirect=True, scope="module")


@pytest.fixture
def opened(look: Callable[..., Look]) -> Open:
    def one(page: str, asked: Callable[[], int] = lambda: 0, **how: str) -> Dialogs:
        seen = look(page, **how)
        told = dialogs.collect(seen, asked)
        # whatever was pressed, the page is still open and nothing was sent
        assert seen.tab.evaluate("document.querySelector('h1').textContent") == "Lamp"
        return told

    return one


BASE = """<style>body{margin:0} .hidden{display:none} header{height:60px;background:#eee} .overlay{position:fixed;inset:0;background:#0008;z-index:5}
.drawer{position:fixed;top:0;right:0;bottom:0;width:400px;background:#fff;visibility:hidden;z-index:9} .active{visibility:visible}</style>"""
BODY = "<main><h1>Lamp</h1><p><a href=/a>One</a> <a href=/b>Two</a></p><p style=height:1500px>Text</p></main>"
TRAP = """<script>
const FOCUSABLE = 'a[href], button:not([disabled]), input';
function trap(box, first) {
  const all = [...box.querySelectorAll(FOCUSABLE)];
  box.onkeydown = (event) => {
    if (event.key !== 'Tab') return;
    const last = all[all.length - 1];
    if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); all[0].focus(); }
    if (event.shiftKey && (document.activeElement === all[0] || document.activeElement === box)) { event.preventDefault(); last.focus(); }
  };
  (first || all[0]).focus();
}</script>"""

# Shopify Dawn: the link becomes a button by script; the focus goes in when the drawer has slid in
DAWN_CART = (
    BASE
    + TRAP
    + """<style>.drawer{width:100vw;background:#0008} .drawer__inner{position:absolute;right:0;width:300px;height:100%;background:#fff;transform:translateX(100%);transition:transform .25s}
.active .drawer__inner{transform:none}</style>
<header class=header><a href="/cart" class="header__icon header__icon--cart link" id="cart-icon-bubble"><span class=visually-hidden>Cart</span></a></header>
<cart-drawer class="drawer"><div id="CartDrawer" class="cart-drawer"><div id="CartDrawer-Overlay" class="cart-drawer__overlay"></div>
<div class="drawer__inner" role="dialog" aria-modal="true" aria-label="Your cart" tabindex="-1"><button class="drawer__close" type="button" aria-label="Close">x</button><a href="/collections/all">Continue shopping</a></div></div></cart-drawer>"""
    + BODY
    + """<script>
const link = document.querySelector('#cart-icon-bubble'), drawer = document.querySelector('cart-drawer'), inner = drawer.querySelector('.drawer__inner');
link.setAttribute('role', 'button'); link.setAttribute('aria-haspopup', 'dialog');
const close = () => { drawer.classList.remove('active'); document.body.style.overflow = ''; link.focus(); };
link.addEventListener('click', (event) => { event.preventDefault(); document.body.style.overflow = 'hidden'; drawer.classList.add('active'); inner.addEventListener('transitionend', () => trap(inner, inner), {once: true}); });
drawer.addEventListener('keyup', (event) => event.code === 'Escape' && close());
drawer.querySelector('button').onclick = close;
</script>"""
)
# Shopify Dawn: details and summary, the layer is a pseudo-element
DAWN_SEARCH = (
    BASE
    + TRAP
    + """<style>.search-modal{position:absolute;top:0;left:0;width:100%;height:60px;background:#fff;z-index:6} .modal-overlay::after{content:'';position:fixed;inset:0;background:#0008;z-index:4}</style>
<header class=header><details-modal class="header__search"><details><summary class="header__icon header__icon--search modal__toggle" aria-haspopup="dialog" aria-label="Search">S</summary>
<div class="search-modal modal__content" role="dialog" aria-modal="true" aria-label="Search"><form action="/search"><input type=search name=q aria-label=Search><button type=submit>Go</button></form><button type=button class="modal__close-button" aria-label=Close>x</button></div><div class="modal-overlay"></div></details></details-modal></header>"""
    + BODY
    + """<script>
const details = document.querySelector('details'), box = details.querySelector('.search-modal');
const close = () => { details.open = false; details.querySelector('summary').focus(); };
details.querySelector('summary').onclick = (event) => { event.preventDefault(); if (details.open) return close(); details.open = true; trap(box); };
details.onkeyup = (event) => event.code === 'Escape' && close();
details.querySelector('.modal__close-button').onclick = close;
</script>"""
)
# Shopify Prestige: a custom element whose layer is in its shadow root
PRESTIGE = (
    BASE
    + TRAP
    + """<header><a href="/cart" aria-controls="cart-drawer" aria-label="Open cart">C</a></header>
<cart-drawer id="cart-drawer" class="cart-drawer drawer" role="dialog" aria-modal="true" hidden><button aria-label="Close">x</button><a href="/cart">View cart</a></cart-drawer>"""
    + BODY
    + """<script>
customElements.define('cart-drawer', class extends HTMLElement { constructor() { super(); this.attachShadow({mode: 'open'}).innerHTML = '<div part="overlay" style="position:fixed;inset:0;background:#0008"></div><div part="content" style="position:fixed;right:0;top:0;bottom:0;width:300px;background:#fff"><slot></slot></div>'; } });
const box = document.querySelector('cart-drawer'), link = document.querySelector('header a');
box.style.display = 'none';
const close = () => { box.hidden = true; box.style.display = 'none'; link.focus(); };
link.onclick = (event) => { event.preventDefault(); box.hidden = false; box.style.display = 'block'; box.classList.add('active'); trap(box); };
box.onkeydown = ((next) => (event) => event.key === 'Escape' ? close() : next && next(event))(box.onkeydown);
document.addEventListener('keydown', (event) => event.key === 'Escape' && close());
box.querySelector('button').onclick = close;
</script>"""
)
# A WooCommerce side cart that only knows the mouse: nothing moves the focus, nothing keeps or gives it back
SIDE_CART = (
    BASE
    + "<header><a class='cart-contents xoo-wsc-cart-trigger' href='/cart/'>3 items</a></header>"
    + BODY
    + """<div class="xoo-wsc-modal hidden"><div class="xoo-wsc-opac overlay"></div><div class="xoo-wsc-container drawer active"><span class=xoo-wsc-close>x</span><a href=/cart/>View cart</a><a href=/checkout/>Checkout</a></div></div>
<script>const box = document.querySelector('.xoo-wsc-modal');
document.querySelector('.cart-contents').onclick = (event) => { event.preventDefault(); box.classList.remove('hidden'); };
document.querySelector('.xoo-wsc-opac').onclick = () => box.classList.add('hidden');</script>"""
)
# A menu of divs, as page builders make them: no key opens it
DIV_MENU = (
    BASE
    + "<header><div class='mobile-menu-toggle' role=button aria-expanded=false aria-label=Menu style='width:40px;height:40px'>=</div></header>"
    + BODY
    + "<nav class='drawer' style='width:100vw'><a href=/1>Lamps</a><a href=/2>Candles</a><a href=/3>Mugs</a></nav>"
    + "<script>document.querySelector('.mobile-menu-toggle').onclick = () => document.querySelector('nav').classList.toggle('active')</script>"
)
# BigCommerce Cornerstone: in narrow windows the menu covers the page below the header; its opener stays on top
CORNERSTONE = (
    BASE
    + """<style>.mobileMenu-toggle{display:none} .navPages-container{display:none;position:fixed;top:60px;left:0;right:0;bottom:0;background:#fff;overflow:auto}
.navPages-container.is-open{display:block} @media (max-width:800px){.mobileMenu-toggle{display:block;width:44px;height:44px}}</style>
<header class=header role=banner><button type=button class="mobileMenu-toggle" data-mobile-menu-toggle="menu" aria-controls="menu" aria-expanded="false"><span class="mobileMenu-toggleIcon">Toggle menu</span></button>
<a class="navUser-action" data-cart-preview data-dropdown="cart-preview-dropdown" href="/cart.php" aria-label="Cart with 0 items">Cart</a>
<div class="dropdown-menu hidden" id="cart-preview-dropdown" style="position:absolute;right:0;width:300px;height:200px;background:#fff">Your Cart Is Empty <a href=/cart.php>View</a></div>
<div class="navPages-container" id="menu" data-menu><nav class=navPages><a href=/1>Lamps</a> <a href=/2>Candles</a> <a href=/3>Mugs</a></nav></div></header>"""
    + BODY
    + """<script>document.querySelector('.mobileMenu-toggle').onclick = () => document.querySelector('#menu').classList.toggle('is-open');
document.querySelector('[data-cart-preview]').onclick = (event) => { event.preventDefault(); document.querySelector('#cart-preview-dropdown').classList.toggle('hidden'); };</script>"""
)
NATIVE = (
    BASE
    + "<header></header><main><button aria-haspopup=dialog aria-controls=sizes onclick='sizes.showModal()'>Size guide</button><dialog id=sizes aria-label='Size guide'><p>S, M</p><form method=dialog><button>Close</button></form></dialog></main>"
    + BODY
)
BOOTSTRAP = (
    BASE
    + TRAP
    + """<header><button class="navbar-toggler" type="button" data-bs-toggle="offcanvas" data-bs-target="#menu" aria-controls="menu" aria-label="Menu">=</button></header>"""
    + BODY
    + """<div class="offcanvas drawer" tabindex="-1" id="menu" aria-label="Menu"><button type=button class="btn-close" data-bs-dismiss=offcanvas aria-label=Close></button><a href=/1>1</a><a href=/2>2</a><a href=/3>3</a></div>
<script>const box = document.querySelector('#menu'), layer = document.createElement('div'); layer.className = 'offcanvas-backdrop overlay';
const close = () => { box.classList.remove('active'); box.removeAttribute('aria-modal'); layer.remove(); document.querySelector('.navbar-toggler').focus(); };
document.querySelector('.navbar-toggler').onclick = () => { box.setAttribute('aria-modal', 'true'); box.setAttribute('role', 'dialog'); box.classList.add('active'); document.body.append(layer); trap(box, box); };
box.addEventListener('keydown', (event) => event.key === 'Escape' && close()); box.querySelector('button').onclick = close;</script>"""
)
# No Escape, no button that a key reaches: caught
CAUGHT = (
    BASE
    + TRAP
    + "<header><button class=search-toggle aria-expanded=false aria-label=Search>S</button></header>"
    + BODY
    + "<div class='drawer search-overlay' style='width:100vw'><input type=search name=q aria-label=Search><span class=close>x</span></div>"
    + "<script>document.querySelector('.search-toggle').onclick = () => { const box = document.querySelector('.search-overlay'); box.classList.add('active'); trap(box); }</script>"
)


def told(seen: Dialogs) -> list[tuple[object, ...]]:
    return [(one.kind, one.opened, one.entered, one.behind is not None, one.closed, one.returned) for one in seen.items]


GOOD = ("key", "at once", False, "escape", True)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(DAWN_CART, [("cart", *GOOD)], id="Dawn's cart drawer"),
        pytest.param(DAWN_SEARCH, [("search", *GOOD)], id="Dawn's search"),
        pytest.param(PRESTIGE, [("cart", *GOOD)], id="Prestige's cart drawer"),
        pytest.param(BOOTSTRAP, [("menu", *GOOD)], id="Bootstrap's offcanvas"),
        pytest.param(NATIVE, [("dialog", *GOOD)], id="a dialog element"),
        pytest.param(SIDE_CART, [("cart", "key", "", False, "", True)], id="a side cart for the mouse"),
        pytest.param(DIV_MENU, [("menu", "click", "", False, "", True)], id="a menu that no key opens"),
        pytest.param(CORNERSTONE, [("menu", "key", "tab", True, "opener", True)], id="Cornerstone's menu at high zoom"),
        pytest.param(CAUGHT, [("search", "key", "at once", False, "", True)], id="a search that holds the focus"),
    ],
)
def test_where_the_focus_goes(opened: Open, page: str, expected: list[tuple[object, ...]]) -> None:
    seen = opened(page)
    assert told(seen) == expected, seen
    assert [one.narrow for one in seen.items] == ["navPages" in page]


# What opens no layer, and what must not be pressed at all
NOTHING = {
    "Luma's minicart is no layer over the page": "<header class=page-header><div class=minicart-wrapper style=position:relative><a class='action showcart' href='/checkout/cart/' aria-label='My Cart'>My Cart</a>"
    "<div class='block block-minicart ui-dialog-content hidden' role=dialog style='position:absolute;width:300px;height:300px;right:0;background:#fff'><button>Close</button></div></div></header>"
    "<script>document.querySelector('.showcart').onclick = (event) => { event.preventDefault(); document.querySelector('.block-minicart').classList.toggle('hidden'); }</script>",
    "PrestaShop's cart is a link to a page": "<header><div class='blockcart cart-preview'><a rel=nofollow href='/cart?action=show'>Cart (0)</a></div><a href=/cart class=cart>Cart</a></header>",
    "a script that leaves the page": "<header><button class=cart-toggle aria-expanded=false aria-label=Cart onclick=\"location.href='/cart'\">C</button></header>",
    "a newsletter that comes at that moment": "<header><button class=search-toggle aria-expanded=false aria-label=Search onclick=\"document.querySelector('.pop').classList.remove('hidden')\">S</button></header>"
    "<div class='overlay pop hidden'><div role=dialog aria-modal=true><input type=email><button>No</button></div></div>",
}


@pytest.mark.parametrize("page", NOTHING.values(), ids=NOTHING)
def test_what_covers_nothing_is_nothing(opened: Open, page: str) -> None:
    seen = opened(BASE + page + BODY)
    assert seen.items == ()
    assert seen.tried == 1


BARE = {
    "a span that opens the basket": "<header><span class='cart-toggle' style='cursor:pointer' onclick=\"document.querySelector('.drawer').classList.add('active')\">C</span></header>"
    "<div class=overlay style='visibility:hidden'></div><div class='drawer cart-drawer' role=dialog aria-modal=true><button>Close</button><a href=/cart>Cart</a></div>",
}


@pytest.mark.parametrize("page", BARE.values(), ids=BARE)
def test_what_no_key_reaches_is_pressed_all_the_same(opened: Open, page: str) -> None:
    (one,) = opened(BASE + page + BODY).items
    assert (one.kind, one.opened) == ("cart", "click")


def test_what_only_looks_like_an_opener_is_left_alone(opened: Open) -> None:
    page = (
        "<header><div class=menu-toggle-wrapper><button type=button>Menu</button></div><span class=cart-count>3</span>"
        "<div class=search-box style='cursor:pointer;width:400px;height:40px'>Search</div><a href=/a><i class=cart-icon style='cursor:pointer'>x</i></a></header>"
    )
    assert opened(BASE + page + BODY).tried == 0


def test_what_adds_buys_or_sends_is_never_pressed(opened: Open) -> None:
    press = "onclick=\"document.querySelector('h1').textContent = 'pressed'\" aria-haspopup=dialog aria-expanded=false aria-controls=cart"
    page = (
        f"<header><button class=cart {press}>Add to cart</button><form action=/search><button class=search {press}>Search</button></form>"
        f"<button class='menu' {press}>Sign out</button><a href='/checkout' {press}>Checkout</a><button {press} class=add-to-cart-button>Basket</button></header>"
        f"<form action=/cart/add method=post><button type=button {press}>Buy</button><button type=button {press}>Options</button></form><button {press}>In den Warenkorb hinzufügen</button>"
    )
    assert opened(BASE + page + BODY).tried == 0


def test_a_banner_in_the_way_is_taken_away_and_what_waits_for_the_shop_says_so(opened: Open) -> None:
    count = iter(range(9))
    page = (
        DAWN_CART
        + "<div id=cookie-banner style='position:fixed;inset:0;background:#fff;z-index:99'><button>Accept</button></div>"
    )
    (one,) = opened(page, lambda: next(count)).items
    assert isinstance(one, Dialog)
    assert one.waits
    assert (one.opened, one.entered, one.returned) == ("key", "at once", True)


def test_phones_have_no_keyboard(opened: Open) -> None:
    assert opened(DAWN_CART, device="phone").skipped
