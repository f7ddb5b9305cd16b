"""Pages with their snapshots, put together from the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from auditor.facts.snapshot import Snapshot
from auditor.model.snapshot import State
from auditor.model.words import Answer, FetchOutcome, On, PageType
from auditor.store.reading import Reading, endpoint, fetched, rendered, second_look, second_looks
from auditor.store.snapshots import StoredPage

_NONE: Mapping[str, bool] = MappingProxyType({})
_LOOKED = (FetchOutcome.OK, FetchOutcome.SITE_ERROR)


class Page(msgspec.Struct, kw_only=True):
    """A page with its snapshots: the fetched one, and the rendered ones in the order of the matrix."""

    key: str
    url: str
    page_type: PageType
    platform: str
    raw: Any = None  # Snapshot | None
    rendered: list[Any] = []  # list[Snapshot]
    renders_differently: bool | None = None  # of its template; None: no page of it was rendered
    by_scripts: bool = False  # of its template: most of what a browser shows is not in the fetched page
    mended: dict[str, bool] = {}  # rules whose faults scripts mend on its template's pages: on all, or on some

    def chosen(self, on: On, states: Collection[Answer] = (Answer.NONE,)) -> list[Snapshot]:
        """The snapshots a rule with this `on` looks at; of the rendered ones those in these states of consent."""
        raw = [self.raw] if self.raw is not None else []
        rendered = [one for one in self.rendered if one.key.state.answer in states]
        match on:
            case On.RAW:
                return raw
            case On.RENDERED:
                return rendered
            case On.EVERY:
                return [*raw, *rendered]
            case On.BEST:
                return rendered[:1] or raw


def page(
    reading: Reading,
    stored: StoredPage,
    renders_differently: bool | None,
    mended: Mapping[str, bool] = _NONE,
    *,
    by_scripts: bool = False,
) -> Page:
    """The page with every snapshot that shows it. What a rendered page turns out to be counts more than what was fetched."""
    raw = fetched(reading, stored)
    order = {client: index for index, client in enumerate(reading.clients)}
    taken, later = reading.looks_at(stored.page_key)
    looked = [one for one in taken if one.outcome in _LOOKED]
    first = State()
    looked.sort(
        key=lambda one: (
            order.get(str(one.key.client), len(order)), one.key.state != first, str(one.key.state), one.key.repeat
        )
    )  # fmt: skip
    shown = [rendered(reading, one) for one in looked if one.document]
    page_type = PageType(stored.page_type) if stored.page_type else raw.page_kind.type
    if is_silent(stored) or page_type in (PageType.CONTENT, PageType.CHALLENGE):
        # A browser that was challenged says nothing of the page.
        kinds = (one.page_kind.type for one in shown)
        page_type = next((kind for kind in kinds if kind is not PageType.CHALLENGE), page_type)
    usable = [one for one in shown if _shows_the_shop(one, page_type)]
    again = second_looks(reading, later)
    told = None
    if usable and page_type is PageType.PRODUCT:
        told = endpoint(reading, stored.platform or raw.platform.id, raw)
    for one in (raw, *usable):
        one.again = second_look(one, again)
        one.endpoint = told
        if one.again is not None:
            one.again.endpoint = told
        one.page_type = page_type
        one.twins = tuple(other for other in (raw, *usable) if other is not one)
    return Page(
        key=stored.page_key,
        url=stored.url,
        page_type=page_type,
        platform=stored.platform or raw.platform.id,
        raw=raw if _shows_the_shop(raw, page_type) else None,
        rendered=usable,
        renders_differently=renders_differently,
        by_scripts=by_scripts,
        mended=dict(mended),
    )


def is_silent(stored: StoredPage) -> bool:
    """Whether the fetched page does not say what it is: only a browser can tell."""
    return stored.page_type == PageType.CONTENT or stored.shown_type != ""


def _shows_the_shop(one: Snapshot, page_type: PageType) -> bool:
    """False for a snapshot in which a challenge, password or error page stood where others saw the shop."""
    if one.missing("document"):
        return False
    kind = one.page_kind.type
    return kind.is_storefront or kind is page_type
