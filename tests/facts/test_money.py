"""Money: amounts as shops of many countries write them, and none where there is none."""

from decimal import Decimal
from itertools import pairwise

import pytest
from babel.core import get_global
from babel.localedata import locale_identifiers
from babel.numbers import format_currency, get_territory_currencies
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.currency import CODES, currency, precision, separators
from auditor.facts.money import parse_amounts


def read(text: str, locale: str = "", expected: str = "") -> list[tuple[str, str]]:
    return [(str(amount.amount), amount.currency) for amount in parse_amounts(text, locale, expected)]


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("1.299,00 €", [("1299.00", "EUR")]),
        ("1.299,00\u00a0€ *", [("1299.00", "EUR")]),
        ("1\u202f299,00 €", [("1299.00", "EUR")]),
        ("€ 1.299,-", [("1299", "EUR")]),
        ("49,- €", [("49", "EUR")]),
        ("49,– €", [("49", "EUR")]),
        ("1.299 €", [("1299", "EUR")]),
        ("0,99 €", [("0.99", "EUR")]),
        ("19€99", [("19.99", "EUR")]),
        ("19€ 30 Tage Rückgabe", [("19", "EUR")]),
        ("19€ 99", [("19.99", "EUR")]),
        ("1.249, 50 €", [("1249.50", "EUR")]),
        ("$ 7. 95", [("7.95", "")]),
        ("64, 90 TL", [("64.90", "TRY")]),
        (",75 €", [("0.75", "EUR")]),
        ("2.450,-", [("2450", "")]),
        ("6 450 р.", [("6450", "RUB")]),
        ("890 рублей", [("890", "RUB")]),
        ("19,99€25,99€", [("19.99", "EUR"), ("25.99", "EUR")]),
        ("19 € 25 €", [("19", "EUR"), ("25", "EUR")]),
        ("€ 19 € 25", [("19", "EUR"), ("25", "EUR")]),
        ("ab 19 €", [("19", "EUR")]),
        ("€19 – €49", [("19", "EUR"), ("49", "EUR")]),
        ("€19 – 49", [("19", "EUR"), ("49", "EUR")]),
        ("19,00–49,00 €", [("19.00", "EUR"), ("49.00", "EUR")]),
        ("von 19 bis 49 €", [("19", "EUR"), ("49", "EUR")]),
        ("19.99€/kg", [("19.99", "EUR")]),
        ("100 g = 1,99 €", [("1.99", "EUR")]),
        ("3 x 19,99 €", [("19.99", "EUR")]),
        ("Art. 12 19,99 €", [("19.99", "EUR")]),
        ("19.99 EUR inkl. 19 % MwSt.", [("19.99", "EUR")]),
        ("EUR19.99", [("19.99", "EUR")]),
        ("19 Euro", [("19", "EUR")]),
        ("12 ct", [("0.12", "EUR")]),
        ("£1,299.00 inc VAT", [("1299.00", "GBP")]),
        ("99p", [("0.99", "GBP")]),
        ("CHF 1'299.50", [("1299.50", "CHF")]),
        ("Fr. 19.90", [("19.90", "CHF")]),
        ("from $19.00", [("19.00", "")]),
        ("$19.99 USD", [("19.99", "USD")]),
        ("USD $1,234", [("1234", "USD")]),
        ("US$ 5", [("5", "USD")]),
        ("CA$5.00", [("5.00", "CAD")]),
        ("A$ 1,000.00", [("1000.00", "AUD")]),
        ("$1,299", [("1299", "")]),
        ("$.99", [("0.99", "")]),
        ("99¢", [("0.99", "")]),
        ("$19 $25", [("19", ""), ("25", "")]),
        ("Buy 2 $19", [("19", "")]),
        ("2 for $30", [("30", "")]),
        ("Save 20% on $19", [("19", "")]),
        ("$10-20", [("10", ""), ("20", "")]),
        ("$19.99-$29.99", [("19.99", ""), ("29.99", "")]),
        ("¥1,299", [("1299", "")]),
        ("1,299円", [("1299", "JPY")]),
        ("₩12,900", [("12900", "KRW")]),
        ("₹1,29,999", [("129999", "INR")]),
        ("₹1,29,999.50", [("129999.50", "INR")]),
        ("1 299 kr", [("1299", "")]),
        ("1 299:-", [("1299", "")]),
        ("12.345.678,90 kr.", [("12345678.90", "")]),
        ("R$ 1.299,90", [("1299.90", "BRL")]),
        ("R 199.00", [("199.00", "ZAR")]),
        ("1.299.000 ₫", [("1299000", "VND")]),
        ("Rp 1.299.000", [("1299000", "IDR")]),
        ("8 999,00 Kč", [("8999.00", "CZK")]),
        ("100,00 zł", [("100.00", "PLN")]),
        ("1 299 Ft", [("1299", "HUF")]),
        ("199 TL", [("199", "TRY")]),
        ("199 TRY", [("199", "TRY")]),
        ("S/ 19.90", [("19.90", "PEN")]),
        ("١٬٢٩٩٫٥٠ د.إ.", [("1299.50", "AED")]),
        ("-€5.00", [("-5.00", "EUR")]),
        ("−5,00 €", [("-5.00", "EUR")]),
        ("Jacket - €5.00", [("5.00", "EUR")]),
        ("1’299.–", [("1299", "")]),
        ("19,99", [("19.99", "")]),
        ("1,299.00", [("1299.00", "")]),
        ("49,-", [("49", "")]),
        ("42", [("42", "")]),
    ],
)
def test_amounts(text, amounts):
    assert read(text) == amounts
    assert not any(amount.ambiguous for amount in parse_amounts(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$",
        "€",
        "$NaN",
        "{{ price }}",
        "TOP 10",
        "ALL 3 items",
        "TRY 30 days",
        "SKU12345",
        "A1-2000",
        "20 %",
        "20% off",
        "500 g",
        "5 stars",
        "12 reviews",
        "12,5,6",
        "1,299.00.00 $",
        "1,234,56 $",
        "in 3 days",
        "iPhone 15",
        "4K",
        "24h",
        "© 2026 Shop",
        "R2D2",
        "10 x",
        "5.1 inch",
        "12.50 ft",
        "#1234",
    ],
)
def test_no_amounts(text):
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "1.299",
        "1,299",
        "1.599 €/l",
        "1,299 per unit",
        "$19 99",
        "1.250 KWD",
        "1,250 KWD",
        "25€ 49 dont 0,05 € d'éco-part",
        "Neu: 118, 99 TL",
    ],
)
def test_unsure_numbers_say_so(text):
    assert parse_amounts(text)[0].ambiguous


@pytest.mark.parametrize(
    ("text", "locale", "amount", "unsure"),
    [
        ("1.299", "de-DE", "1299", False),
        ("1,299", "en-US", "1299", False),
        ("1.299", "en_GB", "1299", True),
        ("1.599 €/l", "de", "1599", False),
        ("1,599 €/l", "de", "1.599", False),
        ("$1.299", "en-US", "1299", True),
        ("€1,299", "de-DE", "1299", True),
        ("1.250 KWD", "en-KW", "1.250", False),
        ("15 999 €", "en-IE", "15999", True),
        ("15 999 €", "fr-FR", "15999", False),
        ("1.299", "xx-nonsense", "1299", True),
        ("1.299", "", "1299", True),
    ],
)
def test_the_language_of_the_page_decides(text, locale, amount, unsure):
    (found,) = parse_amounts(text, locale)
    assert found.amount == Decimal(amount)
    assert bool(found.ambiguous) == unsure


@pytest.mark.parametrize(
    ("text", "locale", "expected", "code"),
    [
        ("$5", "", "AUD", "AUD"),
        ("$5", "", "EUR", ""),
        ("$5", "en-US", "", ""),
        ("5 kr", "sv-SE", "", "SEK"),
        ("5 kr", "", "NOK", "NOK"),
        ("5 kr.", "da", "", "DKK"),
        ("¥5", "ja-JP", "", "JPY"),
        ("¥5", "", "CNY", "CNY"),
        ("£5", "", "", "GBP"),
        ("£5", "", "EGP", "EGP"),
        ("5 €", "", "USD", "EUR"),
        ("19.90", "", "EUR", "EUR"),
        ("5 MAD", "", "", "MAD"),
        ("MAD 5", "", "MAD", "MAD"),
        ("$5 AUD", "", "USD", "AUD"),
    ],
)
def test_currency_by_expectation(text, locale, expected, code):
    assert parse_amounts(text, locale, expected)[0].currency == code


AT_HOME = """
AED Dhs. 299.00|AED 299.00 د.إ|ALL 1,299 L|ALL Lek 1,299.00|AOA Kz 1.299,00|AZN m.19.90|BDT Tk 1,299.00|BHD 12.500 .د.ب|BYN Br 129,90|BYN 129,90 руб.|BYN 1 299 руб.
DZD 1 299,00 DA|DZD 1299 د.ج|EGP LE 1,299.00|EGP 1,299.00 ج.م|ETB Br1,299.00|GTQ Q129.90|HNL L 129.90|HNL L129.90|HUF 12 990 Ft|ILS 129.90 NIS|ILS 129.90 ש"ח|IQD 12,900 د.ع
JOD 12.900 JD|JOD 12.900 د.ا|KGS 1 299 сом|KWD 12.900 د.ك|KZT 12 990 тг|LKR රු1,299.00|MAD 129,00 د.م.|MKD ден 1.290,00|MMK K12,900|MOP MOP$129.00|MZN 1.299,00 MT|NIO C$1,299.00
OMR 12.900 ر.ع.|PGK K129.90|PYG Gs. 129.000|QAR QR 129|RSD 1.299,00 din|SAR 129.00 SR|SAR 129 ريال|THB 129.00 บาท|TND 129.900 د.ت|UZS 129 000 сум|UZS 129 000 so‘m|VES Bs.S 129,90
VND 129.000 VNĐ|XAF FCFA12 900|XOF 12 900 FCFA|XOF 12 900 F CFA|XPF 12 900 F|ZMW K129.90|HRK 99,90 kn"""


def test_signs_that_count_where_their_currency_is_expected_or_nowhere_else_mean_money():
    for line in AT_HOME.replace("\n", "|").strip("|").split("|"):
        code, text = line.split(" ", 1)
        (found,) = parse_amounts(text, "", code)
        assert (found.currency, found.expected) == (code, False), text
        assert found.amount in {Decimal(number) for number in ("299", "1299", "19.90", "12.500", "129.90", "129", "12990", "12900", "12.900", "1290", "129000", "129.900", "99.90")}, text  # fmt: skip
    assert not parse_amounts("12 990 Ft", "en", "HUF")[0].ambiguous
    assert read("da 19,90 €, 1 L", "", "EUR") == [("19.90", "EUR")]
    assert read("Vitamin K 12", "", "USD") == read("1 L", "", "EUR") == []


def test_an_expected_currency_that_is_not_written_is_marked():
    assert parse_amounts("19.90", "", "EUR")[0].expected
    assert not parse_amounts("19.90 €", "", "EUR")[0].expected


def test_symbol_and_span():
    (amount,) = parse_amounts("now only US$ 19.90!")
    assert "now only US$ 19.90!"[amount.start : amount.end] == "US$ 19.90"
    assert amount.symbol == "US$"


def test_tables():
    assert (precision("JPY"), precision("EUR"), precision("KWD"), precision("???")) == (0, 2, 3, 2)
    assert separators("de-DE") == (",", ".")
    assert separators("de-CH")[0] == "."
    assert separators("x" * 50) == separators("") == ("", "")
    assert currency("nonsense") == ""


_LOCALES = """en_US en_GB en_IE en_AU en_CA en_IN en_ZA de_DE de_AT de_CH fr_FR fr_CH fr_BE fr_CA it_IT es_ES es_MX nl_NL nl_BE sv_SE
nb_NO da_DK fi_FI pl_PL cs_CZ sk_SK hu_HU ro_RO pt_BR pt_PT ja_JP zh_CN ko_KR hi_IN tr_TR ru_RU uk_UA el_GR he_IL ar_AE"""
_CURRENCIES = "EUR USD GBP CHF SEK NOK DKK PLN CZK HUF RON JPY CNY KRW INR BRL MXN AUD CAD NZD ZAR TRY ILS AED VND KWD"
LOCALES, CURRENCIES = _LOCALES.split(), _CURRENCIES.split()


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(LOCALES),
    st.sampled_from(CURRENCIES),
    st.decimals(min_value=0, max_value=9_999_999, places=3, allow_nan=False),
)
def test_reads_back_what_babel_writes(locale, code, number):
    number = number.quantize(Decimal(1).scaleb(-precision(code)))
    written = format_currency(number, code, locale=locale)
    found = parse_amounts(written, locale, code)
    assert [amount.amount for amount in found] == [number], written
    assert found[0].currency == code, written
    assert not found[0].ambiguous, written


# Toki Pona groups digits by two; its speakers run no shop
EVERY_LOCALE = sorted(name for name in locale_identifiers() if not name.startswith("tok"))
TENDER = sorted(
    {code for place in get_global("territory_currencies") for code in get_territory_currencies(place)} & CODES
)


@settings(max_examples=2_000, deadline=None)
@given(
    st.sampled_from(EVERY_LOCALE),
    st.sampled_from(TENDER),
    st.integers(min_value=0, max_value=99_999_999),
    st.booleans(),
)
def test_every_locale_and_currency_of_babel_is_read_back_or_not_at_all(locale, code, minor, whole):
    """Never another amount and never another currency: a sign that is not known is no price or no currency, not a wrong one."""
    number = Decimal(minor) if whole else Decimal(minor).scaleb(-precision(code))
    written = format_currency(number, code, locale=locale)
    found = parse_amounts(written, locale, code)
    assert [amount.amount for amount in found] in ([number], []), written
    assert {amount.currency for amount in found} <= {code, ""}, written
    if found:
        assert not found[0].ambiguous, written


def test_most_of_babels_locales_are_read():
    """What is not read at all is rare: Chinese to Zulu with the money of their own countries."""
    read_back = [
        bool(parse_amounts(format_currency(Decimal("1234.5"), code, locale=locale), locale, code))
        for locale in EVERY_LOCALE[::3]
        for code in ("EUR", "USD", "GBP", "JPY", "INR", "PLN", "SEK", "BRL", "CHF", "AED")
    ]
    assert sum(read_back) >= 0.99 * len(read_back)


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="0123456789.,'’ €$£-–:xABab%/\u00a0()", max_size=60),
    st.sampled_from(["", "de", "en-US", "fr", "rubbish"]),
    st.sampled_from(["", "EUR", "USD"]),
)
def test_no_text_breaks_it(text, locale, expected):
    found = parse_amounts(text, locale, expected)
    assert all(0 <= amount.start < amount.end <= len(text) and amount.amount.is_finite() for amount in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    "piece", ["9", "1 ", "1,", "$", "- ", "€19 – ", "1 299 ", "A", "r", "1.1,", "kr", " €", ".:-", "١"]
)
@pytest.mark.timeout(5)
def test_long_texts_take_no_time(piece):
    assert len(parse_amounts(piece * 20_000)) <= 50
