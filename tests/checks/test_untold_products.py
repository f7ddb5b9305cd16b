"""Products of an export that could not be compared: what was wrong with them the night before is not taken for mended."""

from __future__ import annotations

import pytest

from auditor import paths
from auditor.evaluate import cases
from auditor.evaluate.packs import load
from auditor.store.looks import UNSURE_PAGE

SHOP = "https://shop.example/products/"


@pytest.mark.parametrize(
    ("rule", "case", "untold"),
    [
        ("feeds/price", "one is wrong, and another could not be compared", {"cup"}),
        ("feeds/price", "another currency is another market", {"lamp"}),
        ("feeds/price", "another price", set()),
    ],
)
def test_their_pages_are_named(rule: str, case: str, untold: set[str]) -> None:
    known = next(one for one in load().rules if one.id == rule)
    file = cases.file_of(known, paths.rules() / "feeds.yaml")
    assert file
    judged = cases._judged(known, next(one for one in cases.read(file) if one.name == case))
    pages = {target for _, target in judged.unsure if target.startswith(UNSURE_PAGE)}
    assert pages == {f"{UNSURE_PAGE}{SHOP}{name}" for name in untold}
