"""What crawler and browsers send to open the shop, as plain data for their processes; it is never stored or logged."""

from __future__ import annotations

import base64
import html
import json
import re
import ssl
import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from auditor.config.secret import sounds_secret
from auditor.model.errors import UsageError

if TYPE_CHECKING:
    from auditor.config.access import Access

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHORTEST = 6  # characters of a secret that is struck out of what a site said
_LARGEST = 5_000_000  # bytes of a storage state


class Cookie(msgspec.Struct, frozen=True, kw_only=True):
    """Of one host. `expires` is in seconds since 1970, -1: with the session."""

    name: str
    value: str
    domain: str
    path: str = "/"
    secure: bool = False
    expires: float = -1
    http_only: bool = False
    same_site: str = "Lax"

    def goes_to(self, url: str) -> bool:
        parts = urlsplit(url)
        host, path = (parts.hostname or "").lower(), parts.path or "/"
        near = host == self.domain
        below = path == self.path or path.startswith(self.path if self.path.endswith("/") else f"{self.path}/")
        alive = self.expires < 0 or self.expires > time.time()
        return near and below and alive and (parts.scheme == "https" or not self.secure)


class Session(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`origins` alone get headers, basic auth, cookies and the client certificate. `proxy`, `ca` and paths are this machine's."""

    origins: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    basic_auth: tuple[str, str] | None = None
    cookies: tuple[Cookie, ...] = ()
    local_storage: dict[str, dict[str, str]] = {}  # origin -> name -> value
    ca: str = ""
    certificate: tuple[str, str, str] | None = None  # files of certificate and key, passphrase
    proxy: str = ""

    def knows(self, url: str) -> bool:
        """Whether this URL may be sent the secrets. An origin of plain http stands for its https too, not the reverse."""
        own = origin_of(url)
        return bool(own) and (own in self.origins or (own.startswith("https://") and _plain(own) in self.origins))

    def headers_for(self, url: str) -> dict[str, str]:
        """Headers, basic auth and cookies for a URL; nothing where it may not have them."""
        if not self.knows(url):
            return {}
        headers = dict(self.headers)
        if self.basic_auth:
            headers["Authorization"] = self._basic
        if told := "; ".join(f"{one.name}={one.value}" for one in self.cookies if one.goes_to(url)):
            headers["Cookie"] = told
        return headers

    @property
    def along(self) -> dict[str, str]:
        """Headers that a browser must be given with each request; basic auth among them only where there are others,
        since those requests are made in the browser's place."""
        headers = dict(self.headers)
        if headers and self.basic_auth:
            headers["Authorization"] = self._basic
        return headers

    @property
    def _basic(self) -> str:
        return "Basic " + base64.b64encode(":".join(self.basic_auth or ()).encode()).decode()

    def without_secrets(self) -> Session:
        """For other sites: the way out of this machine and nothing else."""
        return Session(ca=self.ca, proxy=self.proxy)

    @cached_property
    def _told(self) -> re.Pattern[bytes] | None:
        secrets = [value for name, value in self.headers.items() if sounds_secret(name, value)]
        secrets += [one.value for one in self.cookies if sounds_secret(one.name, one.value) or len(one.value) >= 8]
        secrets = [value for value in secrets if len(value) >= _SHORTEST]
        # a password that is a plain word stands in many a page without being told there
        if self.basic_auth and len(self.basic_auth[1]) >= 8 and not self.basic_auth[1].isalpha():
            secrets += [self.basic_auth[1], base64.b64encode(":".join(self.basic_auth).encode()).decode()]
        forms = {
            form for one in secrets for form in (one, html.escape(one), quote(one, safe=""), json.dumps(one)[1:-1])
        }
        found = sorted((re.escape(form.encode()) for form in forms), key=len, reverse=True)
        return re.compile(b"|".join(found)) if found else None

    def hide(self, said: bytes) -> bytes:
        """What a site said, with our own secrets in it struck out by as many asterisks: some pages show what they were sent."""
        return self._told.sub(lambda match: b"*" * len(match[0]), said) if self._told else said

    @property
    def opens(self) -> bool:
        """Whether it holds anything that is sent."""
        return bool(self.headers or self.basic_auth or self.cookies or self.local_storage or self.certificate)


def session_of(access: Access, site: str, cookies: Iterable[Cookie] = ()) -> Session:
    """The session of a config's access; `cookies` came of opening the storefront. Raises UsageError for files that can't be read."""
    origins = tuple(dict.fromkeys(origin_of(url) for url in (site, *access.origins)))
    headers = {name: value.get_secret_value() for name, value in access.headers.items()}
    if access.signature:
        headers |= {
            "Signature-Input": access.signature.input.get_secret_value(),
            "Signature": access.signature.signature.get_secret_value(),
            "Signature-Agent": access.signature.agent,
        }
    own = [
        Cookie(name=name, value=value.get_secret_value(), domain=urlsplit(one).hostname or "")
        for name, value in access.cookies.items()
        for one in origins
    ]
    kept, storage = _storage_state(Path(access.login.storage_state), origins) if access.login else ((), {})
    client = access.client_certificate
    session = Session(
        origins=origins,
        headers=headers,
        basic_auth=(access.basic_auth.user, access.basic_auth.password.get_secret_value()) if access.basic_auth else None,
        cookies=(*own, *kept, *cookies),
        local_storage=storage,
        ca=access.ca,
        certificate=(
            client.certificate,
            client.key or client.certificate,
            client.passphrase.get_secret_value() if client.passphrase else "",
        )
        if client
        else None,
        proxy=access.proxy.get_secret_value() if access.proxy else "",
    )  # fmt: skip
    if (
        session.ca or session.certificate
    ):  # files that can't be used are told now; the system's own authorities take 20 ms
        tls_context(session)
    return session


def tls_context(session: Session, *, own: bool = True) -> ssl.SSLContext:
    """Trusts the system's authorities and `ca`; with `own` it shows the client certificate. Raises UsageError for unusable files."""
    context = ssl.create_default_context()
    if session.ca:
        try:
            context.load_verify_locations(cafile=session.ca)
        except (OSError, ssl.SSLError):
            raise UsageError("cannot be read as certificates in PEM", where=session.ca) from None
    if session.certificate and own:
        certificate, key, passphrase = session.certificate
        try:
            # without a passphrase the terminal would be asked for one
            context.load_cert_chain(certificate, key, passphrase or "none")
        except (OSError, ssl.SSLError, ValueError):
            raise UsageError(
                "the client certificate and its key cannot be used",
                where=", ".join(dict.fromkeys((certificate, key))),
                hint="Both must be PEM and belong together; access.client_certificate.passphrase opens a key that is locked.",
            ) from None
    return context


def origin_of(url: str) -> str:
    """`https://shop.example` or `http://shop.example:8080`, the scheme's own port left out; empty for what has none."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not name:
        return ""
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else "")


def _plain(origin: str) -> str:
    """The same host by plain http, where neither names a port."""
    return "http://" + origin.removeprefix("https://")


def _storage_state(file: Path, origins: tuple[str, ...]) -> tuple[tuple[Cookie, ...], dict[str, dict[str, str]]]:
    """Cookies and local storage of a Playwright storage state, those of `origins` only: other sites' are left out."""
    data = _json(file)
    hosts = [urlsplit(one).hostname or "" for one in origins]
    try:
        cookies = tuple(
            Cookie(
                name=str(one["name"]),
                value=str(one["value"]),
                domain=host,  # of a whole domain's cookie, what these hosts get of it
                path=str(one.get("path") or "/"),
                secure=bool(one.get("secure")),
                expires=float(one.get("expires", -1)),
                http_only=bool(one.get("httpOnly")),
                same_site=str(one.get("sameSite") or "Lax"),
            )
            for one in data.get("cookies", ())
            for host in dict.fromkeys(hosts)
            if _belongs(str(one["domain"]), host)
        )
        storage = {
            origin_of(str(one["origin"])): {str(row["name"]): str(row["value"]) for row in one.get("localStorage", ())}
            for one in data.get("origins", ())
            if origin_of(str(one["origin"])) in origins
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError("not a Playwright storage state", where=str(file), hint=_MAKE) from None
    if not cookies and not storage:
        raise UsageError(f"holds nothing for {', '.join(hosts)}", where=str(file), hint=_MAKE)
    return cookies, storage


_MAKE = "Sign in and save it: playwright open --save-storage=login.json https://…"


def _json(file: Path) -> dict[str, Any]:
    text = _readable(file)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise UsageError("not a Playwright storage state", where=str(file), hint=_MAKE)
    return data


def _readable(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(file)) from None


def _belongs(domain: str, host: str) -> bool:
    bare = domain.lstrip(".").lower()
    return host == bare or (domain.startswith(".") and host.endswith(f".{bare}"))
