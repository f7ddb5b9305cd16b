"""Platforms: how to tell them, how their URLs are shaped, and which GETs must never be sent; read by crawl, render, facts and checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

from pydantic import Field, model_validator

from auditor import paths
from auditor.knowledge.table import LowerCase, Names, Regex
from auditor.knowledge.unsafe import Unsafe, UnsafeGets
from auditor.model.errors import UsageError
from auditor.model.words import PageType
from auditor.model.written import Source, Written

GENERIC = "generic"
_ASKED = 20_000  # answers kept about unsafe URLs
Role = Literal["session", "tracking", "facet", "sort", "pagination", "view", "variant"]
Place = Literal[
    "main_product", "price_now", "price_was", "add_to_cart", "title", "product_card", "list_count", "cart_link"
]


class Signal(Written):
    """One hint at a platform; what is given of `contains` and `pattern` must hold.

    Looked at is `name: value` of each header, each cookie's name, the URLs of assets, the generator's text, the HTML
    (the first 120,000 characters), `#id .class .class` of the body, or the page's path and query.
    """

    kind: Literal["header", "cookie", "asset", "generator", "html", "body", "url"]
    contains: LowerCase = ()  # one of these; alone, or asked first since it is fast
    pattern: Regex | None = None
    weight: float = 1.0

    @model_validator(mode="after")
    def _says_something(self) -> Signal:
        if not self.contains and not self.pattern:
            raise ValueError("needs contains or a pattern")
        return self


class Marks(Written):
    """What marks a page type in a document; any one of them does."""

    body: tuple[str, ...] = ()  # `.class`, `#id`, `.a.b` (both) of the body; globs allowed
    ids: tuple[str, ...] = ()  # of any element; globs allowed
    contains: LowerCase = ()  # in the HTML


class Token(Written):
    """A piece of template language that should have been replaced before the page was sent."""

    what: str  # for people: "Liquid error"
    contains: LowerCase  # one of these stands in whatever is found; asked first, since it is fast
    pattern: Regex

    def may_be_in(self, there: frozenset[str]) -> bool:
        """Whether it is worth searching a text, of which the words of tokens in it are given."""
        return not there.isdisjoint(self.contains)


class Closed(Written):
    """Signs of a page that stands in the shop's place; all that are given must hold."""

    what: str  # for people: "Shopify's password page"
    kind: Literal["password", "maintenance", "prelaunch", "login"]
    status: tuple[int, ...] = ()
    url: Regex | None = None  # searched in path and query of the final URL
    header: Regex | None = None  # searched in "name: value"
    title: Regex | None = None
    contains: LowerCase = ()  # one of these stands in the body; asked first, since it is fast
    html: tuple[Regex, ...] = ()  # all of them
    largest: int = 0  # only in bodies of fewer characters; 0: any
    empty: bool = False  # and neither a way to the cart nor a menu of many links stands there


class WrongAddress(Written):
    """How an address that the shop gave to no page is made of a product's or list's, where the software may take it for the page's."""

    pattern: Regex  # searched in the path
    becomes: str  # the path, with groups as \1 and WORD for what nobody can know


class Platform(Written):
    """One file of rules/platforms."""

    id: str
    name: str
    needs: float = 3.0  # score that makes it this platform; always from two different signals or more
    signals: tuple[Signal, ...] = ()
    page_types: Mapping[PageType, tuple[Regex, ...]] = Field(
        default_factory=dict
    )  # in path and query, in the order written
    marks: Mapping[PageType, Marks] = Field(default_factory=dict)
    unsafe: tuple[Unsafe, ...] = ()
    parameters: Mapping[Role, tuple[str, ...]] = Field(default_factory=dict)
    selectors: Mapping[Place, tuple[str, ...]] = Field(default_factory=dict)
    endpoints: Mapping[str, str] = Field(default_factory=dict)
    closed: tuple[Closed, ...] = ()
    tokens: tuple[Token, ...] = ()
    wrong_address: WrongAddress | None = None
    theme: tuple[Regex, ...] = ()  # group 1 names the theme; searched in the HTML, first found wins


class Platforms:
    """All platforms; what is asked for a platform always includes what is generic."""

    def __init__(self, platforms: Iterable[Platform]) -> None:
        self._by_id: Mapping[str, Platform] = MappingProxyType({platform.id: platform for platform in platforms})
        generic = self._by_id[GENERIC]
        everything = [row for platform in self for row in platform.unsafe] + list(generic.unsafe)
        self._unsafe = {platform.id: UnsafeGets((*platform.unsafe, *generic.unsafe)) for platform in self}
        self._unsafe[GENERIC] = self._unsafe[""] = UnsafeGets(everything)
        self._names: dict[tuple[str, str], Names] = {}
        self._asked: dict[tuple[str, str], str | None] = {}  # the links of a menu are asked about on every page

    def __iter__(self) -> Iterator[Platform]:
        """The real platforms, without `generic`."""
        return (platform for platform in self._by_id.values() if platform.id != GENERIC)

    @property
    def generic(self) -> Platform:
        return self._by_id[GENERIC]

    def get(self, platform: str) -> Platform | None:
        return self._by_id.get(platform)

    def both(self, platform: str) -> tuple[Platform, ...]:
        """The platform, where it is known, and what is generic, in this order."""
        known = self._by_id.get(platform)
        return (known, self.generic) if known and known is not self.generic else (self.generic,)

    def unsafe(self, url: str, platform: str = "") -> str | None:
        """Why this URL must not be fetched ("adds to the cart"), None where it may be.

        While the platform is not known, what any of them forbids is forbidden.
        """
        key = (url, platform)
        if key not in self._asked:
            if len(self._asked) >= _ASKED:
                self._asked.clear()
            self._asked[key] = self._unsafe.get(platform, self._unsafe[""]).reason(url)
        return self._asked[key]

    @property
    def unsafe_reasons(self) -> frozenset[str]:
        """Every reason that `unsafe` may give: how unsafe links are told from others that were not fetched."""
        return frozenset(row.reason for platform in (*self, self.generic) for row in platform.unsafe)

    def parameters(self, platform: str, role: Role) -> Names:
        """Names of query parameters that play a role: `"sort_by" in platforms.parameters("shopify", "sort")`."""
        key = (platform, role)
        if key not in self._names:
            self._names[key] = Names(name for known in self.both(platform) for name in known.parameters.get(role, ()))
        return self._names[key]

    def drop(self, platform: str) -> frozenset[str]:
        """Names and globs of parameters that never name another page (session, tracking), for `crawl_key`."""
        roles: tuple[Role, Role] = ("session", "tracking")
        return frozenset(
            name for known in self.both(platform) for role in roles for name in known.parameters.get(role, ())
        )

    def selectors(self, platform: str, place: Place) -> tuple[str, ...]:
        """CSS selectors for a place of the page, the platform's own first."""
        return tuple(selector for known in self.both(platform) for selector in known.selectors.get(place, ()))

    def tokens(self, platform: str = "") -> tuple[Token, ...]:
        """Template language that should not reach a shopper; of every platform while it is not known."""
        if self._by_id.get(platform) in (None, self.generic):
            return tuple(token for known in (*self, self.generic) for token in known.tokens)
        return tuple(token for known in self.both(platform) for token in known.tokens)


@cache
def load() -> Platforms:
    """The tables of rules/platforms; raises UsageError with file:line where one is wrong."""
    folder = paths.rules() / "platforms"
    platforms = []
    for path in sorted(folder.glob("*.yaml")):
        source = Source.read(path)
        platform = source.load(Platform)
        if platform.id != path.stem:
            raise UsageError(f"the file's name says '{path.stem}', its id '{platform.id}'", where=source.where(("id",)))
        platforms.append(platform)
    if not any(platform.id == GENERIC for platform in platforms):
        raise UsageError("generic.yaml is missing", where=str(folder))
    return Platforms(platforms)
