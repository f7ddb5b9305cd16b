"""Nights of a small shop in a workspace, judged by checks that read their faults from the page: `<i data-fault="x">`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from auditor.checks import registry
from auditor.checks.registry import check
from auditor.evaluate import stage
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.history.record import record
from auditor.model.finding import Observation, cant_tell, failed
from auditor.model.run import CHOSEN, Run
from auditor.model.standing import Comparison, Standing
from auditor.model.words import FetchOutcome, On
from auditor.store import runs, standings
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.evaluate.kit import rule
from tests.store.kit import SHOP, begin, fetch, render, response

__all__ = ["FAULTS", "Nights", "faulty", "page", "rule"]


def page(*faults: str, more: str = "") -> str:
    marked = "".join(f'<i data-fault="{fault}">x</i>' for fault in faults)
    return f"<html><head><title>A page</title></head><body><h1>A page</h1>{marked}{more}</body></html>"


def faults_of(snapshot: Snapshot) -> Iterator[Observation]:
    for element in snapshot.document.tree.xpath("//*[@data-fault]"):
        name = element.get("data-fault")
        yield cant_tell("told so", name[1:]) if name.startswith("?") else failed(name, what=name)
    if snapshot.document.tree.xpath("//*[@data-dark]"):
        yield cant_tell("nothing can be told")


def faulty(name: str = "own/fault", function: Callable[..., Any] = faults_of, **values: Any) -> Any:
    return rule(id=name, check=function.__name__, **{"on": On.EVERY, **values})


FAULTS = (faulty(),)


class Nights:
    """Runs of one shop, one after the other."""

    def __init__(self, workspace: Workspace, known: dict[str, registry.Check], site: str = "shop.example") -> None:
        self.workspace, self.site = workspace, site
        self.runs: list[Run] = []
        self.evaluations: list[int] = []
        self._known = known

    def teach(self, function: Callable[..., Any], **values: Any) -> None:
        function.__doc__ = "A check of the test."
        self._known.pop(function.__name__, None)
        check(**{"needs": {"document"}, **values})(function)

    def night(
        self,
        pages: dict[str, str | FetchOutcome | int],
        opened: dict[str, dict[str, str]] | None = None,
        *,
        rules: tuple[Any, ...] = FAULTS,
        kind: str = "site",
        config: dict[str, Any] | None = None,
        waiting: tuple[str, ...] = (),
        limited: bool = False,
        host_map: dict[str, str] | None = None,
        environment: str = "production",
    ) -> dict[str, Standing]:
        """Path -> its document, what came instead, or a status; client -> path -> document. Returns standings by target."""
        stored = json.dumps({"config": {**(config or {}), "host_map": host_map or {}}})
        run = begin(self.workspace, self.site, kind=kind, config=stored, environment=environment)
        for path, what in pages.items():
            url = path if "://" in path else SHOP + path
            if isinstance(what, FetchOutcome):
                fetch(self.workspace, run, path, answer=response(url, what))
            elif isinstance(what, int):
                told = response(url, FetchOutcome.SITE_ERROR, status=what, reason=f"answered {what}")
                fetch(self.workspace, run, path, "<h1>Error</h1>", answer=told)
            else:
                fetch(self.workspace, run, path, what)
        from auditor.store import frontier
        from tests.store.kit import found

        with self.workspace.write() as connection:
            frontier.add(connection, run.id, [found(path) for path in waiting])
            if limited:
                frontier.skip_waiting(connection, run.id, CHOSEN + "page limit reached")
        for client, shown in (opened or {}).items():
            for path, html in shown.items():
                render(self.workspace, run, path, client, html)
        settings = EvaluateSettings(
            workspace=str(self.workspace.folder),
            run_id=run.id,
            site=SiteContext(hosts=("shop.example",), host_map=host_map or {}),
            clients=tuple(opened or ()),
        )
        packs = Packs(rules, "digest", {"own": "Own"})
        stage.describe(self.workspace, run, settings, InlinePool)
        evaluation = stage.evaluate(self.workspace, run, settings, packs, "1", InlinePool)
        self.runs.append(runs.note(self.workspace, run, status="complete"))
        self.evaluations.append(evaluation)
        self.comparison: Comparison = record(self.workspace, run, evaluation)
        return self.standings()

    def standings(self) -> dict[str, Standing]:
        with self.workspace.read() as connection:
            return {one.target: one for one in standings.of(connection, self.evaluations[-1])}

    def states(self) -> dict[str, str]:
        return {target: str(one.state) for target, one in self.standings().items()}


def opened_workspace(folder: Path) -> Workspace:
    from tests.store.kit import new_workspace

    return new_workspace(folder)


def told(standing: Standing) -> dict[str, Any]:
    return msgspec.to_builtins(standing)  # type: ignore[no-any-return]
