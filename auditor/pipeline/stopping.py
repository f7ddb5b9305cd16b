"""How an audit is stopped, and how two of them keep off the same run."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from auditor.model.errors import IncompleteError, UsageError
from auditor.model.run import Run
from auditor.store import leases, runs
from auditor.store.leases import Lease
from auditor.store.workspace import Workspace

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130  # exit code, as shells have it
_CURSOR = b"\x1b[?25h"  # shown again: progress hides it


@contextmanager
def stop_signals(stopped: threading.Event, cut: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM sets `stopped` and calls `cut`; a second one ends the process at once, with exit code 130."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            _end()
        stopped.set()
        cut()

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end() -> NoReturn:
    """As a kill -9, which whatever is written and started here survives. An exception that comes from nowhere would be caught, told as a fault or lost by whichever library it meets."""
    os.write(2, (_CURSOR if os.isatty(2) else b"") + b"Stopped.\n")
    os._exit(_INTERRUPTED)


@contextmanager
def on_site(
    workspace: Workspace,
    run: Run,
    wait: float,
    stopped: threading.Event,
    note: Callable[[str], None],
    lost: Callable[[], None],
) -> Iterator[None]:
    """Holds the site for this audit. Raises IncompleteError where another one of the site goes on for longer than `wait` seconds.

    A look at one page or at a few again does not wait: it asks for little.
    """
    if run.kind != "site":
        yield
        return

    def waiting(other: Lease) -> None:
        note(f"another audit of {run.site} is under way ({other.run}, since {other.since})")

    with leases.holding(workspace, run.site, run.name, wait=wait, stopped=stopped, waiting=waiting, lost=lost) as other:
        if other is not None:
            runs.forget_empty(workspace, run)
            raise IncompleteError(
                f"another audit of {run.site} is under way: {other.run}, since {other.since}",
                hint="Wait for its end with --wait 2h, or stop it first.",
            )
        yield


@contextmanager
def alone(folder: Path, run: Run) -> Iterator[None]:
    """Holds the run's report folder for this process, until it ends in whatever way. Raises UsageError where another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"run '{run.name}' is under way in another process", hint="Wait for its end, or stop it first."
            ) from None
        yield
    finally:
        os.close(held)
