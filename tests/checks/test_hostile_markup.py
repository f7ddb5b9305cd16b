"""Markup made to hurt: every rule of markup answers in bounded time, and none of them breaks."""

from __future__ import annotations

import json
import time

import pytest

from auditor.checks import registry
from auditor.evaluate import made_up, packs
from auditor.evaluate.judge import Judge
from auditor.evidence.document import Document
from auditor.facts.structured_data import structured_data
from auditor.model.words import Outcome

LONGEST = 30.0  # seconds of work for one page; each takes well under three here
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Lamp",
    "url": "https://shop.example/products/lamp",
}


def ld(data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<script type="application/ld+json">{text}</script>'


def nested(depth: int) -> dict[str, object]:
    made: dict[str, object] = {"@type": "Product"}
    for _ in range(depth):
        made = {"@type": "Product", "isRelatedTo": made, "offers": {"@type": "Offer", "offers": made}}
        if len(json.dumps(made)) > 200_000:
            break
    return made


HOSTILE = {
    "ten thousand blocks": ld(PRODUCT) * 10_000,
    "nested deeply": ld({**PRODUCT, "isRelatedTo": nested(12)}),
    "nested beyond any reader": ld("[" * 100_000),
    "references in circles": ld(
        {
            "@graph": [
                {
                    "@type": "Product",
                    "@id": f"#{i}",
                    "name": "Lamp",
                    "isRelatedTo": {"@id": f"#{(i + 1) % 200}"},
                    "offers": {"@id": f"#{i}"},
                }
                for i in range(200)
            ]
        }
    ),
    "thousands of offers": ld(
        {
            **PRODUCT,
            "offers": [
                {"@type": "Offer", "price": str(i), "priceCurrency": "EUR", "gtin13": str(i)} for i in range(4_000)
            ],
        }
    ),
    "thousands of variants": ld(
        {
            **PRODUCT,
            "@type": "ProductGroup",
            "variesBy": ["color"] * 300,
            "hasVariant": [
                {"@type": "Product", "sku": "x", "offers": {"@type": "Offer", "price": "x"}} for _ in range(3_000)
            ],
        }
    ),
    "thousands of crumbs": ld(
        {
            "@type": "BreadcrumbList",
            "itemListElement": [{"@type": "ListItem", "position": "9" * 50, "name": "x" * 500} for _ in range(4_000)],
        }
    ),
    "a million braces": ld({**PRODUCT, "description": "{{" * 500_000, "name": "&amp" * 100_000}),
    "names like misspellings": ld({**PRODUCT, **{f"priceValidUnti{i}": 1 for i in range(3_000)}}),
    "wrong kinds everywhere": ld(
        {
            **PRODUCT,
            "name": {"@type": "Offer"},
            "offers": [1, None, "x", {"@type": 7}, [[{"price": {"a": 1}}]]],
            "brand": [[]],
            "gtin": True,
            "image": {"@id": "#"},
            "aggregateRating": [None, "5", {"ratingValue": {"x": 1}}],
            "review": "good",
        }
    ),
    "numbers beyond any": ld(
        '{"@context":"https://schema.org","@type":"Product","name":"Lamp","offers":{"price":1e999,"lowPrice":'
        + "9" * 5_000
        + ',"priceValidUntil":-0}}'
    ),
    "microdata in itself": "<div itemscope itemtype='https://schema.org/Product' id=r itemref='r r r' itemprop=offers><b itemprop=name>Lamp</b></div>"
    * 500,
    "rdfa in itself": "<div vocab='https://schema.org/' typeof=Product property=isRelatedTo>" * 230
    + "<b property=name>Lamp</b>",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(120)
def test_hostile_markup(name: str) -> None:
    judge = Judge(list(packs.load(("structured-data", "product-data")).rules), dict(registry.load()), {}, ())
    page = made_up.page({"html": f"<h1>Lamp</h1>{HOSTILE[name]}", "headers": {"date": "Fri, 20 Nov 2026 03:00:00 GMT"}})
    before = time.process_time()
    judged = judge.page(page)
    assert time.process_time() - before < LONGEST
    broken = [tally for tally in judged.tallies if tally.outcome is Outcome.CANT_TELL and "Error" in tally.reason]
    assert broken == []
    assert len(judged.findings) < 1_000


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "shift_jis", "utf-8-sig"])
def test_other_encodings(encoding: str) -> None:
    body = f'<meta charset="{encoding}"><h1>Lamp</h1>{ld(PRODUCT)}'.encode(encoding) + b"\xff\xfe\x80"
    data = structured_data(
        Document.from_bytes(body, made_up.URL, f"text/html; charset={encoding.removesuffix('-sig')}")
    )
    assert [item.text("name") for item in data.items] == ["Lamp"]
