"""Facts about offers: which product of the markup is the page's own, and each price that the markup states for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import unescape
from itertools import islice
from urllib.parse import parse_qs, urlsplit

import msgspec

from auditor.evidence.document import Document
from auditor.facts.items import Item, short
from auditor.facts.meta import Meta, meta
from auditor.facts.money import parse_amounts
from auditor.facts.offer import Offer, Product
from auditor.facts.offer_price import read_price, specification
from auditor.facts.page_product import page_product
from auditor.facts.structured_data import StructuredData
from auditor.facts.variants import variants_beside

__all__ = ["Offer", "Offers", "Product", "offers"]

VERSION = 1
_MOST_PRODUCTS = 500
_MOST_OFFERS = 1_000
# Properties under which a product is not the page's own
_RELATED = frozenset(
    {
        "isrelatedto",
        "issimilarto",
        "isaccessoryorsparepartfor",
        "isconsumablefor",
        "addon",
        "ispartof",
        "itemreviewed",
        "haspart",
    }
)
_LISTED = frozenset(
    {
        "itemlistelement",
        "item",
        "itemoffered",
        "hasoffercatalog",
        "makesoffer",
        "includesobject",
        "typeofgood",
        "mentions",
    }
)
_GTINS = ("gtin", "gtin13", "gtin14", "gtin12", "gtin8")
_SELLABLE = frozenset(
    {"Book", "SoftwareApplication", "Course", "Event", "CreativeWork", "MusicAlbum", "Movie", "Service"}
)


class Offers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`main`: all descriptions of the page's own product (the theme's, an app's); empty with `ambiguous` where it is not clear."""

    main: tuple[Product, ...] = ()
    others: tuple[Product, ...] = ()
    social: tuple[Offer, ...] = ()  # Open Graph price tags
    ambiguous: str = ""
    matched: str = ""  # by what the main product is known: url, name, only
    cut: bool = False

    @property
    def items(self) -> tuple[Offer, ...]:
        """Every offer of the page, those of the main product first (`offer.main`), then other products', then Open Graph's."""
        return tuple(offer for product in self.main + self.others for offer in product.offers) + self.social

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Every offer of the main product in JSON-LD and microdata, of all descriptions."""
        return tuple(offer for product in self.main for offer in product.offers)


def offers(structured_data: StructuredData, document: Document, url: str = "", about: Meta | None = None) -> Offers:
    """The products and offers of a page at `url` (where the document was, unless given). `about` spares reading the head again."""
    about = about or meta(document)
    url = url or document.url
    products = list(_products(structured_data))
    cut = len(products) > _MOST_PRODUCTS
    own = [product for product in products[:_MOST_PRODUCTS] if product.place == "own"]
    main, matched, ambiguous = page_product(own, document, url, about)
    others = tuple(product for product in products[:_MOST_PRODUCTS] if not any(product is chosen for chosen in main))
    marked = tuple(_marked(product) for product in main)
    return Offers(main=marked, others=others, social=_social(about), ambiguous=ambiguous, matched=matched, cut=cut)


def _marked(product: Product) -> Product:
    return msgspec.structs.replace(
        product, offers=tuple(msgspec.structs.replace(offer, main=True) for offer in product.offers)
    )


def _products(data: StructuredData) -> Iterator[Product]:
    every = (pair for top in data.items for pair in _placed(top, "own"))
    placed = list(islice(every, _MOST_PRODUCTS + 1))
    beside = variants_beside([item for item, place in placed if place == "own"])
    within = {id(variant) for variants in beside.values() for variant in variants}
    for item, place in placed:
        if id(item) not in within:
            yield _product(item, place, beside.get(id(item), ()))


def _placed(item: Item, place: str) -> Iterator[tuple[Item, str]]:
    """Products in and below an item with their place. Variants belong to their group; what was put in for a reference stands elsewhere."""
    sells = item.is_a("Product") or ("offers" in item.properties and not _SELLABLE.isdisjoint(item.types))
    if sells:
        yield item, place
    elif item.is_a("Offer") and item.items("itemOffered"):
        # the offer around its product, as GoodRelations had it
        for product in item.items("itemOffered"):
            bare = msgspec.structs.replace(
                item, properties={name: values for name, values in item.properties.items() if name != "itemOffered"}
            )
            if product.is_a("Product") and "offers" not in product.properties:
                yield msgspec.structs.replace(product, properties=product.properties | {"offers": [bare]}), place
        return
    for name, values in item.properties.items():
        key = name.lower()
        if (sells and key == "hasvariant") or key in ("isvariantof", "offers"):
            continue
        below = (
            "related"
            if key in _RELATED or place == "related"
            else "listed"
            if key in _LISTED or place == "listed"
            else "related"
            if sells
            else place
        )
        for value in values:
            if isinstance(value, Item) and not value.referenced:
                yield from _placed(value, below)


def _product(item: Item, place: str, beside: Sequence[Item]) -> Product:
    variants = [variant for variant in item.items("hasVariant") if variant.properties]
    known = {variant.id for variant in variants} - {""}
    variants += [variant for variant in beside if variant.id not in known]
    found = tuple(islice(_all_offers(item, variants), _MOST_OFFERS))
    return Product(
        types=item.types,
        name=unescape(_text(item, "name")),
        id=item.id,
        url=_text(item, "url"),
        sku=_text(item, "sku") or _text(item, "productID"),
        gtin=_gtin(item),
        mpn=_text(item, "mpn"),
        brand=unescape(_text(item, "brand")),
        images=tuple(_images(item))[:50],
        group="ProductGroup" in item.types,
        variants=len(variants),
        offers=found,
        place=place,
        source=item.source,
        block=item.block,
        path=item.path,
        line=item.line,
    )


def _all_offers(item: Item, variants: Sequence[Item]) -> Iterator[Offer]:
    yield from _offers_of(item, "")
    for number, variant in enumerate(variants, 1):
        known = _text(variant, "sku") or variant.id or _text(variant, "url") or _text(variant, "name") or str(number)
        yield from _offers_of(variant, known)


def _offers_of(product: Item, variant: str) -> Iterator[Offer]:
    for offer in product.items("offers"):
        yield _offer(offer, product, variant, "")
        for inner in offer.items("offers"):
            yield _offer(inner, product, variant, "aggregate")


def _offer(item: Item, product: Item, variant: str, within: str) -> Offer:
    aggregate = "AggregateOffer" in item.types or ("lowPrice" in item.properties and "price" not in item.properties)
    specifications = tuple(specification(spec) for spec in item.items("priceSpecification"))[:50]
    written, price, malformed, reading = read_price(item.all("price"), present="price" in item.properties)
    price_from, currency = "", _text(item, "priceCurrency")
    # Google reads offers.price first and a specification only without it (woocommerce/woocommerce#60652)
    plain = [spec for spec in specifications if spec.written and spec.kind in ("", "SalePrice") and not spec.unit]
    if written is None and not aggregate and plain:
        written, price, malformed, reading = read_price([plain[0].written], present=True)
        price_from, currency = "specification", currency or plain[0].currency
    low_written, low, _, _ = read_price(item.all("lowPrice"), present="lowPrice" in item.properties)
    high_written, high, _, _ = read_price(item.all("highPrice"), present="highPrice" in item.properties)
    availability = _text(item, "availability")
    own = variant or _own_variant(item, product)
    return Offer(
        kind="AggregateOffer" if aggregate else "Offer",
        written=written,
        price=price,
        reading=reading,
        malformed=malformed,
        price_from=price_from,
        currency=currency.upper() if re.fullmatch(r"[A-Za-z]{3}", currency) else "",
        currency_written=currency,
        low=low,
        high=high,
        low_written=low_written or "",
        high_written=high_written or "",
        count=_text(item, "offerCount"),
        availability=short(availability).rpartition("/")[2],
        availability_written=availability,
        condition=short(_text(item, "itemCondition")).rpartition("/")[2],
        valid_until=_text(item, "priceValidUntil"),
        valid_from=_text(item, "validFrom"),
        specifications=specifications,
        sku=_text(item, "sku") or (_text(product, "sku") if variant else ""),
        gtin=_gtin(item) or (_gtin(product) if variant else ""),
        mpn=_text(item, "mpn"),
        url=_text(item, "url") or (_text(product, "url") if variant else ""),
        name=unescape(_text(item, "name") or (_text(product, "name") if variant else "")),
        variant=own,
        within=within,
        source=item.source,
        block=item.block,
        path=item.path,
        line=item.line,
    )


def _own_variant(offer: Item, product: Item) -> str:
    """What tells an offer from its siblings where a product lists one offer per variant."""
    if len(product.items("offers")) < 2 and not any("offers" in each.properties for each in product.items("offers")):
        return ""
    return (
        _text(offer, "sku")
        or _variant_of(_text(offer, "url"))
        or offer.id
        or _text(offer, "url")
        or _text(offer, "name")
    )


def _variant_of(url: str) -> str:
    try:
        return parse_qs(urlsplit(url).query).get("variant", [""])[0]
    except ValueError:
        return ""


def _text(item: Item, name: str) -> str:
    return item.text(name)[:2_000]


def _gtin(item: Item) -> str:
    return next((value for name in _GTINS if (value := _text(item, name))), "")


def _images(item: Item) -> Iterator[str]:
    for value in item.all("image"):
        if isinstance(value, Item):
            url = _text(value, "url") or _text(value, "contentUrl") or value.id
            if url:
                yield url
        elif isinstance(value, str) and value:
            yield value[:2_000]


def _in_currency(written: str, currency: str) -> Decimal | None:
    """What "12,800" is in a currency without minor units; None where it stays open."""
    amounts = parse_amounts(f"{written} {currency.upper()}")
    return amounts[0].amount if len(amounts) == 1 and not amounts[0].ambiguous and amounts[0].currency else None


def _social(about: Meta) -> tuple[Offer, ...]:
    """Prices of Open Graph tags, one offer per family: product:, og:."""
    found: list[Offer] = []
    for family in ("product", "og"):
        prices = [
            item for item in about.properties if item.name in (f"{family}:price:amount", f"{family}:sale_price:amount")
        ]
        currency = about.property(f"{family}:price:currency")
        availability = about.property(f"{family}:availability")
        for item in prices[:10]:
            written, price, malformed, reading = read_price([item.content], present=True)
            if malformed == "thousands_separator" and reading is None:
                reading = _in_currency(written or "", currency)
            offer = Offer(
                written=written,
                price=price,
                malformed=malformed,
                reading=reading,
                currency=currency.upper() if re.fullmatch(r"[A-Za-z]{3}", currency) else "",
                currency_written=currency,
                availability=availability,
                availability_written=availability,
                source="og",
                path=item.name,
                line=item.line,
            )
            found.append(offer)
    return tuple(found)
