"""Pages and a run made up from the evidence that cases give, for the judge to judge as if they had been gathered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec

from auditor.evaluate import made_up_sources
from auditor.evaluate.made_up_pictures import drawn
from auditor.evaluate.pages import Page
from auditor.evidence.bundle import KINDS, Bundle
from auditor.evidence.certificate import Certificate
from auditor.evidence.endpoint import Endpoint
from auditor.evidence.exposed import Exposed
from auditor.evidence.http import Attempt, Response
from auditor.evidence.look import Look
from auditor.evidence.site_search import SiteSearch
from auditor.evidence.wrong_addresses import WrongAddresses
from auditor.facts.links import user_links
from auditor.facts.shelf import ShelfPage, shelf_page
from auditor.facts.snapshot import ExpectedTagFact, OldAddress, SiteContext, Snapshot
from auditor.model.query import FileRow, Inlink, LinkTarget, PageRow
from auditor.model.run import Coverage
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.urls import without_fragment
from auditor.model.words import FetchOutcome, PageType
from auditor.store.probes import Planned
from auditor.store.shelf import StoredCatalogue
from auditor.store.survey import Survey

URL = "https://shop.example/products/lamp"
STARTED = "2026-11-20T03:00:00.000Z"  # of a run
_ANSWERED = {"outcome": "ok", "status": 200, "confirmed": 2}
Targets = Callable[[Iterable[str]], Mapping[str, LinkTarget]]


def page(given: Mapping[str, Any]) -> Page:
    """A page with its snapshots. Raises msgspec.ValidationError, KeyError, TypeError or ValueError for what is no evidence."""
    site = context(given.get("site", {}))
    url = given.get("url", URL)
    page_type = PageType(given.get("page_type", "product"))
    look_up = targets(given.get("targets"))
    raw = None
    if given.get("html") is not None:
        html: str = given["html"]
        written = {"content-type": "text/html; charset=utf-8", **given.get("headers", {})}
        headers = tuple((name.lower(), value) for name, value in written.items())
        response = Response(
            url=url,
            final_url=url,
            outcome=FetchOutcome.OK,
            status=given.get("status", 200),
            headers=headers,
            fetched_at=given.get("fetched_at", ""),
            elapsed_ms=given.get("elapsed_ms", 0.0),
            attempts=msgspec.convert(given.get("attempts", []), tuple[Attempt, ...]),
        )
        raw = Snapshot(SnapshotKey(url), url, site, body=html.encode, response=response, targets=look_up)
    rendered = [
        _rendered(url, client, evidence, site, look_up) for client, evidence in given.get("rendered", {}).items()
    ]
    every = ([raw] if raw else []) + rendered
    for one in every:
        one.page_type = page_type
        one.twins = tuple(other for other in every if other is not one)
    return Page(
        key=url,
        url=url,
        page_type=page_type,
        platform=given.get("platform", ""),
        raw=raw,
        rendered=rendered,
        renders_differently=given.get("renders_differently"),
    )


class Site:
    """A run of these pages; `share` is what of the shop was fetched."""

    def __init__(
        self,
        pages: Sequence[Page],
        share: float = 1.0,
        targets: Targets | None = None,
        site: SiteContext | None = None,
        *,
        started_at: str = STARTED,
        files: Iterable[Mapping[str, Any]] = (),
        probes: Mapping[str, Mapping[str, Any]] | None = None,
        certificates: Iterable[Mapping[str, Any]] = (),
        exposed: Iterable[Mapping[str, Any]] = (),
        looks: Mapping[str, Mapping[str, Any]] | None = None,
        before: Iterable[Mapping[str, Any]] | None = None,
        pages_before: Sequence[Page] | None = None,
        sources: Iterable[Mapping[str, Any]] = (),
        sources_before: Iterable[Mapping[str, Any]] = (),
        pictures: Mapping[str, Mapping[str, Any]] | None = None,
        site_search: Mapping[str, Any] | None = None,
        wrong_addresses: Mapping[str, Any] | None = None,
        given: Sequence[str] = (),
    ) -> None:
        self._given = given
        plans = ((site_search, SiteSearch), (wrong_addresses, WrongAddresses))
        self._plans: dict[type[Any], Any] = {
            kind: msgspec.convert(given, kind) for given, kind in plans if given is not None
        }
        self._pages, self._share, self._targets = pages, share, targets
        self.site = site or context({})
        self.started_at = started_at
        self._contents = {one["url"]: str(one.get("content", "")).encode() for one in files}
        told = [{name: value for name, value in one.items() if name != "content"} for one in files]
        self._files = [
            msgspec.convert({"size": len(self._contents[one["url"]]), **_ANSWERED, **one}, FileRow) for one in told
        ]
        self._probes = {name: msgspec.convert({**_ANSWERED, **one}, LinkTarget) for name, one in (probes or {}).items()}
        earlier = tuple(sources_before)
        first = before is None and not earlier and pages_before is None
        day_before = (datetime.fromisoformat(started_at) - timedelta(days=1)).isoformat()
        self._before = (
            None
            if first
            else Site(
                pages_before or (),
                targets=targets,
                site=site,
                started_at=day_before,
                files=before or (),
                sources=earlier,
                pictures=pictures,
            )
        )
        self._pictures = pictures or {}
        self._sources = tuple(sources)
        self._looks = {name: msgspec.convert(one, Look) for name, one in (looks or {}).items()}
        self._exposed = [msgspec.convert(one, Exposed) for one in exposed]
        self._certificates = [msgspec.convert(one, Certificate) for one in certificates]

    @property
    def before(self) -> Site | None:
        return self._before

    @property
    def platform(self) -> str:
        return next((one.platform for one in self._pages if one.platform), "")

    @cached_property
    def catalogue(self) -> StoredCatalogue:
        return made_up_sources.catalogue(self._sources, lambda: self._shelves(), self.targets)

    def _shelves(self) -> Iterator[ShelfPage]:
        for one in self._of(PageType.PRODUCT):
            if one.raw:
                again = [shown.again for shown in one.rendered if shown.again is not None]
                yield shelf_page(one.raw, one.rendered, again=again)

    @cached_property
    def survey(self) -> Survey:
        return Survey(self.fetched(), self.rendered(), moved=self.moved())

    def coverage(self) -> Coverage:
        fetched = len(self._pages)
        known = round(fetched / self._share)
        return Coverage(known=known, fetched=fetched, waiting=known - fetched)

    def targets(self, urls: Iterable[str]) -> Mapping[str, LinkTarget]:
        return self._targets(urls) if self._targets else {}

    def pages(self, page_type: PageType | None = None) -> Iterator[PageRow]:
        clicks, linked = self._graph
        for one in self._of(page_type):
            yield PageRow(
                clicks=clicks.get(one.url),
                inlinks=len(linked[one.url]),
                found_by="start" if one.page_type is PageType.HOME else "link" if linked[one.url] else "sitemap",
                url=one.url,
                key=one.key,
                page_type=one.page_type,
                status=200,
                outcome=FetchOutcome.OK,
                final_url=one.url,
            )

    def given(self) -> Iterator[LinkTarget]:
        return iter(self.targets(self._given).values())

    def moved(self) -> Iterator[LinkTarget]:
        known = self.targets([one.url for one in self._pages])
        return (known[url] for url in sorted(known) if known[url].hops and known[url].final_url != url)

    def page(self, url: str) -> PageRow | None:
        return next((row for row in self.pages() if row.url == url), None)

    def inlinks(self, url: str, limit: int = 20) -> list[Inlink]:
        return list(self._graph[1][url].values())[:limit]

    @cached_property
    def _graph(self) -> tuple[dict[str, int], Mapping[str, dict[str, Inlink]]]:
        """Clicks from the home page, and who links to each page; a case without one begins at its first page."""
        linked: dict[str, dict[str, Inlink]] = defaultdict(dict)
        leads: dict[str, list[str]] = {}
        for page in self._pages:
            seen = [one for one in (page.raw, *page.rendered) if one and not one.missing("document")]
            found = [link for one in seen for link in user_links(one.links)]
            leads[page.url] = [without_fragment(link.url) for link in found]
            for link in found:
                if (target := without_fragment(link.url)) != page.url:
                    inlink = Inlink(url=page.url, text=link.text, position=link.position, nofollow=link.nofollow)
                    linked[target].setdefault(page.url, inlink)
        start = [page.url for page in self._pages if page.page_type is PageType.HOME] or list(leads)[:1]
        clicks, waiting = dict.fromkeys(start, 0), list(start)
        for url in waiting:
            for target in leads.get(url, ()):
                if target not in clicks:
                    clicks[target] = clicks[url] + 1
                    waiting.append(target)
        return clicks, linked

    def fetched(self, page_type: PageType | None = None) -> Iterator[Snapshot]:
        return (one.raw for one in self._of(page_type) if one.raw)

    def rendered(self, page_type: PageType | None = None) -> Iterator[Snapshot]:
        return (shown for one in self._of(page_type) for shown in one.rendered)

    def files(self, kind: str) -> Iterator[FileRow]:
        return (file for file in self._files if file.kind == kind)

    def content(self, file: FileRow) -> bytes:
        return self._contents[file.url]

    def probe(self, name: str) -> LinkTarget | None:
        return self._probes.get(name)

    def look(self, name: str) -> Look | None:
        return self._looks.get(name)

    def plan(self, kind: type[Planned]) -> Planned | None:
        found = self._plans.get(kind)
        return found if isinstance(found, kind) else None

    def views(self, url: str) -> list[Snapshot]:
        return [view for one in self._pages if one.url == url for view in (one.raw, *one.rendered) if view is not None]

    def exposed(self) -> Iterator[Exposed]:
        return iter(self._exposed)

    def picture(self, sha256: str) -> bytes:
        return drawn(self._pictures[sha256]) if sha256 in self._pictures else b""

    def certificates(self) -> Iterator[Certificate]:
        return iter(self._certificates)

    def _of(self, page_type: PageType | None) -> Iterator[Page]:
        return (one for one in self._pages if page_type in (None, one.page_type))


def _rendered(
    url: str, client: str, evidence: Mapping[str, Any], site: SiteContext, look_up: Targets | None
) -> Snapshot:
    bundle = Bundle()
    given = {
        "visit": {},
        "consent": {},
        "data_layer": {},
        "console": {},
        **evidence,
    }  # what every visit gives, whether or not a case speaks of it
    for kind, value in given.items():
        if kind in evidence.get("missing", {}) or kind in ("html", "state", "missing", "again", "endpoint", "client"):
            continue
        if kind == "visit":
            value = {"final_url": url, "status": 200, "watched_ms": 2500, **value}
        bundle.put(kind, msgspec.convert(value, KINDS[kind]))
    bundle.missing.update(evidence.get("missing", {}))
    html = evidence.get("html")
    key = SnapshotKey(url, Client.parse(client), State.parse(evidence.get("state", "")))
    made = Snapshot(
        key, url, site, body=(lambda: html) if html is not None else None, bundle=lambda: bundle, targets=look_up
    )
    if "endpoint" in evidence:
        told = {**evidence["endpoint"], "body": str(evidence["endpoint"].get("body", "")).encode()}
        made.endpoint = msgspec.convert(told, Endpoint)
    if "again" in evidence:
        later = evidence["again"]
        made.again = _rendered(url, later.get("client", client), later, site, look_up)
    return made


def targets(given: Mapping[str, Mapping[str, Any]] | None) -> Targets | None:
    if given is None:
        return None
    known = {url: msgspec.convert({"url": url, "confirmed": 2, **value}, LinkTarget) for url, value in given.items()}
    return lambda urls: {one: known[one] for one in urls if one in known}


def context(given: Mapping[str, Any]) -> SiteContext:
    tags = tuple(msgspec.convert(tag, ExpectedTagFact) for tag in given.get("expected_tags", []))
    old = tuple(msgspec.convert(one, OldAddress) for one in given.get("old_addresses", []))
    hosts = tuple(given.get("hosts", ("shop.example",)))  # YAML gives a list
    return SiteContext(**{**given, "hosts": hosts, "expected_tags": tags, "old_addresses": old})
