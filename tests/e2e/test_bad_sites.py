"""Sites that cannot be audited: a sentence that says why and how to mend it, exit 3, and a report with what there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crawl.nasty import Reply, Route, page, serving, text, to
from tests.e2e.kit import Done, auditor, auditor_here, config
from tests.e2e.servers import CHALLENGE, PASSWORD, closed_port, self_signed

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kept_processes")]

ALLOWED = {"/robots.txt": text("User-agent: *\nAllow: /\n")}
CLOSED: dict[str, tuple[dict[str, Route], str, str]] = {  # routes; why; how to mend it
    "pdf": ({"/": Reply(body=b"%PDF-1.7", type="application/pdf")}, "no web page but application/pdf", "Name a page"),
    "image": ({"/": Reply(body=b"\x89PNG\r\n\x1a\n", type="image/png")}, "no web page but image/png", "Name a page"),
    "empty": ({"/": Reply(body=b"")}, "blank page (200)", "name a page that answers"),
    "loop": ({"/": to("/a"), "/a": to("/b"), "/b": to("/a")}, "redirect", "name a page that answers"),
    "errors": (
        {path: Reply(500, b"<html>no</html>") for path in ("/", "/robots.txt")},
        "robots.txt answers 500",
        "obey_robots",
    ),
    "error": ({"/": Reply(500, b"<html>no</html>")}, "answers 500 (internal server error)", "Mend that first"),
    "challenge": ({"/": Reply(503, CHALLENGE, headers=(("Server", "cloudflare"),))}, "bot protection", "firewall"),
    "password": ({"/": Reply(body=PASSWORD)}, "not the shop", "access.headers"),
    "login": ({"/": Reply(401, b"no", headers=(("WWW-Authenticate", "Basic"),))}, "(401)", "access.basic_auth"),
    "robots": ({"/robots.txt": text("User-agent: *\nDisallow: /\n"), "/": page()}, "robots.txt", "obey_robots"),
    "elsewhere": ({"/": to("http://localhost:9/")}, "localhost:9", ""),
}


# What robots.txt says is found though no page was looked at.
FOUND = {"errors": ["robots/answer"], "robots": ["robots/shop-closed"]}


def says(done: Done, url: str, why: str, mend: str, found: Sequence[str] = ()) -> None:
    """Exit 3, and the same cause on the terminal, in the data and on the report's first screen."""
    assert done.code == 3, done.said
    verdict = done.result["verdict"]
    assert verdict["exit_code"] == 3
    for words in (why, mend):
        assert words in done.out, done.said
        assert words in verdict["sentence"], verdict
        assert words in done.first_screen
    assert url in done.out
    assert url in verdict["sentence"]
    assert done.result["run"]["status"] == "incomplete"
    assert [problem["rule"] for problem in done.result["problems"]] == list(found)


@pytest.mark.parametrize("case", CLOSED)
def test_page_that_is_none(case: str, tmp_path: Path) -> None:
    routes, why, mend = CLOSED[case]
    with serving({**ALLOWED, **routes}) as site:
        done = auditor_here(
            tmp_path, "page", site.base + "/", "--browsers", "none", "--config", config(tmp_path, site.base)
        )
        says(done, site.base, why, mend, FOUND.get(case, ()))


@pytest.mark.parametrize("case", ["pdf", "empty", "errors", "challenge", "password", "elsewhere"])
def test_shop_that_is_none(case: str, tmp_path: Path) -> None:
    routes, why, mend = CLOSED[case]
    with serving({**ALLOWED, **routes}) as site:
        done = auditor_here(tmp_path, "run", config(tmp_path, site.base))
        if case == "errors":
            why, mend = "answers 500", "Mend that first"
        says(done, site.base, why, mend, FOUND.get(case, ()))


@pytest.mark.parametrize("command", ["run", "page", "crawl"])
def test_connection_refused(command: str, tmp_path: Path) -> None:
    with closed_port() as port:
        browsers = () if command == "crawl" else ("--browsers", "chromium")
        done = auditor(tmp_path, command, f"http://127.0.0.1:{port}/", *browsers)
    assert done.code == 3
    assert f"http://127.0.0.1:{port}/: the connection was refused. Check host and port" in done.out
    if command != "crawl":
        says(done, f"http://127.0.0.1:{port}/", "the connection was refused", "Check host and port")


def test_host_without_address(tmp_path: Path) -> None:
    done = auditor_here(tmp_path, "page", "https://nonexistent.invalid/", "--browsers", "none")
    says(done, "https://nonexistent.invalid/", "name cannot be resolved", "Check how the host is spelled")


@pytest.mark.parametrize("command", ["run", "page"])
def test_certificate_that_nobody_vouches_for(command: str, tmp_path: Path) -> None:
    with self_signed(tmp_path) as url:
        done = auditor_here(tmp_path, command, url, "--browsers", "none")
        says(done, url, "no secure connection", "ignore_tls_errors: true")


def test_certificate_that_the_config_lets_pass(tmp_path: Path) -> None:
    with self_signed(tmp_path) as url:
        done = auditor_here(tmp_path, "run", config(tmp_path, url, ignore_tls_errors=True))
        assert done.code == 0, done.said
        assert done.result["coverage"]["fetched"] == 1


@pytest.mark.parametrize("command", ["run", "page"])
def test_server_that_never_answers(command: str, tmp_path: Path) -> None:
    with serving({**ALLOWED, "/": Reply(wait=8)}) as site:
        patience = config(tmp_path, site.base, crawl={"timeout": 0.8})
        target = ("run", patience) if command == "run" else ("page", site.base + "/", "--config", patience)
        says(auditor_here(tmp_path, *target), site.base, "no complete answer within 0.8 s", "crawl.timeout")


def test_page_longer_than_the_limit_is_judged_by_what_was_read(tmp_path: Path) -> None:
    long = b"<!doctype html><html lang='en'><title>Long</title><body>" + b"<p>long page</p>" * 400_000
    with serving({**ALLOWED, "/": Reply(body=long)}) as site:
        done = auditor_here(tmp_path, "page", site.base + "/", "--browsers", "none")
        assert done.code == 0, done.said
        assert done.result["coverage"]["fetched"] == 1


def test_shop_that_goes_away_keeps_what_was_fetched(tmp_path: Path) -> None:
    links = [f"/p{number}" for number in range(60)]
    good = {link: page(title=link) for link in links[:5]}
    gone = {link: Reply(403, b"<html>no</html>") for link in links[5:]}
    with serving({**ALLOWED, "/": page(*links), **good, **gone}) as site:
        done = auditor_here(tmp_path, "run", config(tmp_path, site.base))
        assert done.code == 3, done.said
        covered = done.result["coverage"]
        assert covered["fetched"] == 6
        assert covered["outcomes"]["blocked"] >= 30
        assert "gave no page" in done.first_screen
        assert f"auditor resume {done.run}" in done.out

        site.routes.update({link: page(title=link) for link in links})
        again = auditor_here(tmp_path, "resume")
        assert again.code == 0, again.said
        assert again.result["coverage"]["fetched"] == 61
        assert again.result["coverage"]["complete"]
        assert site.hits["/p1"] == 1


def test_shop_that_comes_back_is_audited_by_resume(tmp_path: Path) -> None:
    with serving({**ALLOWED, "/": Reply(503, b"<html>no</html>"), "/a": page()}) as site:
        assert auditor_here(tmp_path, "run", config(tmp_path, site.base)).code == 3
        site.routes["/"] = page("/a")
        again = auditor_here(tmp_path, "resume")
        assert again.code == 0, again.said
        assert again.result["run"]["status"] == "complete"
        assert again.result["coverage"]["fetched"] == 2
