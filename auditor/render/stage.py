"""The render stage: chooses pages, has workers visit them with each client, and keeps the snapshots."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import msgspec
from sqlalchemy import select

from auditor.config.config import Config
from auditor.config.devices import DEVICES
from auditor.config.session import Cookie, session_of
from auditor.evidence.bundle import KINDS
from auditor.model.run import Run
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.urls import absolute, page_key
from auditor.model.words import BrowserName, FetchOutcome, PageType
from auditor.render import browsers, consent_states
from auditor.render.select import Candidate, originals, sample
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.store import snapshots
from auditor.store.runs import now
from auditor.store.schema import pages, urls
from auditor.store.workspace import Workspace
from auditor.workers.pool import Pool, Task

ENTRY = "auditor.render.worker:Renderer"
COLLECTORS = frozenset(KINDS) - {"visit"}

OpenPool = Callable[[str, bytes], Pool]
Wanted = tuple[Candidate, Client, State]
Report = Callable[[int, int, RenderResult], None]  # snapshots done, in all, the one just done


def matrix(config: Config) -> list[Client]:
    """Browsers × devices in the config's order; the first is the one `on: best` looks at."""
    return [Client(browser, device) for browser in config.render.browsers for device in config.render.devices]


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


def candidates(workspace: Workspace, run: Run) -> list[Candidate]:
    """Fetched pages of the storefront; error, challenge and password pages are not opened in browsers."""
    wanted = [str(one) for one in PageType if one.is_storefront]
    where = (
        pages.c.run_id == run.id, pages.c.document.is_not(None), pages.c.page_type.in_(wanted),
        pages.c.outcome == FetchOutcome.OK, urls.c.kind == "page",
    )  # fmt: skip
    columns = (
        pages.c.id.label("page_id"),
        pages.c.url,
        pages.c.page_key,
        pages.c.page_type,
        pages.c.template,
        pages.c.canonical_key,
    )
    with workspace.read() as connection:
        rows = connection.execute(
            select(*columns).join(urls, urls.c.id == pages.c.url_id).where(*where).order_by(pages.c.id)
        ).mappings()
        return [Candidate(**row) for row in rows]


def render(
    workspace: Workspace,
    run: Run,
    config: Config,
    settings: RenderSettings,
    open_pool: OpenPool,
    report: Report | None = None,
) -> int:
    """Takes every snapshot of the matrix that the run lacks; returns how many were taken."""
    found = candidates(workspace, run)
    always = {page_key(absolute(config.site.url, one) or one, config.host_map) for one in config.render.always}
    chosen = sample(
        [*originals(found), *(one for one in found if one.page_key in always)], config.render.per_template, always
    )
    lacking = missing(config) if chosen else {}
    done = total = 0

    def kept(page: Candidate, result: RenderResult) -> None:
        nonlocal done
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
            for result in pool.run(_tasks(by_id)):
                page, client, state = by_id[result.id]
                if result.payload is not None:
                    kept(page, msgspec.msgpack.decode(result.payload, type=RenderResult))
                else:
                    lines = result.error.strip().splitlines() or ["no reason given"]
                    kept(page, _skipped(page, client, state, f"the browser worker failed: {lines[-1]}"[:300]))
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


def _tasks(wanted: dict[str, Wanted]) -> Iterator[Task]:
    for identity, (page, client, state) in wanted.items():
        task = RenderTask(
            key=SnapshotKey(page.page_key, client, state),
            url=page.url,
            device=DEVICES[client.device],
            collectors=COLLECTORS if state == State() else consent_states.COLLECTORS,
        )
        yield Task(identity, msgspec.msgpack.encode(task))
