"""The part of the result document about the shop as seen: its tags, consent, and what third parties cost its pages."""

from __future__ import annotations

import msgspec

from auditor.report.document.pieces import Counted


class TagCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tag on the pages of one type: seen on `pages` of those that a browser opened, with these events."""

    page_type: str
    pages: int
    events: tuple[str, ...] = ()


class TagPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tag by its account, with a cell for each page type it was seen on."""

    vendor: str  # as people call it
    account: str = ""
    category: str = ""
    cells: tuple[TagCell, ...] = ()


class ConsentCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tag on a page in one state. `said`: fired, unasked, cookieless, duplicated, wrong_payload, blocked, not_seen, not_checked."""

    state: str  # none, reject, accept, gpc, gpc-accept
    said: str
    detail: str = ""  # events, or for how long nothing was seen, or why it could not be checked


class ConsentRow(msgspec.Struct, frozen=True, kw_only=True):
    page_type: str
    url: str
    vendor: str  # as people call it
    cells: tuple[ConsentCell, ...]


class CookieRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cookie, or a key of storage, on the pages of the matrix; vendor and purpose are empty where they are not known."""

    name: str
    domain: str  # empty for storage: the page's own origin
    kind: str = "cookie"  # cookie, local_storage, session_storage
    vendor: str = ""
    purpose: str = ""
    states: tuple[str, ...] = ()
    before_answer: bool = False  # it was there while the banner waited for an answer
    days: float | None = (
        None  # the longest that one lasts from the visit on; null for a session's, or where it is not known
    )
    session: bool = False  # it ends with the browser
    secure: bool = False
    http_only: bool = False
    same_site: str = ""  # as the browser takes it, which may be its default


class ConsentModeRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Google's Consent Mode on a page in one state, as its data layer shows it; milliseconds since the page was opened, null where unseen."""

    page_type: str
    url: str
    state: str  # none, reject, accept, gpc, gpc-accept
    default: str = ""  # what the first default says of storage; empty: none seen in the data layer
    default_ms: float | None = None
    regional: bool = False  # a default is for some regions only
    update: str = ""  # what the updates leave; empty: none seen in the data layer
    update_ms: float | None = None  # of the first
    hit: str = ""  # the first event of a tag of Google's; empty: none seen
    hit_signal: str = ""  # its gcs; empty: it says nothing of consent
    hit_ms: float | None = None


class ConsentPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The banner, and tags and cookies by state of consent on the pages that were opened in more than one."""

    tool: str = ""  # the banner's maker
    offers: str = ""  # of its first layer
    pages: int = 0  # first visits on which a banner was seen
    states: tuple[str, ...] = ()
    rows: tuple[ConsentRow, ...] = ()
    cookies: tuple[CookieRow, ...] = ()
    mode: tuple[ConsentModeRow, ...] = ()


class CostCell(msgspec.Struct, frozen=True, kw_only=True):
    """What a third party costs the pages of one type; all sums, as in ThirdPartyCost."""

    page_type: str
    pages: int
    requests: int
    kilobytes: float
    milliseconds: float
    main_thread: float | None = None
    cookies: tuple[str, ...] = ()


class ThirdPartyCost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one vendor, or a host of nobody we know, costs the pages opened in browsers; all sums."""

    who: str
    pages: int
    requests: int
    kilobytes: float  # as far as the browser says
    milliseconds: float  # of its requests, one after the other
    held_back: int = 0  # of the requests: answered here, so that their size and time are not known
    main_thread: float | None = None  # ms that its scripts kept it in frames over 50 ms; null: no browser told
    cookies: tuple[str, ...] = ()  # names of those it left behind, in any state of consent
    by_page_type: tuple[CostCell, ...] = ()


class ShopPart(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of the shop as seen."""

    platform: str = ""  # id, empty where not recognised
    currencies: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[Counted, ...] = ()  # "GA4 G-ABC123" -> snapshots
    theme: str = ""
    third_parties: tuple[Counted, ...] = ()  # host, with the vendor where it is known -> pages that asked it
    page_types: dict[str, int] = {}  # page type -> pages fetched
    opened: dict[str, int] = {}  # page type -> pages seen in a browser
    tag_table: tuple[TagPart, ...] = ()
    consent: ConsentPart | None = None
    third_party_costs: tuple[ThirdPartyCost, ...] = ()  # most bytes first
