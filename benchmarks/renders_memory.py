"""Memory of a render worker and all it started (driver, browser), snapshot after snapshot: flat after a warm-up?

    python benchmarks/renders_memory.py [--renders 500] [--browser chromium]

Pages of the clean demo shop, all collectors. Browsers are started afresh as in an audit, so the level is that of whole cycles.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec
import psutil
from render_vs_playwright import pages

from auditor.config.devices import DEVICES
from auditor.evidence.bundle import KINDS
from auditor.model.snapshot import Client, SnapshotKey
from auditor.render.task import RenderSettings, RenderTask
from auditor.workers.pool import Task
from auditor.workers.processes import ProcessPool

ALLOWED = 1.1  # the last cycle against the first after the warm-up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renders", type=int, default=500)
    parser.add_argument("--browser", default="chromium")
    parser.add_argument(
        "--watch", type=float, default=0.0, help="seconds that late tags are waited for (default: none)"
    )
    options = parser.parse_args()
    with ExitStack() as opened:
        origin, paths = opened.enter_context(pages("demo", options.renders))
        settings = RenderSettings(
            files=opened.enter_context(tempfile.TemporaryDirectory(prefix="auditor-benchmark-")),
            site_hosts=(origin.removeprefix("http://"),),
            watch_ms=int(options.watch * 1000),
        )
        pool = opened.enter_context(
            ProcessPool("auditor.render.worker:Renderer", msgspec.msgpack.encode(settings), 1, deadline_s=120)
        )
        ours = psutil.Process()
        server = set(ours.children(recursive=True))
        seen: list[float] = []
        began = time.monotonic()
        for done, result in enumerate(
            pool.run(_task(n, origin + path, options.browser) for n, path in enumerate(paths)), 1
        ):
            if result.payload is None:
                sys.exit(f"a page failed: {result.error}")
            seen.append(_megabytes([one for one in ours.children(recursive=True) if one not in server]))
            if done % 50 == 0:
                print(
                    f"{done:>5} renders, {time.monotonic() - began:>5.0f} s: {seen[-1]:.0f} MB now, "
                    f"{statistics.median(seen[-50:]):.0f} MB in the middle of the last 50",
                    flush=True,
                )
    cycle = settings.recycle_after
    first, last = statistics.median(seen[cycle : 2 * cycle]), statistics.median(seen[-cycle:])
    print(f"peak {max(seen):.0f} MB; second cycle of {cycle}: {first:.0f} MB, last: {last:.0f} MB ({last / first:.2f})")
    print(f"target: at most {ALLOWED}; {'met' if last / first <= ALLOWED else 'not met'}")


def _megabytes(processes: list[psutil.Process]) -> float:
    """Proportional set size: what processes share counts once."""
    total = 0
    for one in processes:
        try:
            rows = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
            total += next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        except (OSError, StopIteration):
            continue  # it ended meanwhile
    return total / 1024


def _task(number: int, url: str, browser: str) -> Task:
    key = SnapshotKey(url, Client(browser, "desktop"))
    kinds = frozenset(KINDS) - {"visit", "timing"}
    task = RenderTask(key=key, url=url, device=DEVICES["desktop"], collectors=kinds)
    return Task(str(number), msgspec.msgpack.encode(task))


if __name__ == "__main__":
    main()
