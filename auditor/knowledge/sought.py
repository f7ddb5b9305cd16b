"""Words that are looked for on every page: which of them stand in its document or its text; asked by challenges, facts and checks.

A shop's pages have most of their tags and texts in common. So a document is cut before each tag, a text after each line, and a
piece that came up on an earlier page is not searched again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from threading import Lock

_PIECES = 50_000  # remembered
_LONGEST = 2_000_000  # characters of all pieces that are remembered
_STEM = 5  # letters that several words have in common
_LAST = 4  # texts whose words are remembered, since several ask about the same


class Sought:
    """A set of words in lower case that grows while tables are read. `cut`: the sign at which texts are cut into pieces."""

    def __init__(self, cut: str = "<") -> None:
        self._cut = cut
        self._words: frozenset[str] = frozenset()
        self._whole: dict[str, list[str]] = {}  # what stands before or behind a cut -> words that go over it
        self._stems: list[tuple[str, list[str]]] = []
        self._known: dict[str, tuple[str, ...]] = {}  # piece -> words in it
        self._size = 0
        self._last: dict[str, frozenset[str]] = {}
        self._alone = Lock()

    def add(self, words: Iterable[str]) -> None:
        """Looks for these too from now on."""
        with self._alone:
            self._words |= frozenset(words)
            self._whole = defaultdict(list)
            for word in self._words:
                if self._cut in word:
                    self._whole[max(word.split(self._cut), key=len)].append(word)
            self._stems = _by_stem({word for word in self._words if self._cut not in word} | self._whole.keys())
            self._forget()

    def found(self, text: str) -> frozenset[str]:
        """Those of the words that stand in a text, in whatever case."""
        with self._alone:
            known = self._last.get(text)
            if known is None:
                if len(self._last) >= _LAST:
                    del self._last[next(iter(self._last))]
                known = self._last[text] = self._found(text)
            return known

    def _found(self, text: str) -> frozenset[str]:
        pieces = set(text.split(self._cut))
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
        there = self._standing(self._cut.join(fresh).lower())
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
        self._last.clear()
        self._size = 0


def _by_stem(words: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The words by a part that many of them have: where it does not stand, none of them does."""
    parts = {word: {word[start : start + _STEM] for start in range(max(1, len(word) - _STEM + 1))} for word in words}
    shared = Counter(part for some in parts.values() for part in some)
    found: dict[str, list[str]] = defaultdict(list)
    for word, some in sorted(parts.items()):
        found[max(some, key=lambda part: (shared[part], part))].append(word)
    return list(found.items())


# Shared, so that a page is cut once
IN_PAGES = Sought()  # documents
IN_TEXTS = Sought("\n")  # texts with one line a piece
