"""Budgets on times and weight, held against what Chromium measured on a page that is slow and heavy.

A script holds the page up until a moment of its own clock, before anything is painted, and it carries more than its budget:
however slow the machine is, the page is never quicker or lighter. What it keeps is hours and megabytes away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auditor.config.devices import DEVICES
from auditor.config.gate import Gate
from auditor.evidence.timing import Timing
from auditor.gate import baseline
from auditor.gate.measures import measure
from auditor.gate.verdict import Against, Verdict, decide
from auditor.model.run import Coverage
from auditor.store.schema import page_rows, pages
from auditor.store.workspace import Workspace
from tests.render.nasty import Shop
from tests.render.test_measure import measure as timed
from tests.store.kit import begin, fetch, new_workspace, render

LATE, HEAVY = 1_200, 700_000  # milliseconds, bytes
SLOW = (
    f"<script>while (performance.now() < {LATE});</script>"
    f"<h1 style='font-size:60px'>Harbour lantern</h1><!-- {'x' * HEAVY} -->"
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def timing(tmp_path_factory: pytest.TempPathFactory) -> Timing:
    with Shop() as shop:
        return timed(shop, tmp_path_factory.mktemp("files"), shop.put(SLOW), DEVICES["phone"], repeats=1)


@pytest.fixture
def workspace(tmp_path: Path, timing: Timing) -> Iterator[Workspace]:
    """A product page that was measured on a phone, and a page of text that was opened on a desktop and not measured."""
    with new_workspace(tmp_path / "audits") as opened:
        run = begin(opened)
        for path, kind in (("/lamp", "product"), ("/about", "content")):
            fetch(opened, run, path, "<p>")
            with opened.write() as connection:
                this = select(pages.c.id).where(pages.c.url == f"https://shop.example{path}")
                connection.execute(update(page_rows).where(page_rows.c.id.in_(this)).values(page_type=kind))
        render(opened, run, "/lamp", "chromium/phone", "<p>", evidence={"timing": timing})
        render(opened, run, "/about", "chromium/desktop", "<p>")
        yield opened


def verdict(workspace: Workspace, budgets: dict[str, Any], against: Path | None = None) -> Verdict:
    gate = Gate.model_validate({"budgets": budgets})
    covered = Coverage(known=2, fetched=2, outcomes={"ok": 2})
    with workspace.read() as connection:
        run_id = connection.execute(select(pages.c.run_id).limit(1)).scalar_one()
        measures = measure(connection, run_id, gate.limits, (), covered)
    from auditor.store import runs

    known = baseline.read(against) if against else None
    return decide(runs.find(workspace, ""), [], covered, gate, (), against=Against(measures=measures, baseline=known))


@pytest.mark.parametrize(
    ("budgets", "exit_code", "state"),
    [
        ({"lcp": "600ms"}, 1, "exceeded"),
        ({"lcp_product_phone": "600ms"}, 1, "exceeded"),
        ({"lcp_product_phone": "10000s"}, 0, "held"),
        ({"lcp_phone_chromium": "10000s"}, 0, "held"),
        ({"lcp_product_desktop": "10000s"}, 3, "unknown"),
        ({"lcp_content": "10000s"}, 3, "unknown"),
        ({"weight": "300kB"}, 1, "exceeded"),
        ({"weight_product_phone": "300kB"}, 1, "exceeded"),
        ({"weight_product_phone": "50MB"}, 0, "held"),
        ({"image_weight_product": "1kB"}, 0, "held"),
        ({"weight_home": "300kB"}, 3, "unknown"),
    ],
)
def test_what_chromium_measured_breaks_and_keeps_budgets(
    workspace: Workspace, budgets: dict[str, Any], exit_code: int, state: str
) -> None:
    decided = verdict(workspace, budgets)
    assert [one.state for one in decided.budgets] == [state], decided.reasons
    assert decided.exit_code == exit_code


@pytest.mark.parametrize(
    ("name", "limit", "before", "state"),
    [
        ("lcp_product_phone", "+10%", 0.1, "exceeded"),
        ("lcp_product_phone", "+0.5s", 0.1, "exceeded"),
        ("lcp_product_phone", "+10000s", 0.1, "held"),
        ("lcp_product_phone", "+10%", 10_000, "held"),
        ("weight_product", "+10%", 20_000, "exceeded"),
        ("weight_product", "+50MB", 20_000, "held"),
    ],
)
def test_against_a_baseline(
    workspace: Workspace, tmp_path: Path, name: str, limit: str, before: float, state: str
) -> None:
    kept = tmp_path / "auditor-baseline.json"
    baseline.write(kept, (), {name: before})
    decided = verdict(workspace, {name: limit}, kept)
    assert [one.state for one in decided.budgets] == [state], decided.reasons
    assert decided.exit_code == (1 if state == "exceeded" else 0)


def test_what_was_accepted_is_what_was_measured(workspace: Workspace, tmp_path: Path) -> None:
    first = verdict(workspace, {"lcp_product_phone": "10000s", "weight": "50MB"})
    kept = tmp_path / "auditor-baseline.yaml"
    baseline.write(kept, (), first.measures)
    again = verdict(workspace, {"lcp_product_phone": "+1%", "weight": "+1%"}, kept)
    assert ([one.state for one in again.budgets], again.exit_code) == (["held", "held"], 0)
