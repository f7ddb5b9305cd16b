"""Data layers of all three forms, read as one; garbage survived."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from auditor.evidence.data_layer import DataLayer, Push
from auditor.facts.data_layer import Event, events, leaves
from auditor.facts.tracking import Item

LAMP = Item("LL-1", "Lamp", "49", "1")


def read(*pushes: Any) -> tuple[Event, ...]:
    return events(DataLayer(tuple(Push(json=json.dumps(one), at_ms=float(n)) for n, one in enumerate(pushes))))


def test_three_forms_of_a_product_view_mean_the_same() -> None:
    ga4 = {"event": "view_item", "ecommerce": {"currency": "EUR", "value": 49, "items": [{"item_id": "LL-1", "item_name": "Lamp", "price": 49, "quantity": 1}]}}  # fmt: skip
    enhanced = {"event": "detail", "ecommerce": {"currencyCode": "EUR", "detail": {"products": [{"id": "LL-1", "name": "Lamp", "price": 49, "quantity": 1}]}}}  # fmt: skip
    gtag = {"arguments": ["event", "view_item", ga4["ecommerce"]]}
    seen = [(one.ecommerce, one.currency, one.items) for one in read(ga4, enhanced, gtag)]
    assert seen == [("view_item", "EUR", (LAMP,))] * 3


def test_a_purchase_of_enhanced_ecommerce() -> None:
    action = {
        "actionField": {"id": "T1", "revenue": "98.00"},
        "products": [{"id": "LL-1", "name": "Lamp", "price": 49, "quantity": 1}],
    }
    (one,) = read({"ecommerce": {"purchase": action}})
    assert (one.ecommerce, one.value, one.transaction, one.items) == ("purchase", "98.00", "T1", (LAMP,))


def test_consent_mode_in_its_order() -> None:
    default, config, update = read(
        {"arguments": ["consent", "default", {"ad_storage": "denied", "wait_for_update": 500, "region": ["DE"]}]},
        {"arguments": ["config", "G-ABC123DEF4"]},
        {"arguments": ["consent", "update", {"ad_storage": "granted"}]},
    )
    assert (default.consent_is, default.consent) == ("default", {"ad_storage": "denied"})
    assert (config.command, config.target) == ("config", "G-ABC123DEF4")
    assert (update.consent_is, update.consent, update.at_ms) == ("update", {"ad_storage": "granted"}, 2.0)


def test_clearing_and_values_alone() -> None:
    cleared, alone = read({"ecommerce": None}, {"pageType": "product"})
    assert cleared.cleared
    assert not alone.cleared
    assert (alone.event, alone.ecommerce) == ("", "")


def test_numbers_stay_as_they_were_pushed() -> None:
    (one,) = events(DataLayer((Push(json='{"event":"purchase","ecommerce":{"value":19.90}}'),)))
    assert one.value == "19.90"


def test_leaves_name_their_way() -> None:
    assert dict(leaves({"user": {"mails": ["a@b.example"]}, "n": 1})) == {"user.mails.0": "a@b.example"}


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=20),
    lambda below: (
        some.lists(below, max_size=4)
        | some.dictionaries(
            some.sampled_from(
                ["event", "ecommerce", "items", "detail", "products", "arguments", "consent", "actionField"]
            ),
            below,
        )
    ),
    max_leaves=25,
)


@given(some.lists(anything | some.text(), max_size=6))
def test_whatever_is_pushed_is_survived(pushes: list[Any]) -> None:
    for one in read(*pushes):
        assert all(isinstance(part, str) for part in (one.event, one.value, one.currency, one.ecommerce))
        assert dict(leaves(one.plain)) is not None


@given(some.text(max_size=60))
def test_what_was_cut_in_two_is_left_out(half: str) -> None:
    events(DataLayer((Push(json=half),)))
