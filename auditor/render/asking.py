"""Has a pool's workers take snapshots, those of one page and browser together where a worker takes several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from auditor.model.words import FetchOutcome
from auditor.render.manners import Manners
from auditor.render.task import RenderResult, RenderTask
from auditor.workers.pool import Pool, Result, Task


def ask(
    pool: Pool, tasks: Mapping[str, RenderTask], at_once: int = 1, manners: Manners | None = None
) -> Iterator[tuple[str, RenderResult]]:
    """(id, snapshot) of each task as they come; of one that failed a snapshot that was skipped for it.

    What the shop refused comes after all others, and until then no more is asked for.
    """
    manners = manners or Manners()
    waiting = deque(_grouped(tasks, at_once))
    refused: list[list[str]] = []
    while waiting or refused:
        if refused:
            manners.pause()
            waiting.extend(refused)
            refused.clear()
        if manners.gave_up:
            yield from ((name, _left_in_peace(tasks[name])) for group in waiting for name in group)
            return
        left = len(waiting)
        under_way: dict[str, list[str]] = {}
        broken: list[str] = []
        for result in pool.run(_sent(tasks, waiting, under_way, manners, refused)):
            group = under_way.pop(result.id)
            if len(group) > 1 and result.payload is None:
                broken += group
                continue
            again = []
            for name, taken in zip(group, _answers(result, group, tasks), strict=True):
                if manners.shall_ask_again(taken):
                    again.append(name)
                else:
                    yield name, taken
            if again:
                refused.append(again)
        if under_way or left == len(waiting):
            return  # the pool was stopped
        waiting.extend([one] for one in broken)  # one of a group is to blame: it shall not cost the others


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


def _sent(
    tasks: Mapping[str, RenderTask],
    waiting: deque[list[str]],
    under_way: dict[str, list[str]],
    manners: Manners,
    refused: Sequence[object],
) -> Iterator[Task]:
    """What waits, until the shop refuses something; one group where it has before."""
    while waiting and not refused and not manners.gave_up:
        manners.turn()
        group = waiting.popleft()
        name = group[0]
        under_way[name] = group
        asked = tasks[name] if len(group) == 1 else [tasks[one] for one in group]
        yield Task(name, msgspec.msgpack.encode(asked))
        if manners.gentle:
            return


def _answers(result: Result, group: Sequence[str], tasks: Mapping[str, RenderTask]) -> list[RenderResult]:
    if result.payload is not None and len(group) > 1:
        return msgspec.msgpack.decode(result.payload, type=list[RenderResult])
    if result.payload is not None:
        return [msgspec.msgpack.decode(result.payload, type=RenderResult)]
    task = tasks[group[0]]
    lines = result.error.strip().splitlines() or ["no reason given"]
    reason = f"the browser worker failed: {lines[-1]}"[:300]
    return [RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.SKIPPED, reason=reason)]


def _left_in_peace(task: RenderTask) -> RenderResult:
    reason = "not opened: the shop refused those before it"
    return RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.RATE_LIMITED, reason=reason)
