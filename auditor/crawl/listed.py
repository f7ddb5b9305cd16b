"""Lists of addresses that people bring (text, CSV, sitemap): read before the first request, taken up in place of a start page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from auditor.crawl import sitemaps
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings, site_host
from auditor.model.errors import UsageError
from auditor.model.urls import absolute, crawl_key, is_http, without_fragment
from auditor.store import frontier
from auditor.store.frontier import Found
from auditor.store.workspace import Workspace

_LARGEST = 200_000_000  # bytes
_MOST = 200_000  # addresses
_ADDRESS = frozenset(
    ("url", "urls", "address", "loc", "location", "link", "page", "old", "old url", "old_url", "from", "source", "redirect from", "alt", "alte url")
)  # fmt: skip
_TARGET = frozenset(
    (
        "target",
        "new",
        "new url",
        "new_url",
        "to",
        "destination",
        "redirect to",
        "redirects to",
        "neu",
        "neue url",
        "ziel",
    )
)
_BARE = re.compile(r"(?:[\w-]+\.)+[a-z]{2,24}(?:[:/?#]|$)", re.IGNORECASE)


class Line(msgspec.Struct, frozen=True):
    """An address of a list, and where it should lead, if the list says so (absolute)."""

    number: int
    url: str
    target: str = ""


class Listed(msgspec.Struct, frozen=True):
    """`wrong` are lines that hold no address, each as `file:line: why`; `twice` how many came up before."""

    lines: tuple[Line, ...]
    wrong: tuple[str, ...] = ()
    twice: int = 0

    def told(self, most: int = 50) -> list[str]:
        """What is wrong with the list, for people."""
        more = len(self.wrong) - most
        notes = [*self.wrong[:most], *([f"and {more:,} more lines that hold no address"] if more > 0 else [])]
        return [*notes, *([f"lines with an address that stands there already: {self.twice:,}"] if self.twice else [])]


def read(path: Path, site: str, *, anywhere: bool = False) -> Listed:
    """The addresses of a file: one a line, a CSV with a column of them, or a sitemap. Paths are of `site`.

    `anywhere`: on other hosts too. Raises UsageError for a file that cannot be read or holds no address at all.
    """
    lines: list[Line] = []
    wrong: list[str] = []
    seen: set[str] = set()
    twice = 0
    for number, cell, target in _cells(path):
        url, why = _address(cell, site, anywhere)
        goal, why_not = _address(target, site, True) if target.strip() else ("", "")
        if why or why_not:
            wrong.append(f"{path}:{number}: {why or why_not}")
        if not url:
            continue
        key = crawl_key(url)
        twice += key in seen
        if key not in seen:
            seen.add(key)
            lines.append(Line(number, url, goal))
        if len(lines) > _MOST:
            raise UsageError(f"more than {_MOST:,} addresses", where=f"{path}:{number}", hint="Split the list.")
    if not lines:
        raise UsageError(
            f"no address of {site_host(site)} in it" if wrong else "empty", where=str(path), hint="\n  ".join(wrong[:5])
        )
    return Listed(tuple(lines), tuple(wrong), twice)


def admit(
    workspace: Workspace,
    run_id: int,
    settings: CrawlSettings,
    listed: Listed,
    *,
    by: Literal["list", "export"] = "list",
) -> None:
    """Has the addresses wait in the frontier of a run; those that are never fetched get their reason. `by`: what names them."""
    scope, drop = Scope(settings), frozenset(settings.drop)
    found = []
    for line in listed.lines:
        placed = scope.place(line.url, found_by="list")
        key = crawl_key(line.url, drop)
        found.append(
            Found(key=key, url=line.url, kind=placed.kind, priority=placed.priority, found_by=by, reason=placed.reason)
        )
    with workspace.write() as connection:
        frontier.add(connection, run_id, found)


def _address(cell: str, site: str, anywhere: bool) -> tuple[str, str]:
    """The absolute address in a cell, or why there is none."""
    cell = cell.strip()
    shown = f"'{cell[:80]}'"
    if cell.startswith("/") or is_http(cell.lower()):
        url = absolute(site, cell)
        if url is None or not is_http(url) or not site_host(url):
            return "", f"{shown} is not a web address"
        if not anywhere and site_host(url).removeprefix("www.") != site_host(site).removeprefix("www."):
            return "", f"{shown} is on another site than {site_host(site)}"
        return without_fragment(url), ""
    if _BARE.match(cell):
        return "", f"{shown} has no scheme; did you mean https://{cell[:80]}?"
    return "", f"{shown} is not a web address"


def _cells(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, address and target of each line that says anything."""
    body = sitemaps.unpacked(_bytes(path))
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        yield from _sitemap(path, body)
        return
    text = _text(body)
    if path.suffix.lower() in (".csv", ".tsv"):
        yield from _table(text)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            address, _, target = line.strip().partition("\t")
            yield number, address, target


def _sitemap(path: Path, body: bytes) -> Iterator[tuple[int, str, str]]:
    sitemap = sitemaps.read(body)
    if sitemap.kind == "index":
        raise UsageError(
            "a sitemap index lists sitemaps, not pages",
            where=str(path),
            hint=f"Give one of: {', '.join(sitemap.locations[:5])}",
        )
    if not sitemap.kind:
        raise UsageError(
            f"not a list of addresses: {sitemap.error}",
            where=str(path),
            hint="Give text with an address a line, a CSV, or a sitemap.",
        )
    for number, location in enumerate(sitemap.locations, 1):
        yield number, location, ""
    if sitemap.error or sitemap.cut:
        yield sitemap.line, f"(the sitemap ends here: {sitemap.error or 'too many addresses'})", ""


def _table(text: str) -> Iterator[tuple[int, str, str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max((",", ";", "\t"), key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    column = target = -1
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if column < 0:
            column, target, headed = _columns(cells)
            if headed:
                continue
        address = cells[column] if column < len(cells) else ""
        yield rows.line_num, address, cells[target] if 0 <= target < len(cells) else ""


def _columns(cells: list[str]) -> tuple[int, int, bool]:
    """Columns of address and target (-1: none), and whether this row names them."""
    addresses = [index for index, cell in enumerate(cells) if cell.startswith(("/", "http://", "https://"))]
    if addresses:
        return addresses[0], addresses[1] if len(addresses) > 1 else -1, False
    names = [cell.lower().replace("-", " ") for cell in cells]
    target = next((index for index, name in enumerate(names) if name in _TARGET), -1)
    column = next((index for index, name in enumerate(names) if name in _ADDRESS and index != target), -1)
    if column < 0 and target < 0 and len(cells) == 1:
        return 0, -1, (bool(cells[0]) and " " in cells[0]) or cells[0].isalpha()
    return (column if column >= 0 else 0 if target != 0 else 1), target, True


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            body = opened.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    if len(body) > _LARGEST:
        raise UsageError("longer than 200 MB", where=str(path), hint="Split the list.")
    return body


def _text(body: bytes) -> str:
    """UTF-8, the UTF-16 of spreadsheets, else Windows' western letters."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
