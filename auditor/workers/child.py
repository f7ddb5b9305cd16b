"""The worker process: makes the entry, then answers task after task until the pool closes it. Forked by the guardian."""

from __future__ import annotations

import time
from contextlib import suppress

from auditor.model.errors import AuditorError
from auditor.workers import frames, modules
from auditor.workers.entry import Entry, load, prepare, run, traceback_of


def serve(channel: int, entry: str) -> None:
    """Speak frames over `channel`, a file descriptor, until CLOSE or until the pool has gone; after REST another pool may come."""
    with suppress(BaseException):  # told when it is made; its settings may be still to come
        with modules.loading():
            kind = load(entry)
        prepare(kind)
    while (begin := frames.receive(channel)) is not None:
        worker = _make(channel, entry, begin.body)
        if worker is None:
            return
        frames.send(channel, frames.READY)
        while (frame := frames.receive(channel)) is not None and frame.kind == frames.TASK:
            _answer(channel, worker, frame.body)
            del frame  # a large payload would else stay in memory until the next task comes
        worker.close()
        if frame is None or frame.kind != frames.REST:
            return
        del worker
        frames.send(channel, frames.RESTED)


def _make(channel: int, entry: str, settings: bytes) -> Entry | None:
    try:
        return load(entry)(settings)
    except AuditorError as error:
        what, hint = error.what, error.hint
    except BaseException as error:  # SystemExit too: a module may call sys.exit when imported
        what, hint = f"a worker of {entry} could not start\n{traceback_of(error)}", ""
    frames.send(channel, frames.BROKEN, _encode(f"{what}\0{hint}"))
    return None


def _answer(channel: int, worker: Entry, payload: bytes) -> None:
    began = time.perf_counter()
    try:
        kind, answer = frames.DONE, run(worker, payload)
    except BaseException as error:  # a SystemExit from a library must not look like a crash
        kind, answer = frames.BUG, _encode(traceback_of(error))
    frames.send(channel, kind, frames.SECONDS.pack(time.perf_counter() - began), answer)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
