"""`auditor migration`: does each old address of a shop that has moved lead where it should."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli import options
from auditor.cli.auditing import finish, opened, watched


def migration(
    old: Annotated[
        Path,
        typer.Argument(
            metavar="OLD.csv",
            help="The old addresses: a CSV with a column of them and, if you have it, one of where each should lead; text; or the old sitemap.",
        ),
    ],
    target: Annotated[str, typer.Argument(metavar="URL|CONFIG.yaml", help="The new shop's address, or its config.")],
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    environment: options.EnvironmentOption = None,
    fail_on: options.FailOnOption = None,
    certainty: options.CertaintyOption = None,
    min_coverage: options.CoverageOption = None,
    plain: options.PlainOption = False,
) -> None:
    """Ask for every old address and judge where it ends: at 200, in one hop, at the page that took its place.

    Old hosts are asked too. In a config, `migration: OLD.csv` does the same beside a whole audit.
    """
    from auditor.config.config import load
    from auditor.pipeline import Audit

    flags = options.overrides(
        browsers="none",
        fail_on=fail_on,
        certainty=certainty,
        min_coverage=min_coverage,
        environment=environment,
        migration=str(old),
        crawl__urls=str(old),
        rules__packs=["migration"],
    )
    config = load(target, flags)
    with opened(workspace) as store:
        audit = Audit.begin(config, store)
        finish(watched(audit, plain, audit.go), workspace)
