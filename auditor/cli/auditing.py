"""What commands that audit have in common: open the workspace, watch, show the outcome, name the exit code."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from auditor.cli import options, terminal

if TYPE_CHECKING:
    from auditor.pipeline import Audit, Outcome
    from auditor.store.workspace import Workspace


@contextmanager
def opened(folder: Path, *, create: bool = True) -> Iterator[Workspace]:
    from auditor.store.workspace import Workspace

    with Workspace.open(folder, create=create) as workspace:
        yield workspace


def watched(audit: Audit, plain: bool, work: Callable[[], Outcome]) -> Outcome:
    """Runs the work under a display of its progress."""
    shown = terminal.watcher(plain)
    audit.watcher = shown
    try:
        return work()
    finally:
        shown.close()


def finish(outcome: Outcome, workspace: Path, *, one_page: bool = False) -> None:
    """Prints the summary and leaves with the verdict's exit code."""
    from auditor.model.run import RunStatus
    from auditor.report import console

    out = terminal.output()
    summary = console.page_summary if one_page else console.run_summary
    out.print(summary(outcome.document, outcome.files.get("html") or next(iter(outcome.files.values()), None)))
    if one_page and outcome.verdict.exit_code:
        out.print(terminal.safe(f"Exit code {outcome.verdict.exit_code}: {outcome.verdict.sentence}"), markup=False)
    coverage = outcome.document.coverage
    # where nothing could be reached there is nothing to go on with
    if outcome.run.status is RunStatus.INTERRUPTED or (coverage.waiting and coverage.fetched):
        where = "" if workspace == options.DEFAULT_WORKSPACE else f" --workspace {shlex.quote(str(workspace))}"
        out.print(f"Go on with: auditor resume {outcome.run.name}{where}", markup=False)
    raise typer.Exit(outcome.verdict.exit_code)
