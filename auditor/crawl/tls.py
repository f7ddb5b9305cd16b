"""TLS of the crawl: the config's authorities are trusted, and its client certificate is shown to the shop alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.crawler import Crawler
from twisted.internet import _sslverify
from zope.interface import implementer  # type: ignore[import-untyped]

from auditor.config.session import Session


def needed(session: Session) -> bool:
    return bool(session.ca or session.certificate)


class Contexts(_ScrapyClientContextFactory):
    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._session = session
        self._client = _client(session)
        self._for_shop = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Contexts:
        told: Contexts = super().from_crawler(crawler, *args, session=crawler.settings["SESSION"], **kwargs)
        return told

    def _get_cert_options_kwargs(self) -> dict[str, Any]:
        return {**super()._get_cert_options_kwargs(), **(self._client if self._for_shop else {})}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        name = hostname.decode("ascii")
        shown = f"[{name}]" if ":" in name else name
        self._for_shop = self._session.knows(f"https://{shown}:{port}")
        if not self._verify_certificates or not self._session.ca:
            return super().creatorForNetloc(hostname, port)
        return _sslverify.optionsForClientTLS(
            hostname=name,
            trustRoot=_Trust(self._session.ca),  # type: ignore[arg-type]
            extraCertificateOptions=self._get_cert_options_kwargs(),
        )


@implementer(_sslverify.IOpenSSLTrustRoot)
class _Trust:
    """The system's authorities and those of a file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def _addCACertsToContext(self, context: SSL.Context) -> None:
        context.set_default_verify_paths()
        context.load_verify_locations(self._file)


def _client(session: Session) -> dict[str, Any]:
    if session.certificate is None:
        return {}
    file, key_file, passphrase = session.certificate
    own, *chain = _certificates(Path(file).read_bytes())
    key = load_pem_private_key(_key_part(Path(key_file).read_bytes()), passphrase.encode() or None)
    return {
        "certificate": own,
        "privateKey": crypto.PKey.from_cryptography_key(key),  # type: ignore[arg-type]
        "extraCertChain": chain,
    }


def _certificates(pem: bytes) -> list[crypto.X509]:
    parts = pem.split(b"-----BEGIN CERTIFICATE-----")[1:]
    return [crypto.load_certificate(crypto.FILETYPE_PEM, b"-----BEGIN CERTIFICATE-----" + part) for part in parts]


def _key_part(pem: bytes) -> bytes:
    """The private key of a file that may hold certificates too."""
    start = pem.find(b"PRIVATE KEY-----")
    return pem[pem.rfind(b"-----BEGIN", 0, start) :] if start >= 0 else pem
