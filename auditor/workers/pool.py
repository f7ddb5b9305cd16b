"""The interface of workers: tasks in, results out, whichever way they run. Stages know only this module and a constructor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

import msgspec

from auditor.model.errors import IncompleteError


class Task(msgspec.Struct, frozen=True):
    """One piece of work as data; `id` names the culprit when it kills its worker."""

    id: str
    payload: bytes


class Result(msgspec.Struct):
    """What became of a task. `payload` None: it failed, and the first line of `error` says why.

    `error` is a reason ("the worker died twice (killed by signal 9)", "took longer than 90 s"), with what the worker
    last wrote to stderr below it, or the traceback of a bug. `seconds` is the time in the entry's `run`.
    """

    id: str
    payload: bytes | None
    error: str = ""
    attempts: int = 1
    worker: str = ""
    seconds: float = 0.0


class WorkerStartError(IncompleteError):
    """No worker can be started: the entry cannot be imported, or its `__init__` raised. No task would fare better."""


class Pool(Protocol):
    """Runs tasks. Leaving the context closes the pool."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Results as they complete, in any order, exactly one a task.

        `tasks` is pulled in the caller's thread and only when a worker is free. Raises WorkerStartError. Ended early (by
        an exception, by closing the iterator, by `stop`), the tasks under way are given up and have no result.
        """
        ...

    def stop(self) -> None:
        """Let `run` end without its open tasks; safe in a signal handler and in other threads. The pool stays stopped."""
        ...

    def close(self) -> None:
        """Close the entries in peace and leave no process behind; a second call does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
