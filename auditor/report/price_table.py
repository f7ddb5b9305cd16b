"""The price truth table of a run: a row per product, variant and market, a column per source, and how each compares.

Nothing here is a finding: rules judge, the table shows what they and a person look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest

import msgspec
from sqlalchemy import Connection, func, select

from auditor.checks.listing import cards
from auditor.checks.price_words import money
from auditor.facts import price_cells as sources
from auditor.facts import price_compare
from auditor.facts.price_cells import Cell
from auditor.facts.price_compare import Comparison
from auditor.facts.prices import ShownPrices
from auditor.facts.snapshot import Snapshot
from auditor.model.run import Run
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import PageType
from auditor.report.document import PriceCell, PriceRow
from auditor.report.seen import LOOKED
from auditor.report.site import site_of
from auditor.store.reading import Reading, endpoint, fetched, rendered
from auditor.store.schema import pages
from auditor.store.snapshots import StoredPage

MAX_ROWS = 2_000  # in the document and the HTML; prices.csv and prices.xlsx have all
_MOST_CARDS = 50_000
_MOST_VARIANTS = 50  # of one product
_TEXT = 200
_STALE = 60  # seconds in a cache from which on it explains a difference
NOT_COMPARED = price_compare.NOT_COMPARED
_FINE = ("", price_compare.EQUAL, price_compare.ROUNDING, NOT_COMPARED)

EQUAL, DIFFERS, ALONE, UNCLEAR = "equal", "differs", "nothing to compare", "unclear"
_RANK = {DIFFERS: 0, UNCLEAR: 1, EQUAL: 2, ALONE: 3}


def rows(
    connection: Connection,
    run: Run,
    problems: Mapping[str, Sequence[str]] | None = None,
    exported: Mapping[str, list[Cell]] | None = None,
) -> Iterator[PriceRow]:
    """The rows of product pages in the order fetched. `problems`: page key -> problems about prices there; `exported`: prices of exports by address."""
    reading = Reading(connection, run.id, site_of(run))
    on_cards = _cards(reading)
    linked = problems or {}
    own = (pages.c.run_id == run.id, pages.c.page_type == PageType.PRODUCT, pages.c.document.is_not(None))
    query = select(func.min(pages.c.id)).where(*own, pages.c.final_url == pages.c.url).group_by(pages.c.page_key)
    for stored in reading.pages(sorted(connection.execute(query).scalars())):
        beside = [*on_cards.get(crawl_key(without_fragment(stored.url)), ()), *(exported or {}).get(stored.url, ())]
        yield from _rows(reading, stored, beside, tuple(linked.get(stored.page_key, ())))


def listed(found: Iterable[PriceRow]) -> tuple[tuple[PriceRow, ...], int]:
    """The rows worth showing, those that differ first; and how many are left out."""
    count = 0

    def counting() -> Iterator[tuple[int, PriceRow]]:
        nonlocal count
        for row in found:
            count += 1
            yield count, row

    best = nsmallest(MAX_ROWS, counting(), key=lambda one: (_RANK[one[1].verdict], not one[1].problems, one[0]))
    return tuple(row for _, row in best), max(0, count - MAX_ROWS)


def _rows(
    reading: Reading, stored: StoredPage, beside: Sequence[Cell], problems: tuple[str, ...]
) -> Iterator[PriceRow]:
    raw = fetched(reading, stored)
    seen = [
        rendered(reading, one) for one in reading.looks_at(stored.page_key)[0] if one.outcome in LOOKED and one.document
    ]
    best = next((one for one in seen if one.missing("shown_prices") is None and one.shown_prices.main), None)
    best = best or next(iter(seen), raw)
    if seen:
        best.endpoint = endpoint(reading, stored.platform or raw.platform.id, raw)
    found = list(sources.cells(best))
    if best is not raw:
        found += _elsewhere(found, [one for one in seen if one is not best], raw)
    found += beside
    product = best.offers.main[0] if best.offers.main else None
    about = PriceRow(
        url=stored.url,
        name=(product.name if product else "")[:_TEXT],
        sku=(product.sku or next((offer.sku for offer in product.offers if offer.sku), "") if product else "")[:_TEXT],
        market=best.market.words[:_TEXT],
        opened=bool(seen),
        problems=problems,
    )
    locale = reading.site.locale or best.market.language
    yield _row(about, best, found, locale)
    yield from _variants(about, found, locale)


def _elsewhere(found: Sequence[Cell], others: Sequence[Snapshot], raw: Snapshot) -> Iterator[Cell]:
    """What other clients show, and what the page as fetched says otherwise; the same once more would only fill the table."""
    known = {(cell.source, cell.amount, cell.high, cell.currency) for cell in found}
    for other in (*others, raw):
        for cell in sources.cells(other):
            if (cell.source, cell.amount, cell.high, cell.currency) not in known and cell.source != sources.WAS:
                known.add((cell.source, cell.amount, cell.high, cell.currency))
                yield cell


def _row(about: PriceRow, best: Snapshot, found: Sequence[Cell], locale: str) -> PriceRow:
    """The page's row: every source against the price shown, or where none is known against the first of them."""
    shown = best.shown_prices if best.missing("shown_prices") is None else None
    client = str(best.key.client)
    reference = next((cell for cell in found if cell.source == sources.SHOWN and cell.client == client), None)
    reference = reference or (_stated(found) if shown is None else None)
    unclear = shown.ambiguous if shown is not None and reference is None else ""
    fresh = {cell.source for cell in found if cell.client == client and _same(cell, reference, shown)}
    compared: list[PriceCell] = []
    for source in sources.COLUMNS:
        group = [cell for cell in found if cell.source == source]
        # Of several offers one that is right makes the others variants of it
        right = any(_same(cell, reference, shown) for cell in group if cell.client == client or source == sources.CARD)
        for cell in group[:_MOST_VARIANTS]:
            result = cell.told or Comparison("")
            if cell.told is None and reference is not None and cell is not reference and source != sources.WAS:
                result = _compared(cell, reference, shown, group)
                if result.kind == price_compare.CURRENCY and cell.client != client:
                    result = Comparison(NOT_COMPARED, f"another market: {cell.currency}")
                elif not result.same and right and cell.client == client:
                    result = Comparison(NOT_COMPARED, "another offer of the same page")
                elif _stale(cell, result, source in fresh, client):
                    result = Comparison("stale cache", f"{cell.age:,} s in a cache")
            compared.append(_cell(cell, result, locale))
    differs = any(cell.verdict not in _FINE for cell in compared)
    looked = any(cell.verdict in ("equal", "rounding") for cell in compared)
    verdict = UNCLEAR if unclear else DIFFERS if differs else EQUAL if looked else ALONE
    times = sorted(cell.at for cell in found if cell.at and cell.told is None)
    return msgspec.structs.replace(
        about,
        shown=_text(reference, locale) if reference is not None and reference.source == sources.SHOWN else "",
        verdict=verdict,
        why=unclear[:_TEXT],
        cells=tuple(compared),
        first_look=times[0] if times else "",
        last_look=times[-1] if times else "",
    )


def _stated(found: Sequence[Cell]) -> Cell | None:
    """Where no browser opened the page: the one price of the first source that has one."""
    for source in (sources.PLATFORM, sources.JSON_LD, sources.MICRODATA, sources.RDFA):
        group = [cell for cell in found if cell.source == source]
        if group:
            return group[0] if len({(cell.amount, cell.high) for cell in group}) == 1 else None
    return None


def _variants(about: PriceRow, found: Sequence[Cell], locale: str) -> Iterator[PriceRow]:
    """A row for each variant that two sources of one snapshot name, by its id or SKU."""
    named: dict[str, dict[str, Cell]] = {}
    for cell in found:
        if cell.source not in (sources.JSON_LD, sources.MICRODATA, sources.PLATFORM):
            continue
        for key in {cell.variant, cell.sku} - {""}:
            named.setdefault(key, {}).setdefault(cell.source, cell)
    done: set[tuple[int, ...]] = set()
    for key, by_source in list(named.items())[: _MOST_VARIANTS * 4]:
        marks = tuple(sorted(id(cell) for cell in by_source.values()))
        if len(by_source) < 2 or marks in done or len(done) >= _MOST_VARIANTS or len(named) < 2:
            continue
        done.add(marks)
        reference = by_source.get(sources.PLATFORM) or next(iter(by_source.values()))
        compared = [
            _cell(cell, Comparison("") if cell is reference else _between(cell, reference), locale)
            for cell in by_source.values()
        ]
        differs = any(cell.verdict not in _FINE for cell in compared)
        yield msgspec.structs.replace(
            about,
            variant=key[:_TEXT],
            verdict=DIFFERS if differs else EQUAL,
            cells=tuple(compared),
            first_look=reference.at,
            last_look=reference.at,
        )


def _compared(cell: Cell, reference: Cell, shown: ShownPrices | None, group: Sequence[Cell]) -> Comparison:
    if cell.currency and reference.currency and cell.currency != reference.currency:
        return Comparison(price_compare.CURRENCY, f"{cell.currency}, not compared with {reference.currency}")
    if cell.high is not None and cell.amount <= reference.amount <= cell.high:
        return Comparison(price_compare.EQUAL, "within its range")
    if shown is not None and shown.main is not None:
        beside = [one.amount for one in group if one is not cell]
        return price_compare.compare(shown.main, shown, cell.amount, cell.currency, beside if cell.own else ())
    return _between(cell, reference)


def _between(cell: Cell, reference: Cell) -> Comparison:
    if cell.currency and reference.currency and cell.currency != reference.currency:
        return Comparison(price_compare.CURRENCY, f"{cell.currency}, not compared with {reference.currency}")
    if reference.high is not None and reference.amount <= cell.amount <= reference.high:
        return Comparison(price_compare.EQUAL, "within its range")
    return price_compare.difference(reference.amount, cell.amount)


def _same(cell: Cell, reference: Cell | None, shown: ShownPrices | None) -> bool:
    return reference is not None and _compared(cell, reference, shown, ()).same


def _stale(cell: Cell, result: Comparison, fresh: bool, client: str) -> bool:
    """An older copy explains the difference: it lay in a cache, and the page that the browser got now agrees."""
    older = cell.client != client or cell.source == sources.CARD
    return not result.same and older and (cell.age or 0) >= _STALE and (fresh or cell.source == sources.CARD)


def _cell(cell: Cell, result: Comparison, locale: str) -> PriceCell:
    return PriceCell(
        source=cell.source,
        text=_text(cell, locale),
        amount=f"{cell.amount:f}",
        verdict=result.kind,
        note=result.note[:_TEXT],
        where=cell.where[:_TEXT],
        client=cell.client,
        at=cell.at,
        age=cell.age,
    )


def _text(cell: Cell, locale: str) -> str:
    """`49,00 €`, `41,18 € to 49,00 €` as the market writes it; of the shop's own words (`ab 49,00 €`) as written."""
    if cell.source in (sources.SHOWN, sources.WAS, sources.CARD):
        return cell.text[:_TEXT]
    ends = [cell.amount] if cell.high is None else [cell.amount, cell.high]
    return " to ".join(money(one, cell.currency, locale, exact=True) for one in ends)[:_TEXT]


def _cards(reading: Reading) -> dict[str, list[Cell]]:
    """Address of a product's page -> the prices of its cards in the lists that browsers opened."""
    found: dict[str, list[Cell]] = {}
    query = select(pages.c.id).where(
        pages.c.run_id == reading.run_id, pages.c.page_type == PageType.CATEGORY, pages.c.document.is_not(None)
    )
    ids = list(reading.connection.execute(query.order_by(pages.c.id)).scalars())
    for stored in reading.pages(ids):
        for one in reading.looks_at(stored.page_key)[0]:
            if one.outcome not in LOOKED or not one.document or len(found) >= _MOST_CARDS:
                continue
            view = rendered(reading, one)
            for url, _, fact in cards(view):
                known = found.setdefault(url, [])
                if len(known) < 3 and all(cell.text != " ".join(fact.text.split()) for cell in known):
                    known.append(sources.of_card(fact, stored.url, str(one.key.client), view.at, _age(view)))
    return found


def _age(view: Snapshot) -> int | None:
    written = (view.header("age") or "").strip()
    return int(written) if written.isdigit() and len(written) < 10 else None
