"""Builds the result document of a run from the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest

import msgspec
from sqlalchemy import Connection, func, select

from auditor.evidence.requests import Held, Requests
from auditor.evidence.screenshot import Picture, Screenshots
from auditor.evidence.visit import Visit
from auditor.facts.snapshot import SiteContext
from auditor.knowledge import platforms, vendors
from auditor.model.finding import Finding, Problem, Tally
from auditor.model.rule import Rule
from auditor.model.run import Coverage, Run
from auditor.model.urls import host
from auditor.model.words import FetchOutcome, Outcome
from auditor.report.document import (
    ClientPart,
    Counted,
    CoveragePart,
    FindingPart,
    PagePart,
    PicturePart,
    ProblemPart,
    ResultDocument,
    RulePart,
    RunPart,
    ShopPart,
    SideEffectsPart,
    SnapshotPart,
    VerdictPart,
)
from auditor.store import judgement, runs, snapshots
from auditor.store.reading import Reading, fetched
from auditor.store.schema import pages, urls
from auditor.store.schema import snapshots as snapshot_table
from auditor.store.workspace import Workspace

MAX_FINDINGS = 25  # of each problem in the document; the store has all
MAX_PAGES = 500
_SAMPLE = 100  # pages whose facts tell the shop's currencies and languages
CHOSEN = runs.CHOSEN


def build(workspace: Workspace, run: Run) -> ResultDocument:
    """Everything the report says about a run as it is now; a run that was not judged yet has no problems."""
    with workspace.read() as connection:
        covered = runs.coverage(connection, run.id)
        evaluation = judgement.latest(connection, run.id)
        verdict = judgement.verdict_of(connection, run.id)
        rules = judgement.rules_of(connection, evaluation) if evaluation else []
        problems = judgement.problems_of(connection, evaluation) if evaluation else []
        tallies = judgement.tallies_of(connection, evaluation) if evaluation else []
        seen = _Seen(connection, run)
        by_rule = {rule.id: rule for rule in rules}
        counted = judgement.pages_with_findings(connection, evaluation) if evaluation else {}
        listed, cut = _pages(connection, run, seen, counted)
        return ResultDocument(
            run=_run(run),
            verdict=_verdict(verdict, judged=evaluation is not None),
            coverage=_coverage(connection, run, covered, seen, tallies, by_rule),
            side_effects=_side_effects(connection, run, seen),
            shop=_shop(connection, run, seen),
            problems=tuple(
                _problem(connection, evaluation or 0, one, by_rule[one.rule], seen)
                for one in problems
                if one.rule in by_rule
            ),
            rules=_rules(rules, tallies),
            pages=listed,
            pages_cut=cut,
        )


class _Seen:
    """One pass over the browser snapshots: pictures by page and client, held requests, versions."""

    def __init__(self, connection: Connection, run: Run) -> None:
        self.pictures: dict[tuple[str, str], tuple[Picture, ...]] = {}
        self.outcomes: dict[str, list[SnapshotPart]] = defaultdict(list)
        self.versions: dict[str, str] = {}
        self.held: dict[Held, Counter[str]] = {held: Counter() for held in Held}
        self.tags: Counter[str] = Counter()
        self.visits = 0
        known = vendors.load()
        query = select(snapshot_table.c.page_key).where(snapshot_table.c.run_id == run.id).distinct()
        for key in connection.execute(query.order_by(snapshot_table.c.page_key)).scalars().all():
            for one in snapshots.of_page(connection, run.id, key):
                self.visits += 1
                client, bundle = str(one.key.client), one.bundle()
                pictures = shown.pictures if (shown := bundle.read(Screenshots)) else ()
                self.pictures[key, client] = pictures
                self.outcomes[key].append(
                    SnapshotPart(
                        client=client,
                        outcome=one.outcome,
                        reason=one.reason,
                        pictures=tuple(_picture(client, p) for p in pictures),
                    )
                )
                if visit := bundle.read(Visit):
                    self.versions.setdefault(client, visit.browser_version)
                if requests := bundle.read(Requests):
                    self._count(requests, known)

    def _count(self, requests: Requests, known: vendors.Vendors) -> None:
        from auditor.facts import tracking

        for request in requests.items:
            if request.held is not Held.NO:
                self.held[request.held][request.vendor or host(request.url)] += 1
        self.tags.update({f"{hit.vendor} {hit.account}".strip() for hit in tracking.hits(requests, known)})


def _run(run: Run) -> RunPart:
    return RunPart(
        name=run.name,
        site=run.site,
        start_url=run.start_url,
        environment=run.environment,
        started_at=run.started_at,
        ended_at=run.ended_at,
        status=run.status,
        stop_reason=run.stop_reason,
        version=run.version,
    )


def _verdict(stored: tuple[int, str, dict[str, object]] | None, *, judged: bool) -> VerdictPart:
    if stored is None:
        lacking = "no verdict was given yet" if judged else "nothing was judged yet"
        return VerdictPart(exit_code=3, sentence=f"The audit was not finished: {lacking}.")
    exit_code, sentence, detail = stored
    return msgspec.convert({**detail, "exit_code": exit_code, "sentence": sentence}, VerdictPart)


def _coverage(
    connection: Connection,
    run: Run,
    covered: Coverage,
    seen: _Seen,
    tallies: Iterable[Tally],
    rules: Mapping[str, Rule],
) -> CoveragePart:
    unchecked: Counter[str] = Counter()
    for tally in tallies:
        if tally.outcome is Outcome.CANT_TELL and tally.rule in rules:
            unchecked[f"{rules[tally.rule].title}: {tally.reason}"] += tally.count
    failed: dict[str, list[Counted]] = defaultdict(list)
    for text, count in covered.render_failed.items():
        client, _, reason = text.partition(": ")
        failed[client].append(Counted(what=reason, count=count))
    clients = [ClientPart(client="http", looked=covered.fetched)]
    for client in dict.fromkeys((*seen.versions, *covered.rendered, *failed)):
        version, looked = seen.versions.get(client, ""), covered.rendered.get(client, 0)
        clients += [ClientPart(client=client, looked=looked, version=version, failed=tuple(failed.get(client, ())))]
    templates = select(func.count(pages.c.template.distinct())).where(pages.c.run_id == run.id, pages.c.template != "")
    return CoveragePart(
        sentence=coverage_sentence(covered),
        known=covered.known,
        fetched=covered.fetched,
        in_scope=covered.in_scope,
        share=covered.share,
        complete=covered.complete,
        outcomes=covered.outcomes,
        skipped=tuple(_skipped(connection, run, covered)),
        waiting=covered.waiting,
        clients=tuple(clients),
        unchecked=tuple(
            Counted(what=what, count=count)
            for what, count in sorted(unchecked.items(), key=lambda one: (-one[1], one[0]))[:100]
        ),
        templates=connection.execute(templates).scalar_one(),
    )


def coverage_sentence(covered: Coverage) -> str:
    """What was looked at, in one sentence."""
    if not covered.in_scope:
        return "No page was asked for."
    share = "all" if covered.complete else f"{int(covered.share * 1000) / 10:g} % of"
    words = f"Checked {share} {covered.in_scope:,} {'page' if covered.in_scope == 1 else 'pages'} in scope"
    if covered.rendered:
        views = ", ".join(f"{client} {count:,}" for client, count in sorted(covered.rendered.items()))
        words += f"; opened in browsers: {views}"
    else:
        words += "; none was opened in a browser"
    parts = []
    if covered.gaps:
        parts.append(f"{covered.gaps:,} gave no page")
    if covered.waiting:
        parts.append(f"{covered.waiting:,} not fetched yet")
    chosen = sum(count for reason, count in covered.skipped.items() if reason.startswith(CHOSEN))
    if chosen:
        parts.append(f"{chosen:,} left out by your limits")
    return words + ("; " + ", ".join(parts) if parts else "") + "."


def _skipped(connection: Connection, run: Run, covered: Coverage) -> Iterator[Counted]:
    for reason, count in sorted(covered.skipped.items(), key=lambda one: -one[1])[:50]:
        where = (urls.c.run_id == run.id, urls.c.status == "skipped", urls.c.reason == reason, urls.c.kind == "page")
        examples = connection.execute(select(urls.c.url).where(*where).order_by(urls.c.id).limit(3)).scalars()
        yield Counted(what=reason.removeprefix(CHOSEN), count=count, examples=tuple(examples))


def _side_effects(connection: Connection, run: Run, seen: _Seen) -> SideEffectsPart:
    unsafe: list[Counted] = []
    where = (urls.c.run_id == run.id, urls.c.reason.in_(platforms.load().unsafe_reasons))
    for reason, count in connection.execute(select(urls.c.reason, func.count()).where(*where).group_by(urls.c.reason)):
        examples = connection.execute(
            select(urls.c.url).where(*where, urls.c.reason == reason).order_by(urls.c.id).limit(3)
        ).scalars()
        unsafe.append(Counted(what=reason, count=count, examples=tuple(examples)))
    held = {kind: sum(counter.values()) for kind, counter in seen.held.items()}
    delivered = held[Held.DELIVERED]
    links = sum(one.count for one in unsafe)
    asked = connection.execute(select(func.count()).select_from(pages).where(pages.c.run_id == run.id)).scalar_one()
    sentence = f"{delivered} recognised tracking hits delivered, {held[Held.ANSWERED]} held back"
    if held[Held.REFUSED]:
        sentence += f", {held[Held.REFUSED]} connections refused at the wall"
    if held[Held.WITHHELD]:
        sentence += f", {held[Held.WITHHELD]} unclassified beacons and third-party POSTs held back: look at them"
    sentence += f". No form was submitted; {links} {'link' if links == 1 else 'links'} that would change the shop's state seen and not followed."
    return SideEffectsPart(
        sentence=sentence,
        delivered=delivered,
        answered=_counted(seen.held[Held.ANSWERED]),
        withheld=_counted(seen.held[Held.WITHHELD]),
        refused=_counted(seen.held[Held.REFUSED]),
        unsafe_links=tuple(unsafe),
        requests=asked,
        visits=seen.visits,
    )


def _shop(connection: Connection, run: Run, seen: _Seen) -> ShopPart:
    query = (
        select(pages.c.platform, func.count())
        .where(pages.c.run_id == run.id, pages.c.platform != "")
        .group_by(pages.c.platform)
    )
    platforms = sorted(connection.execute(query), key=lambda one: -one[1])
    currencies: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for stored in snapshots.html_pages(connection, run.id, limit=_SAMPLE):
        page = fetched(Reading(connection, run.id, SiteContext(hosts=())), stored)
        currencies.update({offer.currency for offer in page.offers.offers if offer.currency})
        languages.update({page.meta.lang.lower()} - {""})
    return ShopPart(
        platform=platforms[0][0] if platforms else "",
        currencies=tuple(name for name, _ in currencies.most_common(5)),
        languages=tuple(name for name, _ in languages.most_common(5)),
        tags=_counted(seen.tags),
    )


def _problem(connection: Connection, evaluation: int, problem: Problem, rule: Rule, seen: _Seen) -> ProblemPart:
    findings = judgement.findings_of(connection, evaluation, problem.id, MAX_FINDINGS)
    return ProblemPart(
        id=problem.id,
        rule=problem.rule,
        title=rule.title,
        severity=problem.severity,
        certainty=problem.certainty,
        owner=rule.owner,
        page_type=problem.page_type,
        target=problem.target,
        pages=problem.pages,
        message=problem.message,
        why=rule.why,
        fix=rule.fix,
        refs=rule.refs,
        clients=problem.clients,
        findings=tuple(_finding(one, seen) for one in findings),
    )


def _finding(finding: Finding, seen: _Seen) -> FindingPart:
    boxed = any(excerpt.box for excerpt in finding.excerpts)
    picture = None
    for client in finding.clients:
        kinds = {one.kind: one for one in seen.pictures.get((finding.page, client), ())}
        best = kinds.get("page" if boxed else "viewport") or kinds.get("page") or kinds.get("viewport")
        if best is not None:
            picture = _picture(client, best)
            break
    return FindingPart(
        id=finding.id,
        url=finding.url,
        message=finding.message,
        clients=finding.clients,
        not_in=finding.not_in,
        excerpts=finding.excerpts,
        picture=picture,
    )


def _picture(client: str, picture: Picture) -> PicturePart:
    return PicturePart(
        client=client,
        path=f"pictures/{picture.sha256}.png",
        width=picture.width,
        height=picture.height,
        scale=picture.scale,
        kind=picture.kind,
    )


def _pages(
    connection: Connection, run: Run, seen: _Seen, findings: Mapping[str, int]
) -> tuple[tuple[PagePart, ...], int]:
    """Pages with findings first, then those that failed, then the others in the order fetched; capped."""
    is_page = (pages.c.run_id == run.id, urls.c.kind == "page")
    query = (
        select(pages.c.id, pages.c.page_key, pages.c.outcome).join(urls, urls.c.id == pages.c.url_id).where(*is_page)
    )
    ranked = nsmallest(
        MAX_PAGES,
        connection.execute(query),
        key=lambda row: (-findings.get(row.page_key, 0), row.outcome == FetchOutcome.OK, row.id),
    )
    listed = []
    for row in ranked:
        stored = snapshots.page(connection, row.id)
        own = stored.document is not None  # a URL that redirects shows its target's snapshots there, not here
        listed.append(
            PagePart(
                url=stored.url,
                page_type=stored.page_type,
                status=stored.response.status,
                outcome=stored.outcome,
                reason=stored.response.reason,
                final_url=stored.final_url if stored.final_url != stored.url else "",
                template=stored.template,
                findings=findings.get(stored.page_key, 0) if own else 0,
                snapshots=tuple(seen.outcomes.get(stored.page_key, ())) if own else (),
            )
        )
    total = connection.execute(
        select(func.count()).select_from(pages).join(urls, urls.c.id == pages.c.url_id).where(*is_page)
    )
    return tuple(listed), max(0, total.scalar_one() - MAX_PAGES)


def _rules(rules: Iterable[Rule], tallies: Iterable[Tally]) -> tuple[RulePart, ...]:
    counted: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for tally in tallies:
        counted[tally.rule][tally.outcome] += tally.count
    return tuple(
        RulePart(
            id=rule.id,
            title=rule.title,
            severity=rule.severity,
            certainty=rule.certainty,
            owner=rule.owner,
            passed=counted[rule.id][Outcome.PASSED],
            failed=counted[rule.id][Outcome.FAILED],
            cant_tell=counted[rule.id][Outcome.CANT_TELL],
            inapplicable=counted[rule.id][Outcome.INAPPLICABLE],
        )
        for rule in rules
    )


def _counted(counter: Counter[str]) -> tuple[Counted, ...]:
    """Most first; those of one count by name, so that a report built twice is the same."""
    ranked = sorted(counter.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Counted(what=what, count=count) for what, count in ranked[:50])
