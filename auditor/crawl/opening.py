"""Opens a shop that is closed, in the child process: sends the storefront password's form once, and looks whether a login holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

import lxml.html
import msgspec
from lxml import etree
from scrapy import Request
from scrapy.http import Response as ScrapyResponse
from scrapy.http.cookies import CookieJar

from auditor.config.session import Cookie
from auditor.crawl import outcomes
from auditor.crawl.bodies import inflate
from auditor.crawl.fetch import Engine, Fetcher, of_jar, trouble_of
from auditor.crawl.job import Opened
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.throttle import Throttle
from auditor.knowledge import challenges
from auditor.model.urls import absolute
from auditor.model.words import FetchOutcome

_HOPS = 8
_BODY = 1_000_000
_NO_VALUE = frozenset({"submit", "image", "button", "reset", "file"})


class _Form(msgspec.Struct):
    action: str
    fields: list[tuple[str, str | None]]


class _Failed(Exception):
    """The shop did not open; the reason in words."""


async def open_shop(settings: CrawlSettings, engine: Engine, stop: asyncio.Event) -> Opened:
    """Never raises for what the site does: `trouble` says why the shop is not open."""
    cookies: tuple[Cookie, ...] = ()
    sent = ""
    if settings.storefront:
        opening = _Opening(settings, engine)
        try:
            cookies = await opening.run()
        except _Failed as failed:
            return Opened(trouble=str(failed), sent=opening.sent)
        sent = opening.sent
        session = msgspec.structs.replace(settings.session, cookies=(*settings.session.cookies, *cookies))
        settings = msgspec.structs.replace(settings, session=session)
    trouble = await _canary(settings, engine, stop) if settings.canary else ""
    return Opened(cookies=cookies, sent=sent, trouble=trouble)


async def _canary(settings: CrawlSettings, engine: Engine, stop: asyncio.Event) -> str:
    assert settings.canary
    url, text = settings.canary
    seen = await Fetcher(engine, Scope(settings), Throttle(1, stop=stop)).fetch(url)
    if seen.response.outcome in (FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE, FetchOutcome.RATE_LIMITED):
        return f"whether the login still holds could not be checked: {url}: {seen.response.reason}"
    if text in seen.body.decode(seen.charset or "utf-8", "replace"):
        return ""
    where = seen.response.final_url
    led = f" (it led to {where})" if where != url else ""
    return f"the login no longer holds: {url} does not show “{text}”{led}; sign in again and save a new storage state"


class _Opening:
    def __init__(self, settings: CrawlSettings, engine: Engine) -> None:
        assert settings.storefront
        self.settings, self._engine = settings, engine
        self._password, page, self._field = settings.storefront
        self._page = absolute(settings.start[0], page) or settings.start[0]
        self._jar = CookieJar()
        self.sent = ""

    async def run(self) -> tuple[Cookie, ...]:
        """The cookies that open the shop. Raises _Failed."""
        where, answer, text = await self._ask(self._page)
        form = find_form(text, where, self._field)
        if form is None:
            what = f"field '{self._field}'" if self._field else "password field"
            raise _Failed(f"{where} (status {answer.status}) has no form with a {what}: see access.storefront")
        if not self.settings.session.knows(form.action):
            raise _Failed(
                f"the form of {where} would send the password to {_place(form.action)}, which is not configured"
            )
        body = urlencode([(name, self._password if value is None else value) for name, value in form.fields])
        self.sent = form.action
        where, answer, text = await self._ask(form.action, body.encode())
        still = challenges.password_page(answer.status, (), text, where, self.settings.platform)
        if answer.status >= 400 or still or find_form(text, where, self._field):
            raise _Failed(f"the storefront password did not open the shop: {where} answered {answer.status}"
                          + (f", {still.what}" if still else ""))  # fmt: skip
        cookies = tuple(self._cookies())
        if not cookies:
            raise _Failed(f"{form.action} set no cookie, so nothing opens the shop")
        return cookies

    async def _ask(self, url: str, body: bytes | None = None) -> tuple[str, ScrapyResponse, str]:
        """One page with its redirects, within the configured origins; the form is sent to its action and no further."""
        for _ in range(_HOPS):
            if not self.settings.session.knows(url):
                raise _Failed(f"it led to {_place(url)}, which is not configured: see access.origins")
            answer = await self._one(url, body)
            self._jar.extract_cookies(answer, answer.request or Request(url))
            location = (answer.headers.get("Location") or b"").decode("latin-1")
            if answer.status not in (301, 302, 303, 307, 308) or not location:
                packed = (answer.headers.get("Content-Encoding") or b"").decode("latin-1")
                return url, answer, inflate(answer.body, packed.split(","), _BODY).body.decode("utf-8", "replace")
            if body is not None and answer.status in (307, 308):
                raise _Failed(f"{url} would have the password sent on to another address")
            url, body = absolute(url, location) or "", None
        raise _Failed(f"{self._page} redirects without end")

    async def _one(self, url: str, body: bytes | None) -> ScrapyResponse:
        fetcher = Fetcher(self._engine, Scope(self.settings), Throttle(1))
        request = fetcher.request(url, self._jar)
        if not isinstance(request, Request):
            raise _Failed(f"{url} cannot be asked for")
        if body is not None:
            headers = {**request.headers.to_unicode_dict(), "Content-Type": "application/x-www-form-urlencoded"}
            headers |= {"Origin": _place(self._page), "Referer": self._page}
            request = request.replace(method="POST", body=body, headers=headers)
        request.meta.update(download_timeout=self.settings.timeout, most=_BODY)
        try:
            return await self._engine.download_async(request)
        except Exception as error:
            trouble, detail = trouble_of(error)
            if trouble is None:
                raise
            verdict = outcomes.of_trouble(trouble, seconds=self.settings.timeout, detail=detail)
            raise _Failed(f"{url}: {verdict.reason}") from None

    def _cookies(self) -> Iterable[Cookie]:
        """Of the shop's start page, all that was set on the way."""
        for start in dict.fromkeys(self.settings.session.origins):
            for pair in filter(None, of_jar(f"{start}/", self._jar).split("; ")):
                name, _, value = pair.partition("=")
                yield Cookie(
                    name=name, value=value, domain=urlsplit(start).hostname or "", secure=start.startswith("https")
                )


def find_form(html: str, url: str, field: str = "") -> _Form | None:
    """The first form that posts a password, or has `field`; its other fields as they stand. A value of None is the password's."""
    try:
        tree: Any = lxml.html.document_fromstring(
            html.encode("utf-8", "replace"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, ValueError):
        return None
    base = next((one for one in tree.xpath("//base/@href")), "")
    for form in tree.xpath("//form"):
        if (form.get("method") or "get").strip().lower() != "post":
            continue
        inputs = form.xpath(".//input[@name] | .//button[@name] | .//textarea[@name]")
        wanted = [
            one
            for one in inputs
            if (one.get("name") == field if field else (one.get("type") or "").strip().lower() == "password")
        ]
        if len(wanted) != 1:  # two password fields: a form to register, or to change one
            continue
        names = {(one.get("name") or "").lower() for one in inputs}
        if not field and names & {"email", "username", "login", "customer[email]", "log", "user"}:
            continue  # an account's login, not the storefront's
        target = (
            absolute(absolute(url, base) or url, form.get("action") or url)
            if base
            else absolute(url, form.get("action") or url)
        )
        kept = [
            (one.get("name"), None if one is wanted[0] else one.get("value") or "")
            for one in inputs
            if one is wanted[0] or ((one.get("type") or "text").lower() not in _NO_VALUE and not _unticked(one))
        ]
        return _Form(target or url, kept)
    return None


def _unticked(one: Any) -> bool:
    return (one.get("type") or "").lower() in ("checkbox", "radio") and one.get("checked") is None


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
