"""The crawl process: reads its job from stdin, runs one Scrapy crawl, tells how it ended on stdout.

    python -m auditor.crawl.child

SIGTERM or SIGINT: finish what is under way and end; a second one: end now. When its parent is gone, it ends by itself;
the store then holds everything but the pages that were under way.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from typing import Any, BinaryIO

import msgspec

from auditor.crawl.job import Job, Message

_WATCH = 1.0  # seconds between looks at the parent
EXIT_PARENT_GONE = 4
EXIT_KILLED = 5


def main() -> None:
    parent = os.getppid()
    _load()
    told = sys.stdin.buffer.readline()
    if not told:
        sys.exit(EXIT_PARENT_GONE)
    job = msgspec.json.decode(told, type=Job)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may speak on the parent's line
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    code = run(job, out)
    sys.stderr.flush()
    os._exit(code)  # the interpreter takes a quarter of a second to take itself down, and there is nothing left to do


def _load() -> None:
    """What takes time to load, while the job may be still to come. No reactor: that is the crawl's to make."""
    from scrapy.core.downloader.handlers import http11  # noqa: F401

    from auditor.crawl import handler, spider  # noqa: F401
    from auditor.knowledge import challenges, platforms

    platforms.load()
    challenges.protections()


def run(job: Job, out: BinaryIO) -> int:
    from scrapy.crawler import AsyncCrawlerProcess

    from auditor.crawl.spider import SiteSpider, scrapy_settings

    stop = asyncio.Event()
    encoder = msgspec.json.Encoder()

    def tell(message: Message) -> None:
        out.write(encoder.encode(message) + b"\n")

    process = AsyncCrawlerProcess(scrapy_settings(job.settings))
    loop = asyncio.get_event_loop()

    def asked(_: int, __: Any) -> None:
        if stop.is_set():
            os._exit(EXIT_KILLED)
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)

    crawler = process.create_crawler(SiteSpider)
    process.crawl(crawler, job=job, tell=tell, stop=stop)
    process.start(install_signal_handlers=False)
    return 0


def _watch(parent: int) -> None:
    """Ends the process once the parent is gone: its end of stdin closes, or another process is the parent."""
    while True:
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], _WATCH)
        if (readable and not os.read(sys.stdin.fileno(), 4096)) or os.getppid() != parent:
            os._exit(EXIT_PARENT_GONE)


if __name__ == "__main__":
    main()
