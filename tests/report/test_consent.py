"""The consent part: who was told in which state, on pages that were opened in more than one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Choice, Consent
from auditor.evidence.cookies import Cookie, Cookies
from auditor.evidence.requests import Held, Request, Requests
from auditor.evidence.visit import Visit
from auditor.model.finding import Finding
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import Certainty, FetchOutcome, PageType, Severity
from auditor.report.consent import ConsentSeen, faults
from auditor.store import documents, judgement
from auditor.store.snapshots import StoredSnapshot
from tests.store.kit import begin, new_workspace

PAGE = "https://shop.example/lamp"
GA4 = "https://www.google-analytics.com/g/collect?v=2&tid=G-ABC123DEF4&en=page_view&gcs="
META = "https://www.facebook.com/tr/?id=1234567890123&ev=ViewContent"


def taken(
    state: str,
    hits: dict[str, float],
    cookies: tuple[str, ...] = (),
    outcome: FetchOutcome = FetchOutcome.OK,
    reason: str = "",
) -> StoredSnapshot:
    bundle = Bundle()
    bundle.put("visit", Visit(final_url=PAGE, watched_ms=2500))
    items = tuple(Request(url=url, held=Held.ANSWERED, third_party=True, started_ms=at) for url, at in hits.items())
    bundle.put("requests", Requests(items))
    bundle.put("cookies", Cookies(tuple(Cookie(name=name, domain=".shop.example") for name in cookies)))
    choices = (Choice("Accept", "accept"), Choice("Decline", "reject"))
    bundle.put(
        "consent", Consent(shown=True, tool="Klaro", choices=choices, reopened_ms=0.0 if state == "none" else 5_000)
    )
    key = SnapshotKey(PAGE, Client("chromium", "desktop"), State(consent=state))
    packed = documents.pack(msgspec.msgpack.encode(bundle))
    return StoredSnapshot(id=1, key=key, url=PAGE, outcome=outcome, reason=reason, document="x", packed=packed)


def finding(rule: str, target: str, state: str) -> Finding:
    return Finding(
        id=f"F-{rule}",
        problem=f"P-{rule}",
        rule=rule,
        page=PAGE,
        url=PAGE,
        page_type=PageType.CONTENT,
        target=target,
        severity=Severity.CRITICAL,
        certainty=Certainty.PROVEN,
        message="m",
        states=(state,),
    )


def test_each_state_says_what_is_known_of_it() -> None:
    seen = ConsentSeen()
    first = taken("none", {GA4 + "G100": 100})
    rejected = taken("reject", {GA4 + "G100": 100, META: 200})  # before the answer, so of another state
    accepted = taken("accept", {GA4 + "G111": 5_100, META: 5_200}, ("_ga", "own"))
    seen.page(PAGE, "product", [first, rejected, accepted])
    part = seen.part({(PAGE, "meta", "accept"): "wrong_payload"})
    assert part is not None
    assert (part.tool, part.offers, part.pages, part.states) == (
        "Klaro",
        "Accept, Decline",
        1,
        ("none", "reject", "accept"),
    )
    said = {row.vendor: [(cell.said, cell.detail) for cell in row.cells] for row in part.rows}
    assert said == {
        "Google Analytics 4": [("cookieless", "page_view"), ("not_seen", "within 2.5 s"), ("fired", "page_view")],
        "Meta Pixel": [("not_seen", "within 2.5 s"), ("not_seen", "within 2.5 s"), ("wrong_payload", "ViewContent")],
    }
    assert [(one.name, one.vendor, one.purpose, one.states) for one in part.cookies] == [
        ("_ga", "Google Analytics 4", "analytics", ("accept",)),
        ("own", "", "", ("accept",)),
    ]


def test_a_state_that_could_not_be_had_says_why() -> None:
    seen = ConsentSeen()
    seen.page(
        PAGE,
        "product",
        [taken("none", {META: 1}), taken("reject", {}, outcome=FetchOutcome.SKIPPED, reason="the banner stayed")],
    )
    part = seen.part({})
    assert part is not None
    assert [(cell.said, cell.detail) for cell in part.rows[0].cells] == [
        ("fired", "ViewContent"),
        ("not_checked", "the banner stayed"),
    ]


def test_who_is_told_without_consent_is_called_so_and_pings_by_design_are_not() -> None:
    seen = ConsentSeen()
    seen.page(PAGE, "product", [taken("none", {META: 1, GA4 + "G100": 2}), taken("reject", {META: 5_100})])
    part = seen.part({(PAGE, "meta", "none"): "unasked", (PAGE, "meta", "reject"): "unasked"})
    assert part is not None
    assert {row.vendor: [cell.said for cell in row.cells] for row in part.rows} == {
        "Google Analytics 4": ["cookieless", "not_seen"],
        "Meta Pixel": ["unasked", "unasked"],
    }


@pytest.mark.parametrize("turned", [False, True])
def test_that_nobody_was_asked_weighs_more_than_what_was_told(tmp_path: Path, turned: bool) -> None:
    found = [
        finding("tracking/view-content", "SKU", "consent=none"),
        finding("consent/before-choice", "meta", "consent=none"),
        finding("consent/after-rejection", "pinterest", "consent=reject"),
        finding("tracking/duplicate-hit", "ga4 page_view", "consent=accept"),
    ]
    with new_workspace(tmp_path / "audits") as workspace:
        run = begin(workspace)
        with workspace.write() as connection:
            evaluation = judgement.begin(connection, run.id, "d", [], "1")
            judgement.add_findings(connection, evaluation, found[::-1] if turned else found)
            told = faults(connection, evaluation)
    assert told == {
        (PAGE, "meta", "none"): "unasked",
        (PAGE, "pinterest", "reject"): "unasked",
        (PAGE, "ga4", "accept"): "duplicated",
    }


def test_without_a_banner_there_is_nothing_to_tell() -> None:
    assert ConsentSeen().part({}) is None
