"""How the shop answers: status, headers, carts, and requests that mean harm."""

import gzip
import http.client
import signal
import subprocess
import sys
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import pytest

from auditor.demo import DemoShop, load_faults


@pytest.fixture
def shop() -> Any:
    with DemoShop(clean=True) as running:
        yield running


def cookie_of(answer: Any) -> str:
    return f"session={SimpleCookie(answer.headers['Set-Cookie'])['session'].value}"


def test_one_connection_serves_many_requests(clean_shop: DemoShop) -> None:
    connection = http.client.HTTPConnection(urlsplit(clean_shop.url).netloc, timeout=10)
    for target in ("/", "/assets/shop.css", "/media/clay-mug.png", "/nothing-here", "/returns-policy"):
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read()
        assert response.version == 11
        assert int(response.headers["Content-Length"]) == len(body)
        assert not response.will_close
    connection.close()


def test_head_is_get_without_a_body(clean_shop: DemoShop, ask: Any) -> None:
    head, get = ask(clean_shop, "/pages/faq", "HEAD"), ask(clean_shop, "/pages/faq")
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(get.body))


def test_pages_come_compressed_and_unchanged_ones_not_at_all(clean_shop: DemoShop, ask: Any) -> None:
    plain = ask(clean_shop, "/category/candles")
    packed = ask(clean_shop, "/category/candles", Accept_Encoding="gzip")
    again = ask(clean_shop, "/category/candles", If_None_Match=plain.headers["ETag"])
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "target",
    [
        "/nothing-here",
        "/product/nothing",
        "/category/nothing",
        "/category/lighting?page=4",
        "/category/lighting?page=x",
        "/media/nothing.png",
        "/assets/../shop.css",
        "/assets/%2e%2e/catalogue.toml",
    ],
)
def test_what_is_not_there_is_404(clean_shop: DemoShop, ask: Any, target: str) -> None:
    answer = ask(clean_shop, target)
    assert answer.status == 404
    assert "no page at this address" in answer.text


def test_robots_and_sitemaps(clean_shop: DemoShop, ask: Any) -> None:
    robots = ask(clean_shop, "/robots.txt").text
    assert "Disallow: /cart/" in robots
    assert "Disallow: /*?sort=" in robots
    assert f"Sitemap: {clean_shop.url}/sitemap.xml" in robots
    assert ask(clean_shop, "/sitemap-products.xml").text.count("<loc>") == 36


def test_addresses_are_built_from_the_host_that_was_asked(clean_shop: DemoShop, ask: Any) -> None:
    assert 'rel="canonical" href="http://shop.test:8080/"' in ask(clean_shop, "/", Host="shop.test:8080").text
    assert f'rel="canonical" href="{clean_shop.url}/"' in ask(clean_shop, "/", Host='"><script>').text


def test_what_visitors_type_is_escaped(clean_shop: DemoShop, ask: Any) -> None:
    text = ask(clean_shop, "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_requests_are_logged(shop: DemoShop, ask: Any) -> None:
    ask(shop, "/search?q=wool", User_Agent="tester/1")
    assert shop.requests == [("GET", "/search?q=wool", "tester/1")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_adding_fills_a_cart(shop: DemoShop, ask: Any, method: str) -> None:
    if method == "GET":
        answer = ask(shop, "/cart/add?sku=LL-1016&qty=2")
    else:
        kind = "application/x-www-form-urlencoded"
        answer = ask(shop, "/cart/add", "POST", "sku=LL-1016&qty=2", Content_Type=kind)
    assert answer.location == "/cart"
    assert (shop.carts, shop.cart_changes) == (1, 1)
    page = ask(shop, "/cart", Cookie=cookie_of(answer)).text
    assert "Dune Cushion" in page
    assert "€98.00" in page
    assert "nothing in your cart" in ask(shop, "/cart").text


def test_a_cart_can_be_changed_and_emptied(shop: DemoShop, ask: Any) -> None:
    cookie = cookie_of(ask(shop, "/cart/add?sku=LL-1016"))
    ask(shop, "/cart/add?sku=LL-1017", Cookie=cookie)
    ask(shop, "/cart/change?line=LL-1016&qty=3", Cookie=cookie)
    assert "€147.00" in ask(shop, "/cart", Cookie=cookie).text
    ask(shop, "/cart/remove?line=LL-1016", Cookie=cookie)
    assert shop.carts == 1
    ask(shop, "/cart/clear", Cookie=cookie)
    assert (shop.carts, shop.cart_changes) == (0, 5)


def test_what_is_sold_out_or_unknown_cannot_be_added(shop: DemoShop, ask: Any) -> None:
    for sku in ("LL-1008", "nothing", ""):
        assert ask(shop, f"/cart/add?sku={sku}").location == "/cart"
    assert shop.carts == 0


def test_other_addresses_that_change_something_are_counted(shop: DemoShop, ask: Any) -> None:
    targets = (
        "/wishlist/add?sku=LL-1016",
        "/compare/add?sku=LL-1016",
        "/compare/clear",
        "/currency/switch?to=CHF",
        "/account/logout",
    )
    for target in targets:
        assert ask(shop, target).status == 302
    assert (shop.carts, shop.cart_changes) == (0, len(targets))


def test_forms_that_are_too_long_or_go_nowhere(shop: DemoShop, ask: Any) -> None:
    assert ask(shop, "/cart/add", "POST", "x" * 70_000).status == 413
    assert ask(shop, "/pages/faq", "POST", "a=b").status == 405


def test_a_shop_can_be_stopped_and_asked_afterwards() -> None:
    shop = DemoShop(clean=True)
    with pytest.raises(RuntimeError, match="not running"):
        _ = shop.url
    shop.start()
    assert shop.url.startswith("http://127.0.0.1:")
    shop.stop()
    assert (shop.carts, shop.requests) == (0, [])


def test_faults_are_described() -> None:
    for rule, faults in load_faults().items():
        assert faults, rule
        for fault in faults:
            assert fault.rule == rule
            assert fault.note


def test_it_runs_from_the_command_line(ask: Any) -> None:
    command = [sys.executable, "-m", "auditor.demo", "--clean"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "is open at http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert "closed" in process.communicate(timeout=60)[0]
        assert process.returncode == 0
