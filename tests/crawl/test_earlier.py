"""A second night: what is unchanged is not fetched, or not kept, again; what changed is seen whatever it hides behind."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from auditor.crawl.earlier import same
from auditor.crawl.process import crawl_round
from auditor.model.words import FetchOutcome as F
from auditor.store.workspace import Workspace
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Reply, Route, Visit, page, serving, text

PAGE = b"<html><head>%s</head><body><h1>Lamp</h1>%s</body></html>"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (b'<script nonce="aGVsbG8gd29ybGQ">x()</script>', b'<script nonce="Z29vZGJ5ZSB3b3Js">x()</script>'),
        (
            b'<input type="hidden" name="form_key" value="a8Fj2kLm0pQr">',
            b'<input type="hidden" name="form_key" value="Zz91mNb4cXs7">',
        ),
        (b'<meta name="csrf-token" content="123abc">', b'<meta name="csrf-token" content="456def">'),
        (b'{"static_token":"0123456789abcdef0123"}', b'{"static_token":"fedcba98765432100000"}'),
        (b'<div data-timestamp="1764100000">', b'<div data-timestamp="1764186400">'),
        (b"<!-- Page generated in 0.123 seconds -->", b"<!-- Page generated in 0.9 seconds -->"),
        (b"", b""),
    ],
)
def test_tokens_and_moments_change_nothing(before: bytes, now: bytes) -> None:
    assert same(PAGE % (now, b"49.00"), PAGE % (before, b"49.00"))
    assert not same(PAGE % (now, b"49.00"), PAGE % (before, b"59.00"))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (b'{"price_now":"49.00"}', b'{"price_now":"59.00"}'),
        (b'{"tokenPrice":"1249.0000000"}', b'{"tokenPrice":"1259.0000000"}'),
        (
            b'<meta property="product:price:amount" content="49.00">',
            b'<meta property="product:price:amount" content="59.00">',
        ),
        (b'<input name="qty" value="1">', b'<input name="qty" value="2">'),
        (b"<!-- price 49 -->", b"<!-- price 59 -->"),
        (b'<a href="/a?v=1">', b'<a href="/a?v=2">'),
        (b'"sku":"AB-1234567890123456"', b'"sku":"AB-6543210987654321"'),
    ],
)
def test_what_a_shop_says_is_never_taken_for_a_token(before: bytes, now: bytes) -> None:
    assert not same(PAGE % (now, b""), PAGE % (before, b""))


def shop(night: int, asked: Counter[str]) -> dict[str, Route]:
    """/tagged answers to ETag, /dated to Last-Modified, /nonce has a token of its own each time, /price changes."""

    def tagged(visit: Visit) -> Reply:
        known = visit.headers.get("if-none-match") == '"one"'
        asked["tag"] += known
        body = page("/deep", title="tagged").body
        return Reply(
            304 if known else 200, b"" if known else body, headers=(("ETag", '"one"'), ("X-Night", str(night)))
        )

    def dated(visit: Visit) -> Reply:
        known = "if-modified-since" in visit.headers
        asked["date"] += known
        moment = "Mon, 23 Nov 2026 08:00:00 GMT"
        return Reply(304 if known else 200, b"" if known else page().body, headers=(("Last-Modified", moment),))

    def nonce(visit: Visit) -> Reply:
        token = f"{night}{visit.number:015}"
        return page(head=f'<script nonce="{token}">x()</script>', title="nonce")

    def price(visit: Visit) -> Reply:
        stale = visit.headers.get("if-none-match") == f'"{night}"'
        return (
            Reply(304) if stale else Reply(body=page(text=f"{night}9.00 EUR").body, headers=(("ETag", f'"{night}"'),))
        )

    return {
        "/robots.txt": text(""), "/": page("/tagged", "/dated", "/nonce", "/price"), "/deep": page(title="deep"),
        "/tagged": tagged, "/dated": dated, "/nonce": nonce, "/price": price,
    }  # fmt: skip


def counts(workspace: Workspace) -> int:
    with workspace.read() as connection:
        return int(connection.exec_driver_sql("select count(*) from documents").scalar_one())


def test_a_second_night_asks_for_changes_only(tmp_path: Any) -> None:
    asked: Counter[str] = Counter()
    with Workspace.open(tmp_path / "audits") as workspace, serving(shop(1, asked)) as nasty:
        first = Crawled(workspace, nasty.url("/"))
        incremental = settings(nasty.url("/"), incremental=True)
        assert crawl_round(first.folder, first.run.id, incremental).fetched == 6
        assert not asked.total()
        kept = counts(workspace)
        nasty.routes.update(shop(2, asked))
        second = Crawled(workspace, nasty.url("/"))
        assert crawl_round(second.folder, second.run.id, incremental).fetched == 6
        assert asked == {"tag": 1, "date": 1}
        assert counts(workspace) == kept + 1  # the one whose price changed
        responses = {url.removeprefix(nasty.base): one for url, one in second.responses().items()}
        unchanged = {path for path, one in responses.items() if one.unchanged}
        assert unchanged == {"/", "/tagged", "/dated", "/nonce", "/deep"}
        tagged = responses["/tagged"]
        assert (tagged.outcome, tagged.status, tagged.header("x-night")) == (F.OK, 200, "2")
        assert tagged.fetched_at > first.responses()[nasty.url("/tagged")].fetched_at
        assert second.body(nasty.url("/tagged")) == first.body(nasty.url("/tagged"))
        assert b"29.00" in (second.body(nasty.url("/price")) or b"")
        third = Crawled(workspace, nasty.url("/"))
        assert crawl_round(third.folder, third.run.id, settings(nasty.url("/"))).fetched == 6
        assert asked == {"tag": 1, "date": 1}  # not asked for so
