"""What the gate is asked for: what counts, against what, and which budgets must hold."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BeforeValidator, Field, PlainSerializer

from auditor.config.devices import DEVICES
from auditor.config.values import Share
from auditor.model.words import BrowserName, Certainty, PageType, Severity
from auditor.model.written import Written

FailOn = Severity | Literal["never"]

# What is measured on pages, the unit of its limit, and what people call it; seconds and bytes are kept as such
TIMES = {
    "ttfb": "time to the first byte", "fcp": "first paint (FCP)", "lcp": "largest paint (LCP)",
    "tbt": "time blocked by scripts (TBT)", "load": "time to load",
}  # fmt: skip
SHIFTS = {"cls": "layout shift (CLS)"}
WEIGHTS = {
    "weight": "weight", "script_weight": "weight of scripts", "style_weight": "weight of styles",
    "image_weight": "weight of pictures", "font_weight": "weight of fonts",
}  # fmt: skip
COUNTED = {"requests": "requests"}
MEASURED = {**TIMES, **SHIFTS, **WEIGHTS, **COUNTED}
PRICES, PROBLEMS, COVERAGE = "price_mismatches", "problems", "coverage"

_TIME = {"": 1.0, "s": 1.0, "ms": 0.001}
_BYTES = {"": 1.0, "b": 1.0, "kb": 1e3, "mb": 1e6, "kib": 1024.0, "mib": 1024.0**2}
_AMOUNT = re.compile(r"\s*(\+?)\s*(\d+(?:\.\d+)?)\s*(%|[a-zA-Z]*)\s*")


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A limit: `value` in seconds, bytes, a share or a count; `added` to what the baseline has, `share` of it."""

    name: str
    metric: str  # of MEASURED, a rule id or glob, a severity, or one of the words above
    value: float
    added: bool = False
    share: bool = False
    page_type: str = ""
    device: str = ""
    browser: str = ""

    @property
    def written(self) -> str:
        """As in a config."""
        sign = "+" if self.added else ""
        if self.share or self.metric == COVERAGE:
            return f"{sign}{self.value * 100:g}%"
        if self.metric in TIMES:
            return f"{sign}{self.value:g}s"
        return f"{sign}{self.value:g}"


def budget(name: str, value: Any) -> Budget:
    """`lcp_product_phone: 2.5s` and its kin. Raises ValueError with the mend."""
    match = _AMOUNT.fullmatch(value if isinstance(value, str) else f"{value}")
    if match is None or isinstance(value, bool):
        raise ValueError(f"{name}: '{value}' is not a limit; write it like 2.5s, 1.5MB, 0, +10% or +0.2s")
    added, amount, unit = bool(match[1]), float(match[2]), match[3].lower()
    metric, rest = _metric(name)
    share = unit == "%" and metric != COVERAGE
    if share and not added:
        raise ValueError(f"{name}: a share is one of the baseline's value; write it like +{amount:g}%")
    if metric == COVERAGE:
        amount = amount / 100 if unit == "%" or amount > 1 else amount
    elif share:
        amount = amount / 100
    else:
        units = _TIME if metric in TIMES else _BYTES if metric in WEIGHTS else {"": 1.0}
        if unit not in units:
            known = ", ".join(filter(None, units)) or "none"
            raise ValueError(f"{name}: '{value}' has the unit '{match[3]}'; known here: {known}")
        amount *= units[unit]
    return Budget(name=name, metric=metric, value=amount, added=added, share=share, **rest)


def _metric(name: str) -> tuple[str, dict[str, str]]:
    """What is limited, and on which page type, device and browser."""
    if "/" in name or name in (PRICES, PROBLEMS, COVERAGE) or name in list(Severity):
        return name, {}
    metric = next(
        (one for one in sorted(MEASURED, key=len, reverse=True) if name == one or name.startswith(f"{one}_")), ""
    )
    if not metric:
        known = ", ".join([*MEASURED, PRICES, PROBLEMS, COVERAGE, *Severity])
        raise ValueError(
            f"there is no budget '{name}'; known: {known}, and ids of rules; then _PAGETYPE, _DEVICE, _BROWSER"
        )
    rest: dict[str, str] = {}
    kinds: dict[str, list[str]] = {
        "page_type": [str(one) for one in PageType],
        "device": list(DEVICES),
        "browser": [str(one) for one in BrowserName],
    }
    for word in filter(None, name.removeprefix(metric).split("_")):
        kind = next((kind for kind, words in kinds.items() if word in words), "")
        if not kind or kind in rest:
            raise ValueError(f"budget '{name}': '{word}' is no page type, device or browser that is still open")
        rest[kind] = word
    return metric, rest


def _budgets(value: Any) -> Any:
    if isinstance(value, dict):
        for name, limit in value.items():
            budget(str(name), limit)
    return value


class Where(Written):
    """For some problems another limit; the first entry that fits decides, `never` lets all of them pass."""

    rules: tuple[str, ...] = ()  # ids or globs; empty: all, as with the others
    page_types: tuple[PageType, ...] = ()
    devices: tuple[str, ...] = ()
    environments: tuple[Literal["production", "staging", "preview"], ...] = ()
    fail_on: FailOn = Severity.SERIOUS
    certainty: Certainty = Certainty.PROVEN
    only: Literal["new", "all"] = "new"


class Gate(Written):
    """`baseline`: a file, the name of a run, or `previous`. Without one everything is reported; with `fail_on` it all counts."""

    baseline: str = ""
    only: Literal["new", "all"] = "new"
    fail_on: FailOn | None = None  # None: serious where there is a baseline, else nothing fails
    certainty: Certainty = Certainty.PROVEN
    min_coverage: Share = 0.5
    budgets: Annotated[
        dict[str, str | float], BeforeValidator(_budgets), PlainSerializer(lambda value: dict(value))
    ] = {}
    where: tuple[Where, ...] = Field(default=())
    on_incomplete: Literal["fail", "warn"] = "fail"  # warn: an audit that could not be completed does not fail by that
    report_only: bool = False  # says what it would have been, and ends with 0

    @property
    def limits(self) -> list[Budget]:
        return [budget(name, value) for name, value in self.budgets.items()]

    @property
    def times(self) -> dict[str, float]:
        """Limits of times and layout shift that rules hold pages to as well: name without browser -> milliseconds, or the score."""
        return {
            "_".join(filter(None, (one.metric, one.page_type, one.device))): one.value
            * (1000 if one.metric in TIMES else 1)
            for one in self.limits
            if (one.metric in TIMES or one.metric in SHIFTS) and not (one.added or one.share or one.browser)
        }
