"""`auditor links`: every link and picture of an HTML file, before it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import options, terminal
from auditor.model.errors import EXIT_CLEAN, EXIT_GATE_FAILED, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from auditor.pipeline.letter import Checked

_MARKS = {"good": "✓", "wrong": "✗", "unsure": "?", "left": "–"}


def links(
    file: Annotated[Path, typer.Argument(metavar="FILE.html", help="An e-mail or landing page as HTML.")],
    base: Annotated[str, typer.Option("--base", help="Where the page will stand; relative addresses are of it.")] = "",
    config: Annotated[
        str | None, typer.Option("--config", help="A config; its proxy, authority and resolve are used.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show what is good, too.")] = False,
    plain: options.PlainOption = False,
) -> None:
    """Ask for every link and picture of an HTML file before it is sent. Links that unsubscribe or count clicks are not asked for.

    Exit codes: 0 nothing wrong, 1 something leads nowhere, 2 the file cannot be used, 3 nothing could be checked.
    """
    from auditor.config.config import checked_url, load
    from auditor.crawl.settings import settings_from
    from auditor.model.errors import UsageError
    from auditor.pipeline import letter
    from auditor.pipeline.given import token

    try:
        base = checked_url(base) if base else ""
    except ValueError as error:
        raise UsageError(str(error), where="--base") from None
    html = letter.read(file)  # before anything is said to be asked for
    told = load(config or base or "https://shop.example")
    settings = settings_from(told, token=token(told))
    shown = terminal.watcher(plain)
    try:
        shown.stage("links")
        checked = letter.check(file, html, settings, base, shown.progress)
    finally:
        shown.close()
    raise typer.Exit(_say(file, checked, every))


def _say(file: Path, checked: list[Checked], every: bool) -> int:
    out = terminal.output()
    counts = {mark: [one for one in checked if one.verdict == mark] for mark in _MARKS}
    for verdict in ("wrong", "unsure", "left", "good") if every else ("wrong", "unsure"):
        for one in counts[verdict]:
            out.print(terminal.safe(_line(file, one)), markup=False)
    words = [
        f"{len(checked)} links and pictures",
        f"{len(counts['wrong'])} wrong",
        f"{len(counts['unsure'])} could not be checked",
    ]
    if counts["left"]:
        words.append(f"{len(counts['left'])} not asked for (--all shows them)")
    out.print(" · ".join(words), markup=False)
    if counts["wrong"]:
        return EXIT_GATE_FAILED
    return EXIT_INCOMPLETE if counts["unsure"] and not any(one.url for one in counts["good"]) else EXIT_CLEAN


def _line(file: Path, one: Checked) -> str:
    name = f" “{one.reference.text}”" if one.reference.text else ""
    href = one.reference.href[:200] or "(empty)"
    why = f": {one.why}" if one.why else ""
    return f"{_MARKS[one.verdict]} {file}:{one.reference.line} {one.reference.kind}{name} {href}{why}"
