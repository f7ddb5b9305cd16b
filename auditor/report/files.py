"""Writes the report's files in the formats asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from auditor.report.document import ResultDocument


def write_all(
    document: ResultDocument, folder: Path, formats: Sequence[str], files: Callable[[str], Path]
) -> dict[str, Path]:
    """Format -> path of what was written. `files` gives the path of a picture by its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    if "html" in formats:
        from auditor.report import html

        written["html"] = html.write(document, folder, files)
    if "json" in formats:
        from auditor.report import json_file

        json_file.write(document, folder / "result.json")
        written["json"] = folder / "result.json"
    if "junit" in formats:
        from auditor.report import junit

        junit.write(document, folder / "junit.xml")
        written["junit"] = folder / "junit.xml"
    return written
