"""The frontier gives each URL out once, in order, and keeps a reason for all it leaves out."""

from __future__ import annotations

from sqlalchemy import func, select

from auditor.model.run import Run
from auditor.model.words import FetchOutcome
from auditor.store import documents, frontier, schema
from auditor.store.workspace import Workspace
from tests.store.kit import attempts, begin, fetch, found, response, url_id


def leased(workspace: Workspace, run: Run, limit: int = 10) -> list[str]:
    with workspace.write() as connection:
        return [one.key.removeprefix("https://shop.example") for one in frontier.lease(connection, run.id, limit)]


def test_urls_come_by_priority_then_in_the_order_found(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a"), found("/b", priority=5), found("/c"), found("/d", priority=5)])
    assert leased(workspace, run, 3) == ["/b", "/d", "/a"]
    assert leased(workspace, run, 3) == ["/c"]
    assert leased(workspace, run) == []


def test_a_known_url_stays_as_it_is(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a", depth=1)])
        frontier.add(connection, run.id, [found("/a", depth=7, reason="too deep"), found("/a", priority=9)])
        frontier.add(connection, run.id, [])
        (one,) = frontier.lease(connection, run.id, 5)
    assert (one.depth, one.kind, one.found_by) == (1, "page", "link")


def test_runs_do_not_mix(workspace: Workspace) -> None:
    run, other = begin(workspace), begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a")])
        frontier.add(connection, other.id, [found("/a"), found("/b")])
    assert leased(workspace, run) == ["/a"]
    assert leased(workspace, other) == ["/a", "/b"]


def test_a_url_left_out_has_its_reason(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a", reason="robots.txt"), found("/b"), found("/c"), found("/d")])
        frontier.skip(connection, url_id(connection, run, "https://shop.example/b"), "not HTML")
        assert frontier.skip_waiting(connection, run.id, "chosen: max_pages") == 2
        reasons = connection.execute(select(schema.urls.c.reason).order_by(schema.urls.c.id)).scalars().all()
        assert reasons == ["robots.txt", "not HTML", "chosen: max_pages", "chosen: max_pages"]
        assert frontier.count(connection, run.id, "skipped") == 4
    assert leased(workspace, run) == []


def test_what_a_killed_crawl_had_under_way_waits_again(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a"), found("/b")])
    assert leased(workspace, run) == ["/a", "/b"]
    with workspace.write() as connection:
        assert frontier.release(connection, run.id) == 2
        assert frontier.release(connection, run.id) == 0
    assert leased(workspace, run) == ["/a", "/b"]


def test_a_postponed_url_comes_behind_its_like(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a"), found("/b")])
        (first,) = frontier.lease(connection, run.id, 1)
        frontier.postpone(connection, first.id)
    assert leased(workspace, run) == ["/b", "/a"]


def test_kinds_can_be_leased_apart(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a", kind="external"), found("/b", kind="asset"), found("/c")])
        assert [one.key for one in frontier.lease(connection, run.id, 9, ("external",))] == ["https://shop.example/a"]
    assert leased(workspace, run) == ["/b", "/c"]


def test_a_fetch_is_kept_with_its_body_and_what_it_found(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/a")])
        (one,) = frontier.lease(connection, run.id, 1)
        answer = response(one.url, attempts=attempts(1, FetchOutcome.OK))
        frontier.save(connection, run.id, one.id, answer, one.key, b"<p>hello", [found("/b"), found("/a")])
    with workspace.read() as connection:
        known = frontier.known(connection, run.id, "https://shop.example/a")
        assert known is not None
        assert (known.status, known.response) == ("done", answer)
        row = connection.execute(select(schema.pages)).mappings().one()
        assert documents.get(connection, row["document"]) == b"<p>hello"
        assert frontier.known(connection, run.id, "https://shop.example/zzz") is None
    assert leased(workspace, run) == ["/b"]


def test_a_second_fetch_replaces_the_first(workspace: Workspace) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/a", answer=response("https://shop.example/a", FetchOutcome.TIMEOUT))
    fetch(workspace, run, "/a", "<p>here")
    with workspace.read() as connection:
        row = connection.execute(select(schema.pages)).mappings().one()
        assert (row["outcome"], row["status"]) == ("ok", 200)
        assert frontier.failures(connection, run.id, ["timeout"]) == []
        assert frontier.counts(connection, run.id) == ({"done": 1}, {"ok": 1})


def test_failures_are_found_page_by_page(workspace: Workspace) -> None:
    run = begin(workspace)
    for path in ("/a", "/b", "/c"):
        fetch(workspace, run, path, answer=response(f"https://shop.example{path}", FetchOutcome.SITE_ERROR, status=500))
    with workspace.read() as connection:
        first = frontier.failures(connection, run.id, ["site_error"], limit=2)
        rest = frontier.failures(connection, run.id, ["site_error"], after=first[-1].waiting.id)
    assert [one.waiting.key[-2:] for one in (*first, *rest)] == ["/a", "/b", "/c"]


def test_one_body_is_kept_once(workspace: Workspace) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/a", "same")
    fetch(workspace, run, "/b", "same")
    with workspace.write() as connection:
        assert connection.execute(select(func.count()).select_from(schema.documents)).scalar_one() == 1
        digest = documents.put(connection, b"same")
        assert documents.get(connection, digest) == b"same"


def test_any_bytes_are_kept_as_they_are(workspace: Workspace) -> None:
    import pytest

    bodies = [b"", bytes(range(256)) * 5, b"x" * 2_000_000]
    with workspace.write() as connection:
        kept = [documents.put(connection, body) for body in bodies]
        assert [documents.get(connection, digest) for digest in kept] == bodies
        with pytest.raises(KeyError):
            documents.get(connection, "0" * 64)
