"""Preflight and the order of the stages: crawl ⇄ render, evaluate, gate, report; and only that."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import msgspec

from auditor import __version__
from auditor.config.config import Config, Gate
from auditor.crawl import process as crawl_process
from auditor.crawl import settings as crawl_settings
from auditor.crawl.probe import probe
from auditor.crawl.rendered import admit_rendered
from auditor.evaluate import packs as rule_packs
from auditor.evaluate import stage as evaluate_stage
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import ExpectedTagFact, SiteContext
from auditor.gate import verdict as gate_verdict
from auditor.gate.verdict import Verdict
from auditor.knowledge import platforms, vendors
from auditor.model.errors import UsageError
from auditor.model.run import Run, RunStatus
from auditor.model.urls import page_key
from auditor.model.words import PageType
from auditor.model.written import Source
from auditor.render import stage as render_stage
from auditor.render.task import RenderResult
from auditor.report.build import build, coverage_sentence
from auditor.report.document import ResultDocument
from auditor.report.files import write_all
from auditor.store import frontier, judgement, runs
from auditor.store.workspace import Workspace
from auditor.workers.pool import Pool
from auditor.workers.processes import ProcessPool

TOKEN = f"auditor/{__version__}"
_MAX_ROUNDS = 6  # of crawl and render in turn; pages that only scripts link to are rarely nested deeper


class Watcher(Protocol):
    """Who follows an audit: the terminal, plain lines, or nobody."""

    def stage(self, name: str) -> None: ...

    def progress(self, done: int, total: int, text: str = "") -> None: ...

    def note(self, text: str) -> None: ...


class Nobody:
    """A watcher that shows nothing."""

    def stage(self, name: str) -> None:
        """Nothing to show."""

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Nothing to show."""

    def note(self, text: str) -> None:
        """Nothing to show."""


class Outcome(msgspec.Struct, kw_only=True):
    """How an audit ended: the run, its document, its verdict, and where the report's files are."""

    run: Run
    document: ResultDocument
    verdict: Verdict
    files: dict[str, Path]  # format -> path


class Audit:
    """One audit: a config, a run in a workspace, and the stages over them."""

    def __init__(
        self, config: Config, workspace: Workspace, run: Run, packs: Packs, watcher: Watcher | None = None
    ) -> None:
        self.config = config
        self.workspace = workspace
        self.run = run
        self.packs = packs
        self.watcher = watcher or Nobody()
        self.stopped = threading.Event()
        self._pools: list[Pool] = []

    # Beginning

    @classmethod
    def begin(cls, config: Config, workspace: Workspace, watcher: Watcher | None = None) -> Audit:
        """Checks config and packs together before the first request, and opens a run. Raises UsageError."""
        packs = load_packs(config)
        stored = json.dumps(
            {"config": json.loads(config.public()), "access": bool(config.access.basic_auth or config.access.headers)}
        )
        run = runs.begin(
            workspace,
            site=config.name,
            start_url=config.site.url,
            environment=config.environment,
            config=stored,
            version=__version__,
        )
        return cls(config, workspace, run, packs, watcher)

    @classmethod
    def reopen(
        cls, workspace: Workspace, name: str = "", config: Config | None = None, watcher: Watcher | None = None
    ) -> Audit:
        """A stored run with the config it began with, or `config`. Raises UsageError where secrets are needed and not given."""
        run = runs.find(workspace, name)
        if config is None:
            config = Config.model_validate(json.loads(run.config)["config"])
        return cls(config, workspace, run, load_packs(config), watcher)

    @property
    def needs_access(self) -> bool:
        """The run began with secrets, which are never stored, and this config has none."""
        given = self.config.access.basic_auth or self.config.access.headers
        return bool(json.loads(self.run.config).get("access")) and not given

    # The whole way

    def go(self) -> Outcome:
        """From where the run is to its report. Ends early, with a report of what there is, when stopped."""
        with self.signals():
            self.run = runs.note(self.workspace, self.run, status=RunStatus.RUNNING, stop_reason="", ended_at="")
            if self.preflight():
                self.gather()
            status = (
                RunStatus.INTERRUPTED
                if self.stopped.is_set()
                else RunStatus.INCOMPLETE
                if self.run.stop_reason
                else RunStatus.COMPLETE
            )
            self.run = runs.note(self.workspace, self.run, status=status, ended_at=runs.now())
            return self.judge()

    def judge(self) -> Outcome:
        """Evaluate, gate and report what the run holds."""
        self.evaluate()
        verdict = self.gate()
        document, files = self.report()
        return Outcome(run=self.run, document=document, verdict=verdict, files=files)

    # Stages

    def preflight(self) -> bool:
        """Whether the shop can be reached and is a shop; where it is not, the run says why and goes on to its report."""
        self._stage("preflight")
        if self._held_pages():
            return True
        looked = probe(self._crawl_settings(), stop=self.stopped)
        for note in looked.notes:
            self.watcher.note(note)
        if looked.fatal:
            self.run = runs.note(self.workspace, self.run, stop_reason=looked.fatal)
            frontier.save_alone(
                self.workspace, self.run.id, looked.response, page_key(looked.response.url, self.config.host_map)
            )
        return not looked.fatal and not self.stopped.is_set()

    def gather(self) -> None:
        """Crawl and render in turn until neither brings anything new."""
        for _ in range(_MAX_ROUNDS):
            self.crawl()
            if self.stopped.is_set():
                return
            self.render()
            if self.stopped.is_set() or not self._links_from_rendered_pages():
                return

    def crawl(self) -> None:
        """One round of crawl: everything that waits in the frontier."""
        self._stage("crawl")

        def progress(now: crawl_process.Progress) -> None:
            self.watcher.progress(now.fetched, now.fetched + now.waiting, now.note)

        result = crawl_process.crawl_round(
            self.workspace.folder, self.run.id, self._crawl_settings(), on_progress=progress, stop=self.stopped
        )
        if result.reason not in ("finished", "page_limit", "stopped"):
            self.run = runs.note(self.workspace, self.run, stop_reason=result.text)
        self.watcher.note(result.text)

    def render(self) -> None:
        """Opens the sample of pages in every browser and on every device of the matrix."""
        evaluate_stage.describe(self.workspace, self.run, self._evaluate_settings(), self._open_evaluate_pool)
        if not self.config.render.browsers or self.stopped.is_set():
            return
        self._stage("render")

        def report(done: int, total: int, taken: RenderResult) -> None:
            self.watcher.progress(done, total, f"{taken.key.client} {taken.url}")

        render_stage.render(
            self.workspace, self.run, self.config, self.render_settings(), self._open_render_pool, report
        )

    def evaluate(self) -> int:
        """Judges the run again, without browser or network; returns the evaluation's id."""
        self._stage("evaluate")
        settings = self._evaluate_settings()
        evaluate_stage.describe(self.workspace, self.run, settings, self._open_evaluate_pool)
        return evaluate_stage.evaluate(
            self.workspace,
            self.run,
            settings,
            self.packs,
            __version__,
            self._open_evaluate_pool,
            lambda done, total: self.watcher.progress(done, total),
        )

    def gate(self) -> Verdict:
        """Decides, keeps and returns the verdict on the last evaluation. Raises UsageError where there is none."""
        with self.workspace.read() as connection:
            evaluation = judgement.latest(connection, self.run.id)
            if evaluation is None:
                raise UsageError(
                    f"run '{self.run.name}' was not evaluated yet", hint=f"auditor evaluate {self.run.name}"
                )
            problems = judgement.problems_of(connection, evaluation)
            covered = runs.coverage(connection, self.run.id)
        clients = [str(one) for one in render_stage.matrix(self.config)]
        verdict = gate_verdict.decide(self.run, problems, covered, self.config.gate, clients)
        detail = {
            name: value for name, value in msgspec.to_builtins(verdict).items() if name not in ("exit_code", "sentence")
        }
        with self.workspace.write() as connection:
            judgement.add_verdict(connection, self.run.id, evaluation, verdict.exit_code, verdict.sentence, detail)
        return verdict

    def report(self) -> tuple[ResultDocument, dict[str, Path]]:
        """Writes the report's files; returns the document and where they are."""
        self._stage("report")
        document = build(self.workspace, self.run)
        folder = self.workspace.reports / self.run.name
        files = write_all(document, folder, self.config.report, lambda digest: self.workspace.file(digest, ".png"))
        self.run = runs.note(self.workspace, self.run, stage="done")
        return document, files

    def change_gate(self, flags: dict[str, Any]) -> None:
        """Takes flags (`gate.fail_on` …) over the config's gate. Raises UsageError."""
        gate = {**self.config.gate.model_dump(), **{name.removeprefix("gate."): value for name, value in flags.items()}}
        self.config = self.config.model_copy(update={"gate": Source("command line", "{}").load(Gate, gate)})

    # In words

    def coverage_sentence(self) -> str:
        with self.workspace.read() as connection:
            return coverage_sentence(runs.coverage(connection, self.run.id))

    def fetched_anything(self) -> bool:
        with self.workspace.read() as connection:
            return runs.coverage(connection, self.run.id).fetched > 0

    def problems_sentence(self) -> str:
        with self.workspace.read() as connection:
            problems = judgement.problems_of(connection, judgement.latest(connection, self.run.id) or 0)
        counted = Counter(one.severity for one in problems)
        return f"{len(problems)} problems: " + (
            ", ".join(f"{count} {severity}" for severity, count in counted.items()) or "none"
        )

    # What the stages are given

    def render_settings(self) -> Any:
        return render_stage.settings_from(self.config, str(self.workspace.files), self._site_hosts(), TOKEN)

    def _crawl_settings(self) -> crawl_settings.CrawlSettings:
        return crawl_settings.settings_from(self.config, token=TOKEN)

    def _evaluate_settings(self) -> EvaluateSettings:
        expected = tuple(
            ExpectedTagFact(vendor, tag.ids, tag.page_types) for vendor, tag in self.config.expect.tags.items()
        )
        return EvaluateSettings(
            workspace=str(self.workspace.folder),
            run_id=self.run.id,
            site=SiteContext(
                hosts=self._site_hosts(),
                host_map=self.config.host_map,
                environment=self.config.environment,
                locale=self.config.market.locale,
                currency=self.config.market.currency,
                expected_tags=expected,
            ),
            clients=tuple(str(one) for one in render_stage.matrix(self.config)),
            drop=tuple(sorted(self._crawl_settings().drop)),
        )

    def _site_hosts(self) -> tuple[str, ...]:
        return tuple(self._crawl_settings().hosts)

    def _open_render_pool(self, entry: str, settings: bytes) -> Pool:
        size = self.config.render.workers or max(1, min(os.cpu_count() or 1, 8))
        deadline = self.render_settings().snapshot_timeout_ms / 1000 + self.config.render.timeout + 30
        return self._opened(ProcessPool(entry, settings, size, deadline_s=deadline, recycle_after=None, name="render"))

    def _open_evaluate_pool(self, entry: str, settings: bytes) -> Pool:
        size = max(1, min(os.cpu_count() or 1, 16))
        return self._opened(ProcessPool(entry, settings, size, deadline_s=300, recycle_after=200, name="evaluate"))

    def _opened(self, pool: Pool) -> Pool:
        # Judging what there is must still be possible after a stop; only gathering is cut.
        self._pools = [pool]
        return pool

    # Small things

    def _stage(self, name: str) -> None:
        self.run = runs.note(self.workspace, self.run, stage=name)
        self.watcher.stage(name)

    def _held_pages(self) -> bool:
        with self.workspace.read() as connection:
            return frontier.count(connection, self.run.id, "done") > 0

    def _links_from_rendered_pages(self) -> bool:
        """Takes links that exist only in rendered documents up into the frontier; whether any is to be fetched."""
        return admit_rendered(self.workspace, self.run.id, self._crawl_settings()) > 0

    @contextmanager
    def signals(self) -> Iterator[None]:
        """The first Ctrl-C or SIGTERM ends gathering and leads to the report; a second one ends at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            if self.stopped.is_set():
                raise KeyboardInterrupt
            self.stopped.set()
            if self.run.stage in ("crawl", "render", "preflight"):
                for pool in self._pools:
                    pool.stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def load_packs(config: Config) -> Packs:
    """The rules of a config, with what it expects of them checked. Raises UsageError."""
    known = vendors.load()
    for vendor, tag in config.expect.tags.items():
        if known.get(vendor) is None:
            raise UsageError(
                f"expect.tags: unknown vendor '{vendor}'", hint=f"Known: {', '.join(sorted(one.id for one in known))}"
            )
        for page_type in tag.page_types:
            if page_type not in set(PageType):
                raise UsageError(
                    f"expect.tags.{vendor}: unknown page type '{page_type}'", hint=f"Known: {', '.join(PageType)}"
                )
    return rule_packs.load(config.rules.packs, config.rules.only, config.rules.skip)


def refuse_unsafe(url: str) -> None:
    """Raises UsageError for a URL that would change the shop's state when fetched."""
    reason = platforms.load().unsafe(url)
    if reason:
        raise UsageError(f"this link {reason}; auditor never asks for such URLs", where=url)
