"""Checks of what structured data says: known words, breadcrumbs that lead where they should, availability as the page shows it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import cast

import msgspec
from lxml import etree

from auditor.checks.registry import check
from auditor.evidence.layout import Part
from auditor.facts.items import Item
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import rich_results, schema_names
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import absolute, crawl_key, host, is_http
from auditor.model.words import Certainty, PageType, Scope, Severity

_MOST = 50_000  # products compared
_MOST_ITEMS = 2_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,60}")
_IN_STOCK = frozenset({"instock", "limitedavailability", "onlineonly"})
_OUT = frozenset({"outofstock", "soldout"})
_SOLD_OUT = re.compile(
    r"(?i)\b(?:sold[ -]?out|out of stock|ausverkauft|nicht (?:auf lager|vorrätig|lieferbar)|vergriffen|épuisé|en rupture(?: de stock)?|agotado|sin existencias"
    r"|esaurito|non disponibile|uitverkocht|niet op voorraad|esgotado|slutsåld|udsolgt|utsolgt|loppuunmyyty|wyprzedan[ye]|vyprodáno|elfogyott)\b"
)
_LATER = re.compile(r"(?i)pre-?order|back-?order|vorbestell|notify|benachrichtig|waitlist|précommand|wait list|reserv")
# Where platforms' own themes say of the main product that it is sold out
_says_sold_out = etree.XPath(
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' summary ')]//*[contains(concat(' ', normalize-space(@class), ' '), ' out-of-stock ')]"
    " | //*[contains(@class, 'product-info-main')]//*[contains(concat(' ', normalize-space(@class), ' '), ' stock ')]"
    "[contains(concat(' ', normalize-space(@class), ' '), ' unavailable ')]"
)


@check(needs={"structured_data"})
def markup_words_known(snapshot: Snapshot) -> Iterator[Observation]:
    """No type or property is a misspelling of one of schema.org's. Words like none of them (extensions, pending, own) are let be."""
    items = list(_items(snapshot))
    if not items:
        yield inapplicable("no structured data")
        return
    seen: set[str] = set()
    for item in items:
        for kind, written in [("type", name) for name in item.types] + [("property", name) for name in item.properties]:
            if written in seen or not _NAME.fullmatch(written):
                continue
            seen.add(written)
            if known := schema_names.meant(written):
                sure = None if known.lower() == written.lower() else Certainty.LIKELY
                place = f"{item.source} {item.path}, line {item.line}"
                yield failed(
                    written,
                    Excerpt(kind, written, where=place),
                    certainty=sure,
                    kind=kind,
                    written=written,
                    known=known,
                )


def _items(snapshot: Snapshot) -> Iterator[Item]:
    for count, item in enumerate(snapshot.structured_data.walk()):
        if count >= _MOST_ITEMS:
            return
        yield item


@check(needs={"structured_data", "meta"})
def breadcrumbs_lead_here(snapshot: Snapshot) -> Iterator[Observation]:
    """Breadcrumbs lead to the shop, and a last one that is named as this page leads to this page.

    A trail may end before the page, and without an address; parameters (a variant's) and a slash make no difference.
    """
    trails = [trail for trail in snapshot.structured_data.of_type("BreadcrumbList") if trail.items("itemListElement")]
    if not trails:
        yield inapplicable("no breadcrumbs in the markup")
        return
    own = {_place(url) for url in (snapshot.url, snapshot.final_url, snapshot.meta.canonical) if url}
    names = {" ".join(name.split()).casefold() for name in snapshot.meta.h1s if name.strip()}
    seen: set[str] = set()
    for trail in trails:
        crumbs = [(_crumb_name(one), _crumb_url(snapshot, one), one) for one in trail.items("itemListElement")]
        for name, url, item in crumbs:
            if url and is_http(url) and not _owned(snapshot, url) and host(url) not in seen:
                seen.add(host(url))
                fault = f"lead to another host: “{name}” to {url}"
                yield failed(f"host {host(url)}", Excerpt("crumb", url, where=f"line {item.line}"), fault=fault)
        name, url, item = crumbs[-1]
        if not url or not name or name.casefold() not in names or not _owned(snapshot, url):
            continue
        if _place(absolute(snapshot.final_url, url) or url) not in own and "last" not in seen:
            seen.add("last")
            yield failed(
                "last",
                Excerpt("last crumb", f"{name}: {url}", where=f"line {item.line}"),
                certainty=Certainty.LIKELY if not snapshot.meta.canonical else None,
                fault=f"end with “{name}”, this page's name, and the address of another page: {url}",
            )


def _crumb_name(crumb: Item) -> str:
    return " ".join((crumb.text("name") or next((one.text("name") for one in crumb.items("item")), "")).split())


def _crumb_url(snapshot: Snapshot, crumb: Item) -> str:
    """The crumb's address, absolute; "" where it has none, or names a thing within this page (#crumb-1)."""
    value = crumb.first("item")
    written = (value.text("url") or value.id) if isinstance(value, Item) else str(value or "")
    written = written or crumb.text("url")
    return absolute(snapshot.final_url, written) or "" if written and not written.startswith("#") else ""


def _place(url: str) -> str:
    return crawl_key(url).partition("?")[0].rstrip("/").removeprefix("https:").removeprefix("http:")


def _owned(snapshot: Snapshot, url: str) -> bool:
    bare = host(url).removeprefix("www.")
    return any(snapshot.site.owns(f"https://{name}/") for name in (host(url), bare, f"www.{bare}"))


@check(needs={"structured_data", "meta"})
def markup_to_be_listed(snapshot: Snapshot) -> Iterator[Observation]:
    """A page that keeps itself out of search has no markup made for rich results. Lists, crumbs and the shop itself don't count."""
    if not snapshot.meta.noindex:
        yield inapplicable("the page may be listed")
        return
    wanted = {feature.type for feature in rich_results.load()} - {
        "BreadcrumbList",
        "Organization",
        "ItemList",
        "WebSite",
    }
    found = [item for item in snapshot.structured_data.items if any(item.is_a(one) for one in wanted) and item.types]
    types = sorted({item.types[0] for item in found})
    if types:
        yield failed(
            " ".join(types),
            *(Excerpt("item", one.types[0], where=f"line {one.line}") for one in found[:3]),
            types=types,
        )


@check(needs={"offers", "layout", "document"})
def availability_as_shown(snapshot: Snapshot) -> Iterator[Observation]:
    """Markup that says "in stock" is not contradicted by a button or the theme's own words, nor "out of stock" by a button that works.

    Offers that differ (variants) can't be compared with one button. Pre-orders and "notify me" are neither.
    """
    said = {offer.availability.lower() for offer in snapshot.offers.offers if offer.availability}
    if not said:
        yield inapplicable("no availability in the markup")
        return
    if not (said <= _IN_STOCK or said <= _OUT):
        yield cant_tell("the offers differ, or the product is neither simply in stock nor out of it")
        return
    written = next(offer for offer in snapshot.offers.offers if offer.availability)
    button = next((part for part in snapshot.layout.parts if part.name == "add_to_cart" and part.sure), None)
    words = _sold_out_words(snapshot)
    if said <= _IN_STOCK:
        if button is not None and _SOLD_OUT.search(button.text) and not _LATER.search(button.text):
            words = button.text
        if words:
            yield _contradicted(written.availability, words, f"says “{words[:60]}”", button.selector if button else "")
    elif button is not None and not words and _sells(button):
        yield _contradicted(
            written.availability, button.text, "has a button that puts it into the cart", button.selector
        )


def _sells(button: Part) -> bool:
    usable = button.state == "free" and not button.disabled
    return usable and not _SOLD_OUT.search(button.text) and not _LATER.search(button.text)


def _contradicted(availability: str, text: str, shown: str, where: str) -> Observation:
    return failed(
        f"{availability} {'sold out' if availability.lower() in _IN_STOCK else 'for sale'}",
        Excerpt("markup", availability),
        Excerpt("shown", text, where=where),
        markup=availability,
        shown=shown,
    )


def _sold_out_words(snapshot: Snapshot) -> str:
    for element in cast(list[etree._Element], _says_sold_out(snapshot.document.tree))[:5]:
        words = " ".join("".join(cast(list[str], element.xpath(".//text()"))).split())
        if words and _SOLD_OUT.search(words):
            return words[:80]
    return ""


class _Numbered(msgspec.Struct, frozen=True):
    name: str
    url: str


@check(scope=Scope.SITE)
def product_numbers_own(run: SiteQuery, *, products: int = 3) -> Iterator[Observation]:
    """No GTIN or SKU stands on `products` or more pages of products with different names, in one language.

    Variants of one product at several addresses have one name, and so have a page and its canonical.
    """
    found: dict[tuple[str, str, str], dict[str, _Numbered]] = defaultdict(dict)
    looked = 0
    for snapshot in run.fetched(PageType.PRODUCT):
        looked += 1
        if looked > _MOST:
            break
        mains = snapshot.offers.main
        name = next((" ".join(one.name.split()) for one in mains if one.name), "")
        page = _Numbered(name, snapshot.url)
        language = snapshot.meta.lang.lower()
        # Of a product with variants the numbers are theirs, and its own may be the group's
        single = [one for one in mains if not one.group and len(one.offers) <= 1]
        for kind, numbers in (
            (
                "GTIN",
                {number for one in single for number in (one.gtin, *(offer.gtin for offer in one.offers)) if number},
            ),
            ("SKU", {number for one in single for number in (one.sku, *(offer.sku for offer in one.offers)) if number}),
        ):
            for number in numbers if name else ():
                found[(kind, number[:80], language)].setdefault(name.casefold(), page)
    if not looked:
        yield inapplicable("no product was fetched")
        return
    for (kind, number, _), pages in found.items():
        if len(pages) < products:
            continue
        some = sorted(
            pages.values(), key=lambda one: one.url
        )  # pages come in the order they were fetched, which no two runs share
        yield failed(
            f"{kind} {number}",
            *(Excerpt(one.name, one.url) for one in some[:5]),
            page=some[0].url,
            severity=None if kind == "GTIN" else Severity.MINOR,
            certainty=None if kind == "GTIN" else Certainty.LIKELY,
            kind=kind,
            number=number,
            count=len(some),
            names=[one.name for one in some[:3]],
        )
