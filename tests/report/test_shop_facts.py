"""Facts of the shop in the report: products with their three prices, tags by page type, third parties, theme, effort."""

from __future__ import annotations

import json

import pytest

from auditor.evidence.cookies import Cookie, Cookies
from auditor.evidence.paint import Paint, ScriptTime
from auditor.evidence.requests import Held, Request, Requests
from auditor.evidence.texts import PriceText, Texts
from auditor.knowledge import vendors
from auditor.model.finding import Tally
from auditor.model.rule import Rule
from auditor.model.run import Run
from auditor.model.words import Certainty, FetchOutcome, Outcome, Owner, Severity
from auditor.report import effort, products
from auditor.report.build import Stored, build
from auditor.report.costs import Costs
from auditor.report.coverage import not_checked
from auditor.report.document import ProductPart
from auditor.store import snapshots
from auditor.store.workspace import Workspace
from tests.store.kit import SHOP, begin, fetch, render

LAMP = """<html lang="de"><head><title>Lamp</title><link rel="stylesheet" href="/wp-content/themes/storefront-child/style.css">
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Product", "name": "=Lamp <b>", "sku": "L-1",
 "offers": {"@type": "Offer", "price": "41.18", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}</script>
</head><body class="single-product"><h1>Lamp</h1></body></html>"""
GA4 = "https://www.google-analytics.com/g/collect?v=2&tid=G-1&en=view_item&epn.value=49&cu=EUR&pr1=idL-1~nmLamp~pr49"


@pytest.fixture
def run(workspace: Workspace) -> Run:
    run = begin(workspace, config=json.dumps({"market": {"locale": "de-DE", "currency": "EUR"}}))
    for path in ("/lamp", "/other", "/bare"):
        fetch(workspace, run, path, LAMP if path != "/bare" else "<html><body>none</body></html>")
    with workspace.write() as connection:
        for page_id in snapshots.page_ids(connection, run.id):
            snapshots.describe(connection, page_id, "product", "t", "woocommerce", "")
    price = PriceText(text="49,00 €", font_px=24.0, in_main_product=True, selector=".price")
    sent = Requests(
        items=(
            Request(url=GA4, held=Held.ANSWERED, vendor="ga4", third_party=True),
            Request(url="https://cdn.example/app.js", third_party=True, status=200),
            Request(url=f"{SHOP}/app.js", status=200),
        )
    )
    seen = {"texts": Texts(lang="de", prices=(price,)), "requests": sent}
    render(workspace, run, "/lamp", "chromium/desktop", LAMP, evidence=seen)
    render(workspace, run, "/lamp", "chromium/phone", LAMP, evidence=seen)
    render(workspace, run, "/other", "chromium/desktop", "", FetchOutcome.TIMEOUT, "no answer within 30 s")
    return run


def test_a_product_has_its_three_prices(workspace: Workspace, run: Run) -> None:
    document = build(workspace, run)
    lamp, other, bare = document.products
    assert lamp == ProductPart(
        url=f"{SHOP}/lamp",
        name="=Lamp <b>",
        sku="L-1",
        shown="49,00 €",
        markup="41,18\xa0€",
        tag="49,00\xa0€ (Google Analytics 4)",
        availability="InStock",
        opened=True,
    )
    # What no browser opened has no shown price, and none is made up.
    assert (other.markup, other.shown, other.tag, other.opened) == ("41,18\xa0€", "", "", False)
    assert (bare.name, bare.markup) == ("", "")


def test_all_products_are_streamed(workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "MAX_PRODUCTS", 1)
    document = build(workspace, run)
    assert ([one.url for one in document.products], document.products_cut) == ([f"{SHOP}/lamp"], 2)
    with Stored(workspace, run).products() as rows:
        assert next(rows).name == "=Lamp <b>"
        assert len(list(rows)) == 2


def test_tags_are_counted_by_page_not_by_client(workspace: Workspace, run: Run) -> None:
    shop = build(workspace, run).shop
    (tag,) = shop.tag_table
    assert (tag.vendor, tag.account, tag.category) == ("Google Analytics 4", "G-1", "analytics")
    assert [(cell.page_type, cell.pages, cell.events) for cell in tag.cells] == [("product", 1, ("view_item",))]
    assert shop.opened == {"product": 1}
    assert shop.page_types == {"product": 3}


def test_third_parties_and_theme(workspace: Workspace, run: Run) -> None:
    shop = build(workspace, run).shop
    assert [(one.what, one.count) for one in shop.third_parties] == [
        ("cdn.example", 1),
        ("www.google-analytics.com (Google Analytics 4)", 1),
    ]
    assert (shop.platform, shop.theme) == ("woocommerce", "storefront-child")


def test_what_third_parties_cost_is_added_up_by_vendor(workspace: Workspace, run: Run) -> None:
    costs = {one.who: one for one in build(workspace, run).shop.third_party_costs}
    assert set(costs) == {"cdn.example", "Google Analytics 4"}
    ours = costs["Google Analytics 4"]
    assert (ours.pages, ours.held_back, ours.kilobytes) == (1, ours.requests, 0)
    assert [(cell.page_type, cell.pages, cell.requests) for cell in ours.by_page_type] == [
        ("product", 1, ours.requests)
    ]


def test_cookies_are_their_vendors_or_their_domains() -> None:
    costs = Costs(vendors.load())
    jar = Cookies(
        tuple(
            Cookie(name=name, domain=domain)
            for name, domain in (
                ("_ga", ".shop.example"),
                ("PHPSESSID", "www.shop.example"),
                ("sid", ".cdn.example"),
                ("MUID", ".bing.com"),
                ("theirs", ".facebook.com"),
            )
        )
    )
    costs.cookies("lamp", "product", jar, "www.shop.example")
    told = {one.who: one.cookies for one in costs.rows()}
    assert told["Google Analytics 4"] == ("_ga",)
    assert told["cdn.example"] == ("sid",)
    assert told["Microsoft Advertising (UET)"] == ("MUID",)
    assert "PHPSESSID" not in str(told)
    assert all(
        [(cell.page_type, cell.cookies) for cell in one.by_page_type] == [("product", one.cookies)]
        for one in costs.rows()
    )
    assert all(one.requests == 0 for one in costs.rows())


def test_what_was_opened_and_what_was_not(workspace: Workspace, run: Run) -> None:
    coverage = build(workspace, run).coverage
    # One was opened, one could not be, one is not in the sample.
    assert (coverage.opened, coverage.unopened) == (1, 1)


def _rule(name: str) -> Rule:
    return Rule(
        id=name, title=f"Title of {name}", severity=Severity.MINOR, certainty=Certainty.PROVEN, owner=Owner.DEV, check="c", message="m",
        why="w", fix="f",
    )  # fmt: skip


def _lacking(name: str, reason: str, count: int) -> Tally:
    return Tally(rule=name, client="any browser", outcome=Outcome.CANT_TELL, reason=reason, count=count)


@pytest.mark.parametrize(
    ("opened", "tried", "expected"),
    [
        (0, 0, [("failed", ("p/c",), 2), ("no_browser", ("p/a", "p/b"), 90)]),
        (10, 0, [("failed", ("p/c",), 2), ("sample", ("p/a", "p/b"), 90)]),
        (10, 3, [("failed", ("p/c",), 2), ("failed", ("p/a", "p/b"), 3), ("sample", ("p/a", "p/b"), 87)]),
        (0, 90, [("failed", ("p/c",), 2), ("failed", ("p/a", "p/b"), 90)]),
    ],
)
def test_reasons_are_told_apart(opened: int, tried: int, expected: list[tuple[str, tuple[str, ...], int]]) -> None:
    tallies = [
        _lacking("p/a", "needs a browser; this page was fetched only", 90),
        _lacking("p/b", "needs the page both fetched and rendered", 40),
        _lacking("p/c", "axe did not answer", 2),
        Tally(rule="p/a", client="chromium/desktop", outcome=Outcome.PASSED, reason="", count=10),
    ]
    rows = list(not_checked(tallies, {name: _rule(name) for name in ("p/a", "p/b", "p/c")}, opened=opened, tried=tried))
    assert [(row.kind, row.rules, row.pages) for row in rows] == expected


@pytest.mark.parametrize(
    ("pages", "looked", "owner", "size"),
    [
        (1, 1, Owner.DEV, "small"),
        (3, 200, Owner.CONTENT, "small"),
        (4, 200, Owner.CONTENT, "medium"),
        (31, 200, Owner.CONTENT, "large"),
        (160, 200, Owner.CONTENT, "small"),  # four fifths of them: the template
        (200, 200, Owner.DEV, "small"),
        (120, 200, Owner.OPS, "small"),  # one setting of the server
        (3, 3, Owner.CONTENT, "small"),
    ],
)
def test_effort(pages: int, looked: int, owner: Owner, size: str) -> None:
    assert effort.effort(effort.places(pages, looked, owner)) == size


def test_a_rule_that_asked_three_clients_of_one_page_missed_it_on_one_page() -> None:
    tallies = [_lacking("p/a", "axe did not answer", 3)]
    (row,) = not_checked(tallies, {"p/a": _rule("p/a")}, opened=1, tried=0, fetched=1)
    assert row.pages == 1


def test_what_was_left_out_by_choice_says_so_without_a_mark_for_machines() -> None:
    told = not_checked([_lacking("p/a", "chosen: links are not followed", 1)], {"p/a": _rule("p/a")}, opened=1, tried=0)
    assert [one.reason for one in told] == ["links are not followed"]


def test_the_main_thread_is_its_vendors_where_a_browser_tells() -> None:
    costs = Costs(vendors.load())
    third = {"connect.facebook.net", "apps.example"}
    ran = [
        ("connect.facebook.net", "https://connect.facebook.net/en_US/fbevents.js", 120.0),
        ("apps.example", "https://apps.example/a.js", 60.5),
        ("shop.example", "https://shop.example/app.js", 900.0),
    ]
    told = tuple(ScriptTime(host=host, url=url, duration_ms=ms) for host, url, ms in ran)
    costs.scripts("lamp", "product", Paint(scripts=told), third)
    costs.scripts("lamp", "product", Paint(), third)  # another browser, which does not tell
    costs.scripts("home", "home", Paint(), third)
    costs.request("home", "home", "only.example", Request(url="https://only.example/x.js", third_party=True))
    rows = {one.who: one for one in costs.rows()}
    assert {who: one.main_thread for who, one in rows.items()} == {
        "Meta Pixel": 120.0,
        "apps.example": 60.5,
        "only.example": None,
    }
    assert [(cell.page_type, cell.main_thread) for cell in rows["Meta Pixel"].by_page_type] == [("product", 120.0)]
