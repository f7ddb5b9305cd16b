"""Checks of Open Graph's product tags: price, currency and availability in the form that is read, and the same as the markup's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.currency import CODES
from auditor.facts.offers import Offer
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty

# Meta's and Pinterest's values, letters only
_AVAILABILITY = frozenset(
    [
        "instock",
        "available",
        "availablefororder",
        "availableforpreorder",
        "preorder",
        "backorder",
        "backordered",
        "outofstock",
        "oos",
        "soldout",
        "unavailable",
        "discontinued",
        "pending",
        "limitedavailability",
        "onlineonly",
        "instoreonly",
        "presale",
        "madetoorder",
    ]
)
_GONE = frozenset({"outofstock", "oos", "soldout", "unavailable", "discontinued"})
_THERE = frozenset({"instock", "available", "limitedavailability", "onlineonly"})
_FORMATTED = frozenset({"thousands_separator", "decimal_comma"})


@check(needs={"offers"})
def social_tags_well_formed(snapshot: Snapshot) -> Iterator[Observation]:
    """product:price:amount is a plain number, product:price:currency a code, product:availability a known word.

    A formatted number ("1,299.00") is what Shopify's themes write there and most readers get right: likely only.
    """
    tags = snapshot.offers.social
    if not tags:
        yield inapplicable("no product tags of Open Graph")
        return
    told: set[str] = set()
    priced = next((tag for tag in tags if tag.written and not tag.malformed), None)
    if priced is not None and not any(tag.currency_written for tag in tags):
        family = priced.path.partition(":")[0]
        excerpt = Excerpt(f"{family}:price:amount", priced.written or "", where=f"line {priced.line}")
        yield failed(
            "currency", excerpt, name=f"{family}:price:currency", written="", fault="is missing beside the price"
        )
    for tag in tags:
        for name, written, fault, sure in _faults(tag):
            if name not in told:
                told.add(name)
                yield failed(
                    name,
                    Excerpt(name, written, where=f"line {tag.line}"),
                    certainty=None if sure else Certainty.LIKELY,
                    name=name,
                    written=written[:60],
                    fault=fault,
                )


def _faults(tag: Offer) -> Iterator[tuple[str, str, str, bool]]:
    family = tag.path.partition(":")[0]
    if tag.malformed and tag.malformed != "empty":
        yield f"{family}:price:amount", tag.written or "", "is no plain number", tag.malformed not in _FORMATTED
    if tag.currency_written and tag.currency not in CODES:
        yield f"{family}:price:currency", tag.currency_written, "is no code of ISO 4217", True
    if tag.availability_written and _plain(tag.availability_written) not in _AVAILABILITY:
        yield f"{family}:availability", tag.availability_written, "is none of the known values", True


@check(needs={"offers"})
def social_tags_agree(snapshot: Snapshot) -> Iterator[Observation]:
    """Open Graph's tags and the product's markup name one currency and do not contradict each other about stock."""
    tags, offers = snapshot.offers.social, snapshot.offers.offers
    if not tags or not offers:
        yield inapplicable("product tags of Open Graph, or offers in the markup, are not there")
        return
    told, stated = (
        {tag.currency for tag in tags if tag.currency},
        {offer.currency for offer in offers if offer.currency},
    )
    unsure = Certainty.LIKELY if snapshot.offers.matched == "only" or len(offers) > 1 else None
    if told and stated and not told & stated:
        yield _differs("currency", ", ".join(sorted(told)), ", ".join(sorted(stated)), unsure)
    said = {_plain(tag.availability_written) for tag in tags if tag.availability_written}
    marked = {_plain(offer.availability) for offer in offers if offer.availability}
    if len(marked) > 1:
        yield cant_tell("the offers differ in their availability")
    elif said and marked and ((said <= _GONE and marked <= _THERE) or (said <= _THERE and marked <= _GONE)):
        tag = next(tag for tag in tags if tag.availability_written)
        offer = next(offer for offer in offers if offer.availability)
        yield _differs("availability", tag.availability_written, offer.availability_written, unsure)


def _differs(what: str, tag: str, markup: str, certainty: Certainty | None) -> Observation:
    return failed(
        what, Excerpt("tag", tag), Excerpt("markup", markup), certainty=certainty, what=what, tag=tag, markup=markup
    )


def _plain(written: str) -> str:
    return re.sub(r"[\W_]", "", written.rpartition("/")[2]).casefold()
