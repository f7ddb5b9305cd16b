"""Lists of addresses as people bring them: every line is either an address or told with its number."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.crawl.listed import Line, admit, read
from auditor.crawl.process import crawl_round
from auditor.model.errors import UsageError
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import page, serving, text, to

SITE = "https://shop.example/"
NEW = "https://shop.example/new"


def file(folder: Path, body: str | bytes, name: str = "list.txt") -> Path:
    path = folder / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return path


def test_text_with_an_address_a_line(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "\ufeff# ours\nhttps://shop.example/a#top\n\n/b?x=1,2\r\nshop.example/c\nhttps://other.example/d\nfoo bar\nhttp://\n/b?x=1,2\nhttps://www.shop.example/e\n",
    )
    listed = read(path, SITE)
    assert [(line.number, line.url) for line in listed.lines] == [
        (2, "https://shop.example/a"), (4, "https://shop.example/b?x=1,2"), (10, "https://www.shop.example/e"),
    ]  # fmt: skip
    assert listed.wrong == (
        f"{path}:5: 'shop.example/c' has no scheme; did you mean https://shop.example/c?",
        f"{path}:6: 'https://other.example/d' is on another site than shop.example",
        f"{path}:7: 'foo bar' is not a web address",
        f"{path}:8: 'http://' is not a web address",
    )
    assert listed.told()[-1] == "lines with an address that stands there already: 1"
    assert listed.told(1)[1] == "and 3 more lines that hold no address"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("Old URL;Clicks;New URL\nhttps://shop.example/a;9;/new\n/b;;\n", [Line(2, SITE + "a", NEW), Line(3, SITE + "b")]),
        ("/a,/new\n/b,\n", [Line(1, SITE + "a", NEW), Line(2, SITE + "b")]),
        ("name,url\nLamp,/a\n\"Two\nlines\",/b\n", [Line(2, SITE + "a"), Line(4, SITE + "b")]),
        ("url\n/a\n", [Line(2, SITE + "a")]),
        ("Top pages\n/a\n/b\n", [Line(2, SITE + "a"), Line(3, SITE + "b")]),
        ("source\ttarget\n/a\t/new\n", [Line(2, SITE + "a", NEW)]),
        ("clicks,https\n3,/a\n", []),
    ],
)  # fmt: skip
def test_tables(tmp_path: Path, body: str, lines: list[Line]) -> None:
    path = file(tmp_path, body, "list.csv")
    if not lines:
        with pytest.raises(UsageError, match=r"list\.csv: no address of shop\.example in it"):
            read(path, SITE)
        return
    assert list(read(path, SITE).lines) == lines


def test_what_spreadsheets_write(tmp_path: Path) -> None:
    for body in (
        "url\n/größe\n".encode("utf-16"),
        "url\n/größe\n".encode("cp1252"),
        "url\n/größe\n".encode("utf-8-sig"),
    ):
        assert read(file(tmp_path, body, "list.csv"), SITE).lines[0].url == "https://shop.example/gr%C3%B6%C3%9Fe"


def test_sitemaps(tmp_path: Path) -> None:
    body = "<urlset><url><loc>https://shop.example/a?x=1&amp;y=2</loc></url><url><loc>https://shop.example/b</loc></url></urlset>"
    for name, data in (("s.xml", body.encode()), ("s.xml.gz", gzip.compress(body.encode()))):
        assert [line.url for line in read(file(tmp_path, data, name), SITE).lines] == [SITE + "a?x=1&y=2", SITE + "b"]
    broken = read(file(tmp_path, "<urlset><url><loc>https://shop.example/a</loc></url><url", "s.xml"), SITE)
    assert len(broken.lines) == 1
    assert "the sitemap ends here" in broken.wrong[0]
    with pytest.raises(UsageError, match=r"(?s)lists sitemaps, not pages.*Give one of: /s1\.xml"):
        read(file(tmp_path, "<sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>", "i.xml"), SITE)
    with pytest.raises(UsageError, match="not a list of addresses: HTML"):
        read(file(tmp_path, "<!doctype html><html></html>", "x.xml"), SITE)


@pytest.mark.parametrize("body", ["", "\n# nothing\n", "foo\nbar\n"])
def test_files_without_an_address(tmp_path: Path, body: str) -> None:
    with pytest.raises(UsageError, match=r"list\.txt"):
        read(file(tmp_path, body), SITE)
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.txt", SITE)


def test_these_and_no_others_are_fetched(tmp_path: Path, new_run: Callable[[str], Crawled]) -> None:
    routes = {
        "/robots.txt": text("User-agent: *\nDisallow: /private\nSitemap: /s.xml"),
        "/": page("/never"), "/a": page("/never", "/b"), "/b": page(), "/old": to("/a", 301),
    }  # fmt: skip
    with serving(routes) as shop:
        listed = read(file(tmp_path, "/a\n/old\n/gone\n/private/x\n/cart?add-to-cart=1\n/b\n"), shop.url("/"))
        told = settings(shop.url("/"), listed=True, follow_links=False, sitemaps=False)
        crawled = new_run(shop.url("/"))
        admit(crawled.workspace, crawled.run.id, told, listed)
        result = crawl_round(crawled.folder, crawled.run.id, told)
        assert result.reason == "finished"
        answers, rows = crawled.responses(), crawled.urls()
        assert {path: answers[shop.url(path)].status for path in ("/a", "/old", "/gone", "/b")} == {
            "/a": 200, "/old": 200, "/gone": 404, "/b": 200,
        }  # fmt: skip
        assert answers[shop.url("/gone")].outcome is F.SITE_ERROR
        assert rows[shop.url("/private/x")].reason == "robots.txt"
        assert rows[shop.url("/cart?add-to-cart=1")].status == "skipped"
        assert not {"/", "/never", "/private/x", "/cart?add-to-cart=1", "/s.xml"} & set(shop.hits)
