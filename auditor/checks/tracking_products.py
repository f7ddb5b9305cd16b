"""Checks of which product tags speak of: the id of a product view against the ids that the page itself has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.product_ids import ProductIds, product_ids, stands_for
from auditor.facts.snapshot import Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty

# What vendors call the view of one product
VIEWS = frozenset({"view_item", "ViewContent", "viewItem", "VIEW_CONTENT", "pagevisit", "PageVisit", "Viewed Product", "Product Viewed"})  # fmt: skip
_EMPTY = re.compile(
    r"(?i)undefined|null|none|nan|\[object object\]|\{\{.{0,60}\}\}|\$\{.{0,60}\}|%[a-z_]{2,40}%|0|false|true|\(not set\)|product[_ ]?id|item[_ ]?id|sku"
)


@check(needs={"hits", "document", "offers", "platform_prices"})
def product_view_identified(snapshot: Snapshot) -> Iterator[Observation]:
    """The product view of each vendor names the product that the page shows, by one of the ids the page has.

    Prefixes of feeds (`shopify_US_123_456`, `gla_17`), parents and variants are the product itself. Ids of a kind that the page
    does not have anywhere can't be compared: only one made like the page's SKUs, or that another product on the page has, is wrong.
    """
    views = [hit for hit in snapshot.hits if hit.event in VIEWS and len(hit.items) == 1 and not hit.body_missing]
    if not views:
        yield inapplicable("no view of one product was seen")
        return
    ids = product_ids(snapshot.document, snapshot.offers, snapshot.platform_prices)
    told: set[str] = set()
    unknown: set[str] = set()
    for hit in views:
        sent = hit.items[0].id.strip()
        if not sent or hit.vendor in told:
            continue  # a product by name alone is GA4's to take
        fault, certainty = _fault(sent.lower(), ids)
        if fault == "":
            continue
        if fault is None:
            unknown.add(hit.vendor)
            continue
        told.add(hit.vendor)
        yield failed(
            f"{hit.vendor} {fault.split()[0]}",
            Excerpt("sent", sent[:200], where=_where(hit)),
            Excerpt("the page has", ", ".join(sorted(ids.skus or ids.own))[:300] or "no id"),
            certainty=certainty,
            tag=_name(hit.vendor),
            event=hit.event,
            sent=sent[:80],
            fault=_WORDS[fault],
        )
    for vendor in sorted(unknown - told):
        yield cant_tell("its product id is of a kind that the page does not have", vendor)


_WORDS = {
    "empty": "which is no product",
    "other": "which is another product's on this page",
    "unlike": "which is none of those that the page has",
}


def _fault(sent: str, ids: ProductIds) -> tuple[str | None, Certainty | None]:
    """What is wrong with an id ("" nothing, None not to be told), and how certain that is at most."""
    if any(stands_for(sent, known) for known in ids.own):
        return "", None
    if _EMPTY.fullmatch(sent):
        return "empty", None
    # the product may stand among its own suggestions, under a number of a kind that the rest of the page does not use
    if len(sent) > 2 and sent in ids.others and any(_shape(sent) == _shape(own) for own in ids.own):
        return "other", Certainty.LIKELY
    if ids.all_variants and any(_alike(sent, sku) for sku in ids.skus):
        return "unlike", Certainty.LIKELY
    return None, None


def _alike(one: str, other: str) -> bool:
    """Whether two ids are made in one way: the same letters to begin with, and after them digits and signs in the same places."""
    head = re.match(r"[a-z]+[-_./ ]?", one)
    return bool(head) and other.startswith(head[0]) and _shape(one) == _shape(other)  # type: ignore[index]


def _shape(text: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"\d", "9", text))


def _where(hit: Hit) -> str:
    return f"{hit.event}, after {hit.started_ms:.0f} ms"


def _name(vendor: str) -> str:
    known = vendors.load().get(vendor)
    return known.name if known else vendor
