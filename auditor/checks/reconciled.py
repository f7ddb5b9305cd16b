"""One pass over a source and the shop: into which set each product falls. Used by the checks of feeds and by the report's lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from auditor.facts import shelf
from auditor.facts.reconcile import PriceAnswer, StockAnswer, price_answer, seen_again, stock_answer
from auditor.facts.shelf import ShelfPage
from auditor.model.expected import ExpectedProduct, Met, SourceRead
from auditor.model.query import LinkTarget, SiteQuery
from auditor.model.words import FetchOutcome, PageType

MOST = 501  # kept of each set: one more than a rule tells
# The sets, as they are called in file names and targets
NOT_ON_SITE, NOT_IN_EXPORT, GONE, REDIRECTED, ELSEWHERE, HIDDEN, UNREACHABLE = (
    "not-on-site", "not-in-export", "gone", "redirected", "other-page", "hidden", "unreachable",
)  # fmt: skip
NO_IMAGE, NO_PRICE, PRICE, SALE_MISSING, SALE_OVER, SOLD_OUT_HERE, SOLD_OUT_THERE, UNCLEAR, NOT_ASKED = (
    "no-image", "no-price", "price", "sale-missing", "sale-over", "sold-out-here", "sold-out-there", "unclear", "not-asked",
)  # fmt: skip
SETS = (
    NOT_ON_SITE, NOT_IN_EXPORT, GONE, REDIRECTED, ELSEWHERE, HIDDEN, UNREACHABLE, NO_IMAGE, NO_PRICE, PRICE, SALE_MISSING,
    SALE_OVER, SOLD_OUT_HERE, SOLD_OUT_THERE, UNCLEAR, NOT_ASKED,
)  # fmt: skip
IN_EXPORT = "in the export"
_OTHERS = (PageType.HOME, PageType.CATEGORY, PageType.SEARCH, PageType.CART, PageType.ERROR)
_SALES = {
    "sale missing": SALE_MISSING,
    "sale early": SALE_OVER,
    "sale late": SALE_OVER,
    "price": PRICE,
    "unclear": UNCLEAR,
}
_STOCKS = {"sold out here": SOLD_OUT_HERE, "sold out there": SOLD_OUT_THERE, "unclear": UNCLEAR}


class Fell(msgspec.Struct, frozen=True, kw_only=True):
    """A product (or, of those that the export lacks, a page) in a set. `note`: more for a person."""

    where: str
    product: ExpectedProduct | None = None
    page: ShelfPage | None = None
    url: str = ""
    note: str = ""
    price: PriceAnswer | None = None
    stock: StockAnswer | None = None
    later: ShelfPage | None = (
        None  # the page as it was when it was opened once more, and how price and stock compared then
    )
    price_later: PriceAnswer | None = None
    stock_later: StockAnswer | None = None

    @property
    def name(self) -> str:
        return (
            self.product.named
            if self.product is not None
            else (self.page.name if self.page is not None else "") or self.url
        )


class Sets(msgspec.Struct, kw_only=True):
    """How many fell into each set, and the first of them. `found`: products that were found on a page, `pages` of them unidentified."""

    source: SourceRead
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    first: dict[str, list[Fell]] = {}
    found: int = 0
    compared: Counter[str] = msgspec.field(default_factory=Counter)  # price, stock -> products with a clear answer
    unclear: Counter[str] = msgspec.field(default_factory=Counter)  # price, stock -> products without one
    why: dict[str, str] = {}  # price, stock -> the reason of the first of them
    untold: dict[
        str, set[str]
    ] = {}  # price, stock -> pages on which a difference may stand that could not be seen; MOST at most
    linked: int = 0  # products with a link
    foreign: int = 0  # of them, to another site
    unidentified: int = 0  # pages without a number, on which nothing of the source was found


def of_run(run: SiteQuery) -> list[Sets]:
    """The sets of every source, worked out once a run."""
    known = _KNOWN.get(run)
    if known is None:
        known = _KNOWN[run] = [_summed(run, source) for source in run.catalogue.sources()]
    return known


_KNOWN: WeakKeyDictionary[SiteQuery, list[Sets]] = WeakKeyDictionary()


def _summed(run: SiteQuery, source: SourceRead) -> Sets:
    sets = Sets(source=source)
    for one in fallen(run, source, sets):
        sets.counts[one.where] += 1
        kept = sets.first.setdefault(one.where, [])
        if len(kept) < MOST:
            kept.append(one)
    return sets


def fallen(
    run: SiteQuery, source: SourceRead, sets: Sets | None = None, each: Callable[[Met], None] | None = None
) -> Iterator[Fell]:
    """Every product that is not as it should be, in the order of the export, then the pages that it lacks."""
    counted = sets if sets is not None else Sets(source=source)
    for met in run.catalogue.met(source.name):
        product = met.product
        if each is not None:
            each(met)
        if product.published is False:
            continue
        yield from _of_export(product, source)
        if product.link:
            counted.linked += 1
            counted.foreign += not run.site.owns(product.link)
        yield from _of_link(run, met)
        if met.page is None:
            if product.alone and not product.parent:
                yield from _absent(run, met)
            continue
        counted.found += 1
        yield from _of_page(run, met, source)
        yield from _of_values(run, met, source, counted)
    if not source.whole or not counted.found:
        return
    blind = not ({"link", "handle"} & set(source.columns))
    for page in run.catalogue.strangers(source.name):
        numbered = (
            page.numbers or page.gtins or page.mpns or any(one.sku or one.gtin or one.variant for one in page.offers)
        )
        if not numbered and blind:
            counted.unidentified += 1
            continue
        yield Fell(where=NOT_IN_EXPORT, page=page, url=page.url)


def _of_export(product: ExpectedProduct, source: SourceRead) -> Iterator[Fell]:
    if product.parent or product.on_request:
        return
    if product.price == 0 or (product.price is None and "price" in product.absent and not source.feed):
        yield Fell(where=NO_PRICE, product=product, url=product.link, note="0" if product.price == 0 else "empty")


def _of_link(run: SiteQuery, met: Met) -> Iterator[Fell]:
    """What became of the address that the source names, where the shop was asked for it."""
    product = met.product
    if not product.link:
        return
    target = _target(run, product.link) if met.known else None
    about = {"product": product, "page": met.page, "url": product.link}
    if not run.site.owns(product.link):
        yield Fell(where=ELSEWHERE, note="another site", **about)
    elif target is None or target.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR):
        if met.page is None:
            yield Fell(where=NOT_ASKED, note=target.reason if target is not None else "not asked for", **about)
    elif target.outcome is FetchOutcome.SITE_ERROR:
        yield Fell(where=GONE, note=target.reason or f"answers {target.status}", **about)
    else:
        row = run.page(target.final_url or product.link)
        if row is not None and row.page_type in _OTHERS:
            yield Fell(where=ELSEWHERE, note=f"leads to a page of type {row.page_type}, {target.final_url}", **about)
        elif target.hops:
            yield Fell(where=REDIRECTED, note=target.final_url, **about)


def _absent(run: SiteQuery, met: Met) -> Iterator[Fell]:
    """A product that no page was found for; what its address answers is told by `_of_link`."""
    if met.several:
        yield Fell(where=UNCLEAR, product=met.product, url=met.product.link, note=f"{met.several} pages could be it")
        return
    target = _target(run, met.product.link) if met.product.link and met.known else None
    if target is not None and target.outcome is FetchOutcome.OK and run.site.owns(met.product.link):
        row = run.page(target.final_url or met.product.link)
        if row is None or row.page_type not in _OTHERS:
            why = "its link answers, with a page that was not taken for a product's"
            yield Fell(where=UNCLEAR, product=met.product, url=met.product.link, note=why)
            return
    if met.product.link and (
        target is None or target.outcome is not FetchOutcome.OK or not run.site.owns(met.product.link)
    ):
        return
    yield Fell(where=NOT_ON_SITE, product=met.product, url=met.product.link)


def _of_page(run: SiteQuery, met: Met, source: SourceRead) -> Iterator[Fell]:
    product, page = met.product, met.page
    about = {"product": product, "page": page, "url": page.url}
    if page.noindex:
        yield Fell(where=HIDDEN, note="noindex", **about)
    row = run.page(page.url)
    if row is not None and not row.inlinks and page.listable and product.alone and product.stock != "out_of_stock":
        yield Fell(where=UNREACHABLE, **about)
    if page.image is False or ("image" in product.absent and not source.feed and not product.variant):
        yield Fell(where=NO_IMAGE, note="in its page's markup" if page.image is False else IN_EXPORT, **about)


def _of_values(run: SiteQuery, met: Met, source: SourceRead, sets: Sets) -> Iterator[Fell]:
    about = {"product": met.product, "page": met.page, "url": met.page.url}
    price = price_answer(met, source, run.site)
    stock = stock_answer(met, source)
    again = seen_again(met)
    later: dict[str, Any] = {}
    if again is not None:
        later = {
            "later": again.page,
            "price_later": price_answer(again, source, run.site),
            "stock_later": stock_answer(again, source),
        }
    sets.compared["price"] += price.kind not in ("unclear", "not compared")
    sets.compared["stock"] += stock.kind not in ("unclear", "not compared")
    for what, kind, why in (("price", price.kind, price.why), ("stock", stock.kind, stock.why)):
        if kind == "unclear":
            sets.unclear[what] += 1
            sets.why.setdefault(what, why)
        pages = sets.untold.setdefault(what, set())
        # a stock that is not compared is of another kind by now, a price that is not is in another currency
        foreign = what == "price" and kind == "not compared" and met.product.price
        if (kind == "unclear" or foreign) and len(pages) < MOST:
            pages.add(met.page.url)
    if where := _SALES.get(price.kind):
        note = f"price: {price.why}" if price.why else price.difference.note
        yield Fell(where=where, price=price, note=note, **about, **later)
    if where := _STOCKS.get(stock.kind):
        note = f"stock: {stock.why}" if stock.why else ""
        yield Fell(where=where, stock=stock, note=note, **about, **later)


def _target(run: SiteQuery, link: str) -> LinkTarget | None:
    known = run.targets([link])
    if link not in known and (base := shelf.base_of(link)) != link:
        known = run.targets([base])
    return next(iter(known.values()), None)
