"""One page that stands before a whole shop, though all of it answers: it asks each visitor for something first (age, country, a login)."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import parse_qsl, urlsplit

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from auditor.model.words import FetchOutcome
from auditor.store.schema import ANSWER_OF_URL, pages, urls

_LEAST, _SHARE = 5, 0.9  # addresses, and their share of all, that lead there
_SAMPLE = 100  # of them, of which is looked whether each is the same page
_OTHER_SIGNS = str.maketrans("-_~,", "+/==")  # of base64 in addresses


class BeforeShop(msgspec.Struct, frozen=True):
    """`led` of the `asked` addresses lead to `url`, which is given without its query."""

    url: str
    led: int
    asked: int


def find(connection: Connection, run_id: int) -> BeforeShop | None:
    """Where nearly all addresses of the run lead, the start among them; None where that is no one page.

    A shop that sends what is gone to its start page is another matter, since that page is there.
    """
    own = (pages.c.run_id == run_id, urls.c.kind == "page", pages.c.outcome == FetchOutcome.OK)
    begun = select(pages.c.url, pages.c.final_url).join(urls, ANSWER_OF_URL).where(*own, urls.c.found_by == "start")
    ends = {(_place(row.url), _place(row.final_url)) for row in connection.execute(begun)}
    if len({end for _, end in ends}) != 1 or any(here == end for here, end in ends):
        return None
    (_, place), *_ = ends
    others = (*own, ~_at(pages.c.url, place))
    count = select(func.count()).select_from(pages).join(urls, ANSWER_OF_URL).where(*others)
    asked = connection.execute(count).scalar_one()
    led = connection.execute(count.where(_at(pages.c.final_url, place))).scalar_one()
    if led < _LEAST or led < asked * _SHARE:
        return None
    some = select(pages.c.url, pages.c.final_url).join(urls, ANSWER_OF_URL).where(*others)
    some = some.where(_at(pages.c.final_url, place)).order_by(pages.c.id).limit(_SAMPLE)
    same = all(_is_same(row.url, row.final_url) for row in connection.execute(some))
    return BeforeShop(place, led, asked) if same else None


def leave_out(connection: Connection, run_id: int, found: BeforeShop) -> None:
    """What leads there gave no page of the shop: it is not judged, and asked for again when the run goes on."""
    there = (pages.c.run_id == run_id, _at(pages.c.final_url, found.url))
    connection.execute(update(pages).where(*there).values(outcome=FetchOutcome.BLOCKED, document=None))


def _at(column: ColumnElement[str], place: str) -> ColumnElement[bool]:
    return or_(column == place, column.startswith(f"{place}?", autoescape=True))


def _place(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _is_same(url: str, final_url: str) -> bool:
    """Whether the query only says where the visitor came from; `?product_id=3` names a page of its own."""
    values = [value for _, value in parse_qsl(urlsplit(final_url).query)]
    path = urlsplit(url).path
    return not values or any(path in value or path in _decoded(value) for value in values)


def _decoded(value: str) -> str:
    """An address in base64, as Magento hands it on; "" where it is none."""
    try:
        return b64decode(value.translate(_OTHER_SIGNS) + "==").decode("utf-8", "replace")
    except ValueError:
        return ""
