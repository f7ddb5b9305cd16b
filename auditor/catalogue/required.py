"""What a config requires of the products of each category, held against a row; called by the mapping of columns."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

from auditor.config.exports import FIELDS
from auditor.knowledge.exports import plain

_GROUPS = 50_000  # remembered; variants stand near their product in every format that has them
_PARTS = re.compile(r"[,;|]")
_LEVELS = re.compile(r"\s*(?:>|/|»)\s*")
_NOTHING = frozenset({"-", "–", "n/a", "null", "none", "no_selection"})


class Required:
    """`asked`: category (a glob) -> fields or columns that its products fill."""

    def __init__(self, asked: Mapping[str, Collection[str]]) -> None:
        self._asked = {category: tuple(names) for category, names in asked.items()}
        self._names = {name for names in self._asked.values() for name in names}
        self._filled: OrderedDict[str, set[str]] = OrderedDict()

    @property
    def columns(self) -> list[str]:
        """Those that are no fields, as they are written."""
        return [name for names in self._asked.values() for name in names if name not in FIELDS]

    def of(
        self, cells: Mapping[str, str], given: Mapping[str, object], category: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """The categories whose products have to have something, and what of it this one lacks.

        What the product says that a variant belongs to, or the first variant of a group, holds for the others too.
        """
        group = str(given.get("group") or "")
        known = self._filled.get(group, set())
        filled = {name for name in self._names if _says(given.get(name) if name in FIELDS else cells.get(plain(name)))}
        if group and group not in self._filled:
            self._filled[group] = filled
            if len(self._filled) > _GROUPS:
                self._filled.popitem(last=False)
        if given.get("parent"):
            return (), ()  # it is sold as its variants only, which have what they need
        held = tuple(one for one in self._asked if _fits(category, one))
        lacking = ((one, name) for one in held for name in self._asked[one] if name not in filled | known)
        return held, tuple(lacking)


def _says(value: object) -> bool:
    return str(value or "").strip().casefold() not in {"", *_NOTHING}


def _fits(category: str, pattern: str) -> bool:
    """Whether a category, one of several, or any level of its path is meant: "Shoes > Boots, Sale" is Boots."""
    wanted = pattern.casefold().strip()
    if wanted == "*":
        return True
    parts = [part.strip().casefold() for part in _PARTS.split(category) if part.strip()]
    return any(fnmatchcase(one, wanted) for part in parts for one in (part, *_LEVELS.split(part)))
