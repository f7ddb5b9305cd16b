"""Regular expressions that are compiled when they are first asked: a process asks few of those of tables and languages, and
compiling takes longer than reading them."""

from __future__ import annotations

import re
from typing import Any, cast

_PARTS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split", "flags", "groups")


class Late:
    """As good as a compiled one. What is wrong in it is told by the first who asks, so tests ask all of them."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        # from now on they are found here, as fast as the pattern's own
        for part in _PARTS:
            setattr(self, part, getattr(compiled, part))
        return getattr(compiled, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Late) and (self.pattern, self._flags) == (other.pattern, other._flags)

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"Late({self.pattern!r})"


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """For all who use it: a pattern."""
    return cast("re.Pattern[str]", Late(pattern, flags))
