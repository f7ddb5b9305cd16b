"""Words that are looked for in every document: which of them stand in one; asked by challenges and by facts.

A shop's pages have most of their tags and texts in common. So a document is cut before each tag, and a piece that came up on
an earlier page is not searched again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from threading import Lock

_PIECES = 50_000  # remembered
_LONGEST = 2_000_000  # characters of all pieces that are remembered
_STEM = 5  # letters that several words have in common


class Sought:
    """A set of words in lower case that grows while tables are read."""

    def __init__(self) -> None:
        self._words: frozenset[str] = frozenset()
        self._whole: dict[
            str, list[str]
        ] = {}  # what stands before or behind a tag's beginning -> words that go over it
        self._stems: list[tuple[str, list[str]]] = []
        self._known: dict[str, tuple[str, ...]] = {}  # piece -> words in it
        self._size = 0
        self._last: tuple[str, frozenset[str]] | None = None
        self._alone = Lock()

    def add(self, words: Iterable[str]) -> None:
        """Looks for these too from now on."""
        with self._alone:
            self._words |= frozenset(words)
            self._whole = defaultdict(list)
            for word in self._words:
                if "<" in word:
                    self._whole[max(word.split("<"), key=len)].append(word)
            self._stems = _by_stem({word for word in self._words if "<" not in word} | self._whole.keys())
            self._forget()

    def found(self, text: str) -> frozenset[str]:
        """Those of the words that stand in a text, in whatever case."""
        with self._alone:
            if self._last is None or self._last[0] != text:
                self._last = text, self._found(text)
            return self._last[1]

    def _found(self, text: str) -> frozenset[str]:
        pieces = set(text.split("<"))
        there = {word for words in map(self._known.get, pieces) if words for word in words}
        there |= self._read(pieces.difference(self._known))
        if across := [word for part, words in self._whole.items() if part in there for word in words]:
            lower = text.lower()
            there.update(word for word in across if word in lower)
        return self._words & there

    def _read(self, fresh: set[str]) -> set[str]:
        """The words in these pieces, which are remembered."""
        size = sum(map(len, fresh))
        if len(self._known) + len(fresh) > _PIECES or self._size + size > _LONGEST:
            self._forget()
        there = self._standing("<".join(fresh).lower())
        if not there:
            self._known.update(dict.fromkeys(fresh, ()))
        else:
            for piece in fresh:
                lower = piece.lower()
                self._known[piece] = tuple(word for word in there if word in lower)
        self._size += size
        return there

    def _standing(self, lower: str) -> set[str]:
        return {word for stem, words in self._stems if stem in lower for word in words if word in lower}

    def _forget(self) -> None:
        self._known.clear()
        self._size, self._last = 0, None


def _by_stem(words: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The words by a part that many of them have: where it does not stand, none of them does."""
    parts = {word: {word[start : start + _STEM] for start in range(max(1, len(word) - _STEM + 1))} for word in words}
    shared = Counter(part for some in parts.values() for part in some)
    found: dict[str, list[str]] = defaultdict(list)
    for word, some in sorted(parts.items()):
        found[max(some, key=lambda part: (shared[part], part))].append(word)
    return list(found.items())


IN_PAGES = Sought()  # shared, so that a page is cut once
