"""A snapshot as checks read it: evidence and facts by name, each decoded or worked out when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec

from auditor.evidence.axe import Axe
from auditor.evidence.bundle import KINDS as BROWSER_KINDS
from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Consent
from auditor.evidence.console import Console
from auditor.evidence.cookies import Cookies
from auditor.evidence.data_layer import DataLayer
from auditor.evidence.document import Document
from auditor.evidence.fonts import Fonts
from auditor.evidence.frames import Frames
from auditor.evidence.http import Response
from auditor.evidence.images import Images
from auditor.evidence.layout import Layout
from auditor.evidence.options import Options
from auditor.evidence.outline import Outline
from auditor.evidence.paint import Paint
from auditor.evidence.reading import Reading
from auditor.evidence.reflow import Reflow
from auditor.evidence.requests import Requests
from auditor.evidence.screenshot import Screenshots
from auditor.evidence.service_workers import ServiceWorkers
from auditor.evidence.texts import Texts
from auditor.evidence.timing import Timing
from auditor.evidence.visit import Visit
from auditor.model.query import LinkTarget
from auditor.model.snapshot import SnapshotKey
from auditor.model.urls import host, without_fragment
from auditor.model.words import PageType

if TYPE_CHECKING:
    from auditor.facts.contents import Contents
    from auditor.facts.data_layer import Event
    from auditor.facts.links import Link, Links
    from auditor.facts.market import Market
    from auditor.facts.meta import Meta
    from auditor.facts.offers import Offers
    from auditor.facts.page_type import PageTypeFact
    from auditor.facts.platform import PlatformFact
    from auditor.facts.platform_prices import PlatformPrices
    from auditor.facts.prices import ShownPrices
    from auditor.facts.structured_data import StructuredData
    from auditor.facts.template import Template
    from auditor.facts.tracking import Hit
    from auditor.facts.wording import Wording

VERSION = 4  # of all facts together: raised when any of them means something else

# fact -> the evidence it is worked out from
FACTS: dict[str, str] = {
    "links": "document",
    "meta": "document",
    "structured_data": "document",
    "offers": "document",
    "template": "document",
    "platform": "document",
    "page_kind": "document",
    "contents": "document",
    "wording": "document",
    "market": "document",
    "platform_prices": "document",
    "shown_prices": "texts",
    "hits": "requests",
    "pushes": "data_layer",
}
# Facts of the fetched document that are kept in the store.
STORED = (
    "links",
    "meta",
    "structured_data",
    "offers",
    "template",
    "platform",
    "page_kind",
    "contents",
    "market",
    "platform_prices",
)
KINDS = frozenset({"document", "response", "targets", "twins", "exports", *BROWSER_KINDS, *FACTS})


class ExpectedTagFact(msgspec.Struct, frozen=True):
    vendor: str
    ids: tuple[str, ...] = ()
    page_types: tuple[str, ...] = ()
    events: dict[str, tuple[str, ...]] = {}  # page type -> events it must send there
    parameters: dict[str, tuple[str, ...]] = {}  # event -> parameters it must have


class OldAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address of the shop before it moved, and where the list of them says that it leads (absolute; "" where it doesn't)."""

    url: str
    target: str = ""


class SiteContext(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is the same for every snapshot of a run: which hosts are the shop's, and what the config expects."""

    hosts: tuple[str, ...]  # host or host:port
    host_map: dict[str, str] = {}
    environment: str = "production"
    protected: bool = False  # asks for a password, which the config gives
    locale: str = ""
    currency: str = ""
    tax: str = ""  # the market's prices: incl or excl, "" where the config does not say
    country: str = ""  # of the market, where the config names it
    expected_tags: tuple[ExpectedTagFact, ...] = ()
    answers: tuple[str, ...] = ("none",)  # states of consent that the run looks in
    allowed_vendors: tuple[str, ...] | None = None  # the only ones that may be told anything; None: not said
    allowed_hosts: dict[str, tuple[str, ...]] = {}  # page type -> the only other hosts that may serve scripts there
    old_addresses: tuple[OldAddress, ...] = ()
    budgets: dict[str, float] = {}  # "lcp", "lcp_phone", "lcp_product_phone" -> milliseconds, or the score of cls

    def owns(self, url: str) -> bool:
        """Whether the URL's host is one of the shop's."""
        return host(url) in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        """The shop's hosts without ports; asked for with every link."""
        mapped = (one for pair in self.host_map.items() for one in pair)
        return frozenset(name.partition(":")[0] for name in (*self.hosts, *mapped))


T = TypeVar("T", bound=msgspec.Struct)
F = TypeVar("F")
Targets = Callable[[Iterable[str]], Mapping[str, LinkTarget]]


class Snapshot:
    """The page as one client saw it. `page_type` is set by the runner once it is known."""

    def __init__(
        self,
        key: SnapshotKey,
        url: str,
        site: SiteContext,
        *,
        body: Callable[[], bytes | str] | None = None,
        response: Response | None = None,
        bundle: Callable[[], Bundle] | None = None,
        stored: Mapping[str, bytes] | None = None,
        targets: Targets | None = None,
    ) -> None:
        self.key = key
        self.url = url  # as requested
        self.site = site
        self.page_type = PageType.CONTENT
        self.twins: tuple[Snapshot, ...] = ()  # the page as others saw it, at other moments; set by the runner
        self._body = body
        self._response = response
        self._bundle = bundle
        self._stored = stored or {}
        self._targets = targets

    # What is there

    @property
    def is_rendered(self) -> bool:
        return self.key.client.is_browser

    def missing(self, kind: str) -> str | None:
        """Why this kind of evidence or fact is not there; None where it is."""
        if kind == "wording" and self.is_rendered:
            kind = "texts"
        kind = FACTS.get(kind, kind)
        if kind == "twins":
            return None
        if kind == "document":
            return None if self._body is not None else "no document was gathered"
        if kind == "targets":
            return None if self._targets is not None else "the links were not followed"
        if kind == "response":
            return None if self._response is not None else "seen by the browser only"
        if not self.is_rendered:
            return "needs a browser; this page was fetched only"
        if kind in self.bundle.kinds:
            return None
        return self.bundle.missing.get(kind, f"{kind} was not gathered")

    # Evidence

    @cached_property
    def bundle(self) -> Bundle:
        return self._bundle() if self._bundle is not None else Bundle()

    @cached_property
    def document(self) -> Document:
        """Raises LookupError where there is none."""
        if self._body is None:
            raise LookupError("document")
        body = self._body()
        if isinstance(body, str):
            return Document(body, self.final_url, rendered=True)
        return Document.from_bytes(body, self.final_url, self.header("content-type") or "")

    @property
    def response(self) -> Response:
        if self._response is None:
            raise LookupError("response")
        return self._response

    @cached_property
    def visit(self) -> Visit:
        return self._evidence("visit", Visit)

    @cached_property
    def requests(self) -> Requests:
        return self._evidence("requests", Requests)

    @cached_property
    def console(self) -> Console:
        return self._evidence("console", Console)

    @cached_property
    def cookies(self) -> Cookies:
        return self._evidence("cookies", Cookies)

    @cached_property
    def consent(self) -> Consent:
        return self._evidence("consent", Consent)

    @cached_property
    def data_layer(self) -> DataLayer:
        return self._evidence("data_layer", DataLayer)

    @cached_property
    def layout(self) -> Layout:
        return self._evidence("layout", Layout)

    @cached_property
    def images(self) -> Images:
        return self._evidence("images", Images)

    @cached_property
    def texts(self) -> Texts:
        return self._evidence("texts", Texts)

    @cached_property
    def axe(self) -> Axe:
        return self._evidence("axe", Axe)

    @cached_property
    def screenshots(self) -> Screenshots:
        return self._evidence("screenshots", Screenshots)

    @cached_property
    def paint(self) -> Paint:
        return self._evidence("paint", Paint)

    @cached_property
    def fonts(self) -> Fonts:
        return self._evidence("fonts", Fonts)

    @cached_property
    def frames(self) -> Frames:
        return self._evidence("frames", Frames)

    @cached_property
    def service_workers(self) -> ServiceWorkers:
        return self._evidence("service_workers", ServiceWorkers)

    @cached_property
    def outline(self) -> Outline:
        return self._evidence("outline", Outline)

    @cached_property
    def reading(self) -> Reading:
        return self._evidence("reading", Reading)

    @cached_property
    def options(self) -> Options:
        return self._evidence("options", Options)

    @cached_property
    def reflow(self) -> Reflow:
        return self._evidence("reflow", Reflow)

    @cached_property
    def timing(self) -> Timing:
        return self._evidence("timing", Timing)

    # What response and visit have in common

    @property
    def final_url(self) -> str:
        if self._response is not None:
            return self._response.final_url or self.url
        return self.visit.final_url if self.missing("visit") is None else self.url

    @property
    def status(self) -> int:
        if self._response is not None:
            return self._response.status
        return self.visit.status if self.missing("visit") is None else 0

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        if self._response is not None:
            return self._response.headers
        return self.visit.headers if self.missing("visit") is None else ()

    @property
    def at(self) -> str:
        """When the page was looked at: UTC, ISO 8601, "" where that is not known."""
        if self._response is not None:
            return self._response.fetched_at
        return self.visit.started_at if self.missing("visit") is None else ""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def targets(self, urls: Iterable[str]) -> Mapping[str, LinkTarget]:
        """What came of fetching these URLs; those never asked for are absent."""
        if self._targets is None:
            raise LookupError("targets")
        return self._targets(urls)

    # Facts

    @cached_property
    def links(self) -> Links:
        from auditor.facts import links

        return self._fact("links", links.Links, lambda: links.links(self.document))

    @cached_property
    def own_links(self) -> tuple[Link, ...]:
        """Links that a person can click and that lead within the shop; comes with `links`."""
        owns = self.site.owns
        return tuple(link for link in self.links.clickable if owns(link.url))

    @cached_property
    def own_urls(self) -> Mapping[str, Link]:
        """The first of `own_links` to each URL, without fragment; comes with `links`."""
        found: dict[str, Link] = {}
        for link in self.own_links:
            found.setdefault(without_fragment(link.url), link)
        return found

    @cached_property
    def pointed_to(self) -> frozenset[str]:
        """Every URL that the page points to, without fragment."""
        return frozenset(without_fragment(link.url) for link in self.links.items)

    @cached_property
    def meta(self) -> Meta:
        from auditor.facts import meta

        return self._fact("meta", meta.Meta, lambda: meta.meta(self.document, self.headers))

    @cached_property
    def structured_data(self) -> StructuredData:
        from auditor.facts import structured_data

        return self._fact(
            "structured_data", structured_data.StructuredData, lambda: structured_data.structured_data(self.document)
        )

    @cached_property
    def offers(self) -> Offers:
        from auditor.facts import offers

        return self._fact(
            "offers", offers.Offers, lambda: offers.offers(self.structured_data, self.document, self.final_url)
        )

    @cached_property
    def template(self) -> Template:
        from auditor.facts import template

        return self._fact("template", template.Template, lambda: template.template(self.document))

    @cached_property
    def platform(self) -> PlatformFact:
        from auditor.facts import platform

        return self._fact(
            "platform", platform.PlatformFact, lambda: platform.platform(self.document, self.headers, self.final_url)
        )

    @cached_property
    def page_kind(self) -> PageTypeFact:
        from auditor.facts import page_type

        return self._fact(
            "page_kind",
            page_type.PageTypeFact,
            lambda: page_type.page_type(self.final_url, self.status, self.document, self.headers, self.platform.id),
        )

    @cached_property
    def contents(self) -> Contents:
        from auditor.facts import contents

        return self._fact("contents", contents.Contents, lambda: contents.contents(self.document))

    @cached_property
    def wording(self) -> Wording:
        """In a browser what it shows, where that was gathered."""
        from auditor.facts import wording

        seen = self.is_rendered and self.missing("texts") is None
        return wording.shown(self.texts) if seen else wording.written(self.document)

    @cached_property
    def shown_prices(self) -> ShownPrices:
        from auditor.facts import prices

        locale = self.site.locale or self.texts.lang
        return prices.shown_prices(self.texts, locale, self.site.currency, self.site.tax, self._named_currency)

    def _named_currency(self) -> tuple[str, str]:
        if self.missing("document") is not None:
            return "", ""
        return self.market.currency, self.market.currency_from

    @cached_property
    def market(self) -> Market:
        from auditor.facts import market

        return self._fact("market", market.Market, lambda: market.market(self.document, self.meta, self.offers))

    @cached_property
    def platform_prices(self) -> PlatformPrices:
        from auditor.facts import platform_prices

        return self._fact(
            "platform_prices",
            platform_prices.PlatformPrices,
            lambda: platform_prices.platform_prices(self.document),
        )

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        from auditor.facts import tracking
        from auditor.knowledge import vendors

        answered = self.consent.reopened_ms if self.missing("consent") is None else 0.0
        return tracking.hits(self.requests, vendors.load(), since_ms=answered)

    @cached_property
    def pushes(self) -> tuple[Event, ...]:
        """The data layer's, in order."""
        from auditor.facts import data_layer

        return data_layer.events(self.data_layer)

    @property
    def has_stored(self) -> bool:
        """Whether the store keeps its facts already."""
        return all(name in self._stored for name in STORED)

    def pack_facts(self) -> dict[str, bytes]:
        """The facts of the document that the store keeps, packed."""
        return {name: msgspec.msgpack.encode(getattr(self, name)) for name in STORED}

    def _evidence(self, name: str, kind: type[T]) -> T:
        value = self.bundle.read(kind)
        if value is None:
            raise LookupError(name)
        return value

    def _fact(self, name: str, kind: type[F], work_out: Callable[[], F]) -> F:
        packed = self._stored.get(name)
        return msgspec.msgpack.decode(packed, type=kind) if packed is not None else work_out()
