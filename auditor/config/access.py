"""What opens a shop that is not open to all: the `access` part of a config. Secrets come from the environment alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from auditor.config.secret import sounds_secret
from auditor.config.signature import EXPIRES
from auditor.model.errors import UsageError
from auditor.model.written import Place, Source, Written

_FILES = (("login", "storage_state"), ("ca",), ("client_certificate", "certificate"), ("client_certificate", "key"))
_ALWAYS_SECRET = (
    ("basic_auth", "password"),
    ("storefront", "password"),
    ("signature", "input"),
    ("signature", "signature"),
    ("client_certificate", "passphrase"),
)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VARIABLE = "${"


class BasicAuth(Written):
    user: str
    password: SecretStr


class Signature(Written):
    """The three headers of an HTTP Message Signature (RFC 9421), as Shopify's admin shows them under crawler access."""

    input: SecretStr  # Signature-Input
    signature: SecretStr
    agent: str = '"https://shopify.com"'  # Signature-Agent; its quotes belong to it

    @field_validator("input")
    @classmethod
    def _has_input(cls, value: SecretStr) -> SecretStr:
        if "=(" not in value.get_secret_value():
            raise ValueError('not a Signature-Input; copy it whole, like sig1=("@authority" …);keyid=…;expires=…')
        if not EXPIRES.search(value.get_secret_value()):
            raise ValueError("the Signature-Input says no expires=; copy it whole")
        return value

    @field_validator("agent")
    @classmethod
    def _quoted(cls, value: str) -> str:
        return value if value.startswith('"') else f'"{value}"'


class Storefront(Written):
    """The password of a shop that is closed: the one form that is ever sent, and only with this."""

    password: SecretStr
    page: str = "/password"  # where its form stands
    field: str = ""  # the form's field; empty: its password field


class Canary(Written):
    """A page only a signed-in visitor sees, and words on it."""

    url: str
    text: str = Field(min_length=1)


class Login(Written):
    """A session made beforehand: a Playwright storage state, and the page that shows whether it still holds."""

    storage_state: str  # file
    canary: Canary


class ClientCertificate(Written):
    certificate: str  # PEM file
    key: str = ""  # PEM file; empty: in the certificate's
    passphrase: SecretStr | None = None


class Access(Written):
    """What opens the shop. Sent to the origin of `site` and to `origins`, never elsewhere, and never stored."""

    basic_auth: BasicAuth | None = None
    headers: dict[str, SecretStr] = {}
    cookies: dict[str, SecretStr] = {}
    signature: Signature | None = None
    storefront: Storefront | None = None
    login: Login | None = None
    client_certificate: ClientCertificate | None = None
    origins: tuple[str, ...] = ()  # further origins that get all of this
    ca: str = ""  # PEM file of authorities trusted besides the usual ones
    proxy: SecretStr | None = None  # of the company, for crawler and browsers

    @model_validator(mode="before")
    @classmethod
    def _short_storefront(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("storefront"), str):
            value = {**value, "storefront": {"password": value["storefront"]}}
        return value

    @field_validator("origins")
    @classmethod
    def _web(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            parts = urlsplit(one)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or "@" in one:
                raise ValueError(f"'{one}' is not an origin; write it like https://checkout.shop.example")
        return value

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            if not _HEADER.fullmatch(name):
                raise ValueError(f"'{name}' is not the name of a header")
            if re.search(r"[\r\n\0]", secret.get_secret_value()):
                raise ValueError(f"the value of '{name}' has a line break in it")
        return value

    @field_validator("cookies")
    @classmethod
    def _cookies(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            if not _HEADER.fullmatch(name):
                raise ValueError(f"'{name}' is not the name of a cookie")
            if re.search(r'[\r\n\0;,\s"]', secret.get_secret_value()):
                raise ValueError(f"the value of cookie '{name}' has a character in it that no cookie may have")
        return value

    @field_validator("proxy")
    @classmethod
    def _http_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("not the address of an HTTP proxy; write it like http://proxy.example:3128")
        return value

    @property
    def closed(self) -> bool:
        """Whether the shop is closed to visitors who lack any of this."""
        return bool(self.basic_auth or self.storefront or self.client_certificate)

    @property
    def secret(self) -> bool:
        """Whether it holds anything that is never stored, so that a later command needs the config again."""
        return any(
            (
                self.basic_auth, self.headers, self.cookies, self.signature, self.storefront, self.login,
                self.client_certificate, self.proxy,
            )
        )  # fmt: skip


def refuse_written_secrets(source: Source, places: tuple[Place, ...] = (("access",),)) -> None:
    """Raises UsageError where a secret stands in the file instead of `${NAME}`: configs are shared and committed."""
    for place in places:
        for path, value in _secrets(_at(source.data, place)):
            if _VARIABLE not in value:
                name = "".join(part if part.isalnum() else "_" for part in "_".join(path[-2:]).upper())
                raise UsageError(
                    f"{'.'.join((*map(str, place), *path))} is a secret and stands in the file",
                    where=source.where((*place, *path)),
                    hint=f"Write ${{{name}}}, and put its value in the environment: export {name}=…",
                )


def anchor(data: Any, folder: Path, places: tuple[Place, ...] = (("access",),)) -> None:
    """Makes the paths of files in `access` those beside the config, where they are not absolute."""
    for place in places:
        access = _at(data, place)
        for *parents, leaf in _FILES:
            here = _at(access, tuple(parents))
            if isinstance(here, dict) and isinstance(here.get(leaf), str) and here[leaf]:
                here[leaf] = str(folder / Path(here[leaf]).expanduser())


def _secrets(access: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    for path in _ALWAYS_SECRET:
        if isinstance(value := _at(access, path), str):
            yield path, value
    if isinstance(value := _at(access, ("storefront",)), str):
        yield ("storefront",), value
    if isinstance(value := _at(access, ("proxy",)), str) and "@" in value:
        yield ("proxy",), value
    for kind in ("headers", "cookies"):
        named = _at(access, (kind,))
        for name, value in named.items() if isinstance(named, dict) else ():
            if isinstance(value, str) and sounds_secret(str(name), value):
                yield (kind, str(name)), value


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = data.get(part) if isinstance(data, dict) else None
    return data
