"""`auditor rules`: which rules there are, what one means, and whether a pack of your own is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli import terminal

app = typer.Typer(
    help="Look at rules: list, explain, test a pack of your own.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_rules() -> None:
    """All built-in rules by pack."""
    from auditor.evaluate.packs import load

    out = terminal.output()
    packs = load()
    for pack, title in packs.titles.items():
        out.print(f"{pack}: {title}", markup=False, style="bold")
        for rule in packs.rules:
            if rule.pack == pack:
                out.print(f"  {rule.id:<34} {rule.severity:<9} {rule.certainty:<13} {rule.title}", markup=False)


@app.command("explain")
def explain(rule_id: Annotated[str, typer.Argument(help="Id of the rule, e.g. canonical/missing.")]) -> None:
    """What a rule checks, why it matters and how to mend what it finds."""
    from auditor.evaluate.packs import load

    out = terminal.output()
    (rule,) = load(only=[rule_id]).rules
    out.print(f"{rule.id}: {rule.title}", markup=False, style="bold")
    pages = ", ".join(sorted(rule.page_types)) or "all pages of the shop"
    lines = [
        f"Severity   {rule.severity}",
        f"Certainty  {rule.certainty}",
        f"Owner      {rule.owner}",
        f"Looks at   {pages}; {rule.on}",
        f"Check      {rule.check} {rule.options or ''}".rstrip(),
        f"Catalogue  {', '.join(rule.catalogue) or '-'}",
        f"Says       {rule.message}",
        f"Why        {rule.why}",
        f"Fix        {rule.fix}",
        *(f"  on {platform}: {fix}" for platform, fix in rule.fix_on.items()),
        *(f"See        {ref}" for ref in rule.refs),
        f"Defined in {rule.where}",
    ]
    out.print("\n".join(lines), markup=False)


@app.command("test")
def test(pack: Annotated[Path, typer.Argument(help="A rule pack (.yaml).")]) -> None:
    """Whether a pack loads; says what is wrong with file:line otherwise."""
    from auditor.evaluate.packs import read

    title, rules = read(pack)
    terminal.output().print(f"{title}: {len(rules)} rules, all right", markup=False)
