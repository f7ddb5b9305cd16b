"""The stages of an audit, each by itself: what it needs before, and what it notes on the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from auditor import __version__
from auditor.checks import registry
from auditor.config.config import Config
from auditor.config.gate import MEASURED, Gate
from auditor.crawl import process as crawl_process
from auditor.crawl.probe import probe
from auditor.crawl.rendered import admit_rendered
from auditor.evaluate import doubts as doubting
from auditor.evaluate import stage as evaluate_stage
from auditor.evaluate.ahead import described_ahead
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import EvaluateSettings
from auditor.gate import verdict as gate_verdict
from auditor.gate.verdict import Verdict
from auditor.history.record import record
from auditor.model.errors import UsageError
from auditor.model.run import RunStatus
from auditor.model.urls import page_key
from auditor.model.words import FetchOutcome
from auditor.model.words import Outcome as CheckOutcome
from auditor.model.written import Source
from auditor.pipeline import access, gating, lists, preflight
from auditor.pipeline.given import Given
from auditor.render import second
from auditor.render import stage as render_stage
from auditor.render.task import RenderResult
from auditor.store import frontier, judgement, probes, runs, snapshots
from auditor.store.endpoints import endpoints_of

if TYPE_CHECKING:
    from auditor.report.document import ResultDocument
    from auditor.report.exports import Exports


def times_wanted(packs: Packs, config: Config) -> bool:
    """Whether a chosen rule or a budget looks at times."""
    checks = registry.load()
    judged = any("timing" in checks[rule.check].needs for rule in packs.rules)
    return judged or any(one.metric in MEASURED for one in config.gate.limits)


class Stages(Given):
    """Preflight, crawl, render, evaluate, gate and report of one run."""

    def preflight(self) -> bool:
        """Whether the shop can be reached and is a shop; where it is not, the run says why and goes on to its report."""
        self._stage("preflight")
        for lack in render_stage.missing(self.config).values():
            self.watcher.note(lack)
        if not self._open_shop():
            return False
        self.read_catalogue()
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

    def read_catalogue(self) -> None:
        """Reads the exports and feeds that the run has not read yet, and has the addresses of their products wait in the frontier."""
        if not self.config.catalogue:
            return
        from auditor.catalogue import stage as catalogue_stage

        settings = self._crawl_settings()
        way = catalogue_stage.Way(
            session=settings.session,
            user_agent=settings.user_agent,
            timeout=settings.timeout,
            drop=settings.drop,
            host_map=settings.host_map,
        )
        try:
            for note in catalogue_stage.read(self.workspace, self.run, self.config, way, self.stopped):
                self.watcher.note(note)
        except UsageError as error:  # columns that are not there are known only now
            self.run = runs.note(
                self.workspace, self.run, status=RunStatus.INCOMPLETE, stop_reason=str(error), ended_at=runs.now()
            )
            raise
        if self.run.kind == "site" and settings.follow_links:
            lists.take_up_links(self.workspace, self.run, settings)

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
        # cryptography, where a shop can be reached, is for the crawl process alone
        from auditor.crawl import certificate

        parts = urlsplit(url)
        told = certificate.read(
            parts.hostname or "", parts.port or 443, resolve=self.config.resolve, session=self._crawl_settings().session
        )
        with self.workspace.write() as connection:
            probes.put_certificate(connection, self.run.id, told)

    def crawl(self, *, ahead: bool = False) -> bool:
        """One round of crawl: everything that waits in the frontier. `ahead`: pages are described meanwhile. Whether more may be asked."""
        self._begin_crawl()
        with self._described_ahead() if ahead else nullcontext():
            result = crawl_process.crawl_round(
                self.workspace.folder, self.run.id, self._round_settings(), on_progress=self._tell, stop=self.stopped
            )
        self.watcher.note(result.text)
        return self._end_crawl(result)

    def _begin_crawl(self) -> None:
        self._stage("crawl")
        if not self._took_lists:
            for note in lists.take_up(self.workspace, self.run, self.config, self._crawl_settings()):
                self.watcher.note(note)
        self._took_lists = True

    def _tell(self, now: crawl_process.Progress) -> None:
        self.watcher.progress(now.fetched, now.fetched + now.waiting, now.note)

    def _end_crawl(self, result: crawl_process.RoundResult) -> bool:
        self._crawled += result.seconds
        if result.reason not in ("finished", "page_limit", "byte_limit", "stopped") and not self.run.stop_reason:
            self.run = runs.note(self.workspace, self.run, stop_reason=result.text)
        if not self.run.stop_reason and (before := preflight.stands_before(self.workspace, self.run)):
            self.run = runs.note(self.workspace, self.run, stop_reason=before)
        return result.reason in ("finished", "page_limit")

    @contextmanager
    def _page_fetched(self) -> Iterator[None]:
        """Begins when the page of a run of one page is stored. What is asked for beside it, its icon or the host's other names, comes meanwhile."""
        self._begin_crawl()
        given, came = (self.workspace.folder, self.run.id, self._round_settings()), threading.Event()

        def progress(now: crawl_process.Progress) -> None:
            if not came.is_set():  # from then on another stage tells of its own
                self._tell(now)

        with ThreadPoolExecutor(1) as beside:
            fetching = beside.submit(
                crawl_process.crawl_round, *given, on_progress=progress, on_pages=came.set, stop=self.stopped
            )
            fetching.add_done_callback(lambda _: came.set())
            came.wait()
            if fetching.done():
                fetching.result()  # raises what broke before the page came
            yield
            self._end_crawl(fetching.result())

    @contextmanager
    def _described_ahead(self) -> Iterator[None]:
        """Pages are described as they come, once the start pages told which hosts are the site's."""
        taken: list[EvaluateSettings] = []

        def settings() -> EvaluateSettings | None:
            with self.workspace.read() as connection:
                started = frontier.started(connection, self.run.id)
            if any(one.response is None or one.response.outcome is not FetchOutcome.OK for one in started):
                return None
            taken[:] = [self._evaluate_settings()]
            return taken[0]

        with described_ahead(self.workspace, self.run, settings, self._open_pool_beside):
            yield
        if taken and taken[0].site.hosts != self._site_hosts():
            with self.workspace.write() as connection:
                snapshots.forget_described(connection, self.run.id)

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

    def render(self, is_shown: Callable[[int], bool] | None = None) -> int:
        """Opens the sample of pages in every browser and on every device of the matrix.

        Returns how many addresses wait that only rendered pages link to. With `is_shown`, which tells of a page's id whether
        it is one of the storefront, pages are described by others meanwhile.
        """
        if is_shown is None:
            evaluate_stage.describe(self.workspace, self.run, self._evaluate_settings(), self._open_evaluate_pool)
        if not self.config.render.browsers or self.stopped.is_set():
            return 0
        self._stage("render")

        def report(done: int, total: int, taken: RenderResult) -> None:
            self.watcher.progress(done, total, f"{taken.key.client} {taken.url}")

        render_stage.render(
            self.workspace,
            self.run,
            self.config,
            self._render_settings(),
            self._open_render_pool,
            report,
            is_shown,
            self._manners,
        )
        return 0 if self.stopped.is_set() else admit_rendered(self.workspace, self.run.id, self._crawl_settings())

    def measure(self) -> None:
        """Loads pages again for their times alone, one after the other, where a rule or a budget asks for times."""
        if self.stopped.is_set() or not self.config.render.browsers or not times_wanted(self.packs, self.config):
            return

        def report(done: int, total: int, taken: RenderResult) -> None:
            self.watcher.progress(done, total, f"times of {taken.key.client} {taken.url}")

        render_stage.measure(
            self.workspace, self.run, self.config, self._render_settings(), self._open_render_pool, report
        )

    def ask_endpoints(self) -> None:
        """What the platform's public addresses say of the prices of products that browsers opened; each is asked for once."""
        most = self.config.crawl.price_endpoints
        if self.stopped.is_set() or not most:
            return
        with self.workspace.read() as connection:
            wanted = endpoints_of(connection, self.run.id, most)
        if not wanted:
            return
        trouble = crawl_process.ask_endpoints(
            self.workspace.folder, self.run.id, self._crawl_settings(), wanted, stop=self.stopped
        )
        if trouble:
            self.watcher.note(f"not every price was asked for at the platform's own address: {trouble}")

    def look_twice(self) -> None:
        """Pages where prices, stock or headings differ are opened once more, so that what changed while we looked is not reported as a fault.

        Where no browser is used they are fetched once more.
        """
        most = self.config.render.second_looks
        if self.stopped.is_set() or not most or not (self.config.render.browsers or self.config.catalogue):
            return
        doubted, left_out = doubting.doubts(
            self.workspace, self.run, self._evaluate_settings(), self.packs, self._open_evaluate_pool, most
        )
        if not doubted or self.stopped.is_set():
            return

        def report(done: int, total: int, taken: RenderResult) -> None:
            self.watcher.progress(done, total, f"second look, {taken.key.client} {taken.url}")

        if self.config.render.browsers:
            second.look_again(
                self.workspace,
                self.run,
                self.config,
                self._render_settings(),
                doubted,
                self._open_render_pool,
                report,
                self._manners,
            )
        else:
            self._fetch_twice([one.url for one in doubted])
        if left_out:
            self.watcher.note(
                f"{left_out:,} more pages raise doubts (prices, stock, headings) than were looked at twice (render.second_looks: {most})"
            )

    def _fetch_twice(self, urls: list[str]) -> None:
        with self.workspace.read() as connection:
            left = tuple(url for url in urls if probes.second(connection, self.run.id, url) is None)
        if not left:
            return
        trouble = crawl_process.look_again(
            self.workspace.folder, self.run.id, self._crawl_settings(), left, stop=self.stopped
        )
        if trouble:
            self.watcher.note(f"not every page that raised a doubt was fetched once more: {trouble}")

    def evaluate(self, *, anew: bool = False) -> int:
        """Judges the run, without browser or network; returns the evaluation's id. `anew`: takes nothing over from the night before."""
        self._stage("evaluate")
        settings = self._evaluate_settings()
        with self.workspace.kept_open():
            evaluate_stage.describe(self.workspace, self.run, settings, self._open_evaluate_pool)
            evaluation = evaluate_stage.evaluate(
                self.workspace,
                self.run,
                settings,
                self.packs,
                __version__,
                self._open_evaluate_pool,
                lambda done, total: self.watcher.progress(done, total),
                anew=anew or not self.config.crawl.incremental,
            )
        with self.workspace.read() as connection:
            if same := judgement.unchanged(connection, evaluation):
                told = "1 page is" if same == 1 else f"{same:,} pages are"
                self.watcher.note(f"{told} as in the run before: only what else bears on them was judged anew")
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
        from auditor.report import workspace as workspace_page
        from auditor.report.build import Stored, build
        from auditor.report.files import write_all

        self._stage("report")
        folder = self.workspace.reports / self.run.name
        exports = self._write_exports(folder)
        document = build(self.workspace, self.run, exports)
        everything = Stored(self.workspace, self.run, exports)
        files = write_all(
            document, folder, self.config.report, lambda digest: self.workspace.file(digest, ".png"), everything
        )
        self.run = runs.note(self.workspace, self.run, stage="done")
        if "html" in files:
            workspace_page.write(self.workspace)
        return document, files

    def _write_exports(self, folder: Path) -> Exports:
        """The lists of what exports and the shop say otherwise. Of a stopped run they wait until it was judged."""
        from auditor.report.exports import Exports, write

        with self.workspace.read() as connection:
            judged = judgement.latest(connection, self.run.id) is not None
        if not judged:
            return Exports()
        settings = self._evaluate_settings()
        return write(self.workspace, self.run, settings.site, settings.drop, folder, csv="csv" in self.config.report)

    def change_gate(self, flags: dict[str, Any]) -> None:
        """Takes flags (`gate.fail_on` …) over the config's gate. Raises UsageError."""
        gate = {**self.config.gate.model_dump(), **{name.removeprefix("gate."): value for name, value in flags.items()}}
        source = Source("command line", "{}")
        for name in flags:
            source.said_by_flag(name.removeprefix("gate."))
        self.config = self.config.model_copy(update={"gate": source.load(Gate, gate)})

    # Small things

    def _stage(self, name: str) -> None:
        self.run = runs.note(self.workspace, self.run, stage=name)
        self.watcher.stage(name)

    def _held_pages(self) -> bool:
        with self.workspace.read() as connection:
            return frontier.count(connection, self.run.id, "done") > 0
