"""What a crawl is told: everything of the config that it needs, as plain data for the child process."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from auditor.config.session import Cookie, Session, session_of
from auditor.knowledge import platforms
from auditor.model.urls import absolute, host, is_address, without_fragment

if TYPE_CHECKING:
    from auditor.config.config import Config

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
ROBOTS_TOKEN = "auditor"  # the name robots.txt knows us by
_DEFAULT_PORTS = {"http": 80, "https": 443}


class CrawlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times are seconds, sizes bytes. Holds secrets: it goes to the child over stdin and is never stored or logged."""

    start: tuple[str, ...]
    hosts: tuple[str, ...]  # the site's own: "host", or "host:port" where the port is not the scheme's own
    host_map: dict[str, str] = {}
    max_pages: int = 2000
    max_time: float | None = None  # of the round
    max_bytes: int | None = None  # of bodies in all rounds of the run, as they come over the line
    max_rate: float | None = None  # requests a second
    max_assets: int = 300  # files that pages link to
    concurrency: int = 4
    timeout: float = 30.0  # of one request, body included
    max_body: int = 5_000_000
    max_redirects: int = 10
    obey_robots: bool = True
    sitemaps: bool = True
    incremental: bool = False  # a page that is as it was in the run before is not fetched, or not kept, again
    follow_links: bool = True
    listed: bool = False  # a list takes the place of the start URLs, which are looked at only before the crawl
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    user_agent: str = CHROME
    accept_language: str = "en-US,en;q=0.9"
    session: Session = Session()  # secret, to its origins only
    storefront: tuple[str, str, str] | None = None  # secret: password, page and field of the form that opens the shop
    canary: tuple[str, str] | None = None  # URL and text that only a login shows
    resolve: dict[str, str] = {}  # "host:port" or "host" -> "address:port" or "address"
    ignore_tls_errors: bool = False
    drop: tuple[str, ...] = ()  # names and globs of parameters that never name another page
    platform: str = ""
    confirm_after: float = 2.0  # pause before failures are asked for again
    backoff: float = 2.0  # first pause after "too many requests" that names no time
    patience: float = 600.0  # with a shop that answers nothing but "too many requests"
    external_links: bool = False  # ask for links to other sites
    max_external: int = 500
    external_time: float = 300.0  # of asking for them all
    external_pause: float = 1.0  # between two requests to one host
    external_reuse: float = 7 * 86_400.0  # a good answer of an earlier run that is younger is not asked for again
    control_url: str = ""  # asked where nothing off-site answered; empty: well-known sites
    probes: bool = True  # an address that cannot exist, and plain http
    exposed_files: bool = False  # files that no shop means to publish
    grace: float = 5.0  # what is under way when asked to stop gets this long


def settings_from(config: Config, *, platform: str = "", token: str, cookies: tuple[Cookie, ...] = ()) -> CrawlSettings:
    """The crawl's part of a config; `token` ("auditor/0.1.0") ends the user agent, `cookies` came of opening the shop."""
    crawl, site = config.crawl, config.site.url
    more = (absolute(site, url) for url in crawl.start)
    storefront, login = config.access.storefront, config.access.login
    return CrawlSettings(
        start=tuple(dict.fromkeys(without_fragment(url) for url in (absolute(site, site), *more) if url)),
        hosts=(site_host(site),),
        host_map=config.host_map,
        max_pages=crawl.max_pages,
        max_time=crawl.max_time,
        max_bytes=crawl.max_bytes,
        max_rate=crawl.max_rate,
        max_assets=crawl.max_assets,
        concurrency=crawl.concurrency,
        timeout=crawl.timeout,
        max_body=crawl.max_body,
        max_redirects=crawl.max_redirects,
        obey_robots=crawl.obey_robots,
        incremental=crawl.incremental and crawl.follow_links,  # a look at one page is a fresh one
        sitemaps=crawl.sitemaps and not crawl.urls,
        follow_links=crawl.follow_links and not crawl.urls,
        listed=bool(crawl.urls),
        include=crawl.include,
        exclude=crawl.exclude,
        user_agent=f"{CHROME} {token}",
        accept_language=_languages(config.market.locale),
        session=session_of(config.access, site, cookies),
        storefront=(storefront.password.get_secret_value(), storefront.page, storefront.field) if storefront else None,
        canary=(absolute(site, login.canary.url) or login.canary.url, login.canary.text) if login else None,
        resolve=config.resolve,
        ignore_tls_errors=config.ignore_tls_errors,
        drop=dropped_parameters(crawl.drop_parameters),
        platform=platform,
        confirm_after=crawl.confirm_after,
        external_links=_asks_others(config),
        max_external=crawl.max_external,
        external_time=crawl.external_time,
        control_url=crawl.control_url,
        probes=crawl.follow_links and not crawl.urls,
        exposed_files=crawl.exposed_files,
    )


def dropped_parameters(own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Session and tracking parameters of every platform and the user's own: the same set whatever platform is recognised
    later, so that keys never change within a run."""
    known = platforms.load()
    every = {name.lower() for platform in (*known, known.generic) for name in known.drop(platform.id)}
    return tuple(sorted(every | {name.lower() for name in own}))


def site_host(url: str) -> str:
    """`host`, or `host:port` where the port is not the scheme's own; empty for anything without a host."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if ":" in name:
        name = f"[{name}]"
    return name if not port or port == _DEFAULT_PORTS.get(parts.scheme) else f"{name}:{port}"


def mapped(resolve: Mapping[str, str], url: str) -> str:
    """The address that the config gives for a URL's host, empty where it gives none. Keys in lower case."""
    parts = urlsplit(url)
    name = (parts.hostname or "").lower()
    return resolve.get(f"{name}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}") or resolve.get(name) or ""


def is_loopback(url: str) -> bool:
    name = host(url)
    return (
        name == "localhost"
        or name.endswith(".localhost")
        or (is_address(name) and ipaddress.ip_address(name).is_loopback)
    )


def is_private(url: str) -> bool:
    """Whether the URL leads into this machine or its network."""
    name = host(url)
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    return is_address(name) and not ipaddress.ip_address(name.strip("[]")).is_global


def _asks_others(config: Config) -> bool:
    """As the config says; unsaid, yes, but not for a shop on this machine or its network, nor for a look at one page."""
    wanted = config.crawl.external_links
    if wanted is None:
        wanted = not is_private(config.site.url)
    return wanted and config.crawl.follow_links and not config.crawl.urls


def _languages(locale: str) -> str:
    """`de-DE,de;q=0.9,en;q=0.5` for `de-DE`, as browsers send it."""
    locale = locale.replace("_", "-")
    if not locale or locale.lower().startswith("en"):
        return f"{locale},en;q=0.9" if "-" in locale else "en-US,en;q=0.9"
    language = locale.partition("-")[0]
    return f"{locale},{language};q=0.9,en;q=0.5" if language != locale else f"{locale},en;q=0.5"
