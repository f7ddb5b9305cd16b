"""Facts about a shop's own search: the address of its results for any words, read from the start page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import quote_plus, urlsplit, urlunsplit

from lxml import etree

from auditor.evidence.document import Document
from auditor.facts.items import Item
from auditor.facts.structured_data import StructuredData
from auditor.knowledge import platforms
from auditor.model.urls import host, is_http

WORDS = "{words}"
_FORMS = etree.XPath("//form[translate(@method, 'POST', 'post') != 'post' or not(@method)]")
_FIELDS = etree.XPath(".//input[@name] | .//select[@name]")
_TYPED = ("", "text", "search")
# What themes call the field; a name alone says little, so the form or field has to say it as well
_NAMED = frozenset((
    "q", "s", "query", "search", "search_query", "searchterm", "search_term", "searchtext", "keyword", "keywords", "k", "w", "text", "term", "words",
    "find",
))  # fmt: skip
_SAID = re.compile(
    r"search|such|recherch|busca|busqueda|cerca|ricerca|zoek|szuka|hledat|hleda|sok|sog|haku|arama|поиск|検索|搜"
)
_ONE_TIME = re.compile(r"token|csrf|nonce|form_?key|hash|session", re.IGNORECASE)
VARIABLE = re.compile(r"\{([^{}]{1,60})\}")  # of a SearchAction's address
_LONGEST = 100  # characters of a value that is sent along


def search_address(document: Document, structured: StructuredData, platform: str = "") -> str:
    """Where the results for `{words}` are; "" where nothing tells. By its form, else by its markup, else as the platform has it."""
    for found in (_by_form(document), _by_markup(document, structured), _by_platform(document, platform)):
        if found and is_http(found) and _bare(found) == _bare(document.url):
            return found
    return ""


def template_of(action: Item) -> str:
    """A SearchAction's address as written, with its places for words."""
    value = action.first("target")
    return value.text("urlTemplate") if isinstance(value, Item) else str(value or "").strip()


def results_url(address: str, words: str) -> str:
    return address.replace(WORDS, quote_plus(words))


def _bare(url: str) -> str:
    return host(url).removeprefix("www.")


def _by_form(document: Document) -> str:
    best, most = "", 0
    for form in cast("list[etree._Element]", _FORMS(document.tree))[:40]:
        fields = cast("list[etree._Element]", _FIELDS(form))
        typed = [one for one in fields if one.tag == "input" and _kind(one) in _TYPED]
        if len(typed) != 1 or any(_kind(one) in ("password", "email", "file", "tel") for one in fields):
            continue
        if (sure := _sureness(form, typed[0])) > most:
            best, most = _address(document, form, typed[0], fields), sure
    return best


def _kind(field: etree._Element) -> str:
    return field.get("type", "").strip().lower()


def _sureness(form: etree._Element, field: etree._Element) -> int:
    around = " ".join(form.get(name, "") for name in ("action", "class", "id", "role", "aria-label", "name"))
    within = " ".join(field.get(name, "") for name in ("class", "id", "placeholder", "aria-label"))
    said = bool(_SAID.search(f"{around} {within}".lower()))
    searches = form.get("role", "").lower() == "search" or _kind(field) == "search"
    named = field.get("name", "").lower() in _NAMED
    return 2 * searches + said + named if searches or (said and named) else 0


def _address(document: Document, form: etree._Element, field: etree._Element, fields: list[etree._Element]) -> str:
    """As a browser sends the form with the words typed: what is hidden goes along, what a query had in `action` does not."""
    where = document.absolute(form.get("action", "").strip()) if form.get("action", "").strip() else document.url
    if not where:
        return ""
    sent: list[str] = []
    for one in fields:
        name = one.get("name", "")
        if one is field:
            sent.append(f"{quote_plus(name)}={WORDS}")
        elif one.tag == "select":
            sent.append(f"{quote_plus(name)}={quote_plus(_chosen(one))}")
        elif _kind(one) == "hidden":
            if _ONE_TIME.search(name) or len(one.get("value", "")) > _LONGEST:
                return ""  # an address that another visitor cannot use
            sent.append(f"{quote_plus(name)}={quote_plus(one.get('value', ''))}")
    parts = urlsplit(where)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(sent), ""))


def _chosen(select: etree._Element) -> str:
    options = select.findall(".//option")
    chosen = next((one for one in options if one.get("selected") is not None), options[0] if options else None)
    if chosen is None:
        return ""
    return chosen.get("value", "".join(cast("Iterator[str]", chosen.itertext())).strip())[:_LONGEST]


def _by_markup(document: Document, structured: StructuredData) -> str:
    for item in structured.walk():
        if "SearchAction" not in item.types:
            continue
        template = template_of(item)
        if len(VARIABLE.findall(template)) == 1:
            found = document.absolute(VARIABLE.sub("--words--", template)) or ""
            return found.partition("#")[0].replace("--words--", WORDS)
    return ""


def _by_platform(document: Document, platform: str) -> str:
    known = platforms.load().get(platform)
    path = known.endpoints.get("search", "") if known else ""
    return (document.absolute(path.replace(WORDS, "--words--")) or "").replace("--words--", WORDS) if path else ""
