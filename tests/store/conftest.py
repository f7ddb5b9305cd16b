from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.store.workspace import Workspace
from tests.store.kit import new_workspace


# Every kind of store keeps the same promises; another one joins by its name here.
@pytest.fixture(params=[pytest.param(new_workspace, id="sqlite")])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    with request.param(tmp_path / "audits") as opened:
        yield opened
