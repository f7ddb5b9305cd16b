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
    wait: options.WaitOption = None,
    plain: options.PlainOption = False,
) -> None:
    """Go on with a run where it was stopped or killed; nothing that was gathered is asked for again."""
    from auditor.config.config import load
    from auditor.model.errors import UsageError
    from auditor.pipeline import Audit
    from auditor.store.runs import find

    with opened(workspace, create=False) as store:
        began = find(store, run)
        again = load(config, {"environment": began.environment}) if config else None
        audit = Audit.reopen(store, began.name, again)
        if audit.needs_access:
            raise UsageError(
                f"run '{audit.run.name}' began with secrets, and these are never stored",
                hint="Give its config again with --config FILE.",
            )
        audit.wait = options.seconds(wait)
        finish(watched(audit, plain, audit.go), workspace)
