"""The whole way on the demo shop, in real browsers: exactly the faults it has on purpose, no others, and no harm done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from auditor.config.config import Config
from auditor.demo import DemoShop, load_faults
from auditor.demo.config import config_of
from auditor.model.finding import Finding
from auditor.pipeline import Audit, Outcome
from auditor.render.browsers import available
from auditor.store import judgement
from auditor.store.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.firefox, pytest.mark.slow, pytest.mark.timeout(1500)]
BROWSERS = ("chromium", "firefox")


class Audited(NamedTuple):
    outcome: Outcome
    findings: list[Finding]
    carts: int
    changes: int
    workspace: Path


def audited(folder: Path, *, clean: bool) -> Audited:
    """Audits the shop in both browsers: pages with a fault, and one of each template."""
    assert set(BROWSERS) <= set(available()), (
        "Chromium and Firefox are needed: auditor browsers install chromium firefox"
    )
    with DemoShop(clean=clean) as shop, Workspace.open(folder) as workspace:
        config = config_of(shop.url, BROWSERS)
        config["render"] |= {"per_template": 1}
        if clean:
            config["render"] |= {"always": []}
        outcome = Audit.begin(Config.model_validate(config), workspace).go()
        with workspace.read() as connection:
            evaluation = judgement.latest(connection, outcome.run.id)
            assert evaluation
            findings = list(judgement.findings_of(connection, evaluation))
        return Audited(outcome, findings, shop.carts, shop.cart_changes, folder)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited(tmp_path_factory.mktemp("faulty"), clean=False)


def test_finds_exactly_the_faults_put_in_on_purpose(faulty: Audited) -> None:
    found = {(finding.rule, path(finding.url)) for finding in faulty.findings}
    expected = {(rule, fault.url) for rule, faults in load_faults().items() for fault in faults}
    assert found == expected
    assert len(faulty.findings) == sum(len(faults) for faults in load_faults().values())


def test_every_fault_is_proven_and_seen_by_the_clients_that_can_see_it(faulty: Audited) -> None:
    for rule, faults in load_faults().items():
        for fault in faults:
            (finding,) = [one for one in faulty.findings if one.rule == rule and path(one.url) == fault.url]
            assert finding.certainty == "proven", finding
            if fault.clients:
                assert set(finding.clients) == set(fault.clients), finding
            elif rule in (
                "accessibility/axe",
                "images/broken",
                "leaks/template-token",
                "prices/shown-equals-markup",
                "tracking/expected-tag",
            ):
                assert set(finding.clients) == {
                    f"{browser}/{device}" for browser in BROWSERS for device in ("desktop", "phone")
                }, finding


def test_nothing_was_delivered_and_no_cart_was_touched(faulty: Audited) -> None:
    document = faulty.outcome.document
    assert document.side_effects.delivered == 0
    assert sum(one.count for one in document.side_effects.answered) > 100
    assert document.side_effects.withheld == ()
    assert (faulty.carts, faulty.changes) == (0, 0)
    assert document.side_effects.unsafe_links


def test_the_audit_was_complete_and_says_so(faulty: Audited) -> None:
    document = faulty.outcome.document
    assert document.coverage.complete
    assert document.coverage.share == 1
    assert {client.client for client in document.coverage.clients} == {
        "http",
        *(f"{b}/{d}" for b in BROWSERS for d in ("desktop", "phone")),
    }
    assert not [client for client in document.coverage.clients if client.failed]
    assert faulty.outcome.verdict.exit_code == 0
    assert "no baseline" in " ".join(faulty.outcome.verdict.reasons)


def test_the_report_is_there_in_every_format(faulty: Audited) -> None:
    files = faulty.outcome.files
    assert set(files) == {"html", "json", "junit"}
    data = json.loads(files["json"].read_text(encoding="utf-8"))
    assert len(data["problems"]) == len(faulty.outcome.document.problems) > 0
    pictures = list((files["html"].parent / "pictures").glob("*.png"))
    assert pictures
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_judging_again_without_browser_or_network_gives_the_same(faulty: Audited) -> None:
    with Workspace.open(faulty.workspace) as workspace:
        audit = Audit.reopen(workspace)
        evaluation = audit.evaluate()
        with workspace.read() as connection:
            again = list(judgement.findings_of(connection, evaluation))
    assert again == faulty.findings


def test_the_clean_shop_has_nothing(tmp_path: Path) -> None:
    clean = audited(tmp_path, clean=True)
    assert [(one.rule, path(one.url), one.target) for one in clean.findings] == []
    assert clean.outcome.verdict.exit_code == 0
    assert clean.outcome.document.coverage.complete
    assert (clean.carts, clean.changes) == (0, 0)


def path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
