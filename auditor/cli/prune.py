"""`auditor prune`: takes old runs out of a workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli import options, terminal
from auditor.cli.auditing import opened


def prune(
    keep: Annotated[
        str, typer.Option("--keep", help="All runs of so many nights, and one a month before.")
    ] = "30 nights, 12 months",
    site: Annotated[str, typer.Option("--site", help="Only runs of this site.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
) -> None:
    """Take out old runs, and the documents and pictures that no other run needs. The last run of each site stays."""
    from auditor.config.keep import keep as parsed
    from auditor.model.errors import UsageError
    from auditor.report import workspace as workspace_page
    from auditor.store import prune as pruning

    try:
        wanted = parsed(keep)
    except ValueError as error:
        raise UsageError(f"--keep: {error}") from None
    out = terminal.output()
    with opened(workspace, create=False) as store:
        going = pruning.doomed(store, wanted, site)
        for run in going:
            out.print(terminal.safe(f"{'would go' if dry_run else 'goes'}: {run.name}"), markup=False)
        if dry_run:
            return
        done = pruning.prune(store, going)
        workspace_page.write(store)
    out.print(
        f"{len(done.runs)} runs, {done.documents} documents and {done.pictures} pictures taken out; {done.freed / 1e6:.1f} MB freed",
        markup=False,
    )
