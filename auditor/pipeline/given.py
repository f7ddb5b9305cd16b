"""What the stages of an audit are given: their settings from the config, and pools of workers."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from types import TracebackType

import msgspec

from auditor import __version__
from auditor.config.config import Config
from auditor.crawl import process as crawl_process
from auditor.crawl import robots
from auditor.crawl import settings as crawl_settings
from auditor.crawl.throttle import LONGEST_INTERVAL
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import ExpectedTagFact, SiteContext
from auditor.model.run import Run
from auditor.pipeline import access, lists
from auditor.pipeline.preflight import load_packs
from auditor.pipeline.watching import Nobody, Watcher
from auditor.render import ENTRY
from auditor.render import stage as render_stage
from auditor.render.manners import Manners
from auditor.render.task import RenderSettings
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from auditor.workers.pool import Pool
from auditor.workers.processes import ProcessPool

TOKEN = f"auditor/{__version__}"
_GATHERING = ("preflight", "crawl", "render", "links")


def token(config: Config) -> str:
    """What ends the user agent of every client: who we are, and where to ask."""
    contact = config.crawl.contact
    return f"{TOKEN} (+{contact})" if contact else TOKEN


class Given:
    """A config, a run in a workspace, and what the stages get of them."""

    def __init__(
        self, config: Config, workspace: Workspace, run: Run, packs: Packs | None, watcher: Watcher | None = None
    ) -> None:
        self.config = config
        self.workspace = workspace
        self.run = run
        self._packs = packs
        self.watcher = watcher or Nobody()
        self.stopped = threading.Event()
        self._pool: Pool | None = None  # the last one opened
        self._warm: ProcessPool | None = None  # started before its stage
        self._parting: list[ProcessPool] = []  # asked to close, still to be waited for
        self._crawled = 0.0  # seconds spent in rounds of crawl
        self._key = access.Key(workspace, run)
        self._took_lists = False
        self._browsers_asked = threading.Event()  # from then on this process waits
        self.wait = 0.0  # seconds, for another audit of the site to end

    @property
    def packs(self) -> Packs:
        """The rules of the config. Raises UsageError where they are read only now."""
        if self._packs is None:
            self._packs = load_packs(self.config)
        return self._packs

    def _render_settings(self) -> RenderSettings:
        files = str(self.workspace.files.absolute())  # a kept worker may have been started elsewhere
        settings = render_stage.settings_from(
            self.config, files, self._site_hosts(), token(self.config), self._key.cookies
        )
        if not self._one_page or not self.config.render.browsers:
            return settings
        # who waits for one page waits for its devices together
        at_once = min(len(self.config.render.devices), self._browsers_at_once)
        return msgspec.structs.replace(settings, warm=str(self.config.render.browsers[0]), at_once=at_once)

    @cached_property
    def _manners(self) -> Manners:
        """As far apart as the config and robots.txt want requests, pages are opened; a page asks for many files."""
        rate, delay = self.config.crawl.max_rate, 0.0
        if self.config.crawl.obey_robots:
            shop = SiteContext(hosts=self._site_hosts(), host_map=self.config.host_map)
            with self.workspace.read() as connection:
                site = StoredSite(connection, self.run.id, frozenset())
                ours = [one for one in site.files("robots") if shop.owns(one.url)]
                delay = max((robots.parse(site.content(one), one.url).delay for one in ours), default=0.0)
        interval = max(1 / rate if rate else 0.0, min(delay, LONGEST_INTERVAL))
        return Manners(interval, stopped=self.stopped, say=self.watcher.note)

    def _crawl_settings(self) -> crawl_settings.CrawlSettings:
        settings = crawl_settings.settings_from(self.config, token=token(self.config), cookies=self._key.cookies)
        return msgspec.structs.replace(settings, hosts=(*settings.hosts, *lists.old_hosts(self.run, settings)))

    def _round_settings(self) -> crawl_settings.CrawlSettings:
        """The limit of time is that of all rounds together: later ones get what is left of it."""
        settings = self._crawl_settings()
        if settings.max_time is None:
            return settings
        return msgspec.structs.replace(settings, max_time=max(1.0, settings.max_time - self._crawled))

    def _evaluate_settings(self) -> EvaluateSettings:
        expected = tuple(
            ExpectedTagFact(
                vendor,
                tag.ids,
                tag.page_types,
                {str(kind): events for kind, events in tag.events.items()},
                tag.parameters,
            )
            for vendor, tag in self.config.expect.tags.items()
        )
        return EvaluateSettings(
            workspace=str(self.workspace.folder.absolute()),
            run_id=self.run.id,
            site=SiteContext(
                hosts=self._site_hosts(),
                host_map=self.config.host_map,
                environment=self.config.environment,
                protected=bool(json.loads(self.run.config).get("protected")) or self.config.access.closed,
                locale=self.config.market.locale,
                currency=self.config.market.currency,
                tax=self.config.market.tax,
                country=self.config.market.country,
                expected_tags=expected,
                answers=self.config.consent,
                allowed_vendors=self.config.expect.vendors,
                allowed_hosts={str(kind): hosts for kind, hosts in self.config.expect.hosts.items()},
                listed_cookies=self._listed_cookies(),
                old_addresses=lists.old_addresses(self.run),
                budgets=self.config.gate.times,
            ),
            clients=tuple(str(one) for one in render_stage.matrix(self.config)),
            drop=tuple(sorted(self._crawl_settings().drop)),
        )

    def _listed_cookies(self) -> tuple[str, ...] | None:
        """Those of the config, and those that the audit itself brings along."""
        listed = self.config.expect.cookies
        return None if listed is None else (*listed, *self.config.access.cookies)

    def _site_hosts(self) -> tuple[str, ...]:
        """Those of the start URL, and the www twin where it redirected there."""
        settings = self._crawl_settings()
        old = lists.old_hosts(self.run, settings)
        return tuple(
            host for host in crawl_process.site_hosts(self.workspace, self.run.id, settings) if host not in old
        )

    def _open_render_pool(self, entry: str, settings: bytes) -> Pool:
        self._browsers_asked.set()
        if self._warm is not None:
            pool, self._warm = self._warm, None
            return pool
        return self._opened(self._render_pool(entry, settings))

    def _render_pool(self, entry: str, settings: bytes) -> ProcessPool:
        chosen = self._render_settings()
        size = -(-self._browsers_at_once // chosen.at_once)
        deadline = chosen.snapshot_timeout_ms / 1000 + self.config.render.timeout + 30
        if not self._one_page:
            return ProcessPool(entry, settings, size, deadline_s=deadline, recycle_after=None, name="render")
        pool = _Unwaited(entry, settings, size, deadline_s=deadline, recycle_after=None, name="render")
        self._parting.append(pool)
        return pool

    def _wait_for_browsers(self) -> None:
        """Until those that were asked to close have gone."""
        while self._parting:
            self._parting.pop().close()

    @contextmanager
    def _warm_browsers(self) -> Iterator[None]:
        clients = render_stage.matrix(self.config)
        if clients:
            settings = msgspec.msgpack.encode(self._render_settings())
            self._warm = self._render_pool(ENTRY, settings)
            self._opened(self._warm)
            self._warm.warm(len(self.config.render.browsers))
        try:
            yield
        finally:
            if self._warm is not None:
                self._warm.close()
                self._warm = None

    @property
    def _browsers_at_once(self) -> int:
        return self.config.render.workers or _most_browsers()

    def _open_evaluate_pool(self, entry: str, settings: bytes) -> Pool:
        if self._one_page:
            return self._opened(InlinePool(entry, settings))
        return self._opened(_evaluate_pool(entry, settings, os.cpu_count() or 1))

    def _open_pool_beside(self, entry: str, settings: bytes) -> Pool:
        """For describing pages while the crawl goes on, which keeps a processor for itself."""
        return self._opened(_evaluate_pool(entry, settings, (os.cpu_count() or 1) - 1))

    def _opened(self, pool: Pool) -> Pool:
        self._pool = pool
        if self.stopped.is_set():  # the signal may have come before there was a pool to stop
            self._cut()
        return pool

    @property
    def _one_page(self) -> bool:
        return self.run.kind != "recheck" and self.config.is_one_page

    def _cut(self) -> None:
        # Judging what there is must still be possible after a stop; only gathering is cut.
        if self._pool is not None and self.run.stage in _GATHERING:
            self._pool.stop()


def _evaluate_pool(entry: str, settings: bytes, processors: int) -> Pool:
    size = max(1, min(processors, 16))
    return ProcessPool(entry, settings, size, deadline_s=300, recycle_after=200, name="evaluate", keep=True)


class _Unwaited(ProcessPool):
    """Browsers close while their page is judged: nobody waits for them before `close`."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.part()
        else:
            super().__exit__(kind, error, trace)


def _most_browsers() -> int:
    """Half as many again as there are processors, since a page often waits; fewer where there is not a gigabyte of memory for each."""
    processors = os.cpu_count() or 1
    try:
        gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30
    except (AttributeError, OSError, ValueError):
        gigabytes = processors
    return max(1, min(processors + processors // 2, gigabytes, 8))
