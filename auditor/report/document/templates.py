"""The part of the result document about templates: pages built alike, one of them as every client saw it."""

from __future__ import annotations

import msgspec

from auditor.model.words import Severity
from auditor.report.document.pieces import SnapshotPart

Box = tuple[float, float, float, float]


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


class DifferingPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A block that looks otherwise. `how`: looks, size, moved, missing (from the second picture), added (there alone).

    Boxes in CSS pixels of the first and the second picture.
    """

    how: str
    label: str
    first: Box | None = None
    second: Box | None = None


class DifferencePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The example's picture with one browser against that with another, on one device. `share` of what was compared differs,
    `left_out` of the page was masked: both 0 to 1. `reason`: why they could not be compared.
    """

    first: str  # clients
    second: str
    share: float = 0.0
    left_out: float = 0.0
    masked: dict[str, int] = {}  # price, carousel, … -> places
    masks: tuple[Box, ...] = ()  # of the first picture
    places: tuple[DifferingPlace, ...] = ()  # largest first
    places_cut: int = 0
    reason: str = ""


class TemplatePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pages built alike: how many there are and how many browsers opened, one of them as every client saw it."""

    page_type: str
    template: str
    pages: int
    opened: int
    example: str = ""  # URL
    snapshots: tuple[SnapshotPart, ...] = ()  # of the example, in the order of the matrix
    boxes: dict[str, tuple[Box, ...]] = {}  # client -> places of its findings on the example
    rows: tuple[MatrixRow, ...] = ()  # worst first
    rows_cut: int = 0
    times: tuple[TimePart, ...] = ()
    differences: tuple[DifferencePart, ...] = ()  # between browsers, one for each device and further browser
