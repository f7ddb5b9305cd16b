"""One worker process seen from the pool: started, handed one task, its messages read, killed with all it started."""

from __future__ import annotations

import enum
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from auditor.workers import frames
from auditor.workers.frames import Frame
from auditor.workers.guardian import KILL, STACK_AND_KILL, SYS_PATH
from auditor.workers.pool import Task

GUARDIAN = str(Path(__file__).with_name("guardian.py"))


class State(enum.Enum):
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    RETIRING = "retiring"  # asked to close, or to rest
    DYING = "dying"  # dead or killed; its guardian sweeps up


class Lease:
    """A task that a worker has or waits for."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.attempts = 0  # given up so far
        self.spared = False  # whether a death was already not held against it


class Launched(NamedTuple):
    """A worker that has no settings: its guardian, its TMPDIR, and our end of its channel."""

    guardian: subprocess.Popen[bytes]
    folder: str
    channel: socket.socket

    def end(self) -> None:
        """Ends it and all it started."""
        assert self.guardian.stdin is not None
        assert self.guardian.stderr is not None
        with self.channel, self.guardian.stderr:
            self.guardian.stdin.close()  # the end of its lifeline
            self.guardian.wait()


class Supervised:
    """A worker and its guardian. Nothing here blocks; the pool's loop calls in when `channel` or `report` is ready.

    `limit` is the monotonic time at which the pool loses patience with the present state, None: never.
    """

    def __init__(
        self, name: str, entry: str, settings: bytes, start_s: float, launched: Launched | None = None
    ) -> None:
        self.name = name
        self.state = State.STARTING
        self.lease: Lease | None = None
        self.handed = False  # whether any of the lease's task was sent
        self.was_ready = False
        self.tasks = 0  # done
        self.verdict = ""  # why the pool killed it
        self.broken: tuple[str, str] | None = None  # what it said when it could not start: what, hint
        self.began = time.monotonic()
        self.limit: float | None = self.began + start_s
        self._guardian, self._folder, self.channel = launched or launch(name, entry)
        self._incoming = frames.Incoming()
        self._outgoing: list[memoryview] = []
        self._printed = b""
        assert self._guardian.stdin is not None
        assert self._guardian.stderr is not None
        self._lifeline, self.report = self._guardian.stdin, self._guardian.stderr
        os.set_blocking(self.report.fileno(), False)
        self._queue(frames.START, settings)

    @property
    def free(self) -> bool:
        """Whether it can take a task; one that still starts keeps it until it is ready."""
        return self.state is State.IDLE or (self.state is State.STARTING and self.lease is None)

    @property
    def sending(self) -> bool:
        return bool(self._outgoing)

    @property
    def answering(self) -> bool:
        """Whether part of an answer has come: the work is done, only the pool was slow to read it."""
        return self._incoming.begun

    def hand(self, lease: Lease) -> None:
        """Give it a task; while it starts the task only waits here."""
        self.lease, self.handed = lease, False
        if self.was_ready:
            self.state = State.BUSY
            self.began = time.monotonic()
            self._queue(frames.TASK, lease.task.payload)

    def retire(self, grace_s: float) -> None:
        """Ask it to close its entry and go."""
        self.state, self.limit = State.RETIRING, time.monotonic() + grace_s
        self._queue(frames.CLOSE, b"")

    def rest(self, grace_s: float) -> None:
        """Ask it to close its entry and to wait for another pool."""
        self.state, self.limit = State.RETIRING, time.monotonic() + grace_s
        self._queue(frames.REST, b"")

    def detach(self) -> Launched:
        """One that has rested, without what this pool knew of it."""
        return Launched(self._guardian, self._folder, self.channel)

    def kill(self, verdict: str, grace_s: float, *, stack: bool = False) -> None:
        """Kill it and all it started; `stack`: let it first print where it is."""
        if self.state is not State.DYING:
            self.state, self.verdict, self.limit = State.DYING, verdict, time.monotonic() + grace_s
            self._outgoing.clear()
            with suppress(OSError):  # the guardian has gone already
                # The end of the lifeline is not enough: a process forked from this one may hold it open.
                os.write(self._lifeline.fileno(), STACK_AND_KILL if stack else KILL)
            with suppress(OSError):
                self._lifeline.close()

    def kill_guardian(self) -> None:
        """The last resort, when the guardian itself hangs."""
        self.limit = None
        with suppress(OSError):
            os.killpg(self._guardian.pid, signal.SIGKILL)

    def write(self) -> bool:
        """Send what waits; False if the worker has gone."""
        while self._outgoing:
            try:
                sent = self.channel.send(self._outgoing[0][: frames.AT_ONCE])
            except (BlockingIOError, InterruptedError):
                return True
            except OSError:
                return False
            self._outgoing[0] = self._outgoing[0][sent:]
            if not self._outgoing[0]:
                del self._outgoing[0]
            if self.state is State.BUSY:
                self.handed = True
                self.began = time.monotonic()  # its time runs from when it has the whole task
        return True

    def read(self) -> tuple[list[Frame], bool]:
        """The frames that came, and whether the worker is still there."""
        try:
            return self._incoming.take(self.channel)
        except frames.FrameError:
            return [], False

    def read_report(self) -> bool:
        """Read what the guardian says; False once the guardian has gone."""
        while True:
            try:
                chunk = os.read(self.report.fileno(), 65_536)
            except (BlockingIOError, InterruptedError):
                return True
            if not chunk:
                return False
            self._printed += chunk

    def bury(self) -> tuple[str, str]:
        """After the guardian has gone: how the worker ended ("killed by signal 9"), and what it last printed."""
        with suppress(OSError):
            self._lifeline.close()
        code = self._guardian.wait()
        self.report.close()
        self.channel.close()
        self._outgoing.clear()
        printed, nul, said = self._printed.rpartition(b"\0")
        if nul and said.removeprefix(b"-").isdigit():
            code = int(said)
        else:  # the guardian was killed, or broke: nobody swept up
            printed = self._printed
            shutil.rmtree(self._folder, ignore_errors=True)
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return how, printed.decode("utf-8", "replace").strip()

    def _queue(self, kind: int, body: bytes) -> None:
        self._outgoing += [memoryview(part) for part in (frames.header(kind, len(body)), body) if part]
        self.write()  # a failure shows again when the loop reads


def launch(name: str, entry: str) -> Launched:
    """A worker that imports its entry and waits for its settings. Raises OSError."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        return Launched(*_start(name, entry, theirs.fileno()), ours)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()


def _start(name: str, entry: str, channel: int) -> tuple[subprocess.Popen[bytes], str]:
    folder = tempfile.mkdtemp(prefix=f"auditor-{name}-")
    # A fresh interpreter inherits no locks from a threaded parent. -P: the script's folder is not for importing.
    command = [sys.executable, "-P", GUARDIAN, name, entry, str(channel), str(os.getpid()), folder]
    try:
        guardian = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(channel,),
            start_new_session=True,  # Ctrl-C goes to a terminal's whole foreground group: not to these
            env={**os.environ, "TMPDIR": folder, SYS_PATH: os.pathsep.join(sys.path)},
        )
    except BaseException:
        os.rmdir(folder)
        raise
    return guardian, folder
