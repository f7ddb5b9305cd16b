"""Facts about sitemaps: dates, and where a file is broken."""

import pytest

from auditor.facts import sitemaps


def test_dates_stand_beside_their_addresses_in_any_order() -> None:
    body = b"""<urlset><url><lastmod> 2026-01-01 </lastmod><loc>/a</loc></url><url><loc>/b</loc></url>
    <url><loc>/c</loc><lastmod>2026-02-02T00:00:00Z</lastmod></url><url><lastmod>2026</lastmod></url></urlset>"""
    read = sitemaps.read(body)
    assert read.locations == ("/a", "/b", "/c")
    assert read.modified == ("2026-01-01", "", "2026-02-02T00:00:00Z")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"<urlset>\n<url><loc>/a</loc></url>\n<url><loc>/b?x=1&y=2</loc></url>\n</urlset>", 3),
        (b"<urlset>\n<url><loc>/a</loc></url>\n<url><image:image/></url>\n</urlset>", 3),
        (b"<urlset>\n<url><loc>/a</loc></url>\n<url>", 3),
    ],
)
def test_the_line_of_a_fault_is_told(body: bytes, line: int) -> None:
    read = sitemaps.read(body)
    assert read.error
    assert read.line == line
    assert read.locations[0] == "/a"


def test_too_many_addresses_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MOST_URLS", 2)
    read = sitemaps.read(b"<urlset>" + b"<url><loc>/a</loc></url>" * 5 + b"</urlset>")
    assert (read.cut, len(read.locations), read.error) == (True, 2, "")
    assert sitemaps.read(b"http://a/\n" * 3).cut


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        (b"<urlset><url><loc>/1</loc></url><url><loc>/2</loc></url></urlset>", []),
        (
            b"<urlset><url><loc>/1</loc></url><url><loc>/2</loc></url><url><loc>/3</loc><priority>0.8</priority></url><url><loc>/4</loc>",
            [("/3", "0.8"), ("/4", "")],
        ),
        (b"http://a/1\r\nhttp://a/2 nonsense\nhttp://a/3", [("http://a/3", "")]),
    ],
)
def test_what_is_listed_further_comes_one_by_one(
    monkeypatch: pytest.MonkeyPatch, body: bytes, rest: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(sitemaps, "MOST_URLS", 2)
    assert list(sitemaps.further(body)) == rest


def test_a_bare_ampersand_is_told_and_changes_no_address() -> None:
    read = sitemaps.read(
        b"<urlset><url><loc>https://shop.example/?a=1&b=2</loc></url><url><loc>/c?d=1&amp;e=2</loc></url></urlset>"
    )
    assert read.error.startswith("EntityRef")
    assert read.locations == ("https://shop.example/?a=1&b=2", "/c?d=1&e=2")
