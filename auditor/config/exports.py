"""Exports of the back office and feeds that the shop is held against: the `catalogue` part of a config."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from auditor.config.secret import sounds_secret
from auditor.config.values import Duration
from auditor.model.errors import UsageError
from auditor.model.written import Source, Written

FIELDS = (
    "id", "sku", "gtin", "mpn", "group", "title", "link", "handle", "image", "description", "price", "sale", "sale_from",
    "sale_until", "sale_dates", "currency", "stock", "quantity", "published", "condition", "brand", "category",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Requirements(Written):
    """A list of a PIM: a row for each category and attribute, or each category with its attributes. Columns are known by their names."""

    file: str
    sheet: str = ""
    category: str = ""
    attribute: str = ""
    mandatory: str = ""  # a column that says yes or no; without one all that is listed is required


class Export(Written):
    """One source: a file, an address or a query. Without `format` it is known by its columns."""

    name: str
    file: str = ""
    url: str = ""
    headers: dict[str, SecretStr] = {}  # to the origin of `url` alone
    query: str = ""
    database: SecretStr | None = None  # SQLAlchemy URL
    format: str = ""  # a name of rules/knowledge/exports.yaml; "table" for columns of your own
    columns: dict[str, str] = {}  # field -> column (of JSON: a path with dots)
    key: Literal["", "id", "sku", "gtin", "mpn", "link"] = ""  # what the source calls a product by
    items: str = ""  # of JSON: where its list of products stands
    sheet: str = ""  # of a workbook; empty: the first
    delimiter: str = Field(default="", max_length=1)
    encoding: str = ""
    currency: str = ""
    prices: Literal["", "incl_tax", "excl_tax"] = ""
    max_age: Duration | None = None
    stale: Literal["warn", "refuse"] = "warn"
    whole: bool = True  # everything the shop sells should stand in it
    required: dict[
        str, tuple[str, ...]
    ] = {}  # category (a glob, "*" for all) -> fields or columns that its products fill
    required_from: Requirements | None = None  # the same from a file, besides
    suffix: str = ""  # what follows a handle in addresses: .html

    @field_validator("name")
    @classmethod
    def _short(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError(f"'{value}' is no name for a source; write small letters, digits, - and _, like erp")
        return value

    @field_validator("url")
    @classmethod
    def _web(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError(f"'{value}' is not a web address; it must begin with https:// or http://")
        if parts.username or parts.password:
            raise ValueError("a user name or password in the URL would end up in reports; use headers")
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

    @field_validator("columns")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := [name for name in value if name not in FIELDS]:
            raise ValueError(f"unknown field '{unknown[0]}'; known: {', '.join(FIELDS)}")
        return value

    @field_validator("required")
    @classmethod
    def _something(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if empty := [
            category for category, names in value.items() if not category.strip() or not all(names) or not names
        ]:
            raise ValueError(f"'{empty[0]}' names no attribute; write category: [field or column, …]")
        return value

    @field_validator("currency")
    @classmethod
    def _iso(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError(f"'{value}' is not a currency code; write three capital letters like EUR")
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Export:
        if sum(map(bool, (self.file, self.url, self.query))) != 1:
            raise ValueError(f"'{self.name}' needs one of file, url and query")
        return self

    @property
    def tax(self) -> str:
        return self.prices.removesuffix("_tax")

    @property
    def public_url(self) -> str:
        """The address without parameters that look secret."""
        head, question, query = self.url.partition("?")
        kept = [pair for pair in query.split("&") if not sounds_secret(*pair.partition("=")[::2])]
        return f"{head}?{'&'.join(kept)}" if question and kept else head

    @property
    def origin(self) -> str:
        """Where it comes from, for people; without what may be secret."""
        if self.url:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return self.file or "a query"


def anchor_files(data: Any, folder: Path) -> None:
    """Makes the paths of files those beside the config."""
    for one in data.get("catalogue") or () if isinstance(data, dict) else ():
        if not isinstance(one, dict):
            continue
        for place in (one, one.get("required_from")):
            if isinstance(place, dict) and isinstance(place.get("file"), str) and place["file"]:
                place["file"] = str((folder / Path(place["file"]).expanduser()).absolute())


def refuse_written(source: Source) -> None:
    """Raises UsageError where a password or token of a source stands in the file instead of `${NAME}`."""
    listed = source.data.get("catalogue") if isinstance(source.data, dict) else None
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(one, dict):
            continue
        named = one.get("headers")
        for name, value in named.items() if isinstance(named, dict) else ():
            if isinstance(value, str) and "${" not in value and sounds_secret(str(name), value):
                _refuse(source, ("catalogue", index, "headers", str(name)))
        database = one.get("database")
        if isinstance(database, str) and "${" not in database and re.search(r"//[^/@]*:[^/@]+@", database):
            _refuse(source, ("catalogue", index, "database"))


def _refuse(source: Source, place: tuple[str | int, ...]) -> None:
    raise UsageError(
        f"{'.'.join(map(str, place))} is a secret and stands in the file",
        where=source.where(place),
        hint="Write ${NAME}, and put its value in the environment: export NAME=…",
    )
