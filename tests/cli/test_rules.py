"""`auditor rules`: lists by what is asked for, explains a rule, suggests what comes near, tries a pack on its cases."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli import main
from auditor.evaluate.packs import load

Called = tuple[int, str, str]
PACK = """\
pack: ours
title: Our rules
rules:
  - id: delivery-time
    title: Products say when they arrive
    severity: serious
    certainty: proven
    owner: content
    applies_to: {page_type: [product], platform: [shopify]}
    check: elements_counted
    with: {selector: .delivery-time}
    message: "{selector} is not there."
    why: They ask.
    fix: Fill it in.
"""
CASES = """\
- {name: nothing, html: <p>, platform: shopify, renders_differently: false, outcome: failed, findings: [{target: ""}]}
- {name: a note, html: "<p class='delivery-time'>", platform: shopify, outcome: passed}
- {name: a category, hazard: true, page_type: category, html: <p>, outcome: {}}
"""


@pytest.fixture
def auditor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Called]:
    (tmp_path / "own.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "delivery-time.yaml").write_text(CASES, encoding="utf-8")

    def call(*arguments: str) -> Called:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["auditor", "rules", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


def _ids(out: str) -> set[str]:
    return {line.split()[0] for line in out.splitlines() if line.startswith("  ")}


def test_all_are_listed(auditor: Callable[..., Called]) -> None:
    code, out, _ = auditor("list")
    assert code == 0
    assert _ids(out) == {rule.id for rule in load().rules}


@pytest.mark.parametrize(
    ("arguments", "holds"),
    [
        (["--severity", "serious"], lambda rule: rule.severity in ("critical", "serious")),
        (["--certainty", "proven"], lambda rule: rule.certainty == "proven"),
        (["--owner", "marketing"], lambda rule: rule.owner == "marketing"),
        (["--pack", "meta"], lambda rule: rule.pack == "meta"),
        (["--platform", "shopify"], lambda rule: not rule.platforms or "shopify" in rule.platforms),
        (["--page-type", "cart"], lambda rule: not rule.page_types or "cart" in rule.page_types),
        (["--page-type", "error"], lambda rule: "error" in rule.page_types),
    ],
)
def test_they_are_listed_by_what_is_asked_for(
    auditor: Callable[..., Called], arguments: list[str], holds: Callable[..., bool]
) -> None:
    code, out, _ = auditor("list", *arguments)
    assert code == 0
    assert _ids(out) == {rule.id for rule in load().rules if holds(rule)}


def test_a_pack_of_ones_own_is_listed_and_explained(auditor: Callable[..., Called]) -> None:
    assert "ours/delivery-time" in auditor("list", "--pack", "own.yaml")[1]
    assert "0 of 1 rules" in auditor("list", "--pack", "own.yaml", "--platform", "magento")[1]
    code, out, _ = auditor("explain", "delivery-time", "--pack", "own.yaml")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == "ours/delivery-time: Products say when they arrive"
    assert {
        "Severity serious",
        "For content",
        "Pages product pages on Shopify",
        "Needs the page's HTML",
        "selector = .delivery-time (has no default), Selector",
        "minimum = 1 (the default), int",
        "Fires nothing",
        "Passes a note",
        "Not fooled a category",
        "Defined in own.yaml:4",
    } <= set(lines)


def test_what_needs_a_browser_says_so(auditor: Callable[..., Called]) -> None:
    assert re.search(
        r"^Needs +a browser \(.*the requests it sends", auditor("explain", "tracking/expected-tag")[1], re.M
    )


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("canonical/mising", "Did you mean canonical/missing"),
        ("mising", "Did you mean canonical/missing"),
        ("malfromed", "Did you mean links/malformed"),
        ("zzzzzz", "See: auditor rules list"),
    ],
)
def test_what_comes_near_is_suggested(auditor: Callable[..., Called], wanted: str, says: str) -> None:
    code, _, err = auditor("explain", wanted)
    assert code == 2
    assert f"there is no rule '{wanted}'" in err
    assert says in err


def test_an_unknown_platform_is_refused(auditor: Callable[..., Called]) -> None:
    code, _, err = auditor("list", "--platform", "shopfy")
    assert (code, "Known: bigcommerce" in err) == (2, True)


def test_a_pack_answers_its_cases(auditor: Callable[..., Called]) -> None:
    assert auditor("test", "own.yaml") == (0, "1 rule, 3 cases: all right\n", "")


def test_a_difference_is_told(auditor: Callable[..., Called], tmp_path: Path) -> None:
    file = tmp_path / "own" / "delivery-time.yaml"
    file.write_text(CASES.replace("<p class='delivery-time'>", "<p class='delivery'>"), encoding="utf-8")
    code, out, _ = auditor("test", "own.yaml")
    assert code == 1
    assert "ours/delivery-time: a note: outcome http: failed; expected passed" in out
    assert "ours/delivery-time: a note: found besides: " in out
    assert out.endswith("1 rule, 3 cases: 2 differences\n")


def test_what_cases_lack_is_told(auditor: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "delivery-time.yaml").write_text(CASES.splitlines()[1], encoding="utf-8")
    code, out, _ = auditor("test", "own.yaml", "--cases", "few")
    assert code == 0
    assert "ours/delivery-time: no case in which it fires (outcome: failed)" in out
    assert "ours/delivery-time: no case that would fool it (hazard: true)" in out
    assert "no case in which it passes" not in out


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("html: <p>", "htlm: <p>", "own/delivery-time.yaml:1: unknown key 'htlm'; did you mean 'html'?"),
        ("outcome: failed", "outcome: broken", "own/delivery-time.yaml:1: 'outcome"),
        ("{target: ", "{targt: ", "own/delivery-time.yaml:1: a finding has no targt; it has certainty, clients"),
        ("html: <p>,", "rendered: {chromium/desktop: {axe: 3}},", "nothing: its evidence cannot be read"),
        ("html: <p>,", "rendered: {chromium/desktop: {nonsense: {}}},", "nothing: its evidence cannot be read"),
        (CASES, "name: one", "own/delivery-time.yaml:1: a case file is a list of cases"),
    ],
)
def test_mistakes_in_cases_are_told(
    auditor: Callable[..., Called], tmp_path: Path, old: str, new: str, says: str
) -> None:
    (tmp_path / "own" / "delivery-time.yaml").write_text(CASES.replace(old, new, 1), encoding="utf-8")
    code, _, err = auditor("test", "own.yaml")
    assert code == 2
    assert says in err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (".delivery-time}", "..delivery}", "own.yaml:11: delivery-time: option 'selector' of check 'elements_counted'"),
        ("pack: ours", "pack: meta", ""),
        ("pack: ours\ntitle: Our rules\nrules:\n  - id: delivery-time", "pack: meta\ntitle: T\nrules:\n  - id: title", "rule 'meta/title' stands also at rules/meta.yaml"),
    ],
)  # fmt: skip
def test_mistakes_in_packs_are_told(
    auditor: Callable[..., Called], tmp_path: Path, old: str, new: str, says: str
) -> None:
    (tmp_path / "own.yaml").write_text(PACK.replace(old, new), encoding="utf-8")
    code, _, err = auditor("test", "own.yaml")
    assert (code, says in err) == (2 if says else 0, True)
