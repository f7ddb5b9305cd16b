"""Checks of what axe-core cannot know of a shop: the controls that choose a variant, reduced prices, fields about the shopper."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.evidence.options import Option
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Severity

_LISTED = 5
_OF_PERSON = {
    "email": re.compile(r"(?i)^e?-?mail|e-?mail$|e?mail[_-]?address"),
    "tel": re.compile(r"(?i)^(?:tel|phone|mobile)|(?:telephone|phone)(?:[_-]?number)?$"),
    "given-name": re.compile(r"(?i)^(?:first|given|fore)[_-]?name|firstname$|vorname"),
    "family-name": re.compile(r"(?i)^(?:last|family|sur)[_-]?name|lastname$|nachname"),
    "street-address": re.compile(r"(?i)(?:^|[_\[-])(?:street|address[_-]?(?:1|line))"),
    "postal-code": re.compile(r"(?i)post(?:al)?[_-]?code|zip(?:[_-]?code)?$|(?:^|[_-])plz$"),
    "address-level2": re.compile(r"(?i)(?:^|[_\[-])(?:city|town|ort)\]?$"),
}
# Fields that are a telephone's for the sake of its keys
_NUMBER_PAD = re.compile(
    r"qty|quantity|amount|count|pin$|otp|code$|card|cvc|cvv|zip|postal|menge|anzahl|coupon", re.IGNORECASE
)
_TYPES = {"email": "email", "tel": "tel"}
_LEFT_OUT = re.compile(r"(?i)friend|recipient|to[_-]?e?mail|search|coupon|honeypot|hp[_-]|captcha|gift|confirm")


@check(needs={"options"})
def options_reachable(snapshot: Snapshot) -> Iterator[Observation]:
    """Every control that chooses colour or size can be reached by keyboard, has a name, and says whether it is chosen.

    A radio button or select tells its state by itself; a button needs aria-pressed, aria-checked or the like. Links lead
    elsewhere, so of them only a name is asked.
    """
    items = snapshot.options.items
    if not items:
        yield inapplicable("no options but select fields" if snapshot.options.selects else "no options to choose from")
        return
    bare = [one for one in items if one.role == "bare"]
    nameless = [one for one in items if one.role != "bare" and not one.name]
    mute = [one for one in items if one.role in ("button", "option", "radio") and one.name and not one.state]
    for kind, those, severity, what in (
        ("keyboard", bare, None, "can't be reached by keyboard"),
        ("name", nameless, None, "have no name that a screen reader could say"),
        ("state", mute, Severity.MODERATE, "don't say which of them is chosen"),
    ):
        # one chosen option without a mark beside others that have one is the theme's way
        if not those or (kind == "state" and len(those) < len([one for one in items if one.role == those[0].role])):
            continue
        yield failed(
            f"{kind} {those[0].spot.label}",
            *(_excerpt(one) for one in those[:_LISTED]),
            severity=severity,
            what=what,
            count=len(those),
            example=those[0].name or those[0].spot.text or those[0].spot.label,
        )


@check(needs={"texts"})
def reduced_price_told(snapshot: Snapshot) -> Iterator[Observation]:
    """Where a price of the main product is struck through, words say which is the old and which the new price, hidden ones too."""
    prices = [one for one in snapshot.texts.prices if one.visible and one.in_main_product and not one.in_card]
    struck = [one for one in prices if one.struck]
    if not struck or len(prices) == len(struck):
        yield inapplicable("no reduced price")
        return
    told = any(one.hidden_label or _words(one.before) or _words(one.after) for one in prices)
    if not told:
        old = struck[0]
        yield failed(
            "",
            Excerpt("struck through", old.text, where=old.selector, box=old.box),
            price=old.text,
        )


def _words(text: str) -> bool:
    """Whether it says something of the price: letters, which currencies and units alone are not."""
    return bool(re.search(r"[^\W\d_]{3,}", re.sub(r"\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|from|per)\b", "", text)))


@check(needs={"document"})
def person_fields_named(snapshot: Snapshot) -> Iterator[Observation]:
    """Fields that ask for the shopper's own mail address, name, telephone or address say so by an autocomplete token.

    Asked by WCAG 1.3.5. `off` counts as missing; fields for other persons, searches and traps for robots are left out.
    """
    fields = [(field, token) for field in snapshot.document.tree.iter("input", "select") if (token := _token(field))]
    if not fields:
        yield inapplicable("no field asks for the shopper's own data")
        return
    lacking = [(field, token) for field, token in fields if not _said(field)]
    by_token: dict[str, list[HtmlElement]] = {}
    for field, token in lacking:
        by_token.setdefault(token, []).append(field)
    for token, those in by_token.items():
        yield failed(
            token,
            *(Excerpt("field", _shown(one), where=f"line {one.sourceline}") for one in those[:_LISTED]),
            token=token,
            field=those[0].get("name") or those[0].get("id") or those[0].get("type") or "without a name",
            count=len(those),
        )


def _token(field: HtmlElement) -> str:
    kind = (field.get("type") or "text").lower()
    name = field.get("name") or field.get("id") or ""
    if kind not in ("text", "email", "tel") or _LEFT_OUT.search(f"{name} {field.get('id') or ''}"):
        return ""
    if any(
        (one.get("aria-hidden") == "true" or one.get("hidden") is not None) for one in (field, *field.iterancestors())
    ):
        return ""
    if field.get("tabindex") == "-1" or next(field.iterancestors("template", "noscript"), None) is not None:
        return ""
    if kind in _TYPES and not (kind == "tel" and _NUMBER_PAD.search(name)):
        return _TYPES[kind]
    last = re.split(r"[\[\].]+", name.rstrip("]"))[-1]
    return next((token for token, pattern in _OF_PERSON.items() if pattern.search(last)), "")


def _said(field: HtmlElement) -> bool:
    said = (field.get("autocomplete") or "").strip().lower()
    return bool(said) and said not in ("off", "on", "false", "true", "nope", "new-password")


def _shown(field: HtmlElement) -> str:
    return (
        " ".join([f"<{field.tag}", *(f'{name}="{value}"' for name, value in list(field.attrib.items())[:8])])[:300]
        + ">"
    )


def _excerpt(option: Option) -> Excerpt:
    return Excerpt(option.name or "without a name", option.spot.html, where=option.spot.selector, box=option.spot.box)
