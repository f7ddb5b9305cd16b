"""Starts crawl processes; one may be started ahead of its job, so that its libraries load while the parent reads the config,
and one that has done its job is kept for the next.

Imports nothing heavy: it is asked first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import auditor


class Started(NamedTuple):
    """A child that waits for its job on stdin, and the file its stderr goes to."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def end(self) -> None:
        """Ends it if it still runs, and closes what it held."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it died before it had read its job
            self.process.stdin.close()
        with self.process, self.errors:
            if self.process.poll() is None:
                self.process.kill()


_ready: Started | None = None
_keeping = False


@contextmanager
def kept() -> Iterator[None]:
    """A child that has done its job waits for the next one of what follows; it ends here."""
    global _keeping
    outer, _keeping = _keeping, True
    try:
        yield
    finally:
        _keeping = outer
        if not outer:
            end()


@contextmanager
def ahead() -> Iterator[None]:
    """Has a child started for the first job of what follows, and keeps it for the next ones."""
    global _ready
    with kept():
        _ready = _ready or _launch()
        yield


def take() -> Started:
    """The child that waits, or a new one; to be given back."""
    global _ready
    started, _ready = _ready, None
    if started is not None and started.process.poll() is None:
        return started
    if started is not None:
        started.end()
    return _launch()


def give_back(started: Started, *, usable: bool) -> None:
    """After a job: the child waits for the next one where it can and somebody may have one; else it ends."""
    global _ready
    if usable and _keeping and _ready is None and started.process.poll() is None:
        started.errors.seek(0)  # the child writes where we are
        started.errors.truncate()
        _ready = started
    else:
        started.end()


def end() -> None:
    """Ends the child that waits, where one does: what follows asks for nothing."""
    global _ready
    started, _ready = _ready, None
    if started is not None:
        started.end()


def _launch() -> Started:
    # The package may be importable only because of where the parent was started; the child must find the same one,
    # and nothing else from the current folder (-P).
    home = str(Path(auditor.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH", ""))))
    errors = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the child
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "auditor.crawl.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # a Ctrl-C in the terminal comes here; the child is asked once, by us
        )
    except BaseException:
        errors.close()
        raise
    return Started(process, errors)
