"""How far apart browsers open pages: as the config and the shop's robots.txt want requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.config.config import Config
from auditor.pipeline import Audit
from auditor.store.workspace import Workspace
from tests.crawl.nasty import page, serving, text


@pytest.mark.parametrize(
    ("robots", "crawl", "seconds"),
    [
        ("", {}, 0.0),
        ("User-agent: *\nCrawl-delay: 0.4", {}, 0.4),
        ("User-agent: *\nCrawl-delay: 0.4", {"obey_robots": False}, 0.0),
        ("User-agent: *\nCrawl-delay: 0.4", {"max_rate": "2/s"}, 0.5),
        ("User-agent: *\nCrawl-delay: 9000\nDisallow: /", {}, 60.0),
    ],
)
def test_pages_are_as_far_apart_as_requests(tmp_path: Path, robots: str, crawl: dict[str, Any], seconds: float) -> None:
    with serving({"/robots.txt": text(robots), "/": page()}) as site:
        values = {"site": {"url": site.url("/")}, "crawl": {"sitemaps": False, **crawl}}
        with Workspace.open(tmp_path / "audits") as workspace:
            audit = Audit.begin(Config.model_validate(values), workspace)
            audit.crawl()
            assert audit._manners.interval == seconds
