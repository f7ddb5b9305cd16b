"""The evaluate stage: describes fetched pages, judges a run, and sums findings up to problems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby

import msgspec
from sqlalchemy import Connection

from auditor.checks import registry
from auditor.evaluate import basis, carrying, logic
from auditor.evaluate.judge import Judge, Judged
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import ENTRY, Batch, BatchResult, Described, EvaluateSettings
from auditor.evidence.document import Document
from auditor.facts import link_graph as graph
from auditor.facts import links, template
from auditor.facts import snapshot as facts
from auditor.model.errors import IncompleteError
from auditor.model.finding import Finding, Problem, Tally
from auditor.model.run import Run
from auditor.model.snapshot import HTTP
from auditor.model.urls import crawl_key
from auditor.model.words import Outcome
from auditor.store import documents, expected, judgement, kept, link_graph, looks, page_types, snapshots
from auditor.store.query import StoredSite
from auditor.store.reading import Reading, fetched, rendered
from auditor.store.workspace import Workspace
from auditor.workers import standby
from auditor.workers.inline import InlinePool
from auditor.workers.pool import Pool, Task

BATCH = 20  # pages a task
_EXAMPLES = 3
_MOST_COMPARED = 5  # pages of a template
_MOST_RENDERED = 300  # pages whose links as browsers saw them are read too

OpenPool = Callable[[str, bytes], Pool]
Report = Callable[[int, int], None]  # pages done, pages in all


def describe(workspace: Workspace, run: Run, settings: EvaluateSettings, open_pool: OpenPool) -> int:
    """Works out page type, template and platform of pages fetched since the last time; returns how many."""
    with workspace.read() as connection:
        ids = snapshots.undescribed(connection, run.id)
    if ids:
        settings = earlier_night(workspace, run, settings)
    done, known = 0, link_graph.Known()
    for _, result in _work("describe", ids, settings, open_pool):
        with workspace.write() as connection:
            keep_described(connection, result.described, known)
        done += len(result.described)
    if done:
        with workspace.write() as connection:
            link_graph.forget_unread(connection, run.id)
            page_types.find_home(connection, run.id, settings.site.hosts)
            page_types.settle(connection, run.id)
            page_types.remember(connection, run.id)
            page_types.settle_later(connection, run.id)
    return done


def earlier_night(workspace: Workspace, run: Run, settings: EvaluateSettings) -> EvaluateSettings:
    """The settings with the night before, whose facts of the same documents hold."""
    with workspace.read() as connection:
        if kept.is_first(connection, run.id):  # the digest takes a while
            return settings
        inputs = {one.name: one.digest for one in expected.read_of(connection, run.id)}
        told = basis.of_run(settings.site, settings.clients, settings.drop, inputs)
        return msgspec.structs.replace(settings, before=carrying.before(connection, run.id, told))


def keep_described(connection: Connection, described: Sequence[Described], known: link_graph.Known) -> None:
    """Writes what workers told of pages, but not of a page that was fetched again since they read it."""
    now = snapshots.fetches(connection, [one.page_id for one in described])
    told = [one for one in described if now.get(one.page_id) == (one.document, one.fetched_at)]
    snapshots.describe_all(
        connection, [(one.page_id, one.page_type, one.template, one.platform, one.canonical_key) for one in told]
    )
    snapshots.write_facts(
        connection, facts.VERSION, [(one.document, one.context, one.facts) for one in told if one.facts]
    )
    pages = {one.page_id: one.links if one.same_links is None else one.same_links for one in told}
    link_graph.save(connection, pages, known)


def evaluate(
    workspace: Workspace,
    run: Run,
    settings: EvaluateSettings,
    packs: Packs,
    version: str,
    open_pool: OpenPool,
    report: Report | None = None,
    *,
    anew: bool = False,
) -> int:
    """Judges the run by the packs; returns the evaluation's id. An evaluation that was cut short leaves nothing behind.

    What the night before found on pages that are as they were is taken over where it holds; not so with `anew`.
    """
    with workspace.read() as connection:
        inputs = {one.name: one.digest for one in expected.read_of(connection, run.id)}
        told = basis.of_run(settings.site, settings.clients, settings.drop, inputs)
        before = None if anew else carrying.before(connection, run.id, told, packs.rules)
    differs, drawn = _scripted(workspace, run, settings)
    settings = msgspec.structs.replace(settings, rules=packs.rules, differs=differs, by_scripts=drawn, before=before)
    settings = msgspec.structs.replace(settings, mended=_mended(workspace, run, settings, open_pool))
    with workspace.write() as connection:
        evaluation = judgement.begin(
            connection, run.id, packs.digest, packs.rules, version, logic.digests(packs.rules), inputs, told
        )
    recorder, keeper = looks.Recorder(evaluation), kept.Keeper(evaluation, before.evaluation if before else None)
    unchanged = 0
    with workspace.read() as connection:
        ids = snapshots.page_ids(connection, run.id)
    done = 0
    for page_ids, result in _work("judge", ids, settings, open_pool):
        with workspace.write() as connection:
            judgement.add_findings(connection, evaluation, result.findings)
            judgement.add_tallies(connection, evaluation, result.tallies)
            recorder.add(connection, result.looks)
            recorder.add_unsure(connection, result.unsure)
            keeper.add(connection, result.kept)
            page_types.note(connection, result.shown)
        workspace.shorten_log()
        unchanged += result.unchanged
        done += len(page_ids)
        if report:
            report(done, len(ids))
    standby.end(ENTRY)  # they hold as much as the rules over the whole run will
    if done < len(ids):  # the pool was stopped; half a judgement is none
        raise IncompleteError("judging was stopped before its end", hint=f"Judge again: auditor evaluate {run.name}")
    count_links(workspace, run, settings)
    _judge_site(workspace, run, settings, evaluation, recorder)
    with workspace.read() as connection:
        problems = list(_problems(judgement.findings_of(connection, evaluation)))
    with workspace.write() as connection:
        judgement.add_problems(connection, evaluation, problems)
        judgement.end(connection, evaluation, unchanged)
        kept.forget_older(connection, evaluation)
    return evaluation


def judged_by(ids: Sequence[int], settings: EvaluateSettings, open_pool: OpenPool) -> list[Finding]:
    """What the rules of the settings find on these pages; nothing is kept."""
    return [one for _, result in _work("judge", ids, settings, open_pool) for one in result.findings]


def rehearse(workspace: Workspace, run: Run, settings: EvaluateSettings, packs: Packs) -> None:
    """Judges what is there and keeps nothing: the first judging of a process loads and compiles what the next ones use."""
    settings = msgspec.structs.replace(settings, rules=packs.rules)
    with workspace.read() as connection:
        judged_by(snapshots.page_ids(connection, run.id), settings, InlinePool)
        judged_site(workspace, connection, run, settings)


def count_links(workspace: Workspace, run: Run, settings: EvaluateSettings) -> None:
    """Clicks and inlinks of every URL: by the pages as fetched, and by those that browsers saw, up to a few hundred."""
    drop, known = frozenset(settings.drop), link_graph.Known()
    with workspace.read() as connection:
        seen = snapshots.rendered_links(connection, run.id, _MOST_RENDERED)
        shown = []
        edges = graph.Edges(settings.site.owns, lambda url: crawl_key(url.partition("#")[0], drop))
        for page_id, url, document in seen:
            html = documents.get(connection, document).decode("utf-8", "replace")
            found = links.links(Document(html, url, rendered=True))
            shown.append((page_id, graph.blocks(found, edges)))
    with workspace.write() as connection:
        for page_id, found_blocks in shown:
            link_graph.add(connection, page_id, found_blocks, known)
        link_graph.count(connection, run.id, drop)


def _judge_site(
    workspace: Workspace, run: Run, settings: EvaluateSettings, evaluation: int, recorder: looks.Recorder
) -> None:
    with workspace.read() as connection:
        judged = judged_site(workspace, connection, run, settings)
    with workspace.write() as connection:
        judgement.add_findings(connection, evaluation, judged.findings)
        judgement.add_tallies(connection, evaluation, judged.tallies)
        recorder.add(connection, [("", judged.looks)])
        recorder.add_unsure(connection, judged.unsure)


def judged_site(workspace: Workspace, connection: Connection, run: Run, settings: EvaluateSettings) -> Judged:
    """What the settings' rules about the whole run come to; nothing is kept."""
    judge = Judge(settings.rules, dict(registry.load()), settings.site.host_map, frozenset(settings.drop))
    site = StoredSite(
        connection, run.id, frozenset(settings.drop), settings.site,
        pictures=lambda digest: workspace.file(digest, ".png"),
    )  # fmt: skip
    return judge.site(site, opened=bool(site.coverage().rendered))


def _work(
    job: str, ids: Sequence[int], settings: EvaluateSettings, open_pool: OpenPool
) -> Iterator[tuple[Sequence[int], BatchResult]]:
    """Batches in worker processes. A page that breaks its worker is tried again alone, and then could not be checked."""
    if not ids:
        return
    with open_pool(ENTRY, msgspec.msgpack.encode(settings)) as pool:
        broken: list[int] = []
        for page_ids, payload, _ in answers(pool, job, snapshots.batches(ids, BATCH)):
            if payload is None:
                broken += page_ids
            else:
                yield page_ids, msgspec.msgpack.decode(payload, type=BatchResult)
        for page_ids, payload, error in answers(pool, job, ([one] for one in broken)):
            if payload is not None:
                yield page_ids, msgspec.msgpack.decode(payload, type=BatchResult)
            else:
                reason = f"judging the page failed: {_cause(error)}"[:300].encode("utf-8", "replace").decode()
                unchecked = [
                    Tally(rule=rule.id, client=HTTP, outcome=Outcome.CANT_TELL, reason=reason, count=1)
                    for rule in settings.rules
                ]
                yield page_ids, BatchResult(tallies=unchecked)


def _cause(error: str) -> str:
    """The line of a worker's error that says why: the last of a traceback, the first of a reason."""
    lines = error.strip().splitlines() or ["no reason given"]
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def answers(
    pool: Pool, job: str, batches: Iterable[Sequence[int]]
) -> Iterator[tuple[Sequence[int], bytes | None, str]]:
    """(page ids, result or None, error) of each batch as it is done."""
    under_way: dict[str, Sequence[int]] = {}

    def tasks() -> Iterator[Task]:
        for index, page_ids in enumerate(batches):
            under_way[str(index)] = page_ids
            yield Task(str(index), msgspec.msgpack.encode(Batch(job, tuple(page_ids))))

    for result in pool.run(tasks()):
        yield under_way.pop(result.id), result.payload, result.error


def _scripted(workspace: Workspace, run: Run, settings: EvaluateSettings) -> tuple[dict[str, bool], frozenset[str]]:
    """Template -> whether scripts change its pages, and templates whose pages they draw: by the first page that was fetched and rendered."""
    verdicts: dict[str, bool] = {}
    drawn: set[str] = set()
    with workspace.read() as connection:
        reading = Reading(connection, run.id, settings.site)
        for page_id in snapshots.first_rendered(connection, run.id):
            (stored,) = snapshots.by_ids(connection, [page_id])
            raw = fetched(reading, stored)
            shown = next(
                (one for one in snapshots.of_page(connection, run.id, stored.page_key) if one.shows),
                None,
            )
            if shown is not None:
                # A page that can't be compared leaves the question open, for its template only.
                with suppress(Exception):
                    document = rendered(reading, shown).document
                    verdicts[stored.template] = bool(template.renders_differently(raw.document, document))
                    if template.drawn_by_scripts(raw.document, document):
                        drawn.add(stored.template)
    return verdicts, frozenset(drawn)


def _mended(
    workspace: Workspace, run: Run, settings: EvaluateSettings, open_pool: OpenPool
) -> dict[str, dict[str, bool]]:
    """Of each template of which some pages were fetched only: rules whose faults scripts mend on those that browsers saw, on all or on some."""
    with workspace.read() as connection:
        ids = snapshots.examples_rendered(connection, run.id, _MOST_COMPARED)
    seen: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for _, result in _work("compare", ids, settings, open_pool):
        for name, shares in result.mended:
            for rule, share in shares.items():
                seen[name][rule].append(share)
    return {
        name: {rule: min(shares) == 1 for rule, shares in rules.items() if any(shares)} for name, rules in seen.items()
    }


def _problems(findings: Iterable[Finding]) -> Iterator[Problem]:
    """Findings in the order of their problem, summed up.

    Certainty is that of the surest findings and severity the worst among these: together they are true of one finding.
    """
    for problem, group in groupby(findings, key=lambda one: one.problem):
        first: Finding | None = None
        pages: set[int] = set()  # hashes: a fault of a template stands on every page of a large shop
        clients: dict[str, None] = {}
        examples: list[str] = []
        for one in group:
            if first is None or _surer(one) < _surer(first):
                first = one
            pages.add(hash(one.page))
            clients.update(dict.fromkeys(one.clients))
            if len(examples) < _EXAMPLES:
                examples.append(one.id)
        assert first is not None  # a group has members
        yield Problem(
            id=problem,
            rule=first.rule,
            page_type=first.page_type,
            target=first.target,
            severity=first.severity,
            certainty=first.certainty,
            pages=len(pages),
            message=first.message,
            clients=tuple(clients),
            examples=tuple(examples),
        )


def _surer(one: Finding) -> tuple[int, int, str]:
    return one.certainty.rank, one.severity.rank, one.page
