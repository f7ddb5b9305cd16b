"""What a visitor without a browser finds: every page is whole, and the only faults are the listed ones."""

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import pytest

from auditor.demo import DemoShop, load_faults

# The faults that are looked for here, without knowing where they were put and without any code of the audit
LOOKED_FOR = {
    "links/broken-internal",
    "redirects/dead-end",
    "redirects/loop",
    "canonical/missing",
    "canonical/wrong-host",
    "structured-data/json-syntax",
    "structured-data/product-price",
    "prices/shown-equals-markup",
    "meta/title",
    "tracking/expected-tag",
    "leaks/template-token",
    "images/broken",
}
TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def blocks(page: Any) -> list[Any]:
    """The JSON-LD blocks of a page; None for one that does not parse."""
    found = []
    for script in page.xpath('//script[@type="application/ld+json"]'):
        try:
            found.append(json.loads(script.text, strict=False))  # a line break in a text is another rule's
        except ValueError:
            found.append(None)
    return found


def visible_text(page: Any) -> str:
    parts = page.xpath(
        "//body//text()[not(ancestor::script or ancestor::template or ancestor::code or ancestor::noscript)]"
    )
    return " ".join(parts)


def price(written: str) -> Decimal | None:
    """An amount with or without the sign of the euro; None where it is no number."""
    try:
        amount = Decimal(written.removeprefix("€").replace(",", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def faults_on(target: str, page: Any, walked: Any) -> set[tuple[str, str, str]]:
    """The faults a page has, found without knowing where they were put."""
    found = set()

    def report(rule: str, about: str = "") -> None:
        found.add((rule, target, about))

    for link in walked.links[target]:
        if walked.answers[link].status == 404:
            report("links/broken-internal", link)
        elif walked.ends_at(link).location:
            report("redirects/loop", link)
        elif walked.ends_at(link).status == 404:
            report("redirects/dead-end", link)
    canonicals = page.xpath('//link[@rel="canonical"]/@href')
    if not canonicals:
        report("canonical/missing")
    elif not canonicals[0].startswith(f"{walked.origin}/"):
        report("canonical/wrong-host", canonicals[0])
    found_blocks = blocks(page)
    if None in found_blocks:
        report("structured-data/json-syntax")
    shown = price(page.xpath("string(//article//*[@data-now])"))
    for product in [block for block in found_blocks if block and block.get("@type") == "Product"]:
        offer = product["offers"]
        if "price" not in offer:
            report("structured-data/product-price")
        elif shown is not None and offer["priceCurrency"] != "USD" and price(offer["price"]) != shown:
            report("prices/shown-equals-markup", offer["price"])
    if not page.xpath("string(//head/title)"):
        report("meta/title")
    source = walked.answers[target].text
    for tag, mark in {"ga4": "/assets/tag-ga4.js", "meta": "/assets/tag-meta.js"}.items():
        if mark not in source:
            report("tracking/expected-tag", tag)
    for token in TOKEN.findall(visible_text(page)):
        report("leaks/template-token", token)
    return found


def pictures(page: Any) -> set[str]:
    found = {str(src) for src in page.xpath("//img[not(ancestor::noscript)]/@src | //img/@data-src")}
    return {src for src in found if not src.startswith("data:")}


def all_faults(walked: Any, ask: Any, shop: DemoShop) -> set[tuple[str, str, str]]:
    found, kinds = set(), {}
    for target, page in walked.pages().items():
        found |= faults_on(target, page, walked)
        for picture in pictures(page):
            if picture not in kinds:
                answer = ask(shop, picture, "HEAD")
                if answer.location:
                    answer = ask(shop, answer.location, "HEAD")
                kinds[picture] = answer.status == 200 and answer.headers["Content-Type"].startswith("image/")
            if not kinds[picture]:
                found.add(("images/broken", target, picture))
    return found


def test_the_faulty_shop_has_the_listed_faults_and_no_others(faulty_walk: Any, faulty_shop: DemoShop, ask: Any) -> None:
    listed = {
        (fault.rule, fault.url, fault.target)
        for rule, faults in load_faults().items()
        if rule in LOOKED_FOR
        for fault in faults
    }
    assert all_faults(faulty_walk, ask, faulty_shop) == listed


def test_the_clean_shop_has_no_fault(clean_walk: Any, clean_shop: DemoShop, ask: Any) -> None:
    assert all_faults(clean_walk, ask, clean_shop) == set()


def test_every_listed_page_is_there_and_known(faulty_walk: Any) -> None:
    sitemaps = {link for name in ("products", "pages") for link in faulty_walk.links[f"/sitemap-{name}.xml"]}
    linked = {link for target, links in faulty_walk.links.items() if "sitemap" not in target for link in links}
    urls = {fault.url for faults in load_faults().values() for fault in faults}
    # helper pages belong into no sitemap
    unlisted = {
        fault.url for rule in ("sitemaps/missing-page", "indexability/helper-pages") for fault in load_faults()[rule]
    }
    of_exports = {fault.url for rule, faults in load_faults().items() if rule.startswith("feeds/") for fault in faults}
    known = set(faulty_walk.answers)
    for url in [url for url in urls if not url.endswith((".txt", ".xml")) and (url in known or url not in of_exports)]:
        assert faulty_walk.answers[url].status == 200
        assert url in linked
        assert url in sitemaps or url in unlisted or "?" in url


def test_only_chosen_faults_are_planted(ask: Any) -> None:
    with DemoShop(faults={"canonical/missing"}) as shop:
        assert 'rel="canonical"' not in ask(shop, "/product/kelp-cushion").text
        assert "<title></title>" not in ask(shop, "/product/tarn-blanket").text


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="canonical/mising"):
        DemoShop(faults={"canonical/mising"})


def test_careful_walks_leave_no_trace(
    clean_walk: Any, clean_shop: DemoShop, faulty_walk: Any, faulty_shop: DemoShop
) -> None:
    assert len(clean_walk.pages()) > 120
    assert clean_walk.answers.keys() - faulty_walk.answers.keys() == set()
    assert (clean_shop.carts, clean_shop.cart_changes) == (0, 0)
    assert (faulty_shop.carts, faulty_shop.cart_changes) == (0, 0)


def test_every_clean_page_is_whole(clean_walk: Any) -> None:
    for target, page in clean_walk.pages().items():
        assert page.get("lang") == "en", target
        assert len(page.xpath('//meta[@name="viewport"]')) == 1, target
        assert len(page.xpath("//h1[normalize-space()]")) == 1, target
        for landmark in ("header", "main", "footer"):
            assert len(page.xpath(f"//{landmark}")) == 1, (target, landmark)
        assert 10 <= len(page.xpath("string(//title)")) <= 60, target
        assert 50 <= len(page.xpath('string(//meta[@name="description"]/@content)')) <= 165, target
        assert len(page.xpath('//link[@rel="canonical"]')) == 1, target
        assert not page.xpath('//img[not(@alt)] | //a[not(normalize-space(@href))] | //*[@id=""]'), target
        ids = Counter(page.xpath("//@id"))
        assert max(ids.values()) == 1, (target, ids.most_common(1))
        for fragment in [href[1:] for href in page.xpath("//a/@href") if href.startswith("#")]:
            assert fragment in ids, (target, fragment)


def test_titles_and_descriptions_are_told_apart(clean_walk: Any) -> None:
    own = {
        target: page
        for target, page in clean_walk.pages().items()
        if page.xpath("string(//link[@rel='canonical']/@href)") == clean_walk.origin + target
    }
    for what in ("string(//title)", "string(//meta[@name='description']/@content)"):
        assert Counter(page.xpath(what) for page in own.values()).most_common(1)[0][1] == 1


def test_facets_and_variants_point_to_the_page_they_vary(clean_walk: Any) -> None:
    seen = Counter()
    for target, page in clean_walk.pages().items():
        parts = urlsplit(target)
        canonical = page.xpath("string(//link[@rel='canonical']/@href)").removeprefix(clean_walk.origin)
        kind = parts.query.partition("=")[0]
        seen[kind] += 1
        assert canonical == (target if kind == "page" else parts.path)
    assert seen["page"] == 4
    assert seen["variant"] > 20
    assert seen["colour"] > 10
    assert seen["sort"] == 15


def test_pages_for_visitors_only_are_not_indexed(clean_walk: Any) -> None:
    closed = {
        target
        for target, page in clean_walk.pages().items()
        if page.xpath('//meta[@name="robots"][contains(@content, "noindex")]')
    }
    assert closed == {"/cart", "/login"}


def test_markup_says_what_the_page_shows(clean_walk: Any) -> None:
    gtins = set()
    for target, page in clean_walk.pages().items():
        if not target.startswith("/product/"):
            continue
        product, trail = blocks(page)
        offer = product["offers"]
        sold_out = bool(page.xpath("//form//button[@disabled]"))
        assert product["name"] == page.xpath("string(//h1)"), target
        assert product["sku"] == page.xpath("string(//*[@data-sku])"), target
        assert offer["availability"].endswith("OutOfStock") == sold_out, target
        assert offer["url"].startswith(clean_walk.origin + urlsplit(target).path), target
        names = [item["name"] for item in trail["itemListElement"]]
        assert names == [crumb.text_content() for crumb in page.xpath('//nav[@aria-label="Breadcrumb"]//li')], target
        digits = [int(digit) for digit in product["gtin13"]]
        assert len(digits) == 13
        assert sum(digits[::2]) % 10 == -3 * sum(digits[1::2]) % 10, target
        gtins.add((product["gtin13"], product["sku"]))
    assert len({gtin for gtin, _ in gtins}) == len(gtins) == len({sku for _, sku in gtins})


def test_the_hazards_are_there(clean_walk: Any) -> None:
    home = clean_walk.answers["/"].text
    article = clean_walk.answers["/journal/labels-for-our-lamps"].text
    candle = clean_walk.answers["/product/beeswax-pillar"].text
    assert "<code>{{ product.title }}</code>" in article
    assert "<!-- The old theme put {{" in home
    assert '<template id="toast"' in home
    assert "text/x-template" in home
    assert '"@graph"' in home
    assert "data-src=" in home
    assert "from €39.00" in home
    assert 'rel="next"' in clean_walk.answers["/category/textiles"].text
    assert "€12.00 / 100 g" in candle
    assert "3 × €16.33" in clean_walk.answers["/product/dune-cushion"].text
    assert clean_walk.answers["/returns-policy"].status == 302
    assert clean_walk.ends_at("/returns-policy").status == 200
