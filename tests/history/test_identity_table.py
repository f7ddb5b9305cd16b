"""What keeps the key of a finding or problem and what changes it, by the table in identity.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.checks import registry
from auditor.crawl.settings import dropped_parameters
from auditor.evaluate import made_up
from auditor.evaluate.judge import Judge
from auditor.evaluate.packs import load
from auditor.history.identity import target_key
from auditor.model.rule import Rule
from auditor.model.urls import page_key

HOSTS = {"staging.shop.example": "www.shop.example", "127.0.0.1:8000": "www.shop.example"}
TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("identity.yaml").read_text(encoding="utf-8")
)


@cache
def dropped() -> frozenset[str]:
    return frozenset(dropped_parameters())


@cache
def rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in load().rules}


def rows(section: str) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in TABLE[section]]


@pytest.mark.parametrize("row", rows("pages"))
def test_pages(row: dict[str, Any]) -> None:
    before, after = (page_key(row[name], HOSTS, dropped()) for name in ("before", "after"))
    assert (before == after) is row["same"], (before, after)


@pytest.mark.parametrize("row", rows("targets"))
def test_targets(row: dict[str, Any]) -> None:
    before, after = (target_key(row[name], HOSTS, dropped()) for name in ("before", "after"))
    assert (before == after) is row["same"], (before, after)


@pytest.mark.parametrize("row", rows("rules"))
def test_problems_of_rules(row: dict[str, Any]) -> None:
    before, after = (problems(row["rule"], row[name]) for name in ("before", "after"))
    assert before
    assert after
    assert (before == after) is row["same"], (before, after)


def problems(rule: str, evidence: dict[str, Any]) -> set[str]:
    judge = Judge([rules()[rule]], dict(registry.load()), HOSTS, dropped())
    return {finding.problem for finding in judge.page(made_up.page(evidence)).findings}


def test_the_table_is_as_long_as_was_asked_for() -> None:
    assert sum(len(part) for part in TABLE.values()) >= 60
    assert min(sum(not row["same"] for row in part) for part in TABLE.values()) >= 5
