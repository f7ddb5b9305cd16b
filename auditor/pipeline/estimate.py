"""What a crawl would cost, from a first look: how many pages are known, how long they take, what would be left out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select

from auditor import __version__
from auditor.config.config import Config
from auditor.config.session import Cookie
from auditor.crawl import process
from auditor.crawl.probe import probe
from auditor.crawl.scope import PAGE_LIMIT
from auditor.crawl.settings import CrawlSettings, settings_from
from auditor.crawl.supervise import StopSign
from auditor.model.errors import IncompleteError
from auditor.pipeline import access
from auditor.pipeline.given import token
from auditor.store import runs, traps
from auditor.store.runs import CHOSEN
from auditor.store.schema import pages, urls
from auditor.store.workspace import Workspace

SAMPLE = 30  # pages fetched


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of addresses; `seconds` is for `pages`, at the pace of the sample."""

    site: str
    sample: int  # pages fetched for it
    known: int  # pages that would be fetched, as far as a first look knows them
    by_sitemap: int
    pages: int  # the same, up to the config's limit
    limit: int
    seconds: float
    interval: float  # seconds a page
    megabytes: float
    endless: int  # filters, sorting, calendars and the like that would be left out
    left_out: dict[str, int]  # reason -> addresses
    complete: bool  # the sample was the whole shop

    @property
    def text(self) -> str:
        """For people, in lines."""
        least = "" if self.complete else "at least "
        minutes = self.seconds / 60
        took = f"{minutes:,.0f} minutes" if minutes >= 2 else f"{self.seconds:,.0f} seconds"
        lines = [
            f"{self.site}: {least}{self.known:,} pages, {self.by_sitemap:,} of them in its sitemaps",
            f"about {took} and {self.megabytes:,.0f} MB for {self.pages:,} pages at {1 / self.interval:.1f} pages a second"
            f" (measured on {self.sample})",
        ]
        if self.pages < self.known:
            lines.append(f"the limit of {self.limit:,} pages (crawl.max_pages) leaves out {self.known - self.pages:,}")
        if self.endless:
            share = self.endless / (self.endless + self.known)
            lines.append(
                f"{self.endless:,} addresses ({share:.0%}) are filters, sorting or other endless ones, and left out"
            )
        lines += [f"left out: {count:,} {reason}" for reason, count in self.left_out.items()]
        return "\n".join(lines)


def estimate(config: Config, *, stop: StopSign, note: Callable[[str], None] = lambda _: None) -> Estimate:
    """Looks at robots.txt, sitemaps and a few pages of every kind, in a workspace that is thrown away.

    Raises IncompleteError where no page could be fetched.
    """
    with tempfile.TemporaryDirectory(prefix="auditor-estimate-") as folder, Workspace.open(Path(folder)) as workspace:
        run = runs.begin(
            workspace, site=config.name, start_url=config.site.url, environment=config.environment, config="{}",
            version=__version__,
        )  # fmt: skip
        key = access.Key(workspace, run)
        if closed := key.turn(_settings(config), stop):
            raise IncompleteError(closed)
        settings = _settings(config, key.cookies)
        looked = probe(settings, stop=stop)
        if looked.fatal:
            raise IncompleteError(looked.sentence)
        result = process.crawl_round(
            workspace.folder, run.id, settings, stop=stop, on_progress=lambda now: note(f"{now.known:,} pages known")
        )
        if not result.ok:
            raise IncompleteError(result.text)
        with workspace.read() as connection:
            return _counted(connection, run.id, config, result)


def _settings(config: Config, cookies: tuple[Cookie, ...] = ()) -> CrawlSettings:
    settings = settings_from(config, token=token(config), cookies=cookies)
    return msgspec.structs.replace(settings, max_pages=SAMPLE, max_assets=0, external_links=False, probes=False)


def _counted(connection: Connection, run_id: int, config: Config, result: process.RoundResult) -> Estimate:
    is_page = (urls.c.run_id == run_id, urls.c.kind == "page")
    wanted = (*is_page, (urls.c.status != "skipped") | (urls.c.reason == PAGE_LIMIT))
    known = connection.execute(select(func.count()).where(*wanted)).scalar_one()
    listed = connection.execute(select(func.count()).where(*wanted, urls.c.found_by == "sitemap")).scalar_one()
    endless = sum(one.left_out for one in traps.told(connection, run_id))
    reasons = select(urls.c.reason, func.count()).where(
        *is_page, urls.c.status == "skipped", urls.c.reason != PAGE_LIMIT
    )
    left_out = runs.counted(connection, reasons.group_by(urls.c.reason).order_by(func.count().desc()).limit(8))
    answered = (pages.c.run_id == run_id, urls.c.kind == "page")
    asked = select(func.min(pages.c.fetched_at), func.max(pages.c.fetched_at), func.count())
    first, last, count = connection.execute(asked.join(urls, urls.c.id == pages.c.url_id).where(*answered)).one()
    spent = (_moment(last) - _moment(first)).total_seconds()
    interval = max(0.001, spent / max(1, count - 1))
    taken = min(known, config.crawl.max_pages)
    return Estimate(
        site=config.name,
        sample=result.fetched,
        known=known,
        by_sitemap=listed,
        pages=taken,
        limit=config.crawl.max_pages,
        seconds=taken * interval,
        interval=interval,
        megabytes=taken * result.received / max(1, result.fetched) / 1e6,
        endless=endless,
        left_out={reason.removeprefix(CHOSEN): number for reason, number in left_out.items()},
        complete=result.reason == "finished",
    )


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)
