"""Checks of the form of prices: written one way on a page, with the words and the unit price that the market's law asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import get_territory_currencies

from auditor.checks.price_words import shown_excerpt
from auditor.checks.registry import check
from auditor.facts import price_words as words
from auditor.facts.prices import PriceFact
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable

_DECIMALS = re.compile(r"\d([.,])(\d\d)(?![.,]?\d)")  # no lakh: 1,49,999
# Languages whose shops keep to one sign; Ukrainian, Bulgarian, Russian or Romanian ones write either
_FIRM = frozenset(
    [
        "de",
        "fr",
        "es",
        "it",
        "nl",
        "pt",
        "pl",
        "cs",
        "da",
        "sv",
        "nb",
        "no",
        "fi",
        "tr",
        "en",
        "ja",
        "zh",
        "ko",
        "he",
        "th",
    ]
)
_BEFORE = re.compile(r"^\W{0,3}(?:[A-Z]{0,3}\s?[^\w\s.,()\-–]|[A-Z]{3})\s?\d")
_BEHIND = re.compile(r"\d\s?(?:[^\w\s.,()%/\-–]|[A-Z]{3}(?!\w))\W{0,3}$")
_LONGEST = 24  # characters of a text that is a price and no sentence
_ROLES = ("now", "was", "from", "range")
# "§ 19 UStG", used goods: no tax is shown, and that has to be said instead
_NO_TAX = re.compile(
    r"(?i)§\s?(?:19|25\s?a)\b.{0,20}ustg|kleinunternehmer|differenzbesteuer|vat exempt|tva non applicable|art\.?\s?293\s?b"
)
_QUANTITY = re.compile(
    r"(?<![\w.,])(\d{1,5}(?:[.,]\d{1,3})?)\s?(ml|cl|dl|l|liter|litre|litro|litri|g|gr|gramm?|grammes?|kg|kilo)(?![\w'’])",
    re.IGNORECASE,
)
_SINGLE = {"l": 1, "liter": 1, "litre": 1, "litro": 1, "kg": 1, "kilo": 1}
_TINY = 10  # grams or millilitres: too little for a unit price to be asked for


@check(needs={"shown_prices"})
def prices_written_alike(snapshot: Snapshot) -> Iterator[Observation]:
    """Products' prices in one currency have one decimal sign and their currency on one side."""
    facts = [
        fact
        for fact in snapshot.shown_prices.items
        if fact.visible
        and fact.role in _ROLES
        and fact.scope in ("main", "card")
        and fact.currency
        and len(fact.text) <= _LONGEST
        and not fact.ambiguous
    ]
    if len(facts) < 2:
        yield inapplicable("fewer than two prices of products")
        return
    for name, told in (("decimal sign", _decimal_sign), ("side of the currency", _side)):
        firsts: dict[tuple[str, str], PriceFact] = {}
        for fact in facts:
            if form := told(fact.text):
                firsts.setdefault((fact.currency, form), fact)
        for code in dict.fromkeys(currency for currency, _ in firsts):
            forms = {form: fact for (currency, form), fact in firsts.items() if currency == code}
            if len(forms) > 1:
                one, other = list(forms.values())[:2]
                yield failed(
                    f"{code} {name}",
                    Excerpt("one", one.text, where=one.selector),
                    Excerpt("another", other.text, where=other.selector),
                    what=name,
                    one=one.text,
                    other=other.text,
                )


@check(needs={"shown_prices", "market"})
def prices_in_page_form(snapshot: Snapshot) -> Iterator[Observation]:
    """Products' prices have the decimal sign of the page's language and country.

    Where the language names no country, those count in which its currency is used. Languages that are written either way there
    (English in the euro countries, Spanish in dollars) are let be, and so is English with commas: shops abroad write both.
    """
    language = snapshot.market.language or snapshot.site.locale
    facts = [
        fact
        for fact in snapshot.shown_prices.items
        if fact.visible and fact.role in ("now", "was") and fact.scope in ("main", "card") and fact.currency
        if len(fact.text) <= _LONGEST and not fact.ambiguous
    ]
    looked = False
    for fact in facts:
        expected, sign = decimal_sign(language, fact.currency), _decimal_sign(fact.text)
        if not expected or not sign:
            continue
        looked = True
        if sign != expected:
            yield failed(
                f"{language.lower()} {sign}",
                Excerpt("price", fact.text, where=fact.selector),
                price=fact.text,
                language=language,
                sign={".": "a point", ",": "a comma"}[expected],
            )
            return
    if not looked:
        yield inapplicable("no price with decimals whose form the page's language settles")


@lru_cache(maxsize=500)
def decimal_sign(language: str, currency: str) -> str:
    """The sign before the decimals in a language (`de`, `de-CH`), "." or ","; "" where that is not settled, or is another one."""
    code, _, region = language.replace("_", "-").partition("-")
    code, region = code.lower(), region.rpartition("-")[2].upper()
    names = [name for name in locale_identifiers() if name == code or name.startswith(f"{code}_")] if code else []
    if region and f"{code}_{region}" in names:
        names = [f"{code}_{region}"]
    else:
        names = [name for name in names if currency in _currencies(name.rpartition("_")[2])] or names
    if code not in _FIRM:
        return ""
    symbols = [Locale.parse(name).number_symbols.get("latn", {}) for name in names]
    # French in Switzerland has one for amounts of its own
    signs = {str(one.get("currencyDecimal") or one.get("decimal", "")) for one in symbols}
    sign = signs.pop() if len(signs) == 1 else ""
    return sign if sign in (".", ",") and not (code == "en" and sign == ",") else ""


def _currencies(territory: str) -> list[str]:
    return get_territory_currencies(territory) if len(territory) == 2 and territory.isupper() else []


def _decimal_sign(text: str) -> str:
    signs = {match[1] for match in _DECIMALS.finditer(text)}
    return signs.pop() if len(signs) == 1 else ""


def _side(text: str) -> str:
    before, behind = bool(_BEFORE.search(text)), bool(_BEHIND.search(text))
    return "" if before == behind else "before" if before else "behind"


@check(needs={"shown_prices", "texts", "market"})
def tax_said(snapshot: Snapshot, *, countries: tuple[str, ...]) -> Iterator[Observation]:
    """Where the market is one of `countries`, the page of a product with a price says whether tax is in it."""
    main = snapshot.shown_prices.main
    if reason := _outside(snapshot, countries):
        yield inapplicable(reason)
    elif main is None:
        yield cant_tell(snapshot.shown_prices.ambiguous or "no price was found in the page")
    elif not main.tax and not main.amount <= 0:
        said = snapshot.texts.visible
        if not (words.WITH_TAX.search(said) or words.WITHOUT_TAX.search(said) or _NO_TAX.search(said)):
            yield failed("", shown_excerpt(main), price=main.text, country=_country(snapshot))


@check(needs={"shown_prices", "texts", "market"})
def unit_price_said(snapshot: Snapshot, *, countries: tuple[str, ...]) -> Iterator[Observation]:
    """A product sold by weight or volume (its title says `500 ml`) shows what a litre or a kilogram costs."""
    shown = snapshot.shown_prices
    if reason := _outside(snapshot, countries):
        yield inapplicable(reason)
        return
    title = next((text for level, text, visible in snapshot.texts.headings if level == 1 and visible), "")
    found = _QUANTITY.search(title)
    if found is None:
        yield inapplicable("the title names no weight or volume")
        return
    amount, unit = float(found[1].replace(",", ".")), found[2].lower()
    if amount == _SINGLE.get(unit) or (unit not in _SINGLE and amount <= _TINY):
        return
    if shown.main is None:
        yield cant_tell(shown.ambiguous or "no price was found in the page")
    elif not any(fact.visible and fact.scope != "card" for fact in shown.of("unit")):
        yield failed("", shown_excerpt(shown.main), Excerpt("title", title), quantity=found[0], price=shown.main.text)


def _outside(snapshot: Snapshot, countries: tuple[str, ...]) -> str:
    country = _country(snapshot)
    if not country:
        return "the market's country is not known"
    return "" if country in countries else f"the market is {country}"


def _country(snapshot: Snapshot) -> str:
    """From the config, the platform, or the region of the page's language; a language alone names no country."""
    said = snapshot.site.country or snapshot.market.country
    if said:
        return said
    for locale in (snapshot.site.locale, snapshot.market.language):
        region = locale.replace("_", "-").rpartition("-")[2]
        if region != locale and len(region) == 2:
            return region.upper()
    return ""
