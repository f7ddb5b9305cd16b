"""What a run gathered: its addresses, pages, documents, links and snapshots, in the order the crawl and the browsers fill them."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    text,
)

from auditor.store.schema.base import metadata, of_run, views

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("site", String(255), nullable=False),
    Column("start_url", Text, nullable=False),
    Column("environment", String(20), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32), nullable=False, default=""),
    Column("status", String(20), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("version", String(40), nullable=False),
    Column("config", Text, nullable=False),
    Column("stop_reason", Text, nullable=False, default=""),
    Column("kind", String(12), nullable=False, server_default="site"),  # site | page | recheck
    Column(
        "received", Integer, nullable=False, server_default=text("0")
    ),  # bytes in rounds of crawl, where they are limited
    Index(None, "site", "started_at"),
)

# Who works on a site; see store.leases
leases = Table(
    "leases",
    metadata,
    Column("site", String(255), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("run", String(120), nullable=False),
    Column("since", String(32), nullable=False),
    Column("beats", Integer, nullable=False),
)

# Every address and key is written once, for all nights and tables.
addresses = Table(
    "addresses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)


def _address(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey("addresses.id"), nullable=nullable)


# The frontier is the rows that wait; every row that is neither done nor waiting has a reason.
url_rows = Table(
    "url_rows",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    _address("key_id"),
    _address("address_id"),  # as written where it was first found, resolved
    Column("kind", String(12), nullable=False),  # page | asset | external | robots | sitemap
    Column("status", String(12), nullable=False),  # waiting | leased | done | skipped
    Column("reason", Text, nullable=False, default=""),
    Column("priority", Integer, nullable=False, default=0),  # higher first
    Column("depth", Integer, nullable=False, default=0),
    Column("found_by", String(20), nullable=False),  # start | link | sitemap | rendered | redirect | list | search
    Column("referrer_id", Integer),
    Column("clicks", Integer),  # least number of links from the start; NULL: none leads there, or not counted yet
    Column("inlinks", Integer, nullable=False, default=0, server_default="0"),  # other pages that link to it
    UniqueConstraint("run_id", "key_id"),
)
# Of those that wait alone: most rows of most runs are done. Asked for with WAITING, since SQLite takes it for no other word.
Index(
    "ix_url_rows_waiting",
    url_rows.c.run_id,
    url_rows.c.priority.desc(),
    url_rows.c.id,
    sqlite_where=text("status = 'waiting'"),
)
WAITING: ColumnElement[str] = literal_column("'waiting'")

# The same with its addresses
urls = Table(
    "urls",
    views,
    *(Column(one.name, one.type) for one in url_rows.c if one.name not in ("key_id", "address_id")),
    Column("key", Text),
    Column("url", Text),
)

# Sources of very many URLs (filters, calendars, …): what of them was let in, and where each began.
traps = Table(
    "traps",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(400), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("known", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("first_url", Text, nullable=False),
    Column("referrer_id", Integer),  # urls.id of the page that linked to it
)

# What the crawl learned of copies from each page, as long as the run may go on.
lessons = Table(
    "lessons",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("url", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("words", Integer, nullable=False),  # digests: crawl.links
    Column("shows", Integer, nullable=False),
    Index(None, "run_id"),
)

documents = Table(
    "documents",
    metadata,
    Column("hash", String(64), primary_key=True),  # sha256 of the body
    Column("body", LargeBinary, nullable=False),  # zstandard
    Column("size", Integer, nullable=False),
)

page_rows = Table(
    "page_rows",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("url_id", Integer, ForeignKey("url_rows.id", ondelete="CASCADE"), nullable=False),
    _address("address_id"),
    _address("key_id"),  # identity, hosts mapped
    _address("final_id"),
    Column("outcome", String(12), nullable=False),
    Column("status", Integer, nullable=False),
    Column("content_type", String(120), nullable=False),
    Column("document", String(64), ForeignKey("documents.hash")),
    Column("response", LargeBinary, nullable=False),  # evidence.http.Response, see store.responses
    Column("fetched_at", String(32), nullable=False),
    Column("page_type", String(12), nullable=False, default=""),  # filled from facts
    # the type that a browser told, this time or the last time one did, where the fetched page does not
    Column("shown_type", String(12), nullable=False, default="", server_default=text("''")),
    Column("template", String(32), nullable=False, default=""),
    Column("platform", String(20), nullable=False, default=""),
    _address("canonical_id", nullable=True),  # page key of its canonical where that is another page
    UniqueConstraint("run_id", "url_id"),
    Index(None, "run_id", "key_id"),
    Index(None, "run_id", "page_type"),
    Index("ix_page_rows_shown", "key_id", "run_id", sqlite_where=text("shown_type != ''")),
)

# The same with its addresses
pages = Table(
    "pages",
    views,
    *(
        Column(one.name, one.type)
        for one in page_rows.c
        if one.name not in ("address_id", "key_id", "final_id", "canonical_id")
    ),
    Column("url", Text),
    Column("page_key", Text),
    Column("final_url", Text),
    Column("canonical_key", Text),  # "" without one
)

# What came of asking for a URL. With the run in it: by `url_id` alone nothing is indexed, and every page of every run would be read.
ANSWER_OF_URL = and_(pages.c.run_id == urls.c.run_id, pages.c.url_id == urls.c.id)
# The same for a join that may find none: SQLite reads the whole of a view that stands on its right.
ROW_OF_URL = and_(page_rows.c.run_id == urls.c.run_id, page_rows.c.url_id == urls.c.id)
# And where no address is asked for: a statement that counts would look each of them up.
OF_ROW = and_(page_rows.c.run_id == url_rows.c.run_id, page_rows.c.url_id == url_rows.c.id)

# Answers of one shape (the same headers) are kept by what sets them apart from one of them.
response_samples = Table(
    "response_samples",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("shape", LargeBinary, nullable=False, unique=True),  # hash
    Column("sample", LargeBinary, nullable=False),  # msgpack
)

# Links among pages. Runs of neighbouring links that many pages have in common (menus, footers) are kept once.
link_blocks = Table(
    "link_blocks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("links", LargeBinary, nullable=False),  # [facts.link_graph.Edge], msgpack, zstandard
)

page_links = Table(
    "page_links",
    metadata,
    Column("page_id", Integer, ForeignKey("page_rows.id", ondelete="CASCADE"), primary_key=True),
    Column("blocks", LargeBinary, nullable=False),  # [link_blocks.id], msgpack
)

facts = Table(
    "facts",
    metadata,
    Column("document", String(64), primary_key=True),
    Column(
        "context", String(16), primary_key=True
    ),  # digest of what besides the document went in: URL, status, headers
    Column("version", Integer, primary_key=True),
    Column("kinds", LargeBinary, nullable=False),  # {kind: msgpack}, zstandard
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("page_id", Integer, ForeignKey("page_rows.id", ondelete="CASCADE")),
    Column("page_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("client", String(40), nullable=False),
    Column("state", String(120), nullable=False),
    Column("step", String(40), nullable=False, default=""),
    Column("repeat", Integer, nullable=False, default=0),
    Column("outcome", String(12), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("document", String(64), ForeignKey("documents.hash")),
    Column("evidence", LargeBinary, nullable=False),  # evidence.bundle.Bundle, msgpack, zstandard
    Column("taken_at", String(32), nullable=False),
    UniqueConstraint("run_id", "page_key", "client", "state", "step", "repeat"),
)

link_checks = Table(
    "link_checks",
    metadata,
    Column("key", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("status", Integer, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("checked_at", String(32), nullable=False),
)

# What was asked of the shop and of the world beside pages: evidence of the run as a whole.
probes = Table(
    "probes",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(300), primary_key=True),  # "not-found", "plain-http", "certificate HOST:PORT", "control URL"
    Column(
        "evidence", LargeBinary, nullable=False
    ),  # evidence.http.Response or evidence.certificate.Certificate, msgpack
    Column("taken_at", String(32), nullable=False),
)
