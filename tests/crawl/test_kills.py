"""Twenty kills at random moments: what the crawl holds in the end is what an undisturbed one holds."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from auditor.crawl.process import crawl_round
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Route, page, serving, text, to
from tests.crawl.test_life import child_of, process_of, wait_for

NewRun = Callable[[str], Crawled]
KILLS = 20
PAGES = 160


def shop() -> dict[str, Route]:
    """Pages in a tree, with redirects, dead ends, files, filters over their budget and what must not be fetched."""
    routes: dict[str, Route] = {
        "/robots.txt": text("User-agent: *\nDisallow: /no/"),
        "/": page("/p/1", "/p/2", "/no/x"),
    }
    for n in range(1, PAGES):
        links = [f"/p/{child}" for child in (2 * n + 1, 2 * n + 2) if child < PAGES]
        links += [f"/old/{n}", f"/gone/{n}", f"/file-{n}.pdf", "/cart?add-to-cart=1"] if n % 10 == 0 else []
        routes[f"/p/{n}"] = Reply(body=page(*links, text=f"page {n}").body, wait=0.01)
    routes |= {f"/old/{n}": to(f"/p/{n}", 301) for n in range(PAGES)}
    routes["/p/7"] = page("/p/15", "/p/16", *(f"/p/7?color={n}" for n in range(80)))
    return routes


def held(nasty: Nasty, crawled: Crawled) -> tuple[Any, ...]:
    """What the tables say, without times and without which of the equals came first."""
    with crawled.workspace.read() as connection:
        query = connection.exec_driver_sql
        urls = query("select url, kind, status, reason from urls where url not like '%color=%' order by 1").all()
        fetched = query(
            "select url, final_url, outcome, status, document from pages where url not like '%color=%' order by 1"
        ).all()
        filters = query(
            "select status, reason, count(*) from urls where url like '%color=%' group by 1, 2 order by 1"
        ).all()
        documents = query("select count(*) from documents").scalar_one()
        traps = query("select name, known, left_out from traps order by 1").all()
    told = [tuple(str(value).replace(nasty.base, "") for value in row) for rows in (urls, fetched) for row in rows]
    return set(told), filters, documents, traps


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_change_nothing(new_run: NewRun) -> None:
    chance = random.Random(4)
    limits: dict[str, Any] = {"concurrency": 8, "max_pages": 1_000}
    with serving(shop()) as quiet:
        undisturbed = new_run(quiet.url("/"))
        assert (
            crawl_round(undisturbed.folder, undisturbed.run.id, settings(quiet.url("/"), **limits)).reason == "finished"
        )
        expected = held(quiet, undisturbed)
    with serving(shop()) as nasty:
        crawled, results, stop = new_run(nasty.url("/")), [], threading.Event()

        def again_and_again() -> None:
            while not stop.is_set():
                results.append(crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), **limits)))
                if results[-1].reason == "finished":
                    return

        crawling = threading.Thread(target=again_and_again)
        crawling.start()
        killed: set[int] = set()
        try:
            while len(killed) < KILLS and crawling.is_alive():
                child = chance.choice((child_of, process_of))(psutil.Process())
                if child is None or child.pid in killed:
                    stop.wait(0.01)
                    continue
                until = sum(nasty.hits.values()) + chance.randint(0, 9)
                wait_for(lambda: sum(nasty.hits.values()) >= until or not child.is_running() or not crawling.is_alive())  # noqa: B023
                stop.wait(chance.uniform(0, 0.02))
                if child.is_running():
                    child.kill()
                    killed.add(child.pid)
            crawling.join(300)
        finally:
            stop.set()
            crawling.join(60)
        assert len(killed) == KILLS
        assert results[-1].reason == "finished"
        told, *counts = held(nasty, crawled)
        assert told ^ expected[0] == set()
        assert counts == list(expected[1:])
        most = max(hits for path, hits in nasty.hits.items() if path.startswith("/p/"))
        assert most <= KILLS  # only what was under way is asked for again
        assert sum(nasty.hits.values()) < sum(quiet.hits.values()) + KILLS * (8 + 4)
