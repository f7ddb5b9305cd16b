"""Builds the structured data of the demo shop's pages: the text of their JSON-LD blocks."""

import json
import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any

from auditor.demo.catalogue import CURRENCY, Product, Variant
from auditor.demo.templates import SITE, Html, form, join

SHOP = "Lantern & Loom"
Crumbs = Sequence[tuple[str, str]]
SHIPPING = {
    "@type": "OfferShippingDetails",
    "shippingRate": {"@type": "MonetaryAmount", "value": 4.9, "currency": CURRENCY},
    "shippingDestination": {"@type": "DefinedRegion", "addressCountry": "DE"},
    "deliveryTime": {
        "@type": "ShippingDeliveryTime",
        "handlingTime": {"@type": "QuantitativeValue", "minValue": 0, "maxValue": 1, "unitCode": "DAY"},
        "transitTime": {"@type": "QuantitativeValue", "minValue": 1, "maxValue": 3, "unitCode": "DAY"},
    },
}


def script_safe(value: object, indent: int | None = None) -> Html:
    """A value as JSON that may stand inside a script element."""
    return Html(json.dumps(value, ensure_ascii=False, indent=indent).replace("<", "\\u003c"))


def block(data: dict[str, Any]) -> Html:
    """The text of one JSON-LD block."""
    return script_safe({"@context": "https://schema.org", **data}, indent=1)


def scripts(blocks: Sequence[Html]) -> Html:
    """The blocks as script elements."""
    return join(form('<script type="application/ld+json">{text}</script>', text=text) for text in blocks)


def breadcrumbs(origin: str, crumbs: Crumbs) -> Html:
    """BreadcrumbList of the crumbs the page shows."""
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": origin + path}
        for place, (name, path) in enumerate(crumbs, start=1)
    ]
    return block({"@type": "BreadcrumbList", "itemListElement": items})


def product(origin: str, item: Product, variant: Variant) -> Html:
    """Product with one offer."""
    address = origin + item.path
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": address if variant is item.variants[0] else f"{address}?variant={variant.sku}",
        "priceCurrency": CURRENCY,
        "price": str(variant.price),
        "priceValidUntil": "2099-12-31",
        "itemCondition": "https://schema.org/NewCondition",
        "availability": f"https://schema.org/{'OutOfStock' if variant.sold_out else 'InStock'}",
        "seller": {"@type": "Organization", "name": SHOP},
        "hasMerchantReturnPolicy": {
            "@type": "MerchantReturnPolicy",
            "applicableCountry": "DE",
            "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
            "merchantReturnDays": 30,
            "returnMethod": "https://schema.org/ReturnByMail",
            "returnFees": "https://schema.org/FreeReturn",
        },
        "shippingDetails": SHIPPING,
    }
    return block(
        {
            "@type": "Product",
            "name": item.name,
            "image": [origin + item.picture],
            "description": item.text,
            "sku": variant.sku,
            "gtin13": variant.gtin,
            "brand": {"@type": "Brand", "name": item.maker},
            "category": item.category.capitalize(),
            "material": item.material,
            "offers": offer,
        }
    )


def listing(origin: str, name: str, products: Sequence[Product]) -> Html:
    """ItemList of the products on a category page, by address only."""
    items = [
        {"@type": "ListItem", "position": place, "url": origin + item.path}
        for place, item in enumerate(products, start=1)
    ]
    return block({"@type": "ItemList", "name": name, "itemListElement": items})


def shop(origin: str) -> Html:
    """Organization and WebSite in one graph, on the home page."""
    organization = {
        "@type": "Organization",
        "@id": f"{origin}/#organization",
        "name": SHOP,
        "url": f"{origin}/",
        "logo": f"{origin}/assets/logo.svg",
        "email": "hello@lantern-loom.example",
        "telephone": "+49 30 23125 123",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": "Webergasse 12",
            "postalCode": "10999",
            "addressLocality": "Berlin",
            "addressCountry": "DE",
        },
    }
    website = {
        "@type": "WebSite",
        "@id": f"{origin}/#website",
        "name": SHOP,
        "url": f"{origin}/",
        "inLanguage": "en",
        "publisher": {"@id": f"{origin}/#organization"},
    }
    return block({"@graph": [organization, website]})


def article(origin: str, name: str, path: str) -> Html:
    """Article of the journal."""
    return block(
        {
            "@type": "Article",
            "headline": name,
            "mainEntityOfPage": origin + path,
            "image": [f"{origin}/media/mill-desk-lamp.png"],
            "datePublished": "2026-03-02T09:00:00+01:00",
            "dateModified": "2026-03-02T09:00:00+01:00",
            "author": {"@type": "Organization", "name": SHOP, "url": f"{origin}/pages/about"},
        }
    )


@cache
def questions() -> list[dict[str, str]]:
    """The questions of the page of answers: id, ask and answer."""
    found: list[dict[str, str]] = tomllib.loads((SITE / "faq.toml").read_text(encoding="utf-8"))["question"]
    return found


def answers() -> Html:
    """FAQPage."""
    return block(
        {
            "@type": "FAQPage",
            "mainEntity": [
                {
                    "@type": "Question",
                    "name": entry["ask"],
                    "acceptedAnswer": {"@type": "Answer", "text": entry["answer"]},
                }
                for entry in questions()
            ],
        }
    )
