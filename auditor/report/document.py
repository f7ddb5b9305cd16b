"""The result document: everything a report says, as data. Every format is a view of it; `result.json` is it.

Its JSON Schema stands in docs/ and is versioned: fields are added, never renamed; old documents stay readable.
"""

from __future__ import annotations

import msgspec

from auditor.model.finding import Excerpt
from auditor.model.words import Certainty, FetchOutcome, Owner, PageType, Severity

VERSION = "auditor.result/1"


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reason, host or vendor with how often, and up to three examples."""

    what: str
    count: int
    examples: tuple[str, ...] = ()


class RunPart(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    site: str
    start_url: str
    environment: str
    started_at: str  # UTC, ISO 8601
    ended_at: str
    status: str  # complete | incomplete | interrupted | running
    stop_reason: str
    version: str  # of auditor


class BudgetPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limit and what was held against it: `state` is held, exceeded or unknown (could not be checked)."""

    name: str
    state: str
    limit: str
    value: float | None = None  # seconds, bytes, a share or a count
    pages: int = 0
    sentence: str = ""


class VerdictPart(msgspec.Struct, frozen=True, kw_only=True):
    """`sentence` is the verdict for a person; `exit_code` 0 clean, 1 gate failed, 3 could not be completed."""

    exit_code: int
    sentence: str
    reasons: tuple[str, ...] = ()  # why, in the order of what to do
    fail_on: str = ""  # severity the gate fails on, "" where everything is only reported
    certainty: str = ""
    min_coverage: float = 0.0
    baseline: str = ""  # what problems were held against; empty: nothing
    budgets: tuple[BudgetPart, ...] = ()
    expired: tuple[str, ...] = ()  # entries of the ignore list that ended
    unused: tuple[str, ...] = ()  # and those that fit nothing any more


class ClientPart(msgspec.Struct, frozen=True, kw_only=True):
    """How many pages a client looked at, and why it could not look at others."""

    client: str  # http, chromium/desktop, …
    looked: int
    version: str = ""  # of the browser
    failed: tuple[Counted, ...] = ()


class NotChecked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rules that one reason kept from judging. `pages`: of the rule that lost most; rules overlap, so it is no sum.

    `kind`: failed (something went wrong or was unclear), no_browser (none was used), sample (left out on purpose).
    """

    kind: str
    reason: str
    rules: tuple[str, ...]  # ids
    pages: int


class TrapPart(msgspec.Struct, frozen=True, kw_only=True):
    """A source of very many addresses: how many were let in and left out, and where it began.

    `kind`: filters, signature, search, dates, pagination, deep, copies.
    """

    kind: str
    places: int  # listings, folders, combinations of filters: each has its budget
    followed: int  # addresses let in before the budget was used up
    left_out: int
    first_url: str  # of the place where most was left out
    began_on: str = ""  # the page that first linked there


class CoveragePart(msgspec.Struct, frozen=True, kw_only=True):
    """`share` is fetched / in scope, 0 to 1. `sentence` says it for a person.

    Of the fetched pages of the storefront `opened` were seen in a browser, `unopened` were left out of the sample, and the
    rest could not be opened. `unchanged` pages are as in the run before: findings that rest on them alone are from there.
    """

    sentence: str
    known: int
    fetched: int
    in_scope: int
    share: float
    complete: bool
    outcomes: dict[str, int]  # fetch outcome -> pages
    skipped: tuple[Counted, ...] = ()  # known and not fetched, by reason
    waiting: int = 0
    clients: tuple[ClientPart, ...] = ()
    unchecked: tuple[Counted, ...] = ()  # "rule: reason" that could not be checked -> snapshots; see not_checked
    templates: int = 0
    not_checked: tuple[NotChecked, ...] = ()  # by reason, what went wrong first
    opened: int = 0
    unopened: int = 0
    unchanged: int = 0
    traps: tuple[TrapPart, ...] = ()  # those that cost most first


class SideEffectsPart(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger: what the audit did and did not do to the shop and its vendors. Never more than is known."""

    sentence: str
    delivered: int  # recognised hits that went out (only with --deliver-beacons)
    answered: tuple[Counted, ...] = ()  # recognised hits held back, by vendor
    withheld: tuple[Counted, ...] = ()  # unclassified beacons, pings and third-party POSTs held back, by host
    refused: tuple[Counted, ...] = ()  # connections refused at the wall, by host
    unsafe_links: tuple[Counted, ...] = ()  # links seen and not followed, by what they would do
    requests: int = 0  # pages asked for by http
    visits: int = 0  # pages opened in browsers
    external: int = 0  # links to other sites asked for, once each


class PicturePart(msgspec.Struct, frozen=True, kw_only=True):
    """A screenshot; `path` is relative to the report's folder."""

    client: str
    path: str
    width: int
    height: int
    scale: float
    kind: str  # viewport | page


class FindingPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    url: str
    message: str
    clients: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()  # none, reject, accept, gpc: states it was seen in; empty where in the first alone
    excerpts: tuple[Excerpt, ...] = ()
    picture: PicturePart | None = None  # of the client it was seen in, where there is one


class ProblemPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person mends once, worst first in the document. `findings` are at most 25 of `pages`."""

    id: str
    rule: str
    title: str
    severity: Severity
    certainty: Certainty
    owner: Owner
    page_type: PageType
    target: str
    pages: int
    message: str
    why: str
    fix: str
    refs: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    gated: bool | None = None  # the gate counts it; None where no gate has said so: severity and certainty decide
    fix_on: str = ""  # how to mend it on the shop's platform, where the rule knows
    looked: int = 0  # pages of this type on which the same clients looked; 0 where it is not known
    places: int = 0  # places to change, estimated; see effort
    effort: str = ""  # small | medium | large: an estimate from counts, report/effort.py says how
    state: str = ""  # new | changed | known, against the run before; empty where there is none
    since: str = ""  # start of the run that saw it first
    beside: tuple[str, ...] = ()  # what besides the shop may be behind the state
    before: str = ""  # severity and certainty before, where they changed
    pages_before: int = 0
    accepted: bool = False  # the baseline has it
    ignored: str = ""  # the entry of the ignore list that leaves it out
    ignored_pages: int = 0  # pages that the ignore list leaves out of it
    ignore: str = ""  # the entry to put into the ignore list
    findings: tuple[FindingPart, ...] = ()


class SnapshotPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    client: str
    outcome: FetchOutcome
    reason: str = ""
    pictures: tuple[PicturePart, ...] = ()


class PagePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    page_type: str
    status: int
    outcome: FetchOutcome
    reason: str = ""
    final_url: str = ""
    template: str = ""
    findings: int = 0
    snapshots: tuple[SnapshotPart, ...] = ()


class RulePart(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that judged, and how often it had which outcome (snapshots, all clients)."""

    id: str
    title: str
    severity: Severity
    certainty: Certainty
    owner: Owner
    passed: int = 0
    failed: int = 0
    cant_tell: int = 0
    inapplicable: int = 0


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
    """A tag on a page in one state. `said`: fired, cookieless, duplicated, wrong_payload, not_seen, not_checked."""

    state: str  # none, reject, accept, gpc
    said: str
    detail: str = ""  # events, or for how long nothing was seen, or why it could not be checked


class ConsentRow(msgspec.Struct, frozen=True, kw_only=True):
    page_type: str
    url: str
    vendor: str  # as people call it
    cells: tuple[ConsentCell, ...]


class CookieRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cookie on the pages of the matrix; vendor and purpose are empty where they are not known."""

    name: str
    domain: str
    vendor: str = ""
    purpose: str = ""
    states: tuple[str, ...] = ()


class ConsentPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The banner, and tags and cookies by state of consent on the pages that were opened in more than one."""

    tool: str = ""  # the banner's maker
    offers: str = ""  # of its first layer
    pages: int = 0  # first visits on which a banner was seen
    states: tuple[str, ...] = ()
    rows: tuple[ConsentRow, ...] = ()
    cookies: tuple[CookieRow, ...] = ()


class ProductPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a product page shows, what its markup says and what its tags send; empty where it was not seen.

    Nothing is compared here: `problems` are those that rules about prices found on the page.
    """

    url: str
    name: str = ""
    sku: str = ""
    shown: str = ""
    markup: str = ""
    tag: str = ""
    availability: str = ""
    opened: bool = False  # in a browser; without one neither shown price nor tags are known
    problems: tuple[str, ...] = ()  # ids


class PriceCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price of one source, and how it compares with the one shown.

    `verdict`: equal, rounding, tax, before reduction, wrong variant, wrong currency, stale cache, cents, other, not compared;
    "" for the price the others are compared with, and where there is none.
    """

    source: str  # shown, was, json-ld, microdata, rdfa, social tags, platform, data layer, tags, list
    text: str
    amount: str = ""  # plain decimal number
    verdict: str = ""
    note: str = ""
    where: str = ""  # for finding it: CSS path, place in the markup, address of the list
    client: str = ""
    at: str = ""  # UTC, ISO 8601: when that page was looked at
    age: int | None = None  # seconds in a cache, where the answer said so


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product, variant and market in the price truth table. `verdict`: equal, differs, unclear, nothing to compare."""

    url: str
    name: str = ""
    sku: str = ""
    variant: str = ""
    market: str = ""  # currency, country, language as the page tells them
    shown: str = ""
    verdict: str = ""
    why: str = ""  # why it is unclear
    cells: tuple[PriceCell, ...] = ()
    first_look: str = ""  # UTC, ISO 8601
    last_look: str = ""
    opened: bool = False
    problems: tuple[str, ...] = ()  # ids


class CostCell(msgspec.Struct, frozen=True, kw_only=True):
    """What a third party costs the pages of one type; all sums, as in ThirdPartyCost."""

    page_type: str
    pages: int
    requests: int
    kilobytes: float
    milliseconds: float


class ThirdPartyCost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one vendor, or a host of nobody we know, costs the pages opened in browsers; all sums."""

    who: str
    pages: int
    requests: int
    kilobytes: float  # as far as the browser says
    milliseconds: float  # of its requests, one after the other
    held_back: int = 0  # of the requests: answered here, so that their size and time are not known
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


class StandingPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem of an earlier run that this one has not: fixed, or not looked at again."""

    id: str
    rule: str
    severity: Severity
    certainty: Certainty
    page_type: PageType
    target: str
    message: str
    pages: int
    since: str = ""  # start of the run that saw it first
    why: tuple[str, ...] = ()  # what besides the shop may be behind it
    unlooked: tuple[Counted, ...] = ()  # why its pages were not looked at again


class TrendPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run in the line of its site, oldest first in the document."""

    run: str
    started_at: str
    pages: int
    severities: dict[str, int] = {}  # severity -> problems
    new: int | None = None  # None: there was nothing to compare it with
    fixed: int | None = None


class EndingPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that ends within 14 days of the run."""

    day: str  # ISO 8601
    what: str


class HistoryPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the run stands against the one before it. `run` is empty where there is none."""

    run: str = ""
    started_at: str = ""
    counts: dict[str, int] = {}  # new | changed | known | fixed | unlooked -> problems
    differences: tuple[str, ...] = ()  # what the two differ in besides the shop
    fixed: tuple[StandingPart, ...] = ()  # worst first; at most 200, as unlooked
    unlooked: tuple[StandingPart, ...] = ()
    trend: tuple[TrendPart, ...] = ()
    trend_rules: dict[str, tuple[int, ...]] = {}  # rule -> problems, run by run as in `trend`; those that changed most
    endings: tuple[EndingPart, ...] = ()


class MatrixCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule and a client on the pages of a template. `state`: found, clean (looked and found nothing), unknown."""

    client: str
    state: str
    count: int = 0  # findings


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    rule: str
    title: str
    severity: Severity
    cells: tuple[MatrixCell, ...] = ()
    differs: bool = False  # found by some clients and not by others that looked


class TimePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time of the example page with one client: milliseconds (a score for cls) of every load, and their median."""

    client: str
    metric: str  # ttfb, fcp, lcp, tbt, cls
    median: float
    values: tuple[float, ...]
    limit: float = 0.0  # what the rule aims for; 0: nothing
    throttled: str = ""


class TemplatePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pages built alike: how many there are and how many browsers opened, one of them as every client saw it."""

    page_type: str
    template: str
    pages: int
    opened: int
    example: str = ""  # URL
    snapshots: tuple[SnapshotPart, ...] = ()  # of the example, in the order of the matrix
    boxes: dict[
        str, tuple[tuple[float, float, float, float], ...]
    ] = {}  # client -> places of its findings on the example
    rows: tuple[MatrixRow, ...] = ()  # worst first
    rows_cut: int = 0
    times: tuple[TimePart, ...] = ()


class SourceSet(msgspec.Struct, frozen=True, kw_only=True):
    """Products that are not as they should be; `file` lists them all, as seen from the report's folder."""

    name: str
    count: int
    file: str = ""


class SourcePart(msgspec.Struct, frozen=True, kw_only=True):
    """An export or feed: what was read of it, and how the shop compares. Times are UTC, ISO 8601."""

    name: str
    format: str
    origin: str
    made_at: str = ""
    read_at: str = ""
    stale: str = ""  # why it is too old
    cut: str = ""  # why it could not be read to its end
    products: int = 0
    wrong: int = 0  # rows and values that could not be read
    wrong_file: str = ""
    found: int = 0  # published products that were found on the site
    prices: int = 0  # of them, prices that were compared
    stocks: int = 0
    unidentified: int = 0  # product pages without a number that it could know them by
    sets: tuple[SourceSet, ...] = ()


class ResultDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole result. Pages and products are capped (`…_cut` says how many are left out); the store has all."""

    version: str = VERSION
    run: RunPart
    verdict: VerdictPart
    coverage: CoveragePart
    side_effects: SideEffectsPart
    shop: ShopPart
    problems: tuple[ProblemPart, ...]
    rules: tuple[RulePart, ...]
    pages: tuple[PagePart, ...]
    pages_cut: int = 0
    products: tuple[ProductPart, ...] = ()  # those with problems first
    products_cut: int = 0
    history: HistoryPart = HistoryPart()
    prices: tuple[PriceRow, ...] = ()  # the price truth table, rows that differ first
    prices_cut: int = 0
    templates: tuple[TemplatePart, ...] = ()  # those that browsers opened first
    templates_cut: int = 0
    sources: tuple[SourcePart, ...] = ()  # exports and feeds
