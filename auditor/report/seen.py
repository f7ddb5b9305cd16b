"""One pass over a run's browser snapshots for the report: pictures, held requests, tags, third parties, versions."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import Connection, select

from auditor.evidence.cookies import Cookies
from auditor.evidence.paint import Paint
from auditor.evidence.requests import Held, Requests
from auditor.evidence.screenshot import Picture, Screenshots
from auditor.evidence.timing import Timing
from auditor.evidence.visit import Visit
from auditor.facts import tracking
from auditor.knowledge import vendors
from auditor.model.run import Run
from auditor.model.urls import host
from auditor.model.words import FetchOutcome
from auditor.report.consent import ConsentSeen
from auditor.report.costs import Costs
from auditor.report.document import Counted, PicturePart, SnapshotPart, TagCell, TagPart, ThirdPartyCost
from auditor.store import documents, snapshots
from auditor.store.schema import pages
from auditor.store.schema import snapshots as snapshot_table
from auditor.store.snapshots import StoredSnapshot

_EVENTS = 12  # of a tag on the pages of one type
_TAGS = 60
_HOSTS = 300  # third parties kept; the report shows the first
LOOKED = (FetchOutcome.OK, FetchOutcome.SITE_ERROR)


class Seen:
    """What the browsers saw. Grows with the pages opened, which are a sample, not with the shop."""

    def __init__(self, connection: Connection, run: Run) -> None:
        self.pictures: dict[tuple[str, str], tuple[Picture, ...]] = {}
        self.timings: dict[tuple[str, str], Timing] = {}
        self.outcomes: dict[str, list[SnapshotPart]] = defaultdict(list)
        self.versions: dict[str, str] = {}
        self.held: dict[Held, Counter[str]] = {held: Counter() for held in Held}
        self.tags: Counter[str] = Counter()
        self.visits = 0
        self.opened: Counter[str] = Counter()  # page type -> pages
        self.consent = ConsentSeen()
        self.not_opened: set[str] = set()  # keys of pages that no browser could open
        self._vendors = vendors.load()
        self._cells: dict[tuple[str, str], dict[str, tuple[set[str], Counter[str]]]] = {}
        self._costs = Costs(self._vendors)
        self._third: dict[str, set[str]] = defaultdict(set)

        def html(one: StoredSnapshot) -> str:
            return documents.get(connection, one.document).decode("utf-8", "replace") if one.document else ""

        query = select(snapshot_table.c.page_key).where(snapshot_table.c.run_id == run.id).distinct()
        for key in connection.execute(query.order_by(snapshot_table.c.page_key)).scalars().all():
            own = (pages.c.run_id == run.id, pages.c.page_key == key, pages.c.document.is_not(None))
            page_type = connection.execute(select(pages.c.page_type).where(*own).limit(1)).scalar() or ""
            taken, again = snapshots.looks_at(connection, run.id, key)
            self.consent.page(key, page_type, taken, html)
            for one in taken:
                self._read(key, page_type, one)
            for one in again:  # of second looks only what was done to the shop and others
                self.visits += 1
                self._held(one.bundle().read(Requests) or Requests())
            if any(one.outcome in LOOKED for one in taken if one.key.state.answer == "none"):
                self.opened[page_type] += 1
            elif taken:
                self.not_opened.add(key)

    def named(self, held: Held) -> Counter[str]:
        """What was held back in this way, by the vendor's name, or the host where the vendor is not known."""
        names: Counter[str] = Counter()
        for who, number in self.held[held].items():
            names[self._name(who)] += number
        return names

    def tag_table(self) -> tuple[TagPart, ...]:
        """Tags by the pages they were seen on, most first, and on which types of page."""

        def reach(one: tuple[tuple[str, str], dict[str, tuple[set[str], Counter[str]]]]) -> tuple[int, tuple[str, str]]:
            return -sum(len(keys) for keys, _ in one[1].values()), one[0]

        return tuple(
            TagPart(
                vendor=self._name(vendor),
                account=account,
                category=known.category if (known := self._vendors.get(vendor)) else "",
                cells=tuple(
                    TagCell(
                        page_type=page_type,
                        pages=len(keys),
                        events=tuple(sorted(events, key=lambda name: (-events[name], name))[:_EVENTS]),
                    )
                    for page_type, (keys, events) in sorted(cells.items())
                ),
            )
            for (vendor, account), cells in sorted(self._cells.items(), key=reach)[:_TAGS]
        )

    def third_parties(self) -> tuple[Counted, ...]:
        """Hosts of others that pages asked something of, with the vendor where it is known -> pages."""
        ranked = sorted(self._third.items(), key=lambda one: (-len(one[1]), one[0]))
        return tuple(Counted(what=what, count=len(keys)) for what, keys in ranked[:50])

    def costs(self) -> tuple[ThirdPartyCost, ...]:
        """What third parties cost, by vendor where it is known; most bytes first."""
        return self._costs.rows()

    def _read(self, key: str, page_type: str, one: StoredSnapshot) -> None:
        self.visits += 1
        client, bundle = str(one.key.client), one.bundle()
        if one.key.state.answer == "none":
            pictures = shown.pictures if (shown := bundle.read(Screenshots)) else ()
            self.pictures[key, client] = pictures
            if (timing := bundle.read(Timing)) and timing.loads:
                self.timings[key, client] = timing
            self.outcomes[key].append(
                SnapshotPart(
                    client=client,
                    outcome=one.outcome,
                    reason=one.reason,
                    pictures=tuple(picture(client, p) for p in pictures),
                )
            )
        if visit := bundle.read(Visit):
            self.versions.setdefault(client, visit.browser_version)
        if requests := bundle.read(Requests):
            self._count(key, page_type, requests)
        if (jar := bundle.read(Cookies)) and visit:
            self._costs.cookies(key, page_type, jar, host(visit.final_url))
        if requests and (paint := bundle.read(Paint)):
            third = {host(request.url) for request in requests.items if request.third_party}
            self._costs.scripts(key, page_type, paint, third)

    def _count(self, key: str, page_type: str, requests: Requests) -> None:
        self._held(requests)
        for request in requests.items:
            if request.third_party and (name := host(request.url)):
                match = self._vendors.match(request.url, request.method)
                self._costs.request(key, page_type, self._name(match.vendor) if match else name, request)
                what = f"{name} ({self._name(match.vendor)})" if match else name
                if what in self._third or len(self._third) < _HOSTS:
                    self._third[what].add(key)
        hits = tracking.hits(requests, self._vendors)
        self.tags.update({f"{hit.vendor} {hit.account}".strip() for hit in hits})
        for hit in hits:
            pages_seen, events = self._cells.setdefault((hit.vendor, hit.account), {}).setdefault(
                page_type, (set(), Counter())
            )
            pages_seen.add(key)
            if hit.event:
                events[hit.event] += 1

    def _held(self, requests: Requests) -> None:
        for request in requests.items:
            # what a page asks its own shop for when it is left is stopped with the page, and is no side effect
            stopped = request.held is Held.REFUSED and not request.third_party and not request.vendor
            if request.held is not Held.NO and not stopped:
                self.held[request.held][request.vendor or host(request.url)] += 1

    def _name(self, vendor: str) -> str:
        return known.name if (known := self._vendors.get(vendor)) else vendor


def picture(client: str, taken: Picture) -> PicturePart:
    return PicturePart(
        client=client,
        path=f"pictures/{taken.sha256}.png",
        width=taken.width,
        height=taken.height,
        scale=taken.scale,
        kind=taken.kind,
    )


def counted(counter: Counter[str]) -> tuple[Counted, ...]:
    """Most first; those of one count by name, so that a report built twice is the same."""
    ranked = sorted(counter.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Counted(what=what, count=count) for what, count in ranked[:50])
