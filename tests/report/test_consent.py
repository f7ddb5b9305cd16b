"""The consent part: who was told in which state, on pages that were opened in more than one."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Choice, Consent
from auditor.evidence.cookies import Cookie, Cookies
from auditor.evidence.data_layer import DataLayer, Push
from auditor.evidence.requests import Held, Request, Requests
from auditor.evidence.visit import Visit
from auditor.model.finding import Finding
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import Certainty, FetchOutcome, PageType, Severity
from auditor.report.consent import ConsentSeen, faults
from auditor.report.document import ConsentModeRow
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
    more: tuple[Request, ...] = (),
    cut: int = 0,
    kept: Cookies | None = None,
    before: Cookies | None = None,
    pushes: tuple[Push, ...] = (),
) -> StoredSnapshot:
    bundle = Bundle()
    bundle.put("visit", Visit(final_url=PAGE, watched_ms=2500, started_at="2026-11-20T12:00:00+00:00"))
    items = tuple(Request(url=url, held=Held.ANSWERED, third_party=True, started_ms=at) for url, at in hits.items())
    bundle.put("requests", Requests((*items, *more), cut=cut))
    bundle.put("cookies", kept or Cookies(tuple(Cookie(name=name, domain=".shop.example") for name in cookies)))
    choices = (Choice("Accept", "accept"), Choice("Decline", "reject"))
    bundle.put("data_layer", DataLayer(pushes))
    answered = 0.0 if state == "none" else 5_000.0
    bundle.put("consent", Consent(shown=True, tool="Klaro", choices=choices, reopened_ms=answered, before=before))
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


def cells(*states: StoredSnapshot, html: str = "") -> dict[str, list[tuple[str, str]]]:
    seen = ConsentSeen()
    seen.page(PAGE, "product", states, lambda _: html)
    part = seen.part({})
    assert part is not None
    return {row.vendor: [(cell.said, cell.detail) for cell in row.cells] for row in part.rows}


def wall(at_ms: float = 0.0) -> Request:
    return Request(
        url="https://www.facebook.com/", held=Held.REFUSED, vendor="meta", third_party=True, started_ms=at_ms
    )


def test_what_was_met_as_a_host_could_not_be_checked() -> None:
    said = cells(taken("none", {}, more=(wall(),)), taken("reject", {}, more=(wall(),)), taken("accept", {META: 5_100}))
    assert [(one, "whether after the answer" in why) for one, why in said["Meta Pixel"]] == [
        ("not_checked", False),
        ("not_checked", True),
        ("fired", False),
    ]


def test_a_connection_of_the_time_before_the_answer_says_nothing_of_the_time_after() -> None:
    said = cells(taken("none", {META: 1}), taken("reject", {}, more=(wall(3_000.0),)))
    assert said["Meta Pixel"] == [("fired", "ViewContent"), ("not_seen", "within 2.5 s")]


FBEVENTS = "https://connect.facebook.net/en_US/fbevents.js"
SANDBOX = "https://shop.example/web-pixels@3c1/app/web-pixel-17@1/sandbox/modern/lamp"
APART = "https://shop.example/pixels.html"


@pytest.mark.parametrize(
    ("frame", "html", "said"),
    [
        (SANDBOX, "", "not_checked"),
        (APART, '<iframe sandbox="allow-scripts" src="/pixels.html"></iframe>', "not_checked"),
        (APART, '<iframe sandbox="allow-scripts allow-same-origin" src="/pixels.html"></iframe>', "not_seen"),
        (APART, '<iframe src="/pixels.html"></iframe>', "not_seen"),
        ("about:blank", '<iframe sandbox="allow-scripts" src="/pixels.html"></iframe>', "not_checked"),
        ("about:blank", '<iframe src="/pixels.html"></iframe>', "not_seen"),
        ("", "", "not_seen"),
    ],
)
def test_a_tag_in_a_sandboxed_frame_could_not_be_checked(frame: str, html: str, said: str) -> None:
    script = Request(url=FBEVENTS, type="script", status=200, third_party=True, started_ms=5_100, frame=frame)
    told = cells(taken("reject", {}, more=(script,)), taken("accept", {META: 5_200}, more=(script,)), html=html)
    assert [one for one, _ in told["Meta Pixel"]] == [said, "fired"]


@pytest.mark.parametrize(
    "element",
    [
        f'<script type="text/plain" data-cookieconsent="marketing" src="{FBEVENTS}"></script>',
        f'<script type="text/plain" data-usercentrics="Facebook Pixel">f("{FBEVENTS}")</script>',
        f'<script type="text/plain" data-type="application/javascript" data-name="meta" data-src="{FBEVENTS}"></script>',
        f'<script type="javascript/blocked" src="{FBEVENTS}"></script>',
        f"<script type='text/plain' class='_iub_cs_activate' suppressedsrc='{FBEVENTS}'></script>",
    ],
)
def test_a_script_that_waits_is_blocked(element: str) -> None:
    told = cells(taken("none", {}), taken("reject", {}), taken("accept", {META: 5_100}), html=element)
    assert [one for one, _ in told["Meta Pixel"]] == ["blocked", "blocked", "fired"]


@pytest.mark.parametrize(
    ("element", "ran", "cut"),
    [
        (f'<script src="{FBEVENTS}"></script>', False, 0),  # nothing holds it back
        (f'<script type="text/plain" src="{FBEVENTS}"></script>', True, 0),  # another copy ran
        (f'<script type="text/plain" src="{FBEVENTS}"></script>', False, 7),  # it may have
        ('<script type="text/plain" src="/theme.js"></script>', False, 0),
        (f'<script type="application/json">{{"pixel": "{FBEVENTS}"}}</script>', False, 0),
    ],
)
def test_without_evidence_a_tag_is_only_not_seen(element: str, ran: bool, cut: int) -> None:
    script = Request(url=FBEVENTS, type="script", status=200, third_party=True, started_ms=5_100)
    rejected = taken("reject", {}, more=(script,) if ran else (), cut=cut)
    assert cells(rejected, taken("accept", {META: 5_100}), html=element)["Meta Pixel"][0] == (
        "not_seen",
        "within 2.5 s",
    )


def test_who_is_told_without_consent_is_called_so_and_pings_by_design_are_not() -> None:
    seen = ConsentSeen()
    seen.page(PAGE, "product", [taken("none", {META: 1, GA4 + "G100": 2}), taken("reject", {META: 5_100})])
    part = seen.part({(PAGE, "meta", "none"): "unasked", (PAGE, "meta", "reject"): "unasked"})
    assert part is not None
    assert {row.vendor: [cell.said for cell in row.cells] for row in part.rows} == {
        "Google Analytics 4": ["cookieless", "not_seen"],
        "Meta Pixel": ["unasked", "unasked"],
    }


def pushed(at_ms: float, which: str, **said: object) -> Push:
    return Push(json=json.dumps({"arguments": ["consent", which, said]}), at_ms=at_ms)


def test_consent_mode_is_told_in_its_order() -> None:
    both = {"ad_storage": "denied", "analytics_storage": "denied"}
    first = (pushed(40, "default", **both, region=["DE"]), pushed(45, "default", **both))
    again = (
        pushed(5_040, "default", **both),
        pushed(5_900, "update", ad_storage="denied", analytics_storage="granted"),
    )
    seen = ConsentSeen()
    seen.page(
        PAGE,
        "product",
        [
            taken("accept", {GA4 + "G100": 5_300, META: 5_010}, pushes=again),
            taken("none", {GA4 + "G100": 300}, pushes=first),
            taken("reject", {META: 5_100}),
        ],
    )
    part = seen.part({})
    assert part is not None
    page = {"page_type": "product", "url": PAGE, "hit": "Google Analytics 4: page_view", "hit_signal": "gcs=G100"}
    assert part.mode == (
        ConsentModeRow(**page, state="none", default="denied", default_ms=40, regional=True, hit_ms=300),
        ConsentModeRow(
            **page,
            state="accept",
            default="denied",
            default_ms=40,
            update="ad_storage denied, analytics_storage granted",
            update_ms=900,
            hit_ms=300,
        ),
    )


BEGAN = 1_795_176_000.0  # 2026-11-20T12:00:00Z


def lasting(name: str, days: float, **attributes: object) -> Cookie:
    return Cookie(name=name, domain=".shop.example", expires=BEGAN + days * 86_400, **attributes)  # type: ignore[arg-type]


def test_cookies_tell_their_lifetime_their_attributes_and_whether_they_waited_for_the_answer() -> None:
    session = Cookie(name="cart", domain="shop.example", http_only=True, secure=True, same_site="Strict")
    first = Cookies((session, lasting("_fbp", 90, same_site="Lax")))
    rejected = Cookies(
        (session, lasting("_pin_unauth", 365, secure=True, same_site="None")), ("theme", "_fbp"), ("seen",)
    )
    before = Cookies((session, lasting("_pin_unauth", 365)), ("theme",), ("gone",))
    accepted = Cookies((session, lasting("_ga", 400), lasting("_fbp", 0.5)))
    seen = ConsentSeen()
    seen.page(
        PAGE,
        "product",
        [
            taken("none", {META: 1}, kept=first),
            taken("reject", {}, kept=rejected, before=before),
            taken("accept", {}, kept=accepted, before=Cookies((session,))),
        ],
    )
    part = seen.part({})
    assert part is not None
    rows = [(one.name, one.kind, one.days, one.before_answer, one.states) for one in part.cookies]
    assert rows == [
        ("_fbp", "cookie", 90.0, True, ("none", "accept")),
        ("_pin_unauth", "cookie", 365.0, True, ("reject",)),
        ("_fbp", "local_storage", None, False, ("reject",)),
        ("_ga", "cookie", 400.0, False, ("accept",)),
        ("theme", "local_storage", None, True, ("reject",)),
        ("gone", "session_storage", None, True, ()),
        ("seen", "session_storage", None, False, ("reject",)),
        ("cart", "cookie", None, True, ("none", "reject", "accept")),
    ]
    told = {one.name: one for one in part.cookies if one.kind == "cookie"}
    assert (told["cart"].session, told["cart"].http_only, told["cart"].secure, told["cart"].same_site) == (
        True,
        True,
        True,
        "Strict",
    )
    assert (told["_pin_unauth"].session, told["_pin_unauth"].secure, told["_pin_unauth"].same_site) == (
        False,
        True,
        "None",
    )


@pytest.mark.parametrize("turned", [False, True])
def test_that_nobody_was_asked_weighs_more_than_what_was_told(tmp_path: Path, turned: bool) -> None:
    found = [
        finding("tracking/view-content", "SKU", "consent=none"),
        finding("consent/before-choice", "meta", "consent=none"),
        finding("consent/after-rejection", "pinterest", "consent=reject"),
        finding("tracking/duplicate-hit", "ga4 page_view", "consent=accept"),
        finding("tracking/personal-field", "klaviyo phone", "consent=accept"),
        finding("tracking/mail-address", "criteo ep.mail", "consent=accept"),
        finding("tracking/product-id", "tiktok other", "consent=accept"),
        finding("tracking/expected-event", "snapchat VIEW_CONTENT", "consent=accept"),
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
        **{(PAGE, one, "accept"): "wrong_payload" for one in ("klaviyo", "criteo", "tiktok", "snapchat")},
    }


def test_without_a_banner_there_is_nothing_to_tell() -> None:
    assert ConsentSeen().part({}) is None
