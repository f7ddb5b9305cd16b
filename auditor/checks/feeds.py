"""Checks of exports and feeds by themselves: readable, fresh, complete, with the attributes and numbers they need."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from auditor.checks import reconciled
from auditor.checks.registry import check
from auditor.facts.gtin import gtin_fault
from auditor.model.expected import ExpectedProduct, SourceRead, WrongRow
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope, Severity

_SHOWN = 5
_LINES = 10
_NONE = "the config names no export or feed (catalogue)"
# What could not be read, as the end of a sentence
_WRONG = {
    "columns": "have too many or too few columns",
    "quote": "have a quote that is not closed, or stands within a value",
    "encoding": "have letters that are not UTF-8",
    "price": "have a price that cannot be read",
    "date": "have a day or time that cannot be read",
    "stock": "have a stock that nobody knows the word of",
    "number": "have a number that cannot be read",
    "link": "have a link that is no address",
    "no key": "have no id, SKU, GTIN or link",
    "twice": "name a product that stands in an earlier row",
    "syntax": "are no JSON object",
    "long": "have a value that is far too long",
}
_ELEMENT = re.compile(r"<(?:p|br|div|span|b|strong|ul|li|h[1-6]|table|img|a)\b[^<>]{0,200}>", re.IGNORECASE)


def sources_of(run: SiteQuery) -> tuple[tuple[SourceRead, ...], Iterator[Observation]]:
    """The sources, and what to say where there are none, or fewer than in the run before: what those showed is not known now."""
    found = run.catalogue.sources()
    return found, _lacking(run, found)


def _lacking(run: SiteQuery, found: Sequence[SourceRead]) -> Iterator[Observation]:
    coverage = run.coverage()
    if coverage.in_scope == coverage.fetched == 1 and not found:  # not a shop whose other pages could not be fetched
        yield inapplicable("exports are held against a whole shop, not one page")
        return
    before = {one.name for one in run.before.catalogue.sources()} if run.before is not None else set()
    if gone := sorted(before - {one.name for one in found}):
        yield cant_tell(f"not read in this run: {', '.join(gone)}")
    elif not found:
        yield inapplicable(_NONE)


@check(scope=Scope.SITE, needs={"exports"})
def rows_readable(run: SiteQuery) -> Iterator[Observation]:
    """Every row of a source can be read, and the source to its end. One observation for each kind of fault in it."""
    sources, lacking = sources_of(run)
    yield from lacking
    for source in sources:
        if source.cut:
            yield failed(
                f"{source.name} cut", Excerpt("reason", source.cut, where=source.origin), source=source.name, what=f"ends before its end ({source.cut})",
                severity=Severity.CRITICAL,
            )  # fmt: skip
        counts: Counter[str] = Counter()
        first: dict[str, list[WrongRow]] = defaultdict(list)
        for row in run.catalogue.wrong(source.name) if source.wrong else ():
            counts[row.what] += 1
            if len(first[row.what]) < _LINES:
                first[row.what].append(row)
        for what, count in counts.items():
            rows = first[what]
            lines = ", ".join(f"{row.line:,}" for row in rows) + (" …" if count > len(rows) else "")
            yield failed(
                f"{source.name} {what}",
                *(Excerpt(f"line {row.line:,}", row.text, where=source.origin) for row in rows[:_SHOWN]),
                severity=None if any(row.left_out for row in rows) else Severity.MODERATE,
                source=source.name,
                what=f"has {count:,} rows that {_WRONG.get(what, what)}: line {lines}",
            )


@check(scope=Scope.SITE, needs={"exports"})
def export_fresh(run: SiteQuery) -> Iterator[Observation]:
    """A source is no older than its `max_age` when it is read."""
    sources, lacking = sources_of(run)
    yield from lacking
    told = [source for source in sources if source.max_age is not None]
    if sources and not told:
        yield inapplicable("no source has a max_age")
    for source in told:
        if source.age is None:
            yield cant_tell(f"{source.name} does not say when it was made", source.name)
        elif source.stale:
            made = Excerpt("made", source.made_at, where=source.origin)
            yield failed(source.name, made, Excerpt("read", source.read_at), source=source.name, what=source.stale)


@check(scope=Scope.SITE, needs={"exports"})
def attributes_there(run: SiteQuery) -> Iterator[Observation]:
    """A product feed gives what Google and Meta require of every product. Supplemental feeds (`whole: false`) need not."""
    sources, lacking = sources_of(run)
    yield from lacking
    feeds = [source for source in sources if source.feed and source.whole]
    if sources and not feeds:
        yield inapplicable("no source is a product feed that stands alone")
    for source in feeds:
        counts: Counter[str] = Counter()
        first: dict[str, list[ExpectedProduct]] = defaultdict(list)
        for met in run.catalogue.met(source.name):
            for name in met.product.absent:
                counts[name] += 1
                if len(first[name]) < _SHOWN:
                    first[name].append(met.product)
        for name, count in counts.items():
            yield failed(
                f"{source.name} {name}", *named_rows(source, first[name]), source=source.name, attribute=_ATTRIBUTES.get(name, name), count=count, whole=source.products,
            )  # fmt: skip


_ATTRIBUTES = {"image": "image_link", "stock": "availability"}


@check(scope=Scope.SITE, needs={"exports"})
def export_gtins_valid(run: SiteQuery) -> Iterator[Observation]:
    """Every GTIN of a source can be one: its length and check digit are right."""
    sources, lacking = sources_of(run)
    yield from lacking
    looked = False
    for source in sources:
        count = 0
        first: list[tuple[ExpectedProduct, str]] = []
        for met in run.catalogue.met(source.name) if "gtin" in source.columns else ():
            if not met.product.gtin:
                continue
            looked = True
            if fault := gtin_fault(met.product.gtin):
                count += 1
                if len(first) < _SHOWN:
                    first.append((met.product, fault))
        if count:
            shown = (
                Excerpt(f"line {one.line:,}", f"{one.gtin}: {fault} ({one.named})", where=source.origin)
                for one, fault in first
            )
            yield failed(
                source.name, *shown, source=source.name, count=count, first=first[0][0].gtin, fault=first[0][1]
            )
    if sources and not looked:
        yield inapplicable("no source has GTINs")


@check(scope=Scope.SITE, needs={"exports"})
def titles_plain(run: SiteQuery) -> Iterator[Observation]:
    """Titles in a source are text: no HTML elements, no entities that were encoded twice."""
    sources, lacking = sources_of(run)
    yield from lacking
    for source in sources:
        wrong = [
            met.product
            for met in run.catalogue.met(source.name)
            if _ELEMENT.search(met.product.title) or "&amp;" in met.product.title
        ][:MOST_TITLES]
        if wrong:
            yield failed(
                source.name,
                *named_rows(source, wrong[:_SHOWN]),
                source=source.name,
                count=len(wrong),
                title=wrong[0].title[:100],
            )


MOST_TITLES = 10_000


@check(scope=Scope.SITE, needs={"exports"})
def export_complete(run: SiteQuery, *, share: float = 0.2) -> Iterator[Observation]:
    """A source has not lost more than `share` of its products since the run before."""
    sources, lacking = sources_of(run)
    yield from lacking
    before = {one.name: one for one in run.before.catalogue.sources()} if run.before is not None else {}
    told = [source for source in sources if source.name in before and before[source.name].products]
    if sources and not told:
        yield inapplicable("no source was read in a run before this one")
    for source in told:
        was, now = before[source.name].products, source.products
        if before[source.name].cut or before[source.name].format != source.format:
            yield cant_tell(f"{source.name} was another export, or read in part, in the run before", source.name)
        elif now < was * (1 - share):
            yield failed(
                source.name,
                Excerpt("before", f"{was:,}"),
                Excerpt("now", f"{now:,}"),
                source=source.name,
                before=was,
                now=now,
                percent=round(100 * (was - now) / was),
            )


@check(scope=Scope.SITE, needs={"exports"})
def export_prices_there(run: SiteQuery) -> Iterator[Observation]:
    """Every published product of a source has a price above zero, unless it is sold on request or as its variants only."""
    sources, lacking = sources_of(run)
    yield from lacking
    for sets in reconciled.of_run(run) if sources else ():
        if count := sets.counts[reconciled.NO_PRICE]:
            first = [one.product for one in sets.first[reconciled.NO_PRICE] if one.product is not None]
            yield failed(
                sets.source.name,
                *named_rows(sets.source, first[:_SHOWN]),
                source=sets.source.name,
                count=count,
                first=first[0].named,
            )


def named_rows(source: SourceRead, products: Sequence[ExpectedProduct]) -> tuple[Excerpt, ...]:
    """Rows by their line and what the product is called."""
    return tuple(Excerpt(f"line {one.line:,}", one.named, where=source.origin) for one in products)
