"""Fetches one URL through Scrapy's downloader, hop by hop: every redirect is looked at before it is followed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import msgspec
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response as ScrapyResponse
from scrapy.http.cookies import CookieJar

from auditor.crawl import outcomes
from auditor.crawl.bodies import ACCEPTED, inflate
from auditor.crawl.outcomes import Trouble, Verdict
from auditor.crawl.resolver import inside
from auditor.crawl.scope import Scope
from auditor.crawl.settings import is_loopback, is_private, mapped, site_host
from auditor.crawl.throttle import Throttle
from auditor.evidence.http import Attempt, Response, looks_html
from auditor.knowledge import challenges
from auditor.model.query import Hop
from auditor.model.urls import absolute, host, is_http, leads_back, twin, without_fragment
from auditor.model.words import FetchOutcome
from auditor.store.runs import now

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_HEADERS, _LONGEST_HEADER = 200, 8_000
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_COOKIE = re.compile(r"^([^=;]{0,200})=([^;]*)")
_SUSPECT = 20_000  # bytes; longer pages that answer 200 are never a challenge
_LEADS_ON = 20  # links; nor are those with as many
LEADS_INSIDE = "leads into this machine's network"
LEAVES_SITE = "redirects to another site"


class Engine(Protocol):
    """The one thing of Scrapy's engine that is used here."""

    async def download_async(self, request: Request) -> ScrapyResponse: ...


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence of a fetch and the body of its last answer, unpacked. `target` is set where a redirect was not followed."""

    response: Response
    body: bytes = b""
    charset: str = ""
    html: bool = False
    target: str = ""
    trouble: Trouble | None = None

    @property
    def blank(self) -> bool:
        """A page with nothing to see. Many in a row are what some shops give to programs."""
        return self.response.outcome is FetchOutcome.SITE_ERROR and 200 <= self.response.status < 300


class _Answer(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool
    error: str  # what was wrong with the body
    raw: ScrapyResponse

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class Fetcher:
    def __init__(self, engine: Engine, scope: Scope, throttle: Throttle) -> None:
        self.engine, self.scope, self.throttle = engine, scope, throttle
        self.session = scope.settings.session
        self.requests = 0
        self.received = 0  # bytes of bodies, as they came over the line

    async def fetch(
        self,
        url: str,
        *,
        refused: Callable[[str], str] = lambda _: "",
        anywhere: bool = False,
        most: int = 0,
        conditions: Mapping[str, str] = MappingProxyType({}),
        paced: bool = False,
    ) -> Fetched:
        """Asks for `url` and follows its redirects within the site (`anywhere`: to other hosts too, without secrets).

        `refused` says why a hop must not be followed; `most` is the cap of the body in bytes. Never raises for what the
        site does. `conditions` are headers that ask for the first answer only if it changed; `paced`: its turn was waited for. Cookies set on the way live until the chain ends.
        """
        settings = self.scope.settings
        hops: list[Hop] = []
        jar: CookieJar | None = None
        seen: set[tuple[str, str]] = set()
        here, began = url, time.monotonic()
        while True:
            request = self.request(here, jar, conditions if not hops else {})
            if isinstance(request, Verdict):
                return self._end(url, here, hops, began, request, trouble=Trouble.BAD_URL)
            seen.add((here, str(request.headers.get("Cookie"))))
            if hops or not paced:
                waiting = time.monotonic()
                await self.throttle.pace()
                began += time.monotonic() - waiting  # that pause is ours
            answer = await self._ask(request, most or settings.max_body)
            if not isinstance(answer, _Answer):
                return self._end(url, here, hops, began, answer[1], trouble=answer[0])
            if answer.status not in _REDIRECTS or not answer.header("location"):
                return self._final(url, here, hops, began, answer)
            target = without_fragment(absolute(here, answer.header("location")) or "")
            hops.append(Hop(here, answer.status, target or answer.header("location")[:2000]))
            if answer.header("set-cookie"):
                jar = jar or CookieJar()
                jar.extract_cookies(answer.raw, request)
            verdict = self._may_follow(here, target, refused, anywhere)
            if verdict is None and len(hops) > settings.max_redirects:
                verdict = Verdict(FetchOutcome.SITE_ERROR, f"more than {settings.max_redirects} redirects")
            if verdict is None and (target, self._cookies(target, jar)) in seen:
                verdict = Verdict(FetchOutcome.SITE_ERROR, "redirects in a circle")
            if verdict is not None:
                followed = target if verdict.outcome is FetchOutcome.SKIPPED else ""
                return self._end(url, target or here, hops, began, verdict, answer=answer, target=followed)
            here = target

    def request(
        self, url: str, jar: CookieJar | None, more: Mapping[str, str] = MappingProxyType({})
    ) -> Request | Verdict:
        """A GET with what is configured for the URL's origin, and the cookies set on the way; or why there is none."""
        headers = {"Accept-Encoding": ACCEPTED, **more, **self.session.headers_for(url)}
        try:
            if cookies := _joined(headers.pop("Cookie", ""), of_jar(url, jar)):
                headers["Cookie"] = cookies
            request = Request(url, headers=headers, dont_filter=True)
        except (ValueError, TypeError):
            return outcomes.of_trouble(Trouble.BAD_URL)
        request.meta["proxy"] = self._proxy(url)
        return request

    def _cookies(self, url: str, jar: CookieJar | None) -> str:
        if not is_http(url):
            return "None"
        cookies = _joined(self.session.headers_for(url).get("Cookie", ""), of_jar(url, jar))
        return str(cookies.encode() if cookies else None)

    def _proxy(self, url: str) -> str | None:
        """The company's proxy, but for this machine and for hosts whose address the config gives."""
        if not self.session.proxy or is_loopback(url) or mapped(self.scope.settings.resolve, url):
            return None
        return self.session.proxy

    async def _ask(self, request: Request, most: int) -> _Answer | tuple[Trouble, Verdict]:
        request.meta["download_timeout"] = self.scope.settings.timeout
        request.meta["most"] = most
        self.requests += 1
        began = time.monotonic()
        try:
            raw = await self.engine.download_async(request)
        except Exception as error:
            self.received += request.meta.get("received", 0)
            trouble, detail = trouble_of(error)
            if trouble is None:
                raise
            verdict = outcomes.of_trouble(trouble, seconds=self.scope.settings.timeout, detail=detail)
            if trouble is Trouble.DNS and host(request.url) in inside:
                verdict = Verdict(FetchOutcome.SKIPPED, LEADS_INSIDE)
            self.throttle.note(0, {}, time.monotonic() - began, verdict.outcome)
            return trouble, verdict
        self.received += request.meta.get("received", 0)
        headers = _headers(raw)
        encodings = ",".join(value for name, value in headers if name == "content-encoding").split(",")
        plain = inflate(raw.body, encodings, most)
        plain = msgspec.structs.replace(plain, body=self.session.hide(plain.body))
        headers = tuple((name, self.session.hide(value.encode()).decode()) for name, value in headers)
        stopped = "download_stopped" in raw.flags
        answer = _Answer(
            raw.status, headers, plain.body, plain.cut or stopped, "" if plain.cut or stopped else plain.error, raw
        )
        # Throttling needs a verdict on each hop; the chain's verdict is another.
        known = challenges.recognise(raw.status, headers, "", request.url) if raw.status == 429 else None
        stops = known.name if known and not known.rate_limited else ""
        hop = outcomes.of_answer(raw.status, retry_after=bool(answer.header("retry-after")), challenge=stops).outcome
        latency = request.meta.get("download_latency", time.monotonic() - began)
        self.throttle.note(raw.status, dict(headers), latency, FetchOutcome.OK if raw.status < 400 else hop)
        return answer

    def _may_follow(self, here: str, target: str, refused: Callable[[str], str], anywhere: bool) -> Verdict | None:
        """None where the redirect from `here` may be followed."""
        if not target or not is_http(target):
            return Verdict(FetchOutcome.SITE_ERROR, "redirects to something that is no web address")
        if not self.scope.is_site(target):
            if (
                self.scope.is_site(here)
                and here in self.scope.start
                and site_host(target) == twin(site_host(here)) != ""
            ):
                self.scope.hosts.add(site_host(target))
            elif not anywhere or (is_private(target) and not is_private(here)):
                if self.scope.is_site(here) and leads_back(target, here):
                    return Verdict(FetchOutcome.BLOCKED, outcomes.LED_AWAY.format(host=site_host(target)))
                return Verdict(FetchOutcome.SKIPPED, LEAVES_SITE)
        if reason := self.scope.unsafe(target):
            return Verdict(FetchOutcome.SKIPPED, f"redirects to an address that is not fetched: {reason}")
        if reason := refused(target):
            return Verdict(FetchOutcome.SKIPPED, f"redirects to an address that is not fetched: {reason}")
        return None

    def _final(self, url: str, here: str, hops: list[Hop], began: float, answer: _Answer) -> Fetched:
        kind = outcomes.content_type(answer.headers)
        html = outcomes.is_html(kind, answer.body)
        challenge, closed = None, ""
        short = len(answer.body) < _SUSPECT and answer.body.count(b"<a ") < _LEADS_ON
        if answer.status != 200 or short:
            text = answer.body[:65_536].decode("utf-8", "replace") if html or not kind else ""
            challenge = challenges.recognise(answer.status, answer.headers, text, here)
            if html and challenge is None and self.scope.is_site(here):
                closed = self._closed(answer, text, here)
        verdict = outcomes.of_answer(
            answer.status,
            blank=html and not answer.error and not answer.truncated and outcomes.is_blank(answer.body),
            retry_after=bool(answer.header("retry-after")),
            challenge=challenge.name if challenge else "",
            too_many=bool(challenge and challenge.rate_limited),
            location=answer.status not in _REDIRECTS,
        )
        if closed:
            verdict = Verdict(FetchOutcome.BLOCKED, closed)
        if verdict.outcome is FetchOutcome.RATE_LIMITED and challenge:  # told by the page alone
            self.throttle.note(answer.status, {}, time.monotonic() - began, verdict.outcome)
        if verdict.outcome is FetchOutcome.OK and not verdict.reason:
            if answer.error:
                verdict = Verdict(FetchOutcome.OK if answer.body else FetchOutcome.SKIPPED, answer.error)
            elif not html and looks_html(answer.body):
                verdict = Verdict(FetchOutcome.OK, f"a page sent as {kind}")
        return self._end(url, here, hops, began, verdict, answer=answer, html=html)

    def _closed(self, answer: _Answer, text: str, here: str) -> str:
        """What stands there instead of the page where the whole shop is closed for now; a page behind a password is one page's matter."""
        stand = challenges.password_page(answer.status, answer.headers, text, here, self.scope.settings.platform)
        if stand is None or not (stand.kind == "prelaunch" or (stand.kind == "maintenance" and answer.status == 503)):
            return ""
        return outcomes.CLOSED.format(what=stand.what)

    def _end(
        self,
        url: str,
        here: str,
        hops: list[Hop],
        began: float,
        verdict: Verdict,
        *,
        answer: _Answer | None = None,
        html: bool = False,
        target: str = "",
        trouble: Trouble | None = None,
    ) -> Fetched:
        at = now()
        status = answer.status if answer else 0
        charset = _CHARSET.search(answer.header("content-type")) if answer else None
        response = Response(
            url=url,
            final_url=here,
            outcome=verdict.outcome,
            status=status,
            headers=answer.headers if answer else (),
            hops=tuple(hops),
            content_type=outcomes.content_type(answer.headers) if answer else "",
            size=len(answer.body) if answer else 0,
            truncated=answer.truncated if answer else False,
            elapsed_ms=round((time.monotonic() - began) * 1000, 1),
            reason=verdict.reason,
            trouble=trouble or "",
            attempts=(Attempt(at, verdict.outcome, status, verdict.reason),),
            fetched_at=at,
        )
        return Fetched(
            response=response,
            body=answer.body if answer else b"",
            charset=charset[1] if charset else "",
            html=html,
            target=target,
            trouble=trouble,
        )


def of_jar(url: str, jar: CookieJar | None) -> str:
    """What a jar sends to a URL, as the value of a Cookie header."""
    if jar is None:
        return ""
    request = Request(url)
    jar.add_cookie_header(request)
    return (request.headers.get("Cookie") or b"").decode("latin-1")


def _joined(configured: str, set_on_the_way: str) -> str:
    """One Cookie header; what the site set on the way replaces what was configured under the same name."""
    pairs = [pair for pair in "; ".join(filter(None, (configured, set_on_the_way))).split("; ") if pair]
    return "; ".join({pair.partition("=")[0]: pair for pair in pairs}.values())


def _headers(raw: ScrapyResponse) -> tuple[tuple[str, str], ...]:
    pairs = [
        (name.decode("latin-1").lower(), value.decode("utf-8", "replace")[:_LONGEST_HEADER])
        for name, values in raw.headers.items()
        for value in values
    ]
    # a cookie may be a session, configured or made just now: of its value the length is kept
    return tuple(
        (name, _COOKIE.sub(_length, value) if name == "set-cookie" else value) for name, value in pairs[:_MOST_HEADERS]
    )


def _length(match: re.Match[str]) -> str:
    return f"{match[1]}=<{len(match[2])} characters>"


def trouble_of(error: Exception) -> tuple[Trouble | None, str]:
    """Which trouble an exception of the downloader stands for, with a detail for people; None for what is no such thing."""
    if isinstance(error, DownloadTimeoutError):
        return Trouble.TIMEOUT, ""
    if isinstance(error, CannotResolveHostError):
        return Trouble.DNS, ""
    if isinstance(error, DownloadConnectionRefusedError):
        return Trouble.REFUSED, ""
    if isinstance(error, ResponseDataLossError):
        return Trouble.BROKEN_OFF, ""
    if isinstance(error, UnsupportedURLSchemeError | UnicodeError):
        return Trouble.BAD_URL, ""
    names, detail = _chain(error)
    if "EndlessHeaders" in names:
        return Trouble.NOT_HTTP, "its headers do not end"
    if "TunnelError" in names:
        told = re.search(r"'status': (\d{3})", str(error))
        return Trouble.PROXY, f"it answered {told[1]}" if told else ""
    if detail:
        return Trouble.TLS, detail
    if "ParseError" in names or "BadHeaders" in names:
        return Trouble.NOT_HTTP, ""
    if isinstance(error, DownloadFailedError | DownloadCancelledError) or names & _LOST:
        return Trouble.DROPPED, ""
    if names & _NO_CONNECTION:
        return Trouble.CONNECT, ""
    return None, ""


_LOST = frozenset(
    {"ConnectionLost", "ConnectionDone", "ResponseNeverReceived", "ConnectionAborted", "RequestTransmissionFailed"}
)
_NO_CONNECTION = frozenset(
    {"ConnectError", "NoRouteError", "ConnectBindError", "UnknownHostError", "HostnameEndpointError", "SSLError"}
)


def _chain(error: BaseException) -> tuple[set[str], str]:
    """Names of all classes an error is made of, through its causes and Twisted's list of reasons; and what TLS said."""
    names: set[str] = set()
    tls = ""
    waiting: list[Any] = [error]
    while waiting and len(names) < 100:
        one = waiting.pop()
        one = getattr(one, "value", one)
        if not isinstance(one, BaseException):
            continue
        names.update(kind.__name__ for kind in type(one).__mro__)
        module = type(one).__module__
        if not tls and (
            module.startswith(("OpenSSL", "service_identity", "ssl")) or "Verification" in type(one).__name__
        ):
            tls = _tls_words(one)
        waiting += [part for part in (one.__cause__, one.__context__) if part is not None]
        reasons = getattr(one, "reasons", None)
        waiting += list(reasons) if isinstance(reasons, list | tuple) else []
    return names, tls


def _tls_words(error: BaseException) -> str:
    """`certificate verify failed` of OpenSSL's nested tuples; a name mismatch in plain words."""
    module = type(error).__module__
    if module.startswith("service_identity"):
        return "the certificate is for another host"
    text = str(error)
    words = re.findall(r"'([^']{3,80})'", text)
    return words[-1] if words else " ".join(text.split())[:120] or "the handshake failed"
