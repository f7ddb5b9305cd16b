"""Part of the render stage: pages whose first look raised a doubt are opened once more, and both looks are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from auditor.config.config import Config
from auditor.model.run import Run
from auditor.model.snapshot import SnapshotKey, State
from auditor.render import ENTRY, asking
from auditor.render.manners import Manners
from auditor.render.stage import OpenPool, Report, keep, matrix, missing
from auditor.render.task import RenderSettings, RenderTask
from auditor.store import snapshots
from auditor.store.workspace import Workspace

COLLECTORS = frozenset({"texts", "requests", "data_layer"})


class Doubted(Protocol):
    """evaluate.doubts.Doubt"""

    @property
    def page_id(self) -> int: ...

    @property
    def page_key(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def client(self) -> str: ...


def look_again(
    workspace: Workspace,
    run: Run,
    config: Config,
    settings: RenderSettings,
    wanted: Sequence[Doubted],
    open_pool: OpenPool,
    report: Report | None = None,
    manners: Manners | None = None,
) -> int:
    """Opens each page once more, with the client that saw the difference; returns how many were opened. What was, is left out."""
    lacking = {str(name) for name in missing(config)}
    able = [client for client in matrix(config) if client.browser not in lacking]
    with workspace.read() as connection:
        done = {page for page, _, _ in snapshots.taken(connection, run.id, repeat=1)}
    left = {str(place): one for place, one in enumerate(wanted) if one.page_key not in done}
    if not left or not able:
        return 0

    def task(one: Doubted) -> RenderTask:
        client = next((known for known in able if str(known) == one.client), able[0])
        key = SnapshotKey(one.page_key, client, State(), repeat=1)
        return RenderTask(key=key, url=one.url, device=config.render.device(client.device), collectors=COLLECTORS)

    tasks = {name: task(one) for name, one in left.items()}
    settings = msgspec.structs.replace(settings, at_once=min(settings.at_once, len(tasks)))
    with open_pool(ENTRY, msgspec.msgpack.encode(settings)) as pool:
        for count, (name, taken) in enumerate(asking.ask(pool, tasks, settings.at_once, manners), 1):
            keep(workspace, run, left[name].page_id, taken)
            if report:
                report(count, len(tasks), taken)
    return len(tasks)
