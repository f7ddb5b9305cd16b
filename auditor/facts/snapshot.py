"""A snapshot as checks read it: the evidence gathered, and facts by name, each worked out when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec

from auditor.evidence.bundle import KINDS as BROWSER_KINDS
from auditor.evidence.bundle import Bundle
from auditor.evidence.endpoint import Endpoint
from auditor.evidence.http import Response
from auditor.facts.gathered import Gathered, Targets
from auditor.model.snapshot import SnapshotKey
from auditor.model.urls import host
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
    from auditor.facts.platform_prices import PlatformPrices, Stated
    from auditor.facts.prices import ShownPrices
    from auditor.facts.structured_data import StructuredData
    from auditor.facts.template import Template
    from auditor.facts.tracking import Hit
    from auditor.facts.wording import Wording

VERSION = 10  # of all facts together: raised when any of them means something else

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
    "endpoint_prices": "endpoint",
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
KINDS = frozenset({"document", "response", "targets", "twins", "again", "exports", "endpoint", *BROWSER_KINDS, *FACTS})


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
    listed_cookies: tuple[str, ...] | None = (
        None  # names that the shop's own list has, `*` for anything; None: not said
    )
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


F = TypeVar("F")


class Snapshot(Gathered):
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
        super().__init__(key, url, body=body, response=response, bundle=bundle, targets=targets)
        self.site = site
        self.page_type = PageType.CONTENT
        self.twins: tuple[Snapshot, ...] = ()  # the page as others saw it, at other moments; set by the runner
        self.again: Snapshot | None = None  # the page opened once more, because of what it showed; set by the runner
        self.endpoint: Endpoint | None = None  # what the platform answered about the page's product; set by the runner
        self._stored = stored or {}

    def missing(self, kind: str) -> str | None:
        """Why this kind of evidence or fact is not there; None where it is."""
        if kind == "wording" and self.is_rendered:
            kind = "texts"
        kind = FACTS.get(kind, kind)
        if kind == "endpoint":
            return "its address for prices was not asked for" if self.endpoint is None else self.endpoint.reason or None
        return None if kind in ("twins", "again") else super().missing(kind)

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
            found.setdefault(link.url.partition("#")[0], link)
        return found

    @cached_property
    def pointed_to(self) -> frozenset[str]:
        """Every URL that the page points to, without fragment."""
        return frozenset(link.url.partition("#")[0] for link in self.links.items)

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

        def read() -> Offers:
            # what offers ask of the head is its own; a Link header may name another canonical
            about = self.meta if self.header("link") is None else None
            return offers.offers(self.structured_data, self.document, self.final_url, about)

        return self._fact("offers", offers.Offers, read)

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
    def endpoint_prices(self) -> tuple[Stated, ...]:
        from auditor.facts import endpoint_prices

        told = self.endpoint
        return () if told is None else endpoint_prices.endpoint_prices(told, self.platform.id, self.final_url)

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

    def _fact(self, name: str, kind: type[F], work_out: Callable[[], F]) -> F:
        packed = self._stored.get(name)
        return msgspec.msgpack.decode(packed, type=kind) if packed is not None else work_out()
