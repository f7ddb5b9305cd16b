"""`summary.html`: the report in one file to forward, at most 5 MB. Pictures are inside, there is no script, nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from markupsafe import Markup

from auditor import paths
from auditor.report import atomic, html, view
from auditor.report.document import ProblemPart, ResultDocument
from auditor.report.pictures import Album, Shown

SUMMARY = "summary.html"
MAX_BYTES = 5_000_000
_PROBLEMS = 60  # shown in full; of the others the first screen has the counts
_PICTURED = 30  # of them with a picture


def write(document: ResultDocument, folder: Path, files: Callable[[str], Path]) -> Path:
    """Writes it beside the folder's index and returns its path. What makes it too large is left out, the last first."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="auditor-summary-") as apart:
        # An album of its own: full screenshots and small views would only fill the folder.
        album = Album(Path(apart), files)
        entries = [
            _entry(problem, index, document, album) for index, problem in enumerate(document.problems[:_PROBLEMS])
        ]
    style = (paths.templates() / "html" / "report.css").read_text(encoding="utf-8")
    text = _rendered(document, entries, style)
    while len(text) > MAX_BYTES and entries:
        with_picture = [index for index, entry in enumerate(entries) if _pictured(entry)]
        if with_picture:
            # A few at a time: rendering anew for each of thirty is slow.
            for index in with_picture[-3:]:
                entries[index] = _without_pictures(entries[index])
        else:
            entries = entries[: len(entries) // 2]
        text = _rendered(document, entries, style)
    atomic.write(folder / SUMMARY, text[:MAX_BYTES])
    return folder / SUMMARY


def _rendered(document: ResultDocument, entries: Sequence[html.Entry], style: str) -> bytes:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    given = html.context(document, entries) | {"linked": False, "style": Markup(style), "digest": digest}
    return html.environment().get_template("summary.html.j2").render(given).encode("utf-8", "backslashreplace")


def _entry(problem: ProblemPart, index: int, document: ResultDocument, album: Album) -> html.Entry:
    examples = []
    for finding in problem.findings[:1]:
        cut = None
        if index < _PICTURED and finding.picture is not None:
            cut = album.cut(finding.picture, finding.excerpts) or album.thumb(finding.picture)
        examples.append(html.Example(finding, _inside(cut, album) if cut else None, None))
    unlisted = max(problem.pages - len(examples), 0)
    over = view.over_gate(problem, document)
    return html.Entry(problem, tuple(examples), (), unlisted, True, over, *html.seen_in(problem))


def _inside(shown: Shown, album: Album) -> Shown:
    data = base64.b64encode(album.data(shown)).decode()
    return msgspec.structs.replace(shown, path=f"data:image/webp;base64,{data}", full="")


def _pictured(entry: html.Entry) -> bool:
    return any(example.cut for example in entry.examples)


def _without_pictures(entry: html.Entry) -> html.Entry:
    bare = tuple(msgspec.structs.replace(example, cut=None) for example in entry.examples)
    return msgspec.structs.replace(entry, examples=bare)
