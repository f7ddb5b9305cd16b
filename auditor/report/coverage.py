"""The part of the result document that says what was looked at, and what could not be checked and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, func, select

from auditor.model.finding import Tally
from auditor.model.query import SITEMAP_CUT, SITEMAP_UNREAD
from auditor.model.rule import Rule
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import FetchOutcome, Outcome, PageType
from auditor.report import words
from auditor.report.document import ClientPart, Counted, CoveragePart, NotChecked, TrapPart
from auditor.report.document.coverage import seen_without_scripts
from auditor.report.seen import Seen
from auditor.store import responses, runs, traps
from auditor.store.schema import ANSWER_OF_URL, pages, urls

CHOSEN = runs.CHOSEN
_REASONS = 100
# How checks and the judge begin their reason where a rule lacks the page as a browser shows it.
_NEEDS_BROWSER = ("needs a browser", "needs the page both", "no browser showed")


def coverage(
    connection: Connection,
    run: Run,
    covered: Coverage,
    seen: Seen,
    tallies: Iterable[Tally],
    rules: Mapping[str, Rule],
    unchanged: int = 0,
) -> CoveragePart:
    tallies = list(tallies)
    unchecked: Counter[str] = Counter()
    for tally in tallies:
        if tally.outcome is Outcome.CANT_TELL and tally.rule in rules:
            unchecked[f"{rules[tally.rule].title}: {tally.reason.removeprefix(CHOSEN)}"] += tally.count
    failed: dict[str, list[Counted]] = defaultdict(list)
    for text, count in covered.render_failed.items():
        client, _, reason = text.partition(": ")
        failed[client].append(Counted(what=reason, count=count))
    clients = [ClientPart(client="http", looked=covered.fetched)]
    for client in dict.fromkeys((*seen.versions, *covered.rendered, *failed)):
        version, looked = seen.versions.get(client, ""), covered.rendered.get(client, 0)
        clients += [ClientPart(client=client, looked=looked, version=version, failed=tuple(failed.get(client, ())))]
    templates = select(func.count(pages.c.template.distinct())).where(pages.c.run_id == run.id, pages.c.template != "")
    opened = seen.opened.total()
    lost = tuple(not_checked(tallies, rules, opened=opened, tried=len(seen.not_opened), fetched=covered.fetched))
    return CoveragePart(
        sentence=coverage_sentence(
            covered,
            known_whole=run.status is not RunStatus.INCOMPLETE,
            unread=unread_sitemaps(connection, run.id),
            by_scripts=seen_without_scripts(lost),
        ),
        known=covered.known,
        fetched=covered.fetched,
        in_scope=covered.in_scope,
        share=covered.share,
        complete=covered.complete and run.status is not RunStatus.INCOMPLETE,
        outcomes=covered.outcomes,
        skipped=tuple(_skipped(connection, run, covered)),
        waiting=covered.waiting,
        clients=tuple(clients),
        unchecked=tuple(
            Counted(what=what, count=count)
            for what, count in sorted(unchecked.items(), key=lambda one: (-one[1], one[0]))[:_REASONS]
        ),
        templates=connection.execute(templates).scalar_one(),
        not_checked=lost,
        opened=opened,
        unchanged=unchanged,
        traps=tuple(_traps(connection, run.id)),
        unopened=max(0, sum(page_types(connection, run.id).values()) - opened - len(seen.not_opened)),
    )


def page_types(connection: Connection, run_id: int) -> dict[str, int]:
    """Page type -> pages of the storefront that were fetched; addresses that lead to another are none."""
    own = (pages.c.run_id == run_id, pages.c.document.is_not(None), pages.c.page_type != "")
    answered = (pages.c.outcome == FetchOutcome.OK, pages.c.final_url == pages.c.url)
    query = select(pages.c.page_type, func.count(pages.c.page_key.distinct())).where(*own, *answered)
    counted = runs.counted(connection, query.group_by(pages.c.page_type))
    return {kind.value: counted[kind] for kind in PageType if kind.is_storefront and counted.get(kind)}


def not_checked(
    tallies: Iterable[Tally], rules: Mapping[str, Rule], *, opened: int, tried: int, fetched: int | None = None
) -> Iterator[NotChecked]:
    """Reasons with their rules: what went wrong, then what needs a browser where none was used, then the sample.

    `opened` pages were seen in a browser, `tried` could not be. A rule that misses the browser on as many pages as could
    not be opened misses it there; on more than that it was the sample that left pages out. A rule counts each client that
    looked at a page, so no more than the `fetched` pages are told.
    """
    by_reason: dict[str, Counter[str]] = defaultdict(Counter)
    for tally in tallies:
        if tally.outcome is Outcome.CANT_TELL and tally.rule in rules:
            needs = tally.reason.startswith(_NEEDS_BROWSER)
            by_reason["" if needs else tally.reason.removeprefix(CHOSEN)][tally.rule] += tally.count
    without = by_reason.pop("", Counter())
    ranked = sorted(by_reason.items(), key=lambda one: (-len(one[1]), -max(one[1].values()), one[0]))
    for reason, lost in ranked[:_REASONS]:
        yield NotChecked(kind="failed", reason=reason, rules=tuple(sorted(lost)), pages=_most(lost, fetched))
    if not without:
        return
    names, most = tuple(sorted(without)), _most(without, fetched)
    if not opened and not tried:
        yield NotChecked(kind="no_browser", reason="needs a browser; none was used", rules=names, pages=most)
        return
    if tried:
        reason = "needs a browser, and none could open the page"
        yield NotChecked(kind="failed", reason=reason, rules=names, pages=min(most, tried))
    if most > tried:
        reason = "not opened in a browser (sample)"
        yield NotChecked(kind="sample", reason=reason, rules=names, pages=most - tried)


def _most(lost: Counter[str], fetched: int | None) -> int:
    most = max(lost.values())
    return most if fetched is None else min(most, max(fetched, 1))


def coverage_sentence(covered: Coverage, *, known_whole: bool = True, unread: int = 0, by_scripts: int = 0) -> str:
    """What was looked at, in one sentence.

    `known_whole`: nothing kept the audit from finding out what else there is; `unread`: sitemaps not read to their end;
    `by_scripts`: pages that scripts make and no browser opened.
    """
    if not covered.in_scope:
        return "No page was asked for."
    pages = words.count(covered.in_scope, "page")
    sentence = f"Checked {share(covered.share, covered.complete)} {pages} in scope"
    if covered.complete and covered.in_scope == 1:
        sentence = "Checked the one page in scope"
    if covered.complete and not known_whole:
        sentence = f"Checked {pages}, and what else there is could not be found out"
    if covered.rendered:
        views = ", ".join(f"{words.client(client)} {count:,}" for client, count in sorted(covered.rendered.items()))
        sentence += f"; opened in browsers: {views}"
    else:
        sentence += "; none was opened in a browser"
    parts = []
    if covered.gaps:
        parts.append(f"{covered.gaps:,} gave no page")
    if by_scripts:
        pages = (
            f"{words.count(by_scripts, 'page')} made by scripts and only fetched, so that little could be seen of them"
        )
        parts.append(f"{pages} (--per-template opens more)")
    if covered.waiting:
        parts.append(f"{covered.waiting:,} not fetched yet")
    chosen = sum(count for reason, count in covered.skipped.items() if reason.startswith(CHOSEN))
    if chosen:
        parts.append(f"{chosen:,} left out by the limits of this audit")
    if unread:
        parts.append(f"{words.count(unread, 'sitemap')} not read to the end, so that more addresses may be listed")
    return sentence + ("; " + ", ".join(parts) if parts else "") + "."


def unread_sitemaps(connection: Connection, run_id: int) -> int:
    """How many sitemaps are longer than what is read of one, or were too many."""
    of_run = (urls.c.run_id == run_id, urls.c.kind == "sitemap")
    left = select(func.count()).select_from(urls).where(*of_run, urls.c.reason.startswith(SITEMAP_UNREAD))
    read = select(pages.c.response).join(urls, ANSWER_OF_URL).where(*of_run)
    cut = sum(
        responses.unpack(connection, packed).reason.startswith(SITEMAP_CUT)
        for packed in connection.execute(read).scalars().all()
    )
    return connection.execute(left).scalar_one() + cut


def share(part: float, complete: bool) -> str:
    """`all`, or `96.5 % of`, never rounded up."""
    return "all" if complete else f"{int(part * 1000) / 10:g} % of"


def _traps(connection: Connection, run_id: int) -> Iterator[TrapPart]:
    for one in traps.told(connection, run_id):
        yield TrapPart(
            kind=one.kind,
            places=one.places,
            followed=one.known - one.left_out,
            left_out=one.left_out,
            first_url=one.first_url,
            began_on=one.began_on,
        )


def _skipped(connection: Connection, run: Run, covered: Coverage) -> Iterator[Counted]:
    for reason, count in sorted(covered.skipped.items(), key=lambda one: -one[1])[:50]:
        where = (urls.c.run_id == run.id, urls.c.status == "skipped", urls.c.reason == reason, urls.c.kind == "page")
        examples = connection.execute(select(urls.c.url).where(*where).order_by(urls.c.id).limit(3)).scalars()
        yield Counted(what=reason.removeprefix(CHOSEN), count=count, examples=tuple(examples))
