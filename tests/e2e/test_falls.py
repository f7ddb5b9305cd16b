"""What may befall an audit: a full disk, a read-only or damaged workspace, a locked database, another audit, little time left.

Each ends with its exit code and a sentence that says how to go on, and nothing gathered is lost. docs/when-things-go-wrong.md
tells the same.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from auditor.config.config import Config
from auditor.pipeline import Audit
from auditor.store import runs
from auditor.store.workspace import Workspace
from tests.crawl.nasty import Nasty, Reply, page, serving
from tests.e2e.kit import COMMAND, auditor, config, environment, result
from tests.e2e.test_stopping import going

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAGES = 60
IN_ROOM = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec")


def heavy(wait: float = 0.0) -> dict[str, Callable[..., Reply] | Reply]:
    """A shop whose pages hold much that cannot be packed."""
    paths = [f"/p/{number}" for number in range(PAGES)]
    routes: dict[str, Callable[..., Reply] | Reply] = {"/": page(*paths)}
    for path in paths:
        reply = page("/", title=path, text=os.urandom(60_000).hex())
        routes[path] = Reply(body=reply.body, wait=wait)
    return routes


def shop_yaml(folder: Path, site: Nasty, **parts: object) -> str:
    crawl = {"sitemaps": False, "external_links": False, **parts.pop("crawl", {})}  # type: ignore[dict-item]
    return config(folder, site.url("/"), crawl=crawl, rules={"packs": ["meta"]}, report=["json"], **parts)


@pytest.fixture(scope="module")
def _room() -> None:
    """Skips where this machine lets nobody make a small disk."""
    script = 'd=$(mktemp -d); mount -t tmpfs -o size=1m tmpfs "$d"'
    tried = shutil.which("unshare") and subprocess.run([*IN_ROOM, script], capture_output=True, timeout=60, check=False)
    if not tried or tried.returncode:
        pytest.skip("no file system of a given size can be made here (unshare, tmpfs)")


def in_room(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a script with a small disk of its own at ./audits; `auditor` is the command."""
    (folder / "audits").mkdir()
    command = " ".join(COMMAND)
    text = f'mount -t tmpfs -o size=$SIZE tmpfs audits\nset +e\nauditor() {{ {command} "$@"; }}\n{script}'
    return subprocess.run(
        [*IN_ROOM, text],
        cwd=folder,
        env=environment({"SIZE": "2500k"}),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


@pytest.mark.usefixtures("_room")
def test_a_full_disk(tmp_path: Path) -> None:
    with serving(heavy()) as site:
        name = shop_yaml(tmp_path, site, crawl={"concurrency": 2})
        done = in_room(
            tmp_path,
            f"auditor run {name} --plain; echo FULL=$?\n"
            "mount -o remount,size=200m audits\n"
            "auditor resume --plain; echo ROOM=$?\ncp -r audits/reports kept\n",
        )
        asked = {path: times for path, times in site.hits.items() if path.startswith("/p/")}
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert "FULL=3" in said, said
    assert "the database cannot go on: database or disk is full" in done.stderr
    assert "make room, then go on with auditor resume" in done.stderr
    assert "ROOM=0" in said, said
    assert len(asked) == PAGES
    kept = [path for path, times in asked.items() if times == 1]
    assert len(kept) >= 10, "what was fetched before the disk was full is not asked for again"
    (run,) = (tmp_path / "kept").iterdir()
    assert (run / "result.json").exists()


@pytest.mark.usefixtures("_room")
def test_a_read_only_workspace(tmp_path: Path) -> None:
    with serving({"/": page()}) as site:
        name = shop_yaml(tmp_path, site)
        done = in_room(
            tmp_path,
            f"auditor run {name} --plain; echo FIRST=$?\nmount -o remount,ro audits\n"
            f"auditor run {name} --plain; echo SECOND=$?\n",
        )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert "FIRST=0" in said, said
    assert "SECOND=2" in said, said
    assert "the workspace cannot be written: Read-only file system" in said
    assert "--workspace" in said


def test_a_damaged_database(tmp_path: Path) -> None:
    with serving({"/": page()}) as site:
        assert auditor(tmp_path, "run", shop_yaml(tmp_path, site)).code == 0
    database = tmp_path / "audits" / "auditor.db"
    sqlite3.connect(database).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    whole = database.read_bytes()
    for damaged in (b"not a database" * 1000, whole[:5000] + b"\xff" * 60_000 + whole[65_000:]):
        database.write_bytes(damaged)
        done = auditor(tmp_path, "runs")
        assert done.code in (2, 3), done.said
        assert "Error:" in done.err
        assert "the database" in done.err
        assert "backup" in done.err
    database.write_bytes(whole)
    assert auditor(tmp_path, "runs").code == 0


def test_a_locked_database(tmp_path: Path) -> None:
    with serving({"/": page()}) as site:
        assert auditor(tmp_path, "run", shop_yaml(tmp_path, site)).code == 0
    other = sqlite3.connect(tmp_path / "audits" / "auditor.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        done = auditor(tmp_path, "gate", timeout=240)
    finally:
        other.rollback()
        other.close()
    assert done.code == 3, done.said
    assert "database is locked" in done.err
    assert auditor(tmp_path, "gate").code == 0


def test_two_audits_of_one_site(tmp_path: Path) -> None:
    """The second is told of the first and ends with 3, or waits for it; a killed one stands in nobody's way."""
    release = threading.Event()

    def held(_: object) -> Reply:  # so that the first is still there, however long the second takes to begin
        release.wait(200)
        return page("/")

    with serving({"/": page("/a", "/held"), "/a": page("/"), "/held": held}) as site:
        name = shop_yaml(tmp_path, site, crawl={"timeout": 200})
        with going(tmp_path, "run", name) as first:
            first.wait_for(lambda: bool(site.hits["/held"]), "the page that takes long")
            second = auditor(tmp_path, "run", name, "--plain", timeout=200)
            assert second.code == 3, second.said
            assert "another audit of 127.0.0.1" in second.err
            assert "--wait" in second.err
            assert first.process.poll() is None
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(60)
        release.set()
        began = time.monotonic()
        listed = auditor(tmp_path, "runs")
        assert listed.out.count("127.0.0.1") == 1, "the one that was refused left no run behind"
        assert time.monotonic() - began < 60
        done = auditor(tmp_path, "resume", "--plain", timeout=400)
        assert done.code == 0, done.said


def test_the_second_waits(tmp_path: Path) -> None:
    """The first is held up by a page until the second is there; then both end well, one after the other."""
    release = threading.Event()

    def held(_: object) -> Reply:
        release.wait(120)
        return page("/")

    with serving({"/": page("/slow"), "/slow": held}) as site:
        name = shop_yaml(tmp_path, site, crawl={"timeout": 200})
        with going(tmp_path, "run", name) as first:
            first.wait_for(lambda: bool(site.hits["/slow"]), "the page that takes long")
            with going(tmp_path, "run", name, "--plain", "--wait", "5m") as second:
                second.wait_for(lambda: number_of_runs(tmp_path) == 2, "a second run")
                release.set()
                _, err = second.process.communicate(timeout=300)
                assert second.process.returncode == 0, err
            assert first.process.wait(120) == 0
    assert "is under way" in err


def number_of_runs(folder: Path) -> int:
    with sqlite3.connect(folder / "audits" / "auditor.db") as database:
        return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])


def test_25_seconds_to_live(tmp_path: Path) -> None:
    """SIGTERM, and SIGKILL 25 seconds later, as container runtimes do it: it is done in time and says how to go on."""
    with serving(heavy(wait=0.1)) as site:
        name = shop_yaml(tmp_path, site, crawl={"concurrency": 2})
        with going(tmp_path, "run", name) as audit:
            audit.wait_for(lambda: sum(site.hits.values()) > 10, "a few pages")
            audit.process.terminate()
            try:
                out, err = audit.process.communicate(timeout=25 if not os.environ.get("CI_SLOW") else 60)
            except subprocess.TimeoutExpired:
                audit.process.kill()
                audit.process.communicate()
                pytest.fail("not done within 25 seconds")
        assert audit.process.returncode == 3, out + err
        (run,) = (tmp_path / "audits" / "reports").iterdir()
        assert f"auditor resume {run.name}" in out + err
        fetched = {path for path, times in site.hits.items() if times and path.startswith("/p/")}
        done = auditor(tmp_path, "resume", "--plain", timeout=400)
        assert done.code == 0, done.said
        again = {path for path in fetched if site.hits[path] > 1}
    assert len(again) <= 2, "only what was in flight is asked for again"
    assert result(tmp_path, run.name)["coverage"]["fetched"] == PAGES + 1


def test_a_clock_that_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back by two days between two nights and forth again: nights are put in order as they were, and nothing is lost."""
    routes = {"/": page("/p", title="Home"), "/p": page("/", title="")}
    with serving(routes) as site, Workspace.open(tmp_path / "audits") as workspace:
        said = {
            "crawl": {"sitemaps": False, "confirm_after": 0.05},
            "render": {"browsers": []},
            "report": ["json"],
            "keep": "2 nights",
        }
        chosen = Config.model_validate({"site": site.url("/"), "rules": {"only": ["meta/title"]}, **said})
        began = datetime.now(UTC)
        told = []
        for days in (0, -2, 400):
            monkeypatch.setattr("auditor.store.runs.datetime", Shifted.by(timedelta(days=days)))
            outcome = Audit.begin(chosen, workspace).go()
            assert outcome.run.started_at[:10] == (began + timedelta(days=days)).isoformat()[:10]
            assert outcome.document.coverage.complete
            told.append({state: count for state, count in outcome.document.history.counts.items() if count})
        names = [run.name for run in runs.latest(workspace)]
    assert told == [{}, {"known": 1}, {"known": 1}]  # the first has nothing before it
    assert names[0] == outcome.run.name
    assert len(names) == 2, "the two nights that ran last are kept, whatever the clock said"


class Shifted(datetime):
    ahead = timedelta()

    @classmethod
    def by(cls, ahead: timedelta) -> type[Shifted]:
        return type("Shifted", (cls,), {"ahead": ahead})

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Shifted:
        return super().now(tz) + cls.ahead
