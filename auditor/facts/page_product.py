"""Which of the products in the markup is the page's own, among all that are described on it; a step of facts about offers."""

from __future__ import annotations

from html import unescape
from urllib.parse import urlsplit

from auditor.evidence.document import Document
from auditor.facts.meta import Meta
from auditor.facts.offer import Product


def page_product(own: list[Product], document: Document, url: str, about: Meta) -> tuple[list[Product], str, str]:
    """Descriptions of the page's own product, by what it is known, and why it is not where it isn't."""
    if not own:
        return [], "", "no product in the markup"
    here = {_place(address) for address in (url, about.canonical) if address} - {""}
    names = {_folded(name) for name in about.h1s} - {""}
    title = _folded(about.title)
    by_url = [product for product in own if here & _places(product, document)]
    if by_url:
        # A page's URL may stand on all of its cards by mistake: the name must not speak against it
        known = {_folded(product.name) for product in by_url}
        named = [product for product in by_url if _folded(product.name) in names] if len(known) > 1 else by_url
        if named:
            return _with_twins(named, own), "url", ""
    by_name = [product for product in own if product.name and _folded(product.name) in names]
    if by_name:
        return _with_twins(by_name, own), "name", ""
    by_title = [
        product for product in own if product.name and len(product.name) > 3 and title.startswith(_folded(product.name))
    ]
    if by_title and len({_folded(product.name) for product in by_title}) == 1:
        return _with_twins(by_title, own), "name", ""
    different = {_folded(product.name) or product.id or product.path for product in own}
    if len(different) == 1:
        return own, "only", ""
    return [], "", f"{len(different)} products in the markup and none of them has the page's URL or heading"


def _with_twins(chosen: list[Product], own: list[Product]) -> list[Product]:
    """Other descriptions of the same product: same id, sku or name."""
    ids = {product.id for product in chosen} - {""}
    skus = {product.sku for product in chosen} - {""}
    names = {_folded(product.name) for product in chosen} - {""}
    return [
        product
        for product in own
        if any(product is each for each in chosen)
        or product.id in ids
        or product.sku in skus
        or _folded(product.name) in names
    ]


def _places(product: Product, document: Document) -> set[str]:
    """Places that a product says are its own: its url and id, and the urls of its offers."""
    written = [
        product.url,
        product.id if not product.id.startswith("_:") else "",
        *(offer.url for offer in product.offers[:20]),
    ]
    return {_place(document.absolute(address) or "") for address in written if address} - {""}


def _place(url: str) -> str:
    """Host-less path without trailing slash; the root is no product's place. A shop has one product under several collections."""
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
    _, collection, tail = path.partition("/products/")
    return f"/products/{tail}" if collection else path


def _folded(text: str) -> str:
    return " ".join(unescape(text).casefold().split())
