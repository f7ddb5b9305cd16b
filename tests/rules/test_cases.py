"""Every rule against its cases: tests/rules/PACK/RULE.yaml holds evidence and the exact outcomes and findings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from auditor.checks import registry
from auditor.evaluate.judge import Judge, Page
from auditor.evaluate.packs import load
from auditor.evidence.bundle import KINDS, Bundle
from auditor.evidence.http import Response
from auditor.facts.snapshot import ExpectedTagFact, SiteContext, Snapshot
from auditor.model.query import LinkTarget
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import FetchOutcome, Outcome, PageType

HERE = Path(__file__).parent
URL = "https://shop.example/products/lamp"


@cache
def rules() -> dict[str, Any]:
    return {rule.id: rule for rule in load().rules}


def cases() -> list[Any]:
    found = []
    for file in sorted(HERE.glob("*/*.yaml")):
        rule_id = f"{file.parent.name}/{file.stem}"
        own = yaml.safe_load(file.read_text(encoding="utf-8"))
        found += [pytest.param(rule_id, case, id=f"{rule_id}: {case['name']}") for case in own]
    return found


@pytest.mark.parametrize(("rule_id", "case"), cases())
def test_case(rule_id: str, case: dict[str, Any]) -> None:
    judge = Judge([rules()[rule_id]], dict(registry.load()), {}, ())
    judged = judge.page(_page(case))

    outcomes = sorted({(tally.client, str(tally.outcome)) for tally in judged.tallies})
    wanted = case["outcome"]
    if isinstance(wanted, str):
        assert {outcome for _, outcome in outcomes} == {wanted}, judged.tallies
    else:
        assert outcomes == sorted((client, outcome) for client, outcome in wanted.items()), judged.tallies

    found = [_told(finding) for finding in judged.findings]
    expected = case.get("findings", [])
    assert len(found) == len(expected), found
    for want in expected:
        assert any(all(have[name] == value for name, value in want.items()) for have in found), (want, found)
    for finding in judged.findings:
        assert "unknown)" not in finding.message, finding.message
    if "reason" in case:
        assert any(case["reason"] in tally.reason for tally in judged.tallies), judged.tallies


def test_every_rule_has_cases() -> None:
    there = {f"{file.parent.name}/{file.stem}" for file in HERE.glob("*/*.yaml")}
    assert there == set(rules())


@pytest.mark.parametrize("rule_id", sorted(rules()))
def test_every_rule_fires_passes_and_bears_its_hazard(rule_id: str) -> None:
    pack, name = rule_id.split("/")
    own = yaml.safe_load((HERE / pack / f"{name}.yaml").read_text(encoding="utf-8"))
    outcomes = {
        outcome
        for case in own
        for outcome in ([case["outcome"]] if isinstance(case["outcome"], str) else case["outcome"].values())
    }
    assert Outcome.FAILED in outcomes
    assert Outcome.PASSED in outcomes
    hazards = [case for case in own if case.get("hazard")]
    assert hazards, "no case names what could fool the rule"
    assert all(not case.get("findings") or case.get("certainty_lowered") for case in hazards)


def _told(finding: Any) -> dict[str, Any]:
    return {
        "target": finding.target,
        "severity": str(finding.severity),
        "certainty": str(finding.certainty),
        "message": finding.message,
        "clients": list(finding.clients),
    }


def _page(case: dict[str, Any]) -> Page:
    site = _site(case.get("site", {}))
    url = case.get("url", URL)
    page_type = PageType(case.get("page_type", "product"))
    targets = {
        key: msgspec.convert({"url": key, "confirmed": 2, **value}, LinkTarget)
        for key, value in case.get("targets", {}).items()
    }
    look_up = (lambda urls: {one: targets[one] for one in urls if one in targets}) if "targets" in case else None

    raw = None
    if "html" in case:
        headers = tuple(
            (name.lower(), value)
            for name, value in {"content-type": "text/html; charset=utf-8", **case.get("headers", {})}.items()
        )
        response = Response(
            url=url, final_url=url, outcome=FetchOutcome.OK, status=case.get("status", 200), headers=headers
        )
        raw = Snapshot(
            SnapshotKey(url), url, site, body=lambda: case["html"].encode(), response=response, targets=look_up
        )
    rendered = []
    for client, evidence in case.get("rendered", {}).items():
        rendered.append(_rendered(url, client, evidence, site, look_up))
    for one in ([raw] if raw else []) + rendered:
        one.page_type = page_type
    return Page(
        key=url,
        url=url,
        page_type=page_type,
        platform=case.get("platform", ""),
        raw=raw,
        rendered=rendered,
        renders_differently=case.get("renders_differently"),
    )


def _rendered(url: str, client: str, evidence: dict[str, Any], site: SiteContext, look_up: Any) -> Snapshot:
    bundle = Bundle()
    for kind, value in {"visit": {}, **evidence}.items():
        if kind in ("html", "state", "missing"):
            continue
        if kind == "visit":
            value = {"final_url": url, "status": 200, "watched_ms": 2500, **value}
        bundle.put(kind, msgspec.convert(value, KINDS[kind]))
    bundle.missing.update(evidence.get("missing", {}))
    html = evidence.get("html")
    key = SnapshotKey(url, Client.parse(client), State.parse(evidence.get("state", "")))
    return Snapshot(
        key, url, site, body=(lambda: html) if html is not None else None, bundle=lambda: bundle, targets=look_up
    )


def _site(given: dict[str, Any]) -> SiteContext:
    tags = tuple(msgspec.convert(tag, ExpectedTagFact) for tag in given.get("expected_tags", []))
    return SiteContext(**{"hosts": ("shop.example",), **given, "expected_tags": tags})
