"""Workers that wait for a pool: launched ahead, so that their libraries load while the parent reads its config, or kept from
a pool that has closed for the next of the same entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from auditor.workers.supervised import Launched, launch

_ready: dict[str, list[Launched]] = {}  # entry -> workers that wait for a pool
_keeping = False


@contextmanager
def ahead(entry: str, count: int) -> Iterator[None]:
    """Has workers launched for the first pool of this entry; those that no pool took end here. Raises OSError."""
    waiting = _ready.setdefault(entry, [])
    try:
        for number in range(count):
            waiting.append(launch(f"ahead-{number + 1}", entry))
        yield
    finally:
        end(entry)


@contextmanager
def kept() -> Iterator[None]:
    """Workers of pools that close within wait for the next pool of their entry; they end here."""
    global _keeping
    outer, _keeping = _keeping, True
    try:
        yield
    finally:
        _keeping = outer
        if not outer:
            for entry in list(_ready):
                end(entry)


def keeping() -> bool:
    return _keeping


def take(entry: str) -> Launched | None:
    """One that waits for a pool of this entry and still runs; None where there is none."""
    waiting = _ready.get(entry, [])
    while waiting:
        launched = waiting.pop(0)
        if launched.guardian.poll() is None:
            return launched
        launched.end()
    return None


def give_back(entry: str, launched: Launched) -> None:
    """One that has no pool any more; it ends where nobody keeps it."""
    if _keeping:
        _ready.setdefault(entry, []).append(launched)
    else:
        launched.end()


def end(entry: str) -> None:
    """Ends those that wait for a pool of this entry: what follows has none."""
    for launched in _ready.pop(entry, []):
        launched.end()
