"""The evaluate worker: batches of pages in, descriptions or judgements out. It reads the store and never writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache

import msgspec
from sqlalchemy import Connection

from auditor.checks import registry
from auditor.evaluate import pages
from auditor.evaluate.judge import Judge, tallies
from auditor.facts import link_graph
from auditor.facts import snapshot as facts
from auditor.facts.link_graph import Block
from auditor.facts.snapshot import SiteContext
from auditor.model.finding import Finding, Tally
from auditor.model.rule import Rule
from auditor.model.urls import crawl_key, page_key, without_fragment
from auditor.model.words import Outcome, PageType
from auditor.store import reading as store_reading
from auditor.store import snapshots
from auditor.store.looks import Looks
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace

_MAY_BE_HOME = (PageType.CATEGORY, PageType.CONTENT, PageType.PRODUCT, PageType.SEARCH)
ENTRY = "auditor.evaluate.worker:Evaluator"


class EvaluateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The same for all batches of a stage."""

    workspace: str
    run_id: int
    site: SiteContext
    rules: tuple[Rule, ...] = ()
    clients: tuple[str, ...] = ()  # the browser matrix in its order
    drop: tuple[str, ...] = ()  # parameters that name no page
    differs: dict[str, bool] = {}  # template -> its pages are made by scripts


class Batch(msgspec.Struct, frozen=True):
    """Pages to describe (facts only) or to judge."""

    job: str  # describe | judge
    page_ids: tuple[int, ...]


class Described(msgspec.Struct, kw_only=True):
    """What the facts of a fetched page say, and the facts themselves for the store."""

    page_id: int
    page_type: str
    template: str
    platform: str
    canonical_key: str  # where its canonical is another page of the shop, else ""
    document: str
    context: str
    facts: dict[str, bytes]
    links: tuple[Block, ...] = ()  # for the site's graph


class BatchResult(msgspec.Struct, kw_only=True):
    described: list[Described] = []
    findings: list[Finding] = []
    tallies: list[Tally] = []
    looks: list[tuple[str, Looks]] = []  # by page key
    unsure: list[tuple[str, str]] = []  # rule, target


class Evaluator:
    """Entry of the worker pool."""

    def __init__(self, settings: bytes) -> None:
        self._settings = msgspec.msgpack.decode(settings, type=EvaluateSettings)
        self._workspace = Workspace.attach(self._settings.workspace)
        self._drop: Collection[str] = frozenset(self._settings.drop)
        self._key = lru_cache(maxsize=50_000)(self._crawl_key)  # a menu's links are on every page
        self._judge = Judge(self._settings.rules, dict(registry.load()), self._settings.site.host_map, self._drop)

    def run(self, payload: bytes) -> bytes:
        batch = msgspec.msgpack.decode(payload, type=Batch)
        result = BatchResult()
        unsure: set[tuple[str, str]] = set()
        counted: Counter[tuple[str, str, Outcome, str]] = Counter()  # pages of one batch have most of these in common
        with self._workspace.read() as connection:
            site = StoredSite(connection, self._settings.run_id, self._drop)
            reading = store_reading.Reading(
                connection, self._settings.run_id, self._settings.site, site.targets, self._settings.clients
            )
            home = self._home(connection) if batch.job == "describe" else frozenset()
            for stored in snapshots.by_ids(connection, batch.page_ids):
                if batch.job == "describe":
                    result.described.append(_described(reading, stored, self._drop, home, self._key))
                    continue
                judged = self._judge.page(pages.page(reading, stored, self._settings.differs.get(stored.template)))
                result.findings += judged.findings
                for tally in judged.tallies:
                    counted[(tally.rule, tally.client, tally.outcome, tally.reason)] += tally.count
                result.looks.append((stored.page_key, judged.looks))
                unsure |= set(judged.unsure)
            result.unsure = sorted(unsure)
        result.tallies = tallies(counted)
        return msgspec.msgpack.encode(result)

    def _crawl_key(self, url: str) -> str:
        return crawl_key(without_fragment(url), self._drop)

    def close(self) -> None:
        self._workspace.close()

    def _home(self, connection: Connection) -> frozenset[str]:
        """Where the shop's root leads to, if that is elsewhere: /shop/, /home.html."""
        roots = [f"{scheme}://{host}/" for host in self._settings.site.hosts for scheme in ("http", "https")]
        return snapshots.led_to_from(connection, self._settings.run_id, roots)


def _described(
    reading: store_reading.Reading,
    stored: snapshots.StoredPage,
    drop: Collection[str],
    home: frozenset[str],
    keys: Callable[[str], str],
) -> Described:
    one = store_reading.fetched(reading, stored)
    kind = one.page_kind.type
    if stored.url in home and kind in _MAY_BE_HOME:
        kind = PageType.HOME
    canonical = one.meta.canonical
    key = page_key(canonical, reading.site.host_map, drop) if canonical and reading.site.owns(canonical) else ""
    return Described(
        page_id=stored.id,
        page_type=kind,
        template=one.template.signature,
        platform=one.platform.id,
        canonical_key=key if key != stored.page_key else "",
        document=stored.document or "",
        context=store_reading.context_of(stored.final_url, stored.response),
        facts=one.pack_facts() if facts.STORED else {},
        links=link_graph.blocks(one.links, reading.site.owns, keys),
    )
