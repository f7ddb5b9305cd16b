"""What a worker runs: the class named by an entry such as "auditor.render.worker:Renderer"; imported in the worker only."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from typing import Protocol, cast

LONGEST_TRACEBACK = 16_000  # characters; an exception may quote a whole page


class Entry(Protocol):
    """Made once per worker from `settings`, then handed task after task. An exception in `run` fails that task only."""

    def run(self, payload: bytes) -> bytes: ...

    def close(self) -> None: ...


def load(entry: str) -> Callable[[bytes], Entry]:
    """The class named "module:Class", ImportError or AttributeError where there is none."""
    module, _, name = entry.partition(":")
    return cast("Callable[[bytes], Entry]", getattr(importlib.import_module(module), name))


def prepare(made: Callable[[bytes], Entry]) -> None:
    """Has the entry do what needs no settings, where it has such a thing: a `prepare` of its class."""
    if (ahead := getattr(made, "prepare", None)) is not None:
        ahead()


def check_name(entry: str) -> None:
    """Raise ValueError unless `entry` looks like "module:Class"; imports nothing."""
    module, colon, name = entry.partition(":")
    if not (colon and name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError(f"an entry is written 'module:Class', not {entry!r}")


def run(worker: Entry, payload: bytes) -> bytes:
    """The entry's answer; TypeError if it is not bytes."""
    answer = worker.run(payload)
    if not isinstance(answer, bytes):
        raise TypeError(f"run() of an entry returns bytes, not {type(answer).__name__}")
    return answer


def traceback_of(error: BaseException) -> str:
    """The traceback, its middle cut out where it is very long."""
    text = "".join(traceback.format_exception(error)).rstrip()
    if len(text) > LONGEST_TRACEBACK:
        half = LONGEST_TRACEBACK // 2
        text = f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
    return text
