"""What the site sent is harmless in whatever it is shown."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.report import escape


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("invoice\u202egnp.exe", "invoice\\u202egnp.exe"),
        ("a\u2066b\u2069\u200e", "a\\u2066b\\u2069\\u200e"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("a\r\nb\tc\rd", "a\nb\tc\\x0dd"),
        ("\ud800 \ufffe \U000e0001", "\\ud800 \\ufffe \\U000e0001"),
        ("👩\u200d🚀 می\u200cخواهم", "👩\u200d🚀 می\u200cخواهم"),
    ],
)
def test_invisible_characters_are_spelt_out(text: str, shown: str) -> None:
    assert escape.visible(text) == shown


@given(st.text())
def test_shown_text_is_utf8_xml_and_has_no_controls(text: str) -> None:
    shown = escape.visible(text)
    shown.encode()
    element = ElementTree.Element("a")
    element.text = shown
    assert ElementTree.fromstring(ElementTree.tostring(element)).text == (shown or None)
    assert not [character for character in shown if ord(character) < 32 and character not in "\t\n"]


@given(st.text(), st.integers(60, 300))
def test_a_line_is_one_line_of_bounded_length(text: str, limit: int) -> None:
    shown = escape.line(text * 40, limit)
    assert "\n" not in shown
    # A character spelt out takes up to ten.
    assert len(shown) <= limit * 10


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    short = escape.shorten("https://shop.example/" + "a" * 10_000 + "?id=7", 120)
    assert len(short) == 120
    assert short.startswith("https://shop.example/aaa")
    assert short.endswith("aaa?id=7")


@pytest.mark.parametrize("url", ["https://shop.example/", "http://shop.example:8080/a?b=c#d", "HTTPS://shop.example/ü"])
def test_http_urls_are_linked(url: str) -> None:
    assert escape.href(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//https://shop.example/",
        "data:text/html,<script>alert(1)</script>",
        "//shop.example/",
        "/products/lamp",
        "https:///",
        "https://[::1",
        "https://user:secret@shop.example/",
        "https://shop.example/a b",
        "https://shop.example/\u202egnp",
        "java\nscript:alert(1)",
        "",
        "https://shop.example/" + "a" * 10_000,
    ],
)
def test_other_urls_are_not_linked(url: str) -> None:
    assert escape.href(url) is None


def test_credentials_are_not_shown() -> None:
    assert escape.address("https://user:secret@shop.example/a@b") == "https://…@shop.example/a@b"


def test_an_excerpt_is_cut_in_height() -> None:
    assert escape.excerpt("a\n" * 100).split("\n")[-1] == "… 88 more lines"
    assert escape.excerpt("one\ntwo\n") == "one\ntwo"
