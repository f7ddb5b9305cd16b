"""Bounds every step of a visit: Playwright's evaluate has no time limit, so a hung page is ended by killing its browser."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class Watchdog:
    """Kills the browser when a step, or the whole snapshot, takes too long; the call that hung then fails at once.

    Its timer runs in a thread of its own: the worker's thread is inside the call that hangs.
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
        timer = threading.Timer(left, self.bite, [reason])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


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
