"""A navigation's outcome from statuses, types and the browsers' own words; and the watchdog's bite."""

from __future__ import annotations

import threading
import time

import pytest

from auditor.model.words import FetchOutcome
from auditor.render import outcomes
from auditor.render.watchdog import Watchdog


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, FetchOutcome.OK),
        (304, {}, FetchOutcome.OK),
        (404, {}, FetchOutcome.SITE_ERROR),
        (503, {}, FetchOutcome.SITE_ERROR),
        (503, {"cf-mitigated": "challenge"}, FetchOutcome.BLOCKED),
        (403, {}, FetchOutcome.BLOCKED),
        (429, {}, FetchOutcome.RATE_LIMITED),
        (430, {}, FetchOutcome.RATE_LIMITED),
    ],
)
def test_of_status(status: int, headers: dict[str, str], outcome: FetchOutcome) -> None:
    assert outcomes.of_status(status, headers)[0] == outcome


@pytest.mark.parametrize(
    ("message", "outcome", "reason"),
    [
        ("Page.goto: net::ERR_NAME_NOT_RESOLVED at https://x/", FetchOutcome.UNREACHABLE, "the host name was not found (net::ERR_NAME_NOT_RESOLVED)"),
        ("Page.goto: NS_ERROR_UNKNOWN_HOST", FetchOutcome.UNREACHABLE, "the host name was not found (NS_ERROR_UNKNOWN_HOST)"),
        ("Page.goto: net::ERR_CERT_DATE_INVALID at https://x/", FetchOutcome.UNREACHABLE, "TLS: the certificate is out of date (net::ERR_CERT_DATE_INVALID)"),
        ("Page.goto: net::ERR_TOO_MANY_REDIRECTS", FetchOutcome.SITE_ERROR, "redirects without end (net::ERR_TOO_MANY_REDIRECTS)"),
        ("Page.goto: NS_ERROR_REDIRECT_LOOP", FetchOutcome.SITE_ERROR, "redirects without end (NS_ERROR_REDIRECT_LOOP)"),
        ("Page.goto: Timeout 30000ms exceeded.\nCall log:\n  - navigating", FetchOutcome.TIMEOUT, "no answer in time"),
        ("Page.goto: something new\nCall log:", FetchOutcome.UNREACHABLE, "something new"),
    ],
)  # fmt: skip
def test_of_failure(message: str, outcome: FetchOutcome, reason: str) -> None:
    assert outcomes.of_failure(message) == (outcome, reason)


def test_what_is_not_html() -> None:
    assert outcomes.not_html({"content-type": "application/pdf"}) == "not HTML (application/pdf)"
    assert (
        outcomes.not_html({"content-type": "text/html", "content-disposition": "attachment; filename=a"})
        == "not HTML (a download, text/html)"
    )
    assert outcomes.not_html({"content-type": "Text/HTML; charset=utf-8"}) == ""
    assert outcomes.not_html({}) == ""


def test_only_the_first_line_tells_of_an_interruption() -> None:
    assert outcomes.is_interrupted(
        "Page.evaluate: Execution context was destroyed, most likely because of a navigation"
    )
    assert not outcomes.is_interrupted("Page.goto: net::ERR_ABORTED\nCall log:\n - because of a navigation")


def test_headers_keep_no_cookie_values() -> None:
    told = outcomes.told([("Set-Cookie", "id=secret; Path=/\nb=alsosecret"), ("Server", "x")])
    assert told == (("set-cookie", "id=<6 characters>; Path=/\nb=<10 characters>"), ("server", "x"))


def test_the_watchdog_bites_once_and_says_why() -> None:
    bitten = threading.Event()
    killed: list[float] = []

    def kill() -> None:
        killed.append(time.monotonic())
        bitten.set()

    dog = Watchdog(kill, 30)
    with dog.step("not this", 30):
        pass
    with dog.step("too slow", 0.05):
        assert bitten.wait(10)
    dog.bite("again")
    assert (dog.fired, len(killed)) == ("too slow", 1)


def test_the_watchdog_holds_the_whole_snapshot_to_its_limit() -> None:
    bitten = threading.Event()
    dog = Watchdog(bitten.set, 0.1)
    with dog.step("the last step", 600):
        assert bitten.wait(10)
    assert dog.left == 0
    assert dog.fired == "the last step"
