"""The evaluate worker: batches of pages in, descriptions or judgements out. It reads the store and never writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import cache, cached_property

import msgspec

from auditor.checks import registry
from auditor.evaluate import basis, pages
from auditor.evaluate.carrying import Before, Carrying, keep
from auditor.evaluate.judge import Judge, Judged, tallies
from auditor.facts import link_graph
from auditor.facts.link_graph import Block
from auditor.facts.snapshot import SiteContext
from auditor.model.finding import Finding, Tally
from auditor.model.rule import Rule
from auditor.model.urls import crawl_key, page_key, without_fragment
from auditor.model.words import Outcome
from auditor.store import link_graph as stored_graph
from auditor.store import reading as store_reading
from auditor.store import snapshots
from auditor.store.kept import KeptPage
from auditor.store.looks import Looks
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace

ENTRY = "auditor.evaluate.worker:Evaluator"
_Earlier = dict[tuple[str, str, str], bytes]  # links of the night before, by page key, document and final address


class EvaluateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The same for all batches of a stage."""

    workspace: str
    run_id: int
    site: SiteContext
    rules: tuple[Rule, ...] = ()
    clients: tuple[str, ...] = ()  # the browser matrix in its order
    drop: tuple[str, ...] = ()  # parameters that name no page
    differs: dict[str, bool] = {}  # template -> scripts change its pages
    by_scripts: frozenset[str] = frozenset()  # templates whose content is made by scripts
    mended: dict[str, dict[str, bool]] = {}  # template -> rules whose faults scripts mend: on all pages, or some
    before: Before | None = None  # the night before, where what it found may hold


class Batch(msgspec.Struct, frozen=True):
    """Pages to describe (facts only), to judge, or to compare as fetched and as browsers show them."""

    job: str  # describe | judge | compare
    page_ids: tuple[int, ...]


class Described(msgspec.Struct, kw_only=True):
    """What the facts of a fetched page say, and the facts themselves for the store."""

    page_id: int
    page_type: str
    template: str
    platform: str
    canonical_key: str  # where its canonical is another page of the shop, else ""
    document: str
    fetched_at: str
    context: str
    facts: bytes  # as the store keeps them; empty where it has them
    links: tuple[Block, ...] = ()  # for the site's graph
    same_links: bytes | None = None  # instead: those of the same document in the night before, as the store has them


class BatchResult(msgspec.Struct, kw_only=True):
    described: list[Described] = []
    findings: list[Finding] = []
    tallies: list[Tally] = []
    looks: list[tuple[str, Looks]] = []  # by page key
    unsure: list[tuple[str, str]] = []  # rule, target
    kept: list[KeptPage] = []  # for the next night
    shown: list[tuple[int, str]] = []  # page id, the type that a browser told of a page that says nothing of itself
    mended: list[tuple[str, dict[str, float]]] = []  # template, and rules with the share that scripts mend
    unchanged: int = 0  # pages of which something was carried forward


class Evaluator:
    """Entry of the worker pool."""

    def __init__(self, settings: bytes) -> None:
        self._settings = msgspec.msgpack.decode(settings, type=EvaluateSettings)
        self._workspace = Workspace.attach(self._settings.workspace)
        self._drop: Collection[str] = frozenset(self._settings.drop)
        self._edges = link_graph.Edges(self._settings.site.owns, self._crawl_key)
        self._site: StoredSite | None = None  # of the batch before: no page is fetched while pages are judged
        self._carrying = Carrying(self._settings.before)

    @cached_property
    def _judge(self) -> Judge:
        """Made for judging only: its checks take long to load."""
        return Judge(self._settings.rules, dict(registry.load()), self._settings.site.host_map, self._drop)

    def run(self, payload: bytes) -> bytes:
        batch = msgspec.msgpack.decode(payload, type=Batch)
        result = BatchResult()
        unsure: set[tuple[str, str]] = set()
        counted: Counter[tuple[str, str, Outcome, str]] = Counter()  # pages of one batch have most of these in common
        with self._workspace.read() as connection:
            site = self._site = StoredSite(connection, self._settings.run_id, self._drop, like=self._site)
            reading = store_reading.Reading(
                connection, self._settings.run_id, self._settings.site, site.targets, self._settings.clients
            )
            batched = snapshots.by_ids(connection, batch.page_ids)
            reading.ahead(batched)
            earlier: _Earlier = {}
            if batch.job == "judge":
                self._carrying.read(connection, batched)
            elif (before := self._settings.before) is not None:
                earlier = stored_graph.of_earlier(connection, before.run_id, [one.page_key for one in batched])
            for stored in batched:
                if batch.job == "describe":
                    result.described.append(self._described(reading, stored, earlier))
                    continue
                if batch.job == "compare":
                    result.mended.append((stored.template, self._judge.mended(pages.page(reading, stored, None))))
                    continue
                judged = self._judged(reading, stored, result)
                result.findings += judged.findings
                counted.update(judged.counts)
                result.looks.append((stored.page_key, judged.looks))
                unsure |= set(judged.unsure)
            result.unsure = sorted(unsure)
        result.tallies = tallies(counted)
        return msgspec.msgpack.encode(result)

    def _described(self, reading: store_reading.Reading, stored: snapshots.StoredPage, earlier: _Earlier) -> Described:
        """What the facts of a fetched page say; what the night before knows of the same document is not worked out again."""
        one = store_reading.fetched(reading, stored)
        canonical = one.meta.canonical
        key = (
            page_key(canonical, reading.site.host_map, self._drop) if canonical and reading.site.owns(canonical) else ""
        )
        same = earlier.get((stored.page_key, stored.document, stored.final_url)) if stored.document else None
        return Described(
            page_id=stored.id,
            page_type=one.page_kind.type,
            template=one.template.signature,
            platform=one.platform.id,
            canonical_key=key if key != stored.page_key else "",
            document=stored.document or "",
            fetched_at=stored.response.fetched_at,
            context=store_reading.context_of(stored.final_url, stored.response),
            facts=b"" if one.has_stored else snapshots.pack_facts(one.pack_facts()),
            links=() if same else link_graph.blocks(one.links, self._edges),
            same_links=same,
        )

    def _judged(self, reading: store_reading.Reading, stored: snapshots.StoredPage, result: BatchResult) -> Judged:
        """The page's judgement: what the night before found where that holds, the rest anew."""
        settings, template = self._settings, stored.template
        page = pages.page(
            reading,
            stored,
            settings.differs.get(template),
            settings.mended.get(template, {}),
            by_scripts=template in settings.by_scripts,
        )
        if page.rendered and page.page_type.is_storefront and pages.is_silent(stored):
            result.shown.append((stored.id, page.page_type))
        told = basis.of_page(stored, page)

        @cache
        def linked() -> bytes:
            urls = page.raw.pointed_to
            return basis.of_links(urls, page.raw.targets(urls))

        carried = self._carrying.of(page, told, linked)
        judged = self._judge.page(page, carried)
        result.unchanged += carried is not None
        if (one := keep(page, told, linked, judged, self._settings.rules)) is not None:
            result.kept.append(one)
        return judged

    def _crawl_key(self, url: str) -> str:
        return crawl_key(without_fragment(url), self._drop)

    def close(self) -> None:
        self._workspace.close()
