# ruff: noqa: T201
"""Entries that the tests of workers run: one that does as told, and some that cannot start."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from auditor.model.errors import IncompleteError


class Doer:
    """Does what the JSON payload names: {"do": …, …}. `settings` is a folder for its marks."""

    def __init__(self, settings: bytes) -> None:
        self.folder = Path(settings.decode())
        self.done = 0

    def run(self, payload: bytes) -> bytes:
        if not payload.startswith(b"{"):
            return payload[::-1]
        order = json.loads(payload)
        self.done += 1
        return getattr(self, order.pop("do"))(**order)

    def close(self) -> None:
        (self.folder / f"closed-{os.getpid()}").touch()

    def pid(self) -> bytes:
        return b"%d" % os.getpid()

    def count(self) -> bytes:
        return b"%d" % self.done

    def env(self, name: str) -> bytes:
        return os.environ.get(name, "").encode()

    def wait_for(self, file: str) -> bytes:
        while not (self.folder / file).exists():
            time.sleep(0.005)
        return file.encode()

    def hang(self, mark: str) -> bytes:
        """Start a sleep in a session of its own, note both pids, and never end."""
        sleep = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        part = self.folder / f".{mark}"
        part.write_text(f"{os.getpid()} {sleep.pid}")
        part.rename(self.folder / mark)
        while True:
            time.sleep(60)

    def leave_behind(self) -> bytes:
        """A grandchild whose parent is gone when the task is done."""
        started = subprocess.run(
            ["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"], capture_output=True, check=True
        )
        (Path(os.environ["TMPDIR"]) / "profile").mkdir()
        return started.stdout.strip()

    def die_once(self, mark: str) -> bytes:
        if not (self.folder / mark).exists():
            (self.folder / mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return b"at last"

    def die(self, number: int) -> bytes:
        print("about to die")
        os.kill(os.getpid(), number)
        return b"not reached"

    def leave(self, code: int) -> bytes:
        os._exit(code)

    def sys_exit(self) -> bytes:
        sys.exit(3)

    def bug(self) -> bytes:
        raise ValueError("a bug in the entry")

    def wrong_type(self) -> bytes:
        return "text"  # type: ignore[return-value]

    def chatter(self, size: int) -> bytes:
        print("x" * size)
        os.write(1, b"y" * size)
        subprocess.run(["sh", "-c", "echo stray; echo stray >&2"], check=True)
        print("x" * size, "€", file=sys.stderr)
        return b"quiet"

    def read_stdin(self) -> bytes:
        return sys.stdin.buffer.read()

    def big(self, size: int) -> bytes:
        return os.urandom(1) * size


class FailsToStart:
    def __init__(self, settings: bytes) -> None:
        with (Path(settings.decode()) / "starts").open("a") as file:
            file.write("x")
        raise RuntimeError("no room for this worker")


class NoBrowser:
    def __init__(self, settings: bytes) -> None:
        raise IncompleteError("no browser found", hint="run: auditor browsers install")


class StartsOnce:
    """Only the first worker starts."""

    def __init__(self, settings: bytes) -> None:
        mark = Path(settings.decode()) / "started"
        if mark.exists():
            raise RuntimeError("the second cannot start")
        mark.touch()

    def run(self, payload: bytes) -> bytes:
        return payload

    def close(self) -> None:
        pass


class DiesStarting:
    """The first worker is killed while it starts, the second lives."""

    def __init__(self, settings: bytes) -> None:
        mark = Path(settings.decode()) / "started"
        if not mark.exists() or mark.read_text() == "always":
            if not mark.exists():
                mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def run(self, payload: bytes) -> bytes:
        return payload

    def close(self) -> None:
        pass


class Prepared:
    """Tells what was there when its settings came."""

    ahead = ""

    @classmethod
    def prepare(cls) -> None:
        cls.ahead += "prepared"

    def __init__(self, _: bytes) -> None:
        self.found = self.ahead

    def run(self, _: bytes) -> bytes:
        return self.found.encode()

    def close(self) -> None: ...
