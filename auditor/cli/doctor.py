"""`auditor doctor`: what this machine has, what is missing, and the command that brings it."""

from __future__ import annotations

import platform
import shutil

import typer

from auditor import __version__
from auditor.cli import options, terminal


def doctor(workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE) -> None:
    """Show versions, browsers and where each was found, disk space, and how to get what is missing."""
    from importlib.metadata import version

    from auditor.model.words import BrowserName
    from auditor.render.browsers import Found, find

    out = terminal.output()
    out.print(f"auditor {__version__} · Python {platform.python_version()} · {platform.platform()}", markup=False)
    out.print(
        " · ".join(f"{name} {version(name)}" for name in ("scrapy", "playwright", "lxml", "SQLAlchemy")), markup=False
    )
    found_any = False
    for name in BrowserName:
        browser = find(name)
        if isinstance(browser, Found):
            found_any = True
            out.print(
                f"✓ {name:<9} {browser.version:<18} {browser.source}: {browser.path} ({browser.protocol})", markup=False
            )
        else:
            out.print(f"– {name:<9} {browser.reason}", markup=False)
            if browser.command:
                out.print(f"              get it: {browser.command}", markup=False)
    here = next(folder for folder in (workspace.absolute(), *workspace.absolute().parents) if folder.exists())
    free = shutil.disk_usage(here).free / 1e9
    out.print(f"{'✓' if free > 1 else '–'} disk      {free:.1f} GB free at {here}", markup=False)
    if not found_any:
        out.print("Without a browser pages are fetched only, and what needs one could not be checked.", markup=False)
        raise typer.Exit(3)
