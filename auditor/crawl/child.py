"""The crawl process: reads jobs from stdin, runs one Scrapy crawl for each, tells how it ended on stdout.

    python -m auditor.crawl.child

A reactor runs once in a process, and loading Scrapy takes a second. So on Linux each job has a fork of this process, which
knows no other job; elsewhere there is one job, and the process ends with it.

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
import traceback
from contextlib import suppress
from typing import Any, BinaryIO, NoReturn

import msgspec

from auditor.crawl.job import Gone, Job, Message
from auditor.workers import modules
from auditor.workers.guardian import PR_SET_PDEATHSIG, prctl

_WATCH = 1.0  # seconds between looks at the parent
EXIT_PARENT_GONE = 4
EXIT_KILLED = 5
_ASKS = (signal.SIGTERM, signal.SIGINT)
_FORKS = sys.platform.startswith("linux")  # macOS' own libraries do not survive a fork


def main() -> None:
    parent = os.getppid()
    with modules.loading():  # what is loaded stays as it is: forks share it
        _load()
    if _FORKS:
        _serve()
    told = sys.stdin.buffer.readline()
    if not told:
        sys.exit(EXIT_PARENT_GONE)
    _work(told, parent)


def _serve() -> NoReturn:
    """A fork for each job, and signals handed on to it, until the parent has no more."""
    working = 0

    def hand_on(number: int, _: object) -> None:
        if not working:
            os._exit(EXIT_KILLED)
        with suppress(ProcessLookupError):
            os.kill(working, number)

    for number in _ASKS:
        signal.signal(number, hand_on)
    me = os.getpid()
    while told := sys.stdin.buffer.readline():
        signal.pthread_sigmask(signal.SIG_BLOCK, _ASKS)  # one that comes now is for the fork
        working = os.fork()
        if not working:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            _work(told, me)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKS)
        _, status = os.waitpid(working, 0)
        working = 0
        os.write(sys.stdout.fileno(), msgspec.json.encode(Gone(os.waitstatus_to_exitcode(status))) + b"\n")
    os._exit(EXIT_PARENT_GONE)


def _work(told: bytes, parent: int) -> NoReturn:
    """Do one job, and end this process with it."""
    code = 1
    try:
        job = msgspec.json.decode(told, type=Job)
        out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may speak on the parent's line
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
        code = run(job, out)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)  # the interpreter takes a quarter of a second to take itself down, and nothing is left to do


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

    for number in _ASKS:
        signal.signal(number, asked)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKS)

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
