"""The HTML report: a folder that opens from disk, reads without JavaScript and loads nothing from outside."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from auditor import paths
from auditor.model.words import Certainty, PageType
from auditor.report import atomic, escape, view, words
from auditor.report.compiled import Compiled
from auditor.report.document import FindingPart, PagePart, PicturePart, ProblemPart, ResultDocument, SnapshotPart
from auditor.report.matrix_view import shelves
from auditor.report.pictures import Album, Shown

INDEX = "index.html"
_STATIC = ("report.css", "report.js", "icon.svg")
_OPEN = 5  # problems that stand open when the report is opened
_EXAMPLES = 3  # findings of a problem shown with their evidence
_FULL_LISTS = 100  # problems whose further findings are listed; of later ones result.json has them
_MOST = 1_000  # problems shown; more than that nobody reads, and browsers grow slow


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
    browsers: tuple[str, ...]
    devices: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True):
    """A snapshot with its small picture and the full ones."""

    snapshot: SnapshotPart
    thumb: Shown | None
    full: tuple[tuple[str, str], ...]  # kind, path


class SeenPage(msgspec.Struct, frozen=True):
    page: PagePart
    snapshots: tuple[Seen, ...]


def write(
    document: ResultDocument, folder: Path, files: Callable[[str], Path], formats: Sequence[str] = ("html",)
) -> Path:
    """Writes the report into `folder` and returns its `index.html`; `formats` are those that stand beside it.

    `files` gives the stored file of a picture by its content hash, the stem of PicturePart.path. A picture that is gone,
    damaged or has another hash is left out, and the report says so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    album = Album(folder, files)
    album.ahead(filter(None, (_best(one.pictures) for page in document.pages for one in page.snapshots)))
    entries = [_entry(problem, index, document, album) for index, problem in enumerate(document.problems[:_MOST])]
    looked = [_page(page, album) for page in document.pages if page.snapshots]
    given = context(document, entries, formats) | {
        "linked": True,
        "seen_pages": looked,
        "shelves": shelves(document, album),
        "unopened_templates": [part for part in document.templates if not part.snapshots],
        "other_pages": [page for page in document.pages if not page.snapshots],
    }
    text = environment().get_template("index.html.j2").render(given)
    source = paths.templates() / "html"
    for name in _STATIC:
        shutil.copyfile(source / name, folder / name)
    atomic.write(folder / INDEX, text.encode("utf-8", "backslashreplace"))
    return folder / INDEX


@cache
def environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates() / "html"),
        bytecode_cache=Compiled.in_home(),
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
        "day": view.day,
        "duration": view.duration,
        "excerpt": escape.excerpt,
        "href": escape.href,
        "identifier": escape.identifier,
        "line": escape.line,
        "moment": view.moment,
        "not_checked": view.not_checked,
        "number": lambda number: f"{number:,}",
        "visible": escape.visible,
        "word": lambda value, vocabulary: words.word(vocabulary, value),
    }
    environment.globals |= {"count": words.count, "total": view.total, "only": view.only}
    return environment


def _harmless(value: Any) -> Any:
    """Every text printed passes here, so that no template can forget it."""
    return escape.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def context(document: ResultDocument, entries: Sequence[Entry], formats: Sequence[str] = ()) -> dict[str, Any]:
    """What the templates of the folder and of the one-file summary have in common."""
    shop = document.shop
    opened = [(kind.value, shop.opened[kind.value]) for kind in PageType if shop.opened.get(kind.value)]
    return {
        "document": document,
        "run": document.run,
        "verdict": document.verdict,
        "coverage": document.coverage,
        "ledger": document.side_effects,
        "shop": shop,
        "formats": formats,
        "history": document.history,
        "trend_lines": view.trend_lines(document),
        "state": view.state(document),
        "checked": view.checked(document),
        "reasons": view.reasons(document),
        "exit_reason": view.exit_reason(document),
        "nothing_judged": view.nothing_judged(document),
        "nothing_seen": view.nothing_seen(document),
        "counts": view.counts(document),
        "certainties": view.by_certainty(document),
        "fix_first": view.fix_first(document),
        "plain": view.plain(document),
        "missed": view.not_looked_at(document),
        "failed_checks": view.failed_checks(document),
        "browsers": [words.word("client", name) for name in view.browsers(document) if name != "http"],
        "by_severity": [
            (row, [entry for entry in entries if entry.problem.severity == row.severity])
            for row in view.counts(document)
        ],
        "shown_ids": {entry.problem.id for entry in entries},
        "problems_cut": len(document.problems) - len(entries),
        "choices": _choices(document),
        "opened_types": opened,
        "consent": shop.consent,
        "tag_rows": [
            (
                tag,
                [
                    (next((cell for cell in tag.cells if cell.page_type == kind), None), number)
                    for kind, number in opened
                ],
            )
            for tag in shop.tag_table
        ],
        "products_opened": sum(product.opened for product in document.products),
        "products_total": len(document.products) + document.products_cut,
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
        *seen_in(problem),
    )


def seen_in(problem: ProblemPart) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Browsers and devices of a problem, each once."""
    clients = [client.partition("/") for client in problem.clients]
    browsers = dict.fromkeys(browser for browser, _, _ in clients)
    return tuple(browsers), tuple(dict.fromkeys(device for _, _, device in clients if device))


def _example(finding: FindingPart, album: Album, first: bool) -> Example:
    if finding.picture is None:
        return Example(finding, None, None)
    cut = album.cut(finding.picture, finding.excerpts)
    return Example(finding, cut, album.thumb(finding.picture) if first and cut is None else None)


def _page(page: PagePart, album: Album) -> SeenPage:
    return SeenPage(page, tuple(_seen(snapshot, album) for snapshot in page.snapshots))


def _seen(snapshot: SnapshotPart, album: Album) -> Seen:
    kept = [picture for picture in snapshot.pictures if album.full(picture)]
    best = _best(kept)
    return Seen(snapshot, album.thumb(best) if best else None, tuple((picture.kind, picture.path) for picture in kept))


def _best(pictures: Sequence[PicturePart]) -> PicturePart | None:
    return next((one for one in pictures if one.kind == "viewport"), pictures[0] if pictures else None)


def _choices(document: ResultDocument) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The filters worth offering: name, label, (code, words) of each value that occurs; none with a single value."""
    problems = document.problems
    seen = [seen_in(problem) for problem in problems]
    offered: list[tuple[str, str, str, list[str]]] = [
        (
            "state",
            "Since last run",
            "standing",
            [one for one in ("new", "changed", "known") if any(p.state == one for p in problems)],
        ),
        ("severity", "Severity", "severity", [row.severity for row in view.counts(document) if row.problems]),
        (
            "certainty",
            "Certainty",
            "certainty",
            [sure for sure in Certainty if any(p.certainty == sure for p in problems)],
        ),
        ("owner", "For", "owner", sorted({problem.owner for problem in problems})),
        ("rule", "Rule", "", sorted({problem.rule for problem in problems})),
        ("type", "Page type", "page_type", [kind for kind in PageType if any(p.page_type == kind for p in problems)]),
        ("browser", "Browser", "client", sorted({name for names, _ in seen for name in names})),
        ("device", "Device", "device", sorted({name for _, names in seen for name in names})),
    ]
    return [
        (name, label, [(value, words.word(vocabulary, value) if vocabulary else value) for value in values])
        for name, label, vocabulary, values in offered
        if len(values) > 1
    ]
