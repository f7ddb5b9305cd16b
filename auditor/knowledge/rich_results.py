"""Rich results: what Google requires and recommends of structured data, by feature; read by checks of structured data."""

from __future__ import annotations

import re
from functools import cache

from pydantic import Field

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.words import PageType, Severity
from auditor.model.written import Source, Written

ALL_BUT_LAST = "[but last]"
_PARENTHESES = re.compile(r"\([^)]*\)")
_NO_PARENTHESES = str.maketrans("", "", "()")


class Feature(Row):
    """One feature. A requirement is "a | b" (either of them) of dotted paths through nested things."""

    id: str
    name: str  # for people: "merchant listings"
    type: str
    main: bool = False  # the page's own product only
    top: bool = False  # not nested in something else
    alone: bool = False  # … and nothing refers to it either
    severity: Severity | None = None  # instead of the rule's, where little is lost
    having: str = Field(default="", alias="with")  # declared only where one of these properties is there
    unless: str = ""  # … and none of these: it is another feature's then
    where: dict[str, str] = {}  # … and these have these values, by their names without prefix
    page_type: tuple[PageType, ...] = ()
    required: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()


class _Table(Written):
    features: tuple[Feature, ...]


@cache
def load() -> tuple[Feature, ...]:
    return Source.read(paths.rules() / "knowledge" / "rich_results.yaml").load(_Table).features


@cache
def paths_of(requirement: str) -> tuple[tuple[str, ...], ...]:
    """A requirement's alternatives, each as the names on the way: `offers.price | offers.lowPrice`."""
    plain = requirement.translate(_NO_PARENTHESES)
    return tuple(tuple(one.strip().split(".")) for one in plain.split("|"))


@cache
def said(requirement: str) -> str:
    """A requirement as its target key, and for people once its bars are words."""
    return _PARENTHESES.sub("", requirement).replace(ALL_BUT_LAST, "")
