"""Peak memory of the process tree and size of the database, for shops of several sizes.

    python benchmarks/memory_and_disk.py [--products 20000 40000] [--crawl-only]

Each size is crawled into a workspace of its own, and unless told otherwise described, judged and reported, without browsers.
Memory is what the processes hold for themselves (unique set size where the system tells it, else resident), sampled.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import psutil
from crawl_vs_scrapy import disk
from made_up_shop import served

_EVERY = 0.5  # seconds between two looks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, nargs="+", default=[20_000, 40_000])
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--crawl-only", action="store_true", help="no facts, no rules, no report")
    options = parser.parse_args()
    print(f"{'pages':>8} {'peak memory':>12} {'of the crawl':>12} {'database':>14} {'time':>9}")
    taken: list[tuple[int, float]] = []
    for products in options.products:
        folder = Path(tempfile.mkdtemp(prefix="auditor-benchmark-"))
        try:
            with served(products) as (url, count):
                began = time.perf_counter()
                peak, crawl = _watched(url, folder / "audits", count, options)
                seconds = time.perf_counter() - began
            size = disk(folder / "audits")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        taken.append((count, peak))
        print(
            f"{count:>8,} {peak:>9,.0f} MB {crawl:>9,.0f} MB {size / count / 1000:>8.1f} kB/page {seconds:>7,.0f} s",
            flush=True,
        )
    for (few, before), (many, after) in pairwise(taken):
        print(f"each further 100,000 pages: {(after - before) / (many - few) * 100_000:+.0f} MB")


def _watched(url: str, workspace: Path, count: int, options: argparse.Namespace) -> tuple[float, float]:
    """MB at the peak of everything, and of the crawl process."""
    config = workspace.parent / "shop.yaml"
    config.write_text(
        f"site: {url}\ncrawl: {{max_pages: {count + 100}, concurrency: {options.concurrency}, confirm_after: 0.1s}}\n"
        "render: {browsers: []}\nreport: [json]\n",
        encoding="utf-8",
    )
    verb = "crawl" if options.crawl_only else "run"
    command = [sys.executable, "-m", "auditor", verb, str(config), "--plain", "--workspace", str(workspace)]
    peak = crawl = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as started:
        tree = psutil.Process(started.pid)
        while started.poll() is None:
            held = [(one, _held(one)) for one in [tree, *_children(tree)]]
            peak = max(peak, sum(size for _, size in held))
            crawl = max([crawl, *(size for one, size in held if _is_crawl(one))])
            time.sleep(_EVERY)
        if started.returncode not in (0, 1):
            told = started.stderr.read().decode()[-1500:] if started.stderr else ""
            sys.exit(f"the audit ended with {started.returncode}:\n{told}")
    return peak / 1e6, crawl / 1e6


def _children(tree: psutil.Process) -> list[psutil.Process]:
    try:
        return list(tree.children(recursive=True))
    except psutil.Error:
        return []


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except (psutil.Error, AttributeError):
        return 0


def _is_crawl(process: psutil.Process) -> bool:
    try:
        return "auditor.crawl.child" in process.cmdline()
    except psutil.Error:
        return False


if __name__ == "__main__":
    main()
