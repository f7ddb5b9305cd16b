"""What the tables have in common: regular expressions, and names that may be globs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator

from auditor.model.late import late
from auditor.model.written import Written


def _late(value: Any) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise ValueError("must be a regular expression in quotes")
    return late(value, re.IGNORECASE)


def _checked(value: Any) -> re.Pattern[str]:
    found = _late(value)
    try:
        _ = found.flags  # compiles it
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return found


def _in_lower_case(words: tuple[str, ...]) -> tuple[str, ...]:
    if any(word != word.lower() for word in words):
        raise ValueError("words stand in lower case")
    return words


# Both ignore case unless they say (?-i:…)
CheckedRegex = Annotated[re.Pattern[str], PlainValidator(_checked)]  # of what users write: a mistake is told at once
Regex = Annotated[re.Pattern[str], PlainValidator(_late)]  # of tables of our own, which a test compiles
# Words that are looked for in texts put into lower case, where a capital letter would never be found
LowerCase = Annotated[tuple[str, ...], AfterValidator(_in_lower_case)]


class Row(Written):
    """A row about the outside world says where that is known from and when it was last looked at."""

    source: str
    checked: str  # "2026-11"


class Names:
    """A set of names and globs (`utm_*`), compared without regard to case."""

    def __init__(self, names: Iterable[str]) -> None:
        lower = {name.lower() for name in names}
        self.plain = frozenset(name for name in lower if not _is_glob(name))
        globs = sorted(lower - self.plain)
        self._globs = re.compile("|".join(translate(glob) for glob in globs)) if globs else None

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        lower = name.lower()
        return lower in self.plain or bool(self._globs and self._globs.match(lower))


def _is_glob(name: str) -> bool:
    # "filter[]" is a parameter's name as PHP writes it, not a glob
    return "*" in name
