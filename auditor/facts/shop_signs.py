"""What a page offers to do, whatever its theme: put one product into the cart, choose among many; read by page_type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from lxml import etree
from lxml.etree import _Element

from auditor.evidence.document import Document
from auditor.facts.dom import may_name, once, text_of

_MOST_CONTROLS = 600
_MOST_PRICES = 300
_LEVELS = 8  # ancestors that are climbed
_ADD = re.compile(
    r"add[-_ ]?(item[-_ ]?)?to[-_ ]?(your |my |the |shopping[-_ ]?)?(cart|basket|bag|trolley|order)|in (den|die) (waren|einkaufs)?(korb|tasche|wagen)"
    r"|warenkorb legen|ajouter au panier|(añadir|agregar|anadir) (al|a la) (carrito|cesta)|aggiungi al carrello"
    r"|(in|aan) (mijn )?winkel(wagen|mand)|lägg (i|till i) (varukorg|kundvagn)|læg i kurv|legg i handlekurv|do koszyka"
    r"|(adicionar|acrescentar) ao carrinho|do košíku|kosárba|в корзину|カートに入れる|加入购物车|buy[-_ ]?(it )?now|jetzt kaufen|btn-?buy|buy-?button|pre-?order",
    re.IGNORECASE,
)
_CART_FORM = re.compile(
    r"(/|=|^)(cart|basket|bag|panier|warenkorb|carrito|checkout/cart)([/_-]?(add|line-?item)|\.php\?action=add|\b.*add\b|/?$)|add-?to-?(cart|basket)",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(^|[-_ ])(card|tile|miniature|thumb|teaser|carousel|slider|slide|swiper|related|recommend\w*|upsell|cross-?sell|grid-item|grid__item|product-item|product-?box|minicart|mini-cart)s?([-_ ]|$)|^products?$",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"^(qty|quantity|menge|anzahl|quantite|amount|cantidad|aantal)\b|qty|quantity", re.IGNORECASE)
# of a line of a cart
_OUT = re.compile(
    r"(?<![a-z])(remove|delete|trash|update|change=|quantity=0)|entfern|l[oö]sch|aktualisier|supprim|retirer|elimina|verwijder|usu[nń]|ta bort|fjern|odstran",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"(?:[€$£¥₹₽₴]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|kr|zł|Kč|Ft|lei|R\$)\b)\s{0,2}\d|\d[\d.,' ]{0,12}\s{0,2}(?:[€$£¥₹₽₴]|(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|kr|zł|Kč|Ft|lei)\b)",
    re.IGNORECASE,
)
_SORT = re.compile(r"sort|order-?by|sortier|trier|ordenar|ordina|sorteer|product_list_order", re.IGNORECASE)
_COUNT = re.compile(
    r"\b\d{1,6} (products?|items?|results?|artikel|produkte?|produits?|articles?|productos?|resultados|prodotti|risultati|producten|resultaten|produkter|produktów)\b",
    re.IGNORECASE,
)


_NO_PAGE = re.compile(
    r"^(javascript|data|mailto|tel):|\.(jpe?g|png|gif|webp|avif|svg|mp4|webm|pdf)($|\?)|[?&](width|quality)=",
    re.IGNORECASE,
)
_SIGNS = (
    "€",
    "$",
    "£",
    "¥",
    "₹",
    "₽",
    "₴",
    "kr",
    "zł",
    "Kč",
    "Ft",
    "lei",
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
)
_THINGS = ("rodu", "item", "Item", "esult", "rtikel", "rticle", "risultat")
_paged = etree.XPath(
    "boolean(//link[@rel='next']|//a[@rel='next']|//*[contains(@class,'pagination') or contains(@class,'pager')]//a|//nav[contains(@aria-label,'agination')])"
)
_leading = etree.XPath(
    ".//a[@href][.//img or ancestor::h2 or ancestor::h3 or ancestor::h4 or ancestor::h5 or .//h2 or .//h3 or .//h4]"
)
# the cart itself may live at /checkout/cart
_onward = etree.XPath(
    "boolean(//a[(contains(@href,'checkout') and not(contains(@href,'checkout/cart'))) or contains(@href,'kasse')]|//button[@name='checkout' or contains(@class,'checkout')]|//form[contains(@action,'checkout') and not(contains(@action,'checkout/cart'))])"
)
_controls: Any = etree.XPath(
    "//button|//input[@type='submit' or @type='button' or @type='image']|//a/@role[.='button']/..|//a/@class[contains(.,'btn') or contains(.,'button')]/..|//a/@href[contains(.,'add')]/.."
)
_filtered = etree.XPath(
    "count(//*[contains(@class,'filter') or contains(@class,'facet') or contains(@class,'layered')]//*[self::a or self::input[@type='checkbox' or @type='radio']]) >= 3"
)


class Control(msgspec.Struct, frozen=True):
    """The controls that put something into the cart: of the page's own product, and of cards."""

    main: bool = False  # one that belongs to what the h1 names
    choices: bool = False  # with a quantity or options beside it
    in_cards: int = 0


def product_control(document: Document) -> Control:
    """Which add-to-cart controls there are, and whether one of them belongs to the page's heading."""
    found = list(_adders(document))
    cards = [control for control in found if in_card(control)]
    own = [control for control in found if control not in cards]
    heading = next(iter(document.tree.iter("h1")), None)
    if heading is not None:
        for block in _up(heading):
            near = [control for control in own if _within(control, block)]
            if near:
                # a heading over many controls names a list of products
                return Control(len(near) <= 4, any(map(_has_choices, near)), len(cards))
    alone = [control for control in own if _has_choices(control)]
    return Control(len(alone) == 1, len(alone) == 1, len(cards))


def product_cards(document: Document) -> int:
    """How many products stand in the page's longest row or grid: neighbours alike, each with a link and a price."""
    groups: dict[_Element, set[_Element]] = {}
    for element in priced(document):
        card = next((block for block in (element, *_up(element)) if _is_card(block)), None)
        if card is not None and (parent := card.getparent()) is not None:
            # the cells of a table are one grid, whatever its rows
            table = next((above for above in _up(card) if above.tag == "table"), parent) if card.tag == "td" else parent
            groups.setdefault(table, set()).add(card)
    return max(map(len, groups.values()), default=0)


def has_list_controls(document: Document) -> list[str]:
    """What a list of products has and a page about one has not: sorting, pages, a count, filters."""
    tree = document.tree
    selects = (
        " ".join(select.get(name) or "" for name in ("name", "id", "class", "aria-label"))
        for select in islice(tree.iter("select"), 60)
    )
    found = ["sorting"] if any(_SORT.search(names) for names in selects) else []
    if may_name(document, "next", "pag") and _paged(tree):
        found.append("pages")
    if any(_COUNT.search(text) for text in _texts(document, _THINGS)[:200]):
        found.append("count")
    if may_name(document, "filter", "facet", "layered") and _filtered(tree):
        found.append("filters")
    return found


def is_cart(document: Document) -> bool:
    """Lines with a quantity, which can be changed or taken out, and a way to the checkout. What a header keeps for the cart on every page is neither."""
    lines = [
        one
        for one in islice(
            (one for one in document.tree.iter("input", "select") if one.get("name") is not None), _MOST_CONTROLS
        )
        if (_QUANTITY.search(one.get("name") or "") or "updates" in (one.get("name") or ""))
        and (one.get("type") or "").lower() != "hidden"
    ]
    return bool(lines) and _onward(document.tree) is True and (len(lines) > 1 or _takes_out(document))


def _takes_out(document: Document) -> bool:
    controls = document.tree.xpath("//button|//a[@href]|//input[@type='submit' or @type='image' or @type='checkbox']")
    names = ("name", "id", "class", "value", "title", "aria-label", "href", "data-action", "formaction")
    return any(
        _OUT.search(" ".join([*(one.get(name) or "" for name in names), "".join(one.itertext())[:60]])[:600])
        for one in controls[:_MOST_CONTROLS]
    )


def _adders(document: Document) -> Iterator[_Element]:
    for control in _controls(document.tree)[:_MOST_CONTROLS]:
        names = " ".join(
            control.get(name) or ""
            for name in (
                "name",
                "id",
                "class",
                "value",
                "aria-label",
                "title",
                "data-action",
                "data-testid",
                "data-button-action",
            )
        )
        if _ADD.search(names[:600]) or _ADD.search(" ".join("".join(control.itertext()).split())[:120]):
            yield control
            continue
        form = next((block for block in _up(control) if block.tag == "form"), None)
        if (
            form is not None
            and control.get("type") in ("submit", None)
            and _CART_FORM.search((form.get("action") or "")[:300])
            and _has_choices(control)
        ):
            yield control


def in_card(control: _Element) -> bool:
    """Whether it belongs to one of the products that a page lists, or to the page's frame."""
    return _named_card(control) or _leads_elsewhere(control)


def _leads_elsewhere(control: _Element) -> bool:
    """A card is what leads to one other page, by its picture or its heading: also where it is the only card of a list."""
    for block in _up(control):
        if block.tag in ("body", "main") or block.find(".//h1") is not None:
            return False
        found: Any = _leading(block)
        targets = {link.get("href", "").partition("#")[0] for link in found[:20]}
        targets = {one for one in targets if one and not _NO_PAGE.search(one[:2_000])}
        if targets:
            return len(targets) == 1
    return False


def _named_card(control: _Element) -> bool:
    for block in _up(control):
        if any(_CARD.search(name) for name in (block.get("class") or "").split()[:20]):
            return True
        if (
            block.tag in ("li", "article")
            and (parent := block.getparent()) is not None
            and sum(1 for child in parent if child.tag == block.tag) >= 3
        ):
            return True
        if block.tag in ("header", "nav", "footer", "aside"):
            return True
    return False


def _has_choices(control: _Element) -> bool:
    form = next((block for block in _up(control) if block.tag == "form"), None)
    if form is None:
        return False
    for field in form.iter("input", "select"):
        if field.get("type") in ("number", "radio") or (field.tag == "select" and field.get("name")):
            return True
        if field.get("type") != "hidden" and _QUANTITY.search(field.get("name") or ""):
            return True
    return False


@once
def priced(document: Document) -> list[_Element]:
    """Elements whose own text is an amount of money, at most 300; the sign may stand beside the number."""
    return list(_priced(document))


def _priced(document: Document) -> Iterator[_Element]:
    for text in _texts(document, _SIGNS)[:_MOST_PRICES]:
        holder = text.getparent()
        if holder is None or holder.tag in ("script", "style", "option", "template", "noscript"):
            continue
        if text.is_tail and (above := holder.getparent()) is not None:
            holder = above
        if any(letter.isdigit() for letter in text):
            if _PRICE.search(text[:200]):
                yield holder
        elif (above := holder.getparent()) is not None and _PRICE.search("".join(above.itertext())[:80]):
            yield above


def _texts(document: Document, words: tuple[str, ...]) -> list[Any]:
    """Short texts with one of these words in them, as lxml's strings that know their element."""
    text = _whole(document)
    there = tuple(word for word in words if word in text)
    found: Any = _containing(there)(document.tree) if there else []
    return list(found)


@once
def _whole(document: Document) -> str:
    return text_of(document.tree)


@cache
def _containing(words: tuple[str, ...]) -> etree.XPath:
    either = " or ".join(f"contains(., '{word}')" for word in words)
    return etree.XPath(f"//body//text()[string-length(.) < 120 and ({either})]")


def _is_card(block: _Element) -> bool:
    if not isinstance(block.tag, str) or block.tag in ("span", "option", "body", "main"):
        return False
    # lists of products may be laid out as tables; so are carts, specifications and variants, with fields or without a picture
    if block.tag in ("tr", "td") and (block.find(".//a[@href]//img") is None or _has_fields(block)):
        return False
    if block.tag != "a" and block.find(".//a[@href]") is None:
        return False
    # cards stand side by side: looking at the nearest neighbours keeps a page of thousands cheap
    near = [*islice(block.itersiblings(), 4), *islice(block.itersiblings(preceding=True), 4)]
    return sum(1 for other in near if other.tag == block.tag and other.get("class") == block.get("class")) >= 2


def _has_fields(block: _Element) -> bool:
    return any(one.tag == "select" or one.get("type") != "hidden" for one in block.iter("input", "select"))


def _up(element: _Element) -> Iterator[_Element]:
    for level, block in enumerate(element.iterancestors()):
        if level >= _LEVELS:
            return
        yield block


def _within(element: _Element, block: _Element) -> bool:
    return any(ancestor is block for ancestor in element.iterancestors())
