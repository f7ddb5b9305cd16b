"""Meta: what a document says about itself, as often as it says it, and whether a browser has it in the head."""

import msgspec
import pytest

from auditor.evidence.document import Document
from auditor.facts.headers import header_links, known_directive, robots_directives, robots_header
from auditor.facts.meta import Meta, meta

URL = "https://shop.example/p/shoe?x=1"


def read(html: str, *headers: tuple[str, str], rendered: bool = False, url: str = URL) -> Meta:
    return meta(Document(html, url, rendered=rendered), headers)


def head(inner: str, *headers: tuple[str, str], **options) -> Meta:
    return read(f"<html><head>{inner}</head><body><p>x</p></body></html>", *headers, **options)


def test_titles_without_those_of_drawings():
    facts = read(
        "<html><head><title> A \n shoe</title><title>Two</title></head><body><svg><title>Cart</title></svg><svg><symbol><title>q</title></symbol></svg></body></html>"
    )
    assert [title.text for title in facts.titles] == ["A shoe", "Two"]
    assert facts.title == "A shoe"


def test_no_title_and_empty_title():
    assert head("").titles == ()
    assert [title.text for title in head("<title> </title>").titles] == [""]


def test_title_in_body():
    facts = read("<html><head></head><body><div><title>Late</title></div></body></html>")
    assert facts.titles[0].in_body


@pytest.mark.parametrize(
    "closer", ["<div>x</div>", "<img src=x>", "<custom-badge></custom-badge>", "<p>x</p>", "<iframe></iframe>"]
)
def test_what_follows_the_end_of_the_head_is_in_the_body(closer):
    facts = read(
        f'<html><head><title>t</title>{closer}<link rel="canonical" href="/c"><meta name="description" content="d"></head><body>x</body></html>'
    )
    assert not facts.titles[0].in_body
    assert facts.canonicals[0].source == "body"
    assert facts.canonical == ""
    assert facts.descriptions[0].in_body


@pytest.mark.parametrize(
    "keeper",
    [
        "<noscript><img src=x></noscript>",
        "<noscript><iframe src=x></iframe></noscript>",
        "<script>'<div>'</script>",
        "<style>a{}</style>",
        "<!-- <div> -->",
        "<template><div></div></template>",
        "<base href='/'>",
    ],
)
def test_what_leaves_the_head_open(keeper):
    facts = head(f'{keeper}<link rel="canonical" href="/c">')
    assert facts.canonicals[0].source == "head"
    assert facts.head_closed_by == ""


def test_a_rendered_head_is_what_it_is():
    facts = head('<x-y></x-y><link rel="canonical" href="/c">', rendered=True)
    assert facts.canonicals[0].source == "head"


@pytest.mark.parametrize(
    ("written", "directives"),
    [
        ("NOINDEX, follow", ("noindex", "follow")),
        ("none", ("none",)),
        (" noindex ,, nofollow", ("noindex", "nofollow")),
        ("max-snippet:-1, max-image-preview:large", ("max-snippet:-1", "max-image-preview:large")),
        (
            "unavailable_after: Wed, 03 Oct 2027 10:00:00 GMT, noindex",
            ("unavailable_after:Wed, 03 Oct 2027 10:00:00 GMT", "noindex"),
        ),
        ("", ()),
    ],
)
def test_robots_directives(written, directives):
    assert robots_directives(written) == directives


@pytest.mark.parametrize(
    ("header", "statements"),
    [
        ("noindex", [("", ("noindex",))]),
        ("googlebot: noindex, nofollow", [("googlebot", ("noindex", "nofollow"))]),
        ("noindex, googlebot: nofollow", [("", ("noindex",)), ("googlebot", ("nofollow",))]),
        ("otherbot: none, googlebot: noarchive", [("otherbot", ("none",)), ("googlebot", ("noarchive",))]),
        ("unavailable_after: 25 Jun 2027 15:00:00 PST", [("", ("unavailable_after:25 Jun 2027 15:00:00 PST",))]),
        ("max-snippet: 5", [("", ("max-snippet:5",))]),
    ],
)
def test_robots_header(header, statements):
    assert list(robots_header(header)) == statements


def test_robots_of_all_sources():
    facts = head(
        '<meta name="robots" content="index,follow"><meta name="GoogleBot" content="noindex">',
        ("x-robots-tag", "bingbot: nofollow"),
    )
    assert [(robots.agent, robots.source) for robots in facts.robots] == [
        ("", "meta"),
        ("googlebot", "meta"),
        ("bingbot", "header"),
    ]
    assert facts.noindex
    assert not facts.nofollow
    assert "nofollow" in facts.directives("bingbot")
    assert "noindex" not in facts.directives("bingbot")


def test_none_means_both():
    facts = head('<meta name="robots" content="none">')
    assert facts.noindex
    assert facts.nofollow


def test_a_header_for_another_robot_is_not_ours():
    assert not head("", ("x-robots-tag", "otherbot: noindex")).noindex


def test_known_directives():
    assert known_directive("max-snippet:20")
    assert not known_directive("noidex")


def test_canonicals():
    facts = head(
        '<base href="/de/"><link rel="canonical" href="shoe"><link rel="Canonical" href="/x#y">',
        ("link", '</z>; rel="canonical", <https://cdn.example>; rel=preconnect'),
    )
    assert [(each.href, each.url, each.source) for each in facts.canonicals] == [
        ("shoe", "https://shop.example/de/shoe", "head"),
        ("/x#y", "https://shop.example/x#y", "head"),
        ("/z", "https://shop.example/z", "header"),
    ]
    assert facts.canonical == ""
    assert facts.base == "/de/"


def test_the_same_canonical_twice_is_one():
    assert (
        head('<link rel=canonical href="/a"><link rel=canonical href="https://shop.example/a">').canonical
        == "https://shop.example/a"
    )


def test_unreadable_canonical():
    assert head('<link rel=canonical href="http://[">').canonicals[0].url == ""


def test_hreflang_in_head_and_header():
    facts = head(
        '<link rel="alternate" hreflang="x-default" href="/">', ("link", '</de>; rel="alternate"; hreflang="de-DE"')
    )
    assert [(each.hreflang, each.source) for each in facts.hreflangs] == [("x-default", "head"), ("de-DE", "header")]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('<https://a.example/?a=1,2;3>; rel="next"; title="a, b; c"', [("https://a.example/?a=1,2;3", "next")]),
        ("</a>;rel=canonical,</b>;rel='x'", [("/a", "canonical"), ("/b", "'x'")]),
        ('</a>; rel="open', [("/a", "")]),
        ("rubbish", []),
        (" " * 16_000 + "x", []),
        ("<" * 16_000, []),
    ],
)
def test_link_header(value, found):
    assert [(link.href, link.parameters.get("rel", "").strip('"')) for link in header_links([("link", value)])] == found


def test_headings():
    facts = read(
        "<h1>A <b>shoe</b><script>x</script></h1><h2></h2><h1><img alt='Logo'></h1><template><h1>t</h1></template>"
    )
    assert [(heading.level, heading.text) for heading in facts.headings] == [(1, "A shoe"), (2, ""), (1, "Logo")]
    assert facts.h1s == ("A shoe", "Logo")


def test_the_rest():
    facts = read(
        """<html lang="de-DE" dir="RTL"><head><meta charset="UTF-8"><meta http-equiv="Content-Type" content="text/html; charset=latin1">
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="description" content=" One "><meta name="Description" content="Two">
        <meta property="og:title" content="T"><meta name="twitter:card" content="summary"><meta property="product:price:amount" content="19.90">
        <meta name="generator" content="WooCommerce 9.1"><meta name="google-site-verification" content="abc"><link rel="apple-touch-icon" sizes="180x180" href="/i.png">
        <link rel="next" href="?p=3"><link rel="prev" href="?p=1"><meta http-equiv="refresh" content="5;url=/x"></head><body>x</body></html>""",
        ("content-type", 'text/html; charset="UTF-8"'),
        ("refresh", "0; url=/y"),
    )
    assert (facts.lang, facts.direction, facts.charsets, facts.header_charset) == (
        "de-DE",
        "rtl",
        ("UTF-8", "latin1"),
        "utf-8",
    )
    assert [text.text for text in facts.descriptions] == ["One", "Two"]
    assert facts.property("og:title") == "T"
    assert facts.property("twitter:card") == "summary"
    assert facts.property("product:price:amount") == "19.90"
    assert facts.property("og:none") == ""
    assert facts.generators == ("WooCommerce 9.1",)
    assert facts.names == {"google-site-verification": "abc"}
    assert facts.icons[0].sizes == "180x180"
    assert (facts.nexts[0].url, facts.prevs[0].url) == (
        "https://shop.example/p/shoe?p=3",
        "https://shop.example/p/shoe?p=1",
    )
    assert facts.refreshes == ("5;url=/x", "0; url=/y")
    assert facts.viewports == ("width=device-width, initial-scale=1",)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "\x00",
        "<",
        "<html>",
        "<head><meta name=robots>",
        "<title>",
        "<meta content=x property='og:'>" * 3000,
        "\ud800<title>\udfff",
        "<!doctype x [<!ENTITY a 'b'>]>&a;",
    ],
)
def test_hostile(html):
    facts = read(html)
    assert len(facts.properties) <= 500
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Meta) == facts
