"""Pages are loaded again for their times only where somebody asks for times."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.config.config import Config
from auditor.evaluate import packs
from auditor.pipeline.stages import times_wanted


@pytest.mark.parametrize(
    ("only", "gate", "wanted"),
    [
        ((), {}, True),
        (("performance/lcp",), {}, True),
        (("meta/title", "runtime/exception"), {}, False),
        (("meta/title",), {"budgets": {"lcp_product": "2.5s"}}, True),
        (("meta/title",), {"budgets": {"problems": 5}}, False),
    ],
)
def test_the_rules_and_budgets_of_a_run_decide(only: tuple[str, ...], gate: dict[str, Any], wanted: bool) -> None:
    config = Config.model_validate({"site": "https://shop.example", "gate": gate})
    assert times_wanted(packs.load(only=only), config) is wanted
