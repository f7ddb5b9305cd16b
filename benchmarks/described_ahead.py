"""Crawl and judgement with pages described while the crawl runs, against the same with pages described after it.

    python benchmarks/described_ahead.py [--runs 2] [--products 600] [--wait 100] [--concurrency 8]

The made-up shop waits before each answer, as a real one does: what the crawl's process does not need of the processor meanwhile
is what can be had.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from crawl_vs_scrapy import audit
from made_up_shop import served
from measuring import Spent, compare, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--products", type=int, default=600, help="of the made-up shop (default: %(default)s)")
    parser.add_argument("--wait", type=int, default=100, help="milliseconds before each answer (default: %(default)s)")
    parser.add_argument("--concurrency", type=int, default=8, help="requests under way (default: %(default)s)")
    options = parser.parse_args()
    with (
        served(options.products, wait=options.wait / 1000) as (url, count),
        tempfile.TemporaryDirectory(prefix="auditor-benchmark-") as folder,
    ):
        print(f"{count} pages, {options.concurrency} requests under way, each answered after {options.wait} ms")

        def run(*, ahead: bool) -> Spent:
            one = Path(tempfile.mkdtemp(dir=folder))
            return audit(url, one, count, options.concurrency, rules=True, ahead=ahead)

        pairs = compare(options.runs, lambda: run(ahead=True), lambda: run(ahead=False))
    print(table(pairs, "meanwhile", "afterwards"))


if __name__ == "__main__":
    main()
