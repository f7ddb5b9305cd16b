"""Bounds every step of a visit: Playwright's evaluate has no time limit, so a hung page is ended by killing its browser."""

from __future__ import annotations

import contextlib
import functools
import heapq
import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class Watchdog:
    """Kills the browser when a step, or the whole snapshot, takes too long; the call that hung then fails at once.

    Its clock runs in a thread of its own: the worker's thread is inside the call that hangs.
    """

    def __init__(self, kill: Callable[[], None], seconds: float) -> None:
        self._kill = kill
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self.fired = ""  # why the browser was killed

    @property
    def left(self) -> float:
        """Seconds of the whole snapshot that remain."""
        return max(0.0, self._end - time.monotonic())

    def bite(self, reason: str) -> None:
        """Ends the browser now."""
        with self._lock:
            if not self.fired:
                self.fired = reason
                self._kill()

    @contextlib.contextmanager
    def step(self, reason: str, seconds: float) -> Iterator[None]:
        """`reason` says what went wrong if the step is not done in time: "the page stopped answering"."""
        left = max(0.05, min(seconds, self.left))
        alarm = _clock().ring(time.monotonic() + left, lambda: self.bite(reason))
        try:
            yield
        finally:
            alarm.off()


class _Alarm:
    """One step's. When `off` has returned it has rung to the end, or never will."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act
        self._lock = threading.Lock()

    def ring(self) -> None:
        with self._lock:
            if self._act is not None:
                self._act()

    def off(self) -> None:
        with self._lock:
            self._act = None


class _Clock:
    """One thread for all steps of a process: a page has some twenty of them, and a thread for each is work of its own.

    An alarm that is off stays in the list until its time; nobody is woken for it before.
    """

    def __init__(self) -> None:
        self._alarms: list[tuple[float, int, _Alarm]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def ring(self, when: float, act: Callable[[], None]) -> _Alarm:
        alarm = _Alarm(act)
        with self._changed:
            heapq.heappush(self._alarms, (when, next(self._numbers), alarm))
            if self._alarms[0][2] is alarm:
                self._changed.notify()
        return alarm

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._alarms or self._alarms[0][0] > time.monotonic():
                    self._changed.wait(self._alarms[0][0] - time.monotonic() if self._alarms else None)
                alarm = heapq.heappop(self._alarms)[2]
            # what goes wrong while a browser is killed must not end the clock
            with contextlib.suppress(Exception):
                alarm.ring()


@functools.cache
def _clock() -> _Clock:
    return _Clock()


def children(pid: int) -> set[int]:
    """Processes started by this one that still run; Linux reads them from /proc, others ask pgrep."""
    tasks = Path(f"/proc/{pid}/task")
    if tasks.is_dir():
        found: set[int] = set()
        for task in tasks.iterdir():
            with contextlib.suppress(OSError, ValueError):
                found |= {int(part) for part in (task / "children").read_text().split()}
        return found
    try:
        asked = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return {int(line) for line in asked.stdout.split() if line.isdigit()}


def kill_trees(pids: set[int]) -> None:
    """Kills each process with its group: Playwright starts a browser as the leader of its own."""
    for pid in pids:
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
