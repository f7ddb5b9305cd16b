"""Evidence of timing: the same page loaded several times with nothing beside it, each time with an empty cache."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import msgspec

from auditor.evidence.paint import Paint


class Weight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Requests of one type, and their bytes as transferred."""

    type: str
    requests: int
    size: int


class Load(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    paint: Paint
    weights: tuple[Weight, ...] = ()
    caches: tuple[tuple[str, str], ...] = ()  # headers by which caches on the way say whether they had the page


class Timing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All loads in order. `skipped` says why none was to be measured, `lacking` why none could be."""

    loads: tuple[Load, ...] = ()
    failed: tuple[str, ...] = ()  # why a load gave nothing
    throttled: str = ""  # what was slowed down, in words; empty: nothing
    pace_ms: float = 0.0  # how long this machine took for a set piece of work before each load, median; 0: not known
    skipped: str = ""
    lacking: str = ""

    def median(self, value: Callable[[Load], float | None]) -> float | None:
        """The middle of what the loads gave; None where fewer than half gave anything."""
        given = [one for load in self.loads if (one := value(load)) is not None]
        return median(given) if given and len(given) * 2 >= len(self.loads) else None

    def nearest(self, value: Callable[[Load], float | None]) -> Load | None:
        """The load nearest to the median: what is shown for it."""
        middle = self.median(value)
        given = [
            (abs(one - middle), load) for load in self.loads if middle is not None and (one := value(load)) is not None
        ]
        return min(given, key=lambda pair: pair[0])[1] if given else None
