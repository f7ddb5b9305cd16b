"""What the site sent, made harmless before it is shown: control and bidi characters, endless text, URLs not to be clicked."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LINK_LIMIT = 2_000  # characters of a URL that is still made a link

# C0 and C1 controls, DEL, bidi marks and overrides, line separators, lone surrogates, tag characters, non-characters.
# The joiners U+200C and U+200D stay: Persian, Hindi and emoji are spelt with them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0001-\U000e001f]"
)
_CREDENTIALS = re.compile(r"//[^/?#@\s]*@")
_CUT = " … "


def visible(text: str, limit: int = 0) -> str:
    r"""`text` with invisible and direction-changing characters spelt out (`\x1b`, `\u202e`); at most `limit` characters.

    The result is valid UTF-8, valid XML 1.0 text and free of terminal escapes; tabs and line feeds stay.
    """
    return _HIDDEN.sub(_spelt, (shorten(text, limit) if limit else text).replace("\r\n", "\n"))


def line(text: str, limit: int = 0) -> str:
    """`visible` on one line: runs of white space become one space."""
    # Cut first, and twice: a body of megabytes must not be split into words.
    return visible(" ".join(text[: limit * 8 or None].split()), limit)


def excerpt(text: str, limit: int = 500, lines: int = 12) -> str:
    """A piece of evidence with its line breaks, cut in length and height."""
    rows = visible(text, limit).strip("\n").split("\n")
    more = len(rows) - lines
    return "\n".join(rows[:lines]) + (f"\n… {more} more line{'' if more == 1 else 's'}" if more > 0 else "")


def address(url: str, limit: int = 160) -> str:
    """A URL to be read: on one line, shortened, credentials left out."""
    return line(_CREDENTIALS.sub("//…@", url[: limit * 8]) + url[limit * 8 :], limit)


def shorten(text: str, limit: int) -> str:
    """The beginning and the end of a text longer than `limit`: of a URL both matter."""
    if len(text) <= limit:
        return text
    tail = min(limit // 4, 80)
    return text[: limit - tail - len(_CUT)] + _CUT + text[-tail:]


def href(url: str) -> str | None:
    """The URL where it may be linked: http(s), with a host, without credentials, of bearable length; else None."""
    if len(url) > LINK_LIMIT or _HIDDEN.search(url) or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def identifier(text: str) -> str:
    """A value for an HTML id."""
    return re.sub(r"[^\w-]", "_", text[:80], flags=re.ASCII)


def _spelt(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
