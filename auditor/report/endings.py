"""What ends after a run: certificates, offers, sales of exports, promotions, entries of the ignore list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from auditor.facts import snapshot as facts
from auditor.facts.offers import Offers
from auditor.model.run import Run
from auditor.model.words import PageType
from auditor.report.document import EndingPart
from auditor.store import expected, judgement, probes, reading, snapshots

SOON = timedelta(days=14)
_FAR = timedelta(days=3 * 366)  # "2099-12-31" means no end
_MOST = 500  # of those that end later


def endings(
    connection: Connection, run: Run, evaluation: int | None, verdict: Mapping[str, Any]
) -> tuple[tuple[EndingPart, ...], tuple[EndingPart, ...]]:
    """What ends within 14 days of the run, and what ends later; offers and sales that end on one day are one."""
    today = day(run.started_at)
    found = [*_ignored(verdict), *_certificates(connection, run), *_found(connection, evaluation)]
    # of these the findings tell while they end soon
    found += [one for one in _offers(connection, run) if day(one.day) > today + SOON]
    found += _sales(connection, run)
    coming = sorted(
        (one for one in found if today <= day(one.day) <= today + _FAR), key=lambda one: (one.day, one.what)
    )
    soon = [one for one in coming if day(one.day) <= today + SOON]
    return tuple(soon), tuple(coming[len(soon) :][:_MOST])


def day(moment: str) -> date:
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return date.min


def _ignored(verdict: Mapping[str, Any]) -> Iterator[EndingPart]:
    for when, what in (*(verdict.get("soon") or ()), *(verdict.get("later") or ())):
        yield EndingPart(day=str(when), what=f"ignore list: {what}", kind="ignore")


def _certificates(connection: Connection, run: Run) -> Iterator[EndingPart]:
    for one in probes.certificates(connection, run.id):
        what = f"certificate of {one.host}, issued by {one.issuer or 'nobody named'}"
        yield EndingPart(day=day(one.not_after).isoformat(), what=what, kind="certificate", url=f"https://{one.host}/")


def _found(connection: Connection, evaluation: int | None) -> Iterator[EndingPart]:
    """Of findings that carry a day: offers and promotions that pages name a last day for."""
    pages: dict[tuple[str, str], list[str]] = {}
    for finding in judgement.ending(connection, evaluation) if evaluation else ():
        end = day(finding.data["expires_at"]).isoformat()
        pages.setdefault((end, finding.message), []).append(finding.url)
    for (end, message), urls in pages.items():
        yield EndingPart(day=end, what=f"{message.rstrip('.')} ({_named(urls)})", kind="page", url=urls[0])


def _offers(connection: Connection, run: Run) -> Iterator[EndingPart]:
    """The last days (priceValidUntil) in the markup of product pages as fetched."""
    by_day: dict[str, list[str]] = {}
    for ids in snapshots.batches(snapshots.page_ids(connection, run.id), 500):
        products = [
            one for one in snapshots.by_ids(connection, ids) if one.page_type == PageType.PRODUCT and one.document
        ]
        named = {one.id: (one.document or "", reading.context_of(one.final_url, one.response)) for one in products}
        read = snapshots.facts_of(connection, named.values(), facts.VERSION)
        for page in products:
            kept = read[named[page.id]] or {}
            if packed := kept.get("offers"):
                said = msgspec.msgpack.decode(packed, type=Offers).offers
                for end in {day(offer.valid_until).isoformat() for offer in said if offer.valid_until}:
                    by_day.setdefault(end, []).append(page.url)
    for end, urls in by_day.items():
        yield EndingPart(
            day=end,
            what=f"last day of prices in the markup (priceValidUntil): {_named(urls)}",
            kind="offer",
            url=urls[0],
        )


def _sales(connection: Connection, run: Run) -> Iterator[EndingPart]:
    """Sales of exports and feeds."""
    for source in expected.read_of(connection, run.id):
        counts: dict[str, int] = {}
        named: dict[str, str] = {}
        if not any("sale" in column for column in source.columns):
            continue
        for product in expected.products(connection, run.id, source.name):
            if product.sale is not None and product.sale_until:
                end = day(product.sale_until).isoformat()
                counts[end] = counts.get(end, 0) + 1
                named.setdefault(end, product.named)
        for end, count in counts.items():
            more = f" and {count - 1:,} more" if count > 1 else ""
            yield EndingPart(day=end, what=f"sale by {source.name}: {named[end]}{more}", kind="sale")


def _named(urls: list[str]) -> str:
    return urls[0] + (f" and {len(urls) - 1:,} more" if len(urls) > 1 else "")
