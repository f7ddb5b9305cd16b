"""The life of a crawl process: stopped, killed, orphaned, refused, limited; nothing lost and nothing fetched twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import psutil
import pytest

from auditor.crawl.job import Job
from auditor.crawl.process import confirm_urls, crawl_round, site_hosts
from auditor.model.words import FetchOutcome as F
from auditor.store import runs
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Visit, page, serving, text, to

NewRun = Callable[[str], Crawled]


def chain(count: int, wait: float = 0.0) -> dict[str, Any]:
    """A home page that links to `count` pages."""
    body = page().body
    routes: dict[str, Any] = {f"/p{n}": Reply(body=body, wait=wait) for n in range(count)}
    routes["/"] = page(*routes)
    routes["/robots.txt"] = text("")
    return routes


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if result := what():
            return result
        time.sleep(0.02)
    raise AssertionError("it did not come about in time")


def process_of(parent: psutil.Process) -> psutil.Process | None:
    """The crawl process that was started, whether or not it has a job."""
    for child in parent.children():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "auditor.crawl.child" in child.cmdline():
                return child
    return None


def child_of(process: psutil.Process) -> psutil.Process | None:
    """The crawl process that works: where jobs are done by forks, one of those."""
    started = process_of(process)
    if started is None or not sys.platform.startswith("linux"):
        return started
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return next(iter(started.children()), None)
    return None


def crawl_beside(crawled: Crawled, **changes: Any) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(crawl_round(crawled.folder, crawled.run.id, **changes)))
    thread.start()
    return thread, results


def assert_all_fetched_once(nasty: Nasty, crawled: Crawled, count: int, in_flight: int) -> None:
    responses = crawled.responses()
    assert all(responses[nasty.url(f"/p{n}")].outcome is F.OK for n in range(count))
    twice = [path for path, hits in nasty.hits.items() if path.startswith("/p") and hits > 1]
    assert len(twice) <= in_flight
    assert all(nasty.hits[path] <= 2 for path in twice)


def test_a_killed_child_is_started_again_and_loses_nothing(new_run: NewRun) -> None:
    with serving(chain(60, wait=0.05)) as nasty:
        crawled = new_run(nasty.url("/"))
        thread, results = crawl_beside(crawled, settings=settings(nasty.url("/")))
        wait_for(lambda: sum(nasty.hits.values()) > 20)
        child = child_of(psutil.Process())
        assert child is not None
        child.kill()
        thread.join(60)
        assert (results[0].reason, results[0].restarts) == ("finished", 1)
        assert_all_fetched_once(nasty, crawled, 60, in_flight=4)


def test_a_child_that_dies_twice_is_told(new_run: NewRun) -> None:
    with serving(chain(60, wait=0.1)) as nasty:
        crawled = new_run(nasty.url("/"))
        thread, results = crawl_beside(crawled, settings=settings(nasty.url("/")))
        first = wait_for(lambda: nasty.hits["/p0"] and child_of(psutil.Process()))
        first.kill()
        second = wait_for(lambda: (now := child_of(psutil.Process())) and now.pid != first.pid and now)
        second.kill()
        thread.join(120)
        assert results[0].reason == "died"
        assert "-9" in results[0].detail
        assert results[0].waiting > 0
        assert not [row for row in crawled.urls().values() if row.status == "leased"]


@pytest.mark.parametrize("how", ["stop", "SIGTERM", "SIGINT"])
def test_asked_to_stop_it_ends_within_seconds_and_goes_on_later(new_run: NewRun, how: str) -> None:
    routes = chain(60, wait=0.1)
    routes["/p3"] = Reply(body=page().body, wait=20)
    with serving(routes) as nasty:
        crawled, stop = new_run(nasty.url("/")), threading.Event()
        thread, results = crawl_beside(crawled, settings=settings(nasty.url("/"), timeout=20.0), stop=stop)
        wait_for(lambda: nasty.hits["/p3"] and sum(nasty.hits.values()) > 10)
        began = time.monotonic()
        if how == "stop":
            stop.set()
        else:
            child = child_of(psutil.Process())
            assert child is not None
            child.send_signal(signal.Signals[how])
        thread.join(60)
        assert time.monotonic() - began < 15  # it has not waited for that page
        assert results[0].reason == "stopped"
        assert results[0].restarts == 0
        assert results[0].waiting > 0
        assert not [row for row in crawled.urls().values() if row.status == "leased"]
        routes = nasty.routes
        routes["/p3"] = page()
        again = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        assert again.reason == "finished"
        assert_all_fetched_once(nasty, crawled, 60, in_flight=4)


def test_when_its_parent_is_killed_the_child_ends_and_keeps_what_it_has(new_run: NewRun) -> None:
    with serving(chain(200, wait=0.05)) as nasty:
        crawled, told = new_run(nasty.url("/")), settings(nasty.url("/"))
        job = msgspec.json.encode(Job(kind="round", folder=str(crawled.folder), run_id=crawled.run.id, settings=told))
        script = (
            "import sys, msgspec; from pathlib import Path; from auditor.crawl.job import Job;"
            "from auditor.crawl.process import crawl_round;"
            "job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job);"
            "crawl_round(Path(job.folder), job.run_id, job.settings)"
        )
        home = str(Path(__file__).parents[2])
        with subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": home}
        ) as parent:
            assert parent.stdin is not None
            parent.stdin.write(job + b"\n")
            parent.stdin.flush()
            wait_for(lambda: sum(nasty.hits.values()) > 20)
            child = child_of(psutil.Process(parent.pid))
            assert child is not None
            parent.kill()
            wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
        assert sum(nasty.hits.values()) < 150
        kept = len(crawled.responses())
        assert kept > 10
        again = crawl_round(crawled.folder, crawled.run.id, told)
        assert again.reason == "finished"
        assert_all_fetched_once(nasty, crawled, 200, in_flight=4)


def test_secrets_are_not_in_the_process_list(new_run: NewRun) -> None:
    with serving(chain(30, wait=0.1)) as nasty:
        crawled = new_run(nasty.url("/"))
        told = settings(nasty.url("/"), session={"headers": {"X-Preview": "hush-hush"}, "basic_auth": ("qa", "s3cret")})
        thread, _ = crawl_beside(crawled, settings=told)
        child = wait_for(lambda: nasty.hits["/"] and child_of(psutil.Process()))
        told_world = " ".join(child.cmdline()) + str(child.environ())
        thread.join(60)
        assert "hush-hush" not in told_world
        assert "s3cret" not in told_world
        assert all(visit.headers["x-preview"] == "hush-hush" for visit in nasty.visits)
        assert all(visit.headers["authorization"] == "Basic cWE6czNjcmV0" for visit in nasty.visits)
        assert all(b"hush-hush" not in path.read_bytes() for path in crawled.folder.rglob("*") if path.is_file())


def test_too_many_requests_are_waited_for_and_tried_again(new_run: NewRun) -> None:
    def busy(visit: Visit) -> Reply:
        return Reply(429, b"wait", headers=(("Retry-After", "1"),)) if visit.number < 3 else page()

    routes = {**chain(10), "/p4": busy, "/p5": Reply(503, b"", headers=(("Retry-After", "0"),))}
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        began = time.monotonic()
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        responses = crawled.responses()
        assert result.reason == "finished"
        assert time.monotonic() - began > 2
        assert responses[nasty.url("/p4")].outcome is F.OK
        assert nasty.hits["/p4"] == 3
        assert responses[nasty.url("/p5")].outcome is F.RATE_LIMITED
        assert nasty.hits["/p5"] < 20


def test_a_shop_that_only_refuses_is_left_in_peace(new_run: NewRun) -> None:
    routes = {**chain(300), **{f"/p{n}": Reply(429, b"no") for n in range(300)}}
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), backoff=0.001, patience=0.3))
        assert result.reason == "gave_up"
        assert "fewer requests" in result.text
        assert sum(nasty.hits.values()) < 40
        assert result.waiting > 250


def test_a_shop_that_blocks_everything_is_given_up(new_run: NewRun) -> None:
    routes = {**chain(300), **{f"/p{n}": Reply(403, b"no") for n in range(300)}}
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        assert result.reason == "gave_up"
        assert "does not let us in (403)" in result.text
        assert sum(nasty.hits.values()) < 50
        assert result.waiting > 200


def test_a_queue_on_another_host_that_leads_back_stands_before_the_pages(new_run: NewRun) -> None:
    def queued(visit: Visit) -> Reply:
        return to(f"http://queue.invalid/?c=acme&t={quote(f'http://{visit.host}{visit.path}', safe='')}")

    routes = {**chain(300), **{f"/p{n}": queued for n in range(300)}}
    routes["/elsewhere"] = to("http://queue.invalid/about")
    with serving({**routes, "/": page("/elsewhere", *(f"/p{n}" for n in range(300)))}) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        answers = crawled.responses()
        assert result.reason == "gave_up"
        assert "sends visitors to queue.invalid first" in result.text
        assert answers[nasty.url("/p1")].outcome is F.BLOCKED
        assert answers[nasty.url("/elsewhere")].outcome is F.SKIPPED
        assert sum(nasty.hits.values()) < 50


@pytest.mark.parametrize(
    ("robots", "words"), [(Reply(503), "robots.txt answers 503"), (Reply(drop=True), "robots.txt could not be fetched")]
)
def test_a_robots_txt_that_cannot_be_had_forbids_all_for_now(new_run: NewRun, robots: Reply, words: str) -> None:
    with serving({**chain(3), "/robots.txt": robots}) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        assert (result.reason, result.ok) == ("gave_up", 0)
        assert words in result.text
        assert set(nasty.hits) == {"/robots.txt"}
        nasty.routes["/robots.txt"] = text("")
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"))).ok == 4


def test_owners_may_disregard_robots(new_run: NewRun) -> None:
    with serving({**chain(3), "/robots.txt": text("User-agent: *\nDisallow: /\nCrawl-delay: 50")}) as nasty:
        crawled = new_run(nasty.url("/"))
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), obey_robots=False)).ok == 4


def test_a_disallowed_site_is_no_success(new_run: NewRun) -> None:
    with serving({**chain(3), "/robots.txt": text("User-agent: *\nDisallow: /")}) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        assert result.ok == 0
        assert result.start[0].outcome == ""
        assert "robots.txt" in result.text
        assert crawled.urls()[nasty.url("/")].reason == "robots.txt"


def test_the_page_limit_is_exact_and_the_rest_has_its_reason(new_run: NewRun) -> None:
    with serving(chain(40)) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_pages=10))
        assert (result.reason, result.fetched, result.waiting) == ("page_limit", 10, 0)
        left = [row for row in crawled.urls().values() if row.reason == "chosen: page limit reached"]
        assert len(left) == 31
        assert sum(hits for path, hits in nasty.hits.items() if path != "/robots.txt") == 10


def test_the_limit_of_bytes_ends_it_and_is_told(new_run: NewRun) -> None:
    with serving(chain(60)) as nasty:
        crawled = new_run(nasty.url("/"))
        size = len(page(*chain(60)).body)
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_bytes=size))
        assert result.reason == "byte_limit"
        assert size <= result.received
        assert result.waiting == 0
        assert "limit of bytes" in result.text
        left = [row.reason for row in crawled.urls().values() if row.status == "skipped"]
        assert len(left) > 30
        assert left[0].startswith("chosen: limit of ")


def test_files_have_a_limit_and_obey_robots(new_run: NewRun) -> None:
    routes = chain(0)
    routes["/"] = page(*(f"/{n}.pdf" for n in range(20)), "/no/1.pdf")
    routes["/robots.txt"] = text("User-agent: *\nDisallow: /no/")
    routes |= {f"/{n}.pdf": Reply(body=b"%PDF" * 9_000, type="application/pdf") for n in range(20)}
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_assets=5))
        assert (result.reason, result.fetched) == ("finished", 1)
        rows = [row for row in crawled.urls().values() if row.kind == "asset"]
        assert sum(row.status == "done" for row in rows) == 5
        assert {row.reason for row in rows if row.status == "skipped"} == {
            "one of more than 5 files that pages link to", "robots.txt",
        }  # fmt: skip
        assert sum(hits for path, hits in nasty.hits.items() if path.endswith(".pdf")) == 5


def test_pictures_for_sharing_are_asked_for_on_some_pages_of_a_kind(new_run: NewRun) -> None:
    shared = '<meta property="og:image" content="/media?of={}">'
    routes = {f"/products/{n}": text(f"<head>{shared.format(n)}</head><p>Lamp</p>", "text/html") for n in range(20)}
    routes["/"] = page(*routes, head=shared.format("home"))
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"))).reason == "finished"
        rows = [row for row in crawled.urls().values() if "/media?of=" in row.url]
        assert {(row.kind, row.status) for row in rows} == {("asset", "done")}
        assert len(rows) == 1 + 5


def test_the_time_limit_leaves_the_rest_waiting(new_run: NewRun) -> None:
    with serving(chain(200, wait=0.1)) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_time=1.0))
        assert result.reason == "time_limit"
        assert result.waiting > 50
        assert result.ok > 1


def test_rate_and_crawl_delay_keep_requests_apart(new_run: NewRun) -> None:
    with serving({**chain(5), "/robots.txt": text("User-agent: *\nCrawl-delay: 0.2")}) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_rate=50))
        assert result.ok == 6
        assert result.seconds > 5 * 0.2


def test_links_are_known_but_not_followed_when_told_so(new_run: NewRun) -> None:
    with serving(chain(5)) as nasty:
        crawled = new_run(nasty.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), follow_links=False))
        assert crawled.urls()[nasty.url("/p1")].reason == "chosen: links are not followed"
        assert nasty.hits["/p1"] == 0


def test_the_www_twin_belongs_to_the_site_when_the_start_redirects_there(new_run: NewRun) -> None:
    def home(visit: Visit) -> Reply:
        return (
            page("/a", "http://shop.example/b")
            if visit.host == "www.shop.example"
            else to("http://www.shop.example/", 301)
        )

    def inner(visit: Visit) -> Reply:
        return page() if visit.host == "www.shop.example" else to("http://www.shop.example" + visit.path, 301)

    with serving({"/": home, "/a": inner, "/b": inner, "/robots.txt": text("")}) as nasty:
        start, place = "http://shop.example/", f"127.0.0.1:{nasty.port}"
        crawled = new_run(start)
        told = settings(
            start, resolve={"shop.example:80": place, "www.shop.example": place}, session={"headers": {"X-Key": "k"}}
        )
        result = crawl_round(crawled.folder, crawled.run.id, told)
        responses = crawled.responses()
        assert result.start[0].final_url == "http://www.shop.example/"
        assert responses["http://www.shop.example/a"].outcome is F.OK
        assert responses["http://shop.example/b"].final_url == "http://www.shop.example/b"
        assert crawl_round(crawled.folder, crawled.run.id, told).new == 0
        assert site_hosts(crawled.workspace, crawled.run.id, told) == ("shop.example", "www.shop.example")


def test_a_list_of_pages_can_be_asked_for_again(new_run: NewRun) -> None:
    with serving({**chain(3), "/p1": Reply(404)}) as nasty:
        crawled, told = new_run(nasty.url("/")), settings(nasty.url("/"))
        crawl_round(crawled.folder, crawled.run.id, told)
        nasty.routes["/p1"] = page("/new")
        nasty.routes["/new"] = page()
        result = confirm_urls(
            crawled.folder, crawled.run.id, told, (nasty.url("/p1"), nasty.url("/p2"), nasty.url("/cart?add-to-cart=1"))
        )
        responses = crawled.responses()
        assert result.reason == "finished"
        assert [attempt.status for attempt in responses[nasty.url("/p1")].attempts] == [404, 404, 200]
        assert responses[nasty.url("/p1")].outcome is F.OK
        assert (nasty.hits["/p2"], nasty.hits["/p0"]) == (2, 1)
        assert crawled.urls()[nasty.url("/new")].status == "waiting"
        assert nasty.hits["/cart?add-to-cart=1"] == 0


def test_the_limit_of_bytes_is_that_of_all_rounds(new_run: NewRun) -> None:
    with serving(chain(60)) as nasty:
        crawled = new_run(nasty.url("/"))
        first = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_bytes=10_000_000, max_pages=5))
        assert first.reason == "page_limit"
        with crawled.workspace.read() as connection:
            received = runs.received(connection, crawled.run.id)
        assert 0 < received <= first.received
        asked = sum(nasty.hits.values())
        again = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_bytes=received))
        assert again.reason == "byte_limit"
        assert sum(nasty.hits.values()) == asked + 1, "robots.txt only"


def test_our_own_pauses_are_not_what_a_page_took(new_run: NewRun) -> None:
    routes = {
        "/": page("/a", "/b"),
        "/robots.txt": text(""),
        "/a": to("/a2"),
        "/a2": page(),
        "/b": to("/b2"),
        "/b2": page(),
    }
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        began = time.monotonic()
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_rate=0.5)).reason == "finished"
        assert time.monotonic() - began > 6  # two seconds before each hop
        assert max(one.elapsed_ms for one in crawled.responses().values()) < 1_900


def test_a_server_that_fails_by_chance_is_asked_up_to_four_times(new_run: NewRun) -> None:
    def failing(times: int) -> Callable[[Visit], Reply]:
        return lambda visit: Reply(500, b"<p>Error</p>") if visit.number <= times else page()

    routes = {"/": page("/once", "/twice", "/thrice", "/ever", "/gone"), "/robots.txt": text("")}
    routes |= {"/once": failing(1), "/twice": failing(2), "/thrice": failing(3), "/ever": failing(99)}
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"))).reason == "finished"
        told = {one.url.rpartition("/")[2]: (one.status, len(one.attempts)) for one in crawled.responses().values()}
    assert told["once"] == (200, 2)
    assert told["twice"] == (200, 3)
    assert told["thrice"] == (200, 4)
    assert told["ever"] == (500, 4)
    assert told["gone"] == (404, 2)
