"""What supervised processes bear: deaths, deadlines, stray prints, the pool's own death; and that nothing is left behind."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from auditor.workers import processes, standby
from auditor.workers.pool import Result, Task, WorkerStartError
from auditor.workers.processes import ProcessPool

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asserts what only Linux can promise")


def do(id_: str, what: str, **options: object) -> Task:
    return Task(id_, json.dumps({"do": what, **options}).encode())


def by_id(results: Iterator[Result]) -> dict[str, Result]:
    listed = list(results)
    assert len({result.id for result in listed}) == len(listed), "a task had two results"
    return {result.id: result for result in listed}


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # a container's init may not bury orphans
    except psutil.NoSuchProcess:
        return True


def guardians(name: str) -> list[psutil.Process]:
    """All processes of pools of this name, guardians and workers."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if any(part.endswith("guardian.py") for part in line) and any(part.startswith(f"{name}-") for part in line):
                found.append(process)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """For marks; and afterwards no worker is left, nor its TMPDIR."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    marks = tmp_path / "marks"
    marks.mkdir()
    others = set(psutil.Process().children(recursive=True))  # servers of other tests
    yield marks
    assert list(temporary.iterdir()) == []
    assert set(psutil.Process().children(recursive=True)) - others == set()


def pool_of(size: int, folder: Path, entry: str = "Doer", **options: object) -> ProcessPool:
    return ProcessPool(f"worker_entries:{entry}", str(folder).encode(), size, **options)  # type: ignore[arg-type]


def test_results_come_as_they_complete(folder: Path) -> None:
    with pool_of(2, folder) as pool:
        results = pool.run([do("slow", "wait_for", file="go"), *(Task(str(n), b"x") for n in range(5))])
        first = [next(results).id for _ in range(5)]
        (folder / "go").touch()
        assert first == ["0", "1", "2", "3", "4"]
        assert [result.id for result in results] == ["slow"]


def test_a_worker_is_started_only_for_a_task(folder: Path) -> None:
    with pool_of(4, folder, name="lazy") as pool:
        assert guardians("lazy") == []
        assert len(list(pool.run([Task("a", b"x")]))) == 1
        assert len(guardians("lazy")) == 2  # one guardian, one worker
    assert guardians("lazy") == []


def test_what_needs_no_settings_is_done_before_they_come(folder: Path) -> None:
    with pool_of(1, folder, "Prepared") as pool:
        assert [result.payload for result in pool.run([Task("a", b"x")])] == [b"prepared"]


def test_a_pool_that_parted_waits_for_its_workers_only_when_it_is_closed(folder: Path) -> None:
    pool = pool_of(1, folder, name="parted")
    try:
        assert [result.payload for result in pool.run([Task("a", b"xy")])] == [b"yx"]
        pool.part()
    finally:
        pool.close()
    assert guardians("parted") == []
    assert len(list(folder.glob("closed-*"))) == 1  # in peace


def test_workers_run_side_by_side(folder: Path) -> None:
    with pool_of(3, folder) as pool:
        first = pool.run([do("a", "wait_for", file="go"), do("b", "wait_for", file="go"), Task("c", b"x")])
        assert next(first).id == "c"
        (folder / "go").touch()
        assert len({result.worker for result in first}) == 2


def test_a_worker_killed_in_mid_task_costs_one_retry(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pool_of(3, folder) as pool, caplog.at_level(logging.WARNING):
        tasks = [Task(str(n), b"ab") for n in range(30)]
        tasks.insert(10, do("unlucky", "die_once", mark="died"))
        results = by_id(pool.run(tasks))
    assert len(results) == 31
    assert results.pop("unlucky").attempts == 2
    assert all(result.payload == b"ba" and result.attempts == 1 for result in results.values())
    assert "killed by signal 9" in caplog.text
    assert "task unlucky" in caplog.text


def test_a_kill_from_outside(folder: Path) -> None:
    with pool_of(2, folder) as pool:
        run = pool.run([do("a", "pid"), *(Task(str(n), b"x") for n in range(3)), do("b", "wait_for", file="go")])
        victim = int(next(result for result in run if result.id == "a").payload or b"")
        os.kill(victim, signal.SIGKILL)
        (folder / "go").touch()
        assert all(result.payload is not None for result in run)
    assert gone(victim)


def test_a_task_that_kills_twice_is_named(folder: Path) -> None:
    with pool_of(2, folder) as pool:
        results = by_id(
            pool.run(
                [
                    do("nine", "die", number=9),
                    do("segv", "die", number=11),
                    do("exit", "leave", code=7),
                    Task("g", b"ab"),
                ]
            )
        )
    assert results["g"].payload == b"ba"
    for id_, how in {"nine": "killed by signal 9", "segv": "killed by signal 11", "exit": "exit code 7"}.items():
        assert results[id_].payload is None
        assert results[id_].attempts == 2
        assert results[id_].error.splitlines()[0] == f"the worker died twice ({how})"
    assert "about to die" in results["nine"].error
    assert "Fatal Python error: Segmentation fault" in results["segv"].error


def test_a_task_over_its_deadline_is_killed_with_its_tree_and_not_tried_again(folder: Path) -> None:
    with pool_of(2, folder, deadline_s=1.0) as pool:
        results = by_id(pool.run([do("hang", "hang", mark="pids"), *(Task(str(n), b"ab") for n in range(5))]))
        worker, sleep = map(int, (folder / "pids").read_text().split())
        assert gone(worker)
        assert gone(sleep)
    late = results.pop("hang")
    assert late.payload is None
    assert late.attempts == 1
    assert late.error.splitlines()[0] == "took longer than 1 s"
    assert "in hang" in late.error, "the worker's stack is shown"
    assert 0.9 < late.seconds < 10
    assert all(result.payload == b"ba" for result in results.values())


def test_a_slow_reader_of_results_is_no_deadline_missed(folder: Path) -> None:
    with pool_of(2, folder, deadline_s=1.0) as pool:
        results = []
        for result in pool.run([Task("a", b"x"), do("b", "big", size=5_000_000), do("c", "chatter", size=300_000)]):
            results.append(result)
            time.sleep(1.5)  # storing it takes longer than the deadline of the others
    assert sorted((result.id, result.error) for result in results) == [("a", ""), ("b", ""), ("c", "")]


def test_a_stopped_worker_is_over_its_deadline(folder: Path) -> None:
    with pool_of(1, folder, deadline_s=1.0) as pool:
        (first,) = pool.run([do("a", "pid")])
        os.kill(int(first.payload or b""), signal.SIGSTOP)
        (second,) = pool.run([Task("b", b"x" * 3_000_000)])
        (third,) = pool.run([Task("c", b"ab")])
    assert second.error.startswith("took longer than 1 s")
    assert third.payload == b"ba"


def test_workers_are_recycled(folder: Path) -> None:
    with pool_of(1, folder, recycle_after=3) as pool:
        pids = [result.payload for result in pool.run(do(str(n), "pid") for n in range(7))]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]
    assert len(list(folder.glob("closed-*"))) == 3


def test_a_worker_that_did_little_is_kept_for_the_next_pool_of_its_entry(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "MOST_KEPT", 5)
    with standby.kept():
        with pool_of(1, folder, keep=True, name="kept") as pool:
            (first,) = pool.run([do("a", "pid")])
        assert len(list(folder.glob("closed-*"))) == 1
        with pool_of(1, folder, keep=True, name="kept") as pool:
            results = by_id(pool.run([do("b", "pid"), do("c", "count"), *(Task(str(n), b"x") for n in range(6))]))
        assert guardians("kept") == []  # it did much by then
    assert results["b"].payload == first.payload
    assert results["c"].payload == b"2"  # counted anew: its entry was made again


def test_a_kept_worker_that_died_is_replaced_and_without_a_keeper_none_is_kept(folder: Path) -> None:
    with standby.kept():
        with pool_of(1, folder, keep=True, name="kept") as pool:
            (first,) = pool.run([do("a", "pid")])
        os.kill(int(first.payload or b""), signal.SIGKILL)
        with pool_of(1, folder, keep=True, name="kept") as pool:
            (second,) = pool.run([do("b", "pid")])
    assert second.payload not in (None, first.payload)
    assert guardians("kept") == []
    with pool_of(1, folder, keep=True, name="kept") as pool:
        list(pool.run([do("a", "pid")]))
    assert guardians("kept") == []


def test_what_a_task_leaves_behind_goes_with_its_worker(folder: Path) -> None:
    with pool_of(1, folder) as pool:
        (result,) = pool.run([do("a", "leave_behind")])
        orphan = int(result.payload or b"")
        assert not gone(orphan)
    assert gone(orphan)


def test_prints_do_not_disturb(folder: Path) -> None:
    with pool_of(1, folder) as pool:
        results = by_id(pool.run([do("a", "chatter", size=1_000_000), do("b", "read_stdin"), Task("c", b"ab")]))
    assert results["a"].payload == b"quiet"
    assert results["b"].payload == b""
    assert results["c"].payload == b"ba"


def test_a_worker_killed_while_starting_is_started_again(folder: Path) -> None:
    with pool_of(1, folder, "DiesStarting") as pool:
        (result,) = pool.run([Task("a", b"x")])
    assert (result.payload, result.attempts) == (b"x", 1)


def test_no_endless_restarts(folder: Path) -> None:
    (folder / "started").write_text("always")
    with (
        pool_of(2, folder, "DiesStarting") as pool,
        pytest.raises(WorkerStartError, match=r"died while starting \(killed by signal 9\)"),
    ):
        list(pool.run([Task("a", b"x"), Task("b", b"x")]))


def test_an_entry_that_starts_no_more_ends_the_run(folder: Path) -> None:
    with pool_of(1, folder, "StartsOnce", recycle_after=2) as pool:
        run = pool.run(Task(str(n), b"x") for n in range(5))
        assert [next(run).id, next(run).id] == ["0", "1"]
        with pytest.raises(WorkerStartError, match="the second cannot start"):
            next(run)


def test_stop_from_a_thread_kills_what_hangs(folder: Path) -> None:
    with pool_of(2, folder) as pool:

        def stop_when_both_hang() -> None:
            until(lambda: (folder / "one").exists() and (folder / "two").exists())
            pool.stop()

        stopper = threading.Thread(target=stop_when_both_hang)
        stopper.start()
        assert list(pool.run([do("a", "hang", mark="one"), do("b", "hang", mark="two"), Task("c", b"x")])) == []
        stopper.join()
        pids = [int(pid) for mark in ("one", "two") for pid in (folder / mark).read_text().split()]
        assert all(map(gone, pids))


def test_works_from_a_thread_that_ends(folder: Path) -> None:
    with pool_of(1, folder) as pool:
        pids: list[bytes | None] = []
        for _ in range(2):
            thread = threading.Thread(target=lambda: pids.extend(r.payload for r in pool.run([do("a", "pid")])))
            thread.start()
            thread.join()
    assert len(pids) == 2
    assert pids[0] == pids[1], "the worker outlives the thread that started it"


def test_environment(folder: Path) -> None:
    with pool_of(1, folder) as pool:
        names = ["TMPDIR", "AUDITOR_WORKER_SYS_PATH", "PATH"]
        seen = {result.id: result.payload for result in pool.run(do(name, "env", name=name) for name in names)}
        assert Path(str(seen["TMPDIR"], "utf-8")).is_dir()  # type: ignore[arg-type]
    assert seen["AUDITOR_WORKER_SYS_PATH"] == b""
    assert seen["PATH"] == os.environ["PATH"].encode()


PARENT = """
import json, os, signal, sys, threading
sys.path[:] = {path!r}
from auditor.workers.pool import Task
from auditor.workers.processes import ProcessPool
def task(mark): return Task(mark, json.dumps({{"do": "hang", "mark": mark}}).encode())
def main():
    with ProcessPool("worker_entries:Doer", {folder!r}.encode(), 2, name="parent") as pool:
        {setup}
        print(list(pool.run([task("one"), task("two")])))
try:
    main()
except KeyboardInterrupt:
    print("interrupted")
"""


@contextlib.contextmanager
def parent(folder: Path, setup: str = "") -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """A process with a pool of two that hang, and the pids of these and of their sleeps."""
    code = PARENT.format(path=sys.path, folder=str(folder), setup=setup)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder.parent / "tmp")},
    ) as process:
        try:
            until(lambda: (folder / "one").exists() and (folder / "two").exists())
            yield process, [int(pid) for mark in ("one", "two") for pid in (folder / mark).read_text().split()]
        finally:
            process.kill()


def nothing_left(folder: Path) -> bool:
    return list((folder.parent / "tmp").iterdir()) == []  # the guardian's last act


def test_no_orphans_when_the_pool_is_killed(folder: Path) -> None:
    with parent(folder) as (process, pids):
        process.kill()
        until(lambda: all(map(gone, pids)))
        until(lambda: nothing_left(folder))


def test_no_orphans_when_a_fork_of_the_pool_lives_on(folder: Path) -> None:
    setup = "import time; threading.Timer(0.5, lambda: None if (pid := os.fork()) else time.sleep(30)).start()"
    with parent(folder, setup) as (process, pids):
        until(
            lambda: (
                len([c for c in psutil.Process(process.pid).children() if "guardian.py" not in str(c.cmdline())]) == 1
            )
        )
        (fork,) = [c for c in psutil.Process(process.pid).children() if "guardian.py" not in str(c.cmdline())]
        process.kill()
        try:
            until(lambda: all(map(gone, pids)))
            until(lambda: nothing_left(folder))
        finally:
            fork.kill()


def test_ctrl_c_in_a_terminal(folder: Path) -> None:
    with parent(folder) as (process, pids):
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "interrupted\n"
        assert all(map(gone, pids))
        assert nothing_left(folder)


def test_stop_in_a_signal_handler(folder: Path) -> None:
    with parent(folder, "signal.signal(signal.SIGTERM, lambda *_: pool.stop())") as (process, pids):
        process.terminate()
        assert process.communicate(timeout=60)[0] == "[]\n"
        assert process.returncode == 0
        assert all(map(gone, pids))


def test_interrupt_sent_to_the_workers_is_ignored(folder: Path) -> None:
    with pool_of(1, folder) as pool:
        (first,) = pool.run([do("a", "pid")])
        worker = psutil.Process(int(first.payload or b""))
        worker.send_signal(signal.SIGINT)
        worker.parent().send_signal(signal.SIGINT)
        (second,) = pool.run([do("b", "pid")])
    assert second.payload == first.payload


def test_hundreds_of_small_tasks_are_fast(folder: Path) -> None:
    with pool_of(2, folder) as pool:
        list(pool.run([Task("warm", b""), Task("warm too", b"")]))
        began = time.monotonic()
        assert len(list(pool.run(Task(str(n), b"x" * 1000) for n in range(1000)))) == 1000
        took = time.monotonic() - began
    assert took < 30, f"{1000 / took:.0f} tasks a second"


def test_a_killed_guardian_takes_its_worker_along(folder: Path) -> None:
    with pool_of(1, folder) as pool:
        (first,) = pool.run([do("a", "pid")])
        worker = psutil.Process(int(first.payload or b""))
        worker.parent().kill()
        until(lambda: gone(worker.pid))
        (second,) = pool.run([do("b", "pid")])
        assert second.payload not in (None, first.payload)
