"""Snapshots against a bare Playwright loop (new context, goto, content) on the same pages, as many at once.

    python benchmarks/render_vs_playwright.py [--shop made-up|demo] [--pages 60] [--at-once 6] [--runs 3]
    python benchmarks/render_vs_playwright.py --with axe screenshots          # beside it: what those two cost

Both loops run in worker processes of the same pool, each with a browser of its own, warmed up by a page that is not
counted. The made-up shop's pages have no scripts; the demo shop's have, so tags are waited for there (`--watch`).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
import psutil
from made_up_shop import served
from measuring import Spent, compare, table
from playwright.sync_api import sync_playwright

from auditor.config.devices import DEVICES
from auditor.evidence.bundle import KINDS
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import BrowserName, FetchOutcome
from auditor.render import browsers
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.workers.pool import Pool, Task
from auditor.workers.processes import ProcessPool

TARGET = 0.85
HEAVY = frozenset(
    {"axe", "screenshots", "areas", "timing", "reflow", "focus", "moving", "visit"}
)  # reflow, focus and moving are gathered with one client, once a page or less


class Bare:
    """The loop to compare with: a worker's entry."""

    def __init__(self, _: bytes) -> None:
        found = browsers.find(BrowserName.CHROMIUM)
        assert isinstance(found, browsers.Found)
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=found.path)

    def run(self, payload: bytes) -> bytes:
        task = msgspec.msgpack.decode(payload, type=RenderTask)
        context = self._browser.new_context()
        try:
            tab = context.new_page()
            tab.goto(task.url)
            return tab.content().encode()
        finally:
            context.close()

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shop", choices=("made-up", "demo"), default="made-up")
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--at-once", type=int, default=6, help="workers of each loop (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs (default: %(default)s)")
    parser.add_argument(
        "--watch", type=float, help="seconds that late tags are waited for; the audit's default if left out"
    )
    parser.add_argument("--with", dest="more", nargs="*", default=[], metavar="KIND", help="axe, screenshots, reflow")
    options = parser.parse_args()
    kinds = (frozenset(KINDS) - HEAVY) | set(options.more)
    with ExitStack() as opened:
        origin, paths = opened.enter_context(pages(options.shop, options.pages))
        settings = RenderSettings(
            files=opened.enter_context(tempfile.TemporaryDirectory(prefix="auditor-benchmark-")),
            site_hosts=(origin.removeprefix("http://"),),
        )
        if options.watch is not None:
            settings = msgspec.structs.replace(settings, watch_ms=int(options.watch * 1000))
        tasks = [task(number, origin + path, kinds) for number, path in enumerate(paths)]
        ours = opened.enter_context(pool("auditor.render.worker:Renderer", options.at_once, settings))
        bare = opened.enter_context(pool("render_vs_playwright:Bare", options.at_once, settings))
        for one in (ours, bare):
            visit(one, tasks[: options.at_once], check=one is ours)
        print(f"{len(tasks)} pages of the {options.shop} shop, {options.at_once} at once; {', '.join(sorted(kinds))}")
        pairs = compare(options.runs, lambda: visit(ours, tasks, check=True), lambda: visit(bare, tasks, check=False))
    print(table(pairs, "auditor", "bare loop"))
    speeds = sorted(theirs.wall / mine.wall for mine, theirs in pairs)
    middle = speeds[len(speeds) // 2]
    costs = sorted(theirs.cpu / mine.cpu for mine, theirs in pairs)
    print(
        f"{costs[len(costs) // 2]:.2f} of the bare loop's pages for the same processor time ({costs[0]:.2f} to {costs[-1]:.2f})"
    )
    print(f"{middle:.2f} of the bare loop's pages a second ({speeds[0]:.2f} to {speeds[-1]:.2f})")
    if not options.more:
        print(f"target: at least {TARGET}; {'met' if middle >= TARGET else 'not met'}")


def visit(opened: Pool, tasks: list[Task], *, check: bool) -> Spent:
    before, began = _processor(), time.perf_counter()
    for result in opened.run(tasks):
        if result.payload is None:
            sys.exit(f"a page failed: {result.error}")
        if check:
            taken = msgspec.msgpack.decode(result.payload, type=RenderResult)
            if taken.outcome is not FetchOutcome.OK or taken.bundle.missing:
                sys.exit(f"{taken.url}: {taken.outcome} {taken.reason} {taken.bundle.missing}")
    return Spent(time.perf_counter() - began, _processor() - before)


def _processor() -> float:
    """Seconds of this process and of all below it, those that ended and were waited for included."""
    total = 0.0
    for one in (ours := psutil.Process(), *ours.children(recursive=True)):
        with suppress(psutil.Error):
            total += sum(one.cpu_times()[:4])
    return total


def task(number: int, url: str, kinds: frozenset[str]) -> Task:
    key = SnapshotKey(url, Client("chromium", "desktop"))
    return Task(
        str(number), msgspec.msgpack.encode(RenderTask(key=key, url=url, device=DEVICES["desktop"], collectors=kinds))
    )


def pool(entry: str, size: int, settings: RenderSettings) -> ProcessPool:
    return ProcessPool(entry, msgspec.msgpack.encode(settings), size, deadline_s=120, name=entry.partition(":")[2])


@contextmanager
def pages(shop: str, count: int) -> Iterator[tuple[str, list[str]]]:
    """The shop's origin and the paths to visit; it is served by a process of its own."""
    if shop == "made-up":
        with served(count) as (address, _):
            yield address.rstrip("/"), [f"/product/{number}" for number in range(count)]
        return
    command = [sys.executable, "-m", "auditor.demo", "--clean"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            origin = server.stdout.readline().split(" at ")[1].split(" ")[0]
            with urllib.request.urlopen(f"{origin}/sitemap-products.xml", timeout=10) as answer:
                paths = re.findall(rf"<loc>{re.escape(origin)}([^<]+)</loc>", answer.read().decode())
            yield origin, (paths * count)[:count]
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
