"""Facts about an HTML file that is to be sent or put somewhere: every address in it, with its line; used by `auditor links`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.html
import msgspec
from lxml import etree

from auditor.facts.dom import fold, words
from auditor.facts.links import srcset_urls

_STYLE_URL = re.compile(r"url\(\s*['\"]?([^'\")]{1,4000})", re.IGNORECASE)
# What a mailing program fills in: *|MC|*, {{ name }}, {% if %}, %%name%%, [[name]], ${name}, <% name %>, ##name##
PLACEHOLDER = re.compile(
    r"\*\|.*\|\*|\{\{.*\}\}|\{%.*%\}|%%.+%%|\[\[.+\]\]|\$\{.+\}|<%.*%>|##.+##|%7B%7B", re.IGNORECASE | re.DOTALL
)
_LINKS = ("a", "area")


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An address as written. `kind`: link, picture or style; `text` is what stands on a link, or a picture's alt text."""

    href: str
    kind: str
    line: int
    text: str = ""


def references(html: bytes) -> list[Reference]:
    """In document order; of what is no HTML none. Outlook's conditional comments are read, too."""
    opened = re.sub(rb"<!--\[if[^\]]{0,80}\]>|<!\[endif\]-->", b"", html)
    try:
        tree: Any = lxml.html.document_fromstring(opened, parser=lxml.html.HTMLParser(encoding=_charset(opened)))
    except (etree.ParserError, ValueError):
        return []
    return [one for element in tree.iter() if isinstance(element.tag, str) for one in _of(element)]


def anchors(html: bytes) -> set[str]:
    """Names that a link within the file may lead to."""
    return {
        found.decode("utf-8", "replace") for found in re.findall(rb"\b(?:id|name)\s*=\s*[\"']?([^\"'\s>]{1,200})", html)
    }


def _of(element: Any) -> Iterator[Reference]:
    line, tag, get = element.sourceline or 0, element.tag.lower(), element.get

    def one(href: str, kind: str, text: str = "") -> Reference:
        return Reference(href=href.strip(), kind=kind, line=line, text=fold(text, 80))

    if tag in _LINKS and get("href") is not None:
        alt = " ".join(str(found) for found in element.xpath(".//img/@alt"))
        yield one(get("href"), "link", " ".join(words(element)).strip() or alt)
    elif tag == "link" and get("href") and "stylesheet" in (get("rel") or "").lower():
        yield one(get("href"), "style")
    elif (
        tag in ("img", "input", "v:fill", "v:image")
        and get("src") is not None
        and (tag != "input" or get("type") == "image")
    ):
        yield one(get("src"), "picture", get("alt") or "")
    for href in srcset_urls(get("srcset") or "") if tag in ("img", "source") else ():
        yield one(href, "picture", get("alt") or "")
    if get("background"):
        yield one(get("background"), "picture")
    styles = (element.text or "") if tag == "style" else get("style") or ""
    for href in _STYLE_URL.findall(styles[:500_000]):
        yield one(href, "picture")


def _charset(html: bytes) -> str:
    found = re.search(rb"charset\s*=\s*[\"']?([\w-]{1,40})", html[:4096], re.IGNORECASE)
    name = found[1].decode() if found else "utf-8"
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name
