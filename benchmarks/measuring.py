"""What the benchmarks share: a child process's seconds on the clock and of the processor, and how they are told."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Spent(NamedTuple):
    """Seconds on the clock, and of processor time of this process and all children that ended meanwhile."""

    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> Spent:
    """Does the work, which waits for its child processes, and says what it took."""
    before, began = _cpu(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - began, _cpu() - before)


def compare(runs: int, ours: Callable[[], Spent], theirs: Callable[[], Spent]) -> list[tuple[Spent, Spent]]:
    """Pairs taken alternately, so that what else the machine does meets both; which goes first alternates too."""
    busy = os.getloadavg()[0]
    if busy > 1:
        print(f"This machine is busy (load {busy:.1f}): what computes suffers more from that than what waits.")
    pairs = []
    for index in range(runs):
        if index % 2:
            second = theirs()
            first = ours()
        else:
            first = ours()
            second = theirs()
        pairs.append((first, second))
        print(f"  {index + 1}/{runs}: {first.wall:.2f} s against {second.wall:.2f} s", flush=True)
    return pairs


def table(pairs: Sequence[tuple[Spent, Spent]], ours: str, theirs: str) -> str:
    """Medians of both, and the median of the ratios of the pairs with their range."""
    lines = [f"{'':<10} {ours:>14} {theirs:>14} {'ratio':>7}   pairs"]
    for index, name in enumerate(("clock", "processor")):
        mine, other = [pair[0][index] for pair in pairs], [pair[1][index] for pair in pairs]
        ratios = sorted(left / right for left, right in zip(mine, other, strict=True) if right)
        lines.append(
            f"{name:<10} {statistics.median(mine):>12.2f} s {statistics.median(other):>12.2f} s "
            f"{statistics.median(ratios):>7.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )
    return "\n".join(lines)


def ratio(pairs: Sequence[tuple[Spent, Spent]]) -> float:
    """The median ratio of seconds on the clock."""
    return statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    return float(sum(one.ru_utime + one.ru_stime for one in used))
