"""The labelled set of product pages: price_pages/*.yaml, a theme's page with the block of the price cut out, and its cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route

from auditor.evidence.texts import Texts
from auditor.facts.prices import ShownPrices
from auditor.model.written import plain
from auditor.render.collectors.look import ask
from auditor.render.collectors.texts import MOST_PRICES, MOST_TEXT

FOLDER = Path(__file__).parent / "price_pages"
_SLOT = re.compile(r"@@(\w+)@@")
_ARG = {"addToCart": [], "maxText": MOST_TEXT, "maxPrices": MOST_PRICES, "milliseconds": 6_000}


@dataclass(frozen=True)
class Case:
    """A page and what is true of it. `now`, `from`, `range`: the price; `none`: there is no price to read; `unsure`: nobody can tell."""

    id: str
    platform: str
    address: str
    html: str
    truth: dict[str, Any] = field(hash=False)

    @property
    def low(self) -> Decimal | None:
        written = self.truth.get("now") or self.truth.get("from") or (self.truth.get("range") or [None])[0]
        return Decimal(str(written)) if written is not None else None

    @property
    def high(self) -> Decimal | None:
        return Decimal(self.truth["range"][1]) if self.truth.get("range") else None


def cases() -> Iterator[Case]:
    for file in sorted(FOLDER.glob("*.yaml")):
        theme = plain(file)
        for case in theme["cases"]:
            yield Case(
                id=f"{file.stem}: {case['name']}",
                platform=theme["platform"],
                address=theme["address"],
                html=_page(theme, case),
                truth=case,
            )


def _page(theme: dict[str, Any], case: dict[str, Any]) -> str:
    """The theme's page with the case's pieces in its slots; a piece may hold slots itself."""
    pieces = {**theme.get("defaults", {}), **case}
    page = theme["page"].replace("@@head@@", f"<style>{theme['css']}</style>@@head@@")
    for _ in range(3):
        page = _SLOT.sub(lambda slot: str(pieces.get(slot[1]) or ""), page)
    return page


def verdict(case: Case, shown: ShownPrices) -> tuple[str, str]:
    """right, undecided or wrong, and what was found."""
    main, truth = shown.main, case.truth
    found = (
        f"{main.role} {main.amount} {main.high or ''} {main.currency} {main.tax} “{main.text}”"
        if main
        else f"none: {shown.ambiguous}"
    )
    if truth.get("none") or truth.get("unsure"):
        return ("right" if main is None else "wrong"), found
    if truth.get("free"):
        return ("right" if main is None or main.amount == 0 else "wrong"), found
    if main is None:
        return ("right" if truth.get("or_unsure") else "undecided"), found
    role = next(name for name in ("now", "from", "range") if name in truth)
    others = {Decimal(str(one)) for one in truth.get("also", ())}
    amount_right = (main.amount, main.high) == (case.low, case.high) or (main.amount in others and main.tax)
    old = truth.get("was")
    wanted = {Decimal(one) for one in ([old] if isinstance(old, str) else old or [])}
    old_right = shown.was is None or shown.was.amount in wanted or truth.get("was_unsure")
    if not amount_right or main.role != role or not old_right or (main.currency and main.currency != truth["currency"]):
        return "wrong", found + (f", was {shown.was.amount}" if shown.was else "")
    return "right", found


class Tab:
    """One tab of a real browser that shows the pages under their own addresses, nothing from outside."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=True)
        self._page: Page = self._context.new_page()
        self._html = ""
        self._context.route("**/*", self._answer)

    def texts(self, case: Case) -> Texts:
        self._html = case.html
        self._page.goto(case.address, wait_until="domcontentloaded")
        return ask(self._page, "texts", _ARG, Texts)

    def close(self) -> None:
        self._context.close()

    def _answer(self, route: Route) -> None:
        if route.request.resource_type == "document":
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        else:
            route.abort()
