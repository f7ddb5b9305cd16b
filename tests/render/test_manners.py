"""Browsers keep to what a shop bears: what it refuses is opened later, one page at a time, and is no fault of the shop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

import msgspec
import pytest

from auditor.config.devices import DEVICES
from auditor.evidence.requests import Request, Requests
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import FetchOutcome
from auditor.render import asking
from auditor.render.manners import Manners, refusal
from auditor.render.task import RenderResult, RenderTask
from auditor.workers.pool import Result, Task

OWN = "https://shop.example"


class Workers:
    """Stands where the pool does: what a page answers is told by how often it was opened and how many were before."""

    def __init__(self, answers: dict[str, list[RenderResult]], beside: int = 3) -> None:
        self.answers, self.beside = answers, beside
        self.opened: list[str] = []
        self.under_way: list[int] = []
        self.stop_after = 1_000

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        waiting = iter(tasks)
        running: list[Task] = []
        while True:
            while len(running) < self.beside and (task := next(waiting, None)) is not None:
                running.append(task)
            if not running or len(self.opened) >= self.stop_after:
                return
            self.under_way.append(len(running))
            task = running.pop(0)
            yield Result(task.id, msgspec.msgpack.encode(self._open(task.id)))

    def _open(self, name: str) -> RenderResult:
        self.opened.append(name)
        answers = self.answers[name]
        return answers[min(self.opened.count(name), len(answers)) - 1]


def shown(
    *requests: Request, outcome: FetchOutcome = FetchOutcome.OK, reason: str = "", page: str = "a"
) -> RenderResult:
    taken = RenderResult(key=key(page), url=f"{OWN}/{page}", outcome=outcome, reason=reason, html="<p>Lamp</p>")
    taken.bundle.put("requests", Requests(requests))
    return taken


def key(page: str) -> SnapshotKey:
    return SnapshotKey(f"{OWN}/{page}", Client("chromium", "desktop"))


def tasks(*pages: str) -> dict[str, RenderTask]:
    return {
        page: RenderTask(key=key(page), url=f"{OWN}/{page}", device=DEVICES["desktop"], collectors=frozenset())
        for page in pages
    }


def own(path: str, kind: str, status: int, third_party: bool = False) -> Request:
    return Request(url=f"{OWN}{path}", method="GET", type=kind, status=status, third_party=third_party)


LIMITED = shown(outcome=FetchOutcome.RATE_LIMITED, reason="status 429")


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        (shown(), ""),
        (LIMITED, "status 429"),
        (shown(outcome=FetchOutcome.SITE_ERROR, reason="status 503"), "status 503"),
        (shown(outcome=FetchOutcome.SITE_ERROR, reason="status 404"), ""),
        (shown(own("/a.css", "stylesheet", 429)), "the shop refused 1 of the page's files (429)"),
        (shown(own("/a.png", "image", 429)), ""),
        (shown(*(own(f"/{n}.png", "image", 429) for n in range(3))), "the shop refused 3 of the page's files (429)"),
        (shown(*(own("/one.js", "script", 503) for _ in range(3))), ""),  # one file that is dead
        (shown(*(own(f"/{n}.js", "script", 503) for n in range(3))), "the shop failed at 3 of the page's files (503)"),
        (shown(*(own(f"/{n}.js", "script", 429, third_party=True) for n in range(3))), ""),
    ],
)
def test_what_a_refusal_is(taken: RenderResult, why: str) -> None:
    assert refusal(taken) == why


def test_what_was_refused_is_opened_after_all_others_and_one_at_a_time() -> None:
    pages = [f"p{n}" for n in range(8)]
    workers = Workers({page: [shown(page=page)] for page in pages})
    workers.answers["p2"] = [shown(own("/a.css", "stylesheet", 429), page="p2"), shown(page="p2")]
    got = dict(asking.ask(workers, tasks(*pages), manners=Manners(first_pause=0.01)))
    assert {one.outcome for one in got.values()} == {FetchOutcome.OK}
    assert set(got) == set(pages)
    assert workers.opened[-1] == "p2"
    assert workers.opened.count("p2") == 2
    assert set(workers.under_way[-3:]) == {1}


def test_what_is_refused_to_the_end_is_no_page_of_the_shop() -> None:
    workers = Workers({"a": [shown(own("/a.css", "stylesheet", 429))], "b": [shown(page="b")]})
    got = dict(asking.ask(workers, tasks("a", "b"), manners=Manners(first_pause=0.01)))
    assert workers.opened.count("a") == 3
    assert (got["a"].outcome, got["a"].html) == (FetchOutcome.RATE_LIMITED, "")
    assert got["a"].reason == "the shop refused 1 of the page's files (429)"
    assert got["a"].bundle.kinds == {}
    assert got["b"].outcome is FetchOutcome.OK


def test_a_shop_that_refuses_all_is_left_in_peace() -> None:
    pages = [f"p{n}" for n in range(60)]
    workers = Workers(
        {page: [shown(outcome=FetchOutcome.RATE_LIMITED, reason="status 429", page=page)] for page in pages}
    )
    got = dict(asking.ask(workers, tasks(*pages), manners=Manners(first_pause=0.001)))
    assert set(got) == set(pages)
    assert {one.outcome for one in got.values()} == {FetchOutcome.RATE_LIMITED}
    assert len(workers.opened) < 20


def test_a_shop_that_lets_no_browser_in_is_left_in_peace() -> None:
    pages = [f"p{n}" for n in range(60)]
    workers = Workers({page: [shown(outcome=FetchOutcome.BLOCKED, reason="status 403", page=page)] for page in pages})
    got = dict(asking.ask(workers, tasks(*pages)))
    assert set(got) == set(pages)
    assert 12 <= len(workers.opened) < 20
    assert got["p59"].reason == "not opened: the shop refused those before it"


def test_pages_are_as_far_apart_as_the_shop_wants() -> None:
    pages = [f"p{n}" for n in range(4)]
    workers = Workers({page: [shown(page=page)] for page in pages})
    began = time.monotonic()
    assert len(dict(asking.ask(workers, tasks(*pages), manners=Manners(0.2)))) == 4
    assert time.monotonic() - began >= 0.6


def test_a_stopped_audit_waits_for_nothing_and_opens_nothing_more() -> None:
    stopped = threading.Event()
    stopped.set()
    workers = Workers({"a": [LIMITED], "b": [shown(page="b")]}, beside=1)
    began = time.monotonic()
    got = dict(asking.ask(workers, tasks("a", "b"), manners=Manners(60, stopped=stopped)))
    assert got["a"].outcome is FetchOutcome.RATE_LIMITED
    assert time.monotonic() - began < 30


def test_a_pool_that_was_stopped_ends_it() -> None:
    workers = Workers({page: [shown(page=page)] for page in ("a", "b", "c", "d", "e")}, beside=2)
    workers.stop_after = 2
    assert len(dict(asking.ask(workers, tasks("a", "b", "c", "d", "e")))) == 2


def test_as_long_as_the_shop_asks_for_is_waited() -> None:
    said = shown(outcome=FetchOutcome.RATE_LIMITED, reason="status 429, retry after 1")
    workers = Workers({"a": [said, shown()]})
    began = time.monotonic()
    assert dict(asking.ask(workers, tasks("a"), manners=Manners(first_pause=0.01)))["a"].outcome is FetchOutcome.OK
    assert time.monotonic() - began >= 1
