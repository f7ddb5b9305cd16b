"""`auditor runs`: the runs of a workspace."""

from __future__ import annotations

from auditor.cli import options, terminal
from auditor.cli.auditing import opened


def runs(workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE) -> None:
    """List the latest runs: name, status, pages, verdict."""
    from auditor.store import judgement
    from auditor.store import runs as stored

    out = terminal.output()
    with opened(workspace, create=False) as store:
        for run in stored.latest(store):
            with store.read() as connection:
                covered = stored.coverage(connection, run.id)
                verdict = judgement.verdict_of(connection, run.id)
            told = f"exit {verdict[0]}  {verdict[1]}" if verdict else "not judged"
            out.print(terminal.safe(f"{run.name}  {run.status}  {covered.fetched} pages  {told}"), markup=False)
