"""The serial pass over loads for their times: which pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from auditor.config.config import Config
from auditor.evidence.timing import Timing
from auditor.model.run import Run
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import BrowserName, FetchOutcome
from auditor.store import snapshots
from auditor.store.schema import pages
from auditor.store.schema import snapshots as taken

_LACKING = "times are measured in Chromium only, which the config does not name"


class Wanted(msgspec.Struct, frozen=True):
    """A page to measure, with the snapshot that its times belong to."""

    key: SnapshotKey
    url: str


def wanted(connection: Connection, run: Run, config: Config) -> list[Wanted]:
    """Of each page type asked for the first pages that Chromium could open, on every device; those measured already apart."""
    chosen: dict[str, list[str]] = defaultdict(list)
    rows = connection.execute(
        select(taken.c.page_key, taken.c.url, taken.c.client, taken.c.state, pages.c.page_type)
        .join(pages, pages.c.id == taken.c.page_id)
        .where(taken.c.run_id == run.id, taken.c.outcome == FetchOutcome.OK, taken.c.step == "", taken.c.repeat == 0)
        .order_by(taken.c.page_id, taken.c.id)
    ).all()
    found: list[Wanted] = []
    for row in rows:
        key = SnapshotKey(row.page_key, Client.parse(row.client))
        if row.state != str(key.state) or row.page_type not in config.timing.page_types:
            continue
        those = chosen[row.page_type]
        if row.page_key not in those and len(those) < config.timing.pages:
            those.append(row.page_key)
        if row.page_key in those:
            found.append(Wanted(key, row.url))
    return [one for one in found if not _is_measured(connection, run, one.key)]


def _is_measured(connection: Connection, run: Run, key: SnapshotKey) -> bool:
    bundle = snapshots.bundle_of(connection, run.id, key)
    timing = bundle.read(Timing) if bundle else None
    return timing is not None and bool(timing.loads or timing.failed or timing.lacking)


def split(found: Iterable[Wanted], config: Config) -> tuple[list[Wanted], list[Wanted]]:
    """Those to measure, and those of browsers that cannot, where no Chromium of the matrix can in their place."""
    able = BrowserName.CHROMIUM in config.render.browsers
    measured = [one for one in found if one.key.client.browser == BrowserName.CHROMIUM]
    return measured, [] if able else [one for one in found if one.key.client.browser != BrowserName.CHROMIUM]


def lacking() -> Timing:
    return Timing(lacking=_LACKING)
