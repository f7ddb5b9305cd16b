"""URLs as a browser resolves them, and the keys under which they are known.

Two keys, for two purposes. `crawl_key` decides whether a URL was seen before in this crawl; the request itself uses the
URL as written. `page_key` is the page's identity across runs and environments: the crawl key with hosts mapped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

import ada_url

# Parameters that name a campaign or a click, never a page.
TRACKING_PARAMETERS = frozenset(
    [
        "gclid",
        "gclsrc",
        "dclid",
        "wbraid",
        "gbraid",
        "fbclid",
        "msclkid",
        "ttclid",
        "twclid",
        "li_fat_id",
        "igshid",
        "yclid",
        "mc_cid",
        "mc_eid",
        "_ga",
        "_gl",
        "srsltid",
    ]
)
_UNRESERVED = "-._~!$&'()*+,;=:@/"
_QUERY_SAFE = _UNRESERVED + "?[]{}|"


def absolute(base: str, href: str) -> str | None:
    """`href` resolved against `base` as a browser does it (WHATWG), with its fragment; None where a browser gives up."""
    try:
        return ada_url.join_url(base, href.strip())
    except ValueError:
        return None


def without_fragment(url: str) -> str:
    return url.partition("#")[0]


def is_http(url: str) -> bool:
    return url.startswith(("http://", "https://"))


@lru_cache(maxsize=65536)
def origin(url: str) -> str:
    """`https://shop.example:8443` of a URL; empty for anything that has no host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""


@lru_cache(maxsize=65536)
def host(url: str) -> str:
    """The host without port, lower case; empty where there is none or it cannot be read."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def crawl_key(url: str, drop: Collection[str] = ()) -> str:
    """The key for "seen before": lower-case host, default port and fragment gone, parameters sorted, campaign and `drop` parameters out.

    `drop` holds names or globs (`utm_*`). Trailing slashes and letter case of the path stay: they may be other pages.
    """
    try:
        normal = ada_url.URL(url)
        scheme, netloc = normal.protocol.rstrip(":"), normal.host
        path, query = normal.pathname, normal.search.lstrip("?")
    except ValueError:
        parts = urlsplit(without_fragment(url))
        scheme, netloc, path, query = parts.scheme, parts.netloc, parts.path, parts.query
    if query:
        query = "&".join(
            sorted(_encoded(pair, _QUERY_SAFE) for pair in query.split("&") if pair and not _dropped(pair, drop))
        )
    if "%" in path:
        path = _encoded(path, _UNRESERVED)
    return urlunsplit((scheme, netloc, path, query, ""))


def page_key(url: str, host_map: Mapping[str, str] | None = None, drop: Collection[str] = ()) -> str:
    """The page's identity: `crawl_key` with `host_map` applied to `host:port` or `host`.

    A mapped host also takes `https`, since staging on plain http and production on https are one shop.
    """
    key = crawl_key(url, drop)
    if not host_map:
        return key
    parts = urlsplit(key)
    mapped = host_map.get(parts.netloc) or host_map.get(parts.hostname or "")
    return urlunsplit(("https", mapped, parts.path, parts.query, "")) if mapped else key


def _dropped(pair: str, drop: Collection[str]) -> bool:
    name = pair.partition("=")[0].lower()
    if name in TRACKING_PARAMETERS or name.startswith("utm_") or name in drop:
        return True
    return any("*" in pattern and fnmatchcase(name, pattern) for pattern in drop)


def _encoded(text: str, safe: str) -> str:
    """Percent-encoding in one form: upper-case hex, unreserved characters plain. `%2F` stays apart from `/`."""
    if "%" not in text:
        return text
    kept = re.split(r"(%(?:2[Ff]|26|3[DdFf]|23|2[Bb]|25))", text)
    return "".join(
        part.upper() if index % 2 else quote(unquote_to_bytes(part), safe=safe) for index, part in enumerate(kept)
    )
