"""The process around a worker: forks it, waits, and ends its whole process tree when either the worker or the pool goes.

Started by supervised.py as a script, `guardian.py NAME ENTRY CHANNEL PARENT FOLDER`, with the standard library alone:

    stdin    lifeline: at an order (KILL, STACK_AND_KILL) or its end (the pool was killed) everything is killed
    stdout   not used
    stderr   at the end: the last of what the worker and its children printed, NUL, the worker's exit code

Browsers run in sessions of their own (Playwright starts them detached), so a process group is not enough. On Linux the
guardian is the subreaper of all that the worker started, and goes only when it has no child left. Elsewhere it kills the
process group and what `ps` shows below it. FOLDER is the worker's own TMPDIR and is removed with it: a killed browser
leaves its profile there.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

SYS_PATH = "AUDITOR_WORKER_SYS_PATH"  # environment variable: the pool's sys.path
KILL, STACK_AND_KILL = b"k", b"s"  # the latter: the worker first prints where it is
RING = 8_192  # bytes kept of what the worker prints
PARENT_POLL = 2.0  # seconds; a process forked from the pool's may hold the lifeline open after the pool was killed
STACK_WAIT = 0.3  # seconds the worker has to write its stack
KILL_WAIT = 3.0  # seconds to wait for killed processes to go (one may hang in the kernel)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
LINUX = sys.platform.startswith("linux")


def main() -> None:
    _, _name, entry, channel, parent, folder = sys.argv
    sys.path[:] = os.environ.pop(SYS_PATH).split(os.pathsep)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prints, printer = os.pipe()
    wake, waker = os.pipe()
    for end in (prints, wake, waker):
        os.set_blocking(end, False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _nothing)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    me = os.getpid()
    worker = os.fork()
    if worker == 0:
        for end in (prints, wake, waker):
            os.close(end)
        _work(me, printer, int(channel), entry)
    os.close(printer)
    os.close(int(channel))  # the pool must see the worker's end of it close
    _Guard(worker, int(parent), prints, wake).watch()
    _remove(folder)


def _nothing(*_: object) -> None:
    pass


def prctl(option: int, value: int) -> None:
    """Sets an attribute of this process; does nothing but on Linux."""
    if LINUX:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


class _Guard:
    def __init__(self, worker: int, parent: int, prints: int, wake: int) -> None:
        self._worker, self._parent, self._prints, self._wake = worker, parent, prints, wake
        self._status: int | None = None
        self._ring = b""

    def watch(self) -> None:
        poll = select.poll()
        for end in (0, self._prints, self._wake):
            poll.register(end, select.POLLIN)
        while True:
            for end, _ in poll.poll(PARENT_POLL * 1000):
                if end == self._prints and not self._keep_prints():
                    poll.unregister(self._prints)
            if self._ordered() or self._terminated() or os.getppid() != self._parent:
                break
            self._reap()
            if self._status is not None:
                break
        self._kill_tree()
        self._keep_prints()
        self._report()

    def _ordered(self) -> bool:
        if not select.select([0], [], [], 0)[0]:
            return False
        if os.read(0, 1) == STACK_AND_KILL:
            self._ask_stack()
        return True

    def _terminated(self) -> bool:
        with suppress(BlockingIOError):
            return signal.SIGTERM in os.read(self._wake, 4096)
        return False

    def _ask_stack(self) -> None:
        self._reap()
        if self._status is None:
            os.kill(self._worker, signal.SIGUSR1)
            until = time.monotonic() + STACK_WAIT
            while (left := until - time.monotonic()) > 0 and select.select([self._prints], [], [], left)[0]:
                if not self._keep_prints():
                    return
                until = min(until, time.monotonic() + 0.05)

    def _keep_prints(self) -> bool:
        """Read what was printed into the ring; False at its end."""
        with suppress(BlockingIOError):
            for _ in range(16):  # and no more: one which never stops printing must not keep us from the lifeline
                chunk = os.read(self._prints, 65_536)
                if not chunk:
                    return False
                self._ring = (self._ring + chunk)[-RING:]
        return True

    def _reap(self) -> bool:
        """Bury dead children, adopted ones too; False where there is no child left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == self._worker:
                self._status = status
            if pid == 0:
                return True

    def _kill_tree(self) -> None:
        until = time.monotonic() + KILL_WAIT
        while True:
            below = _descendants(os.getpid())
            with suppress(OSError):  # nobody left in it
                os.killpg(self._worker, signal.SIGKILL)
            for pid in below:
                with suppress(OSError):  # gone, or not ours (a setuid sandbox dies with its parent)
                    os.kill(pid, signal.SIGKILL)
            if not self._reap() or time.monotonic() > until:
                return
            select.select([self._wake], [], [], 0.01)
            self._terminated()

    def _report(self) -> None:
        code = -signal.SIGKILL if self._status is None else os.waitstatus_to_exitcode(self._status)
        with suppress(OSError):  # the pool has gone
            os.write(2, b"%s\0%d" % (self._ring, code))


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    level = children.get(root, [])
    while level:
        found += level
        level = [pid for parent in level for pid in children.get(parent, [])]
    return found


def _processes() -> list[tuple[int, int]]:
    """(pid, parent's pid) of all processes."""
    if not LINUX:
        import subprocess

        lines = subprocess.run(["ps", "-Ao", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        return [(int(pid), int(parent)) for pid, parent in map(str.split, lines.splitlines())]
    pairs: list[tuple[int, int]] = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
                # pid (name, which may hold anything) state ppid …
                pairs.append((int(name), int(stat.read().rpartition(b")")[2].split()[1])))
    return pairs


def _remove(folder: str) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _work(guardian: int, printer: int, channel: int, entry: str) -> None:
    """Be the worker; does not return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # SIGINT keeps a handler which does nothing: the pool decides, and unlike SIG_IGN no browser inherits it
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (printer, 1), (printer, 2)):
            os.dup2(source, target)
        os.close(nothing)
        os.close(printer)
        os.set_inheritable(channel, False)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guardian:
            return
        import faulthandler

        faulthandler.enable()
        faulthandler.register(signal.SIGUSR1)
        for number, name in ((1, "stdout"), (2, "stderr")):  # anew: they were made for other files
            stream = open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        from auditor.workers.child import serve

        serve(channel, entry)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # a thread that some library left behind must not hold the worker


if __name__ == "__main__":
    main()
