"""faults.yaml: every rule is in it, and every fault is put into the answer it names."""

from pathlib import Path

import pytest
import yaml

from auditor.demo.app import App, Request
from auditor.demo.faults import Fault, load_faults, load_not_seeded
from auditor.demo.situations import load_situations

RULES = Path(__file__).parents[2] / "rules"
ORIGIN = "http://127.0.0.1:8000"
FAULTS = [fault for faults in load_faults().values() for fault in faults]
MOST_PAGES = 37  # each is opened in two browsers on two devices


def rules() -> set[str]:
    packs = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in RULES.glob("*.yaml")]
    return {f"{pack['pack']}/{rule['id']}" for pack in packs for rule in pack["rules"]}


def test_every_rule_has_a_fault_or_a_reason_for_none() -> None:
    elsewhere = {rule for situation in load_situations().values() for rule in situation.faults}
    seeded, reasons = set(load_faults()) | elsewhere, load_not_seeded()
    assert seeded | set(reasons) == rules()
    assert not seeded & set(reasons)
    assert all(reasons.values())


def test_the_pages_with_faults_are_few() -> None:
    assert len({fault.url for fault in FAULTS if fault.opened}) <= MOST_PAGES


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule} {fault.url}")
def test_each_fault_changes_its_page_or_follows_from_another(fault: Fault) -> None:
    assert fault.certainty in ("proven", "likely", "needs_review")
    clean, faulty = App(clean=True), App(faults={fault.rule})
    for edit in fault.edits:
        before, after = (app.answer(Request("GET", edit.at, ORIGIN)) for app in (clean, faulty))
        assert before.status == after.status == 200
        assert before.body != after.body or set(edit.headers) <= set(after.headers) - set(before.headers)
    if not fault.edits:
        assert any(other.rule in fault.note and other.edits for other in FAULTS)


@pytest.mark.parametrize("address", sorted({edit.at for fault in FAULTS for edit in fault.edits}))
def test_the_faults_of_a_page_go_together(address: str) -> None:
    answer = App().answer(Request("GET", address, ORIGIN))
    assert answer.status == 200
    for edit in [edit for fault in FAULTS for edit in fault.edits if edit.at == address]:
        for part in (edit.adds, edit.head):
            assert "$" in part or part.encode() in answer.body


def test_a_fault_whose_place_is_gone_is_told() -> None:
    app = App(faults={"meta/viewport"})
    (fault,) = load_faults()["meta/viewport"]
    with pytest.raises(ValueError, match="meta/viewport on /pages/materials: stands there 0 times"):
        app.planted.spoil("<html></html>", fault.url, ORIGIN)
