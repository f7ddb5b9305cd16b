"""A running shop with its faults and one without, and a walk over all of its pages by safe links only."""

import http.client
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from lxml import html

from auditor.demo import DemoShop

# Written down here again on purpose: the walk must not learn from the shop what is unsafe.
UNSAFE = re.compile(r"/(cart|wishlist|compare)/|/currency/|/logout")


@dataclass(frozen=True)
class Answer:
    """What one request got, without following redirects."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


Ask = Callable[..., Answer]


def ask(shop: DemoShop, target: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=10)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): text for name, text in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@dataclass
class Walk:
    """Everything a careful visitor finds: answers by path with query, and who links to what."""

    origin: str
    answers: dict[str, Answer] = field(default_factory=dict)
    links: dict[str, set[str]] = field(default_factory=dict)

    def ends_at(self, target: str) -> Answer:
        """The answer after redirects; one of them where they go in a circle."""
        answer, seen = self.answers[target], {target}
        while answer.location:
            target = urljoin(target, answer.location)
            answer = self.answers[target]
            if target in seen:
                break
            seen.add(target)
        return answer

    def pages(self) -> dict[str, html.HtmlElement]:
        """The parsed pages that were answered with 200."""
        return {
            target: html.document_fromstring(answer.body, parser=html.HTMLParser(encoding="utf-8"))
            for target, answer in self.answers.items()
            if answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
        }


def walk(shop: DemoShop) -> Walk:
    found, waiting = Walk(shop.url), ["/", "/sitemap.xml", "/robots.txt"]
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=10)
    while waiting:
        target = waiting.pop()
        if target in found.answers:
            continue
        connection.request("GET", target)
        response = connection.getresponse()
        answer = found.answers[target] = Answer(response.status, response.headers, response.read())
        kind = response.headers.get("Content-Type", "")
        hrefs: list[str] = [answer.location] if answer.location else []
        if kind.startswith("text/html"):
            hrefs = [str(href) for href in html.document_fromstring(answer.text).xpath("//a/@href")]
        elif kind.startswith("application/xml"):
            hrefs = re.findall(r"<loc>(.*?)</loc>", answer.text)
        links = set()
        for href in hrefs:
            address = urldefrag(urljoin(shop.url + target, href)).url
            if address.startswith(shop.url) and not UNSAFE.search(href):
                links.add(address.removeprefix(shop.url) or "/")
        found.links[target] = links
        waiting += links
    connection.close()
    return found


@pytest.fixture(scope="session", name="ask")
def ask_fixture() -> Ask:
    """A function that sends one request."""
    return ask


@pytest.fixture(scope="session")
def clean_shop() -> Iterator[DemoShop]:
    with DemoShop(clean=True) as shop:
        yield shop


@pytest.fixture(scope="session")
def faulty_shop() -> Iterator[DemoShop]:
    with DemoShop() as shop:
        yield shop


@pytest.fixture(scope="session")
def clean_walk(clean_shop: DemoShop) -> Walk:
    return walk(clean_shop)


@pytest.fixture(scope="session")
def faulty_walk(faulty_shop: DemoShop) -> Walk:
    return walk(faulty_shop)
