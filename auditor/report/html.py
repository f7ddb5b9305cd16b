"""The HTML report: a folder that opens from disk, reads without JavaScript and loads nothing from outside."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from auditor import paths
from auditor.model.words import Certainty
from auditor.report import atomic, escape, view, words
from auditor.report.document import FindingPart, PagePart, ProblemPart, ResultDocument, SnapshotPart
from auditor.report.pictures import Album, Shown

INDEX = "index.html"
_STATIC = ("report.css", "report.js", "icon.svg")
_OPEN = 5  # problems that stand open when the report is opened
_EXAMPLES = 3  # findings of a problem shown with their evidence
_FULL_LISTS = 100  # problems whose further findings are listed; of later ones result.json has them


class Example(msgspec.Struct, frozen=True):
    """A finding with its evidence; `cut` is the framed part of the screenshot, `thumb` the page where nothing is framed."""

    finding: FindingPart
    cut: Shown | None
    thumb: Shown | None


class Entry(msgspec.Struct, frozen=True):
    """A problem as the report shows it."""

    problem: ProblemPart
    examples: tuple[Example, ...]
    more: tuple[FindingPart, ...]
    unlisted: int  # pages with the fault that are not listed here
    opened: bool
    over_gate: bool


class Seen(msgspec.Struct, frozen=True):
    """A snapshot with its small picture and the full ones."""

    snapshot: SnapshotPart
    thumb: Shown | None
    full: tuple[tuple[str, str], ...]  # kind, path


class SeenPage(msgspec.Struct, frozen=True):
    page: PagePart
    snapshots: tuple[Seen, ...]


def write(document: ResultDocument, folder: Path, files: Callable[[str], Path]) -> Path:
    """Writes the report into `folder` and returns its `index.html`.

    `files` gives the stored file of a picture by its content hash, the stem of PicturePart.path. A picture that is gone,
    damaged or has another hash is left out, and the report says so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    album = Album(folder, files)
    text = _environment().get_template("index.html.j2").render(_context(document, album))
    source = paths.templates() / "html"
    for name in _STATIC:
        shutil.copyfile(source / name, folder / name)
    atomic.write(folder / INDEX, text.encode("utf-8", "backslashreplace"))
    return folder / INDEX


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates() / "html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters |= {
        "address": escape.address,
        "capital": lambda text: text[:1].upper() + text[1:],
        "client": words.client,
        "duration": view.duration,
        "excerpt": escape.excerpt,
        "href": escape.href,
        "identifier": escape.identifier,
        "line": escape.line,
        "moment": view.moment,
        "number": lambda number: f"{number:,}",
        "visible": escape.visible,
        "word": lambda value, vocabulary: words.word(vocabulary, value),
    }
    environment.globals |= {"count": words.count, "total": view.total}
    return environment


def _harmless(value: Any) -> Any:
    """Every text printed passes here, so that no template can forget it."""
    return escape.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _context(document: ResultDocument, album: Album) -> dict[str, Any]:
    entries = [_entry(problem, index, document, album) for index, problem in enumerate(document.problems)]
    by_severity = [
        (row, [entry for entry in entries if entry.problem.severity == row.severity]) for row in view.counts(document)
    ]
    looked = [page for page in document.pages if page.snapshots]
    return {
        "document": document,
        "run": document.run,
        "verdict": document.verdict,
        "coverage": document.coverage,
        "ledger": document.side_effects,
        "shop": document.shop,
        "state": view.state(document),
        "exit_reason": view.exit_reason(document),
        "nothing_judged": view.nothing_judged(document),
        "nothing_seen": view.nothing_seen(document),
        "counts": view.counts(document),
        "certainties": view.by_certainty(document),
        "fix_first": view.fix_first(document),
        "missed": view.not_looked_at(document),
        "by_severity": by_severity,
        "seen_pages": [_page(page, album) for page in looked],
        "other_pages": [page for page in document.pages if not page.snapshots],
        "unchecked_rules": len({_rule_and_reason(row.what)[0] for row in document.coverage.unchecked}),
        "unchecked": [(row, *_rule_and_reason(row.what)) for row in document.coverage.unchecked],
        "choices": _choices(document),
    }


def _entry(problem: ProblemPart, index: int, document: ResultDocument, album: Album) -> Entry:
    more = problem.findings[_EXAMPLES:] if index < _FULL_LISTS else ()
    return Entry(
        problem,
        tuple(_example(finding, album, number == 0) for number, finding in enumerate(problem.findings[:_EXAMPLES])),
        more,
        max(problem.pages - len(problem.findings[:_EXAMPLES]) - len(more), 0),
        index < _OPEN,
        view.over_gate(problem, document),
    )


def _example(finding: FindingPart, album: Album, first: bool) -> Example:
    if finding.picture is None:
        return Example(finding, None, None)
    cut = album.cut(finding.picture, finding.excerpts)
    return Example(finding, cut, album.thumb(finding.picture) if first and cut is None else None)


def _page(page: PagePart, album: Album) -> SeenPage:
    return SeenPage(page, tuple(_seen(snapshot, album) for snapshot in page.snapshots))


def _seen(snapshot: SnapshotPart, album: Album) -> Seen:
    kept = [picture for picture in snapshot.pictures if album.full(picture)]
    best = next((picture for picture in kept if picture.kind == "viewport"), kept[0] if kept else None)
    return Seen(snapshot, album.thumb(best) if best else None, tuple((picture.kind, picture.path) for picture in kept))


def _rule_and_reason(what: str) -> tuple[str, str]:
    rule, mark, reason = what.partition(": ")
    return (rule, reason) if mark else ("", what)


def _choices(document: ResultDocument) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The filters worth offering: name, vocabulary, (code, words) of each value that occurs; none with a single value."""
    problems = document.problems
    offered: list[tuple[str, str, list[str]]] = [
        ("severity", "severity", [row.severity for row in view.counts(document) if row.problems]),
        ("certainty", "certainty", [sure for sure in Certainty if any(one.certainty == sure for one in problems)]),
        ("owner", "owner", sorted({problem.owner for problem in problems})),
        ("type", "page_type", sorted({problem.page_type for problem in problems})),
        ("client", "client", sorted({client for problem in problems for client in problem.clients})),
    ]
    return [
        (name, vocabulary, [(value, _choice(vocabulary, value)) for value in values])
        for name, vocabulary, values in offered
        if len(values) > 1
    ]


def _choice(vocabulary: str, value: str) -> str:
    return words.client(value) if vocabulary == "client" else words.word(vocabulary, value)
