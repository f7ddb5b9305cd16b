"""Shown prices: what each amount is, and the main product's present price, or why it is not clear."""

from decimal import Decimal

import msgspec
import pytest

from auditor.evidence.texts import PriceText, Texts
from auditor.facts.price_words import class_role
from auditor.facts.prices import ShownPrices, shown_prices


def price(text: str, *, main: bool = True, **more) -> PriceText:
    return PriceText(text=text, in_main_product=main, **more)


def read(*prices: PriceText, **options) -> ShownPrices:
    facts = shown_prices(Texts(prices=prices), **options)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=ShownPrices) == facts
    return facts


def roles(*prices: PriceText) -> list[tuple[str, str]]:
    return [(fact.role, str(fact.amount)) for fact in read(*prices).items]


@pytest.mark.parametrize(
    ("shown", "role"),
    [
        ("19,99 €", "now"),
        ("Now $19.99", "now"),
        ("Sale price $19.99", "now"),
        ("Aktionspreis: 19,99 €", "now"),
        ("$19.99 / each", "now"),
        ("19,99 € inkl. MwSt.", "now"),
        ("Discounted price $19.99", "now"),
        ("ab 19,99 €", "from"),
        ("From $19.99", "from"),
        ("à partir de 19,99 €", "from"),
        ("desde 19,99 €", "from"),
        ("da 19,99 €", "from"),
        ("vanaf € 19,99", "from"),
        ("od 19,99 zł", "from"),
        ("As low as $19.99", "from"),
        ("Was $19.99", "was"),
        ("RRP £19.99", "was"),
        ("UVP 19,99 €", "was"),
        ("statt 19,99 €", "was"),
        ("Compare at $19.99", "was"),
        ("au lieu de 19,99 €", "was"),
        ("Antes 19,99 €", "was"),
        ("19,99 € / 100 g", "unit"),
        ("19,99 €/kg", "unit"),
        ("(19,99 € pro 1 Liter)", "unit"),
        ("je 100 ml 19,99 €", "unit"),
        ("Preis pro kg: 19,99 €", "unit"),
        ("Grundpreis: 19,99 €", "unit"),
        ("100 g = 19,99 €", "unit"),
        ("$19.99 per oz", "unit"),
        ("3 x 19,99 €", "instalment"),
        ("oder 3 Raten zu 19,99 €", "instalment"),
        ("4 interest-free payments of $19.99 with Afterpay", "instalment"),
        ("Pay in 3 with Klarna: £19.99", "instalment"),
        ("$19.99/month", "instalment"),
        ("19,99 € monatlich", "instalment"),
        ("You save $19.99", "saving"),
        ("Sie sparen 19,99 €", "saving"),
        ("$19.99 off", "saving"),
        ("-€19.99", "saving"),
        ("Rabatt: 19,99 €", "saving"),
        ("Sparpreis 19,99 €", "now"),
        ("Free shipping over €19.99", "other"),
        ("Kostenloser Versand ab 19,99 €", "other"),
        ("+ €19.99 shipping", "other"),
        ("zzgl. 19,99 € Versand", "other"),
        ("incl. €19.99 deposit", "other"),
        ("inkl. 19,99 € Pfand", "other"),
        ("Gift card €19.99", "other"),
        ("Spend $19.99 more", "other"),
        ("Lowest price in the last 30 days: €19.99", "other"),
        ("Niedrigster Preis der letzten 30 Tage: 19,99 €", "other"),
        ("10+ $19.99", "other"),
        ("ab 10 Stück 19,99 €", "other"),
    ],
)
def test_roles_by_words(shown, role):
    assert roles(price(shown)) == [(role, "19.99")]


@pytest.mark.parametrize(
    ("classes", "role"),
    [
        ("price price--rrp", "was"),
        ("price price--non-sale", "was"),
        ("old-price", "was"),
        ("price-old", "was"),
        ("compare-at-price", "was"),
        ("price-was-now", ""),
        ("price--on-sale", ""),
        ("special-price price-old-block", "now"),
        ("price-new", "now"),
        ("regular-price", "regular"),
        ("unit-price caption", "unit"),
        ("you-save", "saving"),
        ("KlarnaPlacement", "instalment"),
        ("tier-price", "other"),
        ("woocommerce-Price-amount amount", ""),
        ("price product-price-and-shipping", ""),
        ("shipping", "other"),
        ("cold golden wash", ""),
        ("", ""),
    ],
)
def test_roles_by_class(classes, role):
    assert class_role(classes) == role


def test_several_amounts_in_one_text():
    assert roles(price("Was $30.00 now $20.00")) == [("was", "30.00"), ("now", "20.00")]
    assert roles(price("van € 30,00 voor € 20,00")) == [("was", "30.00"), ("now", "20.00")]
    assert roles(price("19,99 € (39,98 € / kg)")) == [("now", "19.99"), ("unit", "39.98")]
    assert roles(price("$20.00, save $10.00")) == [("now", "20.00"), ("saving", "10.00")]


def test_words_beyond_the_next_amount_belong_to_that_one():
    assert roles(price("$49.00", after="or 4 interest-free payments of $12.25 with Klarna")) == [("now", "49.00")]
    assert roles(price("€20,00", before="Regular price €30,00 Sale price")) == [("now", "20.00")]
    assert roles(price("€20,00", before="Was €30,00")) == [("now", "20.00")]
    assert roles(price("€20,00", before="Kostenloser Versand ab €50")) == [("now", "20.00")]


def test_words_beside_the_element():
    assert roles(price("€30,00", before="UVP")) == [("was", "30.00")]
    assert roles(price("€1,99", after="/ 100 g")) == [("unit", "1.99")]
    assert roles(price("€5,00", before="Sie sparen")) == [("saving", "5.00")]


def test_shopify_calls_the_only_price_regular():
    facts = read(price("$20.00", hidden_label="Regular price", classes="price-item price-item--regular"))
    assert (facts.main.role, str(facts.main.amount)) == ("now", "20.00")


def test_regular_beside_a_lower_price_is_the_old_one():
    facts = read(price("€30,00", classes="regular-price"), price("€20,00", classes="current-price"))
    assert [fact.role for fact in facts.items] == ["was", "now"]
    assert (str(facts.main.amount), str(facts.was.amount)) == ("20.00", "30.00")


def test_a_lower_price_in_the_next_entry_of_a_list_makes_no_old_one():
    first = price(
        "€79.00",
        main=False,
        in_card=True,
        hidden_label="Regular price",
        selector="#grid > li:nth-of-type(1) > div > p > span",
    )
    other = price(
        "€39.00",
        main=False,
        in_card=True,
        hidden_label="Sale price",
        selector="#grid > li:nth-of-type(2) > div > p > span",
    )
    assert roles(first, other) == [("now", "79.00"), ("now", "39.00")]


def test_a_lower_price_in_another_card_makes_no_old_one():
    place = "div > main > ul > li:nth-of-type({}) > div > div > div:nth-of-type({}) > span"
    first = price("$129.00", main=False, in_card=True, hidden_label="Regular price", selector=place.format(1, 1))
    other = price("$79.50", main=False, in_card=True, hidden_label="Sale price", selector=place.format(2, 2))
    assert roles(first, other) == [("now", "129.00"), ("now", "79.50")]
    sale = price("$99.00", main=False, in_card=True, hidden_label="Sale price", selector=place.format(1, 2))
    assert roles(first, sale) == [("was", "129.00"), ("now", "99.00")]


def test_a_label_of_tax_belongs_to_the_amount_after_it():
    facts = read(price("$129.00", after="Ex Tax: $107.50"), price("Ex Tax: $107.50", before="$129.00"))
    assert [fact.tax for fact in facts.items] == ["", "excl"]


def test_struck_through():
    facts = read(price("$20.00", struck=True, hidden_label="Regular price"), price("$15.00", hidden_label="Sale price"))
    assert (str(facts.main.amount), str(facts.was.amount)) == ("15.00", "20.00")


def test_ranges_inside_one_element_and_across_two():
    facts = read(price("€19 – €49"))
    assert (facts.main.role, str(facts.main.amount), str(facts.main.high)) == ("range", "19", "49")
    facts = read(price("€19,00", after="– €49,00"), price("€49,00", before="€19,00 –"))
    assert {(fact.role, str(fact.amount), str(fact.high)) for fact in facts.items} == {("range", "19.00", "49.00")}
    assert facts.main.role == "range"


def test_two_prices_beside_each_other_are_no_range():
    assert [fact.high for fact in read(price("€49 €19")).items] == [None, None]
    assert [fact.high for fact in read(price("€19 / €49")).items] == [None, None]


def test_main_is_the_big_one_in_the_main_product():
    facts = read(
        price("€5,00", main=False, in_card=True, font_px=40),
        price("€3,00", main=False, font_px=60),
        price("€29,00", font_px=14),
        price("€19,00", font_px=24),
        price("€1,90 / 100 g", font_px=40),
        price("€99,00", font_px=50, visible=False),
    )
    assert str(facts.main.amount) == "19.00"
    assert facts.scoped


def test_the_same_price_twice_is_one():
    assert str(read(price("€19,00", font_px=24), price("19,00 €", font_px=14)).main.amount) == "19.00"


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ([], "no price on the page"),
        ([price("€19,00", font_px=20), price("€29,00", font_px=20)], "2 different prices of the same size"),
        ([price("€19,00", main=False), price("€29,00", main=False)], "not known and there are 2 different prices"),
        ([price("€19,00", main=False, in_card=True)], "no visible price of the main product"),
        ([price("€19,00", visible=False)], "only hidden ones"),
        ([price("3 x €19,00")], "no visible price of the main product"),
        ([price("€19,00"), price("€29,00")], "sizes are not known"),
        ([price("1.299")], "thousands or decimals"),
        ([price("$1.299")], "three decimals"),
    ],
)
def test_why_there_is_no_main_price(prices, reason):
    facts = shown_prices(Texts(prices=tuple(prices), lang="en" if prices and prices[0].text.startswith("$") else ""))
    assert facts.main is None
    assert reason in facts.ambiguous


def test_without_scopes_one_price_outside_cards_is_the_main_one():
    facts = read(price("€19,00", main=False), price("€19,00", main=False), price("€29,00", main=False, in_card=True))
    assert str(facts.main.amount) == "19.00"
    assert not facts.scoped


def test_prices_with_and_without_tax():
    both = [price("€100.00", after="excl. VAT", font_px=20), price("€121.00", after="incl. VAT", font_px=20)]
    assert [fact.tax for fact in read(*both).items] == ["excl", "incl"]
    assert (read(*both).main.amount, read(*both).other_form.amount) == (Decimal("121.00"), Decimal("100.00"))
    assert str(read(*both, tax="incl").main.amount) == "121.00"
    assert str(read(*both, tax="excl").main.amount) == "100.00"


@pytest.mark.parametrize(
    ("after", "tax"),
    [
        ("zzgl. MwSt.", "excl"),
        ("inkl. 19 % MwSt.", "incl"),
        ("TTC", "incl"),
        ("HT", "excl"),
        ("IVA inclusa", "incl"),
        ("", ""),
    ],
)
def test_tax_words(after, tax):
    assert read(price("100 €", after=after)).items[0].tax == tax


def test_language_and_currency():
    assert str(shown_prices(Texts(prices=(price("1.299"),), lang="de")).main.amount) == "1299"
    assert read(price("$19.00"), currency="CAD").main.currency == "CAD"
    assert read(price("$19.00")).main.currency == ""


@pytest.mark.parametrize("text", ["$NaN", "€", "€undefined", "${{ price }}", "NaN"])
def test_a_place_of_a_price_without_one(text):
    facts = read(price(text))
    assert [each.text for each in facts.unreadable] == [text]
    assert facts.items == ()


def test_zero_is_a_price_that_rules_may_judge():
    assert str(read(price("€0.00")).main.amount) == "0.00"


@pytest.mark.timeout(20)
def test_hostile():
    odd = PriceText(
        text="€1 " * 60,
        before="3 x " * 5_000,
        after="/ 1" * 5_000,
        classes="a-b " * 5_000 + "-" * 50_000,
        hidden_label="was " * 9_000,
        in_main_product=True,
    )
    facts = read(*[odd] * 2_500, price("€1 " * 5_000))
    assert facts.cut
    assert facts.main is None
