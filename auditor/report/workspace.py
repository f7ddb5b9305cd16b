"""`index.html` of the workspace: the sites of a workspace, how each went, and where the report of each run is."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import msgspec
from markupsafe import Markup

from auditor import paths
from auditor.history import trend
from auditor.history.trend import Point
from auditor.model.words import Severity
from auditor.report import atomic, html, view
from auditor.store.workspace import Workspace

_RUNS = 500  # the latest; `auditor runs --limit` lists more
_LINE = 30  # runs in a line


class Row(msgspec.Struct, frozen=True):
    """A run with the folder of its report, empty where there is none."""

    point: Point
    folder: str
    problems: int


class SiteRows(msgspec.Struct, frozen=True):
    """A site in one environment: its runs, newest first, and the line of its problems, oldest first."""

    name: str
    environment: str
    rows: tuple[Row, ...]
    line: str

    @property
    def latest(self) -> Row:
        return next((row for row in self.rows if row.point.kind == "site"), self.rows[0])


def write(workspace: Workspace) -> Path:
    """Writes the page anew and returns its path."""
    style = (paths.templates() / "html" / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    given = {"sites": sites(workspace), "style": Markup(style), "digest": digest, "severities": list(Severity)}
    text = html.environment().get_template("workspace.html.j2").render(given)
    path = workspace.folder / html.INDEX
    atomic.write(path, text.encode("utf-8", "backslashreplace"))
    return path


def sites(workspace: Workspace) -> list[SiteRows]:
    """The site with the latest run first."""
    by_site: dict[tuple[str, str], list[Row]] = {}
    for point in trend.points(workspace, limit=_RUNS):
        there = (workspace.reports / point.name / html.INDEX).is_file()
        row = Row(point, f"reports/{point.name}" if there else "", sum(point.severities.values()))
        by_site.setdefault((point.site, point.environment), []).append(row)
    return [SiteRows(site, environment, tuple(rows), _line(rows)) for (site, environment), rows in by_site.items()]


def _line(rows: list[Row]) -> str:
    """The points of a line in a box of 100 by 24."""
    judged = [row.problems for row in rows if row.point.kind == "site" and row.point.exit_code is not None][:_LINE]
    values = judged[::-1]
    if len(values) < 2:
        return ""
    return view.line(values)
