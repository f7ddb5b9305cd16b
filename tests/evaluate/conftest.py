from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.store.workspace import Workspace
from tests.store.kit import new_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with new_workspace(tmp_path / "audits") as opened:
        yield opened
