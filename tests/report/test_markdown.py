"""The Markdown summary: fit for a comment, and nothing of the site's is markup, a mention or a link of its own."""

from __future__ import annotations

import re

import msgspec
import pytest

from auditor.report import markdown
from auditor.report.document import ResultDocument


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("<img src=x onerror=1>", r"&lt;img src=x onerror=1\>"),
        ("a | b", r"a \| b"),
        ("# head", r"\# head"),
        ("- item", r"\- item"),
        ("1. item", "1\u2060. item"),
        ("`code`", r"\`code\`"),
        ("&lt;", "&amp;\u2060lt;"),
        ("one\n\ntwo", "one two"),
        ("\x1b[31m\u202e", r"\\x1b\[31m\\u202e"),
    ],
)
def test_text_is_only_text(given: str, shown: str) -> None:
    assert markdown.text(given) == shown


@pytest.mark.parametrize("given", ["@everyone", "#12", "!34", "GH-7", "https://evil.example", "www.evil.example"])
def test_nobody_is_mentioned_and_nothing_is_linked(given: str) -> None:
    assert "\u2060" in markdown.text(given)


def test_code_cannot_be_left() -> None:
    assert markdown.code("a``b`") == "``` a``b` ```"
    assert markdown.code("a|b") == r"`a\|b`"


def test_only_addresses_of_the_web_are_links() -> None:
    assert markdown.link("https://shop.example/a(b)?c=<d>|e") == (
        "[https://\u2060shop.example/a(b)?c=&lt;d\\>\\|e](<https://shop.example/a%28b%29?c=%3Cd%3E%7Ce>)"
    )
    assert markdown.link("javascript:alert(1)") == "`javascript:alert(1)`"


def test_the_summary_says_what_a_reviewer_needs(rich: ResultDocument) -> None:
    text = markdown.render(rich)
    lines = text.splitlines()
    assert lines[0] == f"## ❌ {rich.verdict.sentence}"
    assert lines[2].startswith("Checked 94 % of 200 pages. ")
    assert "| 1 | 2 | 2 | 1 | 1 |" in lines
    assert "- 176 pages not opened in a browser (sample): 2 rules did not look there" in lines
    assert "  - Fix: Print the price with tax in the product's JSON-LD: use the same variable as the theme's price block. On Shopify:" in text  # fmt: skip
    tables = [line for line in lines if line.startswith("| Critical | Price")]
    assert tables[0].replace(r"\|", "").count("|") == 7


def test_nothing_of_the_site_is_markup(rich: ResultDocument) -> None:
    text = markdown.render(rich)
    # Out of code spans: code is never markup.
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert set(re.findall(r"<(?!https?://)[^>]*>", bare)) == {"<details>", "<summary>", "</summary>", "</details>"}
    assert "javascript:" not in "".join(re.findall(r"\]\(<[^>]*>\)", bare))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "secret" not in text


def test_it_fits_a_comment(many: ResultDocument, rich: ResultDocument) -> None:
    assert len(markdown.render(many)) < 65_000
    huge = tuple(msgspec.structs.replace(one, message="x" * 4_000, fix="y" * 4_000) for one in many.problems)
    assert len(markdown.render(msgspec.structs.replace(many, problems=huge))) < 65_000


def test_clean_and_nothing(clean: ResultDocument, nothing: ResultDocument) -> None:
    assert markdown.render(clean).startswith("## ✅ Nothing was found")
    assert markdown.render(nothing).startswith("## ⚠️ The audit could not be completed")
    assert "1 page blocked" in markdown.render(nothing)
