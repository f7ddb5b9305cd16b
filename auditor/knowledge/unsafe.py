"""GETs that change something in the shop (a cart, a session, a list), told by their URL alone; asked before every request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from urllib.parse import unquote_plus, urlsplit

from pydantic import Field, model_validator

from auditor.knowledge.table import Names, Regex
from auditor.model.written import Written

_LONGEST = 4_000  # characters of a URL that are looked at
_SLASHES = re.compile(r"/{2,}")


class Unsafe(Written):
    """One shape of unsafe GET: all of `path`, `query`, `any`, `besides` and `all` that are given must hold."""

    reason: str  # completes "not fetched, since it …": "adds to the cart"
    path: Regex | None = None  # searched in the decoded path
    not_path: Regex | None = None  # unless this is found there
    query: Regex | None = None  # searched in the decoded query, whatever the parameters' names
    any: tuple[str, ...] = ()  # one of these parameters is there (globs allowed)
    besides: tuple[str, ...] = ()  # a parameter is there besides these (globs allowed); with a path
    all: Mapping[str, Regex] = Field(default_factory=dict)  # parameter -> pattern found in its decoded value

    @model_validator(mode="after")
    def _says_something(self) -> Unsafe:
        if not (self.path or self.query or self.any or self.all):
            raise ValueError("needs a path, query, any or all")
        if self.besides and not self.path:
            raise ValueError("besides needs a path")
        return self


class UnsafeGets:
    """The rows of one platform, arranged so that the usual harmless URL costs one regular expression."""

    def __init__(self, rows: Iterable[Unsafe]) -> None:
        self._rows = tuple(
            (row, Names(row.any), Names(row.besides), {name.lower(): value for name, value in row.all.items()})
            for row in rows
        )
        # Whatever a row asks for, one of these must be there: its parameters' names, or else its path.
        self._names = Names(name for row, *_ in self._rows for name in (*row.any, *row.all))

    @cached_property
    def _paths(self) -> re.Pattern[str]:
        """Compiled when first asked: most runs meet one platform of all."""
        by_path = [row.path.pattern for row, *_ in self._rows if row.path and not (row.any or row.all or row.query)]
        return re.compile("|".join(f"(?:{pattern})" for pattern in by_path) or r"(?!)", re.IGNORECASE)

    @cached_property
    def _queries(self) -> re.Pattern[str]:
        by_query = [row.query.pattern for row, *_ in self._rows if row.query]
        return re.compile("|".join(f"(?:{pattern})" for pattern in by_query) or r"(?!)", re.IGNORECASE)

    def reason(self, url: str) -> str | None:
        """Why `url` (absolute, or a path with query) is unsafe to fetch; None where it is not."""
        try:
            parts = urlsplit(url[:_LONGEST].strip())
        except ValueError:
            return None
        if parts.scheme and parts.scheme not in ("http", "https"):
            return None
        path = _SLASHES.sub("/", unquote_plus(parts.path) if "%" in parts.path else parts.path)
        parameters = _parameters(parts.query) if parts.query else {}
        query = unquote_plus(parts.query) if parts.query else ""
        if not (
            self._paths.search(path)
            or (query and self._queries.search(query))
            or any(name in self._names for name in parameters)
        ):
            return None
        return next(
            (
                row.reason
                for row, some, beside, every in self._rows
                if (not row.query or row.query.search(query)) and _holds(row, some, beside, every, path, parameters)
            ),
            None,
        )


def _holds(
    row: Unsafe,
    some: Names,
    beside: Names,
    every: Mapping[str, re.Pattern[str]],
    path: str,
    parameters: Mapping[str, list[str]],
) -> bool:
    if row.path and not row.path.search(path):
        return False
    if row.any and not any(name in some for name in parameters):
        return False
    if row.besides and all(name in beside for name in parameters):
        return False
    if not all(any(pattern.search(value) for value in parameters.get(name, ())) for name, pattern in every.items()):
        return False
    return not (row.not_path and row.not_path.search(path))


def _parameters(query: str) -> dict[str, list[str]]:
    """Lower-case name (without a trailing `[]`) -> decoded values; `&amp;` left in a link by mistake reads as `&`."""
    found: dict[str, list[str]] = {}
    for pair in re.split(r"&(?:amp;)?|;", query)[:200]:
        name, _, value = pair.partition("=")
        if name:
            found.setdefault(unquote_plus(name).lower().partition("[")[0], []).append(unquote_plus(value))
    return found
