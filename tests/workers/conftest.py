from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _entries_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
