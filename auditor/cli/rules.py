"""`auditor rules`: which rules there are, what one means, and whether a pack of your own is right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import terminal
from auditor.model.words import Certainty, Owner, PageType, Severity

if TYPE_CHECKING:
    from auditor.evaluate.about import About

app = typer.Typer(
    help="Look at rules: list, explain, test a pack of your own.", no_args_is_help=True, rich_markup_mode=None
)
PackOption = Annotated[
    str | None, typer.Option("--pack", help="Only this pack; the path of a .yaml file is a pack of your own.")
]


@app.command("list")
def list_rules(
    pack: PackOption = None,
    severity: Annotated[Severity | None, typer.Option(help="Of this severity or worse.")] = None,
    certainty: Annotated[Certainty | None, typer.Option(help="Of this certainty or surer.")] = None,
    owner: Annotated[Owner | None, typer.Option(help="That these people mend.")] = None,
    platform: Annotated[str | None, typer.Option(help="That apply to shops on this platform, e.g. shopify.")] = None,
    page_type: Annotated[PageType | None, typer.Option(help="That apply to pages of this type.")] = None,
) -> None:
    """Rules by pack."""
    from auditor.evaluate.packs import load
    from auditor.knowledge import platforms
    from auditor.model.errors import UsageError

    known = sorted(one.id for one in platforms.load())
    if platform is not None and platform not in known:
        raise UsageError(f"unknown platform '{platform}'", hint=f"Known: {', '.join(known)}")
    packs = load([pack or "all"])
    chosen = [
        rule
        for rule in packs.rules
        if (severity is None or rule.severity.rank <= severity.rank)
        and (certainty is None or rule.certainty.rank <= certainty.rank)
        and owner in (None, rule.owner)
        and (platform is None or not rule.platforms or platform in rule.platforms)
        and (page_type is None or page_type in rule.page_types or (not rule.page_types and page_type.is_storefront))
    ]
    out = terminal.output()
    for name, title in packs.titles.items():
        own = [rule for rule in chosen if rule.pack == name]
        if own:
            out.print(f"{name}: {title}", markup=False, style="bold")
        for rule in own:
            out.print(f"  {rule.id:<34} {rule.severity:<9} {rule.certainty:<13} {rule.title}", markup=False)
    out.print(
        f"{len(chosen)} of {len(packs.rules)} rules" if len(chosen) < len(packs.rules) else f"{len(chosen)} rules"
    )


@app.command("explain")
def explain(
    rule_id: Annotated[str, typer.Argument(help="Id of the rule, e.g. canonical/missing.")], pack: PackOption = None
) -> None:
    """What a rule checks, what it needs for that, why it matters and how to mend what it finds."""
    from auditor.evaluate.about import about, find
    from auditor.evaluate.packs import load

    rules = {rule.id: rule for rule in load([pack or "all"]).rules}
    own = Path(pack) if pack and Path(pack).suffix in (".yaml", ".yml") else None
    told = about(find(rules, rule_id), own)
    out = terminal.output()
    out.print(f"{told.rule.id}: {told.rule.title}", markup=False, style="bold")
    out.print("\n".join(_lines(told)), markup=False)


@app.command("test")
def try_pack(
    pack: Annotated[str, typer.Argument(help="A rule pack (.yaml), or the name of a built-in one.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--cases", help="Folder of its case files, RULE.yaml; else the folder beside the pack, named like it."
        ),
    ] = None,
) -> None:
    """Whether a pack loads and each rule answers its cases as they say; exit code 1 where one does not."""
    from auditor.evaluate import cases
    from auditor.evaluate.packs import files, load, read

    load(["all", pack])  # ids that are taken already are a mistake
    wrong: list[str] = []
    lacking: list[str] = []
    count = rules = 0
    for file in files(pack):
        for rule in read(file)[1]:
            name = rule.id.partition("/")[2]
            beside = folder or file.with_suffix("")
            found = beside / f"{name}.yaml" if folder else cases.file_of(rule, file)
            own = cases.read(found) if found and found.is_file() else []
            rules, count = rules + 1, count + len(own)
            lacks = cases.lacking(own) if own else [f"no cases; they belong in {beside / name}.yaml"]
            lacking += [f"{rule.id}: {what}" for what in lacks]
            wrong += [f"{rule.id}: {case.name}: {what}" for case in own for what in cases.differences(rule, case)]
    out = terminal.output()
    for line in (*wrong, *lacking):
        out.print(terminal.safe(line), markup=False)
    ended = _many(len(wrong), "difference") if wrong else "all right"
    out.print(f"{_many(rules, 'rule')}, {_many(count, 'case')}: {ended}")
    raise typer.Exit(1 if wrong else 0)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _lines(told: About) -> Iterable[str]:
    rule = told.rule
    yield f"Severity   {rule.severity}"
    yield f"Certainty  {told.certainty}"
    yield f"For        {told.owner}"
    yield f"Says       {rule.message}"
    yield f"Why        {rule.why}"
    yield f"Fix        {rule.fix}"
    yield from (f"  on {platform}: {fix}" for platform, fix in told.fix_on)
    yield f"Pages      {told.pages}"
    yield f"Looks at   {told.looks_at}"
    yield f"Needs      {told.needs}"
    yield f"Check      {rule.check}: {told.check}"
    for option in told.options:
        default = f"default {option.default}" if option.default else "has no default"
        value = f"{option.given} ({default})" if option.given else f"{option.default} (the default)"
        yield f"  {option.name} = {value}, {option.kind}"
    for what, names in (("Fires", told.fires), ("Passes", told.passes), ("Not fooled", told.hazards)):
        for index, name in enumerate(names):
            yield f"{'' if index else what:<10} {name}"
    yield f"Catalogue  {', '.join(rule.catalogue) or '-'}"
    yield from (f"See        {ref}" for ref in rule.refs)
    yield f"Defined in {rule.where}"
