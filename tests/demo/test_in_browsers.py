"""What a browser finds: axe on each kind of page, sideways scrolling, the tags' hits, the menu, the cart."""

import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from auditor.demo import DemoShop, load_faults

CHROMIUM = shutil.which("chromium-headless-shell")
FIREFOX = shutil.which("firefox-esr")
SIZES = {"desktop": (1366, 900), "phone": (390, 844)}
ONE_OF_EACH = (
    "/",
    "/category/textiles",
    "/product/bothy-lantern",
    "/product/moor-lantern",
    "/search?q=wool",
    "/cart/add?sku=LL-1016",
    "/login",
    "/pages/shipping",
    "/pages/contact",
    "/journal/labels-for-our-lamps",
    "/not-there",
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Nothing leaves this machine, beacons at unload included: a proxy at a port where nobody listens.
NOWHERE: Any = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("chromium-headless-shell is not installed")
    arguments = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=arguments, proxy=NOWHERE)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def firefox(playwright_driver: Playwright) -> Iterator[Browser]:
    if not FIREFOX:
        pytest.skip("firefox-esr is not installed")
    browser = playwright_driver.firefox.launch(channel="moz-firefox", executable_path=FIREFOX, proxy=NOWHERE)
    yield browser
    browser.close()


def open_context(browser: Browser, shop: DemoShop, size: str, **options: Any) -> tuple[BrowserContext, list[str]]:
    """A context whose outside requests are answered with nothing, and the list of their addresses."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    outside: list[str] = []

    def hold(route: Route) -> None:
        outside.append(route.request.url)
        route.fulfill(status=204)

    context.route(lambda url: not url.startswith(shop.url), hold)
    return context, outside


def axe_finds(tab: Page) -> dict[str, list[str]]:
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations", "incomplete"]}
    response = Axe().run(tab, options=options).response
    return {kind: [rule["id"] for rule in response[kind]] for kind in ("violations", "incomplete")}


def scrolls_sideways(tab: Page) -> bool:
    return bool(tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


AXE = ("accessibility/wcag-", "accessibility/best-practice")  # rules that tell what axe found


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_clean_pages(chromium: Browser, size: str) -> None:
    # Filling a cart would spoil the counts of the shop that others look at.
    with DemoShop(clean=True) as shop:
        context, _ = open_context(chromium, shop, size)
        tab = context.new_page()
        for target in ONE_OF_EACH:
            tab.goto(shop.url + target)
            assert axe_finds(tab) == {"violations": [], "incomplete": []}, target
            assert not scrolls_sideways(tab), target
        context.close()


@pytest.mark.parametrize("size", SIZES)
def test_listed_faults_are_found_by_browsers(chromium: Browser, faulty_shop: DemoShop, size: str) -> None:
    client = f"chromium/{size}"
    listed = [
        fault
        for rule, faults in load_faults().items()
        if rule.startswith(AXE) or rule == "viewport/sideways-scroll"
        for fault in faults
        if fault.certainty == "proven"
    ]

    def expected(rule: str | tuple[str, ...], url: str) -> list[str]:
        there = [fault for fault in listed if fault.url == url and fault.rule.startswith(rule)]
        return sorted(fault.target for fault in there if not fault.clients or client in fault.clients)

    context, _ = open_context(chromium, faulty_shop, size, is_mobile=size == "phone")
    tab = context.new_page()
    for url in sorted({fault.url for fault in listed}):
        tab.goto(faulty_shop.url + url)
        # that a page has no title is meta/title's to tell
        found = sorted(rule for rule in axe_finds(tab)["violations"] if rule != "document-title")
        assert found == expected(AXE, url), url
        assert scrolls_sideways(tab) == bool(expected("viewport/sideways-scroll", url)), url
    context.close()


def test_nothing_is_wider_than_the_smallest_phone(chromium: Browser, clean_shop: DemoShop) -> None:
    context, _ = open_context(chromium, clean_shop, "phone", is_mobile=True)
    tab = context.new_page()
    tab.set_viewport_size({"width": 320, "height": 640})
    for target in ONE_OF_EACH:
        if not target.startswith("/cart/"):
            tab.goto(clean_shop.url + target)
            assert not scrolls_sideways(tab), target
    context.close()


def wait_for(tab: Page, outside: list[str], count: int) -> None:
    """Wait until so many requests to other hosts were seen, and a little longer for any that are too many."""
    for _ in range(60):
        if len(outside) >= count:
            break
        tab.wait_for_timeout(50)
    tab.wait_for_timeout(100)


def check_hits(browser: Browser, shop: DemoShop) -> None:
    context, outside = open_context(browser, shop, "desktop")
    errors: list[str] = []
    tab = context.new_page()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"{shop.url}/product/harbour-lantern?variant=LL-1001-BLA", wait_until="load")
    wait_for(tab, outside, 5)
    hits = {}
    for url in outside:
        query = parse_qs(urlsplit(url).query)
        hits[urlsplit(url).netloc, query.get("en", query.get("ev", [""]))[0]] = url
    ga4, meta = "www.google-analytics.com", "www.facebook.com"
    assert set(hits) == {
        (ga4, "page_view"),
        (ga4, "view_item"),
        (meta, "PageView"),
        (meta, "ViewContent"),
        ("ct.pinterest.com", ""),
    }
    assert len(outside) == len(hits)
    view_item = parse_qs(urlsplit(hits[ga4, "view_item"]).query)
    assert view_item["tid"] == ["G-DEMO12345"]
    assert (view_item["cu"], view_item["epn.value"], view_item["gcs"]) == (["EUR"], ["89"], ["G111"])
    assert view_item["pr1"] == ["idLL-1001-BLA~nmHarbour Lantern~brLantern & Loom~caLighting~vaBlack~pr89~qt1"]
    content = parse_qs(urlsplit(hits[meta, "ViewContent"]).query)
    assert (content["cd[value]"], content["cd[currency]"]) == (["89"], ["EUR"])
    assert content["cd[content_ids]"] == ['["LL-1001-BLA"]']
    assert errors == []
    context.close()


def test_tags_send_their_hits(chromium: Browser, clean_shop: DemoShop) -> None:
    check_hits(chromium, clean_shop)


@pytest.mark.firefox
def test_firefox_sees_the_same_shop(firefox: Browser, clean_shop: DemoShop) -> None:
    check_hits(firefox, clean_shop)
    context, _ = open_context(firefox, clean_shop, "phone")
    tab = context.new_page()
    for target in ("/", "/product/bothy-lantern"):
        tab.goto(clean_shop.url + target)
        assert axe_finds(tab) == {"violations": [], "incomplete": []}
        assert not scrolls_sideways(tab)
    context.close()


def test_leaving_a_page_sends_a_beacon_and_a_keepalive_fetch(chromium: Browser, clean_shop: DemoShop) -> None:
    context, _ = open_context(chromium, clean_shop, "desktop")
    tab = context.new_page()
    tab.add_init_script(
        "navigator.sendBeacon = to => { sessionStorage.beacons = (sessionStorage.beacons || '') + to; return true };"
        "window.fetch = (to, how) => { sessionStorage.fetched = to + how.keepalive; return Promise.reject() };"
    )
    tab.goto(f"{clean_shop.url}/pages/faq", wait_until="load")
    tab.goto(f"{clean_shop.url}/robots.txt")
    beacons, fetched = tab.evaluate("[sessionStorage.beacons, sessionStorage.fetched]")
    assert beacons.count("en=user_engagement") == 1
    assert "https://www.google-analytics.com/g/collect" in beacons
    assert "https://www.facebook.com/tr/" in fetched
    assert fetched.endswith("true")
    context.close()


def test_a_visitor_chooses_and_buys(chromium: Browser) -> None:
    with DemoShop(clean=True) as shop:
        context, outside = open_context(chromium, shop, "desktop")
        tab = context.new_page()
        tab.goto(f"{shop.url}/product/bothy-lantern")
        tab.get_by_label("Size").select_option(label="Large")
        assert tab.locator("[data-now]").inner_text() == "€72.00"
        tab.get_by_label("Quantity").fill("2")
        tab.get_by_role("button", name="Add to cart").click()
        tab.wait_for_url("**/cart")
        assert "€144.00" in tab.inner_text(".sums")
        assert shop.carts == 1
        wait_for(tab, outside, 0)
        added = [url for url in outside if "en=add_to_cart" in url]
        assert len(added) == 1
        assert parse_qs(urlsplit(added[0]).query)["epn.value"] == ["144"]
        tab.get_by_role("link", name="Empty the cart").click()
        assert shop.carts == 0
        context.close()


def test_the_menu_opens_and_closes(chromium: Browser, clean_shop: DemoShop) -> None:
    context, _ = open_context(chromium, clean_shop, "phone", is_mobile=True, has_touch=True)
    tab = context.new_page()
    tab.goto(clean_shop.url)
    link = tab.get_by_role("navigation", name="Main").get_by_role("link", name="Textiles")
    assert not link.is_visible()
    tab.get_by_role("button", name="Menu").tap()
    assert link.is_visible()
    assert tab.evaluate("document.activeElement.className") == "menu-close"
    tab.keyboard.press("Escape")
    assert not link.is_visible()
    assert tab.evaluate("document.activeElement.className") == "menu-open"
    context.close()


def test_late_pictures_arrive(chromium: Browser, clean_shop: DemoShop) -> None:
    context, _ = open_context(chromium, clean_shop, "desktop")
    tab = context.new_page()
    tab.goto(clean_shop.url)
    first = tab.locator(".carousel img").first
    assert first.get_attribute("src").startswith("data:")  # type: ignore[union-attr]
    first.scroll_into_view_if_needed()
    tab.wait_for_function("document.querySelector('.carousel img').naturalWidth === 600")
    context.close()
