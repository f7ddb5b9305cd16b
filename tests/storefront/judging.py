"""Audits of storefronts that nobody here wrote, and the faults that were judged by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from auditor.config.config import Config
from auditor.model.finding import Finding
from auditor.model.words import Certainty
from auditor.pipeline import Audit, Outcome
from auditor.store import judgement
from auditor.store.workspace import Workspace

Fault = tuple[str, str, str]  # rule, page type, target


class Audited(NamedTuple):
    outcome: Outcome
    findings: list[Finding]
    types: dict[str, str]  # path -> page type

    @property
    def proven(self) -> set[Fault]:
        return {
            (str(one.rule), str(one.page_type), one.target)
            for one in self.findings
            if one.certainty is Certainty.PROVEN
        }


def audited(url: str, folder: Path, **config: Any) -> Audited:
    """`url` ends with a slash."""
    host = url.removeprefix("http://").rstrip("/")
    whole = {
        "site": {"url": url, "name": "storefront"},
        "host_map": {host: "shop.example"},  # a sample that no port decides on
        "report": ["html", "json"],
        "timing": {"repeats": 0},  # times are the machine's
        **config,
    }
    with Workspace.open(folder) as workspace:
        outcome = Audit.begin(Config.model_validate(whole), workspace).go()
        with workspace.read() as connection:
            evaluation = judgement.latest(connection, outcome.run.id)
            assert evaluation
            findings = list(judgement.findings_of(connection, evaluation))
            rows = connection.exec_driver_sql("SELECT url, page_type FROM pages WHERE page_type != ''").all()
    return Audited(outcome, findings, {str(one).removeprefix(url.rstrip("/")): str(kind) for one, kind in rows})


def judged(name: str) -> dict[Fault, str]:
    """Each proven fault of a storefront with the sentence that says why it is true."""
    rules = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
    return {
        (rule, page_type, row.get("target", "")): row["because"]
        for rule, rows in rules.items()
        for row in rows
        for page_type in row["pages"]
    }
