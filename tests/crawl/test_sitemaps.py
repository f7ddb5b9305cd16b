import gzip

import pytest

from auditor.crawl import sitemaps

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def test_urlset_with_entities_and_pictures() -> None:
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
    <urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      <url><loc> https://shop.example/a?x=1&amp;y=2 </loc><image:image><image:loc>https://cdn.example/1.jpg</image:loc></image:image></url>
      <url><loc>https://shop.example/b</loc></url>
    </urlset>""".encode()
    read = sitemaps.read(body)
    assert read == sitemaps.Sitemap(
        kind="urlset",
        locations=("https://shop.example/a?x=1&y=2", "https://shop.example/b"),
        modified=("", ""),
        priorities=("", ""),
        images=1,
        pictures=("https://cdn.example/1.jpg",),
    )


def test_language_versions_and_priorities() -> None:
    body = f"""<urlset {NS} xmlns:xhtml="http://www.w3.org/1999/xhtml">
      <url><loc>https://shop.example/a</loc><priority>0.5</priority>
        <xhtml:link rel="alternate" hreflang="de" href="https://shop.example/de/a"/>
        <xhtml:link rel="alternate" hreflang="x-default" href="https://shop.example/a"/></url>
      <url><loc>https://shop.example/b</loc></url>
    </urlset>""".encode()
    read = sitemaps.read(body)
    assert read.priorities == ("0.5", "")
    named = (("de", "https://shop.example/de/a"), ("x-default", "https://shop.example/a"))
    assert read.alternates == {"https://shop.example/a": named}


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><link>https://shop.example/</link><item><title>A</title><link> https://shop.example/a </link></item></channel></rss>",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://shop.example/"/><entry><link href="https://shop.example/a"/></entry></feed>',
    ],
)
def test_a_feed_may_be_a_sitemap(body: bytes) -> None:
    read = sitemaps.read(body)
    assert (read.kind, read.locations) == ("feed", ("https://shop.example/a",))


def test_index_without_a_namespace() -> None:
    read = sitemaps.read(b"\n <sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>")
    assert (read.kind, read.locations) == ("index", ("/s1.xml",))


def test_gzip_is_unpacked_and_a_bomb_is_cut() -> None:
    assert sitemaps.unpacked(gzip.compress(b"<urlset/>")) == b"<urlset/>"
    assert len(sitemaps.unpacked(gzip.compress(b"\0" * 100_000_000))) == sitemaps.LARGEST
    assert sitemaps.unpacked(b"\x1f\x8bbroken") == b"\x1f\x8bbroken"


def test_a_list_of_addresses() -> None:
    read = sitemaps.read(b"https://shop.example/a\r\nhttps://shop.example/b\nnonsense\n")
    assert (read.kind, read.locations) == ("text", ("https://shop.example/a", "https://shop.example/b"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>Not found</body></html>", "HTML"),
        (b"<catalog><item/></catalog>", "another kind"),
        (b"<rss><channel/></rss>", "a feed without addresses"),
        (b"\xff\xfe\x00garbage", "neither"),
        (b"<", ""),
    ],
)
def test_what_is_no_sitemap_is_said_to_be_none(body: bytes, error: str) -> None:
    read = sitemaps.read(body)
    assert not read.kind
    assert not read.locations
    assert error in read.error
    assert read.error


def test_what_stands_before_a_mistake_is_read() -> None:
    read = sitemaps.read(
        f"<urlset {NS}><url><loc>https://shop.example/a</loc></url><url><loc>https://shop.exam".encode()
    )
    assert read.locations[0] == "https://shop.example/a"
    assert read.error


def test_entities_read_no_files_and_do_not_grow(tmp_path: object) -> None:
    secret = tmp_path / "secret.txt"  # type: ignore[operator]
    secret.write_text("https://shop.example/secret")
    body = f"""<?xml version="1.0"?><!DOCTYPE u [<!ENTITY x SYSTEM "file://{secret}">
    <!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
    <urlset {NS}><url><loc>&x;</loc></url><url><loc>https://shop.example/&c;</loc></url><url><loc>https://shop.example/ok</loc></url></urlset>"""
    read = sitemaps.read(body.encode())
    assert not any("secret" in location for location in read.locations)
    assert all(len(location) < 100 for location in read.locations)
