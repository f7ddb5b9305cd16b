"""Structured data: syntax faults with their place, items of one form, references, microdata, hostile input."""

import json

import msgspec
import pytest
from extruct.w3cmicrodata import LxmlMicrodataExtractor

from auditor.evidence.document import Document
from auditor.facts.items import Item
from auditor.facts.json_places import locate
from auditor.facts.json_syntax import parse
from auditor.facts.structured_data import StructuredData, of_type, structured_data

URL = "https://shop.example/p/shoe"


def read(*blocks: object, body: str = "") -> StructuredData:
    scripts = "".join(
        f'<script type="application/ld+json">{block if isinstance(block, str) else json.dumps(block)}</script>'
        for block in blocks
    )
    return structured_data(Document(f"<html><head>{scripts}</head><body>{body}</body></html>", URL, rendered=False))


@pytest.mark.parametrize(
    ("text", "kind", "line", "column"),
    [
        ('{"a":1,}', "trailing_comma", 1, 7),
        ('{"a":[1,\n2,\n]}', "trailing_comma", 2, 2),
        ("{'a':1}", "single_quotes", 1, 2),
        ('{"a":“b”}', "single_quotes", 1, 6),
        ('{"a":1 "b":2}', "missing_comma", 1, 8),
        ('{"a" / "b", "c":2}', "missing_colon", 1, 6),
        ('{"a" "b"}', "missing_colon", 1, 6),
        ('{\n"name": "5" screen"}', "unescaped_quote", 2, 13),
        ('{"a":NaN}', "not_a_number", 1, 6),
        ('{"NaN":"NaN",\n "a":-Infinity}', "not_a_number", 2, 6),
        ("{&quot;a&quot;:1}", "html_entity", 1, 2),
        ('{"a":1 // c\n}', "comment", 1, 8),
        ('// words\n{"a":1}', "comment", 1, 1),
        ('{"a":{{ product.price }}}', "template", 1, 7),
        ('{"a":"b"', "unterminated", 1, 9),
        ('{"a":"b', "unterminated", 1, 6),
        ('{"a":1}{"b":2}', "extra_data", 1, 8),
        ('{"a":1};', "extra_data", 1, 8),
        ('{"a":"\\q"}', "bad_escape", 1, 7),
        ("{a:1}", "unquoted", 1, 2),
        ('{"a":undefined}', "unquoted", 1, 6),
        ("[" * 100_000, "too_deep", 1, 1),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "too_deep", 1, 1),
        ('"' + "x" * 2_000_001 + '"', "too_large", 1, 1),
    ],
)
def test_syntax_faults(text, kind, line, column):
    fault = parse(text).fault
    data = parse(text).data
    assert data is None
    assert (fault.kind, fault.line, fault.column, fault.tolerated) == (kind, line, column, False)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1}',
        ' \n{"a":1}\n',
        '<!-- {"a":1} -->',
        '<!--\n{"a":1}\n//-->',
        '//<![CDATA[\n{"a":1}\n//]]>',
        '/*<![CDATA[*/{"a":1}/*]]>*/',
        '<![CDATA[{"a":1}]]>',
        '\ufeff{"a":1}',
    ],
)
def test_wrappers_are_no_fault(text):
    assert (parse(text).data, parse(text).fault) == ({"a": 1}, None)


def test_a_comment_end_inside_a_string_stays():
    assert parse('{"a":"x -->"}').data == {"a": "x -->"}


def test_line_breaks_in_strings_are_told_and_read():
    facts = read('{"@type":"Product",\n"name":"Red\nshoe"}')
    assert facts.blocks[0].error.kind == "control_character"
    assert facts.blocks[0].error.tolerated
    assert facts.items[0].text("name") == "Red\nshoe"


def test_a_fault_has_its_place_in_the_document_and_an_excerpt():
    html = '<html>\n<head>\n<script type="application/ld+json">\n{\n  "@type": "Product",\n  "name": "x",\n}\n</script>'
    facts = structured_data(Document(html, URL, rendered=False))
    (block,) = facts.faulty
    assert (block.line, block.error.line, block.error.column, block.error.document_line) == (3, 4, 14, 6)
    assert block.error.excerpt == '  "name": "x",'
    assert block.seems == "Product"
    assert facts.items == ()


def test_the_excerpt_is_cut_around_the_fault():
    fault = parse('{"a":"' + "x" * 1_000 + '" ' + "y" * 1_000 + "}").fault
    assert len(fault.excerpt) == 120
    assert fault.excerpt[fault.excerpt_column] == "y"


def test_one_broken_block_leaves_the_others():
    facts = read("{", {"@type": "Product", "name": "x"})
    assert [bool(block.error) for block in facts.blocks] == [True, False]
    assert facts.items[0].block == 1


@pytest.mark.parametrize(
    ("context", "kind", "name"),
    [
        ("https://schema.org", "schema.org", "Product"),
        ("http://schema.org/", "schema.org", "Product"),
        ("http://www.schema.org", "schema.org", "Product"),
        (["https://schema.org", {"x": "https://x.example/"}], "schema.org", "Product"),
        ({"@vocab": "https://schema.org/"}, "schema.org", "Product"),
        ({"s": "http://schema.org/"}, "schema.org", "s:Product"),
        ("https://other.example/", "https://other.example/", "Product"),
        (None, "missing", "Product"),
        (7, "missing", "https://schema.org/Product"),
    ],
)
def test_contexts(context, kind, name):
    facts = read({"@context": context, "@type": name, "name": "x"})
    assert facts.blocks[0].context == kind
    assert facts.items[0].types == ("Product",)


def test_graph_lists_and_wrappers_are_laid_flat():
    facts = read(
        [{"@type": "A"}, {"@graph": [{"@type": "B"}, "rubbish", {"@type": ["C", "D", 7]}]}],
        {
            "@graph": {"@type": "E"},
            "@type": "F",
            "name": "n",
            "tags": [["x", ["y"]], {"@list": [1]}, {"@value": "v", "@language": "de"}, None, True],
        },
    )
    assert [item.types for item in facts.items] == [("A",), ("B",), ("C", "D"), ("E",), ("F",)]
    assert facts.items[4].all("tags") == ["x", "y", 1, "v", None, True]
    assert [item.path for item in facts.items] == ["$[0]", "$[1].@graph[0]", "$[1].@graph[2]", "$.@graph", "$"]


def test_references_across_blocks():
    facts = read(
        {
            "@graph": [
                {
                    "@type": "WebPage",
                    "@id": "#page",
                    "mainEntity": {"@id": f"{URL}#p"},
                    "publisher": {"@type": "Organization", "@id": "/#org"},
                }
            ]
        },
        {"@type": "Product", "@id": "#p", "name": "Shoe", "subjectOf": {"@id": "#page"}, "gone": {"@id": "#nowhere"}},
        {"@type": "Organization", "@id": "https://shop.example/#org", "name": "Shop"},
    )
    page, product, _ = facts.items
    assert page.items("mainEntity")[0].text("name") == "Shoe"
    assert page.items("mainEntity")[0].referenced
    assert page.text("publisher") == "Shop"
    assert product.items("subjectOf")[0].items("mainEntity")[0].properties == {}, "a cycle stays a reference"
    assert product.items("gone")[0].id == f"{URL}#nowhere"
    assert [item.types for item in facts.walk() if item.is_a("Product")] == [("Product",)], "walk gives each item once"


def test_one_thing_described_in_two_blocks():
    facts = read(
        {"@type": "Product", "@id": "#p", "name": "A"},
        {"@type": "Product", "@id": "#p", "name": "B", "sku": "1"},
        {"@type": "WebPage", "about": {"@id": "#p"}},
    )
    about = facts.items[2].items("about")[0]
    assert (about.text("name"), about.text("sku")) == ("A", "1")
    assert len(of_type(facts, "Product")) == 2


def test_blank_nodes_are_known_inside_their_block_only():
    facts = read({"@graph": [{"@id": "_:a", "name": "one"}, {"x": {"@id": "_:a"}}]}, {"x": {"@id": "_:a"}})
    assert facts.items[1].items("x")[0].text("name") == "one"
    assert facts.items[2].items("x")[0].properties == {}


@pytest.mark.parametrize(
    "name",
    [
        "Product",
        "ProductGroup",
        "IndividualProduct",
        "ProductModel",
        "Car",
        "https://schema.org/Vehicle",
        "schema:Product",
    ],
)
def test_product_and_its_subtypes(name):
    assert len(of_type(read({"@type": name, "name": "x"}), "Product")) == 1


def test_unlike_types():
    assert of_type(read({"@type": "product"}, {"@type": "Offer"}, {"name": "x"}), "Product") == []


def test_numbers_and_texts_that_cannot_be_packed_are_made_text():
    facts = read(
        '{"a": 123456789012345678901234567890, "b": 1e999, "c": "\\ud800x", "\\ud800": "k", "d": 19.90, "@id": "\\udc00", "e": '
        + "9" * 5000
        + "}"
    )
    item = facts.items[0]
    assert item.all("a") == ["123456789012345678901234567890"]
    assert item.all("b") == ["1e999"]
    assert item.all("c") == ["\ufffdx"]
    assert item.all("d") == [19.9]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=StructuredData) == facts


def test_types_of_values_survive_packing():
    facts = read({"a": [1, 1.5, "1", True, None, {"b": {"c": []}}]})
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=StructuredData)
    assert again == facts
    assert isinstance(again.items[0].all("a")[5], Item)
    assert [item.text("x") for item in again.items] == [""]


def test_first_and_text():
    item = read({"@type": "X", "a": [None, "b"], "brand": {"name": " Acme "}, "flag": False, "n": 3}).items[0]
    assert (item.first("a"), item.text("brand"), item.text("flag"), item.text("n"), item.first("none")) == (
        "b",
        "Acme",
        "false",
        "3",
        None,
    )
    assert item.texts("a") == ["", "b"]


def test_blocks_that_run_nowhere_or_are_no_json_ld():
    body = '<template><script type="application/ld+json">{"@type":"A"}</script></template><script type="application/json">{"@type":"B"}</script><script>{"@type":"C"}</script>'
    assert read(body=body).items == ()
    assert read(body='<script type="Application/LD+JSON; charset=utf-8">{"@type":"D"}</script>').items[0].types == (
        "D",
    )


MICRODATA = """<div itemscope itemtype="http://schema.org/Product" itemid="#p" itemref="more nowhere">
<h1 itemprop="name">Red <b>shoe</b><script>x</script></h1><img itemprop="image" src="/a.jpg"><a itemprop="url" href="shoe">x</a>
<div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price" content="19.90">19,90 €</span>
<meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="http://schema.org/InStock"><time itemprop="validFrom" datetime="2026-01-01">now</time></div>
<data itemprop="sku alternateSku" value="S1">one</data></div><p id="more"><span itemprop="http://schema.org/color">red</span></p><i itemprop="stray">x</i>"""


def test_microdata():
    facts = read(body=MICRODATA)
    (product,) = facts.items
    assert (product.types, product.source, product.id, product.line) == (("Product",), "microdata", f"{URL}#p", 1)
    assert product.properties["name"] == ["Red shoe"]
    assert product.properties["image"] == ["https://shop.example/a.jpg"]
    assert product.properties["url"] == ["https://shop.example/p/shoe"]
    assert product.properties["sku"] == product.properties["alternateSku"] == ["S1"]
    assert product.properties["color"] == ["red"]
    offer = product.items("offers")[0]
    assert {name: values[0] for name, values in offer.properties.items()} == {
        "price": "19.90",
        "priceCurrency": "EUR",
        "availability": "http://schema.org/InStock",
        "validFrom": "2026-01-01",
    }
    assert (offer.path, offer.line) == ("offers[0]", 3)
    assert facts.loose == ("stray",)


def test_microdata_agrees_with_extruct():
    document = Document(f"<body>{MICRODATA}</body>", URL, rendered=False)
    ours = structured_data(document).items
    theirs = LxmlMicrodataExtractor(nested=True, strict=True).extract_items(document.tree, document.base)

    def plain(value):
        if isinstance(value, Item):
            return {name: [plain(each) for each in values] for name, values in value.properties.items()}
        return value

    def bare(value):
        if isinstance(value, dict):
            pairs = value["properties"].items()
            return {
                name.removeprefix("http://schema.org/"): [
                    bare(each) for each in (values if isinstance(values, list) else [values])
                ]
                for name, values in pairs
            }
        return value

    assert [plain(item) for item in ours] == [bare(item) for item in theirs]


def test_nested_items_without_itemprop_are_items_of_their_own():
    facts = read(
        body='<div itemscope itemtype="https://schema.org/WebPage"><div itemscope itemtype="https://schema.org/Product"><b itemprop="name">x</b></div></div>'
    )
    assert [item.types for item in facts.items] == [("WebPage",), ("Product",)]
    assert of_type(facts, "Product")[0].text("name") == "x"


def test_one_bad_url_does_not_cost_the_rest():
    facts = read(body='<div itemscope><a itemprop="url" href="http://[bad">x</a><b itemprop="name">n</b></div>')
    assert facts.items[0].properties == {"url": ["http://[bad"], "name": ["n"]}


RDFA = """<div vocab="https://schema.org/" typeof="Product" resource="#p"><h1 property="name">Red <b>shoe</b></h1><img property="image" src="/a.jpg">
<meta property="sku schema:mpn" content="S1"><div property="offers" typeof="Offer"><span property="price" content="19.90">19,90 €</span>
<link property="availability" href="https://schema.org/InStock"><time property="validFrom" datetime="2026-01-01">now</time></div>
<div vocab="http://other.example/ns#"><i property="fit">wide</i></div></div><p typeof="schema:Brand"><b property="schema:name">x</b></p>"""


def test_rdfa():
    facts = read(body=RDFA)
    product, brand = facts.items
    assert (product.types, product.source, product.id, product.line) == (("Product",), "rdfa", f"{URL}#p", 1)
    assert product.properties["name"] == ["Red shoe"]
    assert product.properties["image"] == ["https://shop.example/a.jpg"]
    assert product.properties["sku"] == product.properties["mpn"] == ["S1"]
    assert product.properties["http://other.example/ns/fit"] == ["wide"]
    (offer,) = product.items("offers")
    assert {name: values[0] for name, values in offer.properties.items()} == {
        "price": "19.90",
        "availability": "https://schema.org/InStock",
        "validFrom": "2026-01-01",
    }
    assert (offer.path, offer.line) == ("offers[0]", 2)
    assert (brand.types, brand.text("name")) == (("Brand",), "x")


def test_open_graph_is_no_rdfa():
    assert read(body='<meta property="og:title" content="x"><svg><g typeof="x"/></svg>').items == ()


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_block_is_forgiven(text):
    fault = parse(text).fault
    assert (fault.kind, fault.tolerated) == ("empty", True)


def test_keys_that_stand_twice():
    (block,) = read(
        '{"@context":"https://schema.org","@type":"Product","brand":"a","x":{"y":1,"y":2},"brand":"b"}'
    ).blocks
    assert block.repeated == ("y", "brand")


HOSTILE = [
    {"a": [[[[[1] * 50] * 50]]]},
    [[[[{"@type": "X"}]]]],
    "7",
    "null",
    '"x"',
    {"@type": {"x": 1}, "@id": 7, "@graph": 7, "@context": {"@vocab": 7, "s": None}},
    {"@type": [], "@graph": [None, 1, []]},
    {"x": {"@value": {"@value": {"@value": [1]}}}},
    json.loads('{"a":' * 200 + "1" + "}" * 200),
    {"@graph": [{"@id": f"#{i}", "n": [{"@id": f"#{(i * 7 + j) % 60}"} for j in range(12)]} for i in range(60)]},
    [{"@type": "Product", "name": "x"}] * 7_000,
    {"x": list(range(50_000))},
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.timeout(20)
def test_hostile_json_ld(data):
    facts = read(data)
    packed = msgspec.msgpack.encode(facts)
    assert len(packed) < 20_000_000
    assert msgspec.msgpack.decode(packed, type=StructuredData) == facts
    assert sum(1 for _ in facts.walk()) <= 10_000


@pytest.mark.parametrize(
    "body",
    [
        "<div itemscope itemprop=a>" * 240,
        "<div itemscope itemref=x><div id=x itemscope itemprop=a itemref=x></div></div>",
        "<div id=r itemscope itemref=r itemprop=a><b itemprop=n>x</b></div>",
        "<div id=a itemscope itemprop=x itemref=b></div><div id=b itemscope itemprop=y itemref=a></div><div itemscope itemref='a b'></div>",
        "<p itemprop>x</p><div itemscope itemprop=''><b itemprop=' '>x</b></div>",
        "<div itemscope>" + "<b itemprop=a>x</b>" * 30_000 + "</div>",
        "<div typeof=a property=b>" * 240,
        "<div vocab='' typeof><b property>x</b><b property=' '>x</b></div>",
        "<div vocab=x typeof=Y>" + "<b property=a>x</b>" * 30_000 + "</div>",
        "".join(f"<div itemscope itemref='{' '.join(f'r{j}' for j in range(40))}'></div>" for _ in range(100))
        + "".join(f"<p id=r{i} itemprop=a>{i}</p>" for i in range(40)),
    ],
)
@pytest.mark.timeout(20)
def test_hostile_microdata(body):
    facts = read(body=body)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=StructuredData) == facts


def test_locate():
    html = """<html><head>
<script type="application/ld+json">
{ "@context": "https://schema.org",
  "@graph": [
    {"@type": "WebPage", "offers": {"price": "x"}},
    {"@type": "Product",
     "tags": ["a", ["b"], {"k": 1}],
     "offers": [
       {"@type": "Offer", "price": "1"},
       {"@type": "Offer", "sku": "price",
        "schema:price": "2"}]}]}
</script>"""
    document = Document(html, URL, rendered=False)
    offers = of_type(structured_data(document), "Offer")
    assert [locate(document, offer.block, offer.path, "price") for offer in offers] == [(9, 27), (11, 9)]
    assert locate(document, 0, "$.@graph[1].tags[2]", "k") == (7, 28)
    assert locate(document, 0, "$.nothing") == (3, 1)
    assert locate(document, 3, "$") == (0, 0)
