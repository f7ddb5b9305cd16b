"""Rich results: what Google requires and recommends of structured data, by feature; read by checks of structured data."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source, Written


class Feature(Row):
    """One feature. A requirement is "a | b" (either of them) of dotted paths through nested things."""

    id: str
    name: str  # for people: "merchant listings"
    type: str
    main: bool = False  # the page's own product only
    top: bool = False  # not nested in something else
    having: str = Field(default="", alias="with")  # declared only where this property is there
    required: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()


class _Table(Written):
    features: tuple[Feature, ...]


@cache
def load() -> tuple[Feature, ...]:
    return Source.read(paths.rules() / "knowledge" / "rich_results.yaml").load(_Table).features


def paths_of(requirement: str) -> tuple[tuple[str, ...], ...]:
    """A requirement's alternatives, each as the names on the way: `offers.price | offers.lowPrice`."""
    return tuple(tuple(one.strip().split(".")) for one in requirement.split("|"))
