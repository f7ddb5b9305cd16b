"""What nights share: workspaces of before say the same after they are migrated, and answers come back as they were."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, func, select

import auditor.store
from auditor.evidence.http import Attempt, Response
from auditor.model.query import Hop
from auditor.model.words import FetchOutcome
from auditor.store import judgement, responses, schema
from auditor.store.looks import Lookers
from auditor.store.workspace import DATABASE, Workspace
from tests.store.test_judgement import RULE, finding


def answer(number: int, status: int = 200, more: tuple[tuple[str, str], ...] = ()) -> Response:
    policy = "default-src 'self'; script-src 'self' https://cdn.shop.example https://tags.example; " * 10
    headers = (
        ("content-type", "text/html"),
        ("etag", f'"{number * 7919}"'),
        ("content-security-policy", policy),
        *more,
    )
    url, at = f"https://shop.example/products/{number}", f"2026-11-26T02:00:{number % 60:02}+00:00"
    return Response(
        url=url, final_url=url, outcome=FetchOutcome.OK, status=status, headers=headers, content_type="text/html", size=number,
        hops=(Hop(url, 301, url),) if more else (), attempts=(Attempt(at, FetchOutcome.OK, status, ""),), fetched_at=at,
    )  # fmt: skip


def test_answers_come_back_as_they_were_and_take_little_room(workspace: Workspace) -> None:
    given = [
        answer(1),
        answer(2),
        answer(3, 404),
        answer(4),
        answer(5, more=(("x-a", "ü"),)),
        answer(6, 404),
        answer(7),
    ]
    with workspace.write() as connection:
        packed = [responses.pack(connection, one) for one in given]
        assert [responses.unpack(connection, one) for one in packed] == given
        assert connection.execute(select(func.count()).select_from(schema.response_samples)).scalar_one() == 3
        plain = msgspec.msgpack.encode(given[-1])
        assert len(packed[-1]) < len(plain) / 5
        assert responses.unpack(connection, plain) == given[-1]  # as an older auditor kept it
    with Workspace.open(workspace.folder) as another, another.read() as connection:
        assert [responses.unpack(connection, one) for one in packed] == given


def test_answers_come_back_as_they_were_in_many_threads(workspace: Workspace) -> None:
    with workspace.write() as connection:
        given = [answer(number) for number in range(40)]
        packed = [responses.pack(connection, one) for one in given]

    def read(_: int) -> bool:
        with workspace.read() as connection:
            return all([responses.unpack(connection, one) for one in packed] == given for _ in range(60))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(8)))


def test_answers_of_very_many_shapes_are_kept_whole(workspace: Workspace) -> None:
    with workspace.write() as connection:
        for number in range(260):
            responses.pack(connection, answer(number, more=((f"x-{number}", "1"),)))
        assert connection.execute(select(func.count()).select_from(schema.response_samples)).scalar_one() == 250
        late = answer(1, more=(("x-259", "1"),))
        assert responses.unpack(connection, responses.pack(connection, late)) == late


def test_a_sample_that_was_rolled_back_is_not_relied_on(workspace: Workspace) -> None:
    with workspace.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        responses.pack(connection, answer(1))
        connection.rollback()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        packed = [responses.pack(connection, answer(number)) for number in (2, 3)]
        connection.commit()
    with Workspace.open(workspace.folder) as another, another.read() as connection:
        assert [responses.unpack(connection, one) for one in packed] == [answer(2), answer(3)]


def test_a_workspace_of_before_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    engine = create_engine(f"sqlite:///{tmp_path / DATABASE}")
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(auditor.store.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.commit()
    engine.dispose()
    rules, logic = msgspec.json.encode([RULE]).decode(), json.dumps({"p/r": "digest"})
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute(
            "INSERT INTO runs VALUES (1, 'r', 's', 'u', 'production', 't', '', 'complete', 'gate', '1', '{}', '', 'site')"
        )
        for night in (1, 2):
            values = (night, 1, "d", rules, "1", "t", "t", logic, "{}", "", 0)
            names = "id, run_id, packs, rules, version, began_at, ended_at, logic, inputs, basis, unchanged"
            database.execute(f"INSERT INTO evaluations ({names}) VALUES ({', '.join('?' * 11)})", values)
            for one in (finding(1), finding(2, "P-2"), finding(night + 2)):
                row = (
                    night, one.id, one.problem, one.rule, one.page, one.url, one.page_type, one.target, one.severity,
                    one.certainty, one.message, " ".join(one.clients), msgspec.msgpack.encode(one), "",
                )  # fmt: skip
                database.execute(f"INSERT INTO findings VALUES ({', '.join('?' * 14)})", row)
        database.commit()
    with Workspace.open(tmp_path) as workspace, workspace.read() as connection:
        assert list(judgement.findings_of(connection, 1)) == [finding(1), finding(3), finding(2, "P-2")]
        assert list(judgement.findings_of(connection, 2)) == [finding(1), finding(4), finding(2, "P-2")]
        assert connection.execute(select(func.count()).select_from(schema.finding_texts)).scalar_one() == 4
        assert (judgement.rules_of(connection, 2), judgement.logic_of(connection, 1)) == ([RULE], {"p/r": "digest"})
        assert Lookers(connection, 2).has_rule("p/r")
