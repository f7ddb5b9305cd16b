from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.crawl.job import Seen
from auditor.crawl.probe import judge, probe
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import settings
from tests.crawl.nasty import Reply, page, serving, text, to

PASSWORD = b"<!doctype html><html><head><title>Shop - Opening soon</title></head><body><form action='/password' class='password-form'></form></body></html>"


def seen(status: int = 200, body: bytes = b"<html>", outcome: F = F.OK, reason: str = "", **more: object) -> Seen:
    url = "https://shop.example/"
    final = str(more.pop("final_url", url))
    response = Response(
        url=url,
        final_url=final,
        outcome=outcome,
        status=status,
        reason=reason,
        content_type=str(more.pop("kind", "text/html")),
    )
    usual: dict = {"robots": None, "robots_body": b"", "allowed": True}
    return Seen(response=response, body=body, **{**usual, **more})


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        (seen(), "ok"),
        (seen(final_url="https://www.shop.example/"), "ok"),
        (seen(final_url="https://other.example/"), "moved"),
        (seen(final_url="https://queue.example/?c=acme&t=https%3A%2F%2Fshop.example%2F"), "closed"),
        (seen(final_url="https://other.example/?from=shop.example"), "moved"),
        (seen(kind="application/json", body=b"{}"), "not_html"),
        (seen(404, outcome=F.SITE_ERROR, reason="answers 404"), "site_error"),
        (seen(401, outcome=F.BLOCKED, reason="asks for a user name"), "login"),
        (seen(403, outcome=F.BLOCKED, reason="the shop does not let us in"), "blocked"),
        (seen(403, outcome=F.BLOCKED, reason="a bot protection stands before it: X"), "challenge"),
        (seen(429, outcome=F.RATE_LIMITED, reason="fewer"), "rate_limited"),
        (seen(302, outcome=F.SKIPPED, reason="redirects to an address that is not fetched"), "unsafe"),
        (seen(0, outcome=F.UNREACHABLE, reason="the host's name cannot be resolved", failure="dns"), "dns"),
        (seen(0, outcome=F.TIMEOUT, reason="no complete answer", failure="timeout"), "timeout"),
        (seen(allowed=False), "disallowed"),
    ],
)
def test_every_answer_has_its_verdict_and_a_sentence(what: Seen, verdict: str) -> None:
    found, sentence = judge(what, settings("https://shop.example/"))
    assert found == verdict
    assert "shop.example" in sentence


def test_a_shop_is_looked_at_once() -> None:
    with serving({"/": page(text="hello"), "/robots.txt": text("User-agent: *\nAllow: /")}) as nasty:
        result = probe(settings(nasty.url("/")))
        assert (result.verdict, result.fatal) == ("ok", "")
        assert b"hello" in result.body
        assert result.robots is not None
        assert result.robots_body.startswith(b"User-agent")
        assert dict(nasty.hits) == {"/": 1, "/robots.txt": 1}


def test_a_site_that_moved_is_named_and_gets_no_secrets() -> None:
    with serving({"/": page()}) as there, serving({"/": to(f"http://127.0.0.1:{there.port}/")}) as here:
        result = probe(settings(here.url("/"), session={"headers": {"X-Key": "k"}}))
        assert result.verdict == "moved"
        assert result.moved_to == there.url("/")
        assert here.visits[0].headers["x-key"] == "k"
        assert all("x-key" not in visit.headers for visit in there.visits)


def test_a_public_site_cannot_send_us_into_the_private_network() -> None:
    with serving({"/": to("http://127.0.0.1:1/admin")}) as nasty:
        result = probe(settings("http://shop.example/", resolve={"shop.example": f"127.0.0.1:{nasty.port}"}))
        assert result.response.outcome is F.SKIPPED
        assert result.fatal


def test_a_host_nobody_knows() -> None:
    result = probe(settings("http://nowhere.invalid/"))
    assert result.verdict == "dns"
    assert "cannot be resolved" in result.fatal


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert probe(settings(f"http://127.0.0.1:{port}/")).verdict == "refused"


def test_too_slow() -> None:
    with serving({"/": Reply(wait=3)}) as nasty:
        result = probe(settings(nasty.url("/"), timeout=0.5))
        assert result.verdict == "timeout"
        assert "0.5 s" in result.fatal


def test_a_password_page_is_not_the_shop() -> None:
    with serving({"/": to("/password"), "/password": Reply(body=PASSWORD, headers=(("X-ShopId", "1"),))}) as nasty:
        result = probe(settings(nasty.url("/")))
        assert result.verdict == "closed", result.sentence


@contextmanager
def secured(folder: Path) -> Iterator[int]:
    """A TLS server whose certificate nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / "both.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not stop.is_set():
                try:
                    plain, _ = server.accept()
                except TimeoutError:
                    continue
                with plain:
                    plain.settimeout(5)
                    try:
                        with context.wrap_socket(plain, server_side=True) as tls:
                            tls.recv(4096)
                            tls.sendall(
                                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\nConnection: close\r\n\r\n<html>ok"
                            )
                    except OSError:
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            thread.join()


def test_a_certificate_nobody_vouches_for_is_a_tls_failure_unless_allowed(tmp_path: Path) -> None:
    with secured(tmp_path) as port:
        resolve = {"shop.example:443": f"127.0.0.1:{port}"}
        refused = probe(settings("https://shop.example/", resolve=resolve))
        allowed = probe(settings("https://shop.example/", resolve=resolve, ignore_tls_errors=True))
    assert refused.verdict == "tls"
    assert "certificate" in refused.fatal
    assert (allowed.verdict, allowed.response.status) == ("ok", 200)


def test_no_tls_at_all() -> None:
    with serving({"/": page()}) as nasty:
        assert probe(settings(nasty.url("/").replace("http:", "https:"))).verdict == "tls"
