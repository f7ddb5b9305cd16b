"""`auditor resume`: goes on with an audit that was stopped or killed."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli import options
from auditor.cli.auditing import finish, opened, watched


def resume(
    run: options.RunArgument = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    config: Annotated[
        str | None,
        typer.Option("--config", help="The config again; needed where it holds secrets, which are never stored."),
    ] = None,
    plain: options.PlainOption = False,
) -> None:
    """Go on with a run where it was stopped or killed; nothing that was gathered is asked for again."""
    from auditor.config.config import load
    from auditor.model.errors import UsageError
    from auditor.pipeline import Audit

    with opened(workspace, create=False) as store:
        audit = Audit.reopen(store, run, load(config) if config else None)
        if audit.needs_access:
            raise UsageError(
                f"run '{audit.run.name}' began with secrets, and these are never stored",
                hint="Give its config again with --config FILE.",
            )
        finish(watched(audit, plain, audit.go), workspace)
