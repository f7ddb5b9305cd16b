"""What kind of page this is, voted on by what stands in the address, the body, the markup and the forms; read before any rule runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from itertools import islice
from typing import cast
from urllib.parse import urlsplit

import msgspec
from babel import Locale
from lxml import etree

from auditor.evidence.document import Document
from auditor.facts import contents
from auditor.facts.items import Item
from auditor.facts.platform import body_marks
from auditor.facts.product_signs import product_signs
from auditor.facts.shop_signs import has_list_controls, is_cart, product_cards, product_control
from auditor.facts.structured_data import structured_data
from auditor.knowledge import platforms
from auditor.knowledge.challenges import password_page, recognise
from auditor.knowledge.platforms import Marks, Platform
from auditor.model.urls import page_key
from auditor.model.words import PageType

VERSION = 5
_HTML = 200_000
_ids = etree.XPath("//@id", smart_strings=False)
_og_types = etree.XPath("//meta[@property='og:type']/@content", smart_strings=False)
_OG_PRICES = ("product:price:amount", "og:price:amount")
_ENOUGH = 1.5  # votes; a page with less is content
_SURE = 5.0
_PLATFORMS_OWN = 3.0  # what a mark of the platform weighs
_MANY = 16  # products with a button of their own; a product page recommends fewer
Headers = Mapping[str, str] | Iterable[tuple[str, str]]
Votes = Iterator[tuple[PageType, float, str]]


class PageTypeFact(msgspec.Struct, frozen=True):
    """`score` runs from 0 (a guess) to 1 (told by the answer itself, or by everything on the page)."""

    type: PageType = PageType.CONTENT
    score: float = 0.0
    signals: tuple[str, ...] = ()  # what spoke for it, for people


def page_type(url: str, status: int, document: Document, headers: Headers, platform: str = "") -> PageTypeFact:
    """The type of a page. `url` is the final one; `status` 0 where it is not known; `platform` an id or empty."""
    pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    if challenge := recognise(status, pairs, document.html, url):
        return PageTypeFact(PageType.CHALLENGE, 1.0, (f"{challenge.name}: {challenge.evidence}",))
    if stand := password_page(status, pairs, document.html, url, platform):
        kind = PageType.ERROR if stand.kind == "maintenance" else PageType.PASSWORD
        return PageTypeFact(kind, 1.0, (f"{stand.what}: {stand.evidence}",))
    if status >= 400:
        return PageTypeFact(PageType.ERROR, 1.0, (f"status {status}",))
    votes: dict[PageType, float] = {}
    signals: dict[PageType, list[str]] = {}
    for kind, weight, signal in _votes(url, document, platform):
        votes[kind] = votes.get(kind, 0.0) + weight
        signals.setdefault(kind, []).append(signal)
        if votes[kind] > _SURE and sum(votes.values()) - votes[kind] < _SURE / 2:
            break  # address and marks agree: no need to look at forms and prices
    ranked = sorted(votes.items(), key=lambda vote: -vote[1])
    if not ranked or ranked[0][1] < _ENOUGH:
        return PageTypeFact()
    kind, most = ranked[0]
    second = max(ranked[1][1], 0.0) if len(ranked) > 1 else 0.0
    score = min(most / _SURE, 1.0) * (most / (most + second))
    return PageTypeFact(kind, round(score, 2), tuple(signals[kind])[:10])


def addressed_as(url: str, platform: str = "") -> PageType | None:
    """The type that the address alone speaks for; None where it has no shape of its own."""
    known = platforms.load()
    return next((kind for kind, _, _ in _by_address(_target(url), known.get(platform), known.generic)), None)


def _votes(url: str, document: Document, platform: str) -> Votes:
    known = platforms.load()
    own = known.get(platform)
    addressed = list(_by_address(_target(url), own, known.generic))
    kinds = {kind for kind, _, _ in addressed}
    yield from addressed
    for kind, weight, signal in (*_by_marks(document, own, known.generic), *_by_words(document)):
        # an empty cart may be drawn by the template of errors (OpenCart)
        if kind is PageType.ERROR and PageType.CART in kinds:
            continue
        # themes leave "home" or "index" on pages that they don't know (forgotten password, feedback)
        far = kind is PageType.HOME and PageType.HOME not in kinds and weight < _PLATFORMS_OWN
        yield kind, weight / 2 if far else weight, signal
    yield from _by_markup(url, document)
    # results of a search are a list of products, too
    yield from _by_controls(document, PageType.SEARCH if PageType.SEARCH in kinds else PageType.CATEGORY)
    if all(weight < _ENOUGH for _, weight, _ in addressed) and contents.says_nothing(document):
        yield PageType.CATEGORY, _ENOUGH, "says that it has no products"
    if PageType.ACCOUNT in kinds and document.tree.xpath("boolean(//input[@type='password'])"):
        yield PageType.ACCOUNT, 1.0, "a form that asks for a password"


def _target(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    return ((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))[:2_000]


def _by_address(target: str, own: Platform | None, generic: Platform) -> Votes:
    """The first shape that fits: of the platform, where it is known to have one, else of shops in general."""
    path = target.partition("?")[0]
    for platform, weight in ((own, 2.5), (generic, 1.5)):
        for kind, shapes in platform.page_types.items() if platform else ():
            if not any(shape.search(target) for shape in shapes):
                continue
            if kind is PageType.HOME:
                # the root is home whatever it looks like; /tv and /men are no locales
                bare = 1.5 if "." in path else 1.0
                weight = 4.0 if path in ("", "/") else 3.5 if _is_locale(path.strip("/")) else bare
            yield kind, weight, f"address {target[:80]}"
            return


_COUNTRIES = frozenset(
    [
        "us",
        "uk",
        "gb",
        "ca",
        "au",
        "eu",
        "at",
        "ch",
        "be",
        "ie",
        "nz",
        "mx",
        "in",
        "jp",
        "cn",
        "br",
        "sg",
        "hk",
        "ae",
        "za",
        "dk",
        "se",
        "cz",
    ]
)


@cache
def _languages() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").languages if len(str(code)) == 2)


def _is_locale(folder: str) -> bool:
    """`de`, `en-gb`, `us`, `fr_ca`, `us-en`."""
    parts = re.split(r"[-_]", folder.lower())
    return (
        len(parts) <= 2
        and any(part in _languages() for part in parts) | (parts[0] in _COUNTRIES)
        and all(len(part) in (2, 3) for part in parts)
    )


def _by_marks(document: Document, own: Platform | None, generic: Platform) -> Votes:
    body = body_marks(document)
    ids = frozenset(cast(list[str], _ids(document.tree))[:3_000])
    lower = document.html[:_HTML].lower() if own and own is not generic else ""
    for platform, weight in ((own, _PLATFORMS_OWN), (generic, 2.0)):
        for kind, marks in platform.marks.items() if platform else ():
            # pages of a CMS carry "page" beside the class that says more
            worth = weight / 2 if kind is PageType.CONTENT else weight
            if kind is PageType.ERROR and platform is own:
                worth *= 2  # the platform says that nothing is there, whatever the address asks for
            if mark := _marked(marks, body, ids, lower):
                yield kind, worth, f"mark {mark}"


@cache
def _parts(mark: str) -> list[str]:
    """The ids and classes of a mark of the body."""
    return re.findall(r"[.#][^.#]+", mark)


@lru_cache(maxsize=5_000)
def _marked_body(marks: tuple[str, ...], body: tuple[str, ...]) -> str:
    """The mark that the body shows; remembered, since a template's pages have the same body."""
    return next(
        (mark for mark in marks if all(any(fnmatchcase(name, part) for name in body) for part in _parts(mark))), ""
    )


def _marked(marks: Marks, body: tuple[str, ...], ids: frozenset[str], lower: str) -> str:
    if mark := _marked_body(marks.body, body):
        return mark
    for name in marks.ids:
        if name in ids or ("*" in name and any(fnmatchcase(one, name) for one in ids)):
            return f"#{name}"
    return next((word for word in marks.contains if word in lower), "")


# What shops tell their tags: data-page-type="product", pageType: "category", ecomm_pagetype: 'home'
_WORDS = {
    "home": PageType.HOME,
    "homepage": PageType.HOME,
    "index": PageType.HOME,
    "product": PageType.PRODUCT,
    "productdetail": PageType.PRODUCT,
    "product_detail": PageType.PRODUCT,
    "product-detail": PageType.PRODUCT,
    "productpage": PageType.PRODUCT,
    "pdp": PageType.PRODUCT,
    "category": PageType.CATEGORY,
    "collection": PageType.CATEGORY,
    "listing": PageType.CATEGORY,
    "productlist": PageType.CATEGORY,
    "plp": PageType.CATEGORY,
    "search": PageType.SEARCH,
    "searchresults": PageType.SEARCH,
    "search_results": PageType.SEARCH,
    "cart": PageType.CART,
    "basket": PageType.CART,
    "checkout": PageType.CHECKOUT,
    "account": PageType.ACCOUNT,
    "login": PageType.ACCOUNT,
    "page": PageType.CONTENT,
    "article": PageType.CONTENT,
    "blog": PageType.CONTENT,
    "cms": PageType.CONTENT,
    "content": PageType.CONTENT,
    "404": PageType.ERROR,
    "notfound": PageType.ERROR,
}
_SAID = re.compile(
    r"[\"']?\b(?:ecomm_)?page_?-?(?:type|category|kind|template)[\"']?\s{0,3}[:=]\s{0,3}[\"']([\w-]{2,20})[\"']",
    re.IGNORECASE,
)
_ATTRIBUTES = ("data-page-type", "data-pagetype", "data-page", "data-template", "data-page-template", "data-page-name")


def _by_words(document: Document) -> Votes:
    for element in (document.tree, document.tree.find("body"), document.tree.find(".//main")):
        for name in _ATTRIBUTES if element is not None else ():
            said = (element.get(name) or "").lower()
            if kind := _WORDS.get(said.rpartition("/")[2]):
                yield kind, 2.5, f'{name}="{said[:40]}"'
                return
    for script in islice((one for one in document.tree.iter("script") if one.get("src") is None), 60):
        text = (script.text or "")[:40_000]
        if "page" not in text.lower():
            continue
        if (found := _SAID.search(text)) and (kind := _WORDS.get(found[1].lower())):
            yield kind, 2.0, f"script {' '.join(found[0].split())[:60]}"
            return


# types of pages in markup; those that themes put on every page weigh little
_TYPES = (
    ("SearchResultsPage", PageType.SEARCH, 2.5),
    ("CheckoutPage", PageType.CHECKOUT, 2.5),
    ("CollectionPage", PageType.CATEGORY, 1.0),
    ("ItemPage", PageType.PRODUCT, 1.0),
    ("ContactPage", PageType.CONTENT, 2.0),
    ("AboutPage", PageType.CONTENT, 2.0),
    ("FAQPage", PageType.CONTENT, 0.5),
)
_OPEN_GRAPH = {
    "product": (PageType.PRODUCT, 2.0),
    "og:product": (PageType.PRODUCT, 2.0),
    "product.item": (PageType.PRODUCT, 2.0),
    "product.group": (PageType.CATEGORY, 2.0),
    "article": (PageType.CONTENT, 0.5),
    "blog": (PageType.CONTENT, 1.0),
}


def _by_markup(url: str, document: Document) -> Votes:
    tops = structured_data(document).items
    pages = [item for item in tops if item.is_a("WebPage")]
    yield from _by_products(url, document, [*tops, *(about for page in pages for about in page.items("mainEntity"))])
    for name, kind, weight in _TYPES:
        if any(name in item.types for item in pages):
            yield kind, weight, f"markup {name}"
    if sum(1 for item in tops if item.is_a("Article")) == 1:
        yield PageType.CONTENT, 2.0, "markup Article"
    lists = [
        item
        for item in (*tops, *(about for page in pages for about in page.items("mainEntity")))
        if "ItemList" in item.types
    ]
    if any(len(item.all("itemListElement")) >= 2 for item in lists):
        yield PageType.CATEGORY, 1.0, "markup ItemList"
    here = page_key(url)
    sites = [item.text("url") for item in tops if "WebSite" in item.types]
    if any(page_key(site).rstrip("/") == here.rstrip("/") for site in sites[:5] if site.startswith("http")):
        yield PageType.HOME, 2.0, "markup WebSite with this address"
    for meta in cast(list[str], _og_types(document.tree))[:1]:
        if vote := _OPEN_GRAPH.get(meta.strip().lower()):
            yield *vote, f"og:type {meta[:40]}"
    if any(one.get("property") in _OG_PRICES for one in document.tree.iter("meta")):
        yield PageType.PRODUCT, 1.0, "Open Graph price"


def _by_products(url: str, document: Document, items: list[Item]) -> Votes:
    """One product described at the top speaks for a page about it; several for a list, unless one of them is the heading."""
    products = {(item.id or item.text("name") or item.path): item for item in items if item.is_a("Product")}
    names = {item.text("name").casefold() for item in products.values()}
    if not products:
        return
    if len(products) == 1 or len(names) == 1:
        whole = any(
            item.all("offers") or item.all("hasVariant") or item.all("sku") or item.all("aggregateRating")
            for item in products.values()
        )
        yield PageType.PRODUCT, 2.5 if whole else 1.5, "markup of one product"
        return
    heading = " ".join(
        "".join(next(iter(document.tree.iter("h1")), document.tree.makeelement("h1")).itertext()).split()
    ).casefold()
    here = page_key(url)
    own = any(heading == " ".join(name.split()) for name in names if heading) or any(
        page_key(link) == here for item in products.values() if (link := item.text("url")).startswith("http")
    )
    if own:
        yield PageType.PRODUCT, 2.5, "markup of the product that the page names"
    elif len(products) >= 3:
        yield PageType.CATEGORY, 1.5, f"markup of {len(products)} products"


def _by_signs(document: Document) -> Votes:
    """A product that is sold out, or whose variants have pages of their own, has nothing to put into the cart."""
    signs = product_signs(document)
    for sign in signs.near:
        yield PageType.PRODUCT, 0.75, f"{sign} by the heading"
    if signs.number:
        yield PageType.PRODUCT, 0.75, "an article number"
    if signs.sections:
        weight = 2.0 if signs.sections >= 2 else 0.75
        yield PageType.PRODUCT, weight, f"{signs.sections} of a product's sections"


def _by_controls(document: Document, listing: PageType) -> Votes:
    control = product_control(document)
    cards = product_cards(document)
    # a button that a list has once (instalments, a quick order) beside those of its many cards
    own = control.main and (control.choices or min(control.in_cards, cards) < _MANY)
    if own:
        yield PageType.PRODUCT, 2.5 if control.choices else 2.0, "one product to put into the cart"
    elif control.in_cards >= 3:
        yield listing, 1.0, f"{control.in_cards} products to put into the cart"
    if not control.main:
        yield from _by_signs(document)
    if is_cart(document) and not control.main:
        yield PageType.CART, 1.5, "quantities and a way to the checkout"
    if cards >= 4:
        yield listing, 1.5 if cards >= 8 and not own else 1.0, f"{cards} products side by side"
    # sorting and pages without products belong to a blog or to an order history
    if (cards >= 4 or control.in_cards) and (signs := has_list_controls(document)):
        yield listing, 0.75 * min(len(signs), 2), f"a list's {', '.join(signs)}"
