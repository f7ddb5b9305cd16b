"""The words of the reports for the closed vocabularies, from reports/templates/words.yaml."""

from __future__ import annotations

from functools import cache
from typing import Any

from auditor import paths
from auditor.model.written import plain


@cache
def table() -> dict[str, dict[str, str]]:
    """Vocabulary -> word of the code -> words of people."""
    loaded: Any = plain(paths.templates() / "words.yaml")
    return {name: dict(words) for name, words in loaded.items()}


def word(vocabulary: str, value: str) -> str:
    """What people read for `value`; the value itself where a newer document has a word unknown here."""
    return table()[vocabulary].get(value, value)


def client(text: str) -> str:
    """`chromium/phone` -> "Chromium phone", `http` -> "plain fetch"."""
    browser, _, device = text.partition("/")
    return f"{word('client', browser)} {device}".strip()


def count(number: int, one: str, many: str = "") -> str:
    """ "1 page", "1,200 pages"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
