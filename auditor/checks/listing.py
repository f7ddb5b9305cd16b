"""Checks of products in lists against their own pages, across the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec
from lxml.html import HtmlElement

from auditor.checks import second_look
from auditor.checks.price_words import locale_of, money
from auditor.checks.registry import check
from auditor.facts.prices import PriceFact
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import PageType, Scope

_STEP = re.compile(
    r"#([A-Za-z][\w-]{0,60})|([a-zA-Z][\w-]{0,40})(?::nth-of-type\((\d{1,5})\))?"
)  # as collectors write them
_CENT = Decimal("0.01")
_MOST_PRODUCTS = 50_000
_MOST_CARDS = 200  # of a page
_HIGHEST = 12  # elements between a price and the card around it


class _Price(msgspec.Struct, frozen=True):
    amount: Decimal
    currency: str
    tax: str
    text: str
    url: str
    later: PriceFact | None = None  # when the page was opened once more
    looked: str = ""  # when


@check(scope=Scope.SITE, needs={"again"})
def listed_as_sold(run: SiteQuery) -> Iterator[Observation]:
    """The price on a product's card in a category is the one on its page, both seen by one browser, device and consent.

    Only clear ones are compared: one price now (no "from", no range), in one currency, of a product whose markup has no
    second price (a variant's), in a card with that product only.
    """
    prices: dict[tuple[str, str, str], _Price] = {}
    for snapshot in run.rendered(PageType.PRODUCT):
        main = _main(snapshot)
        if main is None:
            continue
        if len(prices) >= _MOST_PRODUCTS:
            break
        again = snapshot.again
        later = _main(again) if again else None
        price = _Price(main.amount, main.currency, main.tax, main.text, snapshot.url, later, again.at if again else "")
        for url in {snapshot.url, snapshot.final_url}:
            prices[(_client(snapshot), _state(snapshot), crawl_key(without_fragment(url)))] = price
    compared = 0
    for snapshot in run.rendered(PageType.CATEGORY) if prices else ():
        for url, card, fact in cards(snapshot):
            price_there = prices.get((_client(snapshot), _state(snapshot), url))
            if price_there is None or not _comparable(fact, price_there):
                continue
            compared += 1
            if abs(fact.amount - price_there.amount) >= _CENT:
                found = failed(
                    price_there.url,
                    Excerpt("in the list", fact.text, where=fact.selector, box=fact.box if fact.box[2] else None),
                    Excerpt("on its page", price_there.text, where=price_there.url),
                    page=snapshot.url,
                    seen_by=_client(snapshot),
                    name=card,
                    listed=money(fact.amount, fact.currency, locale_of(snapshot)),
                    shown=money(price_there.amount, price_there.currency, locale_of(snapshot)),
                )
                yield _again(found, snapshot, url, price_there)
    if not compared:
        yield inapplicable("no product was opened both in a list and on its own page with one clear price")


def _again(found: Observation, first: Snapshot, url: str, there: _Price) -> Observation:
    """What came of looking at list and page a second time, where that was done with both."""
    if first.again is None or not there.looked:
        return found
    then = max(first.again.at, there.looked)
    listed = next((fact for key, _, fact in cards(first.again) if key == url), None)
    if listed is None or there.later is None or listed.currency != there.later.currency:
        return second_look.unreadable(found, "list and page had no clear price", then)
    words = f"{listed.text} in the list, {there.later.text} on its page"
    if abs(listed.amount - there.later.amount) >= _CENT:
        return second_look.confirmed(found, words, then)
    return second_look.vanished(found, words, then)


def _client(snapshot: Snapshot) -> str:
    return str(snapshot.key.client)


def _state(snapshot: Snapshot) -> str:
    return str(snapshot.key.state)


def _main(snapshot: Snapshot) -> PriceFact | None:
    """The one price of a product's page; None where it has several, or it is not clear."""
    if snapshot.missing("texts"):
        return None
    main = snapshot.shown_prices.main
    if main is None or not _is_clear(main):
        return None
    stated = {offer.price for offer in snapshot.offers.offers if offer.price is not None}
    ranged = any(offer.low != offer.high for offer in snapshot.offers.offers)
    return None if len(stated) > 1 or ranged or any(product.variants > 1 for product in snapshot.offers.main) else main


def _is_clear(fact: PriceFact) -> bool:
    return fact.role == "now" and fact.high is None and not fact.ambiguous and fact.visible and fact.amount > 0


def _comparable(fact: PriceFact, price: _Price) -> bool:
    same_money = fact.currency == price.currency
    return same_money and not (fact.tax and price.tax and fact.tax != price.tax)


def cards(snapshot: Snapshot) -> Iterator[tuple[str, str, PriceFact]]:
    """(key of the product's page, name, price) of each card that names one product and one price now."""
    if snapshot.missing("texts"):
        return
    found: dict[HtmlElement, list[tuple[str, str, PriceFact]]] = {}
    facts = [fact for fact in snapshot.shown_prices.items if fact.scope == "card" and fact.visible]
    for fact in facts[:_MOST_CARDS]:
        element = _element(snapshot.document.tree, fact)
        card = _card(snapshot, element) if element is not None else None
        if card is not None:
            found.setdefault(card[0], []).append((card[1], card[2], fact))
    for listed in found.values():
        now = [one for one in listed if one[2].role in ("now", "from", "range")]
        if now and len({one[2].amount for one in now}) == 1 and all(_is_clear(one[2]) for one in now):
            yield now[0]


def _element(tree: HtmlElement, fact: PriceFact) -> HtmlElement | None:
    """The element at the fact's place, if it still says so: the document may have changed between the two looks at it."""
    steps = []
    for step in fact.selector.split(" > "):
        match = _STEP.fullmatch(step)
        if match is None:  # a shadow root
            return None
        steps.append(f"*[@id='{match[1]}']" if match[1] else f"{match[2]}[{match[3] or 1}]")
    found = tree.getroottree().xpath("//" + "/".join(steps))
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], HtmlElement):
        return None
    said = re.sub(r"\D", "", "".join(found[0].itertext())[:500])
    return found[0] if re.sub(r"\D", "", fact.text) in said else None


def _card(snapshot: Snapshot, price: HtmlElement) -> tuple[HtmlElement, str, str] | None:
    """The smallest block around a price that links to another page, with that page's key; None where it links to several."""
    here = crawl_key(without_fragment(snapshot.final_url))
    for depth, block in enumerate((price, *price.iterancestors())):
        if depth > _HIGHEST or block.tag in ("body", "main"):
            return None
        places: dict[str, str] = {}
        for link in block.iter("a"):
            url = snapshot.document.absolute(link.get("href") or "")
            if url and url.startswith("http") and (key := crawl_key(without_fragment(url))) != here:
                places[key] = places.get(key) or " ".join("".join(link.itertext()).split())[:120]
        if block.tag == "a" and (url := snapshot.document.absolute(block.get("href") or "")):
            places.setdefault(crawl_key(without_fragment(url)), "")
        pages = {key: name for key, name in places.items() if not _acts(key)}
        if len(pages) > 1:
            return None
        if pages:
            key, name = next(iter(pages.items()))
            return block, key, name or key
    return None


def _acts(url: str) -> bool:
    """A link of a card that does something (adds to the cart or a list) rather than leads to a page."""
    return platforms.load().unsafe(url, "") is not None
