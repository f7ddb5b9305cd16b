"""What stays of the address of a file when a shop is built again: identity of findings rests on it, requests never do.

Bundlers put a digest of the content into file names, platforms the number of a theme release or a cache into paths, and
delivery networks a version or the size asked for into the query. None of them says which file it is. `*` stands in
their place.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_PICTURES = frozenset(("avif", "bmp", "gif", "heic", "ico", "jpeg", "jpg", "png", "svg", "tif", "tiff", "webp"))
_OTHERS = frozenset(
    (
        "css", "eot", "js", "json", "map", "mjs", "mp3", "mp4", "ogg", "otf", "pdf", "ttf", "txt", "wasm", "webm",
        "webmanifest", "woff", "woff2", "zip",
    )
)  # fmt: skip
# Version of a file, or how a picture is to be cut: parameters that never choose another file
_VERSIONS = frozenset(
    (
        "_", "auto", "build", "c", "cb", "crop", "dpr", "fit", "fm", "format", "h", "hash", "height", "lastmod",
        "lastmodified", "m", "optimize", "q", "quality", "r", "rev", "t", "timestamp", "ts", "v", "ver", "version", "w",
        "width",
    )
)  # fmt: skip
_SEGMENTS = (
    (re.compile(r"/(version|v)\d{9,}(?=/)"), r"/\1*"),  # Magento: /static/version1700000000/
    (re.compile(r"/cache/[0-9a-f]{16,64}(?=/)"), "/cache/*"),  # Magento: /media/catalog/product/cache/HASH/
    (re.compile(r"(/cdn/shop/t|/files/[0-9/]{1,40}/t)/\d+(?=/)"), r"\1/*"),  # Shopify: the number of the theme
    (re.compile(r"/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=/)"), "/*"),  # BigCommerce: /stencil/UUID/
    (re.compile(r"/_next/static/(?!chunks/|css/|media/|image/)[\w-]{8,40}(?=/)"), "/_next/static/*"),
    (re.compile(r"/[0-9a-f]{20,64}(?=/)"), "/*"),
)  # fmt: skip
_SIZE = re.compile(
    r"(?i)(?:[_-]\d{1,4}x\d{0,4}|[_-]x\d{1,4}|_(?:pico|icon|thumb|small|compact|medium|large|grande|master)|-scaled)?(?:_crop_\w{3,12})?(?:@[1-4]x)?$"
)
_MAGENTO_SIZE = re.compile(r"\.\d{9,10}(?:\.\d{2,4}){1,2}$")  # BigCommerce: lamp__12345.1700000000.1280.1280.jpg
_HEX = re.compile(r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}")
_MIXED = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{8,24}")
_LETTERS = re.compile(r"(?=[A-Za-z_-]{8}$)(?=[A-Za-z_-]+[A-Z][A-Za-z_-]*[A-Z])(?=.*[a-z])[\w-]{8}")


def steady_file(url: str) -> str:
    """The address (or path) of a file without what a new build changes; any other address as it is.

    Only what is called like a file is touched: a page's parameters may choose the page.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    folder, _, name = parts.path.rpartition("/")
    stem, _, ending = name.rpartition(".")
    kind = ending.lower()
    if not stem or kind not in _PICTURES | _OTHERS:
        return url
    path = f"{folder}/"
    for pattern, instead in _SEGMENTS:
        path = pattern.sub(instead, path)
    named = _picture(stem) if kind in _PICTURES else _bundle(stem)
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_version(pair))
    return urlunsplit((parts.scheme, parts.netloc, f"{path}{named}.{ending}", query, ""))


def steady_name(name: str) -> str:
    """The same of a file's name alone: `main.3f9a2b1c.js` -> `main.*.js`."""
    stem, _, ending = name.rpartition(".")
    return f"{_bundle(stem)}.{ending}" if stem and ending.lower() in _OTHERS else name


def steady_word(text: str) -> str:
    """An id or a name of a form's field without what frameworks count anew: `field-3f9a2b1c` -> `field-*`, `:r1a:` -> `:*:`."""
    text = re.sub(r":[rR][0-9a-zA-Z]{0,12}:", ":*:", text)
    return re.sub(r"[0-9A-Za-z]{7,}", lambda match: "*" if _is_digest(match[0]) else match[0], text)


def _is_version(pair: str) -> bool:
    name, equals, _ = pair.partition("=")
    return name.lower() in _VERSIONS or not equals  # `app.css?1700000000`


def _picture(stem: str) -> str:
    """Its name tells the product, so less is taken for a digest than in a script's: never digits alone, never all of it."""
    stem = _SIZE.sub("", _MAGENTO_SIZE.sub("", stem), count=1) or stem
    head, sign, tail = _parted(stem)
    return f"{head}{sign}*" if head and len(tail) >= 8 and _HEX.fullmatch(tail) else stem


def _bundle(stem: str) -> str:
    parts = re.split(r"([.~])", stem)
    steady = []
    for part in parts:
        head, sign, tail = _parted(part)
        if _HEX.fullmatch(part) or (part.isalnum() and _is_digest(part)):
            steady.append("*")
        elif head and _is_digest(tail):
            steady.append(f"{head}{sign}*")
        else:
            steady.append(part)
    return "".join(steady)


def _parted(text: str) -> tuple[str, str, str]:
    """The name, its last sign of division and what follows. A digest may itself hold - and _: the longest one counts."""
    for match in re.finditer(r"[-_.]", text):
        if match.start() and _is_digest(text[match.end() :]):
            return text[: match.start()], match[0], text[match.end() :]
    return "", "", text


def _is_digest(text: str) -> bool:
    return bool(_HEX.fullmatch(text) or (len(text) <= 24 and _MIXED.fullmatch(text)) or _LETTERS.fullmatch(text))
