"""Facts of the main part of a page: its words, and what they say of a page or list that is not there."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any, cast

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts import stock_words
from auditor.facts.dom import once
from auditor.knowledge.sought import IN_TEXTS

VERSION = 4
_FEW = 25  # words; with fewer two pages say the same by chance
_MOST = 200_000  # characters
_MAIN_IDS = frozenset(("main", "MainContent", "maincontent", "content"))
_said = etree.XPath(
    "descendant::text()[normalize-space() and not(ancestor::script or ancestor::style or ancestor::template or ancestor::noscript"
    " or ancestor::svg or ancestor::select or ancestor::textarea or ancestor::header[not(ancestor::main)] or ancestor::footer[not(ancestor::main)]"
    " or ancestor::nav or ancestor::aside)]",
    smart_strings=False,
)
_names: Any = etree.XPath("descendant-or-self::*/@id|descendant-or-self::*/@role")
_crumbs = etree.XPath(
    "count(//*[contains(@class, 'readcrumb') or contains(@id, 'readcrumb') or contains(@aria-label, 'readcrumb') or contains(@class, 'crumbs')]//a[@href])"
)
_CRUMBS = re.compile(r"readcrumb|crumbs|&#")  # one of these is in the source of every page with breadcrumbs
_NOT_THERE = re.compile(
    r"\b(?:(?:page|product|item|category|collection|content) (?:was |is |could |can)?(?:not|cannot)(?: be)? found|(?:error )?404(?: error)?[ :–-]{1,3}(?:page )?not found|error 404|404 error"
    r"|(?:page|product|item) (?:you (?:requested|are looking for|were looking for|have requested) )?(?:does(?: not|n['’]t) exist|is no longer available|no longer exists|cannot be found|was not found|is not available anymore)"
    r"|(?:can['’]t|cannot|can not|couldn['’]t|could not) find (?:the|that|this) (?:page|product)|page can['’]t be found|whoops, our bad"
    r"|seite (?:wurde |konnte )?(?:leider )?nicht gefunden|seite existiert nicht|produkt (?:wurde )?nicht gefunden|produkt ist nicht mehr verfügbar"
    r"|page (?:introuvable|non trouvée)|page n['’]existe pas|produit introuvable|página (?:que (?:busca|buscas|solicitas?|ha solicitado) )?no (?:encontrada|existe|se ha encontrado|se encuentra)|pagina non trovata|pagina niet gevonden|página não encontrada|nie znaleziono strony|sidan hittades inte"
    rf"|{stock_words.NOT_THERE})\b|{stock_words.NOT_THERE_UNSPACED}",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\b(?:we can['’]t find products matching the selection|no products (?:were |have been )?(?:found|available)(?: yet)?(?: (?:in|for|matching|that match) [^.\n]{0,40})?"
    r"|(?:sorry, )?there (?:are|is) (?:currently )?no (?:products?|items?)(?: (?:listed|to list|available|found))?(?: (?:in|under|for|matching) [^.\n]{0,40})?"
    r"|this (?:category|collection) (?:is empty|has no products)|0 (?:products|items) found|no items found|stay tuned! more products will be shown here"
    r"|keine (?:produkte|artikel) (?:gefunden|vorhanden|verfügbar|in dieser kategorie)|(?:es wurden|wir konnten) keine (?:produkte|artikel)[^.\n]{0,40}"
    r"|aucun produit(?: (?:trouvé|disponible|ne correspond)[^.\n]{0,40})?|no (?:hay|se (?:han encontrado|encontraron)) productos|nessun prodotto (?:trovato|disponibile)"
    r"|geen producten (?:gevonden|beschikbaar)|nenhum produto encontrado|inga produkter|ingen produkter|brak produktów"
    rf"|{stock_words.NOTHING})|{stock_words.NOTHING_UNSPACED}",
    re.IGNORECASE,
)
_NOT_THERE_SIGNS = frozenset((
    "found", "404", "exist", "no longer", "anymore", " find ", "whoops", "gefunden", "nicht mehr", "introuvable", "trouvée",
    "encontrada", "no existe", "encontra", "trovata", "gevonden", "znaleziono", "hittades", *stock_words.NOT_THERE_SIGNS,
))  # fmt: skip
_NOTHING_SIGNS = frozenset((
    "find products", "no product", "no item", "is empty", "0 products", "0 items", "stay tuned", "keine produkte", "keine artikel",
    "aucun produit", "no hay prod", "no se ", "nessun prodotto", "geen producten", "nenhum produto", "inga produkter",
    "ingen produkter", "brak produkt", *stock_words.NOTHING_SIGNS,
))  # fmt: skip
IN_TEXTS.add(_NOT_THERE_SIGNS | _NOTHING_SIGNS)
_WHOLE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_STANDS = re.compile(r"</?(?:head|div|main|section|article|form|table|ul|script|style)\b", re.IGNORECASE)
_ENDS = re.compile(r"</(?:body|html|frameset)\b", re.IGNORECASE)
_BESIDE = 25  # characters: "404 – ", "Sorry, "
_SHORT = 1_500  # characters of a main part that says nothing but that it is not there


class Contents(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`digest` is that of the main part's words without numbers' and punctuation's differences in spacing; empty where they are few."""

    digest: str = ""
    words: int = 0
    not_there: str = ""  # the words by which the page says that it, or what it is about, is not there
    nothing: str = ""  # the words by which a list says that nothing is in it
    crumbs: int = 0  # links of its breadcrumbs
    breaks_off: str = ""  # the last characters of a whole page (no fragment) that ends neither body nor html, and not all that stands in it; many may leave that out


def contents(document: Document) -> Contents:
    """Of `<main>` where there is one, else of the body without its frame."""
    text = main_text(document)
    words = re.findall(r"\w+", text.lower())
    many = len(words) >= _FEW
    missing = _search(_NOT_THERE, _NOT_THERE_SIGNS, text, _SHORT)
    nothing = _nothing(document)
    return Contents(
        digest=hashlib.blake2b(" ".join(words).encode(), digest_size=12).hexdigest() if many else "",
        words=len(words),
        not_there=" ".join(missing[0].split())[:120] if missing else "",
        nothing=" ".join(nothing[0].split())[:120] if nothing else "",
        crumbs=int(cast(float, _crumbs(document.tree))) if _CRUMBS.search(document.html) else 0,
        breaks_off=_breaks_off(document.html),
    )


def gone(said: Contents, titles: Iterable[str]) -> str:
    """The words by which the page is not there, where one of its titles and headings says them and little else; "" where none does."""
    words = said.not_there.casefold()
    if words and any(words in title.casefold() and len(title) <= len(words) + _BESIDE for title in titles):
        return said.not_there
    return ""


def _breaks_off(html: str) -> str:
    if not _WHOLE.search(html[:2_000]) or _ENDS.search(html[-20_000:]):
        return ""
    tags = Counter(match[0].lower() for match in _STANDS.finditer(html))
    if not any(count > tags[f"</{tag[1:]}"] for tag, count in tags.items() if tag[1] != "/"):
        return ""  # all that was begun is ended
    return " ".join(html[-400:].split())[-60:]


def says_nothing(document: Document) -> bool:
    """Whether the main part says that there are no products."""
    return _nothing(document) is not None


@once
def _nothing(document: Document) -> re.Match[str] | None:
    return _search(_NOTHING, _NOTHING_SIGNS, main_text(document), _MOST)


def _search(pattern: re.Pattern[str], signs: frozenset[str], text: str, most: int) -> re.Match[str] | None:
    """Searched are the first `most` characters, and only where one of the words that are in whatever is found stands in the text."""
    return None if signs.isdisjoint(IN_TEXTS.found(text)) else pattern.search(text[:most])


@once
def main_text(document: Document) -> str:
    """The words of the main part, one line a piece of text."""
    place = main_part(document)
    pieces = cast(list[str], _said(place))
    return "\n".join(" ".join(piece.split()) for piece in pieces)[:_MOST]


@once
def main_part(document: Document) -> HtmlElement:
    tree = document.tree
    named = (one.getparent() for one in _names(tree) if one in _MAIN_IDS and (one == "main" or one.attrname == "id"))
    found = {*islice(tree.iter("main"), 1), *islice(named, 1)}
    if len(found) == 1:
        return found.pop()
    if found:
        return next(element for element in tree.iter(etree.Element) if element in found)
    body = tree.find("body")
    return tree if body is None else body
