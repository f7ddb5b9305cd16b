"""`auditor crawl|render|evaluate|gate|report`: one stage alone, on a stored run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import options, terminal
from auditor.cli.auditing import opened

if TYPE_CHECKING:
    from auditor.pipeline import Audit

ConfigOption = Annotated[
    str | None, typer.Option("--config", help="A config to use instead of the one the run began with.")
]


def crawl(
    target: Annotated[
        str,
        typer.Argument(
            metavar="URL|CONFIG.yaml|RUN", help="A shop to begin a run with, or a stored run to go on with."
        ),
    ],
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    max_pages: Annotated[int | None, typer.Option("--max-pages", help="Fetch at most so many pages.")] = None,
    environment: options.EnvironmentOption = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would cost, from a look at a few pages.")
    ] = False,
    plain: options.PlainOption = False,
) -> None:
    """Fetch pages only. Begins a run, or goes on with one."""
    from auditor.config.config import load
    from auditor.model.run import RunStatus
    from auditor.pipeline import Audit
    from auditor.report.build import coverage_sentence

    begins = "://" in target or target.endswith((".yaml", ".yml"))
    if estimate:
        import threading

        from auditor.pipeline.estimate import estimate as first_look
        from auditor.pipeline.stopping import stop_signals

        stop = threading.Event()
        with stop_signals(stop, lambda: None):
            config = load(target, options.overrides(environment=environment, crawl__max_pages=max_pages))
            _say(first_look(config, stop=stop).text)
        return
    with opened(workspace, create=begins) as store:
        audit = (
            Audit.begin(load(target, options.overrides(environment=environment, crawl__max_pages=max_pages)), store)
            if begins
            else Audit.reopen(store, target)
        )
        with _shown(audit, plain):
            audit.only_crawl()
        covered = audit.coverage()
        _say(coverage_sentence(covered))
        if audit.run.stop_reason:
            _say(audit.run.stop_reason)
        _say(f"Run: {audit.run.name}")
        raise typer.Exit(0 if audit.run.status is RunStatus.COMPLETE and covered.fetched else 3)


def render(
    run: options.RunArgument = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    config: ConfigOption = None,
    plain: options.PlainOption = False,
) -> None:
    """Open a run's pages in browsers; snapshots it has already are not taken again."""
    from auditor.model.run import RunStatus
    from auditor.report.build import coverage_sentence

    with _stored(run, workspace, config, plain) as audit:
        audit.only_render()
        _say(coverage_sentence(audit.coverage()))
        unseen = audit.unseen()
        for reason in unseen:
            _say(reason)
        raise typer.Exit(3 if unseen or audit.run.status is RunStatus.INTERRUPTED else 0)


def evaluate(
    run: options.RunArgument = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    config: ConfigOption = None,
    plain: options.PlainOption = False,
) -> None:
    """Judge a run again, without browser or network; with other rules if a config says so."""
    with _stored(run, workspace, config, plain) as audit:
        audit.evaluate(anew=True)
        _say(audit.problems_sentence())


def gate(
    run: options.RunArgument = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    config: ConfigOption = None,
    fail_on: options.FailOnOption = None,
    certainty: options.CertaintyOption = None,
    min_coverage: options.CoverageOption = None,
    baseline: options.BaselineOption = None,
    report_only: options.ReportOnlyOption = False,
    on_incomplete: options.OnIncompleteOption = None,
    accept_current: Annotated[
        bool,
        typer.Option(
            "--accept-current", help="Write what there is now to the baseline; from then on only new problems fail."
        ),
    ] = False,
) -> None:
    """Decide on a judged run: exit 0, 1 or 3; or accept what it found as the baseline."""
    from auditor.report.view import unsaid

    with _stored(run, workspace, config, plain=True) as audit:
        audit.change_gate(
            options.overrides(
                fail_on=fail_on,
                certainty=certainty,
                min_coverage=min_coverage,
                baseline=baseline,
                report_only=report_only,
                on_incomplete=on_incomplete,
            )
        )
        if accept_current:
            _accept(audit)
        verdict = audit.gate()
        _say(verdict.sentence)
        for reason in unsaid(verdict.sentence, verdict.reasons):
            _say(f"  {reason}")
        raise typer.Exit(verdict.exit_code)


def _accept(audit: Audit) -> None:
    from auditor.config.config import is_file_name
    from auditor.gate.baseline import FILE
    from auditor.model.errors import UsageError

    named = audit.config.gate.baseline or FILE
    if not is_file_name(named):
        raise UsageError(f"'{named}' is a run and cannot be written", hint=f"Name a file: --baseline {FILE}")
    path = Path(named).absolute()
    count, new, gone = audit.accept(path)
    _say(f"{path}: {count} problems accepted, {new} of them new, {gone} gone. Keep it in git.")
    audit.change_gate({"gate.baseline": str(path)})


def report(
    run: options.RunArgument = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run as it is now."""
    with _stored(run, workspace, config, plain=True) as audit:
        _, files = audit.report()
        for path in files.values():
            _say(str(path))


@contextmanager
def _stored(run: str, workspace: Path, config: str | None, plain: bool) -> Iterator[Audit]:
    from auditor.config.config import load
    from auditor.pipeline import Audit
    from auditor.store.runs import find

    with opened(workspace, create=False) as store:
        began = find(store, run)
        again = load(config, {"environment": began.environment}) if config else None
        audit = Audit.reopen(store, began.name, again)
        with _shown(audit, plain):
            yield audit


@contextmanager
def _shown(audit: Audit, plain: bool) -> Iterator[None]:
    shown = terminal.watcher(plain)
    audit.watcher = shown
    try:
        yield
    finally:
        shown.close()


def _say(text: str) -> None:
    terminal.output().print(terminal.safe(text), markup=False)
