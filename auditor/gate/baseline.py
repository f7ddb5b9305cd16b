"""The baseline: problems that are known and accepted, in a file that goes into git with the shop.

One problem a line, sorted, so that it stays small and two branches merge.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from auditor.model.errors import UsageError
from auditor.model.written import Source

FORMAT = "auditor.baseline/1"
FILE = "auditor-baseline.json"  # where the config names none
_END = "end of the list"  # so that the last problem has a comma, as all others have


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A problem of the baseline: id and what a person tells it by."""

    id: str
    rule: str
    page_type: str
    target: str
    severity: str
    certainty: str


class Baseline(msgspec.Struct, kw_only=True):
    """`name`: of the file or run, as people know it. `measures`: of budgets that are held against it."""

    name: str
    problems: dict[str, Accepted] = {}
    measures: dict[str, float] = {}


def read(path: Path) -> Baseline | None:
    """The baseline in a file, JSON or YAML; None where there is no file yet. Raises UsageError with file:line."""
    if not path.exists():
        return None
    data = _data(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UsageError(
            f"this is no baseline of auditor's: it has no 'format: {FORMAT}'",
            where=str(path),
            hint="Write one: auditor gate --accept-current",
        )
    problems: dict[str, Accepted] = {}
    rows = data.get("problems")
    for number, row in enumerate(rows if isinstance(rows, list) else [], start=1):
        if row == _END:
            continue
        try:
            one = msgspec.convert(row, Accepted)
        except msgspec.ValidationError as error:
            raise UsageError(f"problem {number} of the baseline cannot be read: {error}", where=str(path)) from None
        problems[one.id] = one
    measures = data.get("measures")
    return Baseline(
        name=path.name,
        problems=problems,
        measures={str(name): float(value) for name, value in measures.items() if isinstance(value, int | float)}
        if isinstance(measures, dict)
        else {},
    )


def _data(path: Path) -> Any:
    if path.suffix != ".json":
        return Source.read(path).data
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        hint = "After a merge: is a mark of a conflict left in it?"
        raise UsageError("the baseline is not valid JSON", where=f"{path}:{line}", hint=hint) from None


def write(path: Path, problems: Iterable[Accepted], measures: Mapping[str, float]) -> int:
    """Writes the file whole or not at all; returns how many problems it holds. Raises UsageError where it can't."""
    ordered = sorted(
        {one.id: one for one in problems}.values(), key=lambda one: (one.rule, one.page_type, one.target, one.id)
    )
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(_text(ordered, measures, yaml=path.suffix != ".json"), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"the baseline cannot be written: {error.strerror or error}", where=str(path)) from None
    return len(ordered)


def _text(problems: list[Accepted], measures: Mapping[str, float], *, yaml: bool) -> str:
    lines = [_line(one) for one in problems]
    told = {name: float(f"{value:.4g}") for name, value in sorted(measures.items())}
    if yaml:
        kept = [f"format: {FORMAT}", f"measures: {json.dumps(told)}", "problems:", *(f"  - {line}" for line in lines)]
        return "\n".join(kept if lines else [*kept[:-1], "problems: []"]) + "\n"
    rows = "\n".join(f"  {line}," for line in lines)
    return f'{{\n "format": {json.dumps(FORMAT)},\n "measures": {json.dumps(told)},\n "problems": [\n{rows}{chr(10) if rows else ""}  {json.dumps(_END)}\n ]\n}}\n'


def _line(one: Accepted) -> str:
    values: dict[str, Any] = msgspec.to_builtins(one)
    return json.dumps(values, ensure_ascii=True)  # lone surrogates and line separators stay harmless
