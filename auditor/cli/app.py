"""The commands and which one to reach for when."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor import __version__
from auditor.cli import browsers, demo, doctor, links, migration, page, prune, recheck, resume, rules, run, runs, stages

HELP = """Audits storefronts: links, markup, canonical tags, accessibility, tags and prices, in real browsers.

Which command when:

\b
  auditor demo            see what it does, on a small shop that comes with it
  auditor page URL        one page, an answer in seconds
  auditor run URL         a whole shop
  auditor run shop.yaml   a whole shop, every night or before a release
  auditor run URL --urls list.csv   the pages of a list, and no others
  auditor links FILE.html an e-mail or landing page, before it is sent
  auditor migration OLD.csv URL     does each old address lead where it should
  auditor resume          go on with an audit that was stopped or killed
  auditor recheck P-…     is it fixed? its pages only, in seconds
  auditor diff            what is new and fixed since the run before
  auditor doctor          which browsers are there, what is missing, how to get it

\b
Exit codes: 0 nothing over the gate · 1 the gate failed · 2 config, rules or usage wrong
            3 the audit could not be completed (unreachable, blocked, nothing fetched)
"""

app = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Root options."""


app.command("demo")(demo.demo)
app.command("page")(page.page)
app.command("run")(run.run)
app.command("links")(links.links)
app.command("migration")(migration.migration)
app.command("resume")(resume.resume)
app.command("crawl")(stages.crawl)
app.command("render")(stages.render)
app.command("evaluate")(stages.evaluate)
app.command("gate")(stages.gate)
app.command("report")(stages.report)
app.command("runs")(runs.runs)
app.command("diff")(runs.diff)
app.command("recheck")(recheck.recheck)
app.command("prune")(prune.prune)
app.add_typer(rules.app, name="rules")
app.command("doctor")(doctor.doctor)
app.add_typer(browsers.app, name="browsers")
_root.__doc__ = HELP
