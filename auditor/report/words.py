"""The words of the reports for the closed vocabularies, from reports/templates/words.yaml."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


def only(clients: Sequence[str], others: Collection[str]) -> str:
    """Where alone a fault shows: "phone only", "Firefox only", "Firefox phone only". Empty where it shows everywhere, or nobody else looked.

    `clients` saw it; `others` looked at the same pages and did not.
    """
    others = set(others) - set(clients)
    if not others or not clients or "http" in {*clients, *others}:
        return ""
    seen = [one.partition("/") for one in clients]
    clean = [one.partition("/") for one in others]
    apart = [place for place in (2, 0) if not {one[place] for one in seen} & {one[place] for one in clean}]
    if len(apart) == 1:  # with both it may be the browser as well as the device
        vocabulary = "device" if apart[0] else "client"
        return f"{' and '.join(dict.fromkeys(word(vocabulary, one[apart[0]]) for one in seen))} only"
    return f"{' and '.join(client(one) for one in clients)} only"
