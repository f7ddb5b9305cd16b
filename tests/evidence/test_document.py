"""A body becomes text as in a browser, and any text becomes a tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evidence.document import Document

URL = "https://shop.example/en/lamp"


@pytest.mark.parametrize(
    ("body", "content_type", "wanted"),
    [
        ("<p>größe €".encode(), "text/html; charset=utf-8", "<p>größe €"),
        ("<p>größe €".encode(), "", "<p>größe €"),
        ("<p>größe €".encode("cp1252"), "text/html; charset=iso-8859-1", "<p>größe €"),
        ("<p>größe €".encode("cp1252"), "", "<p>größe €"),
        (
            '<meta charset="windows-1251"><p>лампа'.encode("cp1251"),
            "text/html",
            '<meta charset="windows-1251"><p>лампа',
        ),
        (
            '<meta charset="windows-1251"><p>größe'.encode(),
            "text/html; charset=utf-8",
            '<meta charset="windows-1251"><p>größe',
        ),
        ("\ufeff<p>größe".encode(), "text/html; charset=iso-8859-1", "<p>größe"),
        ("<p>größe".encode("utf-16"), "text/html", "<p>größe"),
        (b"<p>\xff\xfe\xfd", "text/html; charset=utf-8", None),
        (b"<p>x", "text/html; charset=no-such-thing", "<p>x"),
        (b"", "", ""),
    ],
)
def test_bodies_are_decoded_as_in_a_browser(body: bytes, content_type: str, wanted: str | None) -> None:
    html = Document.from_bytes(body, URL, content_type).html
    assert html == wanted if wanted is not None else html.startswith("<p>")


@given(st.text(max_size=200))
def test_any_text_gives_a_tree(text: str) -> None:
    document = Document(text, URL, rendered=True)
    assert document.tree.tag == "html"
    assert [child.tag for child in document.tree][:1] in (["head"], ["body"])
    assert isinstance(document.base, str)


@pytest.mark.parametrize(
    "html",
    [
        "",
        " ",
        "<!-- -->",
        "\x00",
        "<?xml version='1.0' encoding='x'?>",
        "<!doctype html>",
        "<frameset><frame src=x></frameset>",
        "\ud800",
    ],
)
def test_next_to_nothing_gives_a_tree(html: str) -> None:
    assert Document(html, URL, rendered=True).tree.tag == "html"


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("", "https://shop.example/en/x"),
        ('<base href="/de/">', "https://shop.example/de/x"),
        ('<base href="https://cdn.example/">', "https://cdn.example/x"),
        ('<base target=_blank><base href="/de/"><base href="/fr/">', "https://shop.example/de/x"),
        ('<base href="http://[::1">', "https://shop.example/en/x"),
        ('<base href="">', "https://shop.example/en/x"),
    ],
)
def test_relative_urls_follow_the_base(head: str, wanted: str) -> None:
    assert Document(f"<html><head>{head}</head><body></body></html>", URL, rendered=False).absolute("x") == wanted
