import pytest

from auditor.crawl.robots import RobotsOfSite, parse, read
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome as F

URL = "https://shop.example/robots.txt"


def answer(status: int, outcome: F, reason: str = "") -> Response:
    return Response(url=URL, final_url=URL, outcome=outcome, status=status, reason=reason)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/cart/", False),
        ("/p?add-to-cart=5", False),
        ("/p?x=1&add-to-cart=5", False),
        ("/private/page.pdf", False),
        ("/private/page.pdf?x", True),
        ("/private/open/x", True),
    ],
)
def test_wildcards_ends_and_longest_match(path: str, allowed: bool) -> None:
    robots = parse(
        b"User-agent: *\nDisallow: /cart/\nDisallow: /*?*add-to-cart=\nDisallow: /private/*.pdf$\nAllow: /private/open/\n",
        URL,
    )
    assert robots.allows("https://shop.example" + path) is allowed


def test_our_own_name_wins_over_everybody() -> None:
    robots = parse(b"User-agent: *\nDisallow: /\n\nUser-agent: Auditor\nDisallow: /x\nCrawl-delay: 3\n", URL)
    assert robots.allows("https://shop.example/a")
    assert not robots.allows("https://shop.example/x")
    assert robots.delay == 3


def test_every_sitemap_line_is_read() -> None:
    robots = parse(
        b"Sitemap: https://shop.example/a.xml\nsitemap: /b.xml\nUser-agent: *\nSitemap: https://cdn.example/c.xml", URL
    )
    assert robots.sitemaps == ("https://shop.example/a.xml", "https://shop.example/b.xml", "https://cdn.example/c.xml")


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>Not found</body></html>", b"\x00\xff" * 100, b"\xef\xbb\xbfUser-agent: *\nAllow: /"]
)
def test_what_is_no_robots_txt_forbids_nothing(body: bytes) -> None:
    assert parse(body, URL).allows("https://shop.example/a")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_4xx_allows_all(status: int) -> None:
    assert read(answer(status, F.BLOCKED if status < 404 else F.SITE_ERROR), b"").allows("https://shop.example/a")


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [(503, F.SITE_ERROR, "answers 503"), (429, F.RATE_LIMITED, "answers 429"), (0, F.TIMEOUT, "could not be fetched")],
)
def test_5xx_and_silence_forbid_all_and_say_so(status: int, outcome: F, words: str) -> None:
    robots = read(answer(status, outcome, "no answer"), b"")
    assert not robots.allows("https://shop.example/a")
    assert words in robots.unknown


def test_owners_may_disregard_it() -> None:
    site = RobotsOfSite(obey=False)
    site.put("https://shop.example", parse(b"User-agent: *\nDisallow: /", URL))
    assert not site.disallows("https://shop.example/a")
    assert site.knows("https://other.example/")
