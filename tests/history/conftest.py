"""Nights of a shop, with checks of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.checks import registry
from tests.history.kit import Nights, faults_of
from tests.store.kit import new_workspace


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    known = dict(registry.load())
    monkeypatch.setattr(registry, "_registered", known)
    monkeypatch.setattr(registry, "load", lambda: known)
    with new_workspace(tmp_path / "audits") as workspace:
        shop = Nights(workspace, known)
        shop.teach(faults_of)
        yield shop
