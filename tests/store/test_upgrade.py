"""A workspace of an older auditor is brought up to date with all it holds."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select, text

from auditor.evidence.http import Response
from auditor.store import frontier, link_graph, looks, prune, runs
from auditor.store import workspace as module
from auditor.store.schema import page_links, page_looks, pages, urls
from auditor.store.workspace import Workspace, engine_of
from tests.store.kit import SHOP, response

LAMP = f"{SHOP}/lamp"
ROWS = (
    "INSERT INTO runs (id, name, site, start_url, environment, started_at, ended_at, status, stage, version, config, stop_reason)"
    " VALUES (1, 'one', 'shop.example', 'https://shop.example/', 'production', '2026-11-22', '', 'complete', 'done', '1', '{}', '')",
    "INSERT INTO documents VALUES ('abc', x'00', 3)",
    f"INSERT INTO urls VALUES (7, 1, '{SHOP}/', '{SHOP}', 'page', 'done', '', 0, 0, 'start', NULL, 0, 1)",
    "INSERT INTO urls VALUES (8, 1, '', '', 'asset', 'skipped', 'no address', 0, 1, 'link', 7, NULL, 0)",
    f"INSERT INTO urls VALUES (9, 1, '{LAMP}', '{LAMP}#x', 'page', 'waiting', '', 5, 1, 'link', 7, 1, 0)",
    "INSERT INTO page_links VALUES (3, x'90')",
    "INSERT INTO evaluations (id, run_id, packs, rules, version, began_at, ended_at)"
    " VALUES (4, 1, 'd', 't', '1', '2026-11-22', '2026-11-22')",
    "INSERT INTO look_sets VALUES (4, 5, x'00')",
    "INSERT INTO page_looks VALUES (4, '', 5)",
    f"INSERT INTO page_looks VALUES (4, '{SHOP}/', 5)",
    f"INSERT INTO kept_pages VALUES (4, '{SHOP}/', x'01', x'02', 0, x'90')",
)


def older(folder: Path, revision: str) -> Workspace:
    """A workspace whose database has the schema of that time; its folders are made by hand."""
    (folder / "files").mkdir(parents=True)
    engine = engine_of(folder / module.DATABASE)
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    return Workspace(folder, engine)


def fill(connection: Connection, answer: Response) -> None:
    page = (
        "INSERT INTO pages (id, run_id, url_id, url, page_key, final_url, outcome, status, content_type, document, response, fetched_at,"
        " page_type, template, platform, canonical_key, shown_type)"
        " VALUES (3, 1, 7, :url, :key, :final, 'ok', 200, 'text/html', 'abc', x'80', '2026-11-22', 'home', 't', '', :canonical, '')"
    )
    for row in (*ROWS[:5], page, *ROWS[5:]):
        given = {"url": answer.url, "key": f"{SHOP}/", "final": answer.final_url, "canonical": LAMP}
        connection.execute(text(row), given if row == page else {})


def test_addresses_that_stood_in_each_row_are_kept_once(tmp_path: Path) -> None:
    folder = tmp_path / "audits"
    with older(folder, "0009") as workspace, workspace.write() as connection:
        fill(connection, response(SHOP, final_url=f"{SHOP}/"))
    with Workspace.open(folder) as workspace:
        with workspace.read() as connection:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            held = connection.execute(select(urls).order_by(urls.c.id)).mappings().all()
            assert [
                (one["id"], one["key"], one["url"], one["status"], one["clicks"], one["inlinks"]) for one in held
            ] == [
                (7, f"{SHOP}/", SHOP, "done", 0, 1),
                (8, "", "", "skipped", None, 0),
                (9, LAMP, f"{LAMP}#x", "waiting", 1, 0),
            ]
            page = connection.execute(select(pages)).mappings().one()
            assert (page["id"], page["url_id"], page["url"], page["page_key"]) == (3, 7, SHOP, f"{SHOP}/")
            assert (page["final_url"], page["canonical_key"], page["document"]) == (f"{SHOP}/", LAMP, "abc")
            assert connection.execute(select(page_links.c.page_id)).scalars().all() == [3]
            keys = connection.execute(select(page_looks.c.key_id).order_by(page_looks.c.key_id)).scalars().all()
            texts = [
                connection.execute(text("SELECT text FROM addresses WHERE id = :id"), {"id": one}).scalar()
                for one in keys
            ]
            assert texts == [None, f"{SHOP}/"]
            kept = text("SELECT text FROM kept_pages JOIN addresses ON addresses.id = key_id WHERE evaluation_id = 4")
            assert connection.execute(kept).scalars().all() == [f"{SHOP}/"]
            assert runs.coverage(connection, 1).waiting == 1
        with workspace.write() as connection:
            (waiting,) = frontier.lease(connection, 1, 10)
            assert (waiting.id, waiting.url) == (9, f"{LAMP}#x")
            frontier.save(connection, 1, 9, response(f"{LAMP}#x"), LAMP, b"<p>lamp</p>")
            link_graph.count(connection, 1, frozenset())
            looks.Recorder(4).add(connection, [(LAMP, {"http": [0]})])
        (run,) = runs.latest(workspace, 1)
        prune.prune(workspace, [run])
        with workspace.read() as connection:
            left = [
                connection.execute(text(f"SELECT count(*) FROM {name}")).scalar()
                for name in ("addresses", "url_rows", "page_rows")
            ]
            assert left == [0, 0, 0]
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
