"""One page that stands before a whole shop, though all of it answers: it asks each visitor for something first, or checks his browser."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import parse_qsl, urlsplit

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from auditor.evidence.document import Document
from auditor.facts.contents import main_text
from auditor.facts.links import links
from auditor.model.urls import host, without_fragment
from auditor.model.words import FetchOutcome
from auditor.store import documents
from auditor.store.schema import ANSWER_OF_URL, page_rows, pages, snapshots, urls

_LEAST, _SHARE = 5, 0.9  # addresses, and their share of all, that lead there
_SAMPLE = 100  # of them, of which is looked whether each is the same page
_READ = 30  # documents that are compared by their words
_OPENED = 8  # pages as browsers saw them
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


class SameEverywhere(msgspec.Struct, frozen=True):
    """All `asked` addresses answer with one page that leads nowhere; so it is in browsers, where they `opened` any."""

    asked: int
    opened: int


def same_everywhere(connection: Connection, run_id: int) -> SameEverywhere | None:
    """A page that answers for every address; None where what is there differs, leads on, or is drawn by scripts that browsers ran.

    Told by title and words, since what checks a browser is another to the letter each time. Looked at are the first `_READ`.
    """
    own = (pages.c.run_id == run_id, urls.c.kind == "page", pages.c.document.is_not(None))
    asked = select(func.count()).select_from(pages).join(urls, ANSWER_OF_URL).where(*own)
    some = select(pages.c.final_url, pages.c.document, pages.c.content_type).join(urls, ANSWER_OF_URL).where(*own)
    said: set[tuple[str, str]] = set()
    read = connection.execute(some.order_by(pages.c.id).limit(_READ)).all()
    if len({_place(row.final_url) for row in read}) < _LEAST:
        return None
    for row in read:
        seen = Document.from_bytes(documents.get(connection, row.document), row.final_url, row.content_type)
        said.add(_words(seen))
        if len(said) > 1 or _leads_on(seen):
            return None
    shown = _opened(connection, run_id)
    if len(set(map(_words, shown))) > 1 or any(map(_leads_on, shown)):
        return None
    return SameEverywhere(connection.execute(asked).scalar_one(), len(shown))


def _opened(connection: Connection, run_id: int) -> list[Document]:
    """Some pages as the first client saw each."""
    saw = (snapshots.c.run_id == run_id, snapshots.c.outcome == FetchOutcome.OK, snapshots.c.document.is_not(None))
    first = select(func.min(snapshots.c.id)).where(*saw).group_by(snapshots.c.page_key).limit(_OPENED)
    query = select(snapshots.c.url, snapshots.c.document).where(snapshots.c.id.in_(first))
    return [
        Document(documents.get(connection, row.document).decode("utf-8", "replace"), row.url, rendered=True)
        for row in connection.execute(query)
    ]


def _words(document: Document) -> tuple[str, str]:
    return " ".join((document.tree.findtext("head/title") or "").split()), main_text(document)


def _leads_on(document: Document) -> bool:
    """Whether it has a link to another page of the host."""
    here = without_fragment(document.url)
    targets = (without_fragment(link.url) for link in links(document).clickable)
    return any(host(target) == host(here) and target != here for target in targets)


def leave_out(connection: Connection, run_id: int, url: str = "") -> None:
    """What leads to `url`, or everything, gave no page of the shop: it is not judged, and asked for again when the run goes on."""
    own = (pages.c.run_id == run_id, pages.c.document.is_not(None), urls.c.kind == "page")
    going = select(pages.c.id).join(urls, ANSWER_OF_URL).where(*own, *([_at(pages.c.final_url, url)] if url else []))
    closed = {"outcome": FetchOutcome.BLOCKED, "document": None}
    connection.execute(update(page_rows).where(page_rows.c.id.in_(going)).values(**closed))


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
