"""Hits of tags, decoded: who was told, on which account, which event with which value and products; read by tracking and consent checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from auditor.evidence.requests import Held, Request, Requests
from auditor.facts.consent_signals import signals
from auditor.facts.hit_bodies import find, flatten, read_body, text
from auditor.knowledge.vendors import Decode, Items, Kind, Vendor, Vendors

VERSION = 2
_MOST_HITS = 2_000
_MOST_IN_BATCH = 100
_MOST_ITEMS = 200
_GA4_ITEM = re.compile(r"^pr\d{1,3}$")
_GA4_PARTS = {"id": "id", "nm": "name", "pr": "price", "qt": "quantity"}


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product in a hit, every part as it was sent; empty where it was not."""

    id: str = ""
    name: str = ""
    price: str = ""
    quantity: str = ""


class Hit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event that the page sent, or would have sent, to a vendor. Values stand as they were sent, checks judge their form.

    `parameters` may hold personal data: nothing of it goes into a report unredacted.
    """

    vendor: str  # id in rules/knowledge/vendors.yaml
    account: str = ""  # measurement id, pixel id, …; empty where the request does not say
    event: str = ""  # the vendor's own word; empty where the request does not say
    parameters: dict[str, str] = {}
    value: str = ""
    currency: str = ""
    items: tuple[Item, ...] = ()
    transaction: str = ""  # the order's number
    client: str = ""  # what the vendor knows the browser by
    consent: dict[str, str] = {}  # what it says of consent, by the parameter's name (facts.consent_signals reads it)
    url: str = ""
    method: str = "GET"
    started_ms: float = 0.0
    delivered: bool = False  # it went out to the vendor; False: held back here
    host_only: bool = False  # met only at the wall: nothing is known but the host
    body_missing: bool = False  # a POST whose body the browser did not give: event and items may be there unseen

    @property
    def amount(self) -> Decimal | None:
        """The value as a number; None where there is none or it is not one ("19,99")."""
        try:
            number = Decimal(self.value.strip())
        except InvalidOperation:
            return None
        # 1e999999999 is a number, and the death of whoever writes it out
        return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def hits(requests: Requests, vendors: Vendors, *, since_ms: float = 0.0) -> tuple[Hit, ...]:
    """The hits of a snapshot's requests in order, at most 2,000; scripts and other requests are none.

    `since_ms`: in a state of consent, when the page was opened again with the answer given; what was before belongs to none.
    """
    found: list[Hit] = []
    for request in requests.items:
        if request.started_ms < since_ms:
            continue
        vendor = _collector(request, vendors)
        if vendor is None:
            continue
        found.extend(_decoded(request, vendor))
        if len(found) >= _MOST_HITS:
            break
    return tuple(found[:_MOST_HITS])


def _collector(request: Request, vendors: Vendors) -> Vendor | None:
    match = vendors.match(request.url, request.method)
    if match:
        return vendors.get(match.vendor) if match.kind is Kind.COLLECT else None
    # what the recorder or the wall took for a vendor's is one, even where the URL's shape is not known
    return vendors.get(request.vendor) if request.vendor and request.held is not Held.NO else None


def _decoded(request: Request, vendor: Vendor) -> Iterator[Hit]:
    if request.held is Held.REFUSED:
        yield _hit(request, vendor, host_only=True)
        return
    try:
        parts = urlsplit(request.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=1_000))
    except ValueError:
        yield _hit(request, vendor)
        return
    # Floodlight puts its parameters into the path: /activityi;src=123;type=abc
    query.update(pair.partition("=")[::2] for pair in unquote(parts.path).split(";")[1:40] if "=" in pair)
    missing = request.method.upper() == "POST" and not request.body
    if vendor.decode.format == "ga4":
        yield from _ga4(request, vendor, query, missing)
        return
    if vendor.decode.format == "criteo" and "p0" in query:
        yield from _criteo(request, vendor, query)
        return
    body = read_body(request.body)
    for tree in _entries(vendor.decode, query, body):
        yield _generic(request, vendor, tree, parts.hostname or "", parts.path, missing)


def _entries(decode: Decode, query: Mapping[str, str], body: Any) -> Iterator[dict[str, Any]]:
    """One tree of names for each hit in a request: the query with the body, or with each entry of a batch."""
    shared: dict[str, Any] = {**query, **(body if isinstance(body, dict) else {})}
    batch: Any = body if isinstance(body, list) else None
    for name in decode.batch:
        batch = find(shared, name) if batch is None else batch
    entries = [entry for entry in batch if isinstance(entry, dict)] if isinstance(batch, list) else []
    if not entries:
        yield shared
    for entry in entries[:_MOST_IN_BATCH]:
        rest = {name: value for name, value in shared.items() if name not in decode.batch}
        yield {**rest, **entry}


def _generic(request: Request, vendor: Vendor, tree: Mapping[str, Any], host: str, path: str, missing: bool) -> Hit:
    decode = vendor.decode
    event = _first(tree, decode.event) or _group(decode.event_path, path)
    # without its body a POST does not say which event it was: no guess
    event = event or ("" if missing else decode.event_default)
    return _hit(
        request,
        vendor,
        account=_first(tree, decode.account) or _group(decode.account_path, path) or _group(decode.account_host, host),
        event=decode.events.get(event, event),
        parameters=flatten(tree),
        value=_first(tree, decode.value),
        currency=_first(tree, decode.currency),
        items=_items(tree, decode),
        transaction=_first(tree, decode.transaction),
        client=_first(tree, decode.client),
        body_missing=missing,
    )


def _items(tree: Mapping[str, Any], decode: Decode) -> tuple[Item, ...]:
    shape = decode.items or (
        Items(at=("cd[contents]",), id=("id",), price=("item_price",)) if decode.format == "meta" else None
    )
    for name in shape.at if shape else ():
        listed = find(tree, name)
        if shape and isinstance(listed, list):
            found = tuple(_item(entry, shape) for entry in listed[:_MOST_ITEMS] if isinstance(entry, dict | list))
            if found:
                return found
    for name in decode.products:
        if packed := text(find(tree, name)):
            return tuple(_adobe_item(entry) for entry in packed.split(",")[:_MOST_ITEMS] if entry.count(";"))
    for name in decode.ids:
        ids = find(tree, name)
        listed = ids if isinstance(ids, list) else re.split(r"[,;|]", text(ids)) if ids is not None else []
        if any(text(entry).strip() for entry in listed):
            return tuple(Item(id=text(entry).strip()) for entry in listed[:_MOST_ITEMS] if text(entry).strip())
    return ()


def _adobe_item(packed: str) -> Item:
    """`category;product;quantity;price` where price is that of all pieces together, as in purchases."""
    _, product, quantity, price, *_ = [*packed.split(";"), "", "", ""]
    return Item(id=product.strip(), quantity=quantity, price=price)


_CRITEO = {
    "vh": "viewHome",
    "vl": "viewList",
    "vp": "viewItem",
    "vb": "viewBasket",
    "vc": "trackTransaction",
    "vs": "viewStore",
}
_CRITEO_ITEM = re.compile(r"\[([^\]]{1,500})\]")


def _criteo(request: Request, vendor: Vendor, query: dict[str, str]) -> Iterator[Hit]:
    """OneTag packs several events into one request: p0, p1, … are queries of their own, `e` says which."""
    packed = [dict(parse_qsl(query[name], keep_blank_values=True)) for name in query if re.fullmatch(r"p\d{1,2}", name)]
    events = [one for one in packed if one.get("e") in _CRITEO] or [{}]
    account = next((one["a"] for one in packed if one.get("a")), query.get("a", ""))
    for one in events[:_MOST_IN_BATCH]:
        listed = [unquote(entry) for entry in _CRITEO_ITEM.findall(one.get("p", ""))]
        products = [dict(parse_qsl(entry)) for entry in listed if "=" in entry]
        items = [Item(id=p.get("i", ""), price=p.get("pr", ""), quantity=p.get("q", "")) for p in products]
        if not items and one.get("p"):
            items = [Item(id=name.strip()) for name in one["p"].strip("[]").split(",") if name.strip()]
        yield _hit(
            request,
            vendor,
            account=account.strip("[]"),
            event=_CRITEO.get(one.get("e", ""), "event"),
            parameters=flatten({**query, **one}),
            items=tuple(items[:_MOST_ITEMS]),
            transaction=one.get("id", ""),
        )


def _item(entry: Mapping[str, Any] | list[Any], shape: Items) -> Item:
    return Item(
        _first(entry, shape.id), _first(entry, shape.name), _first(entry, shape.price), _first(entry, shape.quantity)
    )


def _ga4(request: Request, vendor: Vendor, query: dict[str, str], missing: bool) -> Iterator[Hit]:
    """GA4's collect: what the events share in the query, and each event a line of the body, or all in the query."""
    lines = [line for line in re.split(r"[\r\n]+", request.body) if "=" in line][:_MOST_IN_BATCH]
    for line in lines or [""]:
        try:
            parameters = {**query, **dict(parse_qsl(line, keep_blank_values=True, max_num_fields=1_000))}
        except ValueError:
            parameters = query
        items = (_ga4_item(value) for name, value in parameters.items() if _GA4_ITEM.match(name))
        yield _hit(
            request,
            vendor,
            account=parameters.get("tid", ""),
            # `t` is the hit type of the protocol before GA4
            event=parameters.get("en") or parameters.get("ea") or parameters.get("t", ""),
            parameters=flatten(parameters),
            value=parameters.get("epn.value") or parameters.get("ep.value", ""),
            currency=parameters.get("cu") or parameters.get("ep.currency", ""),
            items=tuple(items)[:_MOST_ITEMS],
            transaction=parameters.get("ep.transaction_id", ""),
            client=parameters.get("cid", ""),
            body_missing=missing and "en" not in parameters,
        )


def _ga4_item(packed: str) -> Item:
    """`idSKU-1~nmShirt~pr19.99~qt2`; a tilde in a value is doubled."""
    fields: dict[str, str] = {}
    for part in packed.replace("~~", "\x00").split("~"):
        name = _GA4_PARTS.get(part[:2])
        if name:
            fields.setdefault(name, part[2:].replace("\x00", "~"))
    return Item(**fields)


def _hit(request: Request, vendor: Vendor, **fields: Any) -> Hit:
    return Hit(
        vendor=vendor.id,
        consent=signals(fields.get("parameters", {})),
        url=request.url,
        method=request.method,
        started_ms=request.started_ms,
        delivered=request.held is Held.DELIVERED or (request.held is Held.NO and request.status > 0),
        **fields,
    )


def _first(tree: Mapping[str, Any] | list[Any], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := text(find(tree, name)))), "")


def _group(pattern: re.Pattern[str] | None, where: str) -> str:
    found = pattern.search(where) if pattern else None
    return found[1] or "" if found and pattern and pattern.groups else ""
