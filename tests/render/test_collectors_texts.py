"""What a shopper reads: visible text, headings, and prices with their style and place, in real browsers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.evidence.texts import PriceText, Texts
from auditor.render.collectors import texts
from auditor.render.collectors.look import Look

Read = Callable[..., Texts]


@pytest.fixture
def read(look: Callable[..., Look]) -> Read:
    return lambda page, **how: texts.collect(look(page, fresh=False, **how))


def price(seen: Texts, text: str) -> PriceText:
    """The one price with this text."""
    alike = [one for one in seen.prices if one.text == text]
    assert len(alike) == 1, [one.text for one in seen.prices]
    return alike[0]


def amounts(seen: Texts) -> list[str]:
    return [one.text for one in seen.prices]


MONEY = [
    "1.299,00 €", "$1,299", "¥1,299", "1 299 kr", "CHF 1’299.–", "₹1,29,999", "R$ 10,50", "149 zł", "1 299 Kč", "12 990 Ft",
    "19,90 EUR", "EUR 19,90", "US$ 25.00", "kr. 1.299,00", "49,-", "99:-", "Rs. 1,499", "1 299,00 грн", "1 299 руб.", "₺1.299,90",
    "1.299,90 TL", "٤٩٫٩٩ ر.س", "￥1,299", "1,299円", "₩12,000", "A$49.95", "£5", "5€", "Fr. 49.90", "49,95 лв.", "RM 19.90", "R 199.00",
    "$ -20.00", "12.990 ₫", "1.299.000 ₫", "$0.00",
]  # fmt: skip
NOT_MONEY = [
    "Size 42", "TOP 10", "GEL 50 ml", "20 %", "6 Ft ladder", "10 KM", "R134", "SKU 123-456", "PEN 3", "4.5 of 5", "2026", "Tel. 030 123 456", "$", "€",
    "Europe 2000", "12 krone", "COP 26", "100 % cotton", "3 for 2",
]  # fmt: skip


def test_amounts_of_many_markets(read: Read) -> None:
    seen = read("".join(f"<div>{text}</div>" for text in MONEY))
    assert amounts(seen) == MONEY


def test_numbers_that_are_no_money(read: Read) -> None:
    seen = read("".join(f"<div>{text}</div>" for text in NOT_MONEY))
    assert amounts(seen) == []


def test_an_amount_over_several_elements_is_the_smallest_block_that_holds_it(read: Read) -> None:
    seen = read(
        "<div id=a><span>49</span><sup>99</sup> €</div>"
        "<div id=b style='display:flex'><span>$</span><span style='font-size:2em'>19</span><span style='font-size:.8em'>95</span></div>"
        "<div id=c><span>1</span><span>.</span><span>299</span><span>,00</span><b> €</b></div>"
        "<div id=d><span><i>25</i></span> <small>EUR</small></div>"
        "<p id=e>Was <span>$20.00</span> now <span>$15.00</span></p>"
    )
    assert [(one.text, one.selector) for one in seen.prices] == [
        ("49.99 €", "#a"),
        ("$ 19.95", "#b"),
        ("1.299,00 €", "#c"),
        ("25 EUR", "#d"),
        ("$20.00", "#e > span:nth-of-type(1)"),
        ("$15.00", "#e > span:nth-of-type(2)"),
    ]
    assert "49.99 €" in seen.visible


def test_neighbours_do_not_make_an_amount(read: Read) -> None:
    seen = read(
        "<div><span>Size 49</span><span>€ 20</span></div><table><tr><td>2</td><td>19,90</td><td>EUR</td></tr></table>"
    )
    assert amounts(seen) == ["€ 20", "2 19,90 EUR"]


def test_an_amount_in_a_long_text_stands_alone_with_what_surrounds_it(read: Read) -> None:
    words = "and many more words follow so that the paragraph gets long enough to be cut, which it is by now, surely"
    seen = read(f"<p>We ship for free from $50 in the whole country, {words}, and from $80 abroad.</p>")
    first, second = seen.prices
    assert (first.text, first.before) == ("$50", "We ship for free from")
    assert first.after.startswith("in the whole country")
    assert (second.text, second.after) == ("$80", "abroad.")


def test_style_of_prices(read: Read) -> None:
    seen = read(
        "<style>.line{text-decoration:line-through}.ruled{position:relative;display:inline-block}"
        ".ruled::after{content:'';position:absolute;left:0;top:50%;width:100%;height:0;border-top:1px solid red}"
        ".underlined{position:relative;display:inline-block}.underlined::after{content:'';position:absolute;left:0;bottom:0;width:100%;height:1px;background:red}"
        ".sign::after{content:' €'}</style>"
        "<div class=line><span>$1.00</span></div><del>$2.00</del><s><b>$3.00</b></s><div><span class=ruled>$4.00</span></div>"
        "<div><span class=underlined>$5.00</span></div><div style='font:700 30px sans-serif' class='now big'>$6.00</div>"
        "<div class=line><span style='display:inline-block'>$7.00</span></div><div class=sign>8,00</div><del style='text-decoration:none'>$9.00</del>"
    )
    struck = {one.text: one.struck for one in seen.prices}
    assert struck == {
        "$1.00": True, "$2.00": True, "$3.00": True, "$4.00": True, "$5.00": False, "$6.00": False, "$7.00": False, "8,00 €": False, "$9.00": True,
    }  # fmt: skip
    big = price(seen, "$6.00")
    assert (big.font_px, big.weight, big.classes) == (30, 700, "now big")
    assert big.box[3] >= 30


def test_a_price_without_its_number_is_told(read: Read) -> None:
    seen = read(
        "<div><span>€</span><span>NaN</span></div><p>$undefined</p><p>null USD</p><p>NaN €</p>"
        "<p>EUR NaN is no number</p><p>NaN</p><p>undefined</p><p>€</p><div><span>€</span><span>49</span></div>"
    )
    assert amounts(seen) == ["€NaN", "$undefined", "null USD", "NaN €", "€49"]
    assert all(one.visible and one.font_px for one in seen.prices)


def test_what_is_not_seen_is_no_visible_price(read: Read) -> None:
    seen = read(
        "<div style='display:none'>$1.00</div><div style='visibility:hidden'>$2.00</div><div style='opacity:0'><b>$3.00</b></div>"
        "<details><summary>more $4.00</summary><p>$5.00</p></details><div style='height:0;overflow:hidden'>$6.00</div>"
        "<div style='position:fixed;left:100%;top:0;width:200px'>$7.00</div><template>$8.00</template><noscript>$9.00</noscript>"
        "<script type=text/x-template><b>$10.00</b></script><p>$11.00</p><div hidden>$12.00</div>"
    )
    assert {one.text: one.visible for one in seen.prices} == {
        "$1.00": False, "$2.00": False, "$3.00": False, "more $4.00": True, "$5.00": False, "$6.00": False, "$7.00": False, "$11.00": True, "$12.00": False,
    }  # fmt: skip
    assert seen.visible == "more $4.00\n$11.00"


def test_words_for_screen_readers_label_their_price(read: Read) -> None:
    hidden = "style='position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)'"
    seen = read(
        f"<div><span {hidden}>Regular price</span><s>$20.00</s> <span {hidden}>Sale price</span><span>$15.00</span></div>"
        f"<p><del>49,90 €</del> <span {hidden}>Original price was: 49,90 €.</span> <ins>39,90 €</ins><span {hidden}>Current price is: 39,90 €.</span></p>"
    )
    assert [(one.text, one.hidden_label) for one in seen.prices] == [
        ("$20.00", "Regular price"),
        ("$15.00", "Sale price"),
        ("49,90 €", "Original price was: 49,90 €."),
        ("39,90 €", "Current price is: 39,90 €."),
    ]
    assert "Regular" not in seen.visible


def test_text_by_block_with_code_apart(read: Read) -> None:
    seen = read(
        "<html lang=de-DE><title> A  title </title><body><h1>Head<b>line</b></h1><p>One <i>sentence</i>.<br>Next line</p>"
        "<pre>{{ code }}</pre><textarea>typed {{ x }}</textarea><style>p{}</style><script>var a = '{{ no }}'</script><template>{{ no }}</template>"
        "<ul><li>a</li><li>b</li></ul><table><tr><td>c</td><td>d</td></tr></table><input type=submit value='Go on'>"
        "<select><option>first</option><option selected>second</option></select><svg><title>no</title><text>no</text></svg>"
    )
    assert seen.visible.splitlines() == ["Headline", "One sentence.", "Next line", "a", "b", "c d", "Go on second"]
    assert seen.code.splitlines() == ["{{ code }}", "typed {{ x }}"]
    assert (seen.title, seen.lang, seen.cut) == ("A title", "de-DE", False)


def test_headings_with_level_and_visibility(read: Read) -> None:
    seen = read(
        "<h1><img src=/ok.png alt='The shop'></h1><h2>Two</h2><h3 style='display:none'>Three</h3>"
        "<div role=heading aria-level=4>Four</div><h2 style='position:absolute;width:1px;height:1px;overflow:hidden'>For ears</h2>"
    )
    assert seen.headings == (
        (1, "The shop", True),
        (2, "Two", True),
        (3, "Three", False),
        (4, "Four", True),
        (2, "For ears", False),
    )


def test_open_shadow_roots_are_read(read: Read) -> None:
    seen = read(
        "<my-price><b slot=x>$5.00</b></my-price><script>"
        "const r = document.querySelector('my-price').attachShadow({mode:'open'}); r.innerHTML = '<p>Now <span>$7.00</span></p><slot name=x></slot><h2>In shadow</h2>'</script>"
    )
    assert amounts(seen) == ["$7.00", "$5.00"]
    assert "Now $7.00" in seen.visible
    assert (2, "In shadow", True) in seen.headings


@pytest.mark.parametrize("page", ["dawn", "woocommerce", "magento", "opencart", "flat"])
def test_main_product_and_cards_of_a_product_page(read: Read, page: str) -> None:
    seen = read((Path(__file__).parent / "pages" / f"product-{page}.html").read_text("utf-8"))
    main = {one.text for one in seen.prices if one.in_main_product}
    cards = {one.text for one in seen.prices if one.in_card}
    assert main == {"€ 49,99", "€ 39,99"}
    assert cards == {"€ 11,00", "€ 12,00", "€ 0,00"}


def test_what_the_cart_costs_is_no_products_price(read: Read) -> None:
    page = (
        "<div><h1>Chair</h1></div><div><s>$49.00</s> <b>$39.00</b><form method=post><input type=submit {button}></form></div>"
        "<div><p><a href=/shop/cart/>0 items: $0.00</a></p><p><a href='/index.php?route=checkout/cart'>Total $7.00</a></p><a href=/shop/cartoons/>from $9.00</a></div>"
    )
    for button in ("name=add_cart value=Buy", "name=go value=Buy", "name=add_cart value=Hamster"):
        seen = read(page.format(button=button))
        main = [one.text for one in seen.prices if one.in_main_product]
        assert main == ["$49.00", "$39.00", "from $9.00"], button
        assert [one.text for one in seen.prices if one.in_card] == ["0 items: $0.00", "Total $7.00"]
    assert not read(page.format(button="name=go value=Subscribe")).main_block


def test_a_category_page_has_no_main_product(read: Read) -> None:
    seen = read(
        "<main><h1>Shirts</h1><ul>"
        + "".join(
            f"<li class=item><a href=/p/{i}><img src=/ok.png alt=s></a><span>${i}.00</span><button>Add to cart</button></li>"
            for i in range(1, 4)
        )
        + "</ul></main>"
    )
    assert [(one.text, one.in_main_product, one.in_card) for one in seen.prices] == [
        ("$1.00", False, True),
        ("$2.00", False, True),
        ("$3.00", False, True),
    ]


def test_microdata_is_the_main_product_where_nothing_can_be_bought(read: Read) -> None:
    seen = read(
        "<div itemscope itemtype='https://schema.org/Product'><h1 itemprop=name>Sold out</h1><p>$5.00</p></div><p>$6.00</p>"
    )
    assert [(one.text, one.in_main_product) for one in seen.prices] == [("$5.00", True), ("$6.00", False)]


def test_a_sold_out_product_is_known_by_its_words(read: Read) -> None:
    page = (
        "<div class=row><div class=left><h1>Kettle</h1><p>$5.00</p><p>Unavailable</p><form><button>Notify me</button></form></div></div>"
        "<table><tr><th>Tax</th><td>$0.00</td></tr></table>"
    )
    assert [(one.text, one.in_main_product) for one in read(page).prices] == [("$5.00", True), ("$0.00", False)]


def test_a_sold_out_product_of_a_list_is_not_the_pages_own(read: Read) -> None:
    seen = read(
        "<div><h1>Kettles</h1><ul>"
        + "".join(
            f"<li class=item><a href=/p/{i}><img src=/ok.png alt=s></a><p>${i}.00</p><p>Sold out</p></li>"
            for i in range(1, 4)
        )
        + "</ul></div>"
    )
    assert not any(one.in_main_product for one in seen.prices)


def test_a_huge_page_is_cut_and_says_so(read: Read) -> None:
    seen = read(
        "<script>for (let i = 0; i < 9000; i++) { const p = document.createElement('p'); p.textContent = 'Forty characters of text stand in here $' + i; document.body.append(p) }</script>"
    )
    assert seen.cut
    assert len(seen.visible) <= texts.MOST_TEXT
    assert len(seen.prices) == texts.MOST_PRICES
