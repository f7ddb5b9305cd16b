"""Templates: pages built alike share a signature; what a browser makes of a page is told apart from noise."""

import msgspec
import pytest

from auditor.evidence.document import Document
from auditor.facts.template import Template, drawn_by_scripts, renders_differently, template


def page(
    body: str, *, body_class: str = "template-product", url: str = "https://shop.example/products/red-shoe"
) -> Document:
    return Document(
        f'<html><head><title>t</title></head><body class="{body_class}">{body}</body></html>', url, rendered=False
    )


def product(name: str, cards: int, words: str) -> str:
    listed = "".join(f'<div class="card"><a href="/p{i}">{i}</a></div>' for i in range(cards))
    return (
        f"<header><nav><ul><li>x</li></ul></nav></header><main><div><section><div><h1>{name}</h1>{words}</div><form><button>Add</button></form></section>"
        f"<section><div>{listed}</div></section></div></main><footer><div>f</div></footer>"
    )


def test_words_and_counts_do_not_matter():
    one = template(page(product("Shoe", 3, "<p>a</p>")))
    two = template(
        page(
            product("A much longer name", 24, "<p>a</p><ul><li>b</li></ul><table><tr><td>c</td></tr></table>"),
            url="https://shop.example/products/boot?x=1",
        )
    )
    assert one.signature == two.signature
    assert len(one.signature) == 12


def test_another_build_is_another_template():
    first = template(page(product("Shoe", 3, "")))
    assert (
        template(page("<header></header><main><section><form></form></section></main><footer></footer>")).signature
        != first.signature
    )
    assert template(page(product("Shoe", 3, ""), body_class="template-collection")).signature != first.signature


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("catalog-product-view product-red-shoe categorypath-shoes", "catalog-product-view product-blue-boot"),
        ("single-product postid-12 theme-storefront", "single-product postid-77 theme-storefront logged-in"),
        ("product-product-42", "product-product-9"),
        ("template-product js", "no-js template-product is-loaded"),
        ("template-product red shoe", "template-product"),
    ],
)
def test_class_names_of_one_page_or_moment(one, other):
    assert (
        template(page(product("x", 2, ""), body_class=one)).signature
        == template(page(product("x", 2, ""), body_class=other)).signature
    )


@pytest.mark.parametrize(
    "html", ["", "<body>" + "<div>" * 5000, "<body>" + "<div></div>" * 5000, "<frameset><frame src=x></frameset>"]
)
def test_hostile(html):
    facts = template(Document(html, "http://[", rendered=False))
    assert len(facts.signature) == 12
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Template) == facts


SHELL = "<html><head><title>Shop</title></head><body><div id=app></div><script>boot()</script></body></html>"
FULL = (
    '<html><head><title>Red shoe</title><link rel=canonical href="/a"><meta name=robots content=noindex><script type="application/ld+json">{"@type":"Product"}</script></head>'
    f"<body><main><h1>Red shoe</h1><p>{'word ' * 200}</p>"
    + "".join(f'<a href="/l{i}">l</a>' for i in range(9))
    + "</main></body></html>"
)


def test_an_app_shell_differs_in_everything():
    raw, rendered = (Document(html, "https://shop.example/a", rendered=html is FULL) for html in (SHELL, FULL))
    assert renders_differently(raw, rendered) == (
        "title",
        "h1",
        "canonical",
        "robots",
        "text",
        "links",
        "structured_data",
    )


def test_the_same_page_does_not_differ():
    raw, rendered = (
        Document(FULL, "https://shop.example/a", rendered=False),
        Document(FULL, "https://shop.example/a", rendered=True),
    )
    assert renders_differently(raw, rendered) == ()


def test_a_few_more_links_and_words_are_noise():
    more = FULL.replace("</main>", '<p>Recently viewed</p><a href="/new">n</a></main>').replace(
        "content=noindex", 'content="noindex, follow"'
    )
    assert (
        renders_differently(
            Document(FULL, "https://shop.example/a", rendered=False),
            Document(more, "https://shop.example/a", rendered=True),
        )
        == ()
    )


@pytest.mark.parametrize(
    ("fetched", "shown", "drawn"),
    [
        (
            "<div id=root></div><noscript>Please turn scripts on.</noscript>",
            "<main>" + "<p>A lamp of ash and felt.</p>" * 40,
            True,
        ),
        ("<main><p>Loading…</p></main>", "<main>" + "<p>A lamp of ash and felt.</p>" * 40, True),
        # long reviews that a script adds to what is there
        ("<main>" + "<p>A lamp of ash and felt.</p>" * 20, "<main>" + "<p>A lamp of ash and felt.</p>" * 400, False),
        ("<main><p>Soon.</p></main>", "<main><p>Soon.</p></main>", False),
    ],
)
def test_pages_that_scripts_draw(fetched: str, shown: str, drawn: bool) -> None:
    url = "https://shop.example/"
    assert drawn_by_scripts(Document(fetched, url, rendered=False), Document(shown, url, rendered=True)) is drawn
