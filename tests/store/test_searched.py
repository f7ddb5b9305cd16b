"""Names that a shop's own search is asked for: as they are written, where no search reads signs in them otherwise."""

from __future__ import annotations

import pytest

from auditor.evidence.http import Response
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.snapshot import SnapshotKey
from auditor.model.words import FetchOutcome
from auditor.store.searched import _name

URL = "https://shop.example/p/1"


def product(name: str, stock: str = "InStock") -> Snapshot:
    offer = f'<div itemprop=offers itemscope itemtype="https://schema.org/Offer"><link itemprop=availability href="https://schema.org/{stock}"></div>'
    html = f'<main itemscope itemtype="https://schema.org/Product"><h1 itemprop=name>{name}</h1>{offer}</main>'
    answer = Response(url=URL, final_url=URL, outcome=FetchOutcome.OK, status=200)
    return Snapshot(SnapshotKey(URL), URL, SiteContext(hosts=("shop.example",)), body=html.encode, response=answer)


@pytest.mark.parametrize(
    "name",
    [
        "Oak lamp",
        "Lampe à poser, noire",
        "Table lamp in wool no. 5, small",
        "T-Shirt 2 XL",
        "Настольная лампа",
        "Lamp 1.5 m",
    ],
)
def test_plain_names_are_asked_for_as_they_are(name: str) -> None:
    assert _name(product(f" {name}\n")) == name


@pytest.mark.parametrize(
    "name",
    [
        'Lamp 19"', "Salt & pepper", "Lamp (large)", "Lamp - red", "Fish AND chips", "Lamp/shade", "Children’s chair", "50% wool", "Lamp*",
        "a:b", "Mug", "x" * 61,
    ],
)  # fmt: skip
def test_names_that_a_search_may_read_otherwise_are_not(name: str) -> None:
    assert _name(product(name)) == ""


def test_what_is_sold_out_is_not() -> None:
    assert _name(product("Oak lamp", "OutOfStock")) == ""


def test_a_name_that_only_the_markup_has_is_not() -> None:
    html = """<script type="application/ld+json">{"@type": "Product", "name": "Desk chair", "offers": {"price": 1}}</script><h1>%s</h1>"""
    answer = Response(url=URL, final_url=URL, outcome=FetchOutcome.OK, status=200)
    for heading, name in (("Floor lamp", ""), ("Desk Chair by Pier", "Desk chair")):
        page = Snapshot(
            SnapshotKey(URL), URL, SiteContext(hosts=("shop.example",)), body=(html % heading).encode, response=answer
        )
        assert _name(page) == name
