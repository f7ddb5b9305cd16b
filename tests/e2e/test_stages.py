"""Stages one by one on a stored run say the same as a whole run; gate, runs and rules do what their help says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor import paths
from auditor.demo import DemoShop
from tests.crawl.nasty import Reply, page, serving, text
from tests.e2e.kit import auditor, auditor_here, config, result

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kept_processes")]
FEW = {"crawl": {"include": ["*/", "*/product/kelp-cushion", "*/pages/*"]}}


def said(folder: Path, run: str) -> list[tuple[str, str, str, int, tuple[str, ...]]]:
    problems = result(folder, run)["problems"]
    return sorted((one["rule"], one["severity"], one["message"], one["pages"], tuple(one["clients"])) for one in problems)  # fmt: skip


def counts(folder: Path, run: str) -> dict[str, object]:
    """What was counted. Examples are the first of their kind to be found, and that depends on which answer came first; times differ."""
    document = result(folder, run)
    for row in document["shop"]["consent"]["rows"]:
        for cell in row["cells"]:
            cell["detail"] = cell["detail"].partition("within ")[0]
    for one in document["coverage"]["skipped"]:
        one.pop("examples", None)
    return {name: timeless(document[name]) for name in ("coverage", "rules", "shop")}


def timeless(part: Any) -> Any:
    if isinstance(part, dict):
        kept = {name: one for name, one in part.items() if name != "milliseconds" and not name.endswith("_ms")}
        return {name: timeless(one) for name, one in kept.items()}
    return [timeless(one) for one in part] if isinstance(part, list) else part


@pytest.mark.browser
def test_stages_one_by_one_say_the_same_as_a_whole_run(tmp_path: Path) -> None:
    # Folders of their own: some rules compare with the run before
    at_once, stages = tmp_path / "whole", tmp_path / "stages"
    with DemoShop() as shop:
        for folder in (at_once, stages):
            folder.mkdir()
            few = {"crawl": {"include": ["*/", "*/product/kelp-cushion", "*/pages/privacy"]}, "timing": {"repeats": 1}}
            parts = {"render": {"browsers": ["chromium"], "per_template": 1}, "consent": ["none", "reject"], **few}
            shop_yaml = config(folder, shop.url, **parts)
        whole = auditor(at_once, "run", shop_yaml)
        assert whole.code == 0, whole.said

        crawled = auditor(stages, "crawl", shop_yaml)
        assert crawled.code == 0, crawled.said
        run = crawled.out.rpartition("Run: ")[2].strip()
        asked = len(shop.requests)
        early = auditor(stages, "gate", run)
        assert early.code == 2
        assert f"auditor evaluate {run}" in early.err
        rendered = auditor(stages, "render", run)
        assert rendered.code == 0, rendered.said
        assert "Chromium desktop" in rendered.out
        assert len(shop.requests) > asked
        asked = len(shop.requests)
    for command in ("evaluate", "gate", "report"):
        done = auditor(stages, command, run)
        assert done.code == 0, done.said
    assert said(stages, run) == said(at_once, whole.run)
    assert said(stages, run)
    assert counts(stages, run) == counts(at_once, whole.run)
    assert len(shop.requests) == asked


def test_gate_decides_again_on_a_judged_run(tmp_path: Path) -> None:
    with DemoShop() as shop:
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.url, gate={"fail_on": "serious"}, **FEW))
    assert done.code == 1, done.said
    assert "Not ready" in done.out
    again = auditor_here(tmp_path, "evaluate")
    assert again.code == 0
    assert "problems" in again.out
    for arguments, code in (
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--fail-on", "critical"), 0),
        (("--fail-on", "critical", "--certainty", "likely"), 1),
        (("--fail-on", "serious"), 1),
        (("--fail-on", "worst"), 2),
        (("--min-coverage", "half"), 2),
    ):
        assert auditor_here(tmp_path, "gate", *arguments).code == code, arguments
    listed = auditor_here(tmp_path, "runs")
    assert listed.code == 0
    pages = done.result["coverage"]["fetched"]
    assert listed.out.startswith(f"{done.run}  complete  {pages} pages  problems: ")
    assert "  exit 1  Not ready: " in listed.out


def test_gate_asks_for_coverage_first(tmp_path: Path) -> None:
    """Pages that gave none are no pass: exit 3 goes before exit 1."""
    links = [f"/p{number}" for number in range(8)]
    blocked = {link: Reply(403, b"<html>no</html>") for link in links[5:]}
    with serving({"/robots.txt": text(""), "/": page(*links), **dict.fromkeys(links, page()), **blocked}) as site:
        crawled = auditor_here(tmp_path, "crawl", config(tmp_path, site.base))
    assert crawled.code == 0, crawled.said
    assert "3 gave no page" in crawled.out
    assert auditor_here(tmp_path, "evaluate").code == 0
    assert auditor_here(tmp_path, "gate", "--fail-on", "info", "--certainty", "needs_review").code == 1
    short = auditor_here(tmp_path, "gate", "--min-coverage", "95%", "--fail-on", "info", "--certainty", "needs_review")
    assert short.code == 3
    assert "only 67% of 9 pages could be fetched; at least 95% were asked for" in short.out


def test_rules(tmp_path: Path) -> None:
    listed = auditor_here(tmp_path, "rules", "list")
    assert listed.code == 0
    names = [line.split()[0] for line in listed.out.splitlines() if line.startswith("  ")]
    assert "canonical/missing" in names
    explained = auditor_here(tmp_path, "rules", "explain", "canonical/missing")
    assert explained.code == 0
    for label in ("Severity", "Why", "Fix", "Defined in"):
        assert label in explained.out
    unknown = auditor_here(tmp_path, "rules", "explain", "canonical/mising")
    assert unknown.code == 2
    assert "Did you mean canonical/missing" in unknown.err
    pack = paths.rules() / "canonical.yaml"
    assert "canonical.yaml:" in explained.out.rpartition("Defined in ")[2]
    right = auditor_here(tmp_path, "rules", "test", str(pack))
    assert right.code == 0
    assert "all right" in right.out
    wrong = tmp_path / "own.yaml"
    wrong.write_text(pack.read_text(encoding="utf-8").replace("severity: ", "severety: ", 1), encoding="utf-8")
    refused = auditor_here(tmp_path, "rules", "test", "own.yaml")
    assert refused.code == 2
    assert "own.yaml:" in refused.err
    assert "severity" in refused.err


@pytest.mark.browser
def test_page_says_what_is_wrong_and_can_be_judged_again(tmp_path: Path) -> None:
    with DemoShop() as shop:
        url = f"{shop.url}/product/kelp-cushion"
        done = auditor(tmp_path, "page", url, "--browsers", "chromium", "--devices", "desktop")
        assert done.code == 0, done.said
        asked = [path for _, path, _ in shop.requests if path in ("/product/kelp-cushion", "/robots.txt")]
        assert Counter(asked) == {"/product/kelp-cushion": 2, "/robots.txt": 1}  # fetched once, opened once
        assert shop.cart_changes == 0
    document = done.result
    assert "canonical/missing" in {one["rule"] for one in document["problems"]}
    assert document["coverage"]["fetched"] == 1
    assert [one["client"] for one in document["coverage"]["clients"]] == ["http", "chromium/desktop"]
    before = json.dumps(document["problems"])
    for command in ("evaluate", "gate", "report"):
        assert auditor(tmp_path, command).code == 0
    assert json.dumps(done.result["problems"]) == before
