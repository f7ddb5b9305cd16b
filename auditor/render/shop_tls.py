"""TLS to the shop in the browsers' place, inside the wall: only so can they use a company's authority or a client certificate.

Browsers are shown a certificate made up here, for the configured origins alone; the shop's own is looked at by us, against
the system's authorities and the config's. All other hosts' TLS passes the wall unread.
"""

from __future__ import annotations

import asyncio
import base64
import datetime
import hashlib
import ipaddress
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.config.session import Session, tls_context
from auditor.render.ways import Way

if TYPE_CHECKING:
    from cryptography import x509

_HTTP1 = ["http/1.1"]  # on both sides: what one side speaks is passed on to the other as it is


class ShopTls:
    """One per worker; `fingerprint` is of its key, as Chromium wants it."""

    def __init__(self, session: Session, *, verify: bool = True) -> None:
        # few shops ask for this, and it takes long to load
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self._session = session
        self._out = tls_context(session)
        self._out.set_alpn_protocols(_HTTP1)
        if not verify:
            self._out.check_hostname, self._out.verify_mode = False, ssl.CERT_NONE
        self._key = ec.generate_private_key(ec.SECP256R1())
        told = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.fingerprint = base64.b64encode(hashlib.sha256(told).digest()).decode()
        self._shown: dict[str, ssl.SSLContext] = {}

    @classmethod
    def needed(cls, session: Session, *, verify: bool = True) -> ShopTls | None:
        return cls(session, verify=verify) if session.ca or session.certificate else None

    def stands_before(self, host: str, port: int) -> bool:
        shown = f"[{host}]" if ":" in host else host
        return self._session.knows(f"https://{shown}:{port}")

    async def secure(self, way: Way, host: str) -> Way:
        """The way with TLS on it; `way.inside` is what the browser is shown. Raises OSError where the shop's certificate is not good."""
        try:
            async with asyncio.timeout(20):
                await way.writer.start_tls(self._out, server_hostname=host)
        except BaseException:
            way.abort()
            raise
        return Way(way.reader, way.writer, inside=self._shown.get(host) or self._show(host))

    def _show(self, host: str) -> ssl.SSLContext:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.x509.oid import NameOID

        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
        try:
            known: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            known = x509.DNSName(host)
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([known]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(_HTTP1)
        with tempfile.TemporaryDirectory(prefix="auditor-tls-") as folder:  # the ssl module reads files only
            file = Path(folder) / "shown.pem"
            file.touch(mode=0o600)
            file.write_bytes(
                self._key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                + certificate.public_bytes(serialization.Encoding.PEM)
            )
            context.load_cert_chain(file)
        self._shown[host] = context
        return context
