"""Lists that a config names: addresses to fetch and no others, and the old addresses of a shop that has moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from auditor.config.config import Config
from auditor.crawl import listed
from auditor.crawl.listed import Line, Listed
from auditor.crawl.settings import CrawlSettings, site_host
from auditor.facts.snapshot import OldAddress
from auditor.model.run import Run
from auditor.store import expected
from auditor.store.workspace import Workspace

_KEY = "old_addresses"


def with_room(config: Config) -> Config:
    """The config with room for every address of its lists. Raises UsageError for a list that is none."""
    count = sum(len(one.lines) for one in _read(config))
    if not count:
        return config
    most = count if config.crawl.urls else config.crawl.max_pages + count
    wider = config.crawl.model_copy(update={"max_pages": max(config.crawl.max_pages, most)})
    return config.model_copy(update={"crawl": wider})


def stored(config: Config) -> dict[str, Any]:
    """What a run remembers of its list of old addresses, so that it can be judged again without the file."""
    if not config.migration:
        return {}
    return {_KEY: [[line.url, line.target] for line in _old(config).lines]}


def take_up(workspace: Workspace, run: Run, config: Config, settings: CrawlSettings) -> list[str]:
    """Has the lists' addresses wait in the frontier; returns what is wrong with the lists."""
    notes = []
    for one in _read(config):
        listed.admit(workspace, run.id, settings, one)
        notes += one.told()
    return notes


def take_up_links(workspace: Workspace, run: Run, settings: CrawlSettings) -> None:
    """Has the addresses that exports give the shop's products wait in the frontier, as many as the run may fetch pages."""
    from auditor.facts import shelf  # with all that is known of prices, which most audits need later than this

    with workspace.read() as connection:
        links = expected.links(connection, run.id, settings.max_pages)
    here = {there: host for host, there in settings.host_map.items()}
    scheme = settings.start[0].partition(":")[0]
    found: dict[str, Line] = {}
    for link in links:
        parts = urlsplit(shelf.base_of(link))
        if parts.netloc.lower() in here:  # the export names production, this is staging
            parts = parts._replace(scheme=scheme, netloc=here[parts.netloc.lower()])
        if site_host(parts.geturl()).removeprefix("www.") in {host.removeprefix("www.") for host in settings.hosts}:
            found.setdefault(parts.geturl(), Line(0, parts.geturl()))
    listed.admit(workspace, run.id, settings, Listed(tuple(found.values())), by="export")


def old_addresses(run: Run) -> tuple[OldAddress, ...]:
    """Those the run began with."""
    if f'"{_KEY}"' not in run.config:
        return ()
    return tuple(OldAddress(url=url, target=target) for url, target in json.loads(run.config).get(_KEY, ()))


def old_hosts(run: Run, settings: CrawlSettings) -> tuple[str, ...]:
    """Hosts of the old addresses that are not the shop's: they are asked too, and get no secrets."""
    hosts = dict.fromkeys(site_host(one.url) for one in old_addresses(run))
    return tuple(host for host in hosts if host and host not in settings.hosts)


def _read(config: Config) -> list[Listed]:
    lists = [_old(config)] if config.migration else []
    if config.crawl.urls and config.crawl.urls != config.migration:
        lists.append(listed.read(Path(config.crawl.urls), config.site.url))
    return lists


def _old(config: Config) -> Listed:
    return listed.read(Path(config.migration), config.site.url, anywhere=True)
