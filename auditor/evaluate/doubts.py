"""Part of the evaluate stage, before its end: which pages are to be opened once more, because of what the first look at them shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from auditor.checks import registry
from auditor.evaluate.packs import Packs
from auditor.evaluate.stage import OpenPool, judged_by, judged_site
from auditor.evaluate.worker import EvaluateSettings
from auditor.model.finding import Finding
from auditor.model.run import Run
from auditor.model.snapshot import HTTP
from auditor.model.words import PageType, Scope
from auditor.store import snapshots
from auditor.store.workspace import Workspace

_OPENED = (PageType.PRODUCT, PageType.HOME, PageType.CATEGORY)


class Doubt(msgspec.Struct, frozen=True):
    """A page to open once more, and the client that saw what is doubted ("" where it was fetched only)."""

    page_id: int
    page_key: str
    url: str
    client: str


def doubts(
    workspace: Workspace, run: Run, settings: EvaluateSettings, packs: Packs, open_pool: OpenPool, most: int
) -> tuple[list[Doubt], int]:
    """At most so many pages, some of each problem first, and how many are left out. Judges only by rules that look twice."""
    checks = registry.load()
    rules = tuple(rule for rule in packs.rules if "again" in checks[rule.check].needs)
    if not rules or not most:
        return [], 0
    of_pages = tuple(rule for rule in rules if checks[rule.check].scope is not Scope.SITE)
    found: list[Finding] = []
    with workspace.read() as connection:
        opened = snapshots.opened(connection, run.id, _OPENED)
    if of_pages and opened:
        found += judged_by(opened, msgspec.structs.replace(settings, rules=of_pages), open_pool)
    with workspace.read() as connection:
        of_site = msgspec.structs.replace(settings, rules=rules)
        found += judged_site(workspace, connection, run, of_site).findings
        wanted = list(_in_turn(found))
        pages = {one.url: one for one in snapshots.by_url(connection, run.id, [url for url, _ in wanted])}
    chosen: dict[str, Doubt] = {}
    for url, client in wanted:
        if (page := pages.get(url)) is not None:
            chosen.setdefault(page.page_key, Doubt(page.id, page.page_key, page.url, client))
    return list(chosen.values())[:most], max(0, len(chosen) - most)


def _in_turn(found: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """(address, client) of the pages of findings, one of each problem and then the next of each."""
    by_problem: dict[str, list[Finding]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (one.severity.rank, one.certainty.rank, one.rule, one.url)):
        by_problem[one.problem].append(one)
    for place in range(max(map(len, by_problem.values()), default=0)):
        for group in by_problem.values():
            if place < len(group):
                one = group[place]
                client = next((name for name in one.clients if name != HTTP), "")
                # what is compared with another page is looked at there, too
                others = (
                    excerpt.where for excerpt in one.excerpts if excerpt.where.startswith(("http://", "https://"))
                )
                for url in dict.fromkeys((one.url, *others)):
                    yield url, client
