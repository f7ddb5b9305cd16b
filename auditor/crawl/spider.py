"""The Scrapy side of the crawl: its settings, and a spider whose `start()` does the round.

The frontier is a table, so Scrapy's scheduler and duplicate filter would hold it a second time, in memory; and redirects,
robots.txt and second looks are one line of thought. So `start()` awaits the engine's downloader instead of yielding requests.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload

from auditor.crawl.job import Crashed, Ended, Job, Message
from auditor.crawl.ledger import Ledger
from auditor.crawl.offsite import Asking
from auditor.crawl.opening import open_shop
from auditor.crawl.probing import look
from auditor.crawl.round import Round
from auditor.crawl.settings import CrawlSettings
from auditor.store.workspace import Workspace

# All that Scrapy has for this. Its own lists are not named: what stands in them is loaded even where it is switched off,
# and takes longer than all else of a short job (2.19). What they do is done here, or in fetch.py and bodies.py: cookies are
# a chain's own, and what is over the limit is kept.
_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
}


def scrapy_settings(settings: CrawlSettings) -> dict[str, Any]:
    """Scrapy as a downloader: no scheduler policy, no retries, no cookies, no control ports, quiet."""
    return {
        "BOT_NAME": "auditor",
        "USER_AGENT": settings.user_agent,
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            "Accept-Language": settings.accept_language,
            "Upgrade-Insecure-Requests": "1",
        },
        "DOWNLOADER_MIDDLEWARES_BASE": _MIDDLEWARES,
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "DOWNLOAD_HANDLERS_BASE": {},
        "CONCURRENT_REQUESTS": settings.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.concurrency,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_TIMEOUT": settings.timeout,
        "DOWNLOAD_MAXSIZE": 0,  # cut at the cap by `cap` below, where Scrapy would throw the body away
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": not settings.ignore_tls_errors,
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "auditor.crawl.handler.Handler"),
        "SESSION": settings.session,
        "TWISTED_DNS_RESOLVER": "auditor.crawl.resolver.Resolver",
        "RESOLVE": settings.resolve,
        "SHOP": settings.start[:1],
        "LOG_LEVEL": "CRITICAL",
        "STATS_DUMP": False,
    }


class SiteSpider(Spider):
    """Does the job it is handed and tells how it ended."""

    name = "auditor"

    def __init__(self, job: Job, tell: Callable[[Message], None], stop: asyncio.Event) -> None:
        super().__init__()
        self.job, self.tell, self.stop = job, tell, stop
        self.abandoned = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:
        spider: SiteSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.cap, signals.bytes_received)
        return spider

    def cap(self, data: bytes, request: Request) -> None:
        """Stops a download that is over its cap and keeps what has come."""
        meta = request.meta
        meta["received"] = meta.get("received", 0) + len(data)
        if meta["received"] > meta.get("most", self.job.settings.max_body):
            raise StopDownload(fail=False)

    async def start(self) -> AsyncIterator[Any]:
        try:
            self.tell(await self._do())
        except Exception:
            self.tell(Crashed(traceback.format_exc()))
        return
        yield  # makes this the asynchronous generator that Scrapy wants

    async def _do(self) -> Message:
        engine = self.crawler.engine
        assert engine is not None
        if self.job.kind == "probe":
            return await look(self.job.settings, engine, self.stop)
        if self.job.kind == "open":
            return await open_shop(self.job.settings, engine, self.stop)
        with Workspace.attach(Path(self.job.folder)) as workspace:
            ledger = Ledger(workspace, self.job.run_id, self.job.settings)
            try:
                work: Round | Asking
                if self.job.kind == "external":
                    work = asking = Asking(self.job, ledger, engine, self.stop)
                    ended: Ended = await asking.run()
                else:
                    work = of_shop = Round(self.job, ledger, engine, self.stop, self.tell)
                    ways = {
                        "confirm": of_shop.recheck,
                        "endpoints": of_shop.endpoints,
                        "again": of_shop.again,
                        "planned": of_shop.planned,
                    }
                    ended = await ways.get(self.job.kind, of_shop.run)()
                    ended = msgspec.structs.replace(ended, received=of_shop.fetcher.received)
                self.abandoned = work.abandoned
                return ended
            finally:
                ledger.close()
