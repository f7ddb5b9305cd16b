"""`auditor runs` and `auditor diff`: the runs of a workspace, and what changed from one to another."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli import options, terminal
from auditor.cli.auditing import opened

_MOST = 25  # problems of a state, unless all are asked for


def runs(
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    site: Annotated[str, typer.Option("--site", help="Only runs of this site, and how it went from run to run.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1)] = 20,
    trend: Annotated[bool, typer.Option("--trend", help="Problems by severity and rule, run by run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the latest runs: name, status, pages, problems, what is new and fixed, verdict."""
    from auditor.history.trend import points as points_of
    from auditor.report import trend as trends

    with opened(workspace, create=False) as store:
        points = points_of(store, site=site, limit=limit, by_rule=trend)
    if as_json:
        typer.echo(trends.as_json(points))
        return
    for point in points:
        _say(trends.sentence(point))
    if trend:
        for line in trends.table(points):
            _say(line)


def diff(
    before: Annotated[
        str,
        typer.Argument(metavar="[A]", help="The earlier run; of the last two of a site the first.", show_default=False),
    ] = "",
    after: Annotated[
        str, typer.Argument(metavar="[B]", help="The later run; the site's last.", show_default=False)
    ] = "",
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    site: Annotated[str, typer.Option("--site", help="Of this site.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="List every problem, those that are known too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each problem.")] = False,
) -> None:
    """What is new, changed, fixed, and what was not looked at again, from one run to another."""
    from auditor.crawl.settings import dropped_parameters
    from auditor.history.pair import pair
    from auditor.history.record import compared, header
    from auditor.report import diff as told

    with opened(workspace, create=False) as store, store.read() as connection:
        one, other = pair(store, connection, before, after, site)
        standings = compared(connection, one, other, dropped_parameters())
        if as_json:
            for line in told.json_lines(standings):
                typer.echo(line)
            return
        _say(f"{one.run.name} -> {other.run.name}")
        for line in told.lines(standings, header(connection, one, other), None if everything else _MOST):
            _say(line)


def _say(text: str) -> None:
    terminal.output().print(terminal.safe(text), markup=False, soft_wrap=True)
