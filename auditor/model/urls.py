"""URLs as a browser resolves them, and the keys under which they are known.

Two keys, for two purposes. `crawl_key` decides whether a URL was seen before in this crawl; the request itself uses the
URL as written. `page_key` is the page's identity across runs and environments: the crawl key with hosts mapped.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit, urlunsplit

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
# Characters that stand plain in a key; all others are percent-encoded, however they were written.
_PATH_RAW = "-._~!$&'()*+,;=:@/"
_QUERY_RAW = _PATH_RAW + "?[]{}|"
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
# A session that a server writes into the path where the visitor takes no cookie: `/c/1;jsessionid=0A1B`, `/(S(abc123))/default.aspx`.
_PATH_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sessionid|session_id|sid|cfid|cftoken)=[^/;]*|/\((?:[A-Z]\([\w-]{1,400}\))+\)(?=/|$)",
    re.IGNORECASE,
)
# Encoded delimiters (and "%" itself) mean something else than plain ones.
_DELIMITERS = re.compile(r"(%(?:2[Ff]|26|3[DdFf]|23|2[Bb]|25))")


def absolute(base: str, href: str) -> str | None:
    """`href` resolved against `base` as a browser does it (WHATWG), with its fragment; None where a browser gives up."""
    try:
        return ada_url.join_url(
            base, href
        )  # strips control characters and spaces itself; a no-break space belongs to the URL
    except ValueError:
        return None


def without_fragment(url: str) -> str:
    return url.partition("#")[0]


def leads_back(url: str, target: str) -> bool:
    """Whether the query of a URL holds another one whole: it will lead there once something is done (a queue, a login)."""
    try:
        values = [value for _, value in parse_qsl(urlsplit(url).query)]
    except ValueError:
        return False
    return any(without_fragment(value) == without_fragment(target) for value in values)


def is_http(url: str) -> bool:
    return url.startswith(("http://", "https://"))


@lru_cache(maxsize=8_192)  # more than a page has links
def origin(url: str) -> str:
    """`https://shop.example:8443` of a URL; empty for anything that has no host or cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""


@lru_cache(maxsize=8_192)  # more than a page has links
def host(url: str) -> str:
    """The host without port, lower case; empty where there is none or it cannot be read."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_address(name: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def twin(host: str) -> str:
    """`www.shop.example` for `shop.example` and the reverse; empty for addresses and single names."""
    name = host.partition(":")[0]
    if "." not in name or is_address(name):
        return ""
    return host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"


def crawl_key(url: str, drop: Collection[str] = ()) -> str:
    """The key for "seen before": lower-case host, default port and fragment gone, parameters sorted, campaign and `drop` parameters out.
    A session in the path goes too, as servers of Java and ASP.NET write it there anew for each visitor without cookies.

    `drop` holds names or globs in lower case (`utm_*`). Trailing slashes and letter case of the path stay: they may be
    other pages. What no browser can read, or is not http, is its own key.
    """
    try:
        normal = ada_url.URL(url)
    except ValueError:
        return without_fragment(url)
    if normal.protocol not in ("http:", "https:"):
        return without_fragment(normal.href)
    pairs = (_encoded(pair, _QUERY_RAW) for pair in normal.search[1:].split("&") if pair)
    query = "&".join(sorted(pair for pair in pairs if not _dropped(pair, drop)))
    path = without_session(_encoded(normal.pathname, _PATH_RAW))
    return urlunsplit((normal.protocol[:-1], normal.host, path, query, ""))


def without_session(path: str) -> str:
    """A path without the session that stands in it."""
    return (_PATH_SESSION.sub("", path) or "/") if ";" in path or "(" in path else path


def page_key(url: str, host_map: Mapping[str, str] | None = None, drop: Collection[str] = ()) -> str:
    """The page's identity: `crawl_key` with `host_map` applied to `host:port` or `host`.

    A mapped host also takes `https`, since staging on plain http and production on https are one shop.
    """
    key = crawl_key(url, drop)
    if not host_map:
        return key
    try:
        parts = urlsplit(key)
    except ValueError:
        return key
    mapped = host_map.get(parts.netloc) or host_map.get(parts.hostname or "")
    return urlunsplit(("https", mapped, parts.path, parts.query, "")) if mapped else key


def _dropped(pair: str, drop: Collection[str]) -> bool:
    name = pair.partition("=")[0].lower()
    if name in TRACKING_PARAMETERS or name.startswith("utm_") or name in drop:
        return True
    return any("*" in pattern and fnmatchcase(name, pattern) for pattern in drop)


def _encoded(text: str, safe: str) -> str:
    """Percent-encoding in one form: upper-case hex, unreserved characters plain. `%2F` stays apart from `/`."""
    if _PLAIN.fullmatch(text):
        return text
    kept = _DELIMITERS.split(text)
    return "".join(
        part.upper() if index % 2 else quote(unquote_to_bytes(part), safe=safe) for index, part in enumerate(kept)
    )
