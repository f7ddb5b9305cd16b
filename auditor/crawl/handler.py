"""Scrapy's download handler, with a limit on what a server may say before its body, and the config's TLS."""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler

from auditor.crawl import tls

_MOST = 256 * 1024  # bytes of status line and headers; browsers give up there too


class EndlessHeaders(Exception):
    """A server goes on sending headers."""


class _Parser(_LenientHTTPClientParser):
    said = 0

    def lineReceived(self, line: bytes) -> None:
        self.said += len(line) + 2
        if self.said > _MOST:
            raise EndlessHeaders
        super().lineReceived(line)


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        answer = super().request(request)
        assert self._parser is not None
        self._parser.__class__ = _Parser  # as Scrapy does: the class is fixed where the parser is made
        return answer


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> Any:
        del addr
        protocol: Any = _Protocol
        return protocol(self._quiescentCallback)


class Handler(HTTP11DownloadHandler):
    """One for http and one for https."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory
        if tls.needed(crawler.settings["SESSION"]):
            self._contextFactory: Any = tls.Contexts.from_crawler(crawler)
