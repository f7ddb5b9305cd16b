"""Files that no shop means to publish: asked for only where the config says so, told by how they begin, and nothing of them kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from auditor.crawl.exposed import judge
from auditor.crawl.fetch import Fetched
from auditor.crawl.process import crawl_round
from auditor.evidence.exposed import Exposed
from auditor.evidence.http import Response
from auditor.knowledge import exposed
from auditor.model.query import Hop
from auditor.model.words import FetchOutcome as F
from auditor.store import probes
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Reply, page, serving, text

NewRun = Callable[[str], Crawled]
_FILES = {file.path: file for file in exposed.load()}
SECRET = "hunter2-the-database"
BEGINNINGS = {
    "/.git/HEAD": ["ref: refs/heads/main\n", "0123456789abcdef0123456789abcdef01234567\n"],
    "/.env": ["# settings\n\nAPP_KEY=base64:x\n", "DB_PASSWORD=secret", "export DB_HOST = db\n"],
    "/app/etc/local.xml": [
        '<?xml version="1.0"?>\n<!-- Magento -->\n<config>\n <global>\n  <install><date>Mon</date></install>'
    ],
    "/app/etc/env.php.bak": ["<?php\nreturn [\n 'backend' => ["],
    "/wp-config.php.bak": ["<?php\n/** The base configuration for WordPress */\ndefine('DB_NAME', 'wp');"],
    "/wp-content/debug.log": ["[12-Nov-2026 10:11:12 UTC] PHP Notice: Undefined index"],
    "/error_log": ["[12-Nov-2026 10:11:12 Europe/Berlin] PHP Warning:  foreach()"],
    "/phpinfo.php": ["<!DOCTYPE html><html><head><title>PHP 8.3.1 - phpinfo()</title>", "<title>phpinfo()</title>"],
    "/backup.sql": ["-- MySQL dump 10.13\n--\nCREATE TABLE `a` (\n", "/*!40101 SET NAMES utf8 */;\n"],
    "/dump.sql": ["--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n"],
    "/adminer.php": ["<!DOCTYPE html>\n<html lang='en'>\n<title>Login - Adminer</title>"],
    "/.DS_Store": ["\0\0\0\x01Bud1\0\0"],
}
OTHERS = [
    "",
    "<!doctype html><html><head><title>Page not found - Shop</title></head><body><h1>404</h1></body></html>",
    "<html><title>Login - My account</title><form></form></html>",
    "<?xml version='1.0'?><config><error>none</error></config>",
    '{"error": "not found"}',
    "Not found",
    "NOT FOUND = /.env\nis what we say",
    "<html>\nDB_PASSWORD=x",
    "# Not found\n\nSET your search anew",
    "error=notfound",
    "-- nothing here --",
    "/*! a script */ CREATE()",
    "\n" * 2_000,
    "#" + " \n#" * 600,
]


def answered(file: exposed.File, body: str, **more: object) -> Exposed:
    url = f"https://shop.example{file.path}"
    told = {"outcome": F.OK, "status": 200, **more}
    return judge(file, url, Fetched(response=Response(url=url, final_url=url, **told), body=body.encode("latin-1")))  # type: ignore[arg-type]


def test_each_file_is_known_by_how_it_begins_and_no_page_is_taken_for_it() -> None:
    assert set(_FILES) == set(BEGINNINGS)
    for path, beginnings in BEGINNINGS.items():
        assert all(answered(_FILES[path], body).found for body in beginnings), path
        assert not [body for body in OTHERS if answered(_FILES[path], body).found], path


def test_rows_say_where_they_are_known_from() -> None:
    for file in exposed.load():
        assert file.source.startswith("https://")
        assert re.fullmatch(r"20\d\d-\d\d", file.checked)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"outcome": F.SITE_ERROR, "status": 404}, ""),
        ({"outcome": F.BLOCKED, "status": 403, "reason": "the shop does not let us in"}, ""),
        ({"hops": (Hop("https://shop.example/.env", 301, "https://shop.example/"),)}, ""),
        ({"outcome": F.RATE_LIMITED, "status": 429, "reason": "fewer"}, "fewer"),
        ({"outcome": F.TIMEOUT, "status": 0, "reason": "no complete answer"}, "no complete answer"),
        ({"outcome": F.SITE_ERROR, "status": 503, "reason": "answers 503"}, "answers 503"),
    ],
)
def test_what_is_refused_is_not_there_and_what_fails_is_not_known(more: dict[str, object], reason: str) -> None:
    told = answered(_FILES["/.env"], "DB_PASSWORD=x", **more)
    assert (told.found, told.reason) == (False, reason)


def told_of(crawled: Crawled) -> dict[str, Exposed]:
    with crawled.workspace.read() as connection:
        return {one.url: one for one in probes.exposed(connection, crawled.run.id)}


def test_they_are_asked_for_once_and_nothing_of_them_is_kept(new_run: NewRun) -> None:
    routes = {
        "/": page(),
        "/robots.txt": text("User-agent: *\nDisallow: /dump.sql"),
        "/.env": Reply(body=f"DB_PASSWORD={SECRET}\n".encode() * 500, type="application/octet-stream"),
    }  # fmt: skip
    with serving(routes) as shop:
        crawled = new_run(shop.url("/"))
        for _ in range(2):
            crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), probes=True, exposed_files=True))
        told = told_of(crawled)
        assert {shop.url(path) for path in _FILES} == set(told)
        assert [url for url, one in told.items() if one.found] == [shop.url("/.env")]
        assert told[shop.url("/dump.sql")].reason
        assert (shop.hits["/.env"], shop.hits["/.git/HEAD"], shop.hits.get("/dump.sql", 0)) == (1, 1, 0)
    kept = b"".join(file.read_bytes() for file in crawled.folder.rglob("*") if file.is_file())
    assert SECRET.encode() not in kept


def test_nobody_is_asked_for_them_unasked(new_run: NewRun) -> None:
    with serving({"/": page(), "/robots.txt": text("")}) as shop:
        crawled = new_run(shop.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), probes=True))
        assert "/.env" not in shop.hits
    assert told_of(crawled) == {}
