"""What stands beside prices, in the words of the shops: it is not taken for the price, and what is said of the price is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from auditor.evidence.texts import PriceText, Texts
from auditor.facts.money import parse_amounts
from auditor.facts.prices import PriceFact, shown_prices
from auditor.model.written import plain

LISTS = [
    one for name in ("price_phrases", "price_phrases_more") for one in plain(Path(__file__).with_name(f"{name}.yaml"))
]


def phrases(name: str) -> Iterator[tuple[str, str, str]]:
    return ((one["lang"], one["price"], phrase) for one in LISTS for phrase in one.get(name, ()))


def main_of(lang: str, *texts: str) -> PriceFact | None:
    """The main price of a page that shows these texts below each other, in one size: only words tell them apart."""
    shown = tuple(PriceText(text=text, in_main_product=True, font_px=24.0) for text in texts)
    return shown_prices(Texts(lang=lang, prices=shown, main_block=True)).main


def amount(price: str, lang: str) -> Decimal:
    return parse_amounts(price, lang)[0].amount


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one["lang"])
def test_what_stands_beside_a_price_is_another(one: dict[str, str]) -> None:
    wanted = amount(one["price"], one["lang"])
    for phrase in one["beside"]:
        for texts in ((one["price"], phrase), (phrase, one["price"])):
            main = main_of(one["lang"], *texts)
            assert main is not None, phrase
            assert (main.role, main.amount, main.high) == ("now", wanted, None), phrase


def test_what_words_do_not_tell_is_not_guessed() -> None:
    for lang, price, phrase in phrases("unclear"):
        main = main_of(lang, price, phrase)
        assert main is None or main.amount == amount(price, lang), phrase


def test_what_is_said_of_the_price_leaves_it_the_price() -> None:
    for lang, price, phrase in phrases("itself"):
        main = main_of(lang, phrase)
        assert main is not None, phrase
        assert main.amount == amount(price, lang), phrase
