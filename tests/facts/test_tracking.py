"""Hits as browsers really send them, decoded; and garbage, survived."""

import base64
import json
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest

from auditor.evidence.requests import Held, Request, Requests
from auditor.facts.tracking import Hit, Item, hits
from auditor.knowledge import vendors

KNOWN = vendors.load()


def _hits(url: str, body: str = "", method: str = "", held: Held = Held.ANSWERED, vendor: str = "") -> tuple[Hit, ...]:
    request = Request(
        url=url, method=method or ("POST" if body else "GET"), body=body, held=held, vendor=vendor, started_ms=120.5
    )
    return hits(Requests((request,)), KNOWN)


def _one(url: str, body: str = "", method: str = "") -> Hit:
    (hit,) = _hits(url, body, method)
    return hit


GA4 = "https://region1.google-analytics.com/g/collect?v=2&tid=G-ABC123DEF4&gtm=45je4&_p=171&cid=1.2&ul=en-us&sr=1280x720&_s=1&dl=https%3A%2F%2Fshop.example%2Fproducts%2Fmug&dt=Mug"


def test_ga4_in_the_query() -> None:
    hit = _one(GA4 + "&en=view_item&cu=EUR&epn.value=19.90&pr1=idSKU-1~nmBlue%20mug~brAcme~pr19.90~qt1~k0size~v0M")
    assert (hit.vendor, hit.account, hit.event, hit.value, hit.currency) == (
        "ga4",
        "G-ABC123DEF4",
        "view_item",
        "19.90",
        "EUR",
    )
    assert hit.items == (Item("SKU-1", "Blue mug", "19.90", "1"),)
    assert hit.parameters["dt"] == "Mug"
    assert hit.started_ms == 120.5
    assert not hit.delivered


def test_ga4_posted_without_a_body_is_one_event() -> None:
    hit = _one(GA4 + "&en=page_view", method="POST")
    assert hit.event == "page_view"
    assert not hit.body_missing


def test_ga4_batch_is_an_event_a_line() -> None:
    body = "en=page_view&_et=3\r\nen=view_item&cu=USD&epn.value=20&pr1=idA~pr10~qt2&pr2=idB~nmTilde%20~~%20x\r\nen=scroll&epn.percent_scrolled=90"
    found = _hits(GA4, body)
    assert [hit.event for hit in found] == ["page_view", "view_item", "scroll"]
    assert {hit.account for hit in found} == {"G-ABC123DEF4"}
    assert found[1].items == (Item("A", price="10", quantity="2"), Item("B", "Tilde ~ x"))
    assert found[0].items == ()
    assert found[2].value == ""


def test_ga4_whose_body_the_browser_did_not_give_is_not_guessed() -> None:
    hit = _one(GA4, method="POST")
    assert hit.event == ""
    assert hit.body_missing


def test_ga4_through_a_server_of_the_shop() -> None:
    assert _one("https://metrics.shop.example/g/collect?v=2&tid=G-ABC123DEF4&en=purchase&epn.value=1").vendor == "ga4"


def test_the_analytics_before_ga4() -> None:
    hit = _one("https://www.google-analytics.com/j/collect?v=1&t=pageview&tid=UA-12345-1&dl=x")
    assert (hit.account, hit.event) == ("UA-12345-1", "pageview")


META = {
    "id": "1234567890123",
    "ev": "ViewContent",
    "dl": "https://shop.example/products/mug",
    "cd[content_type]": "product",
    "cd[content_ids]": '["SKU-1","SKU-2"]',
    "cd[value]": "19.90",
    "cd[currency]": "EUR",
}


def test_meta_in_the_query() -> None:
    hit = _one("https://www.facebook.com/tr/?" + urlencode(META))
    assert (hit.vendor, hit.account, hit.event, hit.value, hit.currency) == (
        "meta",
        "1234567890123",
        "ViewContent",
        "19.90",
        "EUR",
    )
    assert hit.items == (Item("SKU-1"), Item("SKU-2"))
    assert hit.amount == Decimal("19.90")


def test_meta_in_a_form() -> None:
    contents = json.dumps([{"id": "SKU-1", "quantity": 2, "item_price": 9.90}])
    hit = _one("https://www.facebook.com/tr/", urlencode(META | {"cd[contents]": contents}))
    assert hit.items == (Item("SKU-1", price="9.9", quantity="2"),)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_meta_in_a_multipart_body(end: str) -> None:
    edge = "------WebKitFormBoundaryAbC"
    parts = [
        f'{edge}{end}Content-Disposition: form-data; name="{name}"{end}{end}{value}' for name, value in META.items()
    ]
    hit = _one("https://www.facebook.com/tr/", end.join([*parts, f"{edge}--", ""]))
    assert (hit.account, hit.event, hit.currency) == ("1234567890123", "ViewContent", "EUR")
    assert hit.items == (Item("SKU-1"), Item("SKU-2"))


TIKTOK = {
    "event": "ViewContent",
    "context": {"pixel": {"code": "C4ABC"}, "page": {"url": "https://shop.example/"}},
    "properties": {
        "value": 19.9,
        "currency": "USD",
        "contents": [{"content_id": "1", "content_name": "Mug", "price": 19.9, "quantity": 1}],
    },
}


@pytest.mark.parametrize(
    ("url", "body", "expected"),
    [
        (
            "https://analytics.tiktok.com/api/v2/pixel",
            json.dumps(TIKTOK),
            ("tiktok", "C4ABC", "ViewContent", "19.9", "USD", (Item("1", "Mug", "19.9", "1"),)),
        ),
        (
            "https://ct.pinterest.com/v3/?tid=2612&event=pagevisit&ed="
            + quote(
                '{"value":10.50,"currency":"EUR","line_items":[{"product_id":"A","product_price":10.50,"product_quantity":1}]}'
            ),
            "",
            ("pinterest", "2612", "pagevisit", "10.50", "EUR", (Item("A", price="10.50", quantity="1"),)),
        ),
        (
            "https://bat.bing.com/action/0?ti=5601&Ver=2&evt=pageLoad&p=https%3A%2F%2Fshop.example",
            "",
            ("bing-uet", "5601", "pageLoad", "", "", ()),
        ),
        (
            "https://bat.bing.com/action/0?ti=5601&Ver=2&evt=custom&ea=purchase&gv=99.5&gc=GBP&prodid=A,B",
            "",
            ("bing-uet", "5601", "purchase", "99.5", "GBP", (Item("A"), Item("B"))),
        ),
        (
            "https://px.ads.linkedin.com/collect/?v=2&fmt=js&pid=12345&time=1",
            "",
            ("linkedin", "12345", "PageView", "", "", ()),
        ),
        (
            "https://alb.reddit.com/rp.gif?id=t2_abc&event=Purchase&m.valueDecimal=9.99&m.currency=USD",
            "",
            ("reddit", "t2_abc", "Purchase", "9.99", "USD", ()),
        ),
        (
            "https://www.googleadservices.com/pagead/conversion/987654321/?value=49.00&currency_code=EUR&label=abc&data=event%3Dconversion",
            "",
            ("google-ads", "987654321", "conversion", "49.00", "EUR", ()),
        ),
        (
            "https://googleads.g.doubleclick.net/pagead/viewthroughconversion/987654321/?data=event%3Dview_item%3Bid%3DSKU-1%3Bvalue%3D5",
            "",
            ("google-ads", "987654321", "view_item", "5", "", (Item("SKU-1"),)),
        ),
        (
            "https://1234567.fls.doubleclick.net/activityi;src=1234567;type=sales0;cat=order0;ord=1;u1=x?",
            "",
            ("floodlight", "1234567", "sales0", "", "", ()),
        ),
        (
            "https://stats.shop.example/matomo.php?idsite=3&rec=1&action_name=Mug&e_a=&revenue=12.00",
            "",
            ("matomo", "3", "Mug", "12.00", "", ()),
        ),
        (
            "https://shop.sc.omtrdc.net/b/ss/shopprod/1/JS-2.22/s123?AQB=1&pageName=home&events=prodView&cc=EUR",
            "",
            ("adobe-analytics", "shopprod", "prodView", "", "EUR", ()),
        ),
        (
            "https://a.klaviyo.com/client/events/?company_id=AbC123",
            json.dumps(
                {
                    "data": {
                        "type": "event",
                        "attributes": {
                            "properties": {"value": 19.9},
                            "metric": {"data": {"type": "metric", "attributes": {"name": "Viewed Product"}}},
                        },
                    }
                }
            ),
            ("klaviyo", "AbC123", "Viewed Product", "19.9", "", ()),
        ),
        (
            "https://api.segment.io/v1/t",
            json.dumps(
                {
                    "writeKey": "wk",
                    "event": "Product Viewed",
                    "properties": {
                        "value": 5,
                        "currency": "USD",
                        "products": [{"sku": "A", "name": "Mug", "price": 5, "quantity": 1}],
                    },
                }
            ),
            ("segment", "wk", "Product Viewed", "5", "USD", (Item("A", "Mug", "5", "1"),)),
        ),
        (
            "https://tr.snapchat.com/p",
            urlencode({"pid": "aa-bb", "ev": "VIEW_CONTENT", "e_pr": "12", "e_cur": "USD", "e_iids": "A;B"}),
            ("snap", "aa-bb", "VIEW_CONTENT", "12", "USD", (Item("A"), Item("B"))),
        ),
    ],
)
def test_other_vendors_by_the_table(url: str, body: str, expected: tuple[object, ...]) -> None:
    hit = _one(url, body)
    assert (hit.vendor, hit.account, hit.event, hit.value, hit.currency, hit.items) == expected


def test_batches_are_a_hit_an_entry() -> None:
    body = json.dumps({"api_key": "k", "events": [{"event_type": "a"}, {"event_type": "b", "revenue": "5"}, "junk"]})
    found = _hits("https://api2.amplitude.com/2/httpapi", body)
    assert [(hit.account, hit.event, hit.value) for hit in found] == [("k", "a", ""), ("k", "b", "5")]
    body = json.dumps([{"event": "View", "properties": {"token": "t"}}])
    assert [(hit.account, hit.event) for hit in _hits("https://api-js.mixpanel.com/track/", body)] == [("t", "View")]


def test_base64_in_a_form() -> None:
    data = base64.b64encode(
        json.dumps({"event": "Viewed", "properties": {"token": "tok", "value": 3}}).encode()
    ).decode()
    hit = _one("https://api-js.mixpanel.com/track/?ip=1", urlencode({"data": data}))
    assert (hit.account, hit.event, hit.value) == ("tok", "Viewed", "3")


def test_numbers_stay_as_they_were_sent() -> None:
    hit = _one(
        "https://analytics.tiktok.com/api/v2/pixel",
        '{"event":"Purchase","properties":{"value":19.90,"currency":"EUR"}}',
    )
    assert hit.value == "19.90"
    assert _one(GA4 + "&en=purchase&ep.value=19%2C99").amount is None
    assert _one(GA4 + "&en=purchase&epn.value=NaN").amount is None


def test_scripts_and_pages_are_no_hits() -> None:
    for url in (
        "https://www.googletagmanager.com/gtag/js?id=G-ABC",
        "https://connect.facebook.net/en_US/fbevents.js",
        "https://shop.example/products/collect",
        "https://www.facebook.com/acme",
        "https://js.klarna.com/x.js",
    ):
        assert _hits(url, held=Held.NO) == ()


def test_what_was_met_at_the_wall_only_is_a_hit_of_which_the_host_is_known() -> None:
    (hit,) = _hits("https://region1.google-analytics.com", held=Held.REFUSED, vendor="ga4")
    assert hit.host_only
    assert (hit.vendor, hit.event, hit.account) == ("ga4", "", "")


def test_what_the_recorder_took_for_a_vendors_is_one() -> None:
    (hit,) = _hits("https://px.ads.linkedin.com/some/new/path?pid=9", vendor="linkedin")
    assert (hit.vendor, hit.account) == ("linkedin", "9")


@pytest.mark.parametrize(
    ("held", "status", "delivered"),
    [(Held.ANSWERED, 204, False), (Held.DELIVERED, 204, True), (Held.NO, 200, True), (Held.NO, 0, False)],
)
def test_delivered(held: Held, status: int, delivered: bool) -> None:
    request = Request(url=GA4 + "&en=page_view", held=held, status=status)
    assert hits(Requests((request,)), KNOWN)[0].delivered is delivered


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (GA4, "\x00\x1f\x8b garbage \ufffd"),
        (GA4, "=&=&=\n====\n&&&en\n"),
        (GA4, "en=x&" + "a=b&" * 3_000),
        (GA4, "en=" + "x" * 60_000),
        (GA4, "\n".join("en=e" for _ in range(5_000))),
        (GA4 + "&pr1=~~~~~~~&pr2=&pr999=x", "en=view_item"),
        ("https://www.facebook.com/tr/?id=1&ev=X&cd[contents]=[[[{]&cd[content_ids]={{{", ""),
        ("https://www.facebook.com/tr/?id=1&ev=X&cd[contents]=[1,null,[2]]&cd[content_ids]=[null,{},[1],true,7]", ""),
        ("https://www.facebook.com/tr/", "--\r\n--form-data\r\n" * 1_000),
        ("https://www.facebook.com/tr/", '------x\r\nContent-Disposition: form-data; name="' + "a" * 60_000),
        ("https://analytics.tiktok.com/api/v2/pixel", "[" * 60_000),
        ("https://analytics.tiktok.com/api/v2/pixel", '{"a":' * 900 + "1" + "}" * 900),
        (
            "https://analytics.tiktok.com/api/v2/pixel",
            '{"event":{"a":1},"context":[],"properties":"x","batch":{"a":1}}',
        ),
        ("https://analytics.tiktok.com/api/v2/pixel", json.dumps({"batch": [1, None, "x"]})),
        ("https://analytics.tiktok.com/api/v2/pixel", '{"event": 1' + "0" * 10_000 + "}"),
        ("https://api-js.mixpanel.com/track/", "data=" + "A" * 60_000),
        ("https://shop.example/matomo.php?idsite=%ff%fe&revenue=1e999999999", "\ufeff{}"),
        ("https://1.fls.doubleclick.net/" + ";a=b" * 5_000, ""),
        ("https://bat.bing.com/action/0?" + "x=1&" * 5_000, ""),
    ],
)
def test_garbage_is_survived(url: str, body: str) -> None:
    found = _hits(url, body, method="POST")
    assert found
    assert all(
        len(hit.parameters) <= 300 and all(len(value) <= 1_000 for value in hit.parameters.values()) for hit in found
    )
    assert all(hit.amount is None or hit.amount.is_finite() for hit in found)


def test_many_hits_are_cut() -> None:
    batch = "\n".join("en=e" for _ in range(100))
    requests = Requests(tuple(Request(url=GA4, method="POST", body=batch) for _ in range(50)))
    assert len(hits(requests, KNOWN)) == 2_000
