"""Two audits of one site: the second waits or is told; a lease that lost its holder is taken over, whatever clocks say."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from sqlalchemy import update

from auditor.store import leases
from auditor.store.leases import Lease
from auditor.store.schema import leases as table
from auditor.store.workspace import Workspace

QUICK = {"heartbeat": 0.05, "silence": 0.6}


def holding(
    workspace: Workspace, run: str, wait: float = 0.0, stopped: threading.Event | None = None, **values: Any
) -> Any:
    return leases.holding(
        workspace, "shop.example", run, wait=wait, stopped=stopped or threading.Event(), **{**QUICK, **values}
    )


def there(workspace: Workspace) -> Lease | None:
    with workspace.read() as connection:
        return leases.of(connection, "shop.example")


def test_it_is_held_renewed_and_given_back(workspace: Workspace) -> None:
    with holding(workspace, "first") as other:
        assert other is None
        lease = there(workspace)
        assert lease is not None
        assert lease.run == "first"
        until = time.monotonic() + 120
        while there(workspace).beats < 2:  # type: ignore[union-attr]
            assert time.monotonic() < until
            time.sleep(0.02)
    assert there(workspace) is None


def test_the_second_is_told_who_stands_in_the_way(workspace: Workspace) -> None:
    told: list[str] = []
    with holding(workspace, "first"), holding(workspace, "second", waiting=lambda one: told.append(one.run)) as other:
        assert other is not None
        assert (other.run, told) == ("first", ["first"])
    assert there(workspace) is None


def test_the_second_waits(workspace: Workspace) -> None:
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with holding(workspace, "first"):
            entered.set()
            leave.wait(60)

    thread = threading.Thread(target=first)
    thread.start()
    assert entered.wait(60)
    with holding(workspace, "second", wait=60, waiting=lambda _: leave.set()) as other:
        assert other is None
        assert there(workspace).run == "second"  # type: ignore[union-attr]
    thread.join(60)


def test_another_site_is_free(workspace: Workspace) -> None:
    with holding(workspace, "first"):
        other = leases.holding(workspace, "other.example", "second", wait=0, stopped=threading.Event(), **QUICK)
        with other as stands:
            assert stands is None


def test_a_lease_without_heartbeats_is_taken_over(workspace: Workspace) -> None:
    """Its time says nothing: written by a clock that is years ahead, or behind."""
    for since in ("2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
        with workspace.write() as connection:
            connection.execute(
                table.insert().values(site="shop.example", holder="elsewhere", run="lost", since=since, beats=7)
            )
        with holding(workspace, "second") as other:
            assert other is None


def test_a_lease_whose_process_is_gone_is_taken_over_at_once(workspace: Workspace) -> None:
    if not leases._space():
        pytest.skip("this system does not tell which processes there are")
    code = "from auditor.store import leases; print(leases._here())"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    with workspace.write() as connection:
        connection.execute(
            table.insert().values(
                site="shop.example", holder=f"{ended.stdout.strip()}:x", run="lost", since="", beats=7
            )
        )
    with holding(workspace, "second", silence=3_600) as other:
        assert other is None


def test_the_number_of_a_process_that_is_used_again(workspace: Workspace) -> None:
    if not leases._space():
        pytest.skip("this system does not tell which processes there are")
    mine = leases._here()
    assert not leases._is_dead(f"{mine}:x")
    assert leases._is_dead(f"{mine}0:x")
    assert not leases._is_dead(f"another machine/1:{mine.split(':')[1]}:1:x")
    assert not leases._is_dead("nonsense")


def test_whose_lease_was_taken_is_told(workspace: Workspace) -> None:
    lost = threading.Event()
    with holding(workspace, "first", lost=lost.set):
        with workspace.write() as connection:
            connection.execute(update(table).values(holder="another"))
        assert lost.wait(60)
    assert there(workspace).holder == "another"  # type: ignore[union-attr]


def test_who_is_stopped_waits_no_longer(workspace: Workspace) -> None:
    stopped = threading.Event()
    with (
        holding(workspace, "first"),
        holding(workspace, "second", wait=3_600, stopped=stopped, waiting=lambda _: stopped.set()) as other,
    ):
        assert other is not None
