"""A run is judged again without its sources, and what is new because an export changed says so."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from auditor.evaluate import packs, stage
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import SiteContext
from auditor.history.record import Judged, compared, header, record
from auditor.model.expected import ExpectedProduct, SourceRead
from auditor.model.run import Run, RunStatus
from auditor.model.standing import Why
from auditor.store import expected, judgement, runs
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.store.kit import begin, fetch, new_workspace

RULES = ("feeds/no-price",)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with new_workspace(tmp_path / "audits") as opened:
        yield opened


def night(workspace: Workspace, price: str | None, digest: str = "") -> tuple[Run, int]:
    run = begin(workspace)
    for path in ("/", "/about"):
        fetch(workspace, run, path, "<html><body><h1>Shop</h1></body></html>")
    if price is not None:
        expected.keep(workspace, run.id, "erp", [ExpectedProduct(key="A", line=2, sku="A", price=Decimal(price))])
        with workspace.write() as connection:
            expected.seal(
                connection,
                run.id,
                SourceRead(name="erp", format="table", products=1, digest=digest, columns=("sku", "price")),
            )
    run = runs.note(workspace, run, status=RunStatus.COMPLETE)
    return run, judge(workspace, run)


def judge(workspace: Workspace, run: Run) -> int:
    settings = EvaluateSettings(
        workspace=str(workspace.folder), run_id=run.id, site=SiteContext(hosts=("shop.example",)), clients=()
    )
    chosen = packs.load(("feeds",), RULES, ())
    evaluation = stage.evaluate(workspace, run, settings, chosen, "1", InlinePool)
    record(workspace, run, evaluation)
    return evaluation


def test_an_export_that_changed_is_named(workspace: Workspace) -> None:
    first, second = night(workspace, "5", "one"), night(workspace, "0", "two")
    with workspace.read() as connection:
        (problem,) = compared(connection, Judged(*first), Judged(*second))
        assert (problem.rule, problem.state, problem.why) == ("feeds/no-price", "new", (Why.EXPORT_CHANGED,))
        assert header(connection, Judged(*first), Judged(*second)).exports == ("erp",)
    third = night(workspace, "0", "two")
    with workspace.read() as connection:
        assert header(connection, Judged(*second), Judged(*third)).exports == ()
    again = judge(workspace, third[0])  # what it was held against is in the store
    with workspace.read() as connection:
        assert len(judgement.problems_of(connection, again)) == 1


def test_a_source_that_was_not_read_again_mends_nothing(workspace: Workspace) -> None:
    first, second = night(workspace, "0", "one"), night(workspace, None)
    with workspace.read() as connection:
        (problem,) = compared(connection, Judged(*first), Judged(*second))
    assert problem.state == "unlooked"
