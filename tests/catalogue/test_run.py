"""A whole run with an export: read before the crawl, matched with what was crawled, and exactly what differs is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.config.config import Config
from auditor.demo import DemoShop
from auditor.demo.catalogue import Catalogue
from auditor.model.errors import UsageError
from auditor.model.run import RunStatus
from auditor.pipeline import Audit
from auditor.store import runs
from auditor.store.workspace import Workspace

pytestmark = [pytest.mark.usefixtures("kept_processes"), pytest.mark.slow, pytest.mark.timeout(300)]
COLUMNS = {"sku": "sku", "title": "title", "price": "price", "quantity": "stock", "link": "link"}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "audits") as opened:
        yield opened


def config(shop: DemoShop, file: Path, **columns: str) -> Config:
    source: dict[str, Any] = {"name": "erp", "file": str(file), "columns": COLUMNS | columns, "currency": "EUR"}
    return Config.model_validate(
        {
            "site": {"url": shop.url, "name": "demo"},
            "market": {"country": "IE", "currency": "EUR", "locale": "en-IE"},
            "crawl": {"confirm_after": 0.1, "concurrency": 8},
            "render": {"browsers": []},
            "rules": {"packs": ["feeds"]},
            "catalogue": [source],
            "report": ["json", "csv"],
        }
    )


def write(path: Path, shop: DemoShop) -> None:
    """What the shop sells, but for a price, a stock, a product that is gone, one without a link and one that nobody lists."""
    lines = ["sku;title;price;stock;link"]
    for place, (sku, (product, variant)) in enumerate(Catalogue().by_sku.items()):
        price = variant.price + (place == 3)
        sold_out = variant.sold_out != (place == 5)
        lines.append(f"{sku};{product.name};{price};{0 if sold_out else 5};{shop.url}{product.path}?utm_source=erp")
    lines += [f"X-1;Gone;12.00;3;{shop.url}/product/gone", "X-2;Without a link;12.00;3;", 'X-3;"Open;1;1;']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_exactly_what_differs_is_found_and_again_without_the_file(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "erp.csv"
    with DemoShop(clean=True) as shop:
        write(file, shop)
        audit = Audit.begin(config(shop, file), workspace)
        outcome = audit.go()
    problems = {(one.rule, one.target): (str(one.certainty), one.pages) for one in outcome.document.problems}
    assert problems == {
        ("feeds/readable", "erp quote"): ("proven", 1),
        ("feeds/link", "erp gone"): ("proven", 1),
        ("feeds/on-site", "erp"): ("likely", 1),
        ("feeds/price", "erp"): ("likely", 1),
        ("feeds/stock", "erp sold-out-there"): ("proven", 1),
    }
    (price,) = (one for one in outcome.document.problems if one.rule == "feeds/price")
    assert "second look, the same" in [each.label for each in price.findings[0].excerpts]
    (source,) = outcome.document.sources
    lists = {one.name for one in source.sets}
    assert {"gone", "not-on-site", "price", "sold-out-there"} <= lists
    folder = outcome.files["json"].parent
    assert all((folder / one.file).is_file() for one in source.sets)
    file.unlink()
    again = Audit.reopen(workspace, audit.run.name).judge()
    assert {(one.rule, one.target): (str(one.certainty), one.pages) for one in again.document.problems} == problems


def test_a_column_that_is_not_there_ends_the_run_with_its_names(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "erp.csv"
    with DemoShop(clean=True) as shop:
        write(file, shop)
        with pytest.raises(UsageError, match="no column 'gross' for price"):
            Audit.begin(config(shop, file, price="gross"), workspace).go()
        (run,) = runs.latest(workspace)
        assert run.status is RunStatus.INCOMPLETE
        assert not [path for _, path, _ in shop.requests if path.startswith("/product/")]


def test_the_demo_shop_and_its_own_feed(workspace: Workspace) -> None:
    """Every product is matched; prices that faults of the shop have changed in its markup differ. The clean shop is e2e/test_demo's."""
    with DemoShop(faults=["prices/shown-equals-markup", "prices/zero"]) as shop:
        asked = config(shop, Path("erp.csv")).model_dump(mode="json") | {
            "catalogue": [{"name": "feed", "url": f"{shop.url}/feed.xml"}]
        }
        outcome = Audit.begin(Config.model_validate(asked), workspace).go()
    (source,) = outcome.document.sources
    assert (source.format, source.products, source.found, source.wrong) == ("merchant", 54, 54, 0)
    found = {
        (finding.url.rpartition("/")[2], str(one.certainty))
        for one in outcome.document.problems
        for finding in one.findings
    }
    assert found == {("croft-throw", "likely"), ("pebble-cushion", "likely"), ("dune-cushion", "needs_review")}
