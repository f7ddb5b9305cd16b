"""Addresses that show word for word what a shorter one shows, on shops that name no canonical URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.crawl.copies import Way
from auditor.model.urls import crawl_key

_REMEMBERED = 50_000


class SameWords:
    """Remembers the words of the pages that were fetched, as numbers to compare."""

    def __init__(self) -> None:
        self._words: dict[int, int] = {}  # hash of a key -> of the words there

    def original(self, url: str, names: Iterable[str], words: int) -> str:
        """The URL without one of these parameters, without all but one, or without all, that was fetched and shows the same; "" for none.

        Keeps the words of this one, too. `words` is 0 where a page says too little to be compared.
        """
        found = next((one for one in _shorter(url, names) if words and self._words.get(_hash(one)) == words), "")
        if len(self._words) >= _REMEMBERED:
            self._words.clear()
        if words and not found:
            self._words[_hash(url)] = words
        return found


def _shorter(url: str, names: Iterable[str]) -> Iterator[str]:
    every = frozenset(sorted(set(names))[:6])
    sets = [frozenset({one}) for one in every] + [every - {one} for one in every] + [every]
    for some in dict.fromkeys(filter(None, sets)):
        yield Way(parameters=some).of(url)


def _hash(url: str) -> int:
    return hash(crawl_key(url))
