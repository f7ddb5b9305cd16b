"""The whole way on the demo shop, in real browsers: exactly the faults it has on purpose, no others, and no harm done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from auditor.checks import registry
from auditor.config.config import Config
from auditor.demo import DemoShop
from auditor.demo.config import config_of
from auditor.evaluate.packs import load
from auditor.model.finding import Finding
from auditor.model.words import Answer, On, Scope
from auditor.pipeline import Audit, Outcome
from auditor.render.browsers import available
from auditor.store import judgement
from auditor.store.workspace import Workspace
from tests.e2e.kit import visible

pytestmark = [pytest.mark.browser, pytest.mark.firefox, pytest.mark.slow, pytest.mark.timeout(1500)]
DEVICES = {
    "chromium": ["desktop", "phone"],
    "firefox": ["desktop"],
}  # a device less than people have: each costs minutes
CLEAN_DEVICES = {"chromium": ["desktop", "phone"], "firefox": ["phone"]}


def seen_by_all() -> frozenset[str]:
    """Rules that look at the page in every browser and on every device, one by one; those of an answer look in one alone."""
    checks = registry.load()
    return frozenset(
        rule.id
        for rule in load().rules
        if rule.on is On.RENDERED and Answer.NONE in rule.states and checks[rule.check].scope is not Scope.PAGE
    )


class Audited(NamedTuple):
    browser: str
    outcome: Outcome
    findings: list[Finding]
    carts: int
    changes: int
    workspace: Path

    @property
    def clients(self) -> set[str]:
        return {f"{self.browser}/{device}" for device in DEVICES[self.browser]}


def audited(folder: Path, browser: str, *, clean: bool) -> Audited:
    """Audits the shop in one browser: pages with a fault, and one of each template."""
    assert browser in available(), f"{browser} is needed: auditor browsers install {browser}"
    with DemoShop(clean=clean) as shop, Workspace.open(folder) as workspace:
        config = config_of(shop.url, [browser])
        config["render"] |= {"per_template": 1, "devices": DEVICES[browser], "workers": 1 if clean else 2}
        if clean:
            config["render"] |= {"always": [], "devices": CLEAN_DEVICES[browser]}
            if browser == "firefox":
                config["consent"] = ["none"]
        outcome = Audit.begin(Config.model_validate(config), workspace).go()
        with workspace.read() as connection:
            evaluation = judgement.latest(connection, outcome.run.id)
            assert evaluation
            findings = list(judgement.findings_of(connection, evaluation))
        return Audited(browser, outcome, findings, shop.carts, shop.cart_changes, folder)


@pytest.fixture(scope="module", params=DEVICES)
def faulty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited(tmp_path_factory.mktemp("faulty"), request.param, clean=False)


def test_finds_exactly_the_faults_put_in_on_purpose(faulty: Audited) -> None:
    found = sorted((finding.rule, path(finding.url)) for finding in faulty.findings)
    assert found == sorted((fault.rule, fault.url) for fault in visible(faulty.clients))


def test_every_fault_is_as_certain_as_it_can_be_and_seen_by_the_clients_that_can_see_it(faulty: Audited) -> None:
    everywhere = seen_by_all()
    for fault in visible(faulty.clients):
        (finding,) = [one for one in faulty.findings if one.rule == fault.rule and path(one.url) == fault.url]
        assert finding.certainty == fault.certainty, finding
        assert fault.target in " ".join([finding.target, finding.message, *(one.text for one in finding.excerpts)])
        if fault.clients:
            assert set(finding.clients) == set(fault.clients) & faulty.clients, finding
        elif fault.rule in everywhere:
            assert set(finding.clients) == faulty.clients, finding


def test_nothing_was_delivered_and_no_cart_was_touched(faulty: Audited) -> None:
    document = faulty.outcome.document
    assert document.side_effects.delivered == 0
    assert sum(one.count for one in document.side_effects.answered) > 50
    assert document.side_effects.withheld == ()
    assert (faulty.carts, faulty.changes) == (0, 0)
    assert document.side_effects.unsafe_links


def test_the_audit_was_complete_and_says_so(faulty: Audited) -> None:
    document = faulty.outcome.document
    assert document.coverage.complete
    assert document.coverage.share == 1
    assert {client.client for client in document.coverage.clients} == {"http", *faulty.clients}
    assert not [client for client in document.coverage.clients if client.failed]
    assert faulty.outcome.verdict.exit_code == 0
    assert "no baseline" in " ".join(faulty.outcome.verdict.reasons)


def test_the_report_is_there_in_every_format(faulty: Audited) -> None:
    files = faulty.outcome.files
    assert {"html", "json", "junit", "csv", "markdown"} <= set(files)
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


@pytest.mark.parametrize("browser", CLEAN_DEVICES)
def test_the_clean_shop_has_nothing(tmp_path: Path, browser: str) -> None:
    clean = audited(tmp_path, browser, clean=True)
    assert [(one.rule, path(one.url), one.target) for one in clean.findings] == []
    assert clean.outcome.verdict.exit_code == 0
    assert clean.outcome.document.coverage.complete
    assert (clean.carts, clean.changes) == (0, 0)


def path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
