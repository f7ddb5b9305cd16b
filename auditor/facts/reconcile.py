"""Facts of a product of a source against the page it was found on: whether price, sale and stock agree, or why that can't be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from auditor.facts import price_compare
from auditor.facts.price_compare import Comparison
from auditor.facts.prices import ShownPrices
from auditor.facts.shelf import ShelfOffer, ShelfPage
from auditor.facts.snapshot import SiteContext
from auditor.model.expected import ExpectedProduct, Met, SourceRead

_CENT = Decimal("0.01")
_HIGHEST_TAX = Decimal("1.3")
_DAY = timedelta(hours=14)  # a day without a zone: no market is further from UTC
_HOUR = timedelta(hours=1)
_FRESH = 24 * 3600.0
_IN = frozenset({"instock", "limitedavailability", "onlineonly", "instoreonly"})
_OUT = frozenset({"outofstock", "soldout", "discontinued"})
Kind = Literal["same", "price", "sale missing", "sale early", "sale late", "unclear", "not compared"]


class PriceAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind`: same, price (differs), sale missing (should be on), sale early or late (should be off), unclear, not compared; `why` of the last two."""

    kind: Kind
    why: str = ""
    wanted: Decimal | None = None
    here: Decimal | None = None
    currency: str = ""
    difference: Comparison = Comparison(price_compare.EQUAL)
    written: str = ""  # as the page has it
    where: str = ""
    seen: bool = False  # a browser showed it; else the markup says so
    sure: bool = True  # nothing else explains the difference


class StockAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind`: same, sold out here, sold out there, unclear, not compared."""

    kind: Literal["same", "sold out here", "sold out there", "unclear", "not compared"]
    why: str = ""
    said: str = ""  # what the page says
    sure: bool = True


def price_answer(met: Met, source: SourceRead, site: SiteContext) -> PriceAnswer:
    """The price that the source asks for now against the page's: shown, or where variants differ that of this variant's offer."""
    product, page = met.product, met.page
    if product.parent or product.on_request or not product.price:
        return PriceAnswer(kind="not compared", why="the export has no price for it")
    if met.vague:
        return PriceAnswer(kind="unclear", why="which offer of the page is this variant is not known")
    wanted = _wanted(product, page.at)
    if wanted is None:
        return PriceAnswer(kind="unclear", why="the sale begins or ends about now")
    if page.converted:
        return PriceAnswer(kind="not compared", why="the shop converts its prices for this market")
    one = len(_stated(page)) <= 1 or len({offer.sku or offer.variant for offer in page.offers} - {""}) <= 1
    shown = page.shown if one else None
    currency = product.currency or source.currency
    if shown is not None and shown.main is not None:
        answer = _against_shown(wanted, currency, shown, source, site)
    elif met.offer is not None and (met.offer.price is not None or met.offer.low is not None):
        answer = _against_offer(wanted, currency, met.offer, source, site)
    else:
        why = (
            "several prices, and none is known to be this variant's"
            if page.offers
            else "no price was found in the page"
        )
        return PriceAnswer(kind="unclear", why=why)
    if answer.kind == "price" and product.sale is not None:
        answer = msgspec.structs.replace(answer, kind=_sale(product, wanted, answer.here, page.at))
    return msgspec.structs.replace(answer, sure=answer.sure and fresh(source, page.at))


def stock_answer(met: Met, source: SourceRead) -> StockAnswer:
    """Pre-orders and backorders, here or there, are neither in stock nor out of it."""
    product, page = met.product, met.page
    if product.stock not in ("in_stock", "out_of_stock") or product.parent:
        return StockAnswer(kind="not compared", why="the export does not say, or it can be ordered in advance")
    offers = (
        [met.offer]
        if met.offer is not None and met.offer.availability
        else [one for one in page.offers if one.availability]
    )
    said = {one.availability for one in offers}
    states = {"in" if one.lower() in _IN else "out" if one.lower() in _OUT else "other" for one in said}
    sure = fresh(source, page.at, _HOUR.total_seconds())
    if not states:
        return StockAnswer(kind="unclear", why="the page's markup does not say whether it is in stock")
    if len(states) > 1 or met.vague:
        return StockAnswer(kind="unclear", why="variants differ, and none is known to be this one")
    (state,), (first, *_) = states, sorted(said)
    if state == "other":
        return StockAnswer(kind="not compared", why="it can be ordered in advance")
    if product.stock == "in_stock" and state == "out":
        return StockAnswer(kind="sold out here", said=first, sure=sure)
    if product.stock == "out_of_stock" and state == "in":
        return StockAnswer(kind="sold out there", said=first, sure=sure)
    return StockAnswer(kind="same", said=first)


def seen_again(met: Met) -> Met | None:
    """The product on its page as that was when it was opened once more, with the same offer of it; None where it was not."""
    page = met.page.again if met.page is not None else None
    if page is None:
        return None
    known = met.offer
    named = [
        one for one in page.offers
        if known is not None and any(mark and mark == of_first for mark, of_first in (
            (one.variant, known.variant), (one.sku, known.sku), (one.gtin, known.gtin)
        ))
    ]  # fmt: skip
    priced = [one for one in named or page.offers if one.price is not None]
    alone = len({one.price for one in priced}) == 1
    offer = priced[0] if known is not None and priced and (named or alone) else None
    return msgspec.structs.replace(met, page=page, offer=offer)


def fresh(source: SourceRead, at: str, within: float = _FRESH) -> bool:
    """Whether source and page are near enough in time for a difference to be one, and no change in between."""
    made, seen = _time(source.made_at or ""), _time(at)
    if made is None or seen is None:
        return False
    return abs((seen - made).total_seconds()) <= max(within, source.max_age or 0.0)


def _stated(page: ShelfPage) -> set[Decimal]:
    return {one.price for one in page.offers if one.price is not None} | {
        end for one in page.offers for end in (one.low, one.high) if end is not None
    }


def _against_shown(
    wanted: Decimal, currency: str, shown: ShownPrices, source: SourceRead, site: SiteContext
) -> PriceAnswer:
    main = shown.main
    assert main is not None
    answer = PriceAnswer(
        kind="same", wanted=wanted, here=main.amount, currency=main.currency or currency, written=" ".join(main.text.split()), where=main.selector, seen=True,
        sure=bool(currency and main.currency) and main.role == "now" and main.currency_from not in ("markup", "scripts") and shown.other_form is None,
    )  # fmt: skip
    if main.ambiguous:
        return msgspec.structs.replace(
            answer, kind="unclear", why=f"the price shown can be read in several ways: {main.ambiguous}"
        )
    if main.role == "from" and wanted >= main.amount:
        return answer
    result = price_compare.compare(main, shown, wanted, currency)
    tax_here = main.tax or site.tax
    return _judged(answer, result, tax_here, source)


def _against_offer(
    wanted: Decimal, currency: str, offer: ShelfOffer, source: SourceRead, site: SiteContext
) -> PriceAnswer:
    here = offer.price if offer.price is not None else offer.low
    assert here is not None
    answer = PriceAnswer(
        kind="same", wanted=wanted, here=here, currency=offer.currency or currency, written=f"{here} {offer.currency}".strip(), where=f"{offer.source} {offer.where}",
        sure=False,
    )  # fmt: skip
    if currency and offer.currency and currency != offer.currency:
        return _judged(answer, Comparison(price_compare.CURRENCY), site.tax, source)
    if offer.price is None and offer.high is not None and here <= wanted <= offer.high:
        return answer
    return _judged(answer, price_compare.difference(here, wanted), site.tax, source)


def _judged(answer: PriceAnswer, result: Comparison, tax_here: str, source: SourceRead) -> PriceAnswer:
    if result.same:
        return answer
    if result.kind == price_compare.CURRENCY:
        return msgspec.structs.replace(
            answer, kind="not compared", why=f"the page is in {answer.currency}, the export is not"
        )
    if source.tax and tax_here and source.tax != tax_here:
        # The one with tax is the dearer one, by no more than the highest rate there is
        net, gross = (answer.wanted, answer.here) if source.tax == "excl" else (answer.here, answer.wanted)
        if result.kind == price_compare.TAX and net is not None and gross is not None and gross > net:
            return msgspec.structs.replace(answer, difference=result)
        if net is not None and gross is not None and net <= gross <= net * _HIGHEST_TAX:
            return msgspec.structs.replace(
                answer, kind="unclear", why="one is with tax and one without, and no known rate lies between them"
            )
    sure = answer.sure and result.kind != price_compare.TAX
    return msgspec.structs.replace(answer, kind="price", difference=result, sure=sure)


def _sale(product: ExpectedProduct, wanted: Decimal, here: Decimal | None, at: str) -> Kind:
    assert here is not None
    if abs(here - (product.price or Decimal(-1))) < _CENT and wanted == product.sale:
        return "sale missing"
    if abs(here - (product.sale or Decimal(-1))) < _CENT and wanted == product.price:
        begin = _end(product.sale_from)
        seen = _time(at)
        return "sale early" if begin is not None and seen is not None and seen < begin[0] else "sale late"
    return "price"


def _wanted(product: ExpectedProduct, at: str) -> Decimal | None:
    """The price asked for at the time; None where it changes about then."""
    if product.sale is None:
        return product.price
    seen = _time(at)
    begin, end = _end(product.sale_from), _end(product.sale_until, last=True)
    if seen is None:
        return None if begin or end else product.sale
    for edge in (begin, end):
        if edge is not None and abs(seen - edge[0]) <= edge[1]:
            return None
    on = (begin is None or seen >= begin[0]) and (end is None or seen <= end[0])
    return product.sale if on else product.price


def _end(written: str, *, last: bool = False) -> tuple[datetime, timedelta] | None:
    """An end of a sale, and how unsure it is; a day ends with its last second."""
    if not written:
        return None
    moment = _time(written)
    if moment is None:
        return None
    if len(written) == 10 and last:
        moment += timedelta(days=1)
    zoned = len(written) > 10 and datetime.fromisoformat(written).tzinfo is not None
    return moment, _HOUR if zoned else _DAY


def _time(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def unidentified(pages: Sequence[ShelfPage]) -> int:
    """Pages without any number by which an export could know them."""
    return sum(
        not (page.numbers or page.gtins or page.mpns or any(one.sku or one.gtin or one.variant for one in page.offers))
        for page in pages
    )
