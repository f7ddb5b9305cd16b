"""What every pool does, whichever way it runs its tasks."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.workers.inline import InlinePool
from auditor.workers.pool import Pool, Result, Task, WorkerStartError
from auditor.workers.processes import ProcessPool

Make = Callable[..., Pool]


def inline(entry: str, settings: bytes) -> Pool:
    return InlinePool(entry, settings)


def processes(entry: str, settings: bytes) -> Pool:
    return ProcessPool(entry, settings, 2, deadline_s=60, name="contract")


@pytest.fixture(params=[inline, processes])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def made(name: str = "Doer", module: str = "worker_entries") -> Pool:
        return request.param(f"{module}:{name}", str(tmp_path).encode())

    return made


def do(id_: str, what: str, **options: object) -> Task:
    return Task(id_, json.dumps({"do": what, **options}).encode())


def by_id(results: Iterator[Result]) -> dict[str, Result]:
    listed = list(results)
    assert len({result.id for result in listed}) == len(listed), "a task had two results"
    return {result.id: result for result in listed}


def test_each_task_has_one_result(make: Make) -> None:
    with make() as pool:
        results = by_id(pool.run(Task(str(n), b"%d." % n) for n in range(50)))
    assert {id_: result.payload for id_, result in results.items()} == {str(n): (b"%d." % n)[::-1] for n in range(50)}
    assert all(result.attempts == 1 and result.error == "" and result.worker for result in results.values())


def test_no_tasks(make: Make) -> None:
    with make() as pool:
        assert list(pool.run([])) == []


def test_tasks_are_pulled_only_when_a_worker_is_free(make: Make) -> None:
    pulled = 0

    def endless() -> Iterator[Task]:
        nonlocal pulled
        while True:
            pulled += 1
            yield Task(str(pulled), b"x")

    ahead = []
    with make() as pool:
        for seen, _ in enumerate(pool.run(endless()), 1):
            ahead.append(pulled - seen)
            if seen == 40:
                break
    assert max(ahead) <= 4  # two leased, two waiting to be taken


def test_empty_and_big_payloads(make: Make) -> None:
    size = 20_000_000
    with make() as pool:
        results = by_id(pool.run([Task("there", b"a" * size + b"b"), do("back", "big", size=size), Task("none", b"")]))
    assert results["there"].payload == b"b" + b"a" * size
    assert len(results["back"].payload or b"") == size
    assert results["none"].payload == b""


def test_a_bug_fails_its_task_only(make: Make) -> None:
    with make() as pool:
        results = by_id(
            pool.run([do("bug", "bug"), do("type", "wrong_type"), do("exit", "sys_exit"), Task("good", b"ab")])
        )
    assert results["good"].payload == b"ba"
    for id_, said in {
        "bug": "ValueError: a bug in the entry",
        "type": "returns bytes, not str",
        "exit": "SystemExit",
    }.items():
        assert results[id_].payload is None
        assert results[id_].attempts == 1
        assert "Traceback" in results[id_].error
        assert said in results[id_].error


def test_the_pool_runs_again_and_closes_its_entry(make: Make, tmp_path: Path) -> None:
    with make() as pool:
        first = [result.payload for result in pool.run([do("a", "count")])]
        second = [result.payload for result in pool.run([do("b", "count")])]
        assert not list(tmp_path.glob("closed-*"))
    assert (first, second) == ([b"1"], [b"2"]), "the worker stays between runs"
    assert len(list(tmp_path.glob("closed-*"))) == 1
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        next(pool.run([]))


def test_one_run_at_a_time(make: Make) -> None:
    with make() as pool:
        outer = pool.run(Task(str(n), b"x") for n in range(9))
        next(outer)
        with pytest.raises(RuntimeError, match="runs already"):
            next(pool.run([]))
        assert len(list(outer)) == 8


def test_an_error_in_the_tasks_reaches_the_caller(make: Make) -> None:
    def tasks() -> Iterator[Task]:
        yield Task("a", b"x")
        raise LookupError("no more")

    with make() as pool:
        with pytest.raises(LookupError):
            list(pool.run(tasks()))
        assert [result.payload for result in pool.run([Task("b", b"xy")])] == [b"yx"]


def test_stop_ends_the_iteration(make: Make) -> None:
    with make() as pool:
        seen = 0
        for _ in pool.run(Task(str(n), b"x") for n in range(10_000)):
            seen += 1
            if seen == 5:
                pool.stop()
        assert 5 <= seen <= 9
        assert list(pool.run([Task("late", b"x")])) == []


def test_an_entry_that_cannot_be_imported(make: Make) -> None:
    with (
        make(module="no_such_module") as pool,
        pytest.raises(WorkerStartError, match="No module named 'no_such_module'"),
    ):
        list(pool.run([Task("a", b""), Task("b", b"")]))
    with make("NoSuchClass") as pool, pytest.raises(WorkerStartError, match="NoSuchClass"):
        list(pool.run([Task("a", b"")]))


def test_an_entry_that_raises_when_made(make: Make, tmp_path: Path) -> None:
    with make("FailsToStart") as pool, pytest.raises(WorkerStartError, match="RuntimeError: no room for this worker"):
        list(pool.run([Task("a", b"")]))
    assert (tmp_path / "starts").read_text() == "x"


def test_an_error_which_the_user_can_mend_keeps_its_hint(make: Make) -> None:
    with make("NoBrowser") as pool, pytest.raises(WorkerStartError) as caught:
        list(pool.run([Task("a", b"")]))
    assert caught.value.what == "no browser found"
    assert caught.value.hint == "run: auditor browsers install"


@pytest.mark.parametrize("entry", ["", "module", "module:", ":Class", "a b:Class", "module:Class:more"])
def test_a_malformed_entry_is_refused_at_once(entry: str) -> None:
    for refused in (lambda: InlinePool(entry, b""), lambda: ProcessPool(entry, b"", 1)):
        with pytest.raises(ValueError, match="module:Class"):
            refused()


def test_nothing_is_imported_before_the_first_task(make: Make) -> None:
    sys.modules.pop("worker_entries", None)
    with make() as pool:
        assert "worker_entries" not in sys.modules
        assert [result.payload for result in pool.run([Task("a", b"ab")])] == [b"ba"]
