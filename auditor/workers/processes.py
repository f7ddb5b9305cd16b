"""Supervised worker processes of this machine, one task leased to each at a time; render and evaluate each have a pool.

Everything happens in the thread that iterates `run`; there is no thread of ours. Per worker (supervised.State):

    STARTING ──ready──> IDLE <──task / answer──> BUSY      IDLE ──recycled, closed──> RETIRING ──> gone
        any ──died, over its deadline, stopped──> DYING ──guardian has swept up──> gone
"""

from __future__ import annotations

import logging
import os
import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from auditor.workers import frames, standby
from auditor.workers.entry import check_name
from auditor.workers.frames import Frame
from auditor.workers.pool import Result, Task, WorkerStartError
from auditor.workers.supervised import Lease, State, Supervised

ATTEMPTS = 2  # a task that kills its worker twice is the culprit
STARTS = 3  # failed starts in a row before the pool gives up
START_S = 60.0  # importing, and making the entry (a browser's start)
CLOSE_S = 10.0  # closing the entry in peace
MOST_KEPT = 100  # tasks; a worker that has done more has grown, and starting another is little beside its work
KILL_S = 6.0  # the guardian's own patience (guardian.KILL_WAIT) and some
log = logging.getLogger(__name__)


class ProcessPool:
    """Up to `size` workers, each started only when there is a task for it.

    A worker that dies is replaced and its task tried once more on the fresh one. A task over `deadline_s` is killed with
    all it started, and is not tried again. An exception in the entry is not tried again either, and its worker goes on.
    A worker is replaced after `recycle_after` tasks. Each worker has its own TMPDIR, removed with it: what shall stay
    must be written elsewhere. Workers' stdout and stderr are shown only in the errors of failed tasks. With `keep`, those
    that did little are left to the next pool of the entry (standby.kept).
    """

    def __init__(
        self,
        entry: str,
        settings: bytes,
        size: int,
        *,
        deadline_s: float | None = None,
        recycle_after: int | None = None,
        name: str = "worker",
        keep: bool = False,
    ) -> None:
        check_name(entry)
        if size < 1:
            raise ValueError(f"a pool of {size} workers")
        self._entry, self._settings, self._size, self._name = entry, settings, size, name
        self._deadline_s, self._recycle_after, self._keep = deadline_s, recycle_after, keep
        self._workers: list[Supervised] = []
        self._results: deque[Result] = deque()
        self._started = 0
        self._failed_starts = 0  # in a row
        self._any_ready = False
        self._running = self._stopped = self._closed = False
        self._broken: WorkerStartError | None = None
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._kill_all()
        self.close()

    def warm(self, count: int) -> None:
        """Start workers before there are tasks for them, at most `size`; they make their entry meanwhile."""
        while len(self._workers) < min(count, self._size):
            self._start(None)

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Results as they complete; see pool.Pool."""
        if self._running or self._closed:
            raise RuntimeError("this pool is closed" if self._closed else "this pool runs already")
        self._running = True
        done = False
        try:
            source = iter(tasks)
            while not self._stopped:
                more = self._lease_to_free(source)
                if self._results:
                    yield self._results.popleft()
                    self._pump(0)  # what finished meanwhile is read before any deadline is judged
                elif self._leased():
                    self._pump(None)
                elif not more:
                    done = True
                    break
            if not done:
                self._kill_all()
            while self._results:
                yield self._results.popleft()
        finally:
            if not done:
                self._kill_all()
            self._results.clear()
            self._running = False

    def stop(self) -> None:
        """Let `run` end without its open tasks; safe in a signal handler and in other threads."""
        self._stopped = True
        try:
            os.write(self._waker, b"s")
        except OSError:  # closed, or woken often enough
            pass

    def part(self) -> None:
        """Ask idle workers to close their entries without waiting for them; `close` does that. No task runs after it."""
        for worker in self._workers:
            if worker.state is State.IDLE:
                worker.retire(CLOSE_S)

    def close(self) -> None:
        """Close the entries in peace and leave no process behind but those that are kept; a second call does nothing."""
        if self._closed:
            return
        try:
            for worker in self._workers:
                if worker.state is State.IDLE and self._keep and standby.keeping() and worker.tasks <= MOST_KEPT:
                    worker.rest(CLOSE_S)
                elif worker.state is State.IDLE:
                    worker.retire(CLOSE_S)
                elif worker.state is not State.RETIRING:
                    worker.lease = None
                    self._kill(worker, "closed")
            while self._workers and not self._stopped:
                self._pump(None)
        finally:
            self._kill_all()
            self._closed = True
            self._selector.close()
            os.close(self._wake)
            waker, self._waker = self._waker, -1
            os.close(waker)

    # who gets which task

    def _lease_to_free(self, source: Iterator[Task]) -> bool:
        """Pull a task for each worker that is free; False where the tasks are at their end."""
        while not self._stopped and len(self._results) < self._size:
            idle = next((w for w in self._workers if w.free), None)
            if idle is None and self._leased() >= self._size:
                return True
            task = next(source, None)
            if task is None:
                return False
            if idle is not None:
                self._hand(idle, Lease(task))
            else:
                self._start(Lease(task))
        return True

    def _leased(self) -> int:
        return sum(worker.lease is not None for worker in self._workers)

    def _start(self, lease: Lease | None) -> None:
        self._started += 1
        try:
            name = f"{self._name}-{self._started}"
            worker = Supervised(name, self._entry, self._settings, START_S, standby.take(self._entry))
        except OSError as error:
            raise WorkerStartError(f"a worker process of {self._entry} could not be started: {error}") from error
        self._workers.append(worker)
        self._selector.register(worker.report, selectors.EVENT_READ, worker)
        self._selector.register(worker.channel, selectors.EVENT_READ, worker)
        if lease is not None:
            worker.hand(lease)
        self._watch_writing(worker)

    def _hand(self, worker: Supervised, lease: Lease) -> None:
        worker.hand(lease)
        if worker.state is State.BUSY:
            self._set_deadline(worker)
        self._watch_writing(worker)

    def _set_deadline(self, worker: Supervised) -> None:
        worker.limit = None if self._deadline_s is None else worker.began + self._deadline_s

    # what the workers say

    def _pump(self, timeout: float | None) -> None:
        """Wait until something happens, at most `timeout` seconds; take it in; then judge who is out of time."""
        limits = [worker.limit for worker in self._workers if worker.limit is not None]
        if timeout is None and limits:
            timeout = max(0.0, min(limits) - time.monotonic())
        for key, events in self._selector.select(timeout):
            worker = key.data
            if worker is None:
                self._drain_wake()
            elif worker not in self._workers:
                continue  # buried by an event before this one
            elif key.fileobj is worker.report:
                if not worker.read_report():
                    self._gone(worker)
            else:
                self._talk(worker, events)
        now = time.monotonic()
        for worker in [w for w in self._workers if w.limit is not None and w.limit <= now]:
            self._out_of_time(worker)
        if self._broken:
            broken, self._broken = self._broken, None
            raise broken

    def _drain_wake(self) -> None:
        try:
            os.read(self._wake, 4096)
        except BlockingIOError:
            pass

    def _talk(self, worker: Supervised, events: int) -> None:
        there = True
        if events & selectors.EVENT_WRITE:
            there = worker.write()
            if worker.state is State.BUSY:
                self._set_deadline(worker)
            self._watch_writing(worker)
        came, open_ = worker.read()
        for frame in came:
            self._take(worker, frame)
        if worker.state is State.BUSY and worker.answering and worker.limit is not None:
            worker.limit = time.monotonic() + START_S  # its work is done; only a stuck transfer is left to fear
        if worker in self._workers and not (there and open_) and worker.channel in self._selector.get_map():
            self._selector.unregister(worker.channel)
            if worker.state is not State.RETIRING:
                self._kill(worker, "")

    def _take(self, worker: Supervised, frame: Frame) -> None:
        if worker.state is State.DYING:
            return
        if frame.kind == frames.RESTED:
            self._rested(worker)
        elif frame.kind == frames.READY:
            worker.was_ready = self._any_ready = True
            self._failed_starts = 0
            worker.state, worker.limit = State.IDLE, None
            if worker.lease is not None:
                self._hand(worker, worker.lease)
        elif frame.kind == frames.BROKEN:
            what, _, hint = frame.body.decode("utf-8", "replace").partition("\0")
            worker.broken = (what, hint)
        elif frame.kind in (frames.DONE, frames.BUG) and worker.lease is not None:
            self._answered(worker, worker.lease, frame)

    def _answered(self, worker: Supervised, lease: Lease, frame: Frame) -> None:
        (seconds,) = frames.SECONDS.unpack_from(frame.body)
        body = frame.body[frames.SECONDS.size :]
        payload, error = (body, "") if frame.kind == frames.DONE else (None, body.decode("utf-8", "replace"))
        self._results.append(Result(lease.task.id, payload, error, lease.attempts + 1, worker.name, seconds))
        worker.lease, worker.limit, worker.state = None, None, State.IDLE
        worker.tasks += 1
        if self._recycle_after is not None and worker.tasks >= self._recycle_after:
            worker.retire(CLOSE_S)
            self._watch_writing(worker)

    def _rested(self, worker: Supervised) -> None:
        for end in (worker.report, worker.channel):
            self._selector.unregister(end)
        self._workers.remove(worker)
        standby.give_back(self._entry, worker.detach())

    def _watch_writing(self, worker: Supervised) -> None:
        if worker.channel in self._selector.get_map():
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.sending else 0)
            self._selector.modify(worker.channel, events, worker)

    # how workers end

    def _kill(self, worker: Supervised, verdict: str, *, stack: bool = False) -> None:
        worker.kill(verdict, KILL_S, stack=stack)
        if worker.channel in self._selector.get_map():
            self._selector.unregister(worker.channel)

    def _out_of_time(self, worker: Supervised) -> None:
        if worker.state is State.DYING:
            worker.kill_guardian()
        elif worker.state is State.STARTING:
            self._kill(worker, f"did not start within {START_S:g} s", stack=True)
        elif worker.state is State.BUSY:
            self._kill(worker, f"took longer than {self._deadline_s:g} s", stack=True)
        else:
            self._kill(worker, "did not close")

    def _gone(self, worker: Supervised) -> None:
        """The guardian has swept up after `worker`: decide what becomes of its task."""
        self._selector.unregister(worker.report)
        if worker.channel in self._selector.get_map():
            for frame in worker.read()[0]:  # its last words
                self._take(worker, frame)
            self._selector.unregister(worker.channel)
        self._workers.remove(worker)
        how, printed = worker.bury()
        lease = worker.lease
        if not worker.was_ready:
            self._not_started(worker, how, printed)
            if lease is not None and self._broken is None:
                self._start(lease)
        elif lease is not None:
            self._died(worker, lease, how, printed)

    def _not_started(self, worker: Supervised, how: str, printed: str) -> None:
        if worker.lease is None:
            return  # stopped or closed meanwhile
        self._failed_starts += 1
        if worker.broken:
            what, hint = worker.broken
        else:
            what, hint = f"a worker of {self._entry} {worker.verdict or f'died while starting ({how})'}", ""
            what = "\n".join(filter(None, (what, printed)))
        # An entry that never worked won't; one that did may have met a moment without memory.
        if self._failed_starts >= STARTS or (worker.broken and not self._any_ready):
            self._broken = self._broken or WorkerStartError(what, hint=hint)
        else:
            log.warning("%s: %s; starting another", worker.name, what)

    def _died(self, worker: Supervised, lease: Lease, how: str, printed: str) -> None:
        if worker.handed or lease.spared:
            lease.attempts += 1
        else:
            lease.spared = True  # it died between two tasks: not this one's doing
        if worker.verdict:
            reason = worker.verdict
        elif lease.attempts < ATTEMPTS:
            log.warning("%s died (%s) on task %s; trying it again on a fresh worker", worker.name, how, lease.task.id)
            self._start(lease)
            return
        else:
            reason = f"the worker died twice ({how})"
        error = "\n".join(filter(None, (reason, printed)))
        seconds = time.monotonic() - worker.began
        self._results.append(Result(lease.task.id, None, error, lease.attempts, worker.name, seconds))

    def _kill_all(self) -> None:
        """Kill every worker, and wait until all have gone."""
        for worker in self._workers:
            worker.lease = None
            self._kill(worker, "stopped")
        while self._workers:
            self._pump(None)
