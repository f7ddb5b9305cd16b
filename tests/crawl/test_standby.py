"""A crawl process started ahead of its job, and kept for the next: it is gone where none comes, and is replaced where it died."""

from __future__ import annotations

import sys

import psutil
import pytest

from auditor.crawl import standby
from auditor.crawl.job import Job, Seen
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.supervise import run_child
from tests.crawl.kit import settings
from tests.crawl.nasty import Reply, serving

JOB = Job(kind="probe", settings=CrawlSettings(start=("http://127.0.0.1:1/",), hosts=("127.0.0.1:1",), timeout=5.0))


def _waiting() -> standby.Started:
    assert standby._ready is not None
    return standby._ready


def test_the_first_job_gets_the_child_that_waits() -> None:
    with standby.ahead():
        waiting = _waiting()
        message, _ = run_child(JOB, lambda _: None, None)
        assert isinstance(message, Seen)
    assert waiting.process.returncode is not None
    assert standby._ready is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a child has one job")
def test_one_child_has_all_jobs_and_each_starts_clean() -> None:
    with standby.kept():
        seen = []
        for _ in range(3):
            message, _why = run_child(JOB, lambda _: None, None)
            assert isinstance(message, Seen)
            seen.append(_waiting().process.pid)
        assert len(set(seen)) == 1
        last = _waiting()
    assert last.process.returncode is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a child has one job")
def test_a_job_that_dies_costs_the_next_nothing() -> None:
    def kill(_: object) -> None:
        for child in psutil.Process().children():
            if "auditor.crawl.child" in child.cmdline():
                for fork in child.children():
                    fork.kill()

    with serving() as shop, standby.kept():
        shop.routes["/robots.txt"] = Reply(wait=30)
        job = Job(kind="probe", settings=settings(shop.url("/"), timeout=60.0))
        message, why = run_child(job, kill, None)
        assert (message, why) == (None, "exit code -9; it said nothing")
        message, _ = run_child(JOB, lambda _: None, None)
        assert isinstance(message, Seen)


def test_without_anybody_who_may_have_more_it_ends_with_its_job() -> None:
    run_child(JOB, lambda _: None, None)
    assert standby._ready is None


def test_without_a_job_it_ends() -> None:
    with standby.ahead():
        waiting = _waiting()
    assert waiting.process.returncode is not None
    assert waiting.errors.closed


def test_it_ends_after_a_mistake_too() -> None:
    seen: list[standby.Started] = []

    def mistaken() -> None:
        with standby.ahead():
            seen.append(_waiting())
            raise LookupError

    with pytest.raises(LookupError):
        mistaken()
    assert seen[0].process.returncode is not None


def test_one_that_died_is_replaced() -> None:
    with standby.ahead():
        first = _waiting()
        first.process.kill()
        first.process.wait()
        second = standby.take()
        second.end()
    assert second.process.pid != first.process.pid


def test_one_that_dies_before_it_reads_its_job_is_told_of_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    take = standby.take

    def dead() -> standby.Started:
        started = take()
        started.process.kill()
        started.process.wait()
        return started

    monkeypatch.setattr(standby, "take", dead)
    assert run_child(JOB, lambda _: None, None) == (None, "exit code -9; it said nothing")


def test_a_child_whose_parent_is_gone_before_the_job_ends_by_itself() -> None:
    started = standby.take()
    assert started.process.stdin is not None
    started.process.stdin.close()
    assert started.process.wait(60) == 4
    started.errors.seek(0)
    assert started.errors.read() == b""
    started.end()
