"""The result document: everything a report says, as data. Every format is a view of it; `result.json` is it.

Its JSON Schema stands in docs/ and is versioned: fields are added, never renamed; old documents stay readable.
"""

from __future__ import annotations

import msgspec

from auditor.report.document.coverage import ClientPart, CoveragePart, NotChecked, RulePart, TrapPart
from auditor.report.document.history import EndingPart, HistoryPart, StandingPart, TrendPart
from auditor.report.document.pieces import Counted, PicturePart, SnapshotPart
from auditor.report.document.problems import FindingPart, PagePart, ProblemPart
from auditor.report.document.products import PriceCell, PriceRow, ProductPart, SourcePart, SourceSet
from auditor.report.document.run import BudgetPart, RunPart, SideEffectsPart, VerdictPart
from auditor.report.document.shop import (
    ConsentCell,
    ConsentModeRow,
    ConsentPart,
    ConsentRow,
    CookieRow,
    CostCell,
    ShopPart,
    TagCell,
    TagPart,
    ThirdPartyCost,
)
from auditor.report.document.templates import (
    DifferencePart,
    DifferingPlace,
    MatrixCell,
    MatrixRow,
    TemplatePart,
    TimePart,
)

__all__ = [
    "VERSION",
    "BudgetPart",
    "ClientPart",
    "ConsentCell",
    "ConsentModeRow",
    "ConsentPart",
    "ConsentRow",
    "CookieRow",
    "CostCell",
    "Counted",
    "CoveragePart",
    "DifferencePart",
    "DifferingPlace",
    "EndingPart",
    "FindingPart",
    "HistoryPart",
    "MatrixCell",
    "MatrixRow",
    "NotChecked",
    "PagePart",
    "PicturePart",
    "PriceCell",
    "PriceRow",
    "ProblemPart",
    "ProductPart",
    "ResultDocument",
    "RulePart",
    "RunPart",
    "ShopPart",
    "SideEffectsPart",
    "SnapshotPart",
    "SourcePart",
    "SourceSet",
    "StandingPart",
    "TagCell",
    "TagPart",
    "TemplatePart",
    "ThirdPartyCost",
    "TimePart",
    "TrapPart",
    "TrendPart",
    "VerdictPart",
]

VERSION = "auditor.result/1"


class ResultDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole result. Pages and products are capped (`…_cut` says how many are left out); the store has all."""

    version: str = VERSION
    run: RunPart
    verdict: VerdictPart
    coverage: CoveragePart
    side_effects: SideEffectsPart
    shop: ShopPart
    problems: tuple[ProblemPart, ...]
    rules: tuple[RulePart, ...]
    pages: tuple[PagePart, ...]
    pages_cut: int = 0
    products: tuple[ProductPart, ...] = ()  # those with problems first
    products_cut: int = 0
    history: HistoryPart = HistoryPart()
    prices: tuple[PriceRow, ...] = ()  # the price truth table, rows that differ first
    prices_cut: int = 0
    templates: tuple[TemplatePart, ...] = ()  # those that browsers opened first
    templates_cut: int = 0
    sources: tuple[SourcePart, ...] = ()  # exports and feeds
