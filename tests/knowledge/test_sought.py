"""Words are found in documents as a search of the whole would, whatever came up before."""

from __future__ import annotations

import random

import pytest

from auditor.knowledge import sought
from auditor.knowledge.sought import Sought

WORDS = ("shopify.theme =", "shopify.shop=", "powered by <a href=", "px", "wp-maintenance-mode", "éteint")
PIECES = (
    "<script>Shopify.Theme = {}</script>", "<p>Powered by <a href='/'>us</a>", "<p>Powered by</p><a href='/'>us</a>", "<b>pX</b>",
    "<body class=wp-maintenance-mode>", "<p>ÉTEINT</p>", "<li><a href=/a>A</a></li>", "<li><a href=/b>B</a></li>", "",
)  # fmt: skip


@pytest.mark.parametrize("most", [2_000_000, 40])
def test_found_are_those_that_stand_in_the_text(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(sought, "_LONGEST", most)
    chance, some = random.Random(7), Sought()
    some.add(WORDS)
    for _ in range(200):
        text = "".join(chance.choices(PIECES, k=6))
        assert some.found(text) == {word for word in WORDS if word in text.lower()}


def test_words_that_are_added_later_are_found_in_pieces_that_came_up_before() -> None:
    some = Sought()
    some.add(["aaa"])
    assert some.found("<p>aaa bbb") == {"aaa"}
    some.add(["bbb"])
    assert some.found("<p>aaa bbb") == {"aaa", "bbb"}
