"""Facts of the shop for the report: platform, theme, currencies, languages, tags, third parties."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, func, select

from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.knowledge import platforms
from auditor.model.run import Run
from auditor.report.consent import Faults
from auditor.report.coverage import page_types
from auditor.report.document import ShopPart
from auditor.report.seen import Seen, counted
from auditor.store import snapshots
from auditor.store.reading import Reading, fetched
from auditor.store.schema import pages

_SAMPLE = 100  # pages whose facts tell the shop's currencies and languages
_THEMES = 5  # of them whose HTML is searched for the theme's name
_HTML = 400_000  # characters


def shop(connection: Connection, run: Run, seen: Seen, faults: Faults) -> ShopPart:
    platform = platform_of(connection, run)
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


def platform_of(connection: Connection, run: Run) -> str:
    """The platform that most pages told of, empty where none did."""
    query = select(pages.c.platform, func.count()).where(pages.c.run_id == run.id, pages.c.platform != "")
    ranked = sorted(connection.execute(query.group_by(pages.c.platform)), key=lambda one: (-one[1], one[0]))
    return ranked[0][0] if ranked else ""


def _theme(page: Snapshot, platform: str) -> str:
    known = platforms.load().get(platform)
    if known is None or page.missing("document") is not None:
        return ""
    html = page.document.html[:_HTML]
    return next((" ".join(found[1].split()) for shape in known.theme if (found := shape.search(html))), "")
