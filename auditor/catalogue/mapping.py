"""Turns rows into expected products by the columns of their format; each value that cannot be read is told with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from html import unescape
from typing import Any

from msgspec import structs

from auditor.catalogue import values
from auditor.catalogue.delivery import deliveries
from auditor.catalogue.habits import HABITS, Before, Given
from auditor.catalogue.required import Required
from auditor.catalogue.row import Row
from auditor.config.exports import Export
from auditor.facts.gtin import digits_of
from auditor.knowledge.exports import Format, plain
from auditor.model.expected import FEEDS, ExpectedProduct, Stock, WrongRow
from auditor.model.urls import absolute, is_http

REQUIRED = ("id", "title", "description", "link", "image", "price", "stock")  # of a feed, by Google and Meta alike
_KEPT = {"title": 300, "description": 500, "link": 2_000, "image": 2_000, "category": 500}
_NUMBER_IN_SHEETS = re.compile(r"\d+\.0+|\d(?:\.\d+)?[eE]\+\d+")
_SHOWN = 120


class Mapping:
    """One source's way from cells to products. `columns`: names (`plain`) that the source has; empty where they come row by row."""

    def __init__(
        self, export: Export, format: Format | None, columns: Collection[str], site: str, locale: str = ""
    ) -> None:
        self._export, self._site, self._locale = export, site, locale
        self.format = format.id if format else "table"
        self._english = format.english(columns) if format and not format.fits(columns) else {}
        self._fields = dict(format.columns) if format else {}
        self._fields |= {name: (plain(column),) for name, column in export.columns.items()}
        if columns:
            there = {*columns, *(self._english.get(name, name) for name in columns)}
            self._fields = {
                name: kept
                for name, found in self._fields.items()
                if (kept := tuple(one for one in found if one in there))
            }
        self.fields = tuple(self._fields)
        self._habit = HABITS.get(self.format)
        self._before = Before()
        self._required = Required(export.required) if export.required else None
        self._feed = self.format in FEEDS
        self._wanted = (
            REQUIRED if self._feed else tuple(one for one in ("title", "image", "price") if one in self._fields)
        )
        self.tax = export.tax or _tax(self._fields.get("price", ()))

    def products(self, row: Row) -> Iterator[ExpectedProduct | WrongRow]:
        """The product of a row, and what of it is wrong; nothing for a row that is none."""
        cells = row.cells
        if self._english:
            cells = cells | {self._english[name]: text for name, text in cells.items() if name in self._english}
        given: Given = {}
        for name, columns in self._fields.items():
            for column in columns:
                if text := cells.get(column):
                    given[name] = text
                    break
        if self._habit is not None:
            changed = self._habit(self._before, cells, given)
            if changed is None:
                return
            given = changed
        wrong: list[WrongRow] = []
        product = self._product(row.line, given, wrong)
        if product is not None:
            if self._required is not None:
                asked, lacks = self._required.of(cells, given, product.category)
                product = structs.replace(product, asked=asked, lacks=lacks)
            yield product
        yield from wrong

    def _product(self, line: int, given: Given, wrong: list[WrongRow]) -> ExpectedProduct | None:
        texts = {
            name: str(given.get(name) or "").strip()
            for name in ("id", "sku", "mpn", "group", "title", "handle", "brand", "category")
        }
        texts = {name: unescape(text) if "&" in text else text for name, text in texts.items()}
        gtin = self._gtin(str(given.get("gtin") or ""), line, wrong)
        link = self._link(str(given.get("link") or "").strip(), line, wrong)
        key = self._key(texts, gtin, link)
        if not key:
            wrong.append(WrongRow(line=line, what="no key", text=self._shown(given), left_out=True))
            return None
        price, sale, currency, on_request = self._prices(given, line, wrong)
        begin, end = self._window(given, line, wrong)
        quantity = self._quantity(given, line, wrong)
        return ExpectedProduct(
            key=key[:400],
            line=line,
            **{name: text[: _KEPT.get(name, 200)] for name, text in texts.items() if name != "handle"},
            gtin=gtin,
            link=link,
            handle=self._handle(texts["handle"]),
            image=str(given.get("image") or "").strip()[: _KEPT["image"]],
            description=" ".join(str(given.get("description") or "").split())[: _KEPT["description"]],
            price=price,
            sale=sale,
            sale_from=begin,
            sale_until=end,
            currency=currency or self._export.currency,
            stock=self._stock(given, quantity, line, wrong),
            quantity=quantity,
            published=values.yes(str(given["published"])) if given.get("published") else None,
            variant=bool(given.get("variant")),
            parent=bool(given.get("parent")),
            alone=bool(given.get("alone", True)),
            on_request=on_request or bool(given.get("on_request")),
            condition=str(given.get("condition") or "").strip()[:60],
            delivery=deliveries(str(given["delivery"])) if given.get("delivery") else (),
            asked=(),  # what a category requires is held against it afterwards
            lacks=(),
            absent=tuple(name for name in self._wanted if not given.get(name)),
        )  # fmt: skip

    def _key(self, texts: dict[str, str], gtin: str, link: str) -> str:
        numbers = {**texts, "gtin": gtin, "link": link}
        if self._export.key:
            return numbers.get(self._export.key, "")
        return next((numbers[name] for name in ("id", "sku", "gtin", "link") if numbers[name]), "")

    def _gtin(self, text: str, line: int, wrong: list[WrongRow]) -> str:
        """Digits alone; spreadsheets write long numbers as `4.26E+12`, which has lost them, and Shopify puts an apostrophe before."""
        text = text.strip().lstrip("'\u2019")
        if _NUMBER_IN_SHEETS.fullmatch(text):
            if "e" in text.casefold():
                wrong.append(
                    WrongRow(line=line, what="number", text=f"GTIN '{text[:40]}', whose digits a spreadsheet took away")
                )
                return ""
            text = text.partition(".")[0]
        return digits_of(text)[:60]

    def _link(self, text: str, line: int, wrong: list[WrongRow]) -> str:
        if not text:
            return ""
        link = absolute(self._site, text) or ""
        if not is_http(link):
            wrong.append(WrongRow(line=line, what="link", text=text[:_SHOWN]))
            return ""
        return link[: _KEPT["link"]]

    def _handle(self, text: str) -> str:
        last = text.strip().partition("?")[0].rstrip("/").rpartition("/")[2]
        return f"{last}{self._export.suffix}"[:300] if last else ""

    def _prices(
        self, given: Given, line: int, wrong: list[WrongRow]
    ) -> tuple[Decimal | None, Decimal | None, str, bool]:
        machine = self.format != "table"
        found: dict[str, values.Amount] = {}
        for name in ("price", "sale"):
            found[name] = values.amount(str(given.get(name) or ""), self._locale, machine=machine)
            if found[name].fault:
                wrong.append(
                    WrongRow(line=line, what="price", text=f"{name} '{str(given[name])[:60]}': {found[name].fault}")
                )
        price, sale = found["price"].amount, found["sale"].amount
        if sale is not None and (price is None or sale >= price):  # a sale that costs as much is none
            price, sale = (sale if price is None or self.format == "shopify" else price), None
        if sale == 0 and not self._feed:  # an empty special price, as some exports write it
            sale = None
        written = str(given.get("currency") or "").strip().upper()
        code = written if re.fullmatch(r"[A-Z]{3}", written) else ""
        currency = found["price"].currency or found["sale"].currency or code
        return price, sale, currency, found["price"].on_request

    def _window(self, given: Given, line: int, wrong: list[WrongRow]) -> tuple[str, str]:
        if dates := str(given.get("sale_dates") or "").strip():
            both = values.window(dates)
            if both is None:
                wrong.append(WrongRow(line=line, what="date", text=f"sale price's dates '{dates[:80]}'"))
            return both or ("", "")
        ends = []
        for name in ("sale_from", "sale_until"):
            read = values.moment(str(given.get(name) or ""))
            if read is None:
                wrong.append(WrongRow(line=line, what="date", text=f"{name} '{str(given[name])[:60]}'"))
            ends.append(read or "")
        return ends[0], ends[1]

    def _quantity(self, given: Given, line: int, wrong: list[WrongRow]) -> Decimal | None:
        text = str(given.get("quantity") or "")
        quantity = values.count(text) if text else None
        if text and quantity is None:
            wrong.append(WrongRow(line=line, what="number", text=f"quantity '{text[:60]}'"))
        return quantity

    def _stock(self, given: Given, quantity: Decimal | None, line: int, wrong: list[WrongRow]) -> Stock:
        text = str(given.get("stock") or "")
        found = values.stock(text)
        if found is None:
            wrong.append(WrongRow(line=line, what="stock", text=f"'{text[:60]}'"))
        if found:
            return found
        return "" if quantity is None or given.get("parent") else "in_stock" if quantity > 0 else "out_of_stock"

    def _shown(self, given: dict[str, Any]) -> str:
        return " | ".join(str(one)[:40] for one in given.values() if one)[:_SHOWN]


def _tax(columns: Collection[str]) -> str:
    """What the price's first column says of tax."""
    name = next(iter(columns), "")
    said = [tax for tax in ("excl", "incl") if tax in name]
    return said[0] if len(said) == 1 else ""  # PrestaShop: "price tax excluded or price tax included"
