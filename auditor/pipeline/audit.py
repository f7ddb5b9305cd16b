"""One audit: a config, a run in a workspace, and the stages over them in their order."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from auditor import __version__
from auditor.config.config import Config
from auditor.config.gate import Gate
from auditor.config.keep import keep
from auditor.crawl import certificate
from auditor.crawl import process as crawl_process
from auditor.crawl import settings as crawl_settings
from auditor.crawl.probe import probe
from auditor.crawl.rendered import admit_rendered
from auditor.crawl.unmatched import unmatched
from auditor.evaluate import stage as evaluate_stage
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import ExpectedTagFact, SiteContext
from auditor.gate import verdict as gate_verdict
from auditor.gate.verdict import Verdict
from auditor.history.record import record
from auditor.model.errors import IncompleteError, UsageError
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.urls import page_key
from auditor.model.words import Outcome as CheckOutcome
from auditor.model.written import Source
from auditor.pipeline import access, gating, lists, preflight
from auditor.pipeline.preflight import load_packs
from auditor.pipeline.stopping import alone, on_site, stop_signals
from auditor.pipeline.watching import Nobody, Watcher
from auditor.render import stage as render_stage
from auditor.render.task import RenderResult, RenderSettings
from auditor.report import workspace as workspace_page
from auditor.report.build import Stored, build
from auditor.report.document import ResultDocument
from auditor.report.files import write_all
from auditor.store import frontier, judgement, probes, runs
from auditor.store import prune as pruning
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from auditor.workers.pool import Pool
from auditor.workers.processes import ProcessPool

TOKEN = f"auditor/{__version__}"
_MAX_ROUNDS = 6  # of crawl and render in turn; pages that only scripts link to are rarely nested deeper
_LAST = 15.0  # seconds for judging after a stop; container runtimes kill after 10 to 30
_GATHERING = ("preflight", "crawl", "render", "links")


def token(config: Config) -> str:
    """What ends the user agent of every client: who we are, and where to ask."""
    contact = config.crawl.contact
    return f"{TOKEN} (+{contact})" if contact else TOKEN


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
        self._pool: Pool | None = None  # the last one opened
        self._warm: ProcessPool | None = None  # started before its stage
        self._crawled = 0.0  # seconds spent in rounds of crawl
        self._key = access.Key(workspace, run)
        self._took_lists = False
        self._received = 0  # bytes in rounds of crawl
        self.wait = 0.0  # seconds, for another audit of the site to end

    # Beginning

    @classmethod
    def begin(cls, config: Config, workspace: Workspace, watcher: Watcher | None = None, kind: str = "") -> Audit:
        """Checks config and packs together before the first request, and opens a run. Raises UsageError.

        `kind`: of the run, where it is not plain from the config: "recheck".
        """
        packs = load_packs(config)
        access.check(config)
        gating.check(config, (rule.id for rule in packs.rules))
        config = lists.with_room(config)
        stored = json.dumps({"config": json.loads(config.public()), **access.stored(config), **lists.stored(config)})
        run = runs.begin(
            workspace,
            site=config.name,
            start_url=config.site.url,
            environment=config.environment,
            config=stored,
            version=__version__,
            kind=kind or ("page" if _is_one_page(config) else "site"),
        )
        return cls(config, workspace, run, packs, watcher)

    @classmethod
    def reopen(
        cls, workspace: Workspace, name: str = "", config: Config | None = None, watcher: Watcher | None = None
    ) -> Audit:
        """A stored run with the config it began with, or `config`. Raises UsageError where secrets are needed and not given."""
        run = runs.find(workspace, name)
        if config is None:
            try:
                config = Config.model_validate(json.loads(run.config)["config"])
            except ValueError:
                raise UsageError(
                    f"run '{run.name}' began with a config that this version does not read",
                    hint="Give its config again with --config FILE.",
                ) from None
        access.check(config)
        return cls(config, workspace, run, load_packs(config), watcher)

    @property
    def needs_access(self) -> bool:
        """The run began with secrets, which are never stored, and this config has none."""
        return bool(json.loads(self.run.config).get("access")) and not self.config.access.secret

    # The whole way

    def go(self) -> Outcome:
        """From where the run is to its report. Ends early, with a report of what there is, when stopped."""
        with self._at_work():
            with self._gathering():
                if self._one_page:
                    self._gather_page()
                elif self.preflight():
                    self._gather()
            return self.judge()

    def judge(self) -> Outcome:
        """Evaluate, gate and report what the run holds. Of a stopped run only what can be done in seconds."""
        with self._soon_done():
            self.evaluate()
        verdict = self.gate()
        document, files = self.report()
        self._prune()
        return Outcome(run=self.run, document=document, verdict=verdict, files=files)

    @contextmanager
    def _soon_done(self) -> Iterator[None]:
        """Who was told to stop may be killed soon: judging that takes longer is cut, and can be done later."""
        if not self.stopped.is_set():
            yield
            return

        def cut() -> None:
            if self._pool is not None:
                self._pool.stop()

        timer = threading.Timer(_LAST, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except IncompleteError as error:
            hint = (
                f"Go on with: auditor resume {self.run.name}, or judge what there is: auditor evaluate {self.run.name}"
            )
            raise IncompleteError(error.what, hint=hint) from None
        finally:
            timer.cancel()

    def _prune(self) -> None:
        """Old runs of this site go where the config says how long they stay. What fails here costs no verdict."""
        if not self.config.keep:
            return
        going = [
            run
            for run in pruning.doomed(self.workspace, keep(self.config.keep), self.run.site, mine=True)
            if run.environment == self.run.environment and run.id != self.run.id
        ]
        if going:
            done = pruning.prune(self.workspace, going)
            self.watcher.note(f"{len(done.runs)} old runs taken out (keep: {self.config.keep})")

    def only_crawl(self) -> None:
        """Preflight, one round of crawl, and the links to other sites that it found."""
        with self._at_work(), self._gathering():
            if self.preflight():
                self.crawl()
                self.ask_other_sites()

    def only_render(self) -> None:
        """Snapshots that the run lacks, and those that failed."""
        with self._at_work():
            runs.look_again(self.workspace, self.run)
            if self._open_shop():
                self.render()
                self.measure()
            if self.stopped.is_set():
                self.run = runs.note(self.workspace, self.run, status=RunStatus.INTERRUPTED)

    def look_again(self) -> None:
        """Pages that the config names, in its browsers, judged by its rules; without gate and report."""
        with self._at_work():
            with self._gathering():
                if self.preflight():
                    self._gather()
            self.evaluate()
            self.run = runs.note(self.workspace, self.run, stage="done")

    def _gather(self) -> None:
        """Crawl and render in turn until neither brings anything new, then links to other sites."""
        for _ in range(_MAX_ROUNDS):
            self.crawl()
            if self.stopped.is_set() or not self.render():
                break
        self.measure()
        for note in unmatched(self.workspace, self.run.id, self._crawl_settings()):
            self.watcher.note(note)
        if not self.stopped.is_set() and (lost := self._key.lost(self._crawl_settings(), self.stopped)):
            self.run = runs.note(self.workspace, self.run, stop_reason=lost)
        self.ask_other_sites()

    def _gather_page(self) -> None:
        """One page: browsers start while it is fetched, and its answer is judged as a first look would have been."""
        if not self._open_shop():
            return
        with self._warm_browsers():
            self.crawl()
            with self.workspace.read() as connection:
                reason = preflight.look_back(connection, self.run.id, self._crawl_settings())
            if reason and not self.stopped.is_set():
                self.run = runs.note(self.workspace, self.run, stop_reason=reason)
            elif not self.stopped.is_set():
                self.render()

    # Stages

    def preflight(self) -> bool:
        """Whether the shop can be reached and is a shop; where it is not, the run says why and goes on to its report."""
        self._stage("preflight")
        for lack in render_stage.missing(self.config).values():
            self.watcher.note(lack)
        if not self._open_shop():
            return False
        if self._held_pages():
            return True
        looked = probe(self._crawl_settings(), stop=self.stopped)
        for note in looked.notes:
            self.watcher.note(note)
        if reason := preflight.fatal(looked):
            self.run = runs.note(self.workspace, self.run, stop_reason=reason)
            key = page_key(looked.response.url, self.config.host_map)
            frontier.save_alone(self.workspace, self.run.id, looked.response, key)
            if (robots := looked.robots) is not None:
                key = page_key(robots.url, self.config.host_map)
                frontier.save_alone(self.workspace, self.run.id, robots, key, kind="robots", body=looked.robots_body)
            if looked.verdict == "tls":
                self._keep_certificate(looked.response.final_url)
        return not reason and not self.stopped.is_set()

    def _open_shop(self) -> bool:
        """Opens a shop that is closed and looks whether a login holds; where that fails the run says why."""
        for warning in access.warnings(self.config):
            self.watcher.note(warning)
        reason = self._key.turn(self._crawl_settings(), self.stopped)
        if reason:
            self.run = runs.note(self.workspace, self.run, stop_reason=reason)
        return not reason and not self.stopped.is_set()

    def _keep_certificate(self, url: str) -> None:
        """The certificate that kept the crawl from beginning: it may have run out."""
        parts = urlsplit(url)
        told = certificate.read(
            parts.hostname or "", parts.port or 443, resolve=self.config.resolve, session=self._crawl_settings().session
        )
        with self.workspace.write() as connection:
            probes.put_certificate(connection, self.run.id, told)

    def crawl(self) -> None:
        """One round of crawl: everything that waits in the frontier."""
        self._stage("crawl")
        if not self._took_lists:
            for note in lists.take_up(self.workspace, self.run, self.config, self._crawl_settings()):
                self.watcher.note(note)
        self._took_lists = True

        def progress(now: crawl_process.Progress) -> None:
            self.watcher.progress(now.fetched, now.fetched + now.waiting, now.note)

        result = crawl_process.crawl_round(
            self.workspace.folder, self.run.id, self._round_settings(), on_progress=progress, stop=self.stopped
        )
        self._crawled += result.seconds
        self._received += result.received
        if result.reason not in ("finished", "page_limit", "byte_limit", "stopped"):
            self.run = runs.note(self.workspace, self.run, stop_reason=result.text)
        self.watcher.note(result.text)

    def ask_other_sites(self) -> None:
        """Asks once for each link to another site that the pages fetched so far hold."""
        settings = self._crawl_settings()
        if self.stopped.is_set() or not settings.external_links:
            return
        self._stage("links")
        asked = crawl_process.ask_other_sites(
            self.workspace.folder, self.run.id, settings, on_progress=self.watcher.progress, stop=self.stopped
        )
        self.watcher.note(asked.text)

    def render(self) -> int:
        """Opens the sample of pages in every browser and on every device of the matrix.

        Returns how many addresses wait that only rendered pages link to.
        """
        evaluate_stage.describe(self.workspace, self.run, self._evaluate_settings(), self._open_evaluate_pool)
        if not self.config.render.browsers or self.stopped.is_set():
            return 0
        self._stage("render")

        def report(done: int, total: int, taken: RenderResult) -> None:
            self.watcher.progress(done, total, f"{taken.key.client} {taken.url}")

        render_stage.render(
            self.workspace, self.run, self.config, self._render_settings(), self._open_render_pool, report
        )
        return 0 if self.stopped.is_set() else admit_rendered(self.workspace, self.run.id, self._crawl_settings())

    def measure(self) -> None:
        """Loads pages again for their times alone, one after the other."""
        if self.stopped.is_set() or not self.config.render.browsers:
            return

        def report(done: int, total: int, taken: RenderResult) -> None:
            self.watcher.progress(done, total, f"times of {taken.key.client} {taken.url}")

        render_stage.measure(
            self.workspace, self.run, self.config, self._render_settings(), self._open_render_pool, report
        )

    def evaluate(self) -> int:
        """Judges the run again, without browser or network; returns the evaluation's id."""
        self._stage("evaluate")
        settings = self._evaluate_settings()
        evaluate_stage.describe(self.workspace, self.run, settings, self._open_evaluate_pool)
        evaluation = evaluate_stage.evaluate(
            self.workspace,
            self.run,
            settings,
            self.packs,
            __version__,
            self._open_evaluate_pool,
            lambda done, total: self.watcher.progress(done, total),
        )
        record(self.workspace, self.run, evaluation, settings.drop)
        return evaluation

    def gate(self) -> Verdict:
        """Decides, keeps and returns the verdict on the last evaluation. Raises UsageError where there is none."""
        with self.workspace.read() as connection:
            evaluation = judgement.latest(connection, self.run.id)
            if evaluation is None:
                raise UsageError(
                    f"run '{self.run.name}' was not evaluated yet", hint=f"auditor evaluate {self.run.name}"
                )
            problems = judgement.problems_of(connection, evaluation)
            judged = any(
                one.outcome is not CheckOutcome.CANT_TELL for one in judgement.tallies_of(connection, evaluation)
            )
            covered = runs.coverage(connection, self.run.id)
            against = gating.against(connection, self.workspace, self.config, self.run, evaluation, problems, covered)
        clients = [str(one) for one in render_stage.matrix(self.config)]
        verdict = gate_verdict.decide(
            self.run, problems, covered, self.config.gate, clients, judged=judged, against=against
        )
        detail = {
            name: value for name, value in msgspec.to_builtins(verdict).items() if name not in ("exit_code", "sentence")
        }
        with self.workspace.write() as connection:
            judgement.add_verdict(connection, self.run.id, evaluation, verdict.exit_code, verdict.sentence, detail)
        return verdict

    def accept(self, path: Path) -> tuple[int, int, int]:
        """Writes the baseline of what the run found: (problems in it, new, gone). Raises UsageError."""
        with self.workspace.read() as connection:
            evaluation = judgement.latest(connection, self.run.id)
            if evaluation is None:
                raise UsageError(
                    f"run '{self.run.name}' was not evaluated yet", hint=f"auditor evaluate {self.run.name}"
                )
            problems = judgement.problems_of(connection, evaluation)
            covered = runs.coverage(connection, self.run.id)
            held = gating.against(connection, self.workspace, self.config, self.run, evaluation, problems, covered)
            return gating.accept(connection, path, evaluation, problems, held.measures)

    def report(self) -> tuple[ResultDocument, dict[str, Path]]:
        """Writes the report's files; returns the document and where they are."""
        self._stage("report")
        document = build(self.workspace, self.run)
        folder = self.workspace.reports / self.run.name
        everything = Stored(self.workspace, self.run)
        files = write_all(
            document, folder, self.config.report, lambda digest: self.workspace.file(digest, ".png"), everything
        )
        self.run = runs.note(self.workspace, self.run, stage="done")
        if "html" in files:
            workspace_page.write(self.workspace)
        return document, files

    def change_gate(self, flags: dict[str, Any]) -> None:
        """Takes flags (`gate.fail_on` …) over the config's gate. Raises UsageError."""
        gate = {**self.config.gate.model_dump(), **{name.removeprefix("gate."): value for name, value in flags.items()}}
        self.config = self.config.model_copy(update={"gate": Source("command line", "{}").load(Gate, gate)})

    # In words

    def coverage(self) -> Coverage:
        with self.workspace.read() as connection:
            return runs.coverage(connection, self.run.id)

    def unseen(self) -> list[str]:
        """Clients of the matrix that saw no page, and why."""
        covered = self.coverage()
        lacking = [str(one) for one in render_stage.matrix(self.config) if not covered.rendered.get(str(one))]
        told = [text for text in covered.render_failed if text.partition(": ")[0] in lacking]
        return told or [f"{client}: no page was opened in it" for client in lacking]

    def problems_sentence(self) -> str:
        with self.workspace.read() as connection:
            problems = judgement.problems_of(connection, judgement.latest(connection, self.run.id) or 0)
        counted = Counter(one.severity for one in problems)
        return f"{len(problems)} problems: " + (
            ", ".join(f"{count} {severity}" for severity, count in counted.items()) or "none"
        )

    # What the stages are given

    def _render_settings(self) -> RenderSettings:
        files = str(self.workspace.files)
        settings = render_stage.settings_from(
            self.config, files, self._site_hosts(), token(self.config), self._key.cookies
        )
        return (
            msgspec.structs.replace(settings, warm=str(self.config.render.browsers[0])) if self._one_page else settings
        )

    def _crawl_settings(self) -> crawl_settings.CrawlSettings:
        settings = crawl_settings.settings_from(self.config, token=token(self.config), cookies=self._key.cookies)
        return msgspec.structs.replace(settings, hosts=(*settings.hosts, *lists.old_hosts(self.run, settings)))

    def _round_settings(self) -> crawl_settings.CrawlSettings:
        """The limits of time and bytes are the run's: later rounds get what is left of them."""
        settings = self._crawl_settings()
        if settings.max_bytes is not None:
            settings = msgspec.structs.replace(settings, max_bytes=max(0, settings.max_bytes - self._received))
        if settings.max_time is None:
            return settings
        return msgspec.structs.replace(settings, max_time=max(1.0, settings.max_time - self._crawled))

    def _evaluate_settings(self) -> EvaluateSettings:
        expected = tuple(
            ExpectedTagFact(
                vendor,
                tag.ids,
                tag.page_types,
                {str(kind): events for kind, events in tag.events.items()},
                tag.parameters,
            )
            for vendor, tag in self.config.expect.tags.items()
        )
        return EvaluateSettings(
            workspace=str(self.workspace.folder),
            run_id=self.run.id,
            site=SiteContext(
                hosts=self._site_hosts(),
                host_map=self.config.host_map,
                environment=self.config.environment,
                protected=bool(json.loads(self.run.config).get("protected")) or self.config.access.closed,
                locale=self.config.market.locale,
                currency=self.config.market.currency,
                tax=self.config.market.tax,
                country=self.config.market.country,
                expected_tags=expected,
                answers=self.config.consent,
                allowed_vendors=self.config.expect.vendors,
                allowed_hosts={str(kind): hosts for kind, hosts in self.config.expect.hosts.items()},
                old_addresses=lists.old_addresses(self.run),
                budgets=self.config.gate.times,
            ),
            clients=tuple(str(one) for one in render_stage.matrix(self.config)),
            drop=tuple(sorted(self._crawl_settings().drop)),
        )

    def _site_hosts(self) -> tuple[str, ...]:
        """Those of the start URL, and the www twin where it redirected there."""
        settings = self._crawl_settings()
        old = lists.old_hosts(self.run, settings)
        return tuple(
            host for host in crawl_process.site_hosts(self.workspace, self.run.id, settings) if host not in old
        )

    def _open_render_pool(self, entry: str, settings: bytes) -> Pool:
        if self._warm is not None:
            pool, self._warm = self._warm, None
            return pool
        return self._opened(self._render_pool(entry, settings))

    def _render_pool(self, entry: str, settings: bytes) -> ProcessPool:
        size = self.config.render.workers or max(1, min(os.cpu_count() or 1, 8))
        deadline = self._render_settings().snapshot_timeout_ms / 1000 + self.config.render.timeout + 30
        return ProcessPool(entry, settings, size, deadline_s=deadline, recycle_after=None, name="render")

    @contextmanager
    def _warm_browsers(self) -> Iterator[None]:
        clients = render_stage.matrix(self.config)
        if clients:
            settings = msgspec.msgpack.encode(self._render_settings())
            self._warm = self._render_pool(render_stage.ENTRY, settings)
            self._opened(self._warm)
            self._warm.warm(len(clients))
        try:
            yield
        finally:
            if self._warm is not None:
                self._warm.close()
                self._warm = None

    def _open_evaluate_pool(self, entry: str, settings: bytes) -> Pool:
        if self._one_page:
            return self._opened(InlinePool(entry, settings))
        size = max(1, min(os.cpu_count() or 1, 16))
        return self._opened(ProcessPool(entry, settings, size, deadline_s=300, recycle_after=200, name="evaluate"))

    def _opened(self, pool: Pool) -> Pool:
        self._pool = pool
        if self.stopped.is_set():  # the signal may have come before there was a pool to stop
            self._cut()
        return pool

    # Small things

    @property
    def _one_page(self) -> bool:
        return self.run.kind != "recheck" and _is_one_page(self.config)

    def _stage(self, name: str) -> None:
        self.run = runs.note(self.workspace, self.run, stage=name)
        self.watcher.stage(name)

    def _held_pages(self) -> bool:
        with self.workspace.read() as connection:
            return frontier.count(connection, self.run.id, "done") > 0

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Nobody else works on the run or audits the site; the first Ctrl-C or SIGTERM ends gathering, a second one ends at once."""
        with (
            alone(self.workspace.reports / self.run.name, self.run),
            stop_signals(self.stopped, self._cut),
            on_site(self.workspace, self.run, self.wait, self.stopped, self.watcher.note, self._taken),
        ):
            yield

    def _taken(self) -> None:
        """Another audit took the site's lease: this machine slept, or was stopped for long."""
        self.watcher.note("another audit of this site took over; this one ends")
        self.stopped.set()
        self._cut()

    @contextmanager
    def _gathering(self) -> Iterator[None]:
        """Begins or goes on, and notes how it ended. What could not be completed ends here: the rest is still judged."""
        self.run = runs.again(self.workspace, self.run)
        runs.look_again(self.workspace, self.run)
        try:
            yield
        except IncompleteError as error:
            if not self.stopped.is_set():
                error = _plain(error)
                self.watcher.note(str(error))
                self.run = runs.note(self.workspace, self.run, stop_reason=_told(error))
        status = RunStatus.INCOMPLETE if self.run.stop_reason else RunStatus.COMPLETE
        if self.stopped.is_set():
            status = RunStatus.INTERRUPTED
        self.run = runs.note(self.workspace, self.run, status=status, ended_at=runs.now())

    def _cut(self) -> None:
        # Judging what there is must still be possible after a stop; only gathering is cut.
        if self._pool is not None and self.run.stage in _GATHERING:
            self._pool.stop()


def _is_one_page(config: Config) -> bool:
    return config.crawl.max_pages == 1 and not config.crawl.follow_links


def _plain(error: IncompleteError) -> IncompleteError:
    """Where the database could not go on in a child process (disk full, locked, damaged) that is no bug: its sentence is enough."""
    trouble = re.search(r"^sqlite3\.(?:Operational|Database)Error: (.+)$", error.hint, re.MULTILINE)
    return IncompleteError(f"{error.what}: {trouble[1]}") if trouble else error


def _told(error: IncompleteError) -> str:
    """An error as one line; of a bug's traceback only its last."""
    last = error.hint.strip().splitlines()[-1:]
    return ". ".join([": ".join(filter(None, (error.where, error.what))), *last])
