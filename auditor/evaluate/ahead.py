"""Describes pages while the crawl goes on, which mostly waits for the shop: what is done then need not be done after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from auditor.evaluate.stage import BATCH, OpenPool, answers, earlier_night, keep_described
from auditor.evaluate.worker import ENTRY, BatchResult, EvaluateSettings
from auditor.model.errors import AuditorError
from auditor.model.run import Run
from auditor.store import link_graph, snapshots
from auditor.store.workspace import Workspace

_LOOK = 0.3  # seconds between looks for pages

Settings = Callable[[], EvaluateSettings | None]  # None: not known yet what is the site's


@contextmanager
def described_ahead(workspace: Workspace, run: Run, settings: Settings, open_pool: OpenPool) -> Iterator[None]:
    """Within, full batches of fetched pages are described as they come; `stage.describe` does what is left.

    The newest page always is left, so that page types which rest on neighbours are settled once all are known.
    """
    over = threading.Event()
    worker = threading.Thread(target=_describe, args=(workspace, run, settings, open_pool, over), daemon=True)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def _describe(workspace: Workspace, run: Run, settings: Settings, open_pool: OpenPool, over: threading.Event) -> None:
    after, known = 0, link_graph.Known()

    def ready() -> list[int]:
        with workspace.read() as connection:
            ids = snapshots.fetched_since(connection, run.id, after, BATCH + 1)
        return ids[:BATCH] if len(ids) > BATCH else []

    def batches() -> Iterator[Sequence[int]]:
        nonlocal after
        while not over.is_set() and (ids := ready()):
            after = ids[-1]
            yield ids

    try:
        while (given := settings()) is None or not ready():
            if over.wait(_LOOK):
                return
        given = earlier_night(workspace, run, given)
        with open_pool(ENTRY, msgspec.msgpack.encode(given)) as pool:
            while not over.is_set():
                for _, payload, _ in answers(pool, "describe", batches()):
                    if payload is not None:
                        with workspace.write() as connection:
                            described = msgspec.msgpack.decode(payload, type=BatchResult).described
                            keep_described(connection, described, known)
                over.wait(_LOOK)
    except (AuditorError, SQLAlchemyError, OSError):
        return  # it comes up again, and is told, when the rest is described
