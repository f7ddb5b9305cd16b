"""Days that people write out."""

from datetime import date

import pytest

from auditor.facts.date_words import days

DAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30", "30 November 2026", "30th of November, 2026", "November 30, 2026", "Nov. 30 2026", "30. November 2026", "30.11.2026", "30/11/2026", "11/30/2026",
        "30-11-2026", "30 novembre 2026", "30 de noviembre de 2026", "30 de novembro de 2026", "30 listopada 2026", "30. listopadu 2026", "30 marraskuuta 2026",
    ],
)  # fmt: skip
def test_days(text: str) -> None:
    assert [day for day, _, _ in days(f"until {text}!")] == [DAY]


@pytest.mark.parametrize(
    "text", ["3/4/2026", "30 November", "31.02.2026", "item 30.11.20261", "2026", "1.2.3.2026", "99/99/2026"]
)
def test_no_days(text: str) -> None:
    assert list(days(text)) == []
