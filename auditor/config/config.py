"""The config: every key that is read, with its default; unknown keys are mistakes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from auditor.config.access import Access, anchor, refuse_written_secrets
from auditor.config.devices import Device, Profile, device
from auditor.config.exports import Export, anchor_files, refuse_written
from auditor.config.gate import Gate
from auditor.config.keep import KeepText
from auditor.config.profiles import NAMES, chosen
from auditor.config.timing import Timing
from auditor.config.values import Duration, Rate, Size, expand
from auditor.knowledge.devices import identifier
from auditor.knowledge.exports import ids as formats
from auditor.model.errors import UsageError
from auditor.model.urls import host
from auditor.model.words import BrowserName, PageType
from auditor.model.written import Source, Written

_HOST = re.compile(r"[^\s/@:?#]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class Site(Written):
    url: str
    name: str = ""

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        return checked_url(value)


class Market(Written):
    country: str = ""
    prices: Literal["", "incl_tax", "excl_tax"] = ""
    currency: str = ""
    locale: str = ""
    timezone: str = ""

    @field_validator("currency")
    @classmethod
    def _iso(cls, value: str) -> str:
        if value and not (len(value) == 3 and value.isascii() and value.isupper()):
            raise ValueError(f"'{value}' is not a currency code; write three capital letters like EUR")
        return value

    @field_validator("country")
    @classmethod
    def _country(cls, value: str) -> str:
        if value and not (len(value) == 2 and value.isascii() and value.isupper()):
            raise ValueError(f"'{value}' is not a country code; write two capital letters like DE")
        return value

    @property
    def tax(self) -> str:
        """incl, excl or "": the form in which the market shows prices."""
        return self.prices.removesuffix("_tax")


class Crawl(Written):
    max_pages: int = Field(default=2000, ge=1)
    max_time: Duration | None = None
    max_rate: Rate | None = None
    max_bytes: Size | None = None  # of all bodies together, as they come over the line
    max_assets: int = Field(default=300, ge=0)  # files that pages link to; each is asked for once, never read
    contact: str = ""  # a web or mail address in the user agent, for the shop's hoster to ask
    concurrency: int = Field(default=4, ge=1, le=64)
    timeout: Duration = 30.0
    price_endpoints: int = Field(
        default=20, ge=0
    )  # products whose price is asked for at the platform's public address, too
    searches: int = Field(default=2, ge=0)  # products whose name the shop's own search is asked for; 0: it is not asked
    wrong_addresses: bool = (
        True  # ask for two addresses that the shop gave to no page, where its software may take them for a page's
    )
    link_sources: int = Field(
        default=30, ge=0
    )  # pages asked for once more because what they led to is gone; 0: none, and no sitemaps
    max_body: int = Field(default=5_000_000, ge=10_000)  # bytes, decoded
    max_redirects: int = Field(default=10, ge=1, le=30)
    obey_robots: bool = True
    sitemaps: bool = True
    incremental: bool = (
        True  # a page that is as in the run before is neither fetched (ETag, Last-Modified) nor judged again
    )
    follow_links: bool = True
    include: tuple[str, ...] = ()  # URL globs; empty: the whole site
    exclude: tuple[str, ...] = ()
    start: tuple[str, ...] = ()  # more start URLs or paths
    urls: str = ""  # a file of addresses (text, CSV, sitemap): these alone are fetched
    drop_parameters: tuple[str, ...] = ()
    confirm_after: Duration = 2.0  # pause before a failure is asked for again
    external_links: bool | None = (
        None  # ask once for each link to another site; null: unless the shop is on this machine
    )
    max_external: int = Field(default=500, ge=1)  # of these links
    external_time: Duration = 300.0  # for all of them
    exposed_files: bool = (
        False  # ask for /.git/HEAD, /.env, copies of the database and the like: of a shop of your own only
    )
    control_url: str = ""  # a page off-site that surely answers; empty: well-known ones

    @field_validator("contact")
    @classmethod
    def _no_more_than_an_address(cls, value: str) -> str:
        value = value.strip()
        if value and not re.fullmatch(r"(https?://|mailto:)?[\w.@:/~%+-]{3,200}", value, re.ASCII):
            raise ValueError(f"'{value}' is no web or mail address")
        return value

    @field_validator("control_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return checked_url(value) if value else value


class Render(Written):
    browsers: tuple[BrowserName, ...] = (BrowserName.CHROMIUM,)
    profiles: dict[str, Profile] = {}  # devices of your own, by name; before `devices`, which may name them
    devices: tuple[str, ...] = ("desktop", "phone")
    per_template: int | None = Field(default=3, ge=1)  # pages of each template and page type; null: every page
    max_templates: int | None = Field(default=12, ge=1)  # looked at of each page type; null: all
    always: tuple[str, ...] = ()  # URLs or paths rendered whatever the sample
    workers: int | None = Field(default=None, ge=1, le=32)
    executables: dict[BrowserName, str] = {}
    timeout: Duration = 30.0
    watch: Duration = 2.5  # least time a page's requests are watched
    settle: Duration = 10.0  # most time a page gets to become quiet
    deliver_beacons: bool = False
    consent_pages: int = Field(default=12, ge=1)  # pages opened in each further state of consent, one of a template
    second_looks: int = Field(default=20, ge=0)  # pages opened once more where something differs; 0: none

    @field_validator("profiles")
    @classmethod
    def _like_others(cls, value: dict[str, Profile]) -> dict[str, Profile]:
        for name in value:
            device(name, value)
        return value

    @field_validator("devices")
    @classmethod
    def _known(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in value:
            device(name, info.data.get("profiles", {}))
        return tuple(dict.fromkeys(identifier(name) for name in value))

    def device(self, name: str) -> Device:
        return device(name, self.profiles)


class ExpectedTag(Written):
    """A tag that must be seen: its account ids, and on which page types (default: every page of the storefront)."""

    ids: tuple[str, ...] = ()
    page_types: tuple[str, ...] = ()
    events: dict[PageType, tuple[str, ...]] = {}  # page type -> events it must send there
    parameters: dict[str, tuple[str, ...]] = {}  # event -> parameters it must have
    endpoints: tuple[str, ...] = ()  # URLs on own hosts that collect for this vendor: server-side containers

    @field_validator("endpoints")
    @classmethod
    def _urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_url(one) for one in value)


class Expect(Written):
    tags: dict[str, ExpectedTag] = {}  # vendor id -> what to expect
    vendors: tuple[str, ...] | None = None  # the only vendors that may be told anything; null: not said
    hosts: dict[PageType, tuple[str, ...]] = {}  # page type -> the only other hosts that may serve scripts there
    cookies: tuple[str, ...] | None = (
        None  # names on the list that the shop publishes, `*` for anything; null: not said
    )


class Rules(Written):
    packs: tuple[str, ...] = ("all",)  # names of built-in packs, or paths of your own
    only: tuple[str, ...] = ()  # rule ids; empty: all
    skip: tuple[str, ...] = ()
    ignore: str = ""  # a file of what is left out of the gate for now, with reason and end


class Config(Written):
    """Everything an audit is asked for."""

    site: Site
    environment: Literal["production", "staging", "preview"] = "production"
    host_map: dict[str, str] = {}
    access: Access = Access()
    market: Market = Market()
    crawl: Crawl = Crawl()
    render: Render = Render()
    consent: tuple[Literal["none", "reject", "accept", "gpc", "gpc-accept"], ...] = (
        "none",
        "reject",
        "accept",
    )  # states to look in
    timing: Timing = Timing()
    expect: Expect = Expect()
    catalogue: tuple[Export, ...] = ()  # exports and feeds that the shop is held against
    rules: Rules = Rules()
    gate: Gate = Gate()
    keep: KeepText = ""  # runs of this site that stay: "30 nights, 12 months"; empty: all
    report: tuple[Literal["html", "json", "junit", "sarif", "csv", "xlsx", "markdown"], ...] = (
        "html", "json", "junit", "csv", "markdown",
    )  # fmt: skip
    migration: str = ""  # a file of the old shop's addresses, with where each should lead if it says so
    resolve: dict[str, str] = {}  # "host:port" or "host" -> "address:port"
    ignore_tls_errors: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_site(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("site"), str):
            value = {**value, "site": {"url": value["site"]}}
        return value

    @field_validator("host_map")
    @classmethod
    def _hosts(cls, value: dict[str, str]) -> dict[str, str]:
        for name in (*value, *value.values()):
            if not _HOST.fullmatch(name):
                raise ValueError(
                    f"'{name}' is not a host; write it like staging.shop.example or staging.shop.example:8443"
                )
        return {here.lower(): there.lower() for here, there in value.items()}

    @field_validator("catalogue")
    @classmethod
    def _told_apart(cls, value: tuple[Export, ...]) -> tuple[Export, ...]:
        names = [one.name for one in value]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"two sources are called '{twice}'")
        for one in value:
            if one.format not in ("", "table", *formats()):
                raise ValueError(f"unknown format '{one.format}'; known: {', '.join(formats())}, table")
        return value

    @property
    def name(self) -> str:
        """What people call the site: the name given, else its host."""
        return (
            self.site.name
            or self.host_map.get(host(self.site.url))
            or urlsplit(self.site.url).netloc.rpartition("@")[2]
        )

    @property
    def is_one_page(self) -> bool:
        """One address is looked at and no link of it followed: somebody waits for the answer."""
        return self.crawl.max_pages == 1 and not self.crawl.follow_links

    def public(self) -> str:
        """As JSON for the store: no secrets, not even their length."""
        hidden: Any = {"access": True, "catalogue": {"__all__": {"headers", "database"}}}
        data = self.model_dump(mode="json", exclude=hidden)
        for told, export in zip(data["catalogue"], self.catalogue, strict=True):
            told["url"] = export.public_url
        return json.dumps(data)


def _anchor(data: dict[str, Any], folder: Path) -> None:
    """Files that a config names stand beside it, from wherever it is read."""
    for section, name in (("gate", "baseline"), ("rules", "ignore")):
        part = data.get(section)
        if isinstance(part, dict) and isinstance(part.get(name), str) and is_file_name(part[name]):
            part[name] = str((folder / part[name]).absolute())


def is_file_name(text: str) -> bool:
    """What names a baseline or ignore file, and no run."""
    return text.endswith((".json", ".yaml", ".yml"))


def checked_url(value: str) -> str:
    """An http(s) URL with a host, as written; raises ValueError with the mend."""
    value = value.strip()
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https"):
        if "://" not in value and value and " " not in value:
            raise ValueError(f"'{value}' has no scheme; did you mean https://{value.lstrip('/')}?")
        raise ValueError(f"'{value}' is not a web address; it must begin with https:// or http://")
    if not parts.hostname:
        raise ValueError(f"'{value}' names no host")
    if parts.username or parts.password:
        raise ValueError(
            "a user name or password in the URL would end up in reports; use access.basic_auth in a config"
        )
    return value


def load(
    target: str, overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Config:
    """A Config from a URL or the path of a YAML file; `overrides` are flags, dotted (`crawl.max_pages`), and win.

    Raises UsageError that lists every mistake with file:line.
    """
    if target.lower().endswith((".yaml", ".yml")) and "://" not in target:
        source = Source.read(Path(target))
        if not isinstance(source.data, dict):
            raise UsageError("a config is a mapping that names at least 'site'", where=source.where())
        refuse_written_secrets(source, (("access",), *(("environments", name, "access") for name in NAMES)))
        refuse_written(source)
        source = chosen(source, str((overrides or {}).get("environment") or ""))
        data = expand(source, os.environ if environment is None else environment)
        anchor(data, Path(target).parent)
        _anchor(data, Path(target).parent)
        anchor_files(data, Path(target).parent)
    else:
        try:
            data = {"site": {"url": checked_url(target)}}
        except ValueError as error:
            hint = "" if "did you mean" in str(error) else "Give a URL (https://…) or the path of a config (….yaml)."
            raise UsageError(str(error), hint=hint) from None
        source = Source("command line", "{}")
    for dotted, value in (overrides or {}).items():
        if value is None:
            continue
        *parents, leaf = dotted.split(".")
        here = data
        for parent in parents:
            if not isinstance(here.get(parent), dict):
                here[parent] = {"url": here[parent]} if parent == "site" and here.get(parent) else {}
            here = here[parent]
        here[leaf] = value
        source.said_by_flag(dotted)
    return source.load(Config, data)
