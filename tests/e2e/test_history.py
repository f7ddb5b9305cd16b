"""From one run to the next on the command line: diff, baseline, recheck, runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.crawl.nasty import Nasty, Reply, page, serving
from tests.e2e.kit import auditor, config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TITLED = "<html lang='en'><head><title>{}</title></head><body><h1>{}</h1><a href='/'>Home</a>{}</body></html>"


def about(link: str = "") -> Reply:
    return Reply(body=TITLED.format("About", "About", f"<a href='{link}'>Care</a>" if link else "").encode())


def shop_yaml(folder: Path, site: Nasty, **gate: object) -> str:
    rules = {"packs": ["links", "meta"], "only": ["links/broken-internal", "meta/title"]}
    crawl = {"sitemaps": False, "external_links": False}
    return config(folder, site.url("/"), crawl=crawl, rules=rules, gate=gate, report=["json"])


def test_from_run_to_run(tmp_path: Path) -> None:
    routes = {"/": page("/about", "/news", title="Home"), "/about": about("/gone"), "/news": page("/", title="")}
    with serving(routes) as site:
        name = shop_yaml(tmp_path, site, baseline="auditor-baseline.json")
        first = auditor(tmp_path, "run", name, "--plain")
        assert first.code == 0, first.said
        assert "No baseline yet: auditor-baseline.json" in first.out
        accepted = auditor(tmp_path, "gate", "--accept-current")
        assert accepted.code == 0, accepted.said
        problems = json.loads((tmp_path / "auditor-baseline.json").read_text())["problems"]
        ids = {one["rule"]: one["id"] for one in problems if isinstance(one, dict)}
        assert set(ids) == {"links/broken-internal", "meta/title"}
        link = ids["links/broken-internal"]

        still = auditor(tmp_path, "recheck", link)
        assert still.code == 1, still.said
        assert f"{link}  still there on 1 of 1 page" in still.out
        site.routes["/about"] = Reply(403)
        blocked = auditor(tmp_path, "recheck", link)
        assert blocked.code == 3, blocked.said
        assert "could not be checked: blocked" in blocked.out
        site.routes["/about"] = about()
        asked = len(site.visits)
        fixed = auditor(tmp_path, "recheck", link)
        assert fixed.code == 0, fixed.said
        assert "fixed on 1 page" in fixed.out
        assert "/news" not in {visit.path for visit in site.visits[asked:]}

        site.routes["/"] = page("/about", "/news", "/lost", title="Home")
        second = auditor(tmp_path, "run", name, "--plain")
        assert second.code == 1, second.said
        assert "not in the baseline auditor-baseline.json" in second.out
    told = auditor(tmp_path, "diff")
    assert "1 new, 0 changed, 1 fixed, 0 not looked at again, 1 still there" in told.out, told.said
    assert "/lost" in told.out
    lines = [json.loads(line) for line in auditor(tmp_path, "diff", "--json").out.splitlines()]
    assert sorted(one["state"] for one in lines) == ["fixed", "known", "new"]
    listed = auditor(tmp_path, "runs", "--trend")
    assert "1 new, 1 fixed" in listed.out
    assert "(recheck)" in listed.out
    unknown = auditor(tmp_path, "recheck", "P-NOTHING")
    assert unknown.code == 2
    assert "no run has the problem P-NOTHING" in unknown.err
