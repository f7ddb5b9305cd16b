"""Sources get from where they are into the store: by file or address, once, fresh enough, with what is wrong of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from auditor.catalogue import stage
from auditor.catalogue.stage import Way
from auditor.config.config import Config
from auditor.config.session import Session
from auditor.model.errors import IncompleteError, UsageError
from auditor.model.run import Run
from auditor.store import expected
from auditor.store.schema import expected_products
from auditor.store.workspace import Workspace
from tests.crawl.nasty import Nasty, Reply, serving, to
from tests.store.kit import begin

CSV = b"sku,price,qty\nA,12.90,3\nB,abc,1\nA,13,1\nC,9,0\n"
COLUMNS = {"sku": "sku", "price": "price", "quantity": "qty"}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "audits") as opened:
        yield opened


def config(site: str = "https://shop.example/", **source: Any) -> Config:
    return Config.model_validate({"site": site, "catalogue": [{"name": "erp", "columns": COLUMNS, **source}]})


def read(workspace: Workspace, run: Run, config: Config, way: Way | None = None) -> list[str]:
    return list(stage.read(workspace, run, config, way or Way(user_agent="test")))


def test_a_file_is_kept_with_what_is_wrong_of_it(workspace: Workspace, tmp_path: Path) -> None:
    run = begin(workspace)
    path = tmp_path / "erp.csv"
    path.write_bytes(CSV)
    told = read(workspace, run, config(file=str(path)))
    assert told == [
        "catalogue: erp: line 3: price: price 'abc': no amount",
        "catalogue: erp: 1 more values or rows that are wrong; the report lists them",
        "catalogue: erp: 3 products read (table)",
    ]
    with workspace.read() as connection:
        (source,) = expected.read_of(connection, run.id)
        assert (source.rows, source.products, source.wrong, source.cut) == (4, 3, 2, "")
        wrong = list(expected.wrong_of(connection, run.id, "erp"))
        assert [(one.line, one.what) for one in wrong] == [(3, "price"), (4, "twice")]
    path.unlink()
    assert read(workspace, run, config(file=str(path))) == []  # the run has it


def test_the_same_in_another_order_is_the_same(workspace: Workspace, tmp_path: Path) -> None:
    digests = []
    for text in (
        b"sku,price,qty\nA,1,1\nB,2,2\n",
        b"sku,price,qty\nB,2,2\n\nA,1,1\n",
        b"sku,price,qty\nB,2,2\nA,1,3\n",
    ):
        (tmp_path / "erp.csv").write_bytes(text)
        run = begin(workspace)
        read(workspace, run, config(file=str(tmp_path / "erp.csv")))
        with workspace.read() as connection:
            digests.append(expected.read_of(connection, run.id)[0].digest)
    assert digests[0] == digests[1] != digests[2]


def test_stale(workspace: Workspace, tmp_path: Path) -> None:
    run = begin(workspace)
    path = tmp_path / "erp.csv"
    path.write_bytes(CSV)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    with pytest.raises(IncompleteError, match="before it was read, which may be 24 h at most"):
        read(workspace, run, config(file=str(path), max_age="24h", stale="refuse"))
    with workspace.read() as connection:
        assert expected.read_of(connection, run.id) == ()
        assert connection.execute(select(func.count()).select_from(expected_products)).scalar_one() == 0
    assert any("before it was read" in note for note in read(workspace, run, config(file=str(path), max_age="24h")))


def test_a_missing_file_is_told_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        stage.check(config(file=str(tmp_path / "none.csv")))
    with pytest.raises(UsageError, match="needs 'database'"):
        stage.check(config(query="select 1"))


@pytest.fixture
def site() -> Iterator[Nasty]:
    with serving(
        {"/erp.csv": Reply(body=CSV, type="text/csv", headers=(("Last-Modified", "Tue, 24 Nov 2026 03:00:00 GMT"),))}
    ) as running:
        yield running


def test_an_address(workspace: Workspace, site: Nasty) -> None:
    run = begin(workspace)
    told = read(workspace, run, config(url=site.url("/erp.csv?token=hush")), Way(user_agent="Mozilla/5.0 auditor/1"))
    assert told[-1] == "catalogue: erp: 3 products read (table)"
    with workspace.read() as connection:
        (source,) = expected.read_of(connection, run.id)
    assert (source.made_at, source.origin) == ("2026-11-24T03:00:00+00:00", site.url("/erp.csv"))
    assert site.visits[0].headers["user-agent"] == "Mozilla/5.0 auditor/1"


def test_secrets_go_to_their_own_origin(workspace: Workspace, site: Nasty) -> None:
    with serving({"/feed": to(site.url("/erp.csv"))}) as other:
        way = Way(session=Session(origins=(other.base,), headers={"X-Shop": "hush"}), user_agent="test")
        read(
            workspace, begin(workspace), config(other.url("/"), url=other.url("/feed"), headers={"X-Key": "hush"}), way
        )
        assert (other.visits[0].headers["x-shop"], other.visits[0].headers["x-key"]) == ("hush", "hush")
        assert not {"x-shop", "x-key"} & set(site.visits[0].headers)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(404), "answers 404"), (Reply(drop=True), "cannot be reached"), (Reply(302, headers=(("Location", "file:///etc/passwd"),)), "redirects to file"),
        (Reply(302, headers=(("Location", "/feed"),)), "more than 5 times"),
    ],
)  # fmt: skip
def test_what_an_address_answers(workspace: Workspace, reply: Reply, told: str) -> None:
    with serving({"/feed": reply}) as site, pytest.raises(IncompleteError, match=told):
        read(workspace, begin(workspace), config(url=site.url("/feed")))


def test_too_many_requests_are_waited_for(workspace: Workspace, site: Nasty) -> None:
    site.routes["/feed"] = lambda visit: (
        Reply(503, headers=(("Retry-After", "0"),)) if visit.number == 1 else Reply(body=CSV)
    )
    read(workspace, begin(workspace), config(url=site.url("/feed")))
    assert site.hits["/feed"] == 2


def test_what_is_stored_of_the_config_has_no_secrets() -> None:
    told = config(url="https://x.example/feed?lang=de&token=hush", headers={"X-Key": "hush"}).public()
    assert "hush" not in told
    assert Config.model_validate_json(told).catalogue[0].url == "https://x.example/feed?lang=de"
