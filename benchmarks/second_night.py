"""A second audit of a shop that did not change, against the first: time and disk.

    python benchmarks/second_night.py [--products 1000] [--crawl-only]

Every page has a token that is another each night, and no ETag: what is unchanged must be recognised by its body.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
from contextlib import closing
from pathlib import Path

from crawl_vs_scrapy import audit, disk
from made_up_shop import served


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--crawl-only", action="store_true", help="no facts and no rules")
    options = parser.parse_args()
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="auditor-benchmark-") as folder:
        spent, sizes = [], [0]
        for night in (0, 1):
            with served(options.products, night, port) as (url, count):
                spent.append(audit(url, Path(folder), count, options.concurrency, rules=not options.crawl_only))
            sizes.append(disk(Path(folder)))
    first, second = spent
    print(f"{count} pages; first night {first.wall:.1f} s, second {second.wall:.1f} s")
    print(
        f"time: {second.wall / first.wall:.2f} of the first (processor: {second.cpu / first.cpu:.2f}); aim: at most 0.35"
    )
    print(f"disk: {(sizes[2] - sizes[1]) / sizes[1]:.3f} of the first; aim: at most 0.05")


if __name__ == "__main__":
    main()
