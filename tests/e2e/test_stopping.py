"""Ctrl-C, SIGTERM and kill -9 at any moment: a report of what there is, nothing left running, and resume goes on."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest

from auditor.demo import DemoShop
from tests.crawl.nasty import Reply, serving
from tests.e2e.kit import COMMAND, auditor, config, environment, result

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STOPPED_WITHIN = 20.0  # seconds, on a busy machine
PATIENCE = 200.0  # seconds: only what never comes takes longer
IN_FLIGHT = 2
PART = ["*/", "*/pages/*", "*/category/*"]  # of the shop
SLOWLY = {"crawl": {"include": PART, "max_rate": 6, "concurrency": IN_FLIGHT}}
IN_BROWSERS = {
    "crawl": {"max_pages": 7, "sitemaps": False},
    "render": {"browsers": ["chromium"], "per_template": None, "workers": 1},
    "timing": {"repeats": 0},  # loads for their times open a page on purpose again
}


class Going:
    """A command under way, with all processes that it started."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder
        self.seen: set[psutil.Process] = set()

    def wait_for(self, there: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not there():
            self.look()
            assert self.process.poll() is None, f"ended before {what}: {self.process.communicate()}"
            assert time.monotonic() < until, f"no {what} in {PATIENCE} seconds"
            time.sleep(0.02)
        self.look()

    def look(self) -> None:
        try:
            self.seen.update(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            pass

    def ends(self) -> tuple[int, str]:
        """Exit code and what it said, within seconds; nothing it started is left."""
        began = time.monotonic()
        out, err = self.process.communicate(timeout=STOPPED_WITHIN + 40)
        assert time.monotonic() - began < STOPPED_WITHIN
        assert "Traceback" not in out + err, out + err
        self.nothing_left()
        return self.process.returncode, out

    def nothing_left(self) -> None:
        _, alive = psutil.wait_procs(self.seen, timeout=90)
        assert [one.info for one in psutil.process_iter(["pid", "cmdline"]) if one in alive] == []


@contextmanager
def going(folder: Path, *arguments: str) -> Iterator[Going]:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        under_way = Going(process, folder)
        try:
            yield under_way
        finally:
            under_way.look()
            if process.poll() is None:
                process.kill()
            for one in under_way.seen:
                if one.is_running():
                    one.kill()


@pytest.fixture
def shop() -> Iterator[DemoShop]:
    with DemoShop() as running:
        yield running


def fetched(shop: DemoShop) -> Counter[str]:
    """What was asked for, and how often."""
    return Counter(path for _, path, _ in shop.requests)


def run_of(folder: Path) -> str:
    (one,) = (folder / "audits" / "reports").iterdir()
    return one.name


Told = tuple[dict[str, Any], set[tuple[str, str]]]  # counts of coverage; rule and path of each finding


class Undisturbed(NamedTuple):
    told: Told
    twice: set[str]  # paths asked for more than once

    @property
    def fetched(self) -> int:
        return int(self.told[0]["fetched"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    with DemoShop() as shop:
        done = auditor(folder, "run", config(folder, shop.url, crawl={"include": PART}))
        assert done.code == 0, done.said
        twice = {path for path, times in fetched(shop).items() if times > 1}
        assert {"/", "/robots.txt"} <= twice  # by the first look; failures are asked for again too
        assert len(twice) < 15
        assert done.result["coverage"]["fetched"] > 20
    return Undisturbed(told(done.result), twice)


def told(document: dict[str, Any]) -> Told:
    covered = document["coverage"]
    names = ("known", "fetched", "in_scope", "outcomes", "waiting", "complete", "templates")
    found = {(one["rule"], urlsplit(each["url"]).path) for one in document["problems"] for each in one["findings"]}
    return {name: covered[name] for name in names}, found


def test_stopped_in_the_crawl(shop: DemoShop, tmp_path: Path, undisturbed: Undisturbed) -> None:
    with going(tmp_path, "run", config(tmp_path, shop.url, **SLOWLY)) as audit:
        audit.wait_for(lambda: len(fetched(shop)) > 8, "a few pages")
        audit.process.terminate()
        code, out = audit.ends()
    run = run_of(tmp_path)
    assert code == 3, out
    assert f"auditor resume {run}" in out
    report = result(tmp_path, run)
    assert report["run"]["status"] == "interrupted"
    assert "interrupted" in report["verdict"]["sentence"]
    assert 0 < report["coverage"]["fetched"] < undisturbed.fetched
    assert report["coverage"]["waiting"] > 0
    goes_on(tmp_path, shop, undisturbed)


def test_killed_in_the_crawl(shop: DemoShop, tmp_path: Path, undisturbed: Undisturbed) -> None:
    with going(tmp_path, "run", config(tmp_path, shop.url, **SLOWLY)) as audit:
        audit.wait_for(lambda: len(fetched(shop)) > 8, "a few pages")
        audit.process.kill()
        audit.process.communicate(timeout=60)
        audit.nothing_left()
    run = run_of(tmp_path)
    report = auditor(tmp_path, "report", run)
    assert report.code == 0, report.said
    assert 0 < report.result["coverage"]["fetched"] < undisturbed.fetched
    assert report.result["verdict"]["exit_code"] == 3
    assert "not finished" in report.first_screen
    goes_on(tmp_path, shop, undisturbed)


def goes_on(folder: Path, shop: DemoShop, undisturbed: Undisturbed) -> None:
    """Resume completes the crawl: the same as one that was left alone, and only what was in flight is asked for twice."""
    again = auditor(folder, "resume", "--config", config(folder, shop.url, "fast.yaml", crawl={"include": PART}))
    assert again.code == 0, again.said
    assert again.result["run"]["status"] == "complete"
    assert told(again.result) == undisturbed.told
    twice = {path for path, times in fetched(shop).items() if times > 1}
    assert len(twice - undisturbed.twice - {"/sitemap.xml"}) <= IN_FLIGHT


@pytest.mark.browser
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_browsers(number: signal.Signals, shop: DemoShop, tmp_path: Path) -> None:
    with going(tmp_path, "run", config(tmp_path, shop.url, **IN_BROWSERS)) as audit:
        audit.wait_for(lambda: len(shown(shop)) > 2, "pages in the browser")
        audit.process.send_signal(number)
        if number == signal.SIGKILL:
            audit.process.communicate(timeout=60)
            audit.nothing_left()
        else:
            code, out = audit.ends()
            assert code == 3
            assert "auditor resume" in out
            (client,) = looked(tmp_path)
            assert 0 < client["looked"] < 7
    again = auditor(tmp_path, "resume")
    assert again.code == 0, again.said
    (client,) = looked(tmp_path)
    assert client["looked"] >= 6
    assert not client["failed"]
    assert len([path for path, times in shown(shop).items() if times > 1]) <= 1  # what was in flight


def shown(shop: DemoShop) -> Counter[str]:
    """How often the browser opened each page: the fetcher has asked once before, and for the first that it met in other languages, too."""
    documents = {
        path: times for path, times in fetched(shop).items() if "." not in path and path not in ("/", "/login")
    }
    return Counter({path: times - 1 for path, times in documents.items() if times > 1})


def looked(folder: Path) -> list[dict[str, Any]]:
    clients = result(folder, run_of(folder))["coverage"]["clients"]
    return [client for client in clients if client["client"] != "http"]


def test_second_ctrl_c_ends_at_once(shop: DemoShop, tmp_path: Path) -> None:
    with going(tmp_path, "run", config(tmp_path, shop.url, **SLOWLY)) as audit:
        audit.wait_for(lambda: len(fetched(shop)) > 8, "a few pages")
        audit.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        audit.process.send_signal(signal.SIGINT)
        code, said = audit.ends()
        assert code == 130
        assert "auditor resume" not in said  # nothing was judged or reported any more
    assert auditor(tmp_path, "resume").code == 0


def test_run_under_way_is_left_alone(shop: DemoShop, tmp_path: Path) -> None:
    with going(tmp_path, "run", config(tmp_path, shop.url, **SLOWLY)) as audit:
        audit.wait_for(lambda: len(fetched(shop)) > 5, "a few pages")
        second = auditor(tmp_path, "resume")
        assert second.code == 2
        assert "under way in another process" in second.err
        audit.process.terminate()
        assert audit.ends()[0] == 3


def test_stopped_while_the_shop_is_looked_at(tmp_path: Path) -> None:
    with serving({"/": Reply(wait=15)}) as site, going(tmp_path, "run", config(tmp_path, site.base)) as audit:
        audit.wait_for(lambda: site.hits["/"] > 0, "first look")
        audit.process.terminate()
        code, out = audit.ends()
        assert code == 3
        assert "auditor resume" in out
        assert result(tmp_path, run_of(tmp_path))["run"]["status"] == "interrupted"
