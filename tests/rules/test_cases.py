"""Every rule against its cases: tests/rules/PACK/RULE.yaml holds evidence and the exact outcomes and findings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluate import cases as rule_cases
from auditor.evaluate.cases import Case
from auditor.evaluate.packs import load
from auditor.model.rule import Rule

HERE = Path(__file__).parent


@cache
def rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in load().rules}


@cache
def cases() -> dict[str, list[Case]]:
    """Rule id -> its cases."""
    return {f"{file.parent.name}/{file.stem}": rule_cases.read(file) for file in sorted(HERE.glob("*/*.yaml"))}


def parameters() -> list[Any]:
    return [
        pytest.param(rule_id, case, id=f"{rule_id}: {case.name}") for rule_id, own in cases().items() for case in own
    ]


@pytest.mark.parametrize(("rule_id", "case"), parameters())
def test_case(rule_id: str, case: Case) -> None:
    if told := rule_cases.differences(rules()[rule_id], case):
        pytest.fail("\n".join(told), pytrace=False)


def test_every_rule_has_cases() -> None:
    assert set(cases()) == set(rules())


@pytest.mark.parametrize("rule_id", sorted(rules()))
def test_every_rule_fires_passes_and_bears_its_hazard(rule_id: str) -> None:
    assert rule_cases.lacking(cases()[rule_id]) == []
