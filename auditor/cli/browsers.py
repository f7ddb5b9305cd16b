"""`auditor browsers install`: gets browsers the way this machine can."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli import terminal

app = typer.Typer(help="Get the browsers that pages are opened in.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Keeps `install` a command of its own."""


@app.command("install")
def install(
    names: Annotated[
        list[str] | None, typer.Argument(help="chromium, firefox, webkit; all three if left out.", show_default=False)
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            "--from", help="playwright, system, or auto: Playwright's own builds first, then the system's packages."
        ),
    ] = "auto",
) -> None:
    """Install browsers: Playwright's own builds where they can be downloaded, otherwise the distribution's packages."""
    from auditor.model.errors import UsageError
    from auditor.model.words import BrowserName
    from auditor.render.browsers import Found
    from auditor.render.install import install as install_browsers

    known = [str(name) for name in BrowserName]
    wanted = names or known
    for name in wanted:
        if name not in known:
            raise UsageError(f"unknown browser '{name}'", hint=f"Known: {', '.join(known)}")
    out = terminal.output()
    there = install_browsers(wanted, source=source)
    for browser in there:
        if isinstance(browser, Found):
            out.print(f"✓ {browser.name} {browser.version} ({browser.source}: {browser.path})", markup=False)
        else:
            out.print(
                f"– {browser.name}: {browser.reason}" + (f"\n    get it: {browser.command}" if browser.command else ""),
                markup=False,
            )
    if not any(isinstance(browser, Found) for browser in there):
        raise typer.Exit(3)
