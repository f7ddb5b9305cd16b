"""Tasks run in this process: for one page, and for tests. No deadline, and a crash is the caller's."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from auditor.model.errors import AuditorError
from auditor.workers.entry import Entry, check_name, load, run, traceback_of
from auditor.workers.pool import Result, Task, WorkerStartError


class InlinePool:
    """The entry is made at the first task."""

    def __init__(self, entry: str, settings: bytes, *, name: str = "inline") -> None:
        check_name(entry)
        self._entry, self._settings, self._name = entry, settings, name
        self._worker: Entry | None = None
        self._running = self._stopped = self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Results one after the other; see pool.Pool."""
        if self._running or self._closed:
            raise RuntimeError("this pool is closed" if self._closed else "this pool runs already")
        self._running = True
        try:
            source = iter(tasks)
            while not self._stopped and (task := next(source, None)) is not None:
                yield self._answer(task)
        finally:
            self._running = False

    def stop(self) -> None:
        """Let `run` end after the task under way; safe in a signal handler and in other threads."""
        self._stopped = True

    def close(self) -> None:
        """Close the entry; a second call does nothing."""
        self._closed = True
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _answer(self, task: Task) -> Result:
        worker = self._worker = self._worker or self._make()
        began = time.perf_counter()
        payload, error = None, ""
        try:
            payload = run(worker, task.payload)
        except (Exception, SystemExit) as bug:
            error = traceback_of(bug)
        return Result(task.id, payload, error, 1, self._name, time.perf_counter() - began)

    def _make(self) -> Entry:
        try:
            return load(self._entry)(self._settings)
        except AuditorError as error:
            raise WorkerStartError(error.what, hint=error.hint) from error
        except (Exception, SystemExit) as error:
            raise WorkerStartError(f"a worker of {self._entry} could not start\n{traceback_of(error)}") from error
