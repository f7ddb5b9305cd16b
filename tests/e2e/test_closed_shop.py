"""A closed shop is audited with its password; the ledger says so, and no secret is left anywhere in the workspace."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.crawl.nasty import Reply, Route, Visit, page, serving, text, to
from tests.crawl.test_opening import shopify
from tests.e2e.kit import Done, auditor_here, config

pytestmark = pytest.mark.usefixtures("kept_processes")
PASSWORD = "let me in 4711"
ENDS = int(time.time()) + 3 * 86_400
SECRETS = {
    "STORE": PASSWORD,
    "IN": f'sig1=("@authority");keyid="k-in-9";expires={ENDS}',
    "SIG": "sig1=:signature-value-9:",
    "PREVIEW": "preview-cookie-9",
}
ACCESS = {
    "storefront": "${STORE}",
    "signature": {"input": "${IN}", "signature": "${SIG}"},
    "cookies": {"_preview": "${PREVIEW}"},
}


def echoing(visit: Visit) -> object:
    """Shows what it was sent, as a debugging page of a staging shop does."""
    return page(
        text=f"{visit.headers.get('cookie')} {visit.headers.get('signature')} {visit.headers.get('signature-input')}"
    )


def test_a_closed_shop_is_opened_and_nothing_is_left_of_the_key(tmp_path: Path) -> None:
    with serving(shopify(PASSWORD)) as shop:
        shop.routes["/products/lamp"] = echoing  # type: ignore[assignment]
        told = config(tmp_path, shop.base, access=ACCESS, render={"browsers": ["chromium"]})
        done = auditor_here(tmp_path, "run", told, env=SECRETS)
        assert done.code == 0, done.said
        assert "the crawler signature runs out on" in done.err
        assert f"The storefront password was sent once to {shop.url('/password')}, as the config asks" in done.out
        assert done.result["coverage"]["fetched"] == 2
        assert done.result["coverage"]["clients"][1]["looked"] == 2
        browsers = [visit for visit in shop.visits if "sec-ch-ua" in visit.headers and visit.path == "/products/lamp"]
        assert browsers
        assert all("digest-1234" in visit.headers["cookie"] for visit in browsers)
        assert all(visit.headers["signature"] == SECRETS["SIG"] for visit in browsers)
        assert len([visit for visit in shop.visits if visit.method == "POST"]) == 1
        assert auditor_here(tmp_path, "evaluate", done.run).code == 0
    secrets = [value.encode() for value in (*SECRETS.values(), "signature-value-9", "digest-1234")]
    for file in (tmp_path / "audits").rglob("*"):
        if file.is_file():
            for secret in secrets:
                assert secret not in file.read_bytes(), (file, secret)
    for secret in secrets:
        assert secret.decode() not in done.said


def test_what_does_not_open_the_shop_ends_with_exit_3_and_says_why(tmp_path: Path) -> None:
    with serving(shopify("another")) as shop:
        told = config(tmp_path, shop.base, access={"storefront": "${STORE}"})
        done = auditor_here(tmp_path, "run", told, env=SECRETS)
        assert done.code == 3, done.said
        assert "the storefront password did not open the shop" in done.first_screen
        assert PASSWORD not in done.said
        assert shop.hits["/products/lamp"] == 0


CODE = "zjo34kbkfp"
PRELAUNCH = b'<html><title>Acme</title><h1>On our way</h1><form method=post action="/"><input name="guestTkn" id="guestTkn"></form></html>'
MAINTENANCE = b"<html><title>Acme</title><p>Our store is currently down for maintenance.</p></html>"


def bigcommerce(*, opened: bool = False) -> dict[str, Route]:
    """Every page is the one for the preview code, for whoever has not sent it; `opened`: the start page is open to all."""

    def closed(inside: Reply) -> Route:
        def answer(visit: Visit) -> Reply:
            if visit.method == "POST" and CODE in visit.body.decode():
                return to("/", 302, ("Set-Cookie", "guest=1; path=/"))
            known = "guest=1" in visit.headers.get("cookie", "") or (opened and visit.path == "/")
            return inside if known else Reply(body=PRELAUNCH)

        return answer

    paths = ("/lamp/", "/chair/", "/desk/")
    return {
        "/robots.txt": text("User-agent: *\nDisallow: /cart.php"), "/": closed(page(*paths, text="welcome")),
        **{path: closed(page(text=path)) for path in paths},
    }  # fmt: skip


def problems(done: Done) -> set[str]:
    return {one["rule"] for one in done.result["problems"]}


def test_a_shop_before_its_launch_ends_with_exit_3_and_nothing_is_told_of_its_page(tmp_path: Path) -> None:
    with serving(bigcommerce()) as shop:
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.base))
        assert done.code == 3, done.said
        assert "shows BigCommerce's prelaunch page, not the shop" in done.first_screen
        assert "access.storefront" in done.first_screen
        assert problems(done) == set()


def test_a_preview_code_opens_it_and_the_report_says_so(tmp_path: Path) -> None:
    with serving(bigcommerce()) as shop:
        access = {"storefront": {"password": "${CODE}", "page": "/", "field": "guestTkn"}}
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.base, access=access), env={"CODE": CODE})
        assert done.code == 0, done.said
        assert f"The storefront password was sent once to {shop.url('/')}, as the config asks" in done.out
        assert done.result["coverage"]["fetched"] == 4


def test_pages_that_are_closed_while_others_are_open_are_a_gap_and_no_pages_of_the_shop(tmp_path: Path) -> None:
    with serving(bigcommerce(opened=True)) as shop:
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.base))
        assert done.code == 3, done.said
        assert "3 pages blocked" in done.out
        assert "indexability/soft-404" not in problems(done)
        assert not [
            one for one in done.result["problems"] for found in one["findings"] if found["url"] != shop.url("/")
        ]


def test_a_shop_that_is_down_for_maintenance_is_not_waited_for(tmp_path: Path) -> None:
    down = Reply(status=503, body=MAINTENANCE, headers=(("Retry-After", "3600"),))
    with serving({"/": down, "/robots.txt": text("User-agent: *\nDisallow: /cart.php")}) as shop:
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.base))
        assert done.code == 3, done.said
        assert "maintenance page, not the shop" in done.first_screen
        assert problems(done) == set()
        assert [visit.path for visit in shop.visits] == ["/"]  # anything more would have had to wait for an hour


def test_a_signature_that_ran_out_is_refused_before_the_first_request(tmp_path: Path) -> None:
    with serving(shopify()) as shop:
        told = config(tmp_path, shop.base, access={"signature": ACCESS["signature"]})
        done = auditor_here(tmp_path, "run", told, env={**SECRETS, "IN": 'sig1=("@authority");expires=1700000000'})
        assert done.code == 2, done.said
        assert "the crawler signature ran out on 2023-11-14" in done.err
        assert not shop.visits


WINES = tuple(f"/wines/{name}" for name in ("rose", "merlot", "malbec", "pinot", "shiraz", "tempranillo"))


def test_one_page_before_the_whole_shop_is_no_page_of_it(tmp_path: Path) -> None:
    def sent_on(visit: Visit) -> Reply:
        return to(f"/welkom?to={quote(visit.path, safe='')}")

    with serving({"/welkom": page(title="Welkom bij Acme", text="Uw geboortejaar?")}) as shop:
        listed = "".join(f"<url><loc>{shop.url(path)}</loc></url>" for path in WINES)
        shop.routes["/robots.txt"] = text(f"User-agent: *\nAllow: /\nSitemap: {shop.url('/sitemap.xml')}\n")
        shop.routes["/sitemap.xml"] = text(
            f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{listed}</urlset>", "text/xml"
        )
        shop.routes |= dict.fromkeys(("/", *WINES), sent_on)
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.base, render={"browsers": []}))
        assert done.code == 3, done.said
        assert f"7 of 7 addresses, the start among them, lead to {shop.url('/welkom')}" in done.first_screen
        assert "access.cookies" in done.first_screen
        assert done.result["coverage"]["fetched"] == 0
        assert not [one for one in problems(done) if one.startswith(("meta/", "viewport/", "canonical/"))]


SHELL = b"<!doctype html><html><head><title>Acme</title><script defer src=/app.js></script></head><body><div id=root></div></body></html>"
APP = (
    "document.title = 'Wine ' + location.pathname;"
    "root.innerHTML = `<h1>${document.title}</h1><a href=/>Acme</a><p>12.00 EUR</p>`;"
)


@pytest.mark.parametrize("browsers", [[], ["chromium"]])
def test_a_shop_that_scripts_draw_is_seen_in_browsers_only(tmp_path: Path, browsers: list[str]) -> None:
    with serving(dict.fromkeys(("/", *WINES), Reply(body=SHELL))) as shop:
        listed = "".join(f"<url><loc>{shop.url(path)}</loc></url>" for path in WINES)
        shop.routes["/app.js"] = text(APP, "text/javascript")
        shop.routes["/robots.txt"] = text(f"User-agent: *\nAllow: /\nSitemap: {shop.url('/sitemap.xml')}\n")
        shop.routes["/sitemap.xml"] = text(
            f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{listed}</urlset>", "text/xml"
        )
        render = {"browsers": browsers, "per_template": 2}
        done = auditor_here(tmp_path, "run", config(tmp_path, shop.base, render=render))
    if browsers:
        assert done.code == 0, done.said
        assert done.result["coverage"]["fetched"] == 7
    else:
        assert done.code == 3, done.said
        assert "all 7 addresses answer with one and the same page" in done.first_screen
        assert done.result["coverage"]["fetched"] == 0
