"""Addresses and keys are kept once for all nights. `urls` and `pages` become views of rows that name them by number."""

# ruff: noqa: S608 -- the queries are put together from words that stand in this file
from alembic import op
from sqlalchemy import text

revision = "0010"
down_revision = "0009"

_URL = "id, run_id, kind, status, reason, priority, depth, found_by, referrer_id, clicks, inlinks"
_PAGE = "id, run_id, url_id, outcome, status, content_type, document, response, fetched_at, page_type, shown_type, template, platform"
_URL_ROWS = """CREATE TABLE new_url_rows (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    address_id INTEGER NOT NULL,
    kind VARCHAR(12) NOT NULL,
    status VARCHAR(12) NOT NULL,
    reason TEXT NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    found_by VARCHAR(20) NOT NULL,
    referrer_id INTEGER,
    clicks INTEGER,
    inlinks INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_url_rows PRIMARY KEY (id),
    CONSTRAINT uq_url_rows_run_id_key_id UNIQUE (run_id, key_id),
    CONSTRAINT fk_url_rows_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
    CONSTRAINT fk_url_rows_key_id FOREIGN KEY(key_id) REFERENCES addresses (id),
    CONSTRAINT fk_url_rows_address_id FOREIGN KEY(address_id) REFERENCES addresses (id)
)"""
_PAGE_ROWS = """CREATE TABLE new_page_rows (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    url_id INTEGER NOT NULL,
    address_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    final_id INTEGER NOT NULL,
    outcome VARCHAR(12) NOT NULL,
    status INTEGER NOT NULL,
    content_type VARCHAR(120) NOT NULL,
    document VARCHAR(64),
    response BLOB NOT NULL,
    fetched_at VARCHAR(32) NOT NULL,
    page_type VARCHAR(12) NOT NULL,
    shown_type VARCHAR(12) DEFAULT '' NOT NULL,
    template VARCHAR(32) NOT NULL,
    platform VARCHAR(20) NOT NULL,
    canonical_id INTEGER,
    CONSTRAINT pk_page_rows PRIMARY KEY (id),
    CONSTRAINT uq_page_rows_run_id_url_id UNIQUE (run_id, url_id),
    CONSTRAINT fk_page_rows_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
    CONSTRAINT fk_page_rows_url_id FOREIGN KEY(url_id) REFERENCES url_rows (id) ON DELETE CASCADE,
    CONSTRAINT fk_page_rows_address_id FOREIGN KEY(address_id) REFERENCES addresses (id),
    CONSTRAINT fk_page_rows_key_id FOREIGN KEY(key_id) REFERENCES addresses (id),
    CONSTRAINT fk_page_rows_final_id FOREIGN KEY(final_id) REFERENCES addresses (id),
    CONSTRAINT fk_page_rows_document FOREIGN KEY(document) REFERENCES documents (hash),
    CONSTRAINT fk_page_rows_canonical_id FOREIGN KEY(canonical_id) REFERENCES addresses (id)
)"""
_LOOKS = """CREATE TABLE new_page_looks (
    evaluation_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    set_id INTEGER NOT NULL,
    CONSTRAINT pk_page_looks PRIMARY KEY (evaluation_id, key_id),
    CONSTRAINT fk_page_looks_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
) WITHOUT ROWID"""
# LEFT, so that what a statement does not ask for is not looked up
_URLS = f"""CREATE VIEW urls AS SELECT {", ".join(f"url_rows.{name}" for name in _URL.split(", "))}, of_key.text AS "key", of_url.text AS url
FROM url_rows LEFT JOIN addresses of_key ON of_key.id = url_rows.key_id LEFT JOIN addresses of_url ON of_url.id = url_rows.address_id"""
_PAGES = f"""CREATE VIEW pages AS SELECT {", ".join(f"page_rows.{name}" for name in _PAGE.split(", "))},
  of_url.text AS url, of_key.text AS page_key, of_final.text AS final_url, coalesce(of_canonical.text, '') AS canonical_key
FROM page_rows LEFT JOIN addresses of_url ON of_url.id = page_rows.address_id LEFT JOIN addresses of_key ON of_key.id = page_rows.key_id
LEFT JOIN addresses of_final ON of_final.id = page_rows.final_id LEFT JOIN addresses of_canonical ON of_canonical.id = page_rows.canonical_id"""


_HELD = {
    "urls": ("key", "url"), "pages": ("url", "page_key", "final_url", "canonical_key"), "page_looks": ("page_key",), "kept_pages": ("page_key",),
}  # fmt: skip
_KEPT = """CREATE TABLE new_kept_pages (
    key_id INTEGER NOT NULL,
    evaluation_id INTEGER NOT NULL,
    basis BLOB NOT NULL,
    links BLOB NOT NULL,
    set_id INTEGER NOT NULL,
    findings BLOB NOT NULL,
    CONSTRAINT pk_kept_pages PRIMARY KEY (key_id, evaluation_id),
    CONSTRAINT fk_kept_pages_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
) WITHOUT ROWID"""


def _number(column: str) -> str:
    return f"(SELECT id FROM addresses WHERE text = old.{column})"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE addresses (id INTEGER NOT NULL, text TEXT NOT NULL, CONSTRAINT pk_addresses PRIMARY KEY (id),"
        " CONSTRAINT uq_addresses_text UNIQUE (text))"
    )
    for table, columns in _HELD.items():
        for column in columns:
            op.execute(f'INSERT OR IGNORE INTO addresses (text) SELECT "{column}" FROM {table}')
    # Renamed first, so that what points to them points to the new ones (foreign keys are not looked after meanwhile)
    op.execute("ALTER TABLE urls RENAME TO url_rows")
    op.execute("ALTER TABLE pages RENAME TO page_rows")
    _replace("url_rows", _URL_ROWS, _URL, key_id=_number('"key"'), address_id=_number("url"))
    _replace(
        "page_rows", _PAGE_ROWS, _PAGE, address_id=_number("url"), key_id=_number("page_key"), final_id=_number("final_url"),
        canonical_id=f"CASE old.canonical_key WHEN '' THEN NULL ELSE {_number('canonical_key')} END",
    )  # fmt: skip
    shop = "CASE old.page_key WHEN '' THEN 0 ELSE " + _number("page_key") + " END"
    _replace("page_looks", _LOOKS, "evaluation_id, set_id", key_id=shop)
    _replace("kept_pages", _KEPT, "evaluation_id, basis, links, set_id, findings", key_id=_number("page_key"))
    op.create_index(op.f("ix_kept_pages_evaluation_id"), "kept_pages", ["evaluation_id"])
    op.create_index(
        op.f("ix_url_rows_waiting"),
        "url_rows",
        ["run_id", text("priority DESC"), "id"],
        sqlite_where=text("status = 'waiting'"),
    )
    op.create_index(op.f("ix_page_rows_run_id_key_id"), "page_rows", ["run_id", "key_id"])
    op.create_index(op.f("ix_page_rows_run_id_page_type"), "page_rows", ["run_id", "page_type"])
    op.create_index(
        op.f("ix_page_rows_shown"), "page_rows", ["key_id", "run_id"], sqlite_where=text("shown_type != ''")
    )
    op.execute(_URLS)
    op.execute(_PAGES)


def _replace(table: str, new: str, same: str, **changed: str) -> None:
    """Makes a table anew, with its rows."""
    op.execute(new)
    op.execute(
        f"INSERT INTO new_{table} ({same}, {', '.join(changed)}) SELECT {same}, {', '.join(changed.values())} FROM {table} old"
    )
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
