"""In which order the frontier is fetched: near pages first, and every kind of page before any kind is done with.

A shop is twenty templates and thousands of products. URLs are therefore sorted into lanes by where they came up and how they
are shaped, and the more of a lane came before a URL, the further back it stands. So a crawl that ends at a limit of sixty
pages has seen home, categories, products and content, whatever their URLs look like.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

TOP, START = 100, 1000
_STEP, _DEEPEST = 10, 9  # a click costs this much, as far as this deep
_SITEMAP = 78  # a little behind what is two clicks from the start
LESS = {"relation": 5, "pagination": 15, "facet": 30, "nofollow": 40}
_FREE = 4  # URLs of a lane that stand at its head
_BEHIND = 8  # each time the lane has doubled
_LANES = 20_000
# Segments that name a kind of page; every other one names a thing.
KINDS = frozenset(
    [
        "products",
        "product",
        "collections",
        "collection",
        "categories",
        "category",
        "product-category",
        "product-tag",
        "product_cat",
        "c",
        "p",
        "cat",
        "catalog",
        "catalogue",
        "shop",
        "store",
        "item",
        "items",
        "brand",
        "brands",
        "manufacturer",
        "blogs",
        "blog",
        "news",
        "article",
        "articles",
        "post",
        "posts",
        "journal",
        "magazine",
        "pages",
        "page",
        "content",
        "info",
        "help",
        "faq",
        "cms",
        "policies",
        "legal",
        "tag",
        "tags",
        "filter",
        "filters",
        "search",
        "customer",
        "account",
        "kategorie",
        "produkt",
        "produkte",
        "produits",
        "produit",
        "categorie",
        "productos",
        "producto",
        "categoria",
        "marken",
        "marke",
        "marque",
        "about",
        "guides",
        "guide",
        "lookbook",
    ]
)
_ID = re.compile(r"\d+[-_]")
_EXTENSION = re.compile(r"\.([a-z]{2,5})$")
_LANGUAGE = re.compile(r"[a-z]{2}([-_][a-z]{2})?")


def shape(segments: Sequence[str], names: Sequence[str], route: str = "") -> str:
    """How a URL is built: words that name a kind of page stay, names of things are `*`; parameters by name.

    `/collections/*/products/*`, `/*.html` and `/#-*` (an id before the name), `/index.php?route=product/product`.
    """
    parts = []
    for index, segment in enumerate(segments[:8]):
        word = segment.lower()
        if word in KINDS or (index == 0 and _LANGUAGE.fullmatch(word)):
            parts.append(word)
            continue
        extension = _EXTENSION.search(word) if index == len(segments) - 1 else None
        parts.append(("#-*" if _ID.match(word) else "*") + (f".{extension[1]}" if extension else ""))
    if len(segments) > 8:
        parts.append("…")
    query = "&".join(name for name in names if name != "route")[:200] + (f"&route={route[:60]}" if route else "")
    return "/" + "/".join(parts) + (f"?{query.lstrip('&')}" if query else "")


class Lanes:
    """Counts what came up in each lane. Bounded: lanes past the cap are counted from zero again."""

    def __init__(self) -> None:
        self._lanes: Counter[tuple[str, ...]] = Counter()

    def priority(
        self,
        shaped: str,
        segments: Sequence[str],
        *,
        depth: int,
        source: str,
        less: int = 0,
        found_by: str = "link",
        spared: int = 0,
    ) -> int:
        """Higher is sooner. `source` tells apart where URLs of one shape came up (which sitemap, say).

        The first `spared` of a shape stand half a click before others, whatever `less` is: what is only seen late is seen once early.
        """
        base = _SITEMAP if found_by == "sitemap" else TOP - _STEP * min(depth, _DEEPEST)
        first = segments[0] if len(segments) > 1 else ""
        where = (found_by, source, str(depth) if found_by != "sitemap" else "")
        # Shops with a folder for each brand have as many lanes as brands: all of them together are a lane too.
        narrow, wide = self._next((*where, shaped, first)), self._next((*where, shaped))
        return base - (less if wide >= spared else -_STEP // 2) - max(_crowd(narrow), _crowd(wide // _FREE))

    def _next(self, lane: tuple[str, ...]) -> int:
        if len(self._lanes) > _LANES:
            self._lanes.clear()
        number = self._lanes[lane]
        self._lanes[lane] = number + 1
        return number


def _crowd(number: int) -> int:
    return _BEHIND * (number // _FREE).bit_length()
