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


def quickly(body: str, url: str, links: Links, *, pictures: bool = False) -> list[tuple[str, str]]:
    return list(links.new(body.encode(), url, icons=False, pictures=pictures))


MENU = """<head><link rel="stylesheet" href="/s.css"><link rel="canonical" href="{url}"><meta http-equiv="X-UA-Compatible" content="IE=edge">
<script>location.href = '/gone'; x = '<a href="' + y + '">';</script></head>
<nav><a href="/a">A</a><a href="#top">Up</a><a class="x" href='/b?x=1&amp;y=2'>B</a><a href=c.html>C</a></nav>"""


def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    seen: list[bytes] = []
    tree = Links._tree
    monkeypatch.setattr(Links, "_tree", lambda self, body, charset: (seen.append(body), tree(self, body, charset))[1])
    return seen


def test_a_page_that_says_nothing_new_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    links, trees = Links(), parsed(monkeypatch)
    first, second, third = (f"https://shop.example/shoes/{name}" for name in ("one", "two", "three"))
    assert len(quickly(MENU.format(url=first), first, links)) == 4
    assert quickly(MENU.format(url=second) + "<p>Other words.</p>", second, links) == []
    assert len(trees) == 1
    assert links.canonical == second
    assert quickly(MENU.format(url=third) + '<a href="/new">New</a>', third, links) == [
        ("https://shop.example/new", ""),
        (third, "relation"),  # known by its key
    ]
    assert len(trees) == 2


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ('<a href = "/new">x</a>', "https://shop.example/new"),
        ('<A HREF="/new">x</A>', "https://shop.example/new"),
        ('<meta http-equiv="refresh" content="0; url=/new">', "https://shop.example/new"),
        ('<a href="?page=2">x</a>', "https://shop.example/shoes/two?page=2"),
        ('<link rel="next" href="/new">', "https://shop.example/new"),
        ('<a title="5 < 6" href="/new">x</a>', "https://shop.example/new"),
        ('<a rel="nofollow" href="/new">A</a>', "https://shop.example/new"),
        ('<a href="/a?new">A</a>', "https://shop.example/a?new"),
    ],
)
def test_whatever_is_new_is_read(more: str, url: str) -> None:
    links = Links()
    first, second = "https://shop.example/shoes/one", "https://shop.example/shoes/two"
    quickly(MENU.format(url=first), first, links)
    assert url in [found for found, _ in quickly(MENU.format(url=second) + more, second, links)]


def test_the_same_words_in_another_folder_or_on_another_host_are_read() -> None:
    links = Links()
    quickly(MENU.format(url=HERE), HERE, links)
    for url in ("https://shop.example/hats/one", "https://www.shop.example/shoes/boots/page.html"):
        where = url.rpartition("/")[0]
        assert (f"{where}/c.html", "") in quickly(MENU.format(url=url), url, links)


def test_what_stood_in_a_comment_is_read_where_it_is_a_link() -> None:
    links = Links()
    head = f'<link rel="canonical" href="{HERE}">'
    quickly(head + '<!-- <a href="/old">Old</a> --><a href="/a">A</a>', HERE, links)
    assert quickly(head + '<a href="/old">Old</a><a href="/a">A</a>', HERE, links) == [("https://shop.example/old", "")]


def test_a_picture_for_sharing_is_read_while_it_is_asked_for() -> None:
    links, head = Links(), f'<link rel="canonical" href="{HERE}"><a href="/a">A</a>'
    shared = head + '<meta property="og:image" content="/p.jpg">'
    quickly(head, HERE, links)
    assert quickly(shared, HERE, links) == []
    assert quickly(shared, HERE, links, pictures=True) == [("https://shop.example/p.jpg", "picture")]


def test_without_a_canonical_url_a_page_is_told_by_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    links, trees = Links(), parsed(monkeypatch)
    said = "<h1>Lamp</h1><a href='/a'>A</a>" + "words " * 400
    numbers = []
    for url in ("https://shop.example/lamp", "https://shop.example/lamp?x=1"):
        quickly(said, url, links)
        numbers.append(links.words)
    assert numbers[0] == numbers[1] != 0
    assert len(trees) == 2


def test_a_canonical_url_that_only_begins_like_the_page_is_read() -> None:
    links = Links()
    one, lamp, red = (f"https://shop.example/shoes/{name}" for name in ("one", "lamp", "lamp-red"))
    quickly(MENU.format(url=one), one, links)
    assert (red, "relation") in quickly(MENU.format(url=red), lamp, links)
    assert links.canonical == red
