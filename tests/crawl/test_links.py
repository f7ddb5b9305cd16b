import pytest

from auditor.crawl.links import Links

HERE = "https://shop.example/shoes/boots/page.html"


def found(body: str, url: str = HERE, links: Links | None = None) -> list[tuple[str, str]]:
    return list((links or Links()).new(body.encode(), url))


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/a", "https://shop.example/a"),
        ("b?x=1&amp;y=2#top", "https://shop.example/shoes/boots/b?x=1&y=2"),
        ("../c/", "https://shop.example/shoes/c/"),
        ("//cdn.example/d", "https://cdn.example/d"),
        (" \n/e\t", "https://shop.example/e"),
        ("?page=2", "https://shop.example/shoes/boots/page.html?page=2"),
        ("", "https://shop.example/shoes/boots/page.html"),
        ("HTTP://Shop.Example:80/f", "http://shop.example/f"),
        ("/ü b", "https://shop.example/%C3%BC%20b"),
    ],
)
def test_hrefs_resolve_as_in_a_browser(href: str, url: str) -> None:
    assert found(f'<a href="{href}">x</a>') == [(url, "")]


@pytest.mark.parametrize(
    "href", ["#", "#top", "javascript:void(0)", "JavaScript:x()", "mailto:a@b.c", "tel:1", "data:,x", "http://[broken"]
)
def test_what_is_no_address_is_passed_by(href: str) -> None:
    assert found(f'<a href="{href}">x</a>') == []


def test_base_href_counts() -> None:
    assert found('<head><base href="/other/"></head><a href="a">x</a>') == [("https://shop.example/other/a", "")]


def test_areas_and_relations_of_the_head_but_no_feeds_or_styles() -> None:
    body = """<head><link rel="canonical" href="/c"><link rel="next" href="?p=2"><link rel="stylesheet" href="/s.css">
    <link rel="alternate" hreflang="de" href="/de"><link rel="alternate" type="application/rss+xml" href="/feed">
    <link rel="pingback" href="/ping"></head><map><area href="/area"></map>"""
    assert dict(found(body)) == {
        "https://shop.example/area": "",
        "https://shop.example/c": "relation",
        f"{HERE}?p=2": "relation",
        "https://shop.example/de": "relation",
    }


def test_the_picture_for_sharing_is_told() -> None:
    body = '<head><meta property="og:image" content="/images?src=lamp.jpg&amp;w=9"><meta property="og:image" content="/2.jpg"></head>'
    assert found(body) == [("https://shop.example/images?src=lamp.jpg&w=9", "picture")]


def test_nofollow_is_told() -> None:
    assert found('<a rel="noopener nofollow" href="/n">x</a><a href="/y">x</a>') == [
        ("https://shop.example/n", "nofollow"),
        ("https://shop.example/y", ""),
    ]


def test_a_link_comes_once_but_relative_ones_per_folder() -> None:
    links = Links()
    menu = '<a href="/a">x</a><a href="b">x</a><a href="?q">x</a>'
    assert len(found(menu, links=links)) == 3
    assert found(menu, links=links) == [(f"{HERE}?q", "")]
    assert found(menu, "https://shop.example/hats/x", links) == [
        ("https://shop.example/hats/b", ""),
        ("https://shop.example/hats/x?q", ""),
    ]
    assert ("https://www.shop.example/a", "") in found(menu, "https://www.shop.example/", links)


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"<" * 10_000, b"<a href=" + b"x" * 100_000, b"plain"])
def test_no_body_is_too_broken(body: bytes) -> None:
    assert len(list(Links().new(body, HERE))) <= 1


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "nonsense-8", ""])
def test_any_charset_is_survived(charset: str) -> None:
    assert len(list(Links().new('<a href="/é">x</a>'.encode(), HERE, charset))) == 1
