"""What the terminal shows at the end: of one page, or of a run. What the site wrote cannot steer the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from auditor.model.errors import EXIT_CLEAN
from auditor.model.words import Certainty, FetchOutcome, Severity
from auditor.report import escape, view, words
from auditor.report.document import ProblemPart, ResultDocument

_PAGE_PROBLEMS = 20
_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.SERIOUS: "bold red",
    Severity.MODERATE: "yellow",
    Severity.MINOR: "blue",
    Severity.INFO: "dim",
}
_LABEL = max(len(severity) for severity in Severity)
_NARROW = 60  # columns; below it a message stands under its severity


def show(console: Console, summary: RenderableType) -> None:
    """Prints a summary; into a file or a pipe lines are not wrapped, so that paths and URLs stay whole."""
    console.print(summary, soft_wrap=not console.is_terminal, highlight=False, markup=False, emoji=False)


def page_summary(document: ResultDocument, report: Path | None) -> RenderableType:
    """One page: what it is, who looked, what was found, what could not be checked, what the look did to the shop."""
    return Group(
        _page_title(document),
        _Signs(document),
        Text(),
        _Problems(document, document.problems, _PAGE_PROBLEMS),
        *_counts(document),
        *_unchecked(document),
        _labelled("Side effects", document.side_effects.sentence),
        *_paths(document, report),
        *_next(document),
    )


def run_summary(document: ResultDocument, report: Path | None) -> RenderableType:
    """A run: verdict, coverage and what was not looked at, the first problems, paths, and the exit code with its reason."""
    verdict = document.verdict
    style = "bold green" if verdict.exit_code == EXIT_CLEAN and not document.problems else "bold"
    missed = "; ".join(f"{words.count(row.count, 'page')} {row.what}" for row in view.not_looked_at(document))
    return Group(
        _site(verdict.sentence, style),
        *(_site(f"  {escape.line(reason, 300)}") for reason in view.reasons(document)),
        _labelled("Coverage", document.coverage.sentence),
        *([_labelled("Not looked at", missed)] if missed else []),
        *_clients_failed(document),
        *_history(document),
        Text(),
        _Problems(document, _first(document), view.FIRST),
        *_counts(document),
        *_unchecked(document),
        _labelled("Side effects", document.side_effects.sentence),
        *_paths(document, report),
        Text(f"Exit code {verdict.exit_code}: {view.exit_reason(document)}", style="bold"),
    )


class _Problems:
    """Problems in two columns; in a narrow terminal and outside of one each on lines of its own."""

    def __init__(self, document: ResultDocument, problems: tuple[ProblemPart, ...], limit: int) -> None:
        self._document, self._problems, self._limit = document, problems[:limit], limit

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        if not self._problems:
            yield Text(_nothing(self._document))
            return
        if options.is_terminal and options.max_width >= _NARROW:
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(no_wrap=True, width=_LABEL)
            table.add_column(overflow="fold", ratio=1)
            for problem in self._problems:
                table.add_row(_severity(problem), _message(problem))
            yield table
        else:
            for problem in self._problems:
                yield Text.assemble(_severity(problem), "  ", _message(problem))
        more = len(self._document.problems) - len(self._problems)
        if more > 0:
            yield Text(f"and {words.count(more, 'more problem')} in the report", style="dim")
        yield Text()


def _first(document: ResultDocument) -> tuple[ProblemPart, ...]:
    return tuple(one.problem for one in view.fix_first(document)) or document.problems[: view.FIRST]


class _Signs:
    """Who looked at the page: a tick for each client that did, a dash and the reason for each that did not."""

    def __init__(self, document: ResultDocument) -> None:
        self._document = document

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        tick, dash = ("+", "-") if options.ascii_only else ("✓", "–")
        signs = [
            Text.assemble((tick if good else dash, "green" if good else "yellow"), " ", escape.line(text, 200))
            for good, text in _looks(self._document)
        ]
        if signs:
            yield Text("   ").join(signs)


def _looks(document: ResultDocument) -> Iterator[tuple[bool, str]]:
    for page in document.pages[:1]:
        status = f" {page.status}" if page.status else ""
        reason = f" ({page.reason})" if page.reason else ""
        yield page.outcome == FetchOutcome.OK, f"{words.word('fetch_outcome', page.outcome)}{status}{reason}"
    for browser, clients in view.browsers(document).items():
        if browser == "http":
            continue
        looked = [client.client.partition("/")[2] for client in clients if client.looked]
        if looked:
            yield True, f"{words.client(browser)} {', '.join(looked)}"
        failed: dict[str, list[str]] = {}
        for client in clients:
            for row in client.failed:
                failed.setdefault(row.what, []).append(client.client.partition("/")[2])
        for reason, devices in failed.items():
            yield False, f"{words.client(browser)} {', '.join(devices)}: {reason}"


def _page_title(document: ResultDocument) -> Text:
    page = document.pages[0] if document.pages else None
    kind = words.word("page_type", page.page_type) if page and page.page_type else "page"
    parts = [kind[:1].upper() + kind[1:], document.run.site, *document.shop.currencies]
    title = _site(" · ".join(parts), "bold")
    if page:
        title.append(f"\n{escape.address(page.url, 200)}", style="dim not bold")
    return title


def _severity(problem: ProblemPart) -> Text:
    label = words.word("severity", problem.severity).upper()
    return Text(label, style=_STYLES[problem.severity])


def _message(problem: ProblemPart) -> Text:
    text = Text(escape.line(problem.message, 300))
    notes = []
    if problem.pages > 1:
        notes.append(words.count(problem.pages, words.word("page_type", problem.page_type)))
    if problem.certainty != Certainty.PROVEN:
        notes.append(words.word("certainty", problem.certainty))
    if where := view.only(problem):
        notes.append(where)
    notes.append(f"for {words.word('owner', problem.owner)}")
    return text.append(f"  {', '.join(notes)}", style="dim")


def _nothing(document: ResultDocument) -> str:
    if view.nothing_seen(document):
        return "No page was looked at: nothing is known of the shop."
    if view.nothing_judged(document):
        return "No rule could judge what was fetched: that no problem is listed does not mean that there is none."
    return "No problem was found in what was looked at."


def _counts(document: ResultDocument) -> Iterable[Text]:
    parts = []
    if document.problems:
        parts = [
            f"{number:,} {words.word('certainty', sure)}"
            for sure, number in view.by_certainty(document).items()
            if number
        ]
    if parts:
        yield Text(" · ".join(parts))


def _unchecked(document: ResultDocument) -> Iterable[Text]:
    """What could not be checked, by reason; then what was left out of the sample, which is no failure."""
    rows = view.failed_checks(document)
    if rows:
        yield Text("Could not be checked:", style="dim")
    for row in rows[:3]:
        yield _site(f"  {view.not_checked(row)}", "dim")
    if len(rows) > 3:
        yield Text(f"  and {words.count(len(rows) - 3, 'more reason')} in the report", style="dim")
    if sampled := view.sample(document):
        yield Text(view.not_checked(sampled), style="dim")


def _clients_failed(document: ResultDocument) -> Iterable[Text]:
    for client in document.coverage.clients:
        for row in client.failed[:2]:
            name = words.client(client.client)
            pages = words.count(row.count, "page")
            yield _site(f"  {name} did not look at {pages}: {escape.line(row.what, 200)}", "yellow")


def _history(document: ResultDocument) -> Iterable[Text]:
    if told := view.since(document):
        yield _labelled(f"Since {document.history.run}", told)
        yield from (_site(f"  not only the shop: {line}", "dim") for line in document.history.differences[:3])
    for one in document.history.endings[:3]:
        yield _labelled("Ends soon", f"{view.day(one.day)}: {one.what}")


def _paths(document: ResultDocument, report: Path | None) -> Iterable[Text]:
    if report is not None:
        yield _labelled("Report", str(report))
    yield _labelled("Run", document.run.name)


def _next(document: ResultDocument) -> Iterable[Text]:
    parts = urlsplit(document.run.start_url)
    if document.coverage.fetched and parts.scheme in ("http", "https") and parts.netloc:
        yield _labelled("Next", f"auditor run {shlex.quote(f'{parts.scheme}://{parts.netloc}')}")
    elif not document.coverage.fetched:
        yield _labelled("Next", f"auditor doctor {shlex.quote(escape.address(document.run.start_url, 300))}")


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", "bold"), escape.line(text, 600))


def _site(text: str, style: str = "") -> Text:
    lead = text[: len(text) - len(text.lstrip(" "))]
    return Text(lead + escape.line(text, 600), style=style)
