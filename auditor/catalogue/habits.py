"""What a platform's export does besides naming its columns: variants below their product, rows that are no product, stock that is not counted."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from auditor.catalogue import values

Cells = dict[str, str]
Given = dict[str, Any]  # field -> text as mapped; besides: variant, parent, alone, on_request
Habit = Callable[["Before", Cells, Given], Given | None]

_PARENTS = 50_000  # remembered; their variants stand right behind them in every format that has them


class Before:
    """Products of earlier rows that later ones refer to, the last of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Given] = OrderedDict()
        self.last: Given = {}

    def keep(self, key: str, given: Given) -> None:
        self.last = given
        if key:
            self._kept[key] = {
                name: given[name]
                for name in ("title", "published", "image", "brand", "handle", "alone", "category")
                if name in given
            }
            if len(self._kept) > _PARENTS:
                self._kept.popitem(last=False)

    def of(self, key: str) -> Given:
        return self._kept.get(key, {})


def shopify(before: Before, cells: Cells, given: Given) -> Given | None:
    """The first row of a handle has what its variants share. Rows with a picture and nothing else are no variants."""
    handle = given.get("handle", "")
    known = before.of(handle)
    options = [cells[name] for name in ("option1 value", "option2 value", "option3 value") if cells.get(name)]
    online = cells.get("published") or cells.get("published on online store") or ""
    if given.get("title"):
        if values.yes(online) is False:
            given["published"] = "false"
        before.keep(handle, given)
    elif not (given.get("sku") or cells.get("variant price") or cells.get("price") or options):
        return None
    else:
        given = {**known, **given, "variant": True}
    named = [one for one in options if one.casefold() != "default title"]
    given["id"] = "/".join([handle, *named])
    given["variant"] = given.get("variant", False) or bool(named)
    tracked = cells.get("variant inventory tracker") or cells.get("inventory tracker")
    policy = (cells.get("variant inventory policy") or cells.get("continue selling when out of stock") or "").casefold()
    if not tracked:
        given.pop("quantity", None)
        given.setdefault(
            "stock", "in stock" if "variant inventory qty" in cells or "inventory quantity" in cells else ""
        )
    elif policy in ("continue", "true") and _none_left(given):
        given["stock"] = "backorder"
    return given


def woocommerce(before: Before, cells: Cells, given: Given) -> Given | None:
    """A variation names its parent by SKU or as `id:123`; a variable product is sold as its variations only."""
    kinds = {kind.strip() for kind in cells.get("type", "").casefold().split(",")}
    if cells.get("published") == "-1":
        given["published"] = "false"
    if "variation" in kinds:
        parent = before.of(given.get("group", ""))
        given = {**parent, **given, "variant": True}
        if values.yes(parent.get("published", "")) is False:
            given["published"] = "false"
    else:
        given["parent"] = bool(kinds & {"variable", "grouped"})
        given["alone"] = cells.get("visibility in catalog", "").casefold() != "hidden"
        given["group"] = given.get("sku") or (f"id:{given['id']}" if given.get("id") else "") if given["parent"] else ""
        before.keep(given.get("sku", ""), given)
        if given.get("id"):
            before.keep(f"id:{given['id']}", given)
    if given.get("image"):
        given["image"] = given["image"].split(",")[0].strip()
    allowed = cells.get("backorders allowed?", "").casefold()
    if allowed in ("1", "notify", "yes") and given.get("quantity") and _none_left(given):
        given["stock"] = "backorder"
    return given


def magento(_: Before, cells: Cells, given: Given) -> Given | None:
    """A row of a store view repeats a product with a few texts of that view. Products that are not visible are variants."""
    if cells.get("store view code") not in (None, "", "admin", "all", "default"):
        return None
    kind = cells.get("product type", "").casefold()
    given["parent"] = kind in ("configurable", "grouped", "bundle")
    given["alone"] = "catalog" in cells.get("visibility", "catalog").casefold()
    given["variant"] = cells.get("visibility", "").casefold().startswith("not visible")
    if given.get("image") == "no_selection":
        given.pop("image")
    if given["parent"]:
        given.pop("quantity", None)
    if _is_no(cells.get("manage stock")):
        given.pop("quantity", None)
        given["stock"] = given.get("stock") or "1"
    elif cells.get("allow backorders", "0")[:1] in ("1", "2") and given.get("quantity") and _none_left(given):
        given["stock"] = "backorder"
    return given


def prestashop(_: Before, cells: Cells, given: Given) -> Given | None:
    """Reductions stand as amount or percent; what is sold out may be ordered where the product says so."""
    given["image"] = given.get("image", "").split(",")[0].strip()
    regular = values.amount(given.get("price", "")).amount
    off, percent = (
        values.amount(cells.get("discount amount", "")).amount,
        values.amount(cells.get("discount percent", "")).amount,
    )
    if regular and (off or percent):
        sale = regular - off if off else regular * (100 - (percent or Decimal(0))) / 100
        given["sale"] = f"{max(sale, Decimal(0)):.6f}".rstrip("0").rstrip(".")
        given["sale_from"] = next((text for name, text in cells.items() if name.startswith("discount from")), "")
        given["sale_until"] = next((text for name, text in cells.items() if name.startswith("discount to")), "")
    if cells.get("show price (0 = no, 1 = yes)") == "0":
        given["on_request"] = True
    if cells.get("visibility", "").casefold() == "none":
        given["alone"] = False
    return given


def bigcommerce(before: Before, cells: Cells, given: Given) -> Given | None:
    """Rows of SKUs, variants, pictures and rules stand below their product."""
    kind = (cells.get("item type") or cells.get("item") or "").strip().casefold()
    if kind in ("sku", "variant"):
        last = before.last
        given = {
            **{
                name: last[name]
                for name in ("title", "published", "handle", "image", "brand", "category")
                if name in last
            },
            **given,
        }
        given |= {"variant": True, "group": last.get("id", "")}
        given["title"] = last.get("title") or given.get("title", "")
        if not given.get("price") or not given["price"].strip("0.,"):
            given["price"], given["sale"] = last.get("price", ""), last.get("sale", "")
        given["id"] = f"{last.get('id', '')}/{given.get('id') or given.get('sku', '')}"
    elif kind == "product":
        given["group"] = given.get("id", "")
        before.last = dict(given)
    else:
        return None
    tracking = (cells.get("track inventory") or cells.get("inventory tracking") or "").casefold()
    if tracking == "none":
        given.pop("quantity", None)
        given["stock"] = "1"
    elif kind == "product" and "product" not in tracking:  # counted by option, or nobody says
        given.pop("quantity", None)
    if cells.get("call for pricing label") or cells.get("hide product price", "").casefold() in ("y", "true", "1"):
        given["on_request"] = True
    for name in ("price", "sale"):
        if name == "sale" and given.get(name) and not given[name].strip("0.,"):
            given.pop(name)
    return given


def opencart(_: Before, cells: Cells, given: Given) -> Given | None:
    """Names and texts come once per language; stock that is not subtracted is not counted."""
    for field, start in (("title", "name("), ("description", "description(")):
        if not given.get(field):
            given[field] = next((text for name, text in cells.items() if name.startswith(start)), "")
    if _is_no(cells.get("subtract")):
        given.pop("quantity", None)
        given["stock"] = "1"
    return given


def attributes(_: Before, __: Cells, given: Given) -> Given | None:
    """Feeds: ids are what tags and shops know a product by; those of Shopify's channel end with the variant's number."""
    own = re.fullmatch(r"shopify_[A-Za-z]{2,4}_\d+_(\d+)", given.get("id", ""))
    given["sku"] = own[1] if own else given.get("id", "")
    given["variant"] = bool(given.get("group"))
    return given


HABITS: dict[str, Habit] = {
    "shopify": shopify,
    "woocommerce": woocommerce,
    "magento": magento,
    "prestashop": prestashop,
    "bigcommerce": bigcommerce,
    "opencart": opencart,
    "merchant": attributes,
    "meta": attributes,
}


def _none_left(given: Given) -> bool:
    left = values.count(given.get("quantity", ""))
    return left is None or left <= 0


def _is_no(text: str | None) -> bool:
    return text is not None and values.yes(text) is False
