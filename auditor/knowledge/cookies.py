"""Known cookies and storage keys: whose they are and what for; read by consent checks and the report."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import cache, lru_cache
from typing import Literal

import msgspec

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source, Written

Purpose = Literal["necessary", "functional", "analytics", "marketing"]
OPTIONAL = frozenset({"analytics", "marketing"})  # needs the visitor's consent where the law asks for it


class _Group(Written):
    names: tuple[str, ...]
    vendor: str
    purpose: Purpose


class _Table(Row):
    cookies: tuple[_Group, ...]


class Known(msgspec.Struct, frozen=True):
    vendor: str
    purpose: str


class Cookies:
    """The table, exact names first; names with capitals are other names."""

    def __init__(self, groups: tuple[_Group, ...]) -> None:
        self._plain: dict[str, Known] = {}
        self._globs: list[tuple[re.Pattern[str], Known]] = []
        for group in groups:
            known = Known(group.vendor, group.purpose)
            for name in group.names:
                if "*" in name or "?" in name:
                    self._globs.append((re.compile(translate(name)), known))
                else:
                    self._plain.setdefault(name, known)
        self.known = lru_cache(maxsize=2048)(self._find)

    def _find(self, name: str) -> Known | None:
        return self._plain.get(name) or next((known for glob, known in self._globs if glob.match(name)), None)


@cache
def load() -> Cookies:
    return Cookies(Source.read(paths.rules() / "knowledge" / "cookies.yaml").load(_Table).cookies)
