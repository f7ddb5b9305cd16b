"""Reads the TLS certificate of a host: what it says, and whether this machine trusts it."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from auditor.config.session import Session, tls_context
from auditor.crawl.settings import is_loopback
from auditor.evidence.certificate import Certificate
from auditor.store.runs import now

_MOST_NAMES = 200


def read(
    host: str,
    port: int = 443,
    *,
    timeout: float = 10.0,
    resolve: Mapping[str, str] | None = None,
    session: Session | None = None,
) -> Certificate:
    """Never raises: where none can be read, `failure` says why. `resolve` as in the config; of `session` authorities,
    proxy and, for the shop, the client certificate."""
    distrust, session = "", session or Session()
    shown = f"[{host}]" if ":" in host else host
    own = session.knows(f"https://{shown}:{port}")
    try:
        try:
            raw = _shown(host, port, timeout, resolve or {}, tls_context(session, own=own), session.proxy)
        except ssl.SSLCertVerificationError as error:
            distrust = str(error.verify_message or error.reason or "not trusted")[:200]
            blind = tls_context(session, own=own)
            blind.check_hostname = False
            blind.verify_mode = ssl.CERT_NONE
            raw = _shown(host, port, timeout, resolve or {}, blind, session.proxy)
        return _told(host, port, raw, distrust)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; names that cannot be sent are ValueErrors
        return Certificate(host=host, port=port, failure=_why(error), taken_at=now())


def _shown(
    host: str, port: int, timeout: float, resolve: Mapping[str, str], context: ssl.SSLContext, proxy: str
) -> bytes:
    with (
        _connected(host, port, timeout, resolve, proxy) as connection,
        context.wrap_socket(connection, server_hostname=host.strip("[]")) as secured,
    ):
        raw = secured.getpeercert(binary_form=True)
    if not raw:
        raise ValueError("the host showed no certificate")
    return raw


def _connected(host: str, port: int, timeout: float, resolve: Mapping[str, str], proxy: str) -> socket.socket:
    place = resolve.get(f"{host}:{port}") or resolve.get(host)
    if proxy and not place and not is_loopback(f"https://{host}/"):
        return _through(proxy, host, port, timeout)
    name, colon, own_port = (place or host).rpartition(":")
    if not colon or (":" in name and not name.endswith("]")):
        name, own_port = place or host, ""
    return socket.create_connection((name.strip("[]"), int(own_port) if own_port else port), timeout=timeout)


def _through(proxy: str, host: str, port: int, timeout: float) -> socket.socket:
    """A tunnel through the company's proxy (plain http to it); raises OSError."""
    parts = urlsplit(proxy)
    if parts.scheme != "http":
        raise OSError("certificates are not read through a proxy that speaks https")
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout)
    try:
        lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
        if parts.username:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            lines.append("Proxy-Authorization: Basic " + base64.b64encode(user.encode()).decode())
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 65_536 and (more := connection.recv(1)):
            head += more
        if b" 200 " not in head.split(b"\r\n", 1)[0] + b" ":
            raise OSError("the proxy does not let us through")
    except BaseException:
        connection.close()
        raise
    return connection


def _told(host: str, port: int, raw: bytes, distrust: str) -> Certificate:
    one = x509.load_der_x509_certificate(raw)
    try:
        names = one.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        alternatives = names.get_values_for_type(x509.DNSName) if isinstance(names, x509.SubjectAlternativeName) else []
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        alternatives = []
    return Certificate(
        host=host,
        port=port,
        subject=_name(one.subject, NameOID.COMMON_NAME),
        issuer=_name(one.issuer, NameOID.ORGANIZATION_NAME) or _name(one.issuer, NameOID.COMMON_NAME),
        names=tuple(name[:255] for name in alternatives[:_MOST_NAMES]),
        not_before=one.not_valid_before_utc.isoformat(),
        not_after=one.not_valid_after_utc.isoformat(),
        distrust=distrust,
        taken_at=now(),
    )


def _name(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value)[:200] if found else ""


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host's name cannot be resolved"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return " ".join(str(error).split())[:200] or type(error).__name__
