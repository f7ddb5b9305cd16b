"""How facts read words."""

from __future__ import annotations

import pytest

from auditor.evidence.document import Document
from auditor.facts.dom import Signs, may_name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("all sold out", True),
        ("sol d", False),
        ("товар продан", True),
        ("товар есть", False),
        ("売り切れ", True),
        ("", False),
    ],
)
def test_signs_stand_where_one_of_the_words_does(text: str, wanted: bool) -> None:
    assert Signs(("sold out", "sold", "продан", "売り切れ")).stand_in(text) is wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<nav class=pager>", True),
        ("<nav class='&#112;ager'>", True),  # a letter by its number
        ("<nav class='&#x70;ager'>", True),
        ("<p>it&#039;s 5 &#8364;</p>", False),
        ("<nav class=menu>", False),
    ],
)
def test_a_word_may_be_named_where_it_or_a_coded_letter_stands(html: str, wanted: bool) -> None:
    assert may_name(Document(html, "https://shop.example/", rendered=False), "pager") is wanted
