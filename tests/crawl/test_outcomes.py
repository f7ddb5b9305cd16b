import pytest

from auditor.crawl import outcomes
from auditor.crawl.outcomes import Trouble
from auditor.model.words import FetchOutcome as F


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\t",
        b"\xef\xbb\xbf",
        b'<!-- cached 2026-11-27 --><html><head><meta http-equiv="Content-Type" content="text/html"><title>Lamp</title></head><body></body></html>',
        b'<!doctype html><html lang="en"><head><meta charset=utf-8><link rel=icon href=/i.ico></head><body><div id=page><p>&nbsp;</p></div>',
    ],
)
def test_blank_pages(body: bytes) -> None:
    assert outcomes.is_blank(body)


@pytest.mark.parametrize(
    "body",
    [
        b"OK",
        b"<html><body><p>Gone.</p></body></html>",
        b"<html><body><div id=root></div><script src=/shop.js></script></body></html>",
        b"<html><head><link rel=stylesheet href=/all.css></head><body><div class=hero></div></body></html>",
        b"<html><head><meta http-equiv=refresh content='0;url=/shop'></head></html>",
        b"<html><body style='background:url(/soon.png)'></body></html>",
        b"<html><frameset cols=*><frame src=/shop></frameset></html>",
        b"<html><body><img src=/soon.png></body></html>",
        b"<html><body><my-shop></my-shop></body></html>",
        "<html><body>店</body></html>".encode("utf-16"),
        b"<!doctype html><html><body>" + b"<p></p>" * 1000,
    ],
)
def test_what_shows_something_or_may_is_not_blank(body: bytes) -> None:
    assert not outcomes.is_blank(body)


@pytest.mark.parametrize(
    ("status", "more", "outcome"),
    [
        (200, {}, F.OK),
        (200, {"blank": True}, F.SITE_ERROR),
        (200, {"blank": True, "challenge": "Cloudflare"}, F.BLOCKED),
        (200, {"challenge": "Cloudflare"}, F.BLOCKED),
        (202, {"challenge": "AWS WAF"}, F.BLOCKED),
        (301, {"location": False}, F.SITE_ERROR),
        (304, {}, F.SITE_ERROR),
        (400, {}, F.SITE_ERROR),
        (401, {}, F.BLOCKED),
        (403, {}, F.BLOCKED),
        (406, {}, F.BLOCKED),
        (403, {"challenge": "DataDome"}, F.BLOCKED),
        (404, {}, F.SITE_ERROR),
        (407, {}, F.BLOCKED),
        (410, {}, F.SITE_ERROR),
        (418, {}, F.SITE_ERROR),
        (429, {}, F.RATE_LIMITED),
        (429, {"challenge": "Shopify", "too_many": True}, F.RATE_LIMITED),
        (430, {}, F.RATE_LIMITED),
        (451, {}, F.BLOCKED),
        (500, {}, F.SITE_ERROR),
        (503, {}, F.SITE_ERROR),
        (503, {"retry_after": True}, F.RATE_LIMITED),
        (503, {"retry_after": True, "challenge": "Cloudflare"}, F.BLOCKED),
        (530, {}, F.SITE_ERROR),
        (999, {}, F.SITE_ERROR),
    ],
)
def test_every_status_has_its_outcome(status: int, more: dict, outcome: F) -> None:
    verdict = outcomes.of_answer(status, **more)
    assert verdict.outcome is outcome
    assert (verdict.reason == "") == (outcome is F.OK and more.get("size") != 0)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_has_words(trouble: Trouble) -> None:
    verdict = outcomes.of_trouble(trouble, seconds=30, detail="more")
    assert verdict.outcome is not F.OK
    assert verdict.reason.endswith(": more")
    assert "{" not in verdict.reason


def test_only_the_shops_own_failures_are_site_errors() -> None:
    site = {trouble for trouble in Trouble if outcomes.of_trouble(trouble).outcome is F.SITE_ERROR}
    assert site == {Trouble.DROPPED, Trouble.BROKEN_OFF, Trouble.NOT_HTTP}


@pytest.mark.parametrize(
    ("kind", "body", "html"),
    [
        ("text/html", b"", True),
        ("application/xhtml+xml", b"", True),
        ("", b"\xef\xbb\xbf\n <!DOCTYPE html><p>", True),
        ("", b"%PDF-1.7", False),
        ("text/plain", b"<html>", False),
        ("application/json", b"{}", False),
    ],
)
def test_html_is_told_by_type_then_by_look(kind: str, body: bytes, html: bool) -> None:
    assert outcomes.is_html(kind, body) is html
