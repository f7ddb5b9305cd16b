from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from auditor.evidence.requests import NO_NAME, NO_NAMES
from auditor.knowledge.vendors import Kind, Match
from auditor.render.hosts import Hosts
from auditor.render.proxy import MARK
from auditor.render.wall import Refusal, Wall
from tests.render.servers import Answer, Asked, Server

COLLECTS = "collects.test"


class Table:
    """Stands in for knowledge.vendors."""

    def match(self, url: str, method: str = "GET") -> Match | None:
        return Match("acme", Kind.COLLECT) if "/collect" in url else None

    def refuses(self, host: str) -> str | None:
        return "acme" if host == COLLECTS else None


@pytest.fixture
def wall(server: Server, tls_server: Server) -> Iterator[Wall]:
    resolve = {f"{name}.test:443": tls_server.address for name in ("shop", "other", "collects")}
    resolve |= {f"{name}.test": server.address for name in ("shop", "other", "collects")}
    with Wall(vendors=Table(), resolve=resolve, grace_seconds=0.05) as wall:
        yield wall


@contextmanager
def connected(wall: Wall) -> Iterator[socket.socket]:
    host, _, port = wall.address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as wire:
        yield wire


def tunnel(wire: socket.socket, target: str) -> int:
    """Asks for a tunnel; the status of the answer."""
    wire.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    return int(read_head(wire).split(b" ")[1])


def read_head(wire: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = wire.recv(1)
        if not byte:
            raise EOFError(head)
        head += byte
    return head


def plain(wall: Wall) -> http.client.HTTPConnection:
    host, _, port = wall.address.rpartition(":")
    return http.client.HTTPConnection(host, int(port), timeout=10)


def get(wall: Wall, url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes, str]:
    """Status, body and the wall's mark of one request in absolute form."""
    with closing(plain(wall)) as connection:
        connection.request(method, url, body=body)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get(MARK, "")


def ended(wire: socket.socket) -> bool:
    """Whether the other side has ended the connection, waiting for it a little."""
    wire.settimeout(5)
    with suppress(ConnectionError):
        while wire.recv(4096):
            pass
    return True


def test_whose_hosts_are_the_shops() -> None:
    hosts = Hosts(["www.shop.example", "127.0.0.1:8000", "staging.other.example:8443", "localhost"])
    assert hosts.has("www.shop.example", 443)
    assert hosts.has("shop.example", 443)
    assert hosts.has("API.shop.example", 443)
    assert hosts.has("127.0.0.1", 8000)
    assert hosts.has("staging.other.example", 8443)
    assert hosts.has("localhost", 1)
    for host, port in [
        ("notshop.example", 443),
        ("shop.example.evil", 443),
        ("127.0.0.1", 8001),
        ("staging.other.example", 443),
        ("api.staging.other.example", 8443),
        ("tags.localhost", 80),
        ("", 0),
    ]:
        assert not hosts.has(host, port), host
    assert not Hosts([]).has("shop.example", 443)


def test_nothing_passes_outside_a_visit(wall: Wall, server: Server) -> None:
    assert get(wall, "http://shop.test/")[0] == 403
    with connected(wall) as wire:
        assert tunnel(wire, "shop.test:443") == 403
    assert wall.idle == {("shop.test", 80): 1, ("shop.test", 443): 1}
    assert server.connections == 0
    assert wall.end() == ()


def test_the_shop_passes_and_third_parties_only_when_allowed(wall: Wall, server: Server, tls_server: Server) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    assert get(wall, "http://shop.test/a?b=c") == (200, b"here", "")
    assert server.paths() == ["/a?b=c"]
    assert get(wall, "http://other.test/") == (403, b"", "refused")
    with connected(wall) as wire:
        assert tunnel(wire, "other.test:443") == 403
    assert tls_server.connections == 0
    wall.allow("other.test", 443)
    with connected(wall) as wire:
        assert tunnel(wire, "OTHER.test:443") == 200
    # the refusal of a host let through later was a preconnect; of plain http it still stands
    assert wall.end() == (Refusal(host="other.test", port=80, count=1),)


def test_a_connection_waits_for_the_recorder(tls_server: Server) -> None:
    with Wall(resolve={"other.test": tls_server.address}, grace_seconds=10) as wall:
        wall.begin([])
        with connected(wall) as wire:
            wire.sendall(b"CONNECT other.test:443 HTTP/1.1\r\n\r\n")
            wire.settimeout(0.2)
            with pytest.raises(TimeoutError):
                wire.recv(1)
            wall.allow("other.test", 443)
            wire.settimeout(5)
            assert read_head(wire).startswith(b"HTTP/1.1 200")
        assert wall.end() == ()


def test_waiting_connections_are_few(tls_server: Server) -> None:
    with Wall(resolve={"other.test": tls_server.address}, grace_seconds=30) as wall:
        wall.begin([])
        wires = []
        for number in range(9):
            wire = socket.create_connection(("127.0.0.1", int(wall.address.rpartition(":")[2])), 5)
            wire.sendall(f"CONNECT host{number}.test:443 HTTP/1.1\r\n\r\n".encode())
            wires.append(wire)
        answered = []
        deadline = time.monotonic() + 60
        while not answered and time.monotonic() < deadline:
            for wire in wires:
                wire.settimeout(0.02)
                with suppress(TimeoutError):
                    answered.append(wire.recv(12))
        assert answered == [b"HTTP/1.1 403"]
        wall.close_gate()  # sends the others away at once
        assert all(ended_or_refused(wire) for wire in wires)
        for wire in wires:
            wire.close()


def ended_or_refused(wire: socket.socket) -> bool:
    wire.settimeout(5)
    with suppress(ConnectionError):
        data = wire.recv(4096)
        return data == b"" or b"403" in data or MARK.encode() in data
    return True


def test_what_comes_before_the_shop_is_asked_is_of_the_page_before(wall: Wall, server: Server) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    with connected(wall) as wire:
        assert tunnel(wire, f"{COLLECTS}:443") == 403
    assert get(wall, "http://shop.test/")[0] == 200
    with connected(wall) as wire:
        assert tunnel(wire, f"{COLLECTS}:443") == 403
    wall.close_gate()
    began = time.monotonic()
    wall.hear_out(quiet=0.3, longest=30)
    assert time.monotonic() - began >= 0.3
    assert wall.end() == (Refusal(host=COLLECTS, port=443, count=1, vendor="acme"),)
    assert wall.idle == {(COLLECTS, 443): 1}


def test_collection_hosts_are_refused_whatever_the_recorder_says(
    wall: Wall, server: Server, tls_server: Server
) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    assert get(wall, "http://shop.test/")[0] == 200
    wall.allow(COLLECTS, 443)
    with connected(wall) as wire:
        assert tunnel(wire, f"{COLLECTS}:443") == 403
    wall.close_gate()
    with connected(wall) as wire:
        assert tunnel(wire, f"{COLLECTS}:443") == 403
    assert tls_server.connections == 0
    early, late = sorted(wall.end(), key=lambda refusal: refusal.after_gate)
    assert late == Refusal(host=COLLECTS, port=443, count=1, vendor="acme", after_gate=True)
    assert early.after_gate is False


def test_a_spare_connection_to_the_shop_is_no_request(wall: Wall, server: Server) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    assert get(wall, "http://shop.test/")[0] == 200
    wall.close_gate(everything=True)
    with connected(wall) as wire:
        assert tunnel(wire, "shop.test:443") == 403
    assert get(wall, "http://shop.test/last-words")[0] == 403
    assert wall.end() == (Refusal(host="shop.test", port=80, count=1, after_gate=True),)


def test_plain_http_is_read(wall: Wall, server: Server) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    wall.allow("other.test", 80)
    assert get(wall, "http://other.test/library.js")[0] == 200
    assert get(wall, "http://other.test/collect?x=1")[0] == 403
    assert get(wall, "http://other.test/hit", "POST", b"x")[0] == 403
    assert get(wall, "http://shop.test/cart", "POST", b"x")[0] == 200
    assert server.paths() == ["/library.js", "/cart"]


def test_the_gate_cuts_what_is_open(wall: Wall, certificate: Path, tls_server: Server) -> None:
    tls_server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    wall.allow("other.test", 443)
    context = ssl._create_unverified_context()
    with connected(wall) as shop, connected(wall) as other:
        assert tunnel(shop, "shop.test:443") == tunnel(other, "other.test:443") == 200
        with (
            context.wrap_socket(shop, server_hostname="shop.test") as shop,
            context.wrap_socket(other, server_hostname="other.test") as other,
        ):
            wall.close_gate()
            with suppress(OSError):
                other.sendall(b"POST /late HTTP/1.1\r\nHost: other.test\r\nContent-Length: 0\r\n\r\n")
            shop.sendall(b"GET /still HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            assert read_head(shop).startswith(b"HTTP/1.1 200")
            wall.close_gate(everything=True)
            assert ended(shop)
    assert tls_server.paths() == ["/still"]
    assert get(wall, "http://shop.test/")[0] == 403
    wall.begin(["shop.test"])
    assert wall.end() == ()


def test_delivery_lets_all_pass(server: Server) -> None:
    server.answers["*"] = Answer("here")
    with Wall(vendors=Table(), resolve={COLLECTS: server.address}, deliver_beacons=True) as wall:
        wall.begin([])
        wall.close_gate(everything=True)
        assert get(wall, f"http://{COLLECTS}/collect", "POST", b"x")[0] == 200
        assert wall.end() == ()


def test_unreachable_has_a_reason_and_a_mark(server: Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with Wall() as wall:
        wall.begin(["127.0.0.1", "no-such-host.invalid"])
        assert get(wall, f"http://127.0.0.1:{port}/") == (502, b"", "unreachable")
        with connected(wall) as wire:
            assert tunnel(wire, "no-such-host.invalid:443") == 502
        assert wall.unreachable == {
            f"127.0.0.1:{port}": "the connection was refused",
            "no-such-host.invalid:443": "the name was not found",
        }
        wall.begin([])
        assert wall.unreachable == {}


@pytest.mark.parametrize(
    ("control", "reason"), [("127.0.0.1", NO_NAME), ("no-control.invalid", NO_NAMES)], ids=["finds", "finds nothing"]
)
def test_that_a_name_does_not_exist_is_said_only_where_names_are_found(control: str, reason: str) -> None:
    with Wall(controls=["none-either.invalid", control]) as wall:
        wall.begin(["no-such-host.invalid"])
        with connected(wall) as wire:
            assert tunnel(wire, "no-such-host.invalid:443") == 502
        assert wall.unreachable == {"no-such-host.invalid:443": reason}


def test_keep_alive_and_every_kind_of_body(wall: Wall, server: Server) -> None:
    """One connection from the browser, all requests over one connection to the server, bodies unchanged."""
    big = bytes(range(256)) * 4096

    def echo(asked: Asked) -> Answer:
        return Answer(asked.body, headers={"X-Method": asked.method})

    server.answers |= {"/big": Answer(big), "/echo": echo, "/none": Answer(status=204), "/same": Answer(status=304)}
    wall.begin(["shop.test"])
    with closing(plain(wall)) as connection:
        for method, path, body, expected in [
            ("GET", "/big", None, big),
            ("HEAD", "/big", None, b""),
            ("POST", "/echo", big, big),
            ("GET", "/same", None, b""),
            ("GET", "/big", None, big),
        ]:
            connection.request(method, f"http://shop.test{path}", body=body)
            answer = connection.getresponse()
            assert answer.read() == expected
    assert server.connections == 1
    assert not any(name.startswith("proxy-") for one in server.asked for name in one.headers)


def test_one_connection_may_ask_several_servers(wall: Wall, server: Server) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test", server.address])
    with closing(plain(wall)) as connection:
        for url in ("http://shop.test/1", f"http://{server.address}/2", "http://shop.test/3"):
            connection.request("GET", url)
            assert connection.getresponse().read() == b"here"
    assert [one.host for one in server.asked] == ["shop.test", server.address, "shop.test"]


class Raw:
    """A server that says exactly these bytes to each connection, after having read a head, and then ends it."""

    def __init__(self, *answers: bytes) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.heads: list[bytes] = []
        self._answers = list(answers)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self.listener.accept()
                with wire:
                    wire.settimeout(5)
                    with suppress(OSError, EOFError):
                        self.heads.append(read_head(wire))
                        wire.sendall(self._answers.pop(0) if self._answers else b"")

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(6)


def through(raw: Raw, request: bytes) -> bytes:
    with Wall() as wall:
        wall.begin([raw.address])
        with connected(wall) as wire:
            wire.sendall(request)
            data = b""
            with suppress(ConnectionError):
                while part := wire.recv(65536):
                    data += part
            return data


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4;x=y\r\nabcd\r\n0\r\nTrailer: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (CHUNKED, CHUNKED),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"HTTP/1.1 200 OK\r\n\r\nuntil the end"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        # cut short: what came is passed on, and the end too
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ),
        (b"", b""),
        (b"no http at all", b""),
    ],
)
def test_answers_pass_as_they_are(answer: bytes, got: bytes) -> None:
    with Raw(answer) as raw:
        assert (
            through(
                raw,
                f"GET http://{raw.address}/p HTTP/1.1\r\nHost: {raw.address}\r\nProxy-Connection: keep-alive\r\n\r\n".encode(),
            )
            == got
        )
        assert raw.heads == [f"GET /p HTTP/1.1\r\nHost: {raw.address}\r\nConnection: keep-alive\r\n\r\n".encode()]


def test_a_kept_connection_that_the_server_has_ended_is_made_again() -> None:
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with Raw(ok, ok) as raw, Wall() as wall:
        wall.begin([raw.address])
        with closing(plain(wall)) as connection:
            for _ in range(2):
                connection.request("GET", f"http://{raw.address}/")
                assert connection.getresponse().read() == b"ok"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET ftp://x/ HTTP/1.1\r\n\r\n",
        b"GET http://[bad/ HTTP/1.1\r\n\r\n",
        b"CONNECT nowhere HTTP/1.1\r\n\r\n",
        b"CONNECT x:99999 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
        b"\x05\x01\x00\x05\x01\x00\x09xxxx",
        b"\x05",
        b"x" * 600_000,
    ],
)
def test_garbage_ends_its_own_connection_only(wall: Wall, server: Server, garbage: bytes) -> None:
    server.answers["*"] = Answer("here")
    wall.begin(["shop.test"])
    with connected(wall) as wire, suppress(ConnectionError):
        wire.sendall(garbage)
        with suppress(OSError):  # the wall may have ended the connection already
            wire.shutdown(socket.SHUT_WR)
        while wire.recv(4096):
            pass
    assert get(wall, "http://shop.test/")[0] == 200


def socks(wire: socket.socket, host: str, port: int) -> int:
    wire.sendall(b"\x05\x01\x00")
    assert wire.recv(2) == b"\x05\x00"
    wire.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2, "big"))
    return wire.recv(10)[1]


def test_websockets_come_by_socks_and_reach_the_shop_alone(wall: Wall, tls_server: Server) -> None:
    wall.begin(["shop.test"])
    wall.allow("other.test", 443)
    with connected(wall) as wire:
        assert socks(wire, "other.test", 443) == 2
    with connected(wall) as wire:
        assert socks(wire, "shop.test", 443) == 0
    wall.close_gate(everything=True)
    with connected(wall) as wire:
        assert socks(wire, "shop.test", 443) == 2
    assert wall.end() == (
        Refusal(host="other.test", port=443, count=1, socket=True),
        Refusal(host="shop.test", port=443, count=1, after_gate=True, socket=True),
    )


def upstream(wall_seen: list[bytes], server: Server, *, refuse: bool = False) -> Raw:
    """A proxy of the company's: keeps the head it got, then connects to the server whatever was asked."""

    class Proxy(Raw):
        def _run(self) -> None:
            with suppress(OSError):
                while True:
                    wire, _ = self.listener.accept()
                    with wire, suppress(OSError, EOFError):
                        wire.settimeout(5)
                        head = read_head(wire)
                        wall_seen.append(head)
                        if refuse:
                            wire.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
                            continue
                        with socket.create_connection(("127.0.0.1", server.port), 5) as there:
                            if head.startswith(b"CONNECT"):
                                wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                                there.sendall(read_head(wire))
                            else:
                                there.sendall(head.replace(b"http://far.example", b""))
                            wire.sendall(read_head(there) + there.recv(100))

    return Proxy()


def test_the_companys_proxy_stands_behind_the_wall(server: Server) -> None:
    server.answers["*"] = Answer("here")
    seen: list[bytes] = []
    with upstream(seen, server) as proxy, Wall(upstream=f"http://us%65r:p%40ss@{proxy.address}") as wall:
        wall.begin(["far.example", server.address])
        assert get(wall, "http://far.example/x")[:2] == (200, b"here")
        with connected(wall) as wire:
            assert tunnel(wire, "far.example:443") == 200
            wire.sendall(b"GET /y HTTP/1.1\r\nHost: far.example\r\n\r\n")
            assert read_head(wire).startswith(b"HTTP/1.1 200")
        assert get(wall, server.url("/loopback"))[0] == 200  # loopback is not the proxy's business
    assert seen[0].startswith(b"GET http://far.example/x HTTP/1.1")
    assert seen[1].startswith(b"CONNECT far.example:443 HTTP/1.1")
    assert all(b"Proxy-Authorization: Basic dXNlcjpwQHNz" in head for head in seen)
    assert server.paths() == ["/x", "/y", "/loopback"]
    assert not any("proxy-authorization" in one.headers for one in server.asked if one.path == "/y")


def test_a_companys_proxy_that_refuses_is_the_reason(server: Server) -> None:
    with upstream([], server, refuse=True) as proxy, Wall(upstream=f"http://{proxy.address}") as wall:
        wall.begin(["far.example"])
        with connected(wall) as wire:
            assert tunnel(wire, "far.example:443") == 502
        assert wall.unreachable == {"far.example:443": "the upstream proxy answered 407"}


def test_the_upstream_must_be_an_http_proxy() -> None:
    with pytest.raises(ValueError, match="socks5"):
        Wall(upstream="socks5://proxy.example:1080")


# -- in real browsers


@pytest.fixture(scope="module")
def standing() -> Iterator[Wall]:
    with Wall(grace_seconds=0.1) as wall:
        yield wall


@pytest.fixture(scope="module")
def opened(start: Callable[[Wall], Browser], standing: Wall) -> Browser:
    return start(standing)


def test_many_hosts_load_at_once(opened: Browser, standing: Wall, server: Server) -> None:
    """Refused connections must not use up the few that a browser has to one proxy."""
    pictures = 40
    server.answers |= {
        "/": Answer(
            f"<body><script>window.done = 0; for (let i = 0; i < {pictures}; i++) {{ const p = new Image();"
            "p.onload = p.onerror = () => done++; p.src = i % 2 ? '/p?' + i : 'https://host' + i + '.test/p' }</script>"
        ),
        "/p": Answer(
            "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", headers={"Content-Type": "image/svg+xml"}
        ),
    }
    standing.begin([server.address])
    context = opened.new_context()
    tab = context.new_page()
    began = time.monotonic()
    tab.goto(server.url("/"))
    tab.wait_for_function(f"done === {pictures}")
    took = time.monotonic() - began
    context.close()
    refused = standing.end()
    assert sum(path.startswith("/p?") for path in server.paths()) == pictures // 2
    assert {refusal.host for refusal in refused} == {f"host{number}.test" for number in range(0, pictures, 2)}
    assert took < 40


def test_websockets_of_third_parties_are_held_in_the_browser(opened: Browser, standing: Wall, server: Server) -> None:
    asked_for_upgrade: list[str] = []

    def remember(asked: Asked) -> Answer:
        asked_for_upgrade.append(asked.headers.get("upgrade", ""))
        return Answer(status=400)

    server.answers |= {"/": Answer("<body>"), "/socket": remember}
    standing.begin([f"127.0.0.1:{server.port}"])
    standing.allow("localhost", server.port)
    context = opened.new_context()
    tab = context.new_page()
    tab.goto(server.url("/"))
    script = "url => new Promise(done => { const s = new WebSocket(url); s.onclose = () => done(true); })"
    assert tab.evaluate(script, f"ws://localhost:{server.port}/socket")
    assert asked_for_upgrade == []
    assert tab.evaluate(script, f"ws://127.0.0.1:{server.port}/socket")
    assert asked_for_upgrade == ["websocket"]
    context.close()
    assert standing.end() == (Refusal(host="localhost", port=server.port, count=1, socket=True),)
