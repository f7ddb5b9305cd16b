"""The data layer read: events in order with their ecommerce data, GA4's, Universal Analytics' and gtag's forms alike, and what is said of consent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from auditor.evidence.data_layer import DataLayer, Push
from auditor.facts.hit_bodies import text
from auditor.facts.tracking import Item

_MOST_ITEMS = 200
# Universal Analytics' enhanced ecommerce: what stands under `ecommerce` -> GA4's word for the event
_ENHANCED = {
    "detail": "view_item",
    "add": "add_to_cart",
    "remove": "remove_from_cart",
    "checkout": "begin_checkout",
    "purchase": "purchase",
    "refund": "refund",
    "click": "select_item",
    "impressions": "view_item_list",
}
_CONSENT = frozenset({"default", "update"})


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One push. Values stand as they were pushed."""

    at_ms: float = -1.0
    event: str = ""  # empty for a push of values alone
    command: str = ""  # gtag's: js, config, event, set, consent
    target: str = ""  # of gtag's config: the account
    ecommerce: str = ""  # GA4's word for what its ecommerce data say: view_item, add_to_cart, …
    value: str = ""
    currency: str = ""
    transaction: str = ""
    items: tuple[Item, ...] = ()
    cleared: bool = False  # `ecommerce: null`
    consent: dict[str, str] = {}  # Consent Mode's keys -> granted or denied
    consent_is: str = ""  # default or update
    plain: dict[str, Any] = {}  # the push itself


def events(layer: DataLayer) -> tuple[Event, ...]:
    """In order; what was pushed as no object, or cut until it was none, is left out."""
    return tuple(event for push in layer.pushes if (event := _event(push)) is not None)


def _event(push: Push) -> Event | None:
    try:
        value = json.loads(push.json, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    arguments = value.get("arguments")
    if isinstance(arguments, list):
        return _gtag(push, arguments)
    ecommerce = value.get("ecommerce")
    told = _ecommerce(ecommerce, text(value.get("event"))) if isinstance(ecommerce, dict) else {}
    return Event(
        at_ms=push.at_ms,
        event=text(value.get("event")),
        cleared="ecommerce" in value and ecommerce is None,
        plain=value,
        **told,
    )


def _gtag(push: Push, arguments: list[Any]) -> Event:
    """`gtag("event", "view_item", {…})` and its kin; other arguments objects are events without a name."""
    command = text(arguments[0]) if arguments else ""
    second = text(arguments[1]) if len(arguments) > 1 else ""
    third = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], dict) else {}
    plain = {"arguments": arguments[:3]}
    if command == "consent" and second in _CONSENT:
        keys = {name: text(said) for name, said in third.items() if text(said) in ("granted", "denied")}
        return Event(at_ms=push.at_ms, command=command, consent=keys, consent_is=second, plain=plain)
    if command == "event":
        told = _ga4(third, second)
        return Event(at_ms=push.at_ms, command=command, event=second, plain=plain, **told)
    return Event(at_ms=push.at_ms, command=command, target=second if command == "config" else "", plain=plain)


def _ecommerce(data: Mapping[str, Any], event: str) -> dict[str, Any]:
    for name, word in _ENHANCED.items():
        part = data.get(name)
        if isinstance(part, list):
            part = {"products": part}
        if isinstance(part, dict):
            action = part.get("actionField")
            action = action if isinstance(action, dict) else {}
            return {
                "ecommerce": word,
                "value": text(action.get("revenue")),
                "currency": text(data.get("currencyCode")),
                "transaction": text(action.get("id")) if word in ("purchase", "refund") else "",
                "items": _items(part.get("products")),
            }
    return _ga4(data, event)


def _ga4(data: Mapping[str, Any], event: str) -> dict[str, Any]:
    items = _items(data.get("items"))
    return {
        "ecommerce": event if items or "value" in data or "currency" in data else "",
        "value": text(data.get("value")),
        "currency": text(data.get("currency")),
        "transaction": text(data.get("transaction_id")),
        "items": items,
    }


def _items(listed: Any) -> tuple[Item, ...]:
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return tuple(
        Item(
            id=text(one.get("item_id") or one.get("id") or one.get("sku")),
            name=text(one.get("item_name") or one.get("name")),
            price=text(one.get("price")),
            quantity=text(one.get("quantity")),
        )
        for one in entries[:_MOST_ITEMS]
    )


def leaves(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in a push with the names that lead to it: `user.email`. At most 12 deep."""
    if depth > 12:
        return
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list):
        for index, below in enumerate(value[:300]):
            yield from leaves(below, f"{path}.{index}", depth + 1)
    elif isinstance(value, str):
        yield path, value
