"""The pages that could be opened in browsers, with what makes them differ, and those of the site's run before; read from the store."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from auditor.facts import snapshot as facts
from auditor.facts.meta import Meta
from auditor.facts.offers import Offers, Product
from auditor.model.run import Run
from auditor.model.words import FetchOutcome, PageType
from auditor.render.select import Candidate
from auditor.store import documents, reading, responses, snapshots
from auditor.store.schema import pages, runs, urls
from auditor.store.schema import snapshots as taken

# How themes write a reduced price: struck through, or by the class names of the platforms
_OLD_PRICE = re.compile(
    rb"(?i)<(?:s|del|strike)[\s>]|class=[\"'][^\"'>]{0,200}(?:compare-at|compare_price|old-price|was-price|special-price|on-sale|regular-price|price-old|price--non-sale)"
)
_NEAR = 12_000  # bytes
_GONE = frozenset({"OutOfStock", "SoldOut", "Discontinued", "BackOrder"})


def candidates(connection: Connection, run: Run, *, undescribed: bool = False) -> list[Candidate]:
    """Fetched pages of the storefront; error, challenge and password pages are not opened in browsers.

    `undescribed`: also those of which nobody has told yet what they are.
    """
    wanted = [str(one) for one in PageType if one.is_storefront] + ([""] if undescribed else [])
    where = (
        pages.c.run_id == run.id, pages.c.document.is_not(None), pages.c.page_type.in_(wanted),
        pages.c.outcome == FetchOutcome.OK, urls.c.kind == "page",
    )  # fmt: skip
    columns = (
        pages.c.id.label("page_id"),
        pages.c.url,
        pages.c.page_key,
        pages.c.page_type,
        pages.c.template,
        pages.c.canonical_key,
    )
    rows = connection.execute(
        select(*columns, pages.c.document, pages.c.final_url, pages.c.response)
        .join(urls, urls.c.id == pages.c.url_id)
        .where(*where)
        .order_by(pages.c.id)
    ).all()
    return [
        Candidate(**{column.name: getattr(row, column.name) for column in columns}, **_signs(connection, row))
        for row in rows
    ]


def before(connection: Connection, run: Run) -> dict[str, int]:
    """Page keys that browsers saw: 0 in this run, 1 in the last run of the same site that saw any."""
    last = connection.execute(
        select(taken.c.run_id)
        .join(runs, runs.c.id == taken.c.run_id)
        .where(runs.c.site == run.site, runs.c.id < run.id, taken.c.outcome == FetchOutcome.OK)
        .order_by(taken.c.run_id.desc())
        .limit(1)
    ).scalar()
    told: dict[str, int] = {}
    for age, run_id in ((1, last), (0, run.id)):
        seen = select(taken.c.page_key).where(taken.c.run_id == run_id, taken.c.outcome == FetchOutcome.OK).distinct()
        told |= dict.fromkeys(connection.execute(seen).scalars(), age)
    return told


def _signs(connection: Connection, row: Any) -> dict[str, Any]:
    """Of what the facts say; nothing where they are not kept (any more)."""
    if row.page_type not in (PageType.PRODUCT, PageType.CATEGORY, PageType.CONTENT):
        return {}
    response = responses.unpack(connection, row.response)
    context = reading.context_of(row.final_url, response)
    kept = snapshots.read_facts(connection, row.document, context, facts.VERSION) or {}
    told: dict[str, Any] = {}
    if packed := kept.get("meta"):
        told["title"] = len(msgspec.msgpack.decode(packed, type=Meta).title)
    if row.page_type == PageType.PRODUCT and (packed := kept.get("offers")):
        offers = msgspec.msgpack.decode(packed, type=Offers).main
        told |= {
            "no_offer": not any(product.offers for product in offers),
            "sold_out": bool(offers) and all(_is_gone(product) for product in offers),
            "on_sale": any(_is_reduced(product) for product in offers) or _shows_old_price(connection, row.document),
            "variants": max((max(product.variants, len(product.offers)) for product in offers), default=0),
        }
    return told


def _is_gone(product: Product) -> bool:
    said = [offer.availability for offer in product.offers if offer.availability]
    return bool(said) and all(one in _GONE for one in said)


def _is_reduced(product: Product) -> bool:
    """Whether its markup gives a list price beside the price."""
    kinds = (one.kind for offer in product.offers for one in offer.specifications)
    return any(kind in ("ListPrice", "StrikethroughPrice", "SRP", "MSRP") for kind in kinds)


def _shows_old_price(connection: Connection, document: str) -> bool:
    """Whether an old price is written soon after the main heading; cards of other products come later."""
    html = documents.get(connection, document)
    heading = html.find(b"<h1")
    return heading >= 0 and bool(_OLD_PRICE.search(html, heading, heading + _NEAR))
