"""Facts of the shop for the report: platform, theme, currencies, languages, tags, third parties."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection

from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.knowledge import platforms
from auditor.model.run import Run
from auditor.report.consent import Faults
from auditor.report.coverage import page_types
from auditor.report.document import ShopPart
from auditor.report.seen import Seen, counted
from auditor.store import snapshots
from auditor.store.reading import Reading, fetched

_SAMPLE = 100  # pages whose facts tell the shop's currencies and languages
_THEMES = 5  # of them whose HTML is searched for the theme's name
_HTML = 400_000  # characters


def shop(connection: Connection, run: Run, seen: Seen, faults: Faults) -> ShopPart:
    platform = snapshots.platform(connection, run.id)
    currencies: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    themes: Counter[str] = Counter()
    for index, stored in enumerate(snapshots.html_pages(connection, run.id, limit=_SAMPLE)):
        page = fetched(Reading(connection, run.id, SiteContext(hosts=())), stored)
        currencies.update({offer.currency for offer in page.offers.offers if offer.currency})
        languages.update({page.meta.lang.lower()} - {""})
        if index < _THEMES and (name := _theme(page, platform)):
            themes[name] += 1
    return ShopPart(
        platform=platform,
        theme=themes.most_common(1)[0][0] if themes else "",
        currencies=tuple(name for name, _ in currencies.most_common(5)),
        languages=tuple(name for name, _ in languages.most_common(5)),
        tags=counted(seen.tags),
        third_parties=seen.third_parties(),
        page_types=page_types(connection, run.id),
        opened={kind: seen.opened[kind] for kind in sorted(seen.opened) if kind},
        tag_table=seen.tag_table(),
        consent=seen.consent.part(faults),
        third_party_costs=seen.costs(),
    )


def _theme(page: Snapshot, platform: str) -> str:
    known = platforms.load().get(platform)
    if known is None or page.missing("document") is not None:
        return ""
    html = page.document.html[:_HTML]
    return next((" ".join(found[1].split()) for shape in known.theme if (found := shape.search(html))), "")
