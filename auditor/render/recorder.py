"""Records a visit's requests, answers tag vendors in their place, and tells the wall which third parties the page may reach.

One visit, in this order (tab.py, visit.py):

    wall.begin(settings.site_hosts)
    context = browser.new_context(**context_options(found, device, settings), **session_options(settings, origin(task.url)))
    recorder = Recorder(context, wall, vendors, settings.site_hosts, deliver_beacons=…, headers=settings.session.along,
                        may_have=settings.session.knows, libraries=libraries)             # before the first tab is made
    tab = context.new_page(); prepare(context, tab, found, device, settings)
    recorder.start(tab)                                  # time zero, and which frame is the main one
    tab.goto(…); …
    recorder.quiet_for_ms()                              # how long no request has been under way
    recorder.leave()                                     # closes the wall's gate: from here on nothing reaches anybody
    tab.close(); context.close()
    requests = recorder.finish()                         # evidence.requests.Requests, the wall's refusals merged in
    recorder.notes                                       # what went wrong in here, for Visit.events

Per worker process, once: `Wall(vendors=…, resolve=…, …)`, `launch(playwright, found, wall.address)`, `Libraries(playwright, wall, …)`.
`unreachable_reason(url)` says why the wall could not connect, when `goto` fails or answers with the wall's mark (proxy.MARK).

Held requests: a known vendor's collection is ANSWERED here as the vendor would; a third party's beacon, ping or anything
but GET is WITHHELD; what reached only the wall is REFUSED and has a URL of scheme and host. Other third-party GETs pass.
Websockets of third parties are REFUSED at the wall, in Chromium and stock Firefox; Playwright's own Firefox and WebKit
bring them by the way of requests, so there a host that was let through for a GET has them too. What a redirect of the
shop's own POST (307, 308) carries to a third party that was let through is not held: redirects pass no route.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Error, Frame, Page, Route, WebSocket
from playwright.sync_api import Request as BrowserRequest
from playwright.sync_api import Response as BrowserResponse

from auditor.evidence.requests import Held, Requests
from auditor.knowledge.vendors import Kind
from auditor.model import urls
from auditor.render import refused
from auditor.render.answers import Vendors, answer_held, readable, reports, route_pattern
from auditor.render.frames import frame_url, navigates
from auditor.render.hosts import Hosts, address
from auditor.render.libraries import Fetched, Libraries
from auditor.render.proxy import MARK
from auditor.render.seen import Seen, as_evidence
from auditor.render.wall import Wall

T = TypeVar("T")
MOST_REQUESTS = 3000
_HOPS = 10
# requests that stay open by nature, or that nothing waits for
_NEVER_AWAITED = frozenset({"websocket", "eventsource", "ping", "beacon", "media"})
_BY_SCRIPTS = frozenset({"script", "xhr", "fetch", "websocket", "eventsource", "ping", "beacon"})
_STATIC = frozenset({"script", "stylesheet", "font", "image"})
# A shared worker's requests reach no route. Chromium is started without the feature; the other browsers have no such switch.
_NO_SHARED_WORKERS = "try { delete self.SharedWorker } catch (_) {}"


class Recorder:
    """One visit's. `headers` go where `may_have(url)`, else to the named site hosts alone, and need `libraries`; see the module for the order of calls."""

    def __init__(
        self,
        context: BrowserContext,
        wall: Wall,
        vendors: Vendors,
        site_hosts: Iterable[str],
        *,
        deliver_beacons: bool = False,
        headers: Mapping[str, str] | None = None,
        may_have: Callable[[str], bool] | None = None,
        libraries: Libraries | None = None,
    ) -> None:
        self.notes: list[str] = []
        self._context, self._wall, self._vendors, self._libraries = context, wall, vendors, libraries
        self._site, self._deliver = Hosts(site_hosts), deliver_beacons
        self._may_have = may_have or self._is_named
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        if self._headers and libraries is None:
            raise ValueError("headers need libraries: without them a redirect would carry them to a third party")
        self._seen: dict[BrowserRequest, Seen] = {}
        self._kept: list[Seen] = []
        self._after: list[Seen] = []
        self._order = self._kept
        self._cut = 0
        self._under_way: set[BrowserRequest] = set()
        self._moved = self._zero = _now()
        self._main: Frame | None = None
        self._left = False
        # all requests are looked at only where some of the shop's own need a header
        context.route("**/*" if self._headers else route_pattern(self._site.pattern(), _rows(vendors)), self._handle)
        if not deliver_beacons:
            context.add_init_script(_NO_SHARED_WORKERS)
        context.on("request", self._guarded(self._on_request))
        context.on("response", self._guarded(self._on_response))
        context.on("requestfinished", self._guarded(self._on_finished))
        context.on("requestfailed", self._guarded(self._on_failed))
        context.on("page", lambda tab: tab.on("websocket", self._guarded(self._on_websocket)))

    # -- the visit's side

    def start(self, tab: Page) -> None:
        """Sets time zero and the main frame; call right before the navigation."""
        self._main = tab.main_frame
        self._moved = self._zero = _now()

    @property
    def zero_ms(self) -> float:
        """When the navigation began, milliseconds since 1970; what the evidence's times count from."""
        return self._zero

    @property
    def now_ms(self) -> float:
        """Now, on the axis of the evidence's times."""
        return _now() - self._zero

    def quiet_for_ms(self) -> float:
        """How long no request was under way that anything waits for; 0 while one is."""
        return 0.0 if self._under_way else _now() - self._moved

    @property
    def is_waiting(self) -> bool:
        return bool(self._under_way)

    @property
    def saw_scripts(self) -> bool:
        """Whether the page asked for a script, or a script of it for anything."""
        return any(seen.kind in _BY_SCRIPTS for seen in self._order)

    def unreachable_reason(self, url: str) -> str:
        """Why the wall could not connect to a URL's host, in words; empty where it could, or was not asked."""
        host, port = address(url)
        return self._wall.unreachable.get(f"{host}:{port}", "")

    def leave(self, *, everything: bool = True) -> None:
        """Closes the gate before the page is left. `everything=False` keeps the shop reachable, for a journey's next step."""
        if self._libraries is not None and not self._left:
            refused.ask_again(self._seen, self._libraries)
            refused.confirm(self._seen, self._libraries)
        self._left = True
        self._wall.close_gate(everything=everything)

    def behind_the_gate(self) -> list[Seen]:
        """Closes the gate; what is asked for from here on comes into this list and is no evidence of the page's requests."""
        self.leave()
        self._order = self._after
        return self._after

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing reaches anybody meanwhile, the shop neither: a page's last words pass no route in Chromium, whoever they are for."""
        self._wall.close_gate(everything=True)
        try:
            yield
        finally:
            self._wall.hear_out()
            self._wall.open_gate()

    def finish(self) -> Requests:
        """The evidence; ends the wall's visit. Call it when the context is closed."""
        unreachable, refusals = self._wall.unreachable, self._wall.end()
        items = as_evidence(self._kept, self._zero, unreachable, refusals, self._site, self._vendors.mixed)
        return Requests(tuple(items[:MOST_REQUESTS]), self._cut + max(len(items) - MOST_REQUESTS, 0))

    # -- the browser's side: a request on its way

    def _handle(self, route: Route) -> None:
        """Decides about one request. Whatever goes wrong in here, the request does not pass."""
        try:
            self._decide(route, route.request)
        except Exception as error:
            if not self._left:
                self._note(
                    f"a request was dropped, since it could not be judged: {type(error).__name__}: {str(error)[:200]}"
                )
            try:
                route.abort("blockedbyclient")
            except Exception:  # noqa: S110 - closed, or already answered: either way it cannot pass any more
                pass

    def _decide(self, route: Route, request: BrowserRequest) -> None:
        seen = self._note_request(request)
        host, port = address(request.url)
        if seen.held is Held.DELIVERED:
            self._wall.allow(host, port)
            return route.continue_()
        if seen.held is not Held.NO:
            self._settle(request)
            return answer_held(route, request, seen.kind, collects=seen.held is Held.ANSWERED)
        if not seen.third_party:
            return self._continue_own(route, request, seen) if self._headers else route.continue_()
        if self._libraries is not None and not navigates(request) and not self._deliver and self._vendors.mixed(host):
            return self._fetch_library(route, request, seen)
        self._wall.allow(host, port)
        return route.continue_()

    def _fetch_library(self, route: Route, request: BrowserRequest, seen: Seen) -> None:
        assert self._libraries is not None
        if self._left:
            return route.abort("blockedbyclient")
        try:
            fetched = self._libraries.get(request.url, request.method, request.headers, self._is_mixed)
        except Error as error:
            if not self._left:
                self._note(
                    f"{seen.url[:200]} could not be fetched in the browser's place: {error.message.splitlines()[0][:200]}"
                )
            return route.abort("failed")
        if MARK.lower() in fetched.headers:  # the wall's own answer, which Firefox would tell without its mark
            seen.walled = True
            return route.abort("failed")
        seen.size = len(fetched.body)
        return route.fulfill(**fetched.arguments())

    def _continue_own(self, route: Route, request: BrowserRequest, seen: Seen) -> None:
        """Sends the configured headers along, to the configured origins and no further.

        Playwright repeats changed headers at each redirect, wherever it leads. So the request is made outside the
        browser first; the browser makes it again with the headers only where every hop stays on the named hosts.
        """
        assert self._libraries is not None
        if not self._may_have(request.url) or self._left:
            return route.continue_()
        method, body = request.method.upper(), request.post_data_buffer
        headers = {**request.headers, **self._headers}
        url, first = request.url, None
        for _ in range(_HOPS):
            fetched = self._libraries.once(url, method, headers | self._cookies(url), body)
            first = first or fetched
            target = urls.absolute(url, fetched.location) if fetched.location else None
            if target is None or method not in ("GET", "HEAD"):
                break
            if not self._may_have(target):
                # Firefox does not say that a redirect it was handed is through
                self._settle(request)
                seen.status, seen.ended = first.status, _now()
                return route.fulfill(**first.arguments())
            url = target
        assert isinstance(first, Fetched)
        if first.location and method in ("GET", "HEAD"):
            return route.continue_(headers=headers)
        return route.fulfill(**first.arguments())

    def _cookies(self, url: str) -> dict[str, str]:
        pairs = [f"{cookie.get('name')}={cookie.get('value')}" for cookie in self._context.cookies(url)]
        return {"cookie": "; ".join(pairs)} if pairs else {}

    # -- the browser's side: what it tells of its requests

    def _guarded(self, listen: Callable[[T], None]) -> Callable[[T], None]:
        """A listener whose failure is a note: thrown, it would end up in whatever the visit is waiting for."""

        def guarded(event: T) -> None:
            try:
                listen(event)
            except Exception as error:
                if not self._left:
                    self._note(f"a request could not be recorded: {type(error).__name__}: {str(error)[:200]}")

        return guarded

    def _on_request(self, request: BrowserRequest) -> None:
        seen = self._note_request(request)
        if request.redirected_from is not None and not self._deliver:
            self._follow(request, seen)

    def _follow(self, request: BrowserRequest, seen: Seen) -> None:
        """Redirects pass no route: the wall is told here, and holds the connection until then."""
        host, port = address(request.url)
        if self._left or self._site.has(host, port) or reports(seen.method, seen.kind):
            return
        match = self._vendors.match(request.url, seen.method)
        collects = match is not None and match.kind == Kind.COLLECT
        if navigates(request) or not (collects or self._vendors.refuses(host) or self._is_mixed(request.url)):
            self._wall.allow(host, port)

    def _note_request(self, request: BrowserRequest) -> Seen:
        """What is known of a request when it sets out, and whether it is to be held: route and event both come here, in any order."""
        known = self._seen.get(request)
        if known is not None:
            return known
        url, method, kind = request.url, request.method.upper(), request.resource_type
        host, port = address(url)
        seen = Seen(url, method, kind, bool(host) and not self._site.has(host, port), _now())
        match = self._vendors.match(url, method)
        refuses = (self._vendors.refuses(host) or "") if seen.third_party else ""
        seen.vendor = match.vendor if match else refuses
        collects = match.kind == Kind.COLLECT if match else bool(refuses)
        reporting = collects or (seen.third_party and reports(method, kind))
        # a redirect passes no route: what becomes of it the wall decides
        if reporting and request.redirected_from is None and not (method == "GET" and navigates(request)):
            seen.held = Held.DELIVERED if self._deliver else Held.ANSWERED if collects else Held.WITHHELD
            seen.body = readable(request.post_data_buffer)
        seen.frame = frame_url(request, self._main)
        self._seen[request] = seen
        self._moved = _now()
        if url.startswith("http"):
            self._keep(seen)
            if kind not in _NEVER_AWAITED:
                self._under_way.add(request)
        return seen

    def _keep(self, seen: Seen) -> None:
        if len(self._order) < MOST_REQUESTS:
            self._order.append(seen)
        else:
            self._cut += 1

    def _on_response(self, response: BrowserResponse) -> None:
        seen = self._seen.get(response.request)
        if seen is None:
            return
        headers = response.headers
        seen.walled = seen.walled or MARK.lower() in headers
        if seen.frame == "about:blank":  # asked for while the frame was on its way to its document
            seen.frame = frame_url(response.request, self._main)
        seen.status = 0 if seen.walled else response.status
        seen.content_type = headers.get("content-type", "")[:200]
        if seen.kind in _STATIC:
            seen.cache = headers.get("cache-control", headers.get("expires", ""))[:120]
            seen.encoding = headers.get("content-encoding", "")[:40]
        length = headers.get("content-length", "")
        if length.isdigit() and len(length) < 13 and not seen.size:
            seen.size = int(length)

    def _on_finished(self, request: BrowserRequest) -> None:
        self._settle(request)
        seen = self._seen.get(request)
        if seen is None:
            return
        timing = request.timing
        if timing["startTime"] > 0:
            seen.began = timing["startTime"]
            seen.ended = seen.began + max(timing["responseEnd"], 0.0)
            seen.waited = max(timing["responseStart"], 0.0)
        seen.ended = max(seen.ended, seen.began) or _now()
        if not seen.size and seen.held is Held.NO and not self._left:
            try:
                seen.size = max(request.sizes()["responseBodySize"], 0)
            except Error:
                pass  # the tab went away; 0 says that the browser did not tell

    def _on_failed(self, request: BrowserRequest) -> None:
        self._settle(request)
        seen = self._seen.get(request)
        if seen is not None:
            seen.failure = seen.failure or (request.failure or "failed")[:300]
            seen.ended = _now()

    def _on_websocket(self, socket: WebSocket) -> None:
        host, port = address(socket.url)
        seen = Seen(socket.url, "GET", "websocket", not self._site.has(host, port), _now())
        match = self._vendors.match(socket.url)
        seen.vendor = match.vendor if match else ""
        self._keep(seen)

        def failed(words: str) -> None:
            seen.failure = str(words)[:300] or "failed"

        socket.on("socketerror", failed)

    def _settle(self, request: BrowserRequest) -> None:
        self._under_way.discard(request)
        self._moved = _now()

    # -- questions

    def _is_mixed(self, url: str) -> bool:
        return self._libraries is not None and bool(self._vendors.mixed(address(url)[0]))

    def _is_named(self, url: str) -> bool:
        host, port = address(url)
        return host in self._site.named or f"{host}:{port}" in self._site.named

    def _note(self, words: str) -> None:
        if len(self.notes) < 50 and words not in self.notes:
            self.notes.append(words)


def _rows(vendors: Vendors) -> Iterable[Any]:
    return vendors if isinstance(vendors, Iterable) else ()


def _now() -> float:
    return time.time() * 1000
