"""The crawl's writing side of the store: one connection, one transaction for each page with its body and its new URLs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Connection, text

from auditor.crawl.settings import CrawlSettings
from auditor.crawl.traps import LONGEST, Traps
from auditor.evidence.certificate import Certificate
from auditor.evidence.endpoint import Endpoint, SecondFetch
from auditor.evidence.exposed import Exposed
from auditor.evidence.http import Response
from auditor.evidence.look import Look
from auditor.evidence.planned import Plan
from auditor.model.urls import crawl_key, page_key
from auditor.model.words import FetchOutcome
from auditor.store import documents, expected, frontier, lessons, link_checks, probes, runs, traps
from auditor.store.frontier import Earlier, Found, Known, Waiting
from auditor.store.lessons import Lesson
from auditor.store.link_checks import LinkCheck
from auditor.store.probes import Planned
from auditor.store.traps import Trap
from auditor.store.workspace import Workspace

_TO_CONFIRM = (FetchOutcome.SITE_ERROR, FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE, FetchOutcome.RATE_LIMITED)
_LONGEST_KEPT = 8_000


class Ledger:
    """Holds the connection by which a round writes what it fetched."""

    def __init__(self, workspace: Workspace, run_id: int, settings: CrawlSettings) -> None:
        self.run_id = run_id
        self._settings = settings
        self._drop = frozenset(settings.drop)
        self._connection = workspace.engine.connect()
        self._before: int | Literal[False] | None = False  # the run before; False: not looked for yet
        self._exported: set[int] | None = None  # hashes of keys that exports give their products; None: not read yet
        self.traps: Traps | None = None  # what changed in it is kept with the URLs it was counted for
        self.learned: Callable[[], list[Lesson]] | None = None  # since it was called last; kept with the page
        self.received: Callable[[], int] | None = None  # bytes so far, where their limit must hold over a resume
        self._counted = 0

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self._connection.execute(_BEGIN)
        try:
            yield self._connection
            if self.traps is not None:
                traps.keep(self._connection, self.run_id, self.traps.take_changes())
            if self.learned is not None:
                lessons.keep(self._connection, self.run_id, self.learned())
            if self.received is not None and (more := self.received() - self._counted):
                runs.add_received(self._connection, self.run_id, more)
                self._counted += more
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def received_before(self) -> int:
        """Bytes that earlier rounds of the run received."""
        with self.transaction() as connection:
            return runs.received(connection, self.run_id)

    def key(self, url: str) -> str:
        """The key a URL is known by in this run; of an overlong one, a digest."""
        if len(url) > LONGEST:
            return f"{url[:200]}#{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()}"
        return crawl_key(url, self._drop)

    def found(
        self, url: str, *, kind: str = "page", priority: int = 0, depth: int = 0, found_by: str = "link",
        referrer: int | None = None, reason: str = "",
    ) -> Found:  # fmt: skip
        return Found(
            key=self.key(url), url=url[:_LONGEST_KEPT], kind=kind, priority=priority, depth=depth, found_by=found_by,
            referrer_id=referrer, reason=reason,
        )  # fmt: skip

    def begin(self, start: Iterable[Found], *, after_crash: bool) -> None:
        """Frees what a killed child had under way and takes up the start URLs."""
        with self.transaction() as connection:
            frontier.release(connection, self.run_id, behind=2_000 if after_crash else 0)
            frontier.add(connection, self.run_id, start)

    def trap(self, name: str) -> Trap | None:
        """What the store knows of a source of many URLs."""
        return traps.get(self._connection, self.run_id, name)

    def lessons(self) -> Iterator[Lesson]:
        """What earlier rounds of the run learned."""
        return lessons.of_run(self._connection, self.run_id)

    def has(self, key: str) -> bool:
        """Whether the run knows the URL with this key."""
        return frontier.has(self._connection, self.run_id, key)

    def exported(self, url: str) -> bool:
        """Whether an export of the run gives a product this address; one that only chooses a variant of a page is none."""
        if self._exported is None:
            self._exported = {hash(place) for place in expected.places(self._connection, self.run_id)}
        if not self._exported:
            return False
        return hash(page_key(url, self._settings.host_map, self._drop)) in self._exported

    def earlier(self, key: str) -> Earlier | None:
        """The page as the run before got it; None in a first night, and where pages are always asked for anew."""
        if not self._settings.incremental:
            return None
        if self._before is False:
            self._before = frontier.run_before(self._connection, self.run_id)
        return frontier.earlier(self._connection, self._before, key) if self._before else None

    def document(self, digest: str) -> bytes:
        return documents.get(self._connection, digest)

    def add(self, found: Iterable[Found]) -> None:
        with self.transaction() as connection:
            frontier.add(connection, self.run_id, found)

    def lease(self, limit: int, kind: str = "page") -> list[Waiting]:
        with self.transaction() as connection:
            return frontier.lease(connection, self.run_id, limit, (kind,))

    def release(self) -> None:
        with self.transaction() as connection:
            frontier.release(connection, self.run_id)

    def postpone(self, row: Waiting) -> None:
        with self.transaction() as connection:
            frontier.postpone(connection, row.id)

    def skip(self, row: Waiting, reason: str) -> None:
        with self.transaction() as connection:
            frontier.skip(connection, row.id, reason)

    def skip_waiting(self, reason: str, kind: str = "page") -> int:
        with self.transaction() as connection:
            return frontier.skip_waiting(connection, self.run_id, reason, kind)

    def on_host(self, host: str) -> list[Waiting]:
        """Links to this host, which was not the site's when they came up."""
        with self.transaction() as connection:
            return frontier.on_host(connection, self.run_id, host)

    def place(self, placed: Iterable[tuple[int, str, str, int]]) -> None:
        """(id, kind, reason, priority) of URLs that belong elsewhere than where they were put."""
        with self.transaction() as connection:
            frontier.place(connection, placed)

    def claim(self, one: Found) -> Known:
        """The URL as the run knows it, after adding it where it was new."""
        with self.transaction() as connection:
            frontier.add(connection, self.run_id, (one,))
            known = frontier.known(connection, self.run_id, one.key)
        assert known is not None
        return known

    def save(
        self, row: Waiting, response: Response, body: bytes | None, found: Iterable[Found], *, kind: str = "",
        target: Found | None = None, again: bool = False,
    ) -> bool:  # fmt: skip
        """Keeps a fetch. With `target` the answer belongs to that URL, and `row` only leads there.

        The target takes the answer unless it was fetched, or is being fetched, by itself; `again` replaces what it had.
        Returns whether a page was taken that the run did not have before.
        """
        with self.transaction() as connection:
            if target is None:
                self._save(connection, row.id, response, body, found, kind)
                return True
            self._save(connection, row.id, response, None, (), kind)
            frontier.add(connection, self.run_id, (target,))
            known = frontier.known(connection, self.run_id, target.key)
            assert known is not None
            if known.status == "leased" or (known.response is not None and known.status == "done" and not again):
                frontier.add(connection, self.run_id, found)
                return False
            before = known.response.attempts if known.response is not None else ()
            own = Response(
                url=response.final_url, final_url=response.final_url, outcome=response.outcome, status=response.status,
                headers=response.headers, content_type=response.content_type, size=response.size,
                truncated=response.truncated, elapsed_ms=response.elapsed_ms, reason=response.reason,
                attempts=(*before, *response.attempts[-1:]) if before else response.attempts, fetched_at=response.fetched_at,
            )  # fmt: skip
            self._save(connection, known.waiting.id, own, body, found, kind)
            return known.response is None

    def _save(
        self,
        connection: Connection,
        url_id: int,
        response: Response,
        body: bytes | None,
        found: Iterable[Found],
        kind: str,
    ) -> None:
        key = page_key(response.url, self._settings.host_map, self._drop)
        frontier.save(connection, self.run_id, url_id, response, key, body, found, kind=kind)

    def failures(self, after: int, kind: str = "page") -> list[Known]:
        with self.transaction() as connection:
            return frontier.failures(connection, self.run_id, _TO_CONFIRM, after, kind=kind)

    # Links to other sites

    def good_links(self, keys: Iterable[str], since: str) -> dict[str, LinkCheck]:
        """Of these, the ones that answered well since then, in any run of the workspace."""
        with self.transaction() as connection:
            return link_checks.good(connection, keys, since)

    def keep_link(self, row: Waiting, response: Response) -> None:
        """The answer of a link, for this run and for later ones."""
        with self.transaction() as connection:
            self._save(connection, row.id, response, None, (), "")
            link_checks.keep(connection, row.key, response)

    def skip_all(self, rows: Iterable[Waiting], reason: str) -> None:
        with self.transaction() as connection:
            for row in rows:
                frontier.skip(connection, row.id, reason)

    def done(self, kind: str) -> int:
        with self.transaction() as connection:
            return frontier.count(connection, self.run_id, "done", kind)

    def others_answered(self) -> bool:
        """Whether any link to another site was answered well in this run."""
        with self.transaction() as connection:
            return frontier.others_answered(connection, self.run_id)

    def keep_control(self, response: Response) -> None:
        with self.transaction() as connection:
            probes.put_control(connection, self.run_id, response)

    # What is asked for beside pages

    def probed(self, name: str) -> Response | None:
        with self.transaction() as connection:
            return probes.answer(connection, self.run_id, name)

    def keep_probe(self, name: str, response: Response) -> None:
        with self.transaction() as connection:
            probes.put(connection, self.run_id, name, response)

    def keep_look(self, name: str, look: Look) -> None:
        with self.transaction() as connection:
            probes.put_look(connection, self.run_id, name, look)

    def keep_endpoint(self, endpoint: Endpoint) -> None:
        with self.transaction() as connection:
            probes.put_endpoint(connection, self.run_id, endpoint)

    def keep_second(self, second: SecondFetch) -> None:
        with self.transaction() as connection:
            probes.put_second(connection, self.run_id, second)

    def plan(self, kind: type[Planned]) -> Planned | None:
        with self.transaction() as connection:
            return probes.plan(connection, self.run_id, kind)

    def keep_plan(self, plan: Plan) -> None:
        with self.transaction() as connection:
            probes.put_plan(connection, self.run_id, plan)

    def keep_exposed(self, exposed: Exposed) -> None:
        with self.transaction() as connection:
            probes.put_exposed(connection, self.run_id, exposed)

    def exposed(self) -> set[str]:
        """The URLs asked for so far."""
        with self.transaction() as connection:
            return {one.url for one in probes.exposed(connection, self.run_id)}

    def certified(self, host: str) -> bool:
        with self.transaction() as connection:
            return any(one.host == host for one in probes.certificates(connection, self.run_id))

    def keep_certificate(self, certificate: Certificate) -> None:
        with self.transaction() as connection:
            probes.put_certificate(connection, self.run_id, certificate)

    def known(self, url: str) -> Known | None:
        with self.transaction() as connection:
            return frontier.known(connection, self.run_id, self.key(url))

    def fetched(self) -> int:
        with self.transaction() as connection:
            return frontier.fetched(connection, self.run_id)

    def waiting(self) -> int:
        with self.transaction() as connection:
            return frontier.count(connection, self.run_id, "waiting")

    def answered_directly(self) -> str:
        """A page below the start page that answered by itself, the first that was found; "" without one."""
        with self.transaction() as connection:
            return frontier.answered_directly(connection, self.run_id)

    def started(self) -> list[Known]:
        with self.transaction() as connection:
            return frontier.started(connection, self.run_id)


_BEGIN = text("BEGIN IMMEDIATE")
