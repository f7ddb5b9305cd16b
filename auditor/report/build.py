"""Builds the result document of a run from the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from heapq import nsmallest

import msgspec
from sqlalchemy import Connection, func, select

from auditor.evidence.requests import Held
from auditor.knowledge import platforms
from auditor.model.finding import Finding, Problem, Tally
from auditor.model.rule import Rule
from auditor.model.run import Run
from auditor.model.snapshot import HTTP, State
from auditor.model.words import Answer, FetchOutcome, Outcome
from auditor.report import effort, price_table, words
from auditor.report.consent import faults
from auditor.report.coverage import coverage, coverage_sentence, page_types
from auditor.report.document import (
    Counted,
    FindingPart,
    PagePart,
    PriceRow,
    ProblemPart,
    ProductPart,
    ResultDocument,
    RulePart,
    RunPart,
    SideEffectsPart,
    VerdictPart,
)
from auditor.report.exports import Exports
from auditor.report.history import Told, history
from auditor.report.matrix import templates
from auditor.report.products import listed, price_problems, products
from auditor.report.seen import Seen, counted, picture
from auditor.report.shop import shop
from auditor.store import judgement, probes, runs, snapshots
from auditor.store.schema import pages, urls
from auditor.store.workspace import Workspace

__all__ = ["Stored", "build", "coverage_sentence"]
MAX_FINDINGS = 25  # of each problem in the document; the store has all
MAX_PAGES = 500
NONE = Exports()
_ANSWERED = (Outcome.PASSED, Outcome.FAILED)


def build(workspace: Workspace, run: Run, exports: Exports = NONE) -> ResultDocument:
    """Everything the report says about a run as it is now; a run that was not judged yet has no problems."""
    with workspace.read() as connection:
        covered = runs.coverage(connection, run.id)
        evaluation = judgement.latest(connection, run.id)
        verdict = judgement.verdict_of(connection, run.id)
        rules = judgement.rules_of(connection, evaluation) if evaluation else []
        problems = judgement.problems_of(connection, evaluation) if evaluation else []
        tallies = judgement.tallies_of(connection, evaluation) if evaluation else []
        seen = Seen(connection, run)
        by_rule = {rule.id: rule for rule in rules}
        found = judgement.pages_with_findings(connection, evaluation) if evaluation else {}
        listed_pages, cut = _pages(connection, run, seen, found)
        about = _About(
            connection,
            evaluation or 0,
            seen,
            snapshots.platform(connection, run.id),
            page_types(connection, run.id),
            frozenset(one.rule for one in tallies if one.client == HTTP and one.outcome in _ANSWERED),
            frozenset(detail["over"]) if verdict and isinstance((detail := verdict[2]).get("over"), list) else None,
            Told.of(connection, run, evaluation, verdict[2] if verdict else {}),
        )
        priced = price_problems(connection, evaluation, by_rule) if evaluation else {}
        product_rows, products_cut = listed(products(connection, run, priced))
        price_rows, prices_cut = price_table.listed(price_table.rows(connection, run, priced, exports.cells))
        template_rows, templates_cut = templates(
            connection, run, evaluation, seen, by_rule, lambda digest: workspace.file(digest, ".png")
        )
        return ResultDocument(
            run=_run(run),
            verdict=_verdict(verdict, judged=evaluation is not None),
            coverage=coverage(
                connection,
                run,
                covered,
                seen,
                tallies,
                by_rule,
                judgement.unchanged(connection, evaluation) if evaluation else 0,
            ),
            side_effects=_side_effects(connection, run, seen),
            shop=shop(connection, run, seen, faults(connection, evaluation) if evaluation else {}),
            problems=tuple(about.problem(one, by_rule[one.rule]) for one in problems if one.rule in by_rule),
            rules=_rules(rules, tallies),
            pages=listed_pages,
            pages_cut=cut,
            products=product_rows,
            products_cut=products_cut,
            history=history(connection, run, evaluation, verdict[2] if verdict else {}),
            prices=price_rows,
            prices_cut=prices_cut,
            templates=template_rows,
            templates_cut=templates_cut,
            sources=exports.parts,
        )


class Stored:
    """Every finding and product of a run, one at a time: for the files that have all of them."""

    def __init__(self, workspace: Workspace, run: Run, exports: Exports = NONE) -> None:
        self._workspace, self._run, self._exports = workspace, run, exports

    @contextmanager
    def findings(self) -> Iterator[Iterator[Finding]]:
        """In the order of their problems' ids."""
        with self._workspace.read() as connection:
            evaluation = judgement.latest(connection, self._run.id)
            yield judgement.findings_of(connection, evaluation) if evaluation else iter(())

    @contextmanager
    def products(self) -> Iterator[Iterator[ProductPart]]:
        with self._workspace.read() as connection:
            evaluation = judgement.latest(connection, self._run.id)
            rules = [rule.id for rule in judgement.rules_of(connection, evaluation)] if evaluation else []
            priced = price_problems(connection, evaluation, rules) if evaluation else {}
            yield products(connection, self._run, priced)

    @contextmanager
    def prices(self) -> Iterator[Iterator[PriceRow]]:
        with self._workspace.read() as connection:
            evaluation = judgement.latest(connection, self._run.id)
            rules = [rule.id for rule in judgement.rules_of(connection, evaluation)] if evaluation else []
            priced = price_problems(connection, evaluation, rules) if evaluation else {}
            yield price_table.rows(connection, self._run, priced, self._exports.cells)


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


def _side_effects(connection: Connection, run: Run, seen: Seen) -> SideEffectsPart:
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
    fetched = select(func.count()).select_from(pages).join(urls, urls.c.id == pages.c.url_id)
    fetched = fetched.where(pages.c.run_id == run.id)
    asked = connection.execute(fetched.where(urls.c.kind != "external")).scalar_one()
    asked += probes.answers(connection, run.id)
    external = connection.execute(fetched.where(urls.c.kind == "external", pages.c.fetched_at >= run.started_at))
    sentence = f"{words.count(delivered, 'recognised tracking hit')} delivered, {held[Held.ANSWERED]:,} held back"
    if refused := held[Held.REFUSED]:
        sentence += f", {words.count(refused, 'connection')} refused at the wall"
    if withheld := held[Held.WITHHELD]:
        unknown = words.count(
            withheld, "unclassified beacon or third-party POST", "unclassified beacons and third-party POSTs"
        )
        sentence += f", {unknown} held back: look at {'it' if withheld == 1 else 'them'}"
    unfollowed = words.count(
        links, "link that would change the shop's state", "links that would change the shop's state"
    )
    sent = probes.sent(connection, run.id)
    done = []
    if sent is not None:
        often = "once" if sent.times == 1 else f"{sent.times} times"
        done.append(f"The storefront password was sent {often} to {sent.url}")
    if answered := snapshots.consent_answered(connection, run.id):
        done.append(f"{'the' if done else 'The'} consent banner was answered in {words.count(answered, 'visit')}")
    forms = (
        f"{', and '.join(done)}, as the config asks; no other form was submitted" if done else "No form was submitted"
    )
    sentence += f". {forms}; {unfollowed} seen and not followed."
    return SideEffectsPart(
        sentence=sentence,
        delivered=delivered,
        answered=counted(seen.named(Held.ANSWERED)),
        withheld=counted(seen.named(Held.WITHHELD)),
        refused=counted(seen.named(Held.REFUSED)),
        unsafe_links=tuple(unsafe),
        requests=asked,
        visits=seen.visits,
        external=external.scalar_one(),
    )


class _About(msgspec.Struct, frozen=True):
    """What is the same for all problems of a run."""

    connection: Connection
    evaluation: int
    seen: Seen
    platform: str
    page_types: dict[str, int]  # pages fetched, by type
    fetched: frozenset[str]  # rules that judged pages as fetched
    over: frozenset[str] | None  # ids of the problems over the gate; None: no gate has said
    told: Told

    def problem(self, problem: Problem, rule: Rule) -> ProblemPart:
        found = list(judgement.findings_of(self.connection, self.evaluation, problem.id, MAX_FINDINGS))
        owner = next((one.owner for one in found if one.owner), rule.owner)
        looked = self.looked(problem)
        places = effort.places(problem.pages, looked, owner)
        return ProblemPart(
            id=problem.id,
            rule=problem.rule,
            title=rule.title,
            severity=problem.severity,
            certainty=problem.certainty,
            owner=owner,
            page_type=problem.page_type,
            target=problem.target,
            pages=problem.pages,
            message=problem.message,
            why=rule.why,
            fix=rule.fix,
            refs=rule.refs,
            clients=problem.clients,
            gated=None if self.over is None else problem.id in self.over,
            fix_on=rule.fix_on.get(self.platform, ""),
            looked=looked,
            places=places,
            effort=effort.effort(places),
            findings=tuple(self.finding(one) for one in found),
            **self.told.of_problem(problem, owner),
        )

    def looked(self, problem: Problem) -> int:
        """Pages of the problem's type that its rule could judge: those opened in a browser, or all that were fetched."""
        counts: Mapping[str, int] = self.page_types if problem.rule in self.fetched else self.seen.opened
        return max(counts.get(problem.page_type, 0), problem.pages)

    def finding(self, finding: Finding) -> FindingPart:
        boxed = any(excerpt.box for excerpt in finding.excerpts)
        shown = None
        for client in finding.clients:
            kinds = {one.kind: one for one in self.seen.pictures.get((finding.page, client), ())}
            best = kinds.get("page" if boxed else "viewport") or kinds.get("page") or kinds.get("viewport")
            if best is not None:
                shown = picture(client, best)
                break
        return FindingPart(
            id=finding.id,
            url=finding.url,
            message=finding.message,
            clients=finding.clients,
            not_in=finding.not_in,
            consent=_answers(finding),
            excerpts=finding.excerpts,
            picture=shown,
        )


def _answers(finding: Finding) -> tuple[str, ...]:
    """What visitors had said of consent where it was seen, in the order of the words; () where nobody had said anything."""
    seen = {State.parse(state).answer for state in finding.states}
    return tuple(str(one) for one in Answer if str(one) in seen) if seen - {Answer.NONE} else ()


def _pages(
    connection: Connection, run: Run, seen: Seen, findings: Mapping[str, int]
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
