"""Checks of exports and feeds against the shop: what is missing on either side, where links lead, prices, sales and stock."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks import reconciled, second_look
from auditor.checks.feeds import sources_of
from auditor.checks.price_words import moment, money
from auditor.checks.reconciled import Fell, Sets
from auditor.checks.registry import check
from auditor.facts import price_compare
from auditor.facts.reconcile import PriceAnswer, StockAnswer
from auditor.facts.shelf import ShelfPage
from auditor.model.expected import SourceRead
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Certainty, Scope, Severity

_SHOWN = 8
_LINKS = {
    reconciled.GONE: ("gone", None),
    reconciled.ELSEWHERE: ("other page", None),
    reconciled.HIDDEN: ("hidden", Severity.SERIOUS),
    reconciled.REDIRECTED: ("redirected", Severity.MODERATE),
}


@check(scope=Scope.SITE, needs={"exports"})
def export_links_land(run: SiteQuery) -> Iterator[Observation]:
    """The address that a source gives a product answers with its page, without a redirect, and may be listed by search engines."""
    sources, lacking = sources_of(run)
    yield from lacking
    linked = [sets for sets in reconciled.of_run(run) if "link" in sets.source.columns]
    if sources and not linked:
        yield inapplicable("no source gives links")
    for sets in linked:
        if sets.foreign and sets.foreign == sets.linked:
            yield cant_tell(
                f"all links of {sets.source.name} lead to other hosts; where these are the shop's, say so with host_map",
                sets.source.name,
            )
            continue
        for where, (kind, severity) in _LINKS.items():
            for one in sets.first.get(where, ()):
                if one.product is None or not one.product.link:
                    continue
                yield failed(
                    f"{sets.source.name} {kind}", _row(sets.source, one), page=one.product.link, severity=severity, source=sets.source.name,
                    name=one.product.named, what=_link_words(where, one.note),
                )  # fmt: skip
        if count := sets.counts[reconciled.NOT_ASKED]:
            yield cant_tell(f"{count:,} links of {sets.source.name} were not asked for, or gave no answer")


def _link_words(where: str, note: str) -> str:
    match where:
        case reconciled.GONE:
            return note
        case reconciled.HIDDEN:
            return "may not be listed by search engines (noindex)"
        case reconciled.REDIRECTED:
            return f"is redirected to {note}"
        case _:
            return f"is on {note}" if note == "another site" else note


@check(scope=Scope.SITE, needs={"exports"}, unseen=True)
def export_on_site(run: SiteQuery) -> Iterator[Observation]:
    """Every published product of a source is on the site. One observation for a source.

    Where no product at all was found the two don't know each other's numbers, and nothing is told. Pages without any number may be the
    missing ones; then a person has to look.
    """
    sources, lacking = sources_of(run)
    yield from lacking
    for sets in reconciled.of_run(run) if sources else ():
        count = sets.counts[reconciled.NOT_ON_SITE]
        if not count:
            continue
        name = sets.source.name
        if not sets.found:
            yield cant_tell(f"none of the products of {name} could be found by number or address", name)
            continue
        yield failed(
            name, *_few(sets, reconciled.NOT_ON_SITE),
            certainty=Certainty.NEEDS_REVIEW if sets.unidentified or count > sets.found else None,
            source=name, count=count, found=sets.found, unnumbered=_unnumbered(sets),
        )  # fmt: skip


@check(scope=Scope.SITE, needs={"exports"})
def pages_in_export(run: SiteQuery) -> Iterator[Observation]:
    """Every product page of the shop is in each source that should have all products (`whole`). One observation for a source."""
    sources, lacking = sources_of(run)
    yield from lacking
    whole = [sets for sets in reconciled.of_run(run) if sets.source.whole] if sources else []
    if sources and not whole:
        yield inapplicable("no source should have all products")
    for sets in whole:
        name = sets.source.name
        if not sets.found and sets.source.products:
            yield cant_tell(f"none of the products of {name} could be found by number or address", name)
        elif count := sets.counts[reconciled.NOT_IN_EXPORT]:
            more = Certainty.NEEDS_REVIEW if count > sets.found else None
            yield failed(
                name, *_few(sets, reconciled.NOT_IN_EXPORT), certainty=more, source=name, count=count, found=sets.found
            )
        elif sets.unidentified:
            yield cant_tell(f"{sets.unidentified} product pages have no number that {name} could know them by", name)


@check(scope=Scope.SITE, needs={"exports"}, unseen=True)
def export_reachable(run: SiteQuery) -> Iterator[Observation]:
    """Products of a source that can be bought are linked from another page of the shop. Where scripts make the links nobody knows."""
    sources, lacking = sources_of(run)
    yield from lacking
    for sets in reconciled.of_run(run) if sources else ():
        if not sets.counts[reconciled.UNREACHABLE]:
            continue
        name = sets.source.name
        if run.survey.scripted and run.survey.opened < run.survey.counted:
            yield cant_tell("scripts make many of the links, and not every page was opened in a browser", name)
            continue
        count = sets.counts[reconciled.UNREACHABLE]
        yield failed(
            name,
            *_few(sets, reconciled.UNREACHABLE),
            source=name,
            count=count,
        )


@check(scope=Scope.SITE, needs={"exports"})
def export_pictured(run: SiteQuery) -> Iterator[Observation]:
    """Published products have a picture, in the export where it has such a column and in the markup of their page."""
    sources, lacking = sources_of(run)
    yield from lacking
    for sets in reconciled.of_run(run) if sources else ():
        if count := sets.counts[reconciled.NO_IMAGE]:
            # what the markup lacks the page may show all the same
            sure = all(one.note == reconciled.IN_EXPORT for one in sets.first[reconciled.NO_IMAGE])
            yield failed(
                sets.source.name, *_few(sets, reconciled.NO_IMAGE), certainty=None if sure else Certainty.LIKELY, source=sets.source.name, count=count,
            )  # fmt: skip


@check(scope=Scope.SITE, needs={"exports", "again"})
def export_prices_as_shown(run: SiteQuery) -> Iterator[Observation]:
    """The price of a product is the same in the source and on its page, in one market and currency.

    Proven where a browser showed it within a day of the export; else likely. The price with and without tax is one price where the
    config says which is which, and looks like a difference to be reviewed where it doesn't.
    """
    yield from _priced(run, (reconciled.PRICE,))


@check(scope=Scope.SITE, needs={"exports", "again"})
def export_sales_as_shown(run: SiteQuery) -> Iterator[Observation]:
    """A sale that the source says is on is on in the shop, and one that is over or has not begun is off."""
    yield from _priced(run, (reconciled.SALE_MISSING, reconciled.SALE_OVER))


def _priced(run: SiteQuery, wanted: tuple[str, ...]) -> Iterator[Observation]:
    sources, lacking = sources_of(run)
    yield from lacking
    looked = False
    for sets in reconciled.of_run(run) if sources else ():
        for where in wanted:
            for one in sets.first.get(where, ()):
                yield _price(run, sets.source, one)
        open_ = list(_left_open(sets, "price", ("price",)))
        yield from open_
        looked = looked or bool(open_ or sets.compared["price"])
    if sources and not looked:
        yield inapplicable("no product with a price was found on the site")


def _price(run: SiteQuery, source: SourceRead, one: Fell) -> Observation:
    assert one.price is not None
    assert one.product is not None
    assert one.page is not None
    answer, product, page = one.price, one.product, one.page
    assert answer.wanted is not None
    assert answer.here is not None
    tax = answer.difference.kind == price_compare.TAX
    certainty = None if answer.sure else Certainty.LIKELY
    if tax and not source.tax:
        certainty = Certainty.NEEDS_REVIEW
    locale = run.site.locale
    written = f"{answer.wanted} {product.currency or source.currency}".strip()
    window = (
        f", sale {product.sale} from {product.sale_from or '…'} until {product.sale_until or '…'}"
        if product.sale is not None
        else ""
    )
    found = failed(
        " ".join(filter(None, (source.name, {"price": "", "sale missing": "missing", "sale early": "early", "sale late": "late"}[answer.kind], answer.difference.note if tax else ""))),
        Excerpt("export", f"{written} (price {product.price}{window})", where=f"{source.origin}, line {product.line:,}"),
        Excerpt("shown" if answer.seen else "markup", answer.written, where=answer.where),
        Excerpt("export made", moment(source.made_at)),
        Excerpt("page looked at", moment(page.at)),
        page=page.url,
        seen_by=page.client,
        certainty=certainty,
        source=source.name,
        name=product.named,
        wanted=money(answer.wanted, product.currency or source.currency or answer.currency, locale),
        here=money(answer.here, answer.currency, locale),
        how={"sale missing": "should be on", "sale early": "has not begun", "sale late": "is over"}.get(answer.kind, ""),
        hint=f", which is the price {answer.difference.note}" if tax else f", which is {answer.difference.note}" if answer.difference.note else "",
    )  # fmt: skip
    return _again(found, one.later, one.price_later, answer.kind, one.price_later.written if one.price_later else "")


def _again(
    found: Observation, later: ShelfPage | None, then: PriceAnswer | StockAnswer | None, kind: str, said: str
) -> Observation:
    """What came of looking at the page a second time, where that was done."""
    if later is None or then is None:
        return found
    if then.kind == "same":
        return second_look.vanished(found, f"{said} on the page", later.at, later.client)
    if then.kind in ("unclear", "not compared"):
        return second_look.unreadable(found, then.why, later.at, later.client)
    return second_look.confirmed(found, f"{said} on the page", later.at, later.client, same=then.kind == kind)


@check(scope=Scope.SITE, needs={"exports", "again"})
def export_stock_as_shown(run: SiteQuery) -> Iterator[Observation]:
    """What a source has in stock can be bought, and what it has not is sold out here. Pre-orders and backorders are neither.

    Proven where the export was made within an hour of the look at the page (or its `max_age`), else likely: stock changes fast.
    """
    sources, lacking = sources_of(run)
    yield from lacking
    looked = False
    for sets in reconciled.of_run(run) if sources else ():
        source = sets.source
        for where, there in ((reconciled.SOLD_OUT_HERE, "in stock"), (reconciled.SOLD_OUT_THERE, "out of stock")):
            for one in sets.first.get(where, ()):
                assert one.stock is not None
                assert one.product is not None
                assert one.page is not None
                left = f" ({one.product.quantity:f} left)" if one.product.quantity is not None else ""
                found = failed(
                    f"{source.name} {where}",
                    Excerpt("export", f"{there}{left}", where=f"{source.origin}, line {one.product.line:,}"),
                    Excerpt("markup", one.stock.said),
                    Excerpt("export made", moment(source.made_at)),
                    Excerpt("page looked at", moment(one.page.at)),
                    page=one.page.url,
                    seen_by=one.page.client,
                    certainty=None if one.stock.sure else Certainty.LIKELY,
                    source=source.name,
                    name=one.product.named,
                    there=there,
                    here=one.stock.said,
                )
                then = one.stock_later
                yield _again(found, one.later, then, one.stock.kind, then.said if then else "")
        open_ = list(_left_open(sets, "stock", ("stock", "quantity")))
        yield from open_
        looked = looked or bool(open_ or sets.compared["stock"])
    if sources and not looked:
        yield inapplicable("no product with a stock was found on the site")


def _left_open(sets: Sets, about: str, columns: tuple[str, ...]) -> Iterator[Observation]:
    """What could not be compared of a source that has such a column: nothing at all, or some products beside others.

    What stood on their pages before may stand there still; where they are too many to be named, nothing is known of any.
    """
    name, count, compared = sets.source.name, sets.unclear[about], sets.compared[about]
    if not set(columns) & set(sets.source.columns) or not _met(sets):
        return
    pages = sets.untold.get(about, set())
    target = reason = ""
    if not compared:
        target = name
        reason = _why(sets, f"{about}: ", f"no {about} of {name} could be compared")
    elif count:
        target = f"{name} {reconciled.UNCLEAR}"
        reason = (
            f"{count:,} of {count + compared:,} products of {name} could not be compared by {about} "
            f"(the first: {sets.why[about]}), the others could"
        )
    if reason:
        yield cant_tell(reason, target if len(pages) < reconciled.MOST else "")
        yield from (cant_tell(reason, page=url) for url in sorted(pages))


def _met(sets: Sets) -> bool:
    """Whether any product of the source is on the site, or may be: several pages could be it, or one that is taken for no product's."""
    return bool(sets.found or sets.counts[reconciled.UNCLEAR])


def _why(sets: Sets, about: str, fallback: str) -> str:
    return next(
        (one.note.removeprefix(about) for one in sets.first.get(reconciled.UNCLEAR, ()) if one.note.startswith(about)),
        fallback,
    )


def _few(sets: Sets, where: str) -> tuple[Excerpt, ...]:
    told = sets.first.get(where, ())[:_SHOWN]
    return tuple(
        Excerpt(f"line {one.product.line:,}", f"{one.name} {one.note}".strip(), where=one.url or sets.source.origin) if one.product is not None
        else Excerpt("page", one.name, where=one.url)
        for one in told
    )  # fmt: skip


def _row(source: SourceRead, one: Fell) -> Excerpt:
    assert one.product is not None
    return Excerpt(f"line {one.product.line:,}", one.product.link, where=source.origin)


def _unnumbered(sets: Sets) -> str:
    return f" {sets.unidentified} product pages have no number that it could be known by." if sets.unidentified else ""
