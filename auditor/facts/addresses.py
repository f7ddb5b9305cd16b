"""Facts told by an address alone: whether it is a page's own or a view of one (filtered, sorted, a later page, a variant)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl, unquote_plus, urlsplit, urlunsplit

from auditor.knowledge import platforms
from auditor.knowledge.platforms import Role
from auditor.model.urls import crawl_key, without_fragment

View = Literal["", "filtered", "later", "variant"]
_ROLES: tuple[tuple[Role, View], ...] = (
    ("facet", "filtered"),
    ("sort", "filtered"),
    ("view", "filtered"),
    ("pagination", "later"),
    ("variant", "variant"),
)
_PRODUCT = ("product_id", "products_id", "id_product", "productcode", "productid", "prodid", "pid")
# Parameters that name the page itself on shops without addresses of words
_NAMES = frozenset(
    [
        "route",
        "controller",
        *_PRODUCT,
        "main_page",
        "cpath",
        "path",
        "category_id",
        "information_id",
        "manufacturer_id",
        "id_category",
        "id_cms",
        "cat",
        "page_id",
        "post_type",
        "id",
        "s",
    ]
)
_SCRIPT = re.compile(r"\.(?!html?$)\w{2,5}$", re.IGNORECASE)
_LATER = re.compile(r"/(?:page|seite|pagina|pagine)[/-](\d{1,4})/?$", re.IGNORECASE)
_NUMBERS = frozenset({"page", "p", "paged", "pg", "seite", "pagina", "product-page"})


@lru_cache(maxsize=8_192)
def view(url: str, platform: str = "") -> View:
    """What of a page this address shows; empty for the page itself. A parameter that nobody knows names another page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if page_number(url) > 1 or _begins_later(parts.query):
        return "later"
    known = platforms.load()
    values = dict(pairs(parts.query))
    names = set(values)
    by_number = {name for name in names if name in _NAMES} if names & _NAMES else set()
    for role, what in _ROLES:
        found = [name for name in names - by_number if name in known.parameters(platform, role)]
        # ?page=wool-blankets names a page, no number of one
        if found and (
            role != "pagination" or any(not values[name].strip() or values[name][0].isdecimal() for name in found)
        ):
            return what
    return ""


def asks_more(url: str) -> bool:
    """Whether the path names a page by itself, in words, and the parameters do not: it may be another view of that page.

    `/tour/12/?date=2026-11`, not `/?p=12` or `/item.php?art=12`, where the parameters may be all that tells pages apart.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    names = {name for name, _ in pairs(parts.query)}
    return bool(names) and parts.path not in ("", "/") and not names & _NAMES and _SCRIPT.search(parts.path) is None


def bare(url: str) -> str:
    """The address without fragment and query, but for the parameters that name the page itself; a product is named by its number alone."""
    path, _, query = crawl_key(without_fragment(url)).partition("?")
    named = [pair for pair in pairs(query) if pair[0] in _NAMES]
    if any(name in _PRODUCT for name, _ in named):
        named = [pair for pair in named if pair[0] in (*_PRODUCT, "route", "controller", "main_page")]
    kept = "&".join(f"{name}={value}" for name, value in sorted(named))
    return path.rstrip("/") + (f"?{kept}" if kept else "")


def pairs(query: str) -> list[tuple[str, str]]:
    """Parameters with their names in lower case, as written but for the percent signs; `&amp;` left by mistake reads as `&`."""
    found = []
    for pair in re.split(r"&(?:amp;)?", query)[:100]:
        name, _, value = pair.partition("=")
        if name:
            found.append((unquote_plus(name).lower(), unquote_plus(value)))
    return found


def _begins_later(query: str) -> bool:
    """`start=24&sz=12`: a later page of a list that is told by its first product, not a view of so many."""
    return any(
        name in ("start", "offset") and value.isdecimal() and 0 < int(value) < 100_000 for name, value in pairs(query)
    )


def page_number(url: str) -> int:
    """The number of the page of a list that the address asks for, 1 where it names none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return 1
    for name, value in parse_qsl(parts.query):
        if name.lower() in _NUMBERS and value.isdecimal() and len(value) < 5:
            return int(value)
    match = _LATER.search(parts.path)
    return int(match[1]) if match else 1


def first_page(url: str) -> str:
    """The address of the first page of a list; other parameters stay."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0].lower() not in _NUMBERS]
    path = parts.path
    if match := _LATER.search(path):
        path = path[: match.start()] + ("/" if path.endswith("/") or not match.start() else "")
    return urlunsplit((parts.scheme, parts.netloc, path or "/", "&".join(kept), ""))
