"""What a crawl would cost is said from a look at a few pages."""

from __future__ import annotations

import threading

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.config.config import Config
from auditor.model.errors import IncompleteError
from auditor.pipeline.estimate import SAMPLE, estimate
from tests.crawl.nasty import Reply, serving
from tests.crawl.test_traps import magento


def test_an_estimate_asks_for_few_pages_and_counts_the_rest() -> None:
    with serving(magento(2_000, 20)) as nasty:
        config = Config.model_validate({"site": nasty.url("/"), "crawl": {"max_pages": 500}})
        told = estimate(config, stop=threading.Event())
        assert sum(nasty.hits.values()) < SAMPLE + 10
        assert 2_020 <= told.known <= 4_000  # filters of the sample's categories come on top
        assert (told.pages, told.by_sitemap, told.complete) == (500, 2_000, False)
        assert told.seconds == pytest.approx(500 * told.interval)
        assert "at least" in told.text
        assert "crawl.max_pages" in told.text


def test_the_command_says_it_and_leaves_no_run(tmp_path: object) -> None:
    with serving(magento(50, 5)) as nasty:
        done = CliRunner().invoke(app, ["crawl", nasty.url("/"), "--estimate", "-w", f"{tmp_path}/audits"])
        assert done.exit_code == 0, done.output
        assert "50 of them in its sitemaps" in done.output
        assert not list(tmp_path.iterdir())  # type: ignore[attr-defined]


def test_a_shop_that_cannot_be_had_has_none() -> None:
    with serving({"/": Reply(403, b"no")}) as nasty, pytest.raises(IncompleteError):
        estimate(Config.model_validate({"site": nasty.url("/")}), stop=threading.Event())
