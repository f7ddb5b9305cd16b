"""Has a pool's workers take snapshots, those of one page and browser together where a worker takes several at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from auditor.model.words import FetchOutcome
from auditor.render.task import RenderResult, RenderTask
from auditor.workers.pool import Pool, Result, Task


def ask(pool: Pool, tasks: Mapping[str, RenderTask], at_once: int = 1) -> Iterator[tuple[str, RenderResult]]:
    """(id, snapshot) of each task as they come; of one that failed a snapshot that was skipped for it."""
    groups = list(_grouped(tasks, at_once))
    again: list[list[str]] = []
    for result in pool.run(_sent(tasks, groups)):
        group = groups[int(result.id)]
        if len(group) == 1:
            yield group[0], _answer(result, tasks[group[0]])
        elif result.payload is not None:
            yield from zip(group, msgspec.msgpack.decode(result.payload, type=list[RenderResult]), strict=True)
        else:  # one of them is to blame: it shall not cost the others
            again += [[one] for one in group]
    if again:
        for result in pool.run(_sent(tasks, again)):
            (one,) = again[int(result.id)]
            yield one, _answer(result, tasks[one])


def _grouped(tasks: Mapping[str, RenderTask], at_once: int) -> Iterator[list[str]]:
    group: list[str] = []
    for name, task in tasks.items():
        if group and (len(group) >= at_once or _group_of(task) != _group_of(tasks[group[0]])):
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def _group_of(task: RenderTask) -> tuple[str, str]:
    return task.key.page, task.key.client.browser


def _sent(tasks: Mapping[str, RenderTask], groups: Sequence[Sequence[str]]) -> Iterator[Task]:
    for place, group in enumerate(groups):
        asked = tasks[group[0]] if len(group) == 1 else [tasks[one] for one in group]
        yield Task(str(place), msgspec.msgpack.encode(asked))


def _answer(result: Result, task: RenderTask) -> RenderResult:
    if result.payload is not None:
        return msgspec.msgpack.decode(result.payload, type=RenderResult)
    lines = result.error.strip().splitlines() or ["no reason given"]
    reason = f"the browser worker failed: {lines[-1]}"[:300]
    return RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.SKIPPED, reason=reason)
