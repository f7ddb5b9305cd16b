"""Runs one child to its end: hands it its job, listens, asks it to stop, kills it when it does not."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Protocol

import msgspec

from auditor.crawl import standby
from auditor.crawl.job import Gone, Job, Message, Note, PagesIn

_LOOK = 0.1  # seconds between looks at the child
_PATIENCE = 5.0  # seconds beyond the child's own grace, before it is killed
KILLED = "killed"


class StopSign(Protocol):
    """threading.Event, or anything like it."""

    def is_set(self) -> bool: ...


def run_child(job: Job, listen: Callable[[Message | None], None], stop: StopSign | None) -> tuple[Message | None, str]:
    """Runs a child to its end. Returns its last word, or None and why there is none.

    `listen` gets what it tells on its way, and None now and then in between.
    """
    with _child(job) as (child, messages, errors):
        asked_at = 0.0
        last: Message | None = None

        def ask() -> None:
            nonlocal asked_at
            asked_at = time.monotonic()
            child.send_signal(signal.SIGTERM)

        while True:
            try:
                if stop is not None and stop.is_set() and not asked_at:
                    ask()
                if asked_at and time.monotonic() - asked_at > job.settings.grace + _PATIENCE:
                    child.kill()
                    child.wait()
                    return last, KILLED
                try:
                    message = messages.get(timeout=_LOOK)
                except queue.Empty:
                    listen(None)
                    continue
                if message is None:  # the child closed its end
                    code = child.wait()
                    break
                if isinstance(message, Gone):
                    code = message.code
                    break
                if isinstance(message, Note | PagesIn):
                    listen(message)
                else:
                    last = message
            except KeyboardInterrupt:
                if asked_at:
                    raise
                ask()
        if last is None and asked_at:
            return None, KILLED
        return last, "" if last is not None else f"exit code {code}; {_tail(errors)}"


@contextmanager
def _child(job: Job) -> Iterator[tuple[subprocess.Popen[bytes], queue.Queue[Message | None], IO[bytes]]]:
    messages: queue.Queue[Message | None] = queue.Queue()
    done = threading.Event()
    started = standby.take()
    child, errors = started
    assert child.stdin is not None
    assert child.stdout is not None
    reader = threading.Thread(target=_read, args=(child.stdout, messages, done), daemon=True)
    reader.start()
    try:
        try:
            child.stdin.write(msgspec.json.encode(job) + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once; the caller sees that
        yield child, messages, errors
    finally:
        if not done.is_set():
            child.kill()
        reader.join()
        standby.give_back(started, usable=done.is_set())


def _read(stdout: IO[bytes], messages: queue.Queue[Message | None], done: threading.Event) -> None:
    """Hands messages on until the job is over; `done` where the child is still there."""
    decoder = msgspec.json.Decoder(Message)
    try:
        while line := stdout.readline():
            message = decoder.decode(line)
            if isinstance(message, Gone):
                done.set()
            messages.put(message)
            if done.is_set():
                return
    except (msgspec.DecodeError, ValueError):
        pass  # a line cut by a kill
    messages.put(None)


def _tail(errors: IO[bytes]) -> str:
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - 2_000))
    return errors.read().decode("utf-8", "replace").strip()[-1_500:] or "it said nothing"
