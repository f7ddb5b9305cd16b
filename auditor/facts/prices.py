"""Facts about shown prices: what each amount on the page is (now, was, from, unit …) and which is the main product's."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

import msgspec

from auditor.evidence.texts import Box, PriceText, Texts
from auditor.facts import main_price, price_twice
from auditor.facts import price_words as words
from auditor.facts.currency import meanings, reads_at_home
from auditor.facts.money import Amount, is_range, parse_amounts
from auditor.model.late import late

VERSION = 2
_MOST = 2_000
_ENTRY = re.compile(r"(?:li|article|tr)\b")
_CONTEXT = 60  # characters of words before and after an amount that may be about it
_BESIDE = 120  # characters of the texts beside a price that are read
_LONGEST = 200  # characters of a price's own text
_DASH = late(r"[\s]*[-\u2010-\u2015\u2212~][\s]*")
_SIGNS = "$€£¥￥₹₺₩₽₴₪₫₦₱₡₸₼₾฿﷼"
_MARKED_EMPTY = late(
    rf"[{_SIGNS}]\s*(?:nan|undefined|null|\{{\{{|$)"
    rf"|^(?:(?:[a-z]{{2,3}}\$?|zł|kč)\s*)?(?:nan|undefined|null)(?:\s*(?:[a-z]{{2,3}}|zł|kč|[{_SIGNS}]|円|원|元|р(?:уб)?\.?|грн|лв\.?|ر\.س\.?|د\.إ\.?))?$",
    re.IGNORECASE,
)


class PriceFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One amount as a shopper sees it. `role`: now, was, from, range, upto, unit, instalment, saving, other."""

    role: str
    amount: Decimal
    high: Decimal | None = None  # the upper end of a range
    currency: str = ""  # "" where the sign may mean several
    currency_from: str = (
        ""  # what says which of its currencies the sign means (facts.market), "" where it is written or expected
    )
    symbol: str = ""
    ambiguous: str = ""  # why the number is unsure
    why: str = ""  # what made the role, unless it is now
    tax: str = ""  # incl | excl, where words beside it say so
    tax_class: str = (
        ""  # the same by class names; themes write them where there is no tax, so they count between two forms only
    )
    scope: str = "other"  # main | card | other
    visible: bool = True
    struck: bool = False
    text: str = ""
    selector: str = ""
    box: Box = (0, 0, 0, 0)
    font_px: float = 0.0

    def may_be_in(self, code: str) -> bool:
        """Whether this can be an amount of the currency: "$" may be several, but no euro. Letters ("kr", "Rs") may be anything."""
        if not code or self.currency:
            return not code or self.currency == code
        meant = meanings(self.symbol) if self.symbol and not self.symbol[0].isalpha() else frozenset()
        return not meant or code in meant


class ShownPrices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All prices in order of the page; `main` is the main product's present price where it is clear, else `ambiguous` says why not."""

    items: tuple[PriceFact, ...] = ()
    main: PriceFact | None = None
    was: PriceFact | None = None  # the main product's old price
    other_form: PriceFact | None = None  # the main price without tax, or with it, where the page shows both
    ambiguous: str = ""
    unreadable: tuple[PriceText, ...] = ()  # "$NaN", "€", "{{ price }}": a price's place without an amount
    scoped: bool = False  # the page's evidence knows the block of the main product
    cut: bool = False

    @property
    def unreadable_main(self) -> PriceText | None:
        """What stands, without an amount, where the main product's price should."""
        if self.main is not None:
            return None
        empty = [
            one
            for one in self.unreadable
            if one.visible and not one.in_card and (one.in_main_product or not self.scoped)
        ]
        return empty[0] if empty else None

    def of(self, role: str, scope: str = "") -> list[PriceFact]:
        return [item for item in self.items if item.role == role and (not scope or item.scope == scope)]


def shown_prices(
    texts: Texts, locale: str = "", currency: str = "", tax: str = "", page: Callable[[], tuple[str, str]] | None = None
) -> ShownPrices:
    """The prices of a rendered page. `tax` ("incl" or "excl", the market's) decides where a price stands in both forms.

    `page` gives the currency that the page itself names, and where; asked only if a sign may mean several.
    """
    locale = locale or texts.lang
    facts, unreadable = _read(texts, locale, currency)
    if not currency and page is not None and texts.prices and not any(fact.symbol for fact in facts):
        # "Q125.00" is money where the page names quetzals
        named, _ = page()
        if reads_at_home(named):
            facts, unreadable = _read(texts, locale, named)
    facts = _settled(_one_currency(facts, page))
    facts = price_twice.once(facts, _together, lambda: currency or (page()[0] if page is not None else ""))
    scoped = texts.main_block or any(shown.in_main_product for shown in texts.prices)
    chosen = main_price.choose(facts, tax, scoped=scoped)
    return ShownPrices(
        items=tuple(facts),
        main=chosen.main,
        was=main_price.old_price(facts, chosen.main) if chosen.main is not None else None,
        other_form=chosen.other_form,
        ambiguous=chosen.why_not,
        unreadable=tuple(unreadable[:100]),
        scoped=scoped,
        cut=len(texts.prices) > _MOST or len(facts) >= _MOST,
    )


def _read(texts: Texts, locale: str, currency: str) -> tuple[list[PriceFact], list[PriceText]]:
    facts: list[PriceFact] = []
    unreadable: list[PriceText] = []
    for shown in texts.prices[:_MOST]:
        if len(facts) >= _MOST:
            break
        if len(shown.text) > _LONGEST:
            continue  # a paragraph, not a price
        amounts = parse_amounts(shown.text, locale, currency)
        if amounts:
            facts += _facts(shown, amounts, locale, currency)
        elif _MARKED_EMPTY.search(shown.text):
            unreadable.append(shown)
    return facts, unreadable


def _facts(shown: PriceText, amounts: tuple[Amount, ...], locale: str, currency: str) -> list[PriceFact]:
    facts: list[PriceFact] = []
    text, before, after = shown.text, shown.before[-_BESIDE:], shown.after[:_BESIDE]
    beside_before, beside_after = _marked(before, locale, currency), _marked(after, locale, currency)
    index = 0
    while index < len(amounts):
        amount = last = amounts[index]
        high: Decimal | None = None
        if index + 1 < len(amounts) and is_range(text, amount, amounts[index + 1]):
            last = amounts[index + 1]
            high = last.amount
        following = index + (2 if high is not None else 1)
        left = text[amounts[index - 1].end if index else 0 : amount.start]
        right = text[last.end : amounts[following].start if following < len(amounts) else len(text)]
        low = amount.amount
        # A range whose ends are two elements (WooCommerce): each of them is a fact of the whole range
        if not index:
            said = before[beside_before[-1].end :] if beside_before else before
            if (
                beside_before
                and not left.strip()
                and _DASH.fullmatch(said)
                and beside_before[-1].amount < low
                and high is None
            ):
                low, high = beside_before[-1].amount, low
            left = f"{said} {left}"
        if following >= len(amounts):
            said = after[: beside_after[0].start] if beside_after else after
            if (
                beside_after
                and not right.strip()
                and _DASH.fullmatch(said)
                and beside_after[0].amount > low
                and high is None
            ):
                high = beside_after[0].amount
            right = f"{right} {said}"
        near = " ".join(left.split())[-_CONTEXT:], " ".join(right.split())[:_CONTEXT]
        role, why = _role(*near, shown.hidden_label[:200], shown.classes[:1_000], struck=shown.struck, negative=low < 0)
        if role in ("now", "from", "regular") and high is not None:
            role = "range"
        if role in ("now", "regular") and words.is_of_chosen(shown.classes):
            role, why = "now", words.CHOSEN
        elif role == "now" and any(words.PAYMENT.search(side) for side in near):
            why = main_price.PAYMENT
        facts.append(_fact(shown, amount, role, why, abs(low) if role == "saving" else low, high, *near))
        index = following
    return facts


def _marked(text: str, locale: str, currency: str) -> list[Amount]:
    """Amounts of the text beside a price; numbers without a currency are words there."""
    return [amount for amount in parse_amounts(text, locale, currency) if amount.symbol] if text else []


def _fact(
    shown: PriceText, amount: Amount, role: str, why: str, low: Decimal, high: Decimal | None, left: str, right: str
) -> PriceFact:
    if right.endswith(":"):
        right = ""  # a label of the next amount: "$129.00 Ex Tax: $107.50"
    if words.WITHOUT_TAX.search(right) or words.WITHOUT_TAX.search(left):
        tax = "excl"
    else:
        tax = "incl" if words.WITH_TAX.search(right) or words.WITH_TAX.search(left) else ""
    return PriceFact(
        role=role,
        amount=low,
        high=high,
        currency=amount.currency,
        symbol=amount.symbol,
        ambiguous=amount.ambiguous,
        why=why,
        tax=tax,
        tax_class=words.class_tax(shown.classes),
        scope="card" if shown.in_card else "main" if shown.in_main_product else "other",
        visible=shown.visible,
        struck=shown.struck,
        text=shown.text,
        selector=shown.selector,
        box=shown.box,
        font_px=shown.font_px,
    )


@lru_cache(maxsize=4096)  # the words around prices are those of the template, the same from card to card
def _role(left: str, right: str, label: str, classes: str, *, struck: bool, negative: bool) -> tuple[str, str]:
    """The role and what made it. `left` and `right`: the words up to the next amount on either side. The order matters."""
    by_class = words.class_role(classes)
    if (
        words.UNIT_BEFORE.search(left)
        or (words.UNIT_AFTER.match(right) and words.UNIT_BY.match(right))
        or by_class == "unit"
    ):
        return "unit", "unit price"
    if words.EACH_OF_SEVERAL.fullmatch(f"{left[-1:]}{right}"):
        return "unit", "each of several"
    if left.endswith("+"):
        return "other", "surcharge"
    if words.INSTALMENT.search(left) or by_class == "instalment":
        return "instalment", "instalment"
    if words.MONTHLY_AFTER.match(right):
        return "instalment", main_price.MONTHLY
    if words.TIER_BEFORE.search(left):
        return "other", "tier"
    for name, pattern, after in (
        ("shipping", words.SHIPPING, words.SHIPPING_AFTER),
        ("deposit", words.DEPOSIT, words.DEPOSIT_AFTER),
        ("voucher", words.VOUCHER, words.VOUCHER_AFTER),
        ("lowest", words.LOWEST, None),
        ("fee", words.FEE, words.FEE_AFTER),
        ("conditional", words.CONDITIONAL, words.CONDITIONAL_AFTER),
    ):
        if pattern.search(left) or (after is not None and after.match(right)):
            return "other", name
    if words.FREE_AFTER.match(right) and words.FROM.search(left):
        return "other", "shipping"
    if negative or words.OFF_AFTER.match(right) or by_class == "saving" or _says_saving(left):
        return "saving", "saving"
    if struck:
        return "was", "struck"
    if (match := _last(words.WAS, left)) > (now := _last(words.NOW, left)):
        return "was", "words"
    starts = bool(words.FROM.search(left) or words.FROM_AFTER.match(right)) and by_class != "was"
    if now >= 0 and now > match and not starts:
        return "now", "words"
    if words.WAS.search(label) and not words.NOW.search(label):
        return "was", "hidden label"
    if words.NOW.search(label) and not words.REGULAR.search(label) and not starts:
        return "now", "hidden label"
    if by_class == "was":
        return "was", "class"
    if starts:
        return "from", "words"
    if words.UP_TO.fullmatch(left):
        return "upto", "words"
    if by_class == "other":
        return "other", "class"
    if by_class != "now" and (by_class == "regular" or words.REGULAR.search(label) or words.REGULAR.search(left)):
        return "regular", "regular"
    return "now", ""


def _says_saving(left: str) -> bool:
    """A word of saving right before the amount; "discount price", "Sparpreis" and "subscribe and save 15 % $34" are prices."""
    at = _last(words.SAVING, left)
    return (
        at >= 0
        and len(left) - at <= 40
        and not re.search(r"(?i)(?:price|preis|prix|prijs|pris|precio|prezzo)\W*$|%[^(]*$", left[at:])
    )


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match begins, -1 without one."""
    at = -1
    for match in pattern.finditer(text):
        at = match.start()
    return at


def _one_currency(facts: list[PriceFact], page: Callable[[], tuple[str, str]] | None) -> list[PriceFact]:
    """A sign that may mean several currencies ("$") means the one that the page writes out ("$30.00 USD"), or else names."""
    unclear = {fact.symbol for fact in facts if fact.symbol and not fact.currency}
    if not unclear:
        return facts
    clear = {fact.currency for fact in facts if fact.currency}
    named, source = page() if page is not None else ("", "")
    meant: dict[str, tuple[str, str]] = {}
    for symbol in unclear:
        written = meanings(symbol) & clear
        if len(written) == 1:
            meant[symbol] = next(iter(written)), "text"
        elif named in meanings(symbol):
            meant[symbol] = named, source
    return [
        msgspec.structs.replace(fact, currency=meant[fact.symbol][0], currency_from=meant[fact.symbol][1])
        if not fact.currency and fact.symbol in meant
        else fact
        for fact in facts
    ]


def _together(one: str, other: str) -> bool:
    """Whether two places are so near that they are in one card: all but the last four steps are the same, and no two entries of a list."""
    steps, others = one.split(" > "), other.split(" > ")
    alike = next((at for at, pair in enumerate(zip(steps, others, strict=False)) if pair[0] != pair[1]), len(steps))
    if alike < min(len(steps), len(others)) and all(_ENTRY.match(those[alike]) for those in (steps, others)):
        return False
    return alike >= min(len(steps), len(others)) - 4


def _settled(facts: list[PriceFact]) -> list[PriceFact]:
    """A price called regular is the old one only where a lower present price stands in the same scope, else it is the present one.

    An amount in a sentence ("free from 50 €") is no present price beside it.
    """
    settled: list[PriceFact] = []
    for index, fact in enumerate(facts):
        if fact.role != "regular":
            settled.append(fact)
            continue
        near = facts[max(0, index - 3) : index] + facts[index + 1 : index + 4]
        lower = any(
            other.role in ("now", "from")
            and other.scope == fact.scope
            and other.visible
            and other.why != main_price.PAYMENT
            and other.amount < fact.amount
            and not main_price.in_sentence(other)
            and (fact.scope != "card" or _together(fact.selector, other.selector))
            for other in near
        )
        settled.append(
            msgspec.structs.replace(
                fact, role="was" if lower else "now", why="regular beside a lower price" if lower else ""
            )
        )
    return settled
