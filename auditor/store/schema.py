"""The tables. Changing one means a migration in migrations/versions; a test holds the two against each other."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _run() -> Column[int]:
    return Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False)


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

# The frontier is the rows that wait; every row that is neither done nor waiting has a reason.
urls = Table(
    "urls",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),  # as written where it was first found, resolved
    Column("kind", String(12), nullable=False),  # page | asset | external | robots | sitemap
    Column("status", String(12), nullable=False),  # waiting | leased | done | skipped
    Column("reason", Text, nullable=False, default=""),
    Column("priority", Integer, nullable=False, default=0),  # higher first
    Column("depth", Integer, nullable=False, default=0),
    Column("found_by", String(20), nullable=False),  # start | link | sitemap | rendered | redirect | list
    Column("referrer_id", Integer),
    Column("clicks", Integer),  # least number of links from the start; NULL: none leads there, or not counted yet
    Column("inlinks", Integer, nullable=False, default=0, server_default="0"),  # other pages that link to it
    UniqueConstraint("run_id", "key"),
    Index(None, "run_id", "status", "priority", "id"),
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

documents = Table(
    "documents",
    metadata,
    Column("hash", String(64), primary_key=True),  # sha256 of the body
    Column("body", LargeBinary, nullable=False),  # zstandard
    Column("size", Integer, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("url_id", Integer, ForeignKey("urls.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("page_key", Text, nullable=False),  # identity, hosts mapped
    Column("final_url", Text, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("status", Integer, nullable=False),
    Column("content_type", String(120), nullable=False),
    Column("document", String(64), ForeignKey("documents.hash")),
    Column("response", LargeBinary, nullable=False),  # evidence.http.Response, msgpack
    Column("fetched_at", String(32), nullable=False),
    Column("page_type", String(12), nullable=False, default=""),  # filled from facts
    Column("template", String(32), nullable=False, default=""),
    Column("platform", String(20), nullable=False, default=""),
    Column("canonical_key", Text, nullable=False, default=""),  # page key of its canonical where that is another page
    UniqueConstraint("run_id", "url_id"),
    Index(None, "run_id", "page_key"),
    Index(None, "run_id", "page_type"),
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
    Column("page_id", Integer, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
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
    _run(),
    Column("page_id", Integer, ForeignKey("pages.id", ondelete="CASCADE")),
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

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("packs", String(64), nullable=False),  # digest of the rules that judged
    Column("rules", Text, nullable=False),  # the rules as JSON, so that a report needs no packs
    Column("version", String(40), nullable=False),
    Column("began_at", String(32), nullable=False),
    Column("ended_at", String(32), nullable=False, default=""),
    Column(
        "logic", Text, nullable=False, server_default="{}"
    ),  # JSON: rule -> digest of what judges, without its words
    Column("inputs", Text, nullable=False, server_default="{}"),  # JSON: export -> digest of what it said
    Column(
        "basis", String(32), nullable=False, server_default=text("''")
    ),  # digest of code, tables and config that judged
    Column("unchanged", Integer, nullable=False, server_default="0"),  # pages of which answers were carried forward
)

findings = Table(
    "findings",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("problem", String(16), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("page_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("page_type", String(12), nullable=False),
    Column("target", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("message", Text, nullable=False),
    Column("clients", Text, nullable=False),  # "chromium/desktop chromium/phone"
    Column("detail", LargeBinary, nullable=False),  # model.finding.Finding, msgpack
    Column(
        "asked", Text, nullable=False, server_default=text("''")
    ),  # looks that must be taken again before it may be called fixed
    Index(None, "evaluation_id", "problem"),
)

# Who looked at which page by which rule: without it nobody knows whether what is not found any more is fixed. Pages of
# one kind were looked at alike, so each way of looking is kept once.
look_sets = Table(
    "look_sets",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column(
        "looks", LargeBinary, nullable=False
    ),  # {looks: [rules by their place in the evaluation's]}, msgpack, zstandard
)

page_looks = Table(
    "page_looks",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("page_key", Text, primary_key=True),  # "": the shop as a whole
    Column("set_id", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Answers that hold until what they rest on changes (store.kept). Pages of one kind have theirs in common, as with looks.
kept_sets = Table(
    "kept_sets",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("answers", LargeBinary, nullable=False),  # msgpack, zstandard
)

kept_pages = Table(
    "kept_pages",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("page_key", Text, primary_key=True),
    Column("basis", LargeBinary, nullable=False),  # digest of the page; empty: two addresses have this key
    Column("links", LargeBinary, nullable=False),  # digest of what came of asking for its links
    Column("set_id", Integer, nullable=False),
    Column("findings", LargeBinary, nullable=False),  # their ids, msgpack
    sqlite_with_rowid=False,
)

# What a rule could not tell of: where it finds nothing there, nothing is known
unsure = Table(
    "unsure",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("target", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# Findings of earlier runs that were not looked at again
carried = Table(
    "carried",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("problem", String(16), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("page_key", Text, nullable=False),
    Column("page_type", String(12), nullable=False),
    Column("target", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("message", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("seen_at", String(32), nullable=False),  # start of the run that saw it last
    Index(None, "evaluation_id", "problem"),
)

comparisons = Table(
    "comparisons",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("against", Integer, nullable=False, default=0),  # evaluation; it may be gone by now
    Column("detail", Text, nullable=False),  # model.standing.Comparison, JSON
)

standings = Table(
    "standings",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("problem", String(16), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("since", String(32), nullable=False, default=""),
    Column("detail", Text, nullable=False),  # model.standing.Standing, JSON
    Index(None, "evaluation_id", "state"),
)

problems = Table(
    "problems",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("rule", String(80), nullable=False),
    Column("page_type", String(12), nullable=False),
    Column("target", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("clients", Text, nullable=False),
    Column("examples", Text, nullable=False),  # finding ids
)

outcome_counts = Table(
    "outcome_counts",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("client", String(40), primary_key=True),
    Column("outcome", String(14), primary_key=True),
    Column("reason", String(300), primary_key=True),
    Column("count", Integer, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("decided_at", String(32), nullable=False),
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

ignores = Table(
    "ignores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", String(255), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("url", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", String(120), nullable=False),
    Column("expires", String(10), nullable=False, default=""),
)

# What was read of each source of the config's `catalogue`, so that a run can be judged again without it
sources = Table(
    "sources",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("detail", LargeBinary, nullable=False),  # model.expected.SourceRead, msgpack
)

expected_products = Table(
    "expected_products",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("source", String(40), nullable=False),
    Column("key", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, nullable=False),  # numbers and addresses as they are compared: facts.shelf
    Column("gtin", Text, nullable=False),
    Column("mpn", Text, nullable=False),
    Column("place", Text, nullable=False),  # key of its link, without what chooses a variant
    Column("handle", Text, nullable=False),
    Column("grouped", Text, nullable=False),  # what its variants have in common
    Column("detail", LargeBinary, nullable=False),  # model.expected.ExpectedProduct, msgpack
    UniqueConstraint("run_id", "source", "key"),
)

wrong_rows = Table(
    "wrong_rows",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("source", String(40), nullable=False),
    Column("line", Integer, nullable=False),
    Column("what", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("left_out", Boolean, nullable=False),
    Index(None, "run_id", "source"),
)
