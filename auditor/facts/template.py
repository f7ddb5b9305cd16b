"""Facts about templates: a skeleton by which pages of one template are grouped, and what a browser makes of a fetched page."""

from __future__ import annotations

import hashlib
import re
from typing import cast
from urllib.parse import urlsplit

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.links import links, user_links
from auditor.facts.meta import Meta, meta
from auditor.facts.structured_data import structured_data
from auditor.model.urls import without_fragment

VERSION = 1
_DEPTH = 4  # levels below body and below main
_MOST_CHILDREN = 300
# What carries a page's build; everything else may come and go with the words of one product
_STRUCTURE = frozenset({"div", "section", "main", "nav", "header", "footer", "aside", "article", "form", "dialog"})
_LAYOUT_ROLES = frozenset({"main", "navigation", "banner", "contentinfo", "complementary", "search", "form", "region"})
# Classes that say how the page is just now, not how it is built
_STATE = re.compile(
    r"(?:is|has|js|no|was|wp|lang|country|currency|tax|user|customer|logged|nav|menu|cart|modal|browser|device|theme|ua|os)-|(?:js|nojs|loading|loaded|ready|rtl|ltr)$"
)
_OF_ONE = re.compile(
    r"(?:product|category|categorypath|collection|page|post|postid|term|tag|author|parent|cms|brand|manufacturer|supplier|single|tax)[-_]"
)
_HANDLES = frozenset(
    {
        "catalog-product-view",
        "catalog-category-view",
        "cms-index-index",
        "cms-page-view",
        "cms-home",
        "product-template",
        "product-page",
    }
    | {
        "single-product",
        "page-product",
        "page-category",
        "category-page",
        "product-category",
        "product-product",
        "page-products",
    }
    | {"post-type-archive-product", "tax-product_cat", "page-template", "page-product-configurable"}
)
_WORD = re.compile(r"[a-z0-9]+")
_text_nodes = etree.XPath(
    ".//text()[not(parent::script or parent::style or parent::noscript or parent::template)]", smart_strings=False
)
_SHELL = 300  # characters of text that a page has at most which scripts fill
_SUBSTANTIAL = 400  # characters of text that make up a page's content


class Template(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`signature`: 12 hex digits, the same for pages built alike, for grouping and sampling inside one run; never identity.

    `handles`: the body's class names that entered it.
    """

    signature: str
    handles: tuple[str, ...] = ()


def template(document: Document) -> Template:
    """The skeleton: layout handles of the body, and structural elements to four levels, repeated siblings taken once."""
    tree = document.tree
    body = tree.find("body")
    if body is None:
        return Template(signature=_hash("empty"))
    handles = _handles(body, document)
    main = next(tree.iter("main"), None)
    if main is None:
        main = next((element for element in tree.iter("div", "section") if element.get("role") == "main"), None)
    parts = [" ".join(handles), _skeleton(body, _DEPTH, main)]
    if main is not None:
        parts.append(_skeleton(main, _DEPTH, None))
    return Template(signature=_hash("\n".join(parts)), handles=handles)


def renders_differently(
    raw: Document, rendered: Document, raw_about: Meta | None = None, rendered_about: Meta | None = None
) -> tuple[str, ...]:
    """What a script makes of the fetched page: of title, h1, canonical, robots, text, links, structured_data, those that differ.

    "text" and "links" stand for content that the fetched document lacks (half of it or more), not for any difference.
    """
    before, after = raw_about or meta(raw), rendered_about or meta(rendered)
    found: list[str] = []
    if before.title != after.title:
        found.append("title")
    if set(before.h1s) != set(after.h1s):
        found.append("h1")
    if _canonicals(before) != _canonicals(after):
        found.append("canonical")
    if _meta_robots(before) != _meta_robots(after):
        found.append("robots")
    had, has = _volume(raw), _volume(rendered)
    if has - had >= _SUBSTANTIAL and had * 2 <= has:
        found.append("text")
    linked, links_now = _targets(raw), _targets(rendered)
    if len(links_now - linked) >= 5 and len(links_now - linked) * 2 >= len(links_now):
        found.append("links")
    if _types(raw) != _types(rendered):
        found.append("structured_data")
    return tuple(found)


def drawn_by_scripts(raw: Document, rendered: Document) -> bool:
    """Whether the fetched page is a shell that scripts fill: it has next to no text, and a fifth of what a browser shows at most."""
    had, has = _volume(raw), _volume(rendered)
    return had <= _SHELL and has >= _SUBSTANTIAL and had * 5 <= has


def _handles(body: HtmlElement, document: Document) -> tuple[str, ...]:
    try:
        path = urlsplit(document.url).path.lower()
    except ValueError:
        path = ""
    own = set(_WORD.findall(path[:2_000]))
    kept = set()
    for token in (body.get("class") or "").lower().split()[:100]:
        of_one = any(sign.isdigit() for sign in token) or _OF_ONE.match(token) or own & set(_WORD.findall(token))
        if token in _HANDLES or not (of_one or len(token) > 60 or _STATE.match(token)):
            kept.add(token)
    if (
        (name := (body.get("id") or "").lower())
        and not any(sign.isdigit() for sign in name)
        and not own & set(_WORD.findall(name))
    ):
        kept.add(f"#{name[:60]}")
    return tuple(sorted(kept))


def _skeleton(element: HtmlElement, depth: int, stop: HtmlElement | None) -> str:
    """Tag, role and the different kinds of structural children in order; the inside of `stop` is left out."""
    tag = str(element.tag)
    role = (element.get("role") or "").strip().lower()
    label = f"{tag}@{role}" if role in _LAYOUT_ROLES else tag
    if depth == 0 or element is stop:
        return label
    children: dict[str, None] = {}
    for count, child in enumerate(element.iterchildren(tag=etree.Element)):
        if count >= _MOST_CHILDREN:
            break
        # Custom elements are structure too: themes build galleries and product forms with them
        if child.tag in _STRUCTURE or "-" in child.tag:
            children.setdefault(_skeleton(child, depth - 1, stop))
    return f"{label}({','.join(children)})" if children else label


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _canonicals(about: Meta) -> set[str]:
    return {reference.url for reference in about.canonicals if reference.source != "header"}


def _meta_robots(about: Meta) -> set[tuple[str, str]]:
    return {
        (robots.agent, word)
        for robots in about.robots
        if robots.source == "meta"
        for word in robots.directives
        if word not in ("index", "follow", "all")
    }


def _volume(document: Document) -> int:
    """Characters of text in main, else in the body."""
    root = next(document.tree.iter("main"), None)
    if root is None:
        root = document.tree.find("body")
    return 0 if root is None else sum(len(text.strip()) for text in cast(list[str], _text_nodes(root)))


def _targets(document: Document) -> set[str]:
    return {without_fragment(link.url) for link in user_links(links(document)) if not link.inside}


def _types(document: Document) -> set[str]:
    return {name for item in structured_data(document).items for name in item.types}
