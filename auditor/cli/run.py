"""`auditor run`: a whole shop, from a URL or a config."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli import options
from auditor.cli.auditing import finish, opened, watched


def run(
    target: Annotated[str, typer.Argument(metavar="URL|CONFIG.yaml", help="The shop's address, or a config.")],
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    browsers: options.BrowsersOption = None,
    devices: options.DevicesOption = None,
    urls: Annotated[
        str | None,
        typer.Option(
            "--urls",
            metavar="FILE",
            help="Fetch the addresses of this file and no others: one a line, a CSV with a column of them, or a sitemap.",
        ),
    ] = None,
    max_pages: Annotated[int | None, typer.Option("--max-pages", help="Fetch at most so many pages.")] = None,
    max_time: Annotated[str | None, typer.Option("--max-time", help="Stop fetching after this time, e.g. 12m.")] = None,
    per_template: Annotated[
        int | None, typer.Option("--per-template", help="Open so many pages of each template in browsers.")
    ] = None,
    fail_on: options.FailOnOption = None,
    certainty: options.CertaintyOption = None,
    min_coverage: options.CoverageOption = None,
    environment: options.EnvironmentOption = None,
    baseline: options.BaselineOption = None,
    report_only: options.ReportOnlyOption = False,
    on_incomplete: options.OnIncompleteOption = None,
    deliver_beacons: options.DeliverOption = False,
    wait: options.WaitOption = None,
    plain: options.PlainOption = False,
) -> None:
    """Audit a whole shop: fetch its pages, open a sample in browsers, judge, and write the report."""
    from auditor.config.config import load
    from auditor.pipeline import Audit

    flags = options.overrides(
        browsers=browsers,
        devices=devices,
        fail_on=fail_on,
        certainty=certainty,
        min_coverage=min_coverage,
        environment=environment,
        baseline=baseline,
        report_only=report_only,
        on_incomplete=on_incomplete,
        deliver_beacons=deliver_beacons,
        crawl__urls=urls,
        crawl__max_pages=max_pages,
        crawl__max_time=max_time,
        render__per_template=per_template,
    )
    config = load(target, flags)
    with opened(workspace) as store:
        audit = Audit.begin(config, store)
        audit.wait = options.seconds(wait)
        finish(watched(audit, plain, audit.go), workspace)
