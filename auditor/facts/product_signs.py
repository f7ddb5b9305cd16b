"""What the page of one product shows whether or not the product can be bought: its price, its stock, its numbers, its sections; read by page_type."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import msgspec
from lxml import etree
from lxml.etree import _Element

from auditor.evidence.document import Document
from auditor.facts import stock_words
from auditor.facts.dom import Signs, text_of
from auditor.facts.shop_signs import in_card, priced

_LABELS = ("th", "td", "dt", "li", "p", "span", "strong", "b", "label", "div")
_roles: Any = etree.XPath("//@role")
_within_tabs: Any = etree.XPath("//ul[contains(@class,'tab')]//a|//button[@aria-controls]")
_titled: Any = etree.XPath(
    "//h2|//h3|//h4|//summary|//*[@role='tab']|//ul[contains(@class,'tab')]//a|//button[@aria-controls]|//a[starts-with(@href,'#')]"
)
_LEVELS = 4  # ancestors of the heading that are still about the product
_MOST = 400
_BRIEF = ("p", "span", "div", "li", "td", "button", "strong", "label")
_SHORT = 45  # characters of a price or a word on stock; what is longer is a sentence about something
_STOCK = re.compile(
    r"\b(in stock|out of stock|sold out|(currently |temporarily )?unavailable|back in stock|(not )?available|notify me"
    r"|auf lager|lieferbar|nicht (verfügbar|lieferbar)|ausverkauft|vergriffen|sofort verfügbar|en stock|en rupture|rupture de stock|épuisé|indisponible"
    r"|en existencias|agotado|sin existencias|disponib(le|ile|ilità|ilidad)|esaurito|non disponibile|op voorraad|uitverkocht|niet leverbaar"
    r"|i lager|slut i lager|slutsåld|på lager|udsolgt|utsolgt|dostępny|niedostępny|brak w magazynie|skladem|vyprodáno|esgotado|indisponível|em estoque)\b"
    rf"|{'|'.join(map(re.escape, stock_words.SOLD_OUT))}|在庫あり|재고 있음|有現貨|有货|متوفر|במלאי|в наличии|в наявності|stokta|raktáron|în stoc|varastossa|na zalihi|в наличност|σε απόθεμα|διαθέσιμο",
    re.IGNORECASE,
)
_STOCK_SIGNS = Signs((
    "in stock", "en stock", "of stock", "sold", "available", "notify", "lager", "lieferbar", "verfügbar", "ausverkauft", "vergriffen", "rupture", "épuisé",
    "indispon", "existencias", "agotado", "disponib", "esaurito", "voorraad", "uitverkocht", "leverbaar", "slut", "udsolgt", "utsolgt",
    "dostępny", "magazynie", "skladem", "vyprodáno", "esgotado", "estoque", *stock_words.SOLD_OUT, "在庫あり", "재고", "現貨", "有货", "متوفر", "במלאי", "в нал", "в наяв", "stokta", "raktáron",
    "în stoc", "varastossa", "na zalihi", "απόθεμα", "διαθέσιμο",
))  # fmt: skip
_NUMBER = re.compile(
    r"^\W{0,3}(sku|upc|ean(-?13)?|gtin|isbn(-?1[03])?|mpn|item (no|number|code)|(product|article|model) (no|number|code|id)|art(icle|ikel|\.)?[- ]?(nr|no|nummer|code)\b"
    r"|artikelnummer|artikelcode|bestell-?n(umme)?r|produktnummer|référence|réf\b|ref(erencia)?\b|código|codice( articolo| prodotto)?|varenummer|varenr|kod produktu|indeks|kód)",
    re.IGNORECASE,
)
_SECTIONS = tuple(
    re.compile(rf"^\W{{0,3}}({words})\W{{0,3}}(\(?\d{{1,5}}\)?)?\W{{0,3}}$", re.IGNORECASE)
    for words in (
        r"(product )?description|(produkt|artikel)?beschreibung|description( du produit)?|descripción( del producto)?|descrizione( del prodotto)?"
        r"|(product)?omschrijving|(produkt)?beskrivning|(produkt)?beskrivelse|opis( produktu)?|popis( produktu)?|descrição( do produto)?",
        r"product (details?|information|info|specifications?)|specifications?|specs|technical (data|details|specifications?)|additional information"
        r"|technische (daten|details|gegevens)|produkt(details|daten|informationen|information|eigenschaften)|eigenschaften|fiche technique|caractéristiques( techniques)?"
        r"|características|especificaciones( técnicas)?|ficha técnica|specifiche( tecniche)?|caratteristiche|scheda tecnica|specificaties|productinformatie|(product)?kenmerken"
        r"|specifika(tioner|tion)|specifikationer|specyfikacja|dane techniczne|parametry|dados técnicos|detalhes do produto",
        r"(customer |product )?reviews|ratings? (&|and) reviews|(kunden|produkt)?bewertungen|kundenrezensionen|avis( des)?( clients?)?|opiniones( de( los)? clientes)?|valoraciones"
        r"|recensioni( dei clienti)?|(klant)?beoordelingen|reviews van klanten|(kund)?omdömen|recensioner|anmeldelser|opinie( klientów)?|hodnocení|avaliações( de clientes)?",
    )
)


class ProductSigns(msgspec.Struct, frozen=True):
    """`near`: what stands by the heading; `sections`: how many of description, details and reviews have a heading or tab."""

    near: tuple[str, ...] = ()  # of: price, stock
    number: bool = False  # an article number, outside lists
    sections: int = 0


def product_signs(document: Document) -> ProductSigns:
    heading = next(iter(document.tree.iter("h1")), None)
    if heading is None:
        return ProductSigns()
    return ProductSigns(_near(document, heading), _numbered(document), _sections(document))


def _near(document: Document, heading: _Element) -> tuple[str, ...]:
    blocks = [block for block, _ in zip(heading.iterancestors(), range(_LEVELS), strict=False) if block.tag != "body"]
    around = set(blocks)

    def beside(element: _Element) -> bool:
        return any(above in around for above in element.iterancestors()) and not in_card(element)

    prices = (element for element in priced(document) if _brief(element))
    found = ["price"] if any(map(beside, prices)) else []
    if not blocks or not _STOCK_SIGNS.stand_in(" ".join(text_of(blocks[-1]).lower().split())):
        return tuple(found)
    known: set[_Element] = set()  # of the block before, which is a part of this one: nothing of it told of stock
    for block in blocks:
        for element in islice(block.iterdescendants(*_BRIEF), _MOST):
            if element in known or len(element) > 3:
                continue
            known.add(element)
            text = _brief(element)
            if len(text) >= 4 and _STOCK.search(text) and not in_card(element):
                return (*found, "stock")
    return tuple(found)


def _brief(element: _Element) -> str:
    """The element's text; empty where it is a sentence, which is known before a long one was read to its end."""
    if not len(element):
        text = " ".join((element.text or "").split())
        return text if len(text) <= _SHORT else ""
    pieces: list[str] = []
    size = 0
    for piece in map(str, element.itertext()):
        words = piece.split()
        size += sum(map(len, words))
        if size > _SHORT:
            return ""
        pieces.append(piece)
    text = " ".join("".join(pieces).split())
    return text if len(text) <= _SHORT else ""


def _numbered(document: Document) -> bool:
    labelled = (
        element
        for element in islice(filter(_is_label, document.tree.iter(*_LABELS)), 3_000)
        if (text := element.text) and _NUMBER.search(text[:60].strip()) and not in_card(element)
    )
    return 1 <= len(list(islice(labelled, 5))) <= 4


def _is_label(element: _Element) -> bool:
    return element.tag != "div" or next(element.iterchildren(etree.Element), None) is None


def _sections(document: Document) -> int:
    # where these are few it does not matter that they are not in the document's order
    found = set(document.tree.iter("h2", "h3", "h4", "summary"))
    found.update(role.getparent() for role in _roles(document.tree) if role == "tab")
    found.update(_within_tabs(document.tree))
    found.update(one for one in document.tree.iter("a") if (one.get("href") or "").startswith("#"))
    if len(found) > _MOST:
        found = set(_titled(document.tree)[:_MOST])
    titles = {_text(element) for element in found}
    return sum(1 for kind in _SECTIONS if any(kind.search(title) for title in titles if len(title) <= 60))


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())[:200]
