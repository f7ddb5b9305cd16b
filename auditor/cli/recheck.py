"""`auditor recheck`: whether a problem is fixed, in seconds instead of a whole audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import options, terminal
from auditor.cli.auditing import opened

if TYPE_CHECKING:
    from auditor.pipeline.recheck import Answer


def recheck(
    problems: Annotated[list[str], typer.Argument(metavar="PROBLEM…", help="Ids of problems (P-…) or findings (F-…).")],
    run: Annotated[str, typer.Option("--run", help="The run that found them; the latest that did if left out.")] = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    config: Annotated[
        str | None,
        typer.Option("--config", help="The config again; needed where it holds secrets, which are never stored."),
    ] = None,
    plain: options.PlainOption = False,
) -> None:
    """Look again at the pages of a problem, with its rule and in the clients that saw it: exit 0 fixed, 1 still there, 3 could not check."""
    from auditor.config.config import load
    from auditor.model.errors import UsageError
    from auditor.pipeline import Audit
    from auditor.pipeline import recheck as again

    with opened(workspace, create=False) as store:
        planned = again.plan(store, problems, run)
        earlier = Audit.reopen(store, planned.run.name, load(config) if config else None)
        if earlier.needs_access:
            raise UsageError(
                f"run '{planned.run.name}' began with secrets, and these are never stored",
                hint="Give its config again with --config FILE.",
            )
        audit = again.begin(store, earlier.config, planned)
        shown = terminal.watcher(plain)
        audit.watcher = shown
        try:
            audit.look_again()
        finally:
            shown.close()
        told = again.answers(store, planned, audit.run)
    for one in told:
        _say(_sentence(one))
    if audit.run.stop_reason:
        _say(f"  {audit.run.stop_reason}")
    raise typer.Exit(again.exit_code(told))


def _sentence(one: Answer) -> str:
    where = f"{one.pages} page{'' if one.pages == 1 else 's'}"
    words = {
        "fixed": f"fixed on {where}",
        "still_there": f"still there on {one.still} of {where}",
        "unchecked": "could not be checked",
    }[one.state]
    reasons = f": {'; '.join(one.reasons[:3])}" if one.reasons else ""
    more = f" ({one.left_out} more pages with it were not asked for)" if one.left_out else ""
    return f"{one.problem}  {words}{reasons}{more}  {' '.join(one.message.split())[:200]}"


def _say(text: str) -> None:
    terminal.output().print(terminal.safe(text), markup=False, soft_wrap=True)
