"""Links: what counts as one, how it resolves, where it stands."""

import msgspec
import pytest

from auditor.evidence.document import Document
from auditor.facts.links import Links, links, refresh_target, srcset_urls, user_links
from auditor.model.urls import absolute

URL = "https://shop.example/de/shoes/"


def doc(body: str, head: str = "", url: str = URL) -> Document:
    return Document(f"<html><head>{head}</head><body>{body}</body></html>", url, rendered=False)


def only(body: str, head: str = ""):
    (link,) = links(doc(body, head)).items
    return link


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/a", "https://shop.example/a"),
        ("a", "https://shop.example/de/shoes/a"),
        ("../a", "https://shop.example/de/a"),
        ("/a/../b/./c", "https://shop.example/b/c"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("?page=2", "https://shop.example/de/shoes/?page=2"),
        ("#top", "https://shop.example/de/shoes/#top"),
        ("", "https://shop.example/de/shoes/"),
        ("  /a\n", "https://shop.example/a"),
        ("/a b", "https://shop.example/a%20b"),
        ("/schöne", "https://shop.example/sch%C3%B6ne"),
        ("/a/%2e%2e/b", "https://shop.example/b"),
        ("/a?x=1&amp;y=2", "https://shop.example/a?x=1&y=2"),
        ("/noslash", "https://shop.example/noslash"),
        ("http://[x", ""),
        ("https://", ""),
        ("HTTPS://Shop.Example/A", "https://shop.example/A"),
    ],
)
def test_resolves_as_a_browser(href, url):
    link = only(f'<a href="{href}">x</a>')
    assert link.url == url
    assert link.kind == "a"


@pytest.mark.parametrize(
    "href",
    [
        "/",
        "/a",
        "/a/",
        "/a,b;c?d=e+f&g",
        "/..",
        "/a/.",
        "/.b",
        "/a?b/../c",
        "/a?b=/./c",
        "///x",
        "/a//b",
        "/-_=",
        "/?",
        "/a?b?c",
    ],
)
def test_the_short_cut_agrees_with_the_parser(href):
    assert only(f'<a href="{href}">x</a>').url == (absolute(URL, href) or "")


def test_base_element():
    facts = links(doc('<a href="x">x</a><a href="/y">y</a>', head='<base href="https://other.example/b/">'))
    assert [link.url for link in facts.items] == ["https://other.example/b/x", "https://other.example/y"]
    assert facts.base == "https://other.example/b/"


@pytest.mark.parametrize(
    "href", ["mailto:a@b.c", "tel:+49", "javascript:void(0)", "data:text/html,x", "whatsapp://send", "sms:1"]
)
def test_other_schemes_are_kept_and_lead_nowhere(href):
    facts = links(doc(f'<a href="{href}">x</a>'))
    assert facts.items[0].kind == "other"
    assert facts.items[0].href == href
    assert user_links(facts) == ()


def test_anchor_without_href_is_no_link():
    assert links(doc("<a name=x>x</a><a>y</a>")).items == ()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ('<link rel="canonical" href="/">', "canonical"),
        ('<link rel="alternate" hreflang="de" href="/">', "hreflang"),
        ('<link rel="alternate" type="application/rss+xml" href="/">', "feed"),
        ('<link rel="alternate" media="handheld" href="/">', "alternate"),
        ('<link rel="alternate stylesheet" href="/">', "stylesheet"),
        ('<link rel="next" href="/">', "next"),
        ('<link rel="PREV" href="/">', "prev"),
        ('<link rel="shortcut icon" href="/">', "icon"),
        ('<link rel="preload" as="font" href="/">', "preload"),
        ('<link rel="pingback" href="/">', "pingback"),
        ('<link rel="EditURI" href="/">', "service"),
        ('<link itemprop="url" href="/">', "itemprop"),
        ('<link rel="whatever" href="/">', "link"),
        ('<script src="/"></script>', "script"),
        ('<meta http-equiv="Refresh" content="0; url=/">', "refresh"),
        ('<meta property="og:url" content="/">', "og"),
        ('<meta property="og:image" content="/">', "og_image"),
    ],
)
def test_kinds_of_the_head(head, kind):
    link = only("", head)
    assert (link.kind, link.url) == (kind, "https://shop.example/")
    assert user_links(Links((link,))) == ()


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ('<img src="/a.jpg" srcset="/a.jpg 1x, /b.jpg 2x">', ["img", "srcset", "srcset"]),
        ('<picture><source srcset="/a.webp"><img src="/a.jpg"></picture>', ["srcset", "img"]),
        ('<video src="/v.mp4" poster="/p.jpg"><source src="/w.mp4"></video>', ["media", "img", "media"]),
        ('<iframe src="/f"></iframe>', ["iframe"]),
        ('<form action="/cart/add" method="POST"><button formaction="/buy">x</button></form>', ["form", "form"]),
        ("<form><input></form>", []),
        ('<input type="image" src="/i.png">', ["img"]),
        ('<map><area href="/a" alt="A"></map>', ["area"]),
        ('<object data="/o"></object><embed src="/e">', ["media", "media"]),
        ('<img src=""><img><img data-src="/{width}.jpg">', []),
    ],
)
def test_kinds_of_the_body(body, kinds):
    assert [link.kind for link in links(doc(body)).items] == kinds


def test_form_method():
    assert [
        link.method for link in links(doc('<form action="/a" method=post></form><form action="/b"></form>')).items
    ] == ["post", "get"]


@pytest.mark.parametrize(
    ("anchor", "text"),
    [
        ('<a href="/">  Red \n shoes </a>', "Red shoes"),
        ('<a href="/"><b>Red</b> shoes<script>no()</script><style>no{}</style><!-- no --></a>', "Red shoes"),
        ('<a href="/"><img src="x" alt="Red shoes"></a>', "Red shoes"),
        ('<a href="/" aria-label="Cart"><svg></svg></a>', "Cart"),
        ('<a href="/" title="Cart"><i></i></a>', "Cart"),
        ('<a href="/"><svg><title>Cart</title></svg></a>', "Cart"),
        ('<a href="/"></a>', ""),
        (f'<a href="/">{"x" * 500}</a>', "x" * 120),
    ],
)
def test_text(anchor, text):
    assert next(link for link in links(doc(anchor)).items if link.kind == "a").text == text


@pytest.mark.parametrize(
    ("body", "position"),
    [
        ("<nav>{}</nav>", "nav"),
        ("<header><div>{}</div></header>", "header"),
        ("<header><nav>{}</nav></header>", "nav"),
        ("<main>{}</main>", "main"),
        ("<main><nav>{}</nav></main>", "nav"),
        ("<main><article><header>{}</header></article></main>", "main"),
        ("<article><footer>{}</footer></article>", ""),
        ("<section><header>{}</header></section>", "header"),
        ("<footer>{}</footer>", "footer"),
        ("<aside>{}</aside>", "aside"),
        ("<div role=banner>{}</div>", "header"),
        ("<div role=contentinfo><ul><li>{}</li></ul></div>", "footer"),
        ('<div id="footer">{}</div>', "footer"),
        ("<div>{}</div>", ""),
    ],
)
def test_position(body, position):
    assert only(body.format('<a href="/">x</a>')).position == position


def test_positions_of_neighbours_do_not_mix():
    facts = links(
        doc(
            '<header><a href="/a">a</a></header><div><a href="/b">b</a></div><main><div><a href="/c">c</a></div><a href="/d">d</a></main>'
        )
    )
    assert [link.position for link in facts.items] == ["header", "", "main", "main"]


def test_inert_places():
    facts = links(doc('<template><a href="/t">t</a></template><noscript><a href="/n">n</a><img src="/p"></noscript>'))
    assert [link.inside for link in facts.items] == ["template", "noscript", "noscript"]
    assert [link.href for link in user_links(facts)] == ["/n"]


def test_attributes():
    link = only('<a href="/" rel="NoFollow noopener" hreflang="de" download role="Button" aria-label="Go">x</a>')
    assert link.rel == ("nofollow", "noopener")
    assert link.nofollow
    assert link.download
    assert link.labelled
    assert (link.hreflang, link.role) == ("de", "button")


def test_svg_links():
    assert only('<svg><a xlink:href="/q"><text>x</text></a></svg>').url == "https://shop.example/q"


@pytest.mark.parametrize(
    ("srcset", "urls"),
    [
        ("a.jpg 1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("a.jpg", ["a.jpg"]),
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("https://c/w_100,h_1/a.jpg 300w,b.jpg 2x", ["https://c/w_100,h_1/a.jpg", "b.jpg"]),
        (" , ,a.jpg 1x ,", ["a.jpg"]),
        ("", []),
        (",,,", []),
    ],
)
def test_srcset(srcset, urls):
    assert srcset_urls(srcset) == urls


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=/a", "/a"),
        ("5; URL='/a'", "/a"),
        ('0;url="/a"', "/a"),
        ("3 /a", "/a"),
        ("30", ""),
        ("", ""),
        ("url=/a", ""),
        ("0; url = /a b", "/a b"),
    ],
)
def test_refresh(content, target):
    assert refresh_target(content) == target


def test_cap_and_hostile_input():
    many = links(doc('<a href="/x">x</a>' * 20_005))
    assert many.cut
    assert len(many.items) == 20_000
    long = only(f'<a href="/{"a" * 100_000}">x</a>')
    assert len(long.href) == 4_096
    odd = links(
        Document(
            '<a href="x">y</a><p><a href="\x00/\ud800">z</a>' + "<nav>" * 3000 + '<a href="/deep">',
            "not a url",
            rendered=False,
        )
    )
    assert [link.url for link in odd.items[:1]] == [""]


def test_packs():
    facts = links(
        doc('<nav><a href="/a" rel="nofollow">a</a></nav><img src="data:image/png;base64,AAAA' + "A" * 500 + '">')
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Links) == facts
    assert len(facts.items[1].url) == 80


def test_a_word_in_a_pages_parameter_is_no_number_of_a_page():
    from auditor.facts.addresses import view

    assert view("https://shop.example/llb/shop/506?page=wool-blankets") == ""
    assert view("https://shop.example/c/lamps?page=3") == "later"
    assert view("https://shop.example/c/lamps?start=48") == "later"
    assert view("https://shop.example/c/lamps?start=48&sz=24") == "later"
    assert view("https://shop.example/c/lamps?start=0&sz=24") == "filtered"
    assert view("https://shop.example/c/lamps?page=wool&sort=price") == "filtered"
