"""Who works on a site: a lease in the database that its holder renews; one that is not renewed has lost its holder.

Time is told by a count of heartbeats that the waiting side watches, never by comparing clocks: a clock that jumps, or two
machines that disagree, neither free a lease nor hold one for ever.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import OperationalError

from auditor.store.runs import now
from auditor.store.schema import leases
from auditor.store.workspace import Workspace

HEARTBEAT = 5.0  # seconds between two
SILENCE = 30.0  # seconds without one, after which its holder is taken for lost


class Lease(msgspec.Struct, frozen=True):
    """A row: who holds the site, since when, and how often it was renewed."""

    site: str
    holder: str
    run: str
    since: str
    beats: int


def held(connection: Connection) -> list[str]:
    """Sites that have a lease, lost ones too."""
    return list(connection.execute(select(leases.c.site)).scalars())


def of(connection: Connection, site: str) -> Lease | None:
    row = connection.execute(select(leases).where(leases.c.site == site)).first()
    return None if row is None else msgspec.convert(row, Lease, from_attributes=True)


def take(workspace: Workspace, site: str, run: str, holder: str) -> Lease | None:
    """Takes the lease where it is free; else the one that stands in the way."""
    with workspace.write() as connection:
        there = of(connection, site)
        if there is None:
            connection.execute(insert(leases).values(site=site, holder=holder, run=run, since=now(), beats=0))
        return there


def drop_lost(workspace: Workspace, seen: Lease) -> bool:
    """Takes away a lease that was not renewed since it was `seen`; False where it was."""
    with workspace.write() as connection:
        same = (leases.c.site == seen.site, leases.c.holder == seen.holder, leases.c.beats == seen.beats)
        return bool(connection.execute(delete(leases).where(*same)).rowcount)


def renew(workspace: Workspace, site: str, holder: str) -> bool:
    """One heartbeat; False where the lease is another's by now."""
    with workspace.write() as connection:
        mine = (leases.c.site == site, leases.c.holder == holder)
        return bool(connection.execute(update(leases).where(*mine).values(beats=leases.c.beats + 1)).rowcount)


def release(workspace: Workspace, site: str, holder: str) -> None:
    with workspace.write() as connection:
        connection.execute(delete(leases).where(leases.c.site == site, leases.c.holder == holder))


@contextmanager
def holding(
    workspace: Workspace,
    site: str,
    run: str,
    *,
    wait: float,
    stopped: threading.Event,
    waiting: Callable[[Lease], None] = lambda _: None,
    lost: Callable[[], None] = lambda: None,
    heartbeat: float = HEARTBEAT,
    silence: float = SILENCE,
) -> Iterator[Lease | None]:
    """Holds the site's lease; hands out the one that stands in the way, where it is alive and not freed within `wait` seconds.

    A lease whose process is gone is taken over at once, one whose heartbeats cease after `silence` seconds. `lost` is called
    where somebody took ours.
    """
    holder = f"{_here()}:{secrets.token_hex(8)}"
    other = _wait_for(workspace, site, run, holder, wait, silence, stopped, waiting)
    if other is not None:
        yield other
        return
    done = threading.Event()
    beating = threading.Thread(
        target=_beat, args=(workspace, site, holder, heartbeat, done, lost), name="lease", daemon=True
    )
    beating.start()
    try:
        yield None
    finally:
        done.set()
        beating.join(heartbeat + 35)
        with suppress(OperationalError):  # full or locked: whoever comes next sees that its process is gone
            release(workspace, site, holder)


def _wait_for(
    workspace: Workspace,
    site: str,
    run: str,
    holder: str,
    wait: float,
    silence: float,
    stopped: threading.Event,
    waiting: Callable[[Lease], None],
) -> Lease | None:
    began = since = time.monotonic()
    seen: Lease | None = None
    alive = False  # it was renewed while we watched
    while (there := take(workspace, site, run, holder)) is not None:
        here = time.monotonic()
        if seen is None:
            waiting(there)
        if seen is None or (seen.holder, seen.beats) != (there.holder, there.beats):
            alive = seen is not None
            seen, since = there, here
        if (_is_dead(there.holder) or here - since >= silence) and drop_lost(workspace, there):
            continue
        if stopped.is_set() or (alive and here - began >= wait):
            return there
        stopped.wait(min(0.5, silence / 10))
    return None


def _beat(
    workspace: Workspace, site: str, holder: str, heartbeat: float, done: threading.Event, lost: Callable[[], None]
) -> None:
    while not done.wait(heartbeat):
        with suppress(OperationalError):  # locked or full for a moment; the next heartbeat may come through
            if not renew(workspace, site, holder):
                lost()
                return


def _here() -> str:
    """This process, as others on this machine can find it: machine and process space, number, when it began."""
    return f"{_space()}:{os.getpid()}:{_began(os.getpid())}"


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine and is gone; False where that can't be told."""
    space, _, rest = holder.partition(":")
    number, _, began = rest.partition(":")
    if not space or space != _space() or not number.isdigit():
        return False
    return _began(int(number)) != began.partition(":")[0]


def _space() -> str:
    """Empty where the system does not tell (no /proc): then only heartbeats count."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _began(process: int) -> str:
    """When a process began, in ticks since the machine did; empty where there is none. A number may be used again."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]
