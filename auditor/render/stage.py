"""The render stage: chooses pages, has workers visit them with each client, and keeps the snapshots."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection

import msgspec

from auditor.config.config import Config
from auditor.config.session import Cookie, session_of
from auditor.evidence.bundle import KINDS, Bundle
from auditor.evidence.crossings import Crossings
from auditor.evidence.dialogs import NOT_ALONE, ONE_A_TEMPLATE, Dialogs
from auditor.evidence.focus import Focus
from auditor.evidence.moving import NOT_ALONE as NOT_WATCHED
from auditor.evidence.moving import ONE_A_TEMPLATE as WATCHED_ONCE
from auditor.evidence.moving import Moving
from auditor.evidence.reflow import Reflow
from auditor.evidence.timing import Timing
from auditor.evidence.typed import Typed
from auditor.model.query import CONTROLS
from auditor.model.run import Run
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.urls import absolute, host, page_key
from auditor.model.words import BrowserName, FetchOutcome
from auditor.render import ENTRY, asking, browsers, consent_states
from auditor.render import measure as measuring
from auditor.render.candidates import before, candidates
from auditor.render.manners import Manners
from auditor.render.select import Candidate, one_of_each, originals, sample
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.store import snapshots
from auditor.store.runs import now
from auditor.store.workspace import Workspace
from auditor.workers.pool import Pool, Task

COLLECTORS = frozenset(KINDS) - {"visit", "timing"}
_FIRST_ONLY = "tried with the first client only"
_ELSEWHERE = "tried with one client of the matrix only"
_NO_KEYBOARD = "tried in Chromium on a device with a keyboard, which the config does not name"
_NOT_MEASURED = "not among the loads that were measured"

OpenPool = Callable[[str, bytes], Pool]
Wanted = tuple[Candidate, Client, State]
Report = Callable[[int, int, RenderResult], None]  # snapshots done, in all, the one just done


def matrix(config: Config) -> list[Client]:
    """Browsers × devices in the config's order; the first is the one `on: best` looks at."""
    return [Client(browser, device) for browser in config.render.browsers for device in config.render.devices]


def with_keyboard(config: Config) -> Client | None:
    """The client that walks through pages with Tab."""
    able = (one for one in matrix(config) if one.browser == BrowserName.CHROMIUM)
    return next((one for one in able if not config.render.device(one.device).touch), None)


def settings_from(
    config: Config, files: str, site_hosts: tuple[str, ...], token: str, cookies: tuple[Cookie, ...] = ()
) -> RenderSettings:
    """The browsers' part of a config; `cookies` came of opening the shop."""
    return RenderSettings(
        files=files,
        site_hosts=site_hosts,
        executables={str(name): path for name, path in config.render.executables.items()},
        locale=config.market.locale or "en-US",
        timezone=config.market.timezone,
        token=token,
        deliver_beacons=config.render.deliver_beacons,
        collectors=tuple((vendor, url) for vendor, tag in config.expect.tags.items() for url in tag.endpoints),
        resolve=config.resolve,
        controls=tuple(host(one) for one in ([config.crawl.control_url] if config.crawl.control_url else CONTROLS)),
        ignore_tls_errors=config.ignore_tls_errors,
        session=session_of(config.access, config.site.url, cookies),
        navigation_timeout_ms=int(config.render.timeout * 1000),
        settle_timeout_ms=int(config.render.settle * 1000),
        watch_ms=int(config.render.watch * 1000),
    )


def missing(config: Config) -> dict[BrowserName, str]:
    """Browsers of the matrix that this machine lacks: why, and the command that brings each."""
    found = {name: browsers.find(name, config.render.executables.get(name, "")) for name in config.render.browsers}
    return {
        name: f"{name} is not to be had: {one.reason}" + (f"; get it with: {one.command}" if one.command else "")
        for name, one in found.items()
        if isinstance(one, browsers.Missing)
    }


def render(
    workspace: Workspace,
    run: Run,
    config: Config,
    settings: RenderSettings,
    open_pool: OpenPool,
    report: Report | None = None,
    is_shown: Callable[[int], bool] | None = None,
    manners: Manners | None = None,
) -> int:
    """Takes every snapshot of the matrix that the run lacks; returns how many were taken.

    With `is_shown` pages are opened before anybody has told what they are. It is asked once a snapshot is taken, by the
    page's id; that of a page which is none of the storefront's is not kept.
    """
    with workspace.read() as connection:
        found = candidates(connection, run, undescribed=is_shown is not None)
        known = before(connection, run)
    always = {page_key(absolute(config.site.url, one) or one, config.host_map) for one in config.render.always}
    chosen = sample(
        [*originals(found), *(one for one in found if one.page_key in always)],
        config.render.per_template,
        always,
        before=known,
        templates=config.render.max_templates,
    )
    opened = frozenset() if config.is_one_page else always | one_of_each(chosen)
    lacking = missing(config) if chosen else {}
    done = total = 0

    def kept(page: Candidate, result: RenderResult) -> None:
        nonlocal done
        if is_shown is not None and not is_shown(page.page_id):
            return
        if result.bundle.kinds and "timing" not in result.bundle.kinds:
            result.bundle.put("timing", Timing(skipped=_NOT_MEASURED))
        if result.bundle.kinds and result.key.client != matrix(config)[0]:
            result.bundle.put("reflow", Reflow(skipped=_FIRST_ONLY))
            result.bundle.put("typed", Typed(skipped=_FIRST_ONLY))
            result.bundle.put("crossings", Crossings(skipped=_FIRST_ONLY))
            result.bundle.put("moving", Moving(skipped=_FIRST_ONLY))
        elif result.bundle.kinds and page.page_key not in opened:
            result.bundle.put("moving", Moving(skipped=NOT_WATCHED if config.is_one_page else WATCHED_ONCE))
        if result.bundle.kinds and result.key.client != with_keyboard(config):
            result.bundle.put("focus", Focus(skipped=_ELSEWHERE if with_keyboard(config) else _NO_KEYBOARD))
            result.bundle.put("dialogs", Dialogs(skipped=_ELSEWHERE if with_keyboard(config) else _NO_KEYBOARD))
        elif result.bundle.kinds and page.page_key not in opened:
            result.bundle.put("dialogs", Dialogs(skipped=NOT_ALONE if config.is_one_page else ONE_A_TEMPLATE))
        keep(workspace, run, page.page_id, result)
        done += 1
        if report:
            report(done, total, result)

    def lacks(wanted: list[Wanted]) -> list[Wanted]:
        with workspace.read() as connection:
            taken = snapshots.taken(connection, run.id)
        return [one for one in wanted if (one[0].page_key, str(one[1]), str(one[2])) not in taken]

    def visits() -> list[Wanted]:
        return [(one, client, State()) for one in chosen for client in matrix(config)]

    def answers() -> list[Wanted]:
        """The states of consent, once it is known which pages have a banner."""
        client = matrix(config)[0]
        if BrowserName(client.browser) in lacking:
            return []
        with workspace.read() as connection:
            return consent_states.wanted(connection, run.id, config, chosen, client)

    manners = manners or Manners()
    with contextlib.ExitStack() as open_pools:
        pool: Pool | None = None
        for asked in (visits, answers):
            by_id: dict[str, Wanted] = {}
            wanted = lacks(asked())
            total += len(wanted)
            for page, client, state in wanted:
                if reason := lacking.get(BrowserName(client.browser)):
                    kept(page, _skipped(page, client, state, reason))
                else:
                    by_id[str(len(by_id))] = (page, client, state)
            if not by_id:
                continue
            pool = pool or open_pools.enter_context(open_pool(ENTRY, msgspec.msgpack.encode(settings)))
            for name, taken in asking.ask(pool, _tasks(by_id, config, opened), settings.at_once, manners):
                kept(by_id[name][0], taken)
    return done


def _skipped(page: Candidate, client: Client, state: State, reason: str) -> RenderResult:
    key = SnapshotKey(page.page_key, client, state)
    return RenderResult(key=key, url=page.url, outcome=FetchOutcome.SKIPPED, reason=reason)


def keep(workspace: Workspace, run: Run, page_id: int | None, taken: RenderResult) -> None:
    with workspace.write() as connection:
        snapshots.save(
            connection,
            run.id,
            page_id,
            taken.key,
            taken.url,
            taken.outcome,
            taken.reason,
            taken.html,
            taken.bundle,
            now(),
        )


def measure(
    workspace: Workspace,
    run: Run,
    config: Config,
    settings: RenderSettings,
    open_pool: OpenPool,
    report: Report | None = None,
) -> int:
    """Loads a page of each type again for its times, one after the other; returns how many were measured."""
    if not config.timing.repeats:
        return 0
    with workspace.read() as connection:
        able, unable = measuring.split(measuring.wanted(connection, run, config), config)
    for one in unable:
        _amend(workspace, run, one.key, measuring.lacking())
    if not able or missing(config).get(BrowserName.CHROMIUM):
        return 0
    with open_pool(ENTRY, msgspec.msgpack.encode(settings)) as pool:
        for done, one in enumerate(able):
            task = RenderTask(
                key=one.key,
                url=one.url,
                device=config.render.device(one.key.client.device),
                collectors=frozenset({"paint", "requests"}),
                measured=True,
                repeats=config.timing.repeats,
            )
            # one at a time: nothing may run beside it
            for result in pool.run([Task(str(done), msgspec.msgpack.encode(task))]):
                if result.payload is not None:
                    taken = msgspec.msgpack.decode(result.payload, type=RenderResult)
                else:
                    taken = RenderResult(key=one.key, url=one.url, outcome=FetchOutcome.SKIPPED)
                    why = (result.error.strip().splitlines() or ["the worker failed"])[0][:300]
                    taken.bundle.put("timing", Timing(failed=(why,)))
                with workspace.write() as connection:
                    snapshots.amend(connection, run.id, one.key, taken.bundle)
                if report:
                    report(done + 1, len(able), taken)
    return len(able)


def _amend(workspace: Workspace, run: Run, key: SnapshotKey, timing: Timing) -> None:
    more = Bundle()
    more.put("timing", timing)
    with workspace.write() as connection:
        snapshots.amend(connection, run.id, key, more)


def _tasks(wanted: dict[str, Wanted], config: Config, opened: Collection[str]) -> dict[str, RenderTask]:
    first, walker = matrix(config)[0], with_keyboard(config)

    def task(page: Candidate, client: Client, state: State) -> RenderTask:
        # each of them once a page: rules look at it there
        by_first = ("reflow", "typed", "crossings", "moving")
        once_each = (*((kind, first) for kind in by_first), ("focus", walker), ("dialogs", walker))
        left_out = {kind for kind, once in once_each if client != once}
        if page.page_key not in opened:
            left_out |= {"dialogs", "moving"}
        return RenderTask(
            key=SnapshotKey(page.page_key, client, state),
            url=page.url,
            device=config.render.device(client.device),
            collectors=COLLECTORS - left_out if state == State() else consent_states.COLLECTORS,
        )

    return {name: task(*one) for name, one in wanted.items()}
