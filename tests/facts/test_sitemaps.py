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
