"""Facts about robots.txt: its lines, and which of them forbids something."""

import pytest

from auditor.facts.robots_txt import LARGEST, RobotsTxt

TEXT = b"""# a shop
User-agent: *
Disallow: /cart
Disallow: /*.pdf$
Allow: /cart/help
Keep out
Sitemap: https://shop.example/s.xml # all

User-agent: Googlebot
Disallow: /assets/
"""


@pytest.mark.parametrize(
    ("path", "agent", "line"),
    [
        ("/cart", "other", "Disallow: /cart"),
        ("/cart/help", "other", ""),
        ("/a.pdf", "other", "Disallow: /*.pdf$"),
        ("/a.pdf?x", "other", ""),
        ("/cart", "Googlebot", ""),
        ("/assets/a.css", "Googlebot", "Disallow: /assets/"),
    ],
)
def test_the_line_that_forbids(path: str, agent: str, line: str) -> None:
    assert RobotsTxt(TEXT).forbidding(f"https://shop.example{path}", agent) == line


def test_lines() -> None:
    lines = RobotsTxt(TEXT).lines
    assert [(line.number, line.field, line.value) for line in lines if line.number in (5, 6, 7)] == [
        (5, "allow", "/cart/help"),
        (6, "", ""),
        (7, "sitemap", "https://shop.example/s.xml"),
    ]


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"<html>" * 1000, b"Disallow: " + b"*" * 2000, b":::\n" * 9000])
def test_what_is_no_robots_txt_forbids_nothing(body: bytes) -> None:
    assert RobotsTxt(body).allows("https://shop.example/", "Googlebot")


def test_only_so_much_is_read() -> None:
    long = b"User-agent: *\n" + b"# x\n" * (LARGEST // 4) + b"Disallow: /\n"
    assert RobotsTxt(long).allows("https://shop.example/", "Googlebot")
    assert RobotsTxt(b"\xef\xbb\xbfUser-agent: *\nDisallow: /").bom


def test_what_forbids_is_a_line_for_that_agent() -> None:
    robots = RobotsTxt(
        b"User-agent: bingbot\nUser-agent: other\nDisallow: /\n\nUser-agent: Googlebot\nDisallow: /assets/*.css\n\nUser-agent: *\nDisallow: /cart\n"
    )
    assert robots.forbidding("https://shop.example/assets/shop.css", "Googlebot") == "Disallow: /assets/*.css"
    assert robots.forbidding("https://shop.example/cart", "Googlebot") == ""
    assert robots.forbidding("https://shop.example/cart", "other") == "Disallow: /"
    assert robots.forbidding("https://shop.example/cart", "duckduckbot") == "Disallow: /cart"
