"""The part of the result document about templates: pages built alike, one of them as every client saw it."""

from __future__ import annotations

import msgspec

from auditor.model.words import Severity
from auditor.report.document.pieces import SnapshotPart


class MatrixCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule and a client on the pages of a template. `state`: found, clean (looked and found nothing), unknown."""

    client: str
    state: str
    count: int = 0  # findings


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    rule: str
    title: str
    severity: Severity
    cells: tuple[MatrixCell, ...] = ()
    differs: bool = False  # found by some clients and not by others that looked


class TimePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time of the example page with one client: milliseconds (a score for cls) of every load, and their median."""

    client: str
    metric: str  # ttfb, fcp, lcp, tbt, cls
    median: float
    values: tuple[float, ...]
    limit: float = 0.0  # what the rule aims for; 0: nothing
    throttled: str = ""


class TemplatePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pages built alike: how many there are and how many browsers opened, one of them as every client saw it."""

    page_type: str
    template: str
    pages: int
    opened: int
    example: str = ""  # URL
    snapshots: tuple[SnapshotPart, ...] = ()  # of the example, in the order of the matrix
    boxes: dict[
        str, tuple[tuple[float, float, float, float], ...]
    ] = {}  # client -> places of its findings on the example
    rows: tuple[MatrixRow, ...] = ()  # worst first
    rows_cut: int = 0
    times: tuple[TimePart, ...] = ()
