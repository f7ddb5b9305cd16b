"""A closed shop is opened by the one form that may be sent; a login is looked at before it is relied on."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from auditor.config.session import Cookie
from auditor.crawl.opening import find_form
from auditor.crawl.process import crawl_round
from auditor.crawl.unlock import still_signed_in, unlock
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Reply, Route, Visit, page, serving, text, to

NewRun = Callable[[str], Crawled]
SHOPIFY = b"""<!doctype html><html><head><title>Shop &ndash; Opening Soon</title></head><body class="template-password">
<form method="post" action="/contact#x" class="contact-form"><input type="email" name="contact[email]"></form>
<form method="post" action="/password" id="login_form" accept-charset="UTF-8" class="storefront-password-form">
<input type="hidden" name="form_type" value="storefront_password"><input type="hidden" name="utf8" value="&#10003;">
<input type="password" name="password" autocomplete="current-password"><button type="submit" name="commit">Enter</button></form>
<p>Powered by Shopify</p></body></html>"""


def shopify(password: str = "let me in") -> dict[str, Route]:
    """Opens as Shopify does: every page leads to /password, the right password sets a cookie."""

    def closed(inside: Reply) -> Route:
        return lambda visit: (
            inside if "storefront_digest=digest-1234" in visit.headers.get("cookie", "") else to("/password")
        )

    def door(visit: Visit) -> Reply:
        if visit.method == "GET":
            return Reply(body=SHOPIFY)
        sent = parse_qs(visit.body.decode())
        right = sent.get("password") == [password] and sent.get("form_type") == ["storefront_password"]
        if not right:
            return Reply(body=SHOPIFY.replace(b"<p>", b"<p>Password incorrect, please try again."))
        return to("/", 302, ("Set-Cookie", "storefront_digest=digest-1234; path=/; HttpOnly; SameSite=Lax"))

    return {
        "/robots.txt": text("User-agent: *\nAllow: /\n"),
        "/password": door,
        "/": closed(page("/products/lamp", text="welcome")),
        "/products/lamp": closed(page(text="lamp")),
    }


def test_shopifys_password_page_is_opened_once_and_the_crawl_goes_on(new_run: NewRun) -> None:
    with serving(shopify()) as shop:
        told = settings(shop.url("/"), storefront=("let me in", "/password", ""), session={})
        opened = unlock(told)
        assert (opened.trouble, opened.sent) == ("", shop.url("/password"))
        assert [(one.name, one.value, one.domain) for one in opened.cookies] == [
            ("storefront_digest", "digest-1234", "127.0.0.1")
        ]
        posts = [visit for visit in shop.visits if visit.method == "POST"]
        assert [visit.path for visit in posts] == ["/password"]
        assert "contact" not in posts[0].body.decode()
        crawled = new_run(shop.url("/"))
        inside = settings(shop.url("/"), session={"cookies": opened.cookies})
        assert crawl_round(crawled.folder, crawled.run.id, inside).ok == 2
        assert crawled.responses()[shop.url("/products/lamp")].outcome is F.OK
        assert not [visit for visit in shop.visits if visit.method == "POST"][1:]


def test_a_wrong_password_is_said_and_not_repeated() -> None:
    with serving(shopify("another")) as shop:
        opened = unlock(settings(shop.url("/"), storefront=("let me in", "/password", ""), session={}))
        assert "did not open the shop" in opened.trouble
        assert "let me in" not in opened.trouble
        assert opened.sent == shop.url("/password")
        assert opened.cookies == ()
        assert len([visit for visit in shop.visits if visit.method == "POST"]) == 1


def test_the_password_goes_nowhere_else() -> None:
    with serving({"/password": page()}) as other:
        away = SHOPIFY.replace(b'action="/password"', f'action="{other.url("/password")}"'.encode())
        with serving({"/password": Reply(body=away), "/moved": to(other.url("/password"))}) as shop:
            for door, says in (("/password", "would send the password to"), ("/moved", "which is not configured")):
                opened = unlock(settings(shop.url("/"), storefront=("let me in", door, ""), session={}))
                assert says in opened.trouble
                assert opened.sent == ""
        assert not other.visits
        assert not [visit for visit in shop.visits if visit.method == "POST"]


def test_a_password_is_not_sent_on_by_a_redirect_that_keeps_the_body() -> None:
    door: Route = lambda visit: Reply(body=SHOPIFY) if visit.method == "GET" else to("/elsewhere", 307)  # noqa: E731
    with serving({"/password": door}) as shop:
        opened = unlock(settings(shop.url("/"), storefront=("let me in", "/password", ""), session={}))
        assert "sent on to another address" in opened.trouble
        assert shop.hits["/elsewhere"] == 0


@pytest.mark.parametrize(
    ("form", "field", "action", "names"),
    [
        ("<form method=post action=/in><input type=password name=p><input name=q value=1></form>", "", "/in", ["p", "q"]),
        ("<form method=post><input type=password name=post_password></form>", "", "/x/", ["post_password"]),
        ("<base href=/b/><form method=POST action=in><input type=password name=p></form>", "", "/b/in", ["p"]),
        ("<form method=post action=/in><input name=guestTkn></form>", "guestTkn", "/in", ["guestTkn"]),
        (
            "<form method=post action=/in><input type=password name=p><input type=checkbox name=c value=1>"
            "<input type=checkbox name=d value=1 checked><input type=submit name=s></form>",
            "", "/in", ["p", "d"],
        ),
        ("<form action=/in><input type=password name=p></form>", "", None, []),  # a GET would put it into the address
        ("<form method=post action=/l><input name=email><input type=password name=p></form>", "", None, []),  # a login
        ("<form method=post><input type=password name=a><input type=password name=b></form>", "", None, []),
        ("<form method=post><input type=password></form>", "", None, []),
        ("", "", None, []),
    ],
)  # fmt: skip
def test_which_form_opens_a_shop(form: str, field: str, action: str | None, names: list[str]) -> None:
    found = find_form(f"<html><body>{form}</body></html>", "https://shop.example/x/", field)
    assert (found and found.action) == (action and f"https://shop.example{action}")
    assert [name for name, _ in found.fields] == names if found else not names


def account(visit: Visit) -> Reply:
    return page(text="Hello Jane, log out") if "s=1" in visit.headers.get("cookie", "") else to("/login")


def test_a_login_that_ran_out_is_noticed() -> None:
    with serving({"/account": account, "/login": page(text="Log in")}) as shop:

        def told(value: str) -> object:
            return settings(
                shop.url("/"),
                canary=(shop.url("/account"), "Hello Jane"),
                session={"cookies": (Cookie(name="s", value=value, domain="127.0.0.1"),)},
            )

        assert unlock(told("1")).trouble == ""  # type: ignore[arg-type]
        assert still_signed_in(told("1")) == ""  # type: ignore[arg-type]
        lost = unlock(told("2")).trouble  # type: ignore[arg-type]
        assert "the login no longer holds" in lost
        assert "it led to" in lost
        assert shop.url("/login") in lost


def test_what_needs_no_opening_asks_for_nothing() -> None:
    with serving({}) as shop:
        assert unlock(settings(shop.url("/"))).trouble == ""
        assert still_signed_in(settings(shop.url("/"))) == ""
        assert not shop.visits
