"""One audit: a config, a run in a workspace, and the stages over them in their order."""

from __future__ import annotations

import importlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from auditor import __version__
from auditor.config.config import Config
from auditor.config.keep import keep
from auditor.crawl import standby as crawl_processes
from auditor.crawl.unmatched import unmatched
from auditor.evaluate import basis, logic
from auditor.evaluate import stage as evaluate_stage
from auditor.gate.verdict import Verdict
from auditor.knowledge import rich_results, vocabulary
from auditor.model.errors import IncompleteError, UsageError
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import PageType
from auditor.pipeline import access, gating, lists, planned, preflight
from auditor.pipeline.preflight import load_packs
from auditor.pipeline.stages import Stages
from auditor.pipeline.stopping import alone, on_site, stop_signals
from auditor.pipeline.watching import Watcher
from auditor.render import stage as render_stage
from auditor.store import judgement, lessons, runs, snapshots
from auditor.store import prune as pruning
from auditor.store.workspace import Workspace
from auditor.workers import standby as workers
from auditor.workers.inline import InlinePool

if TYPE_CHECKING:
    from auditor.report.document import ResultDocument

_MAX_ROUNDS = 6  # of crawl and render in turn; pages that only scripts link to are rarely nested deeper
_OF_REPORTS = ("build", "console", "exports", "files", "html", "summary", "workspace", "json_file", "price_page")
_LAST = 15.0  # seconds for judging after a stop; container runtimes kill after 10 to 30


class Outcome(msgspec.Struct, kw_only=True):
    """How an audit ended: the run, its document, its verdict, and where the report's files are."""

    run: Run
    document: ResultDocument
    verdict: Verdict
    files: dict[str, Path]  # format -> path


class Audit(Stages):
    """One audit: a config, a run in a workspace, and the stages over them."""

    # Beginning

    @classmethod
    def begin(
        cls,
        config: Config,
        workspace: Workspace,
        watcher: Watcher | None = None,
        kind: str = "",
        *,
        unwritten: bool = False,
    ) -> Audit:
        """Checks config and packs together before the first request, and opens a run. Raises UsageError.

        `kind`: of the run, where it is not plain from the config: "recheck". `unwritten`: nobody wrote a config, which
        could name rules wrongly; our own are read while the shop answers.
        """
        packs = None if unwritten else load_packs(config)
        access.check(config)
        if config.catalogue:
            # most audits have none, and its readers take a third of a second to load
            from auditor.catalogue import stage as exports

            exports.check(config)
        gating.check(config, (rule.id for rule in packs.rules) if packs else ())
        config = lists.with_room(config)
        stored = json.dumps({"config": json.loads(config.public()), **access.stored(config), **lists.stored(config)})
        run = runs.begin(
            workspace,
            site=config.name,
            start_url=config.site.url,
            environment=config.environment,
            config=stored,
            version=__version__,
            kind=kind or ("page" if config.is_one_page else "site"),
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
            try:
                return self.judge()
            finally:
                self._wait_for_browsers()

    def judge(self) -> Outcome:
        """Evaluate, gate and report what the run holds. Of a stopped run only what can be done in seconds."""
        crawl_processes.end()  # nothing is asked for any more
        with self._soon_done():
            self.evaluate()
        with self.workspace.kept_open():
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
        """Preflight, one round of crawl, the shop's own search, and the links to other sites that it found."""
        with self._at_work(), self._gathering():
            if self.preflight():
                if self.crawl():
                    self._ask_planned()
                    self._ask_sources()
                self.ask_other_sites()

    def only_render(self) -> None:
        """Snapshots that the run lacks, and those that failed."""
        with self._at_work():
            runs.look_again(self.workspace, self.run)
            if self._open_shop():
                self.render()
                self.measure()
                self.ask_endpoints()
                self.look_twice()
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
        for number in range(_MAX_ROUNDS):
            if self.crawl(ahead=True) and not number:
                self._ask_planned()
            if self.stopped.is_set() or not self.render():
                break
        if (
            not self.stopped.is_set()
            and not self.run.stop_reason
            and (same := preflight.says_the_same(self.workspace, self.run))
        ):
            self.run = runs.note(self.workspace, self.run, stop_reason=same)
        self.measure()
        self.ask_endpoints()
        self.look_twice()
        self._ask_sources()
        for note in unmatched(self.workspace, self.run.id, self._crawl_settings()):
            self.watcher.note(note)
        if not self.stopped.is_set() and (lost := self._key.lost(self._crawl_settings(), self.stopped)):
            self.run = runs.note(self.workspace, self.run, stop_reason=lost)
        self.ask_other_sites()

    def _ask_planned(self) -> None:
        """Asks for what only the pages told: the shop's own search, whose results are looked at like any page, and wrong addresses."""
        settings = self._crawl_settings()
        if self.stopped.is_set() or not settings.probes or not planned.wanted(self.config.crawl):
            return
        told = self._evaluate_settings()
        evaluate_stage.describe(self.workspace, self.run, told, self._open_evaluate_pool)
        if note := planned.ask(self.workspace, self.run, told.site, settings, self.config.crawl, self.stopped):
            self.watcher.note(note)

    def _ask_sources(self) -> None:
        """Pages and sitemaps that led to what is gone are asked for once more: the shop may have taken the links out since."""
        settings, most = self._crawl_settings(), self.config.crawl.link_sources
        if not most or not settings.probes or self.stopped.is_set() or self.run.stop_reason:
            return
        if note := planned.ask_sources(self.workspace, self.run, settings, most, self.stopped):
            self.watcher.note(note)

    def _gather_page(self) -> None:
        """One page: browsers start while it is fetched, and its answer is judged as a first look would have been."""
        if not self._open_shop():
            return
        with self._warm_browsers():
            with self._page_fetched():
                with self.workspace.read() as connection:
                    reason = preflight.look_back(connection, self.run.id, self._crawl_settings())
                if reason and not self.stopped.is_set():
                    self.run = runs.note(self.workspace, self.run, stop_reason=reason)
                elif not self.stopped.is_set():
                    with self._described_meanwhile() as is_shown:
                        self.render(is_shown)
            if not reason:
                self.look_twice()

    @contextmanager
    def _described_meanwhile(self) -> Iterator[Callable[[int], bool]]:
        """While browsers have the page it is described here, and what judging and reporting need is read; gives what tells whether a page is one of the storefront. Raises what went wrong."""
        wrong: list[Exception] = []
        described = threading.Event()

        def work() -> None:
            self._browsers_asked.wait()
            try:
                settings = self._evaluate_settings()
                evaluate_stage.describe(self.workspace, self.run, settings, InlinePool)
                described.set()
                packs = self.packs
                logic.digests(packs.rules)
                rich_results.load()
                vocabulary.names()
            except Exception as error:
                wrong.append(error)
                return
            finally:
                described.set()
            basis.code_digest()
            importlib.import_module("auditor.facts.money").parse_amounts("1", "", self.config.market.currency)
            with suppress(Exception):  # what is wrong is told when it counts
                evaluate_stage.rehearse(self.workspace, self.run, settings, packs)
            for name in (*_OF_REPORTS, *self.config.report):
                with suppress(ModuleNotFoundError):  # a format is written by the module of its name, but not each
                    importlib.import_module(f"auditor.report.{name}")

        def is_shown(page_id: int) -> bool:
            self._browsers_asked.set()  # where there is none, nobody was
            described.wait()
            with self.workspace.read() as connection:
                (page,) = snapshots.by_ids(connection, [page_id])
            return page.page_type != "" and PageType(page.page_type).is_storefront

        reader = threading.Thread(target=work, daemon=True)
        reader.start()
        try:
            yield is_shown
        finally:
            self._browsers_asked.set()
            reader.join()
        if wrong:
            raise wrong[0]

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

    # Small things

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Nobody else works on the run or audits the site; the first Ctrl-C or SIGTERM ends gathering, a second one ends at once."""
        with (
            crawl_processes.kept(),  # one for all that is asked
            workers.kept(),
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
        if status is RunStatus.COMPLETE:
            with self.workspace.write() as connection:
                lessons.forget(connection, self.run.id)
        self.run = runs.note(self.workspace, self.run, status=status, ended_at=runs.now())


def _plain(error: IncompleteError) -> IncompleteError:
    """Where the database could not go on in a child process (disk full, locked, damaged) that is no bug: its sentence is enough."""
    trouble = re.search(r"^sqlite3\.(?:Operational|Database)Error: (.+)$", error.hint, re.MULTILINE)
    return IncompleteError(f"{error.what}: {trouble[1]}") if trouble else error


def _told(error: IncompleteError) -> str:
    """An error as one line; of a bug's traceback only its last."""
    last = error.hint.strip().splitlines()[-1:]
    return ". ".join([": ".join(filter(None, (error.where, error.what))), *last])
