"""Workers launched ahead of their pool, so that their libraries load while the parent reads its config."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from auditor.workers.supervised import Launched, launch

_ready: dict[str, list[Launched]] = {}  # entry -> workers that wait for a pool


@contextmanager
def ahead(entry: str, count: int) -> Iterator[None]:
    """Has workers launched for the first pool of this entry; those that no pool took end here. Raises OSError."""
    waiting = _ready.setdefault(entry, [])
    try:
        for number in range(count):
            waiting.append(launch(f"ahead-{number + 1}", entry))
        yield
    finally:
        for launched in _ready.pop(entry, []):
            launched.end()


def take(entry: str) -> Launched | None:
    """One that was launched ahead and still runs; None where there is none."""
    waiting = _ready.get(entry, [])
    while waiting:
        launched = waiting.pop(0)
        if launched.guardian.poll() is None:
            return launched
        launched.end()
    return None
