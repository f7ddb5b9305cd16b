"""The wall: a loopback proxy, the browser's only way out, which connects to third parties only where the recorder said so.

A tunnel is opaque: what passes it cannot be seen, so the wall judges hosts. `close_gate` cuts the tunnels to third
parties before a page is left, so that beacons of its last moment, which no route handler sees, find no way out.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import msgspec

from auditor.render.hosts import Hosts, has_port, is_inside, is_loopback
from auditor.render.names import Names
from auditor.render.proxy import MOST_CONNECTIONS, Connection, Judge, Refused
from auditor.render.shop_tls import ShopTls
from auditor.render.ways import HEAD_LIMIT, CannotReach, Upstream, Way, direct, in_words, no_delay

T = TypeVar("T")
# Redirects and preconnects reach the wall before the recorder has heard of them.
_GRACE_SECONDS = 1.5
_INSIDE = "it leads into this machine's network, which a shop outside has no business in"
_MOST_HELD = 8  # Chromium has 32 connections to a proxy at most: waiting ones must not use them up


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Connections to one host that were not made. `after_gate`: they were asked for while the page was left."""

    host: str
    port: int
    count: int
    vendor: str = ""
    after_gate: bool = False
    socket: bool = False  # they were websockets


class Refuses(Protocol):
    """The part of knowledge.vendors.Vendors that the wall asks."""

    def match(self, url: str, method: str = "GET") -> Any: ...
    def refuses(self, host: str) -> str | None: ...


class _Visit:
    def __init__(self, site: Hosts) -> None:
        self.site = site
        self.allowed: set[tuple[str, int]] = set()
        self.asked = False  # the shop was asked for something: before that nothing can come of this page
        self.gate = "open"  # open | site: third parties are cut off | shut: everything is
        self.refused: Counter[tuple[str, int, bool]] = Counter()
        self.sockets: Counter[tuple[str, int, bool]] = Counter()
        self.unreachable: dict[str, str] = {}
        self.held = 0


class Wall:
    """One per worker process, in a thread of its own; a context manager. A visit is begin … close_gate … end.

    Outside a visit every connection is refused. `resolve` maps "host:port" or "host" to the "address:port" connected to
    instead. `upstream` is the company's proxy, behind the wall; loopback and resolved hosts don't go through it.
    `controls`: names that surely exist, looked up (and no more) before it is believed that another one does not.
    """

    def __init__(
        self,
        *,
        vendors: Refuses | None = None,
        deliver_beacons: bool = False,
        resolve: Mapping[str, str] | None = None,
        upstream: str = "",
        shop_tls: ShopTls | None = None,
        grace_seconds: float = _GRACE_SECONDS,
        controls: Iterable[str] = (),
    ) -> None:
        self._vendors, self._deliver = vendors, deliver_beacons
        self._resolve = {key.lower(): value for key, value in (resolve or {}).items()}
        self._upstream = Upstream(upstream) if upstream else None
        self.shop_tls = shop_tls
        self._grace, self._names = grace_seconds, Names(controls)
        self._inside = False  # the shop was found at an address of this network
        self._visit: _Visit | None = None
        self._idle: Counter[tuple[str, int]] = Counter()
        self._refused_at = 0.0
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        # each look-up of a name takes a thread; a shop's page names thirty hosts at once
        self._loop.set_default_executor(ThreadPoolExecutor(32, thread_name_prefix="wall-dns"))
        self._thread = threading.Thread(target=self._run, name="wall", daemon=True)
        self._thread.start()
        self._closed = False
        self._changed: asyncio.Event
        self._servers: list[asyncio.Server]
        self.address, self.inner_address = self._call(self._listen())

    # -- the worker's side

    def begin(self, site_hosts: Iterable[str]) -> None:
        """Starts a visit: what is left of the one before is cut."""
        self._call(self._begin(Hosts(site_hosts)))

    def allow(self, host: str, port: int) -> None:
        """Lets connections to a third party through from now on, until the gate is closed. Returns at once."""
        visit = self._visit
        if visit is not None:
            visit.allowed.add((host.lower().strip("[]"), port))
            self._loop.call_soon_threadsafe(self._wake)

    def close_gate(self, *, everything: bool = False) -> None:
        """Cuts and refuses third parties, before the page is left; with `everything` the shop too, when the tab is to be closed."""
        self._call(self._close_gate("shut" if everything else "site"))

    def open_gate(self) -> None:
        """Opens what `close_gate` closed: the page is opened again within one visit."""
        self._call(self._close_gate("open"))

    def hear_out(self, quiet: float = 0.15, longest: float = 1.0) -> None:
        """Waits, after the page was left, until its last words have come to the wall. Seconds.

        Firefox sends beacons some time after the page is gone: the next page must not be taken for their sender.
        """
        self._call(self._hear_out(quiet, longest))

    def end(self) -> tuple[Refusal, ...]:
        """Ends the visit, cuts all that is left, and says which hosts were refused, most first."""
        visit = self._call(self._end())
        if visit is None:
            return ()
        # a host let through later in the visit was only early: a preconnect, or a redirect the recorder had not heard of
        rows = [
            (key, count, False)
            for key, count in visit.refused.most_common()
            if key[2] or key[:2] not in visit.allowed or self._vendor(key[0])
        ]
        rows += [(key, count, True) for key, count in visit.sockets.most_common()]
        return tuple(
            Refusal(host=host, port=port, count=count, vendor=self._vendor(host), after_gate=late, socket=socket)
            for (host, port, late), count, socket in rows
        )

    @property
    def unreachable(self) -> dict[str, str]:
        """Of this visit: "host:port" -> why it could not be reached from here."""
        return dict(self._visit.unreachable) if self._visit else {}

    @property
    def idle(self) -> dict[tuple[str, int], int]:
        """What was asked for outside any visit, by the browser of its own accord: (host, port) -> count."""
        return dict(self._idle)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._call(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def __enter__(self) -> Wall:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the thread's side

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> tuple[str, str]:
        self._changed = asyncio.Event()
        self._servers = [
            await asyncio.start_server(self._server(judge), "127.0.0.1", 0, limit=HEAD_LIMIT, backlog=512)
            for judge in (self._judge, self._judge_inner)
        ]
        first, second = (f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in self._servers)
        return first, second

    def _server(self, judge: Judge) -> Any:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._connections) >= MOST_CONNECTIONS:
                writer.transport.abort()
                return
            no_delay(writer)
            connection = Connection(reader, writer, judge, self._judge_socket, self._connect)
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(connection)
            self._tasks.add(task)
            try:
                await connection.serve()
            except asyncio.CancelledError:
                pass  # the wall is being closed
            finally:
                self._connections.discard(connection)
                self._tasks.discard(task)

        return serve

    async def _stop(self) -> None:
        for server in self._servers:
            for listener in server.sockets:
                self._loop.remove_reader(listener.fileno())
        await (
            _turns()
        )  # a connection taken already gets its transport and task now; with its server closed it would leak
        for server in self._servers:
            server.close()
        while tasks := tuple(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _turns()  # aborted transports close their sockets later too

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _begin(self, site: Hosts) -> None:
        self._cut(None)
        self._visit = _Visit(site)
        self._wake()

    async def _close_gate(self, gate: str) -> None:
        visit = self._visit
        if visit is None or self._deliver or (visit.gate == "shut" and gate != "open"):
            return
        visit.gate = gate
        self._wake()
        if gate != "open":
            self._cut(None if gate == "shut" else visit.site)

    async def _hear_out(self, quiet: float, longest: float) -> None:
        began = self._loop.time()
        while (now := self._loop.time()) < began + longest and now < max(began, self._refused_at) + quiet:
            await asyncio.sleep(0.02)

    async def _end(self) -> _Visit | None:
        visit, self._visit = self._visit, None
        self._wake()
        if not self._deliver:
            self._cut(None)
        return visit

    def _cut(self, spared: Hosts | None) -> None:
        """Ends the browser's connections, but those to hosts that are spared."""
        for connection in tuple(self._connections):
            if connection.target is not None and not (spared and spared.has(*connection.target)):
                connection.cut()

    def _vendor(self, host: str) -> str:
        return (self._vendors.refuses(host) or "") if self._vendors else ""

    async def _judge(self, host: str, port: int, method: str, url: str) -> None:
        if self._deliver:
            return
        visit = self._visit
        if visit is None:
            self._idle[host, port] += 1
            raise Refused
        early = not visit.asked
        if visit.site.has(host, port):
            visit.asked = True
            passes = visit.gate != "shut"
        else:
            passes = visit.gate == "open" and not self._vendor(host) and not self._reports(method, url)
            passes = passes and ((host, port) in visit.allowed or await self._soon_allowed(visit, host, port))
        if passes:
            return
        self._refused_at = self._loop.time()
        if early:  # the last words of the page before
            self._idle[host, port] += 1
        elif url or not visit.site.has(host, port):  # a tunnel to the shop may be spare: browsers open some in advance
            visit.refused[host, port, visit.gate != "open"] += 1
        raise Refused

    async def _judge_inner(self, *_: object) -> None:
        """The recorder's own fetches: any host, while the page is open."""
        if not self._deliver and (self._visit is None or self._visit.gate != "open"):
            raise Refused

    async def _judge_socket(self, host: str, port: int, *_: object) -> None:
        """Websockets: a third party's carries reports both ways, and no recorder sees what; the shop's own pass."""
        visit = self._visit
        if self._deliver or (visit is not None and visit.gate != "shut" and visit.site.has(host, port)):
            return
        if visit is not None:
            visit.sockets[host, port, visit.gate != "open"] += 1
        raise Refused

    def _reports(self, method: str, url: str) -> bool:
        """Plain http can be read: the recorder never lets a third party have anything but GETs that report nothing."""
        if not url:
            return False
        if method not in ("GET", "HEAD", "OPTIONS"):
            return True
        match = self._vendors.match(url, method) if self._vendors else None
        return match is not None and str(match.kind) == "collect"

    async def _soon_allowed(self, visit: _Visit, host: str, port: int) -> bool:
        """Waits a moment for the recorder, which hears of redirects and preconnects later than the wall."""
        if visit.held >= _MOST_HELD:
            return False
        visit.held += 1
        until = self._loop.time() + self._grace
        try:
            while visit is self._visit and visit.gate == "open":
                changed = self._changed
                if (host, port) in visit.allowed:
                    return True
                left = until - self._loop.time()
                if left <= 0:
                    return False
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await changed.wait()
            return False
        finally:
            visit.held -= 1

    async def _connect(self, host: str, port: int, tunnel: bool) -> Way:
        try:
            way = await self._way(host, port, tunnel)
            if tunnel and self.shop_tls and self.shop_tls.stands_before(host, port):
                way = await self.shop_tls.secure(way, host)
            return way
        except (OSError, CannotReach, UnicodeError, EOFError, ValueError, asyncio.CancelledError) as error:
            if self._visit is not None:
                self._visit.unreachable[f"{host}:{port}"] = in_words(error)
            if isinstance(error, asyncio.CancelledError | CannotReach):
                raise
            raise CannotReach(in_words(error)) from error

    def _at_home(self, host: str, port: int) -> bool:
        """Whether it is the shop's own, or the shop is in this network itself; others must not lead a page in there."""
        visit = self._visit
        return (
            self._inside
            or visit is None
            or visit.site.has(host, port)
            or any(is_inside(one.rpartition(":")[0] if has_port(one) else one) for one in visit.site.named)
        )

    async def _way(self, host: str, port: int, tunnel: bool) -> Way:
        named = self._resolve.get(f"{host}:{port}") or self._resolve.get(host)
        if named:
            address, _, to = named.rpartition(":")
            return await direct(address.strip("[]"), int(to)) if address else await direct(named, port)
        stranger = not (self._deliver or self._at_home(host, port))
        if stranger and is_inside(host):
            raise CannotReach(_INSIDE)
        if self._upstream and not is_loopback(host):
            return await (self._upstream.tunnel(host, port) if tunnel else self._upstream.open())
        # as browsers do it: no resolver is asked for names below localhost
        addresses = ["127.0.0.1"] if host.endswith(".localhost") else await self._names.addresses(host, port)
        if stranger and (addresses := [one for one in addresses if not is_inside(one)]) == []:
            raise CannotReach(_INSIDE)
        if not stranger and any(map(is_inside, addresses)):
            self._inside = True
        if len(addresses) == 1:
            return await direct(addresses[0], port)
        failure: OSError | None = None
        for address in addresses[:4]:
            try:
                async with asyncio.timeout(8):
                    return await direct(address, port)
            except OSError as error:
                failure = failure or error
        raise failure or OSError("no address")


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
