"""Checks of lists of products: whether there is something in them, whether they hold what they say, and whether all of it can be reached."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import msgspec
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.facts.addresses import bare, first_page, page_number, view
from auditor.facts.contents import main_part
from auditor.facts.links import user_links
from auditor.facts.shop_signs import product_cards
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage
from auditor.model.words import Certainty, PageType, Scope

_N = r"(\d{1,3}(?:[.,]\d{3})+|\d{1,6})"
# What lists say of themselves: the first and last product shown, and how many there are
_RANGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:showing|items?|products?|results?|displaying|viewing|artikel|produkte?)\s*:?\s*{_N}\s*(?:-|–|—|to|bis|à|al?)\s*{_N}\s*(?:of|von|out of|sur|de|di|/)\s*{_N}",
        rf"\b{_N}\s*(?:-|–|—|to|bis|à)\s*{_N}\s*(?:of|von|out of|sur|de|di)\s*{_N}\s*(?:items?|products?|results?|artikeln?|produkten?|article|articles|produits|productos|prodotti)?",
    )
)
_ALL = re.compile(rf"\bshowing (?:all )?{_N} results?\b(?! of)|\bshowing the single result\b", re.IGNORECASE)
_SEEN_OF = re.compile(
    rf"(?:you(?:'ve|’ve| have)? (?:viewed|seen)|showing|sie haben|vous avez vu|has visto)\s+{_N}\s+(?:of|out of|von|sur|de)\s+{_N}",
    re.IGNORECASE,
)


class Told(msgspec.Struct, frozen=True):
    """What a list says: products `first` to `last` of `total`."""

    first: int
    last: int
    total: int
    words: str


def told(text: str) -> Told | None:
    """The first such words of a text that can be true; None without any."""
    for pattern in _RANGES:
        for match in pattern.finditer(text[:100_000]):
            first, last, total = (_number(one) for one in match.groups())
            if 0 < first <= last <= total:
                return Told(first, last, total, " ".join(match[0].split()))
    if whole := _ALL.search(text[:100_000]):
        total = _number(whole[1]) if whole[1] else 1
        return Told(1, total, total, " ".join(whole[0].split())) if total else None
    if part := _SEEN_OF.search(text[:100_000]):
        last, total = _number(part[1]), _number(part[2])
        return Told(1, last, total, " ".join(part[0].split())) if 0 < last <= total else None
    return None


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _told_in_place(snapshot: Snapshot) -> Told | None:
    """What stands where the platform writes it, whatever the language: the first, the last and all, or all alone where no more than these are shown."""
    for selector in platforms.load().selectors(snapshot.platform.id, "list_count"):
        for place in cast(list[HtmlElement], _compiled(selector)(main_part(snapshot.document))):
            words = " ".join(place.text_content().split())
            numbers = [_number(one) for one in re.findall(_N, words)]
            first, last, total = (
                numbers if len(numbers) == 3 else (1, numbers[0], numbers[0]) if len(numbers) == 1 else (0, 0, 0)
            )
            if 0 < first <= last <= total:
                return Told(first, last, total, words[:80])
    return None


@check(needs={"contents", "document", "wording"})
def lists_filled(snapshot: Snapshot) -> Iterator[Observation]:
    """A category has products in it: it does not say that there are none while no product stands there.

    Filters may well leave nothing. What is said in a part that the browser does not show is not said.
    """
    if view(snapshot.final_url):
        yield inapplicable("a filtered or later part of a list")
        return
    said = snapshot.contents.nothing
    if not said:
        return
    if snapshot.wording.seen and said.casefold() not in " ".join(snapshot.wording.text.split()).casefold():
        return
    if not product_cards(snapshot.document):
        yield failed("", Excerpt("said", said), said=said)


@check(needs={"document", "wording", "platform"})
def lists_hold_what_they_say(snapshot: Snapshot) -> Iterator[Observation]:
    """A list that says which products it shows ("1–12 of 48") shows so many. Counted are the platform's product cards in the main part."""
    range_ = _told_in_place(snapshot) or told(snapshot.wording.text)
    if range_ is None:
        yield inapplicable("the list does not say how many products it shows")
        return
    cards = _cards(snapshot)
    if not cards:
        yield cant_tell("no products were recognised in the list")
        return
    shown = range_.last - range_.first + 1
    if len(cards) != shown:
        yield failed(
            "fewer" if len(cards) < shown else "more", Excerpt("said", range_.words), said=range_.words, shown=shown, count=len(cards)
        )  # fmt: skip


@check(needs={"document", "links", "wording", "meta", "platform"})
def rest_of_list_linked(snapshot: Snapshot) -> Iterator[Observation]:
    """A list that says it has more products than it shows links to a later part of itself.

    A button alone ("load more"), or products that come while scrolling, are nothing that crawlers follow.
    """
    range_ = _told_in_place(snapshot) or told(snapshot.wording.text)
    if range_ is None or range_.last >= range_.total:
        yield inapplicable("the list does not say that there is more of it")
        return
    number = page_number(snapshot.final_url)
    places = [link.url for link in user_links(snapshot.links)] + [one.url for one in snapshot.meta.nexts]
    here = bare(first_page(snapshot.final_url))
    for url in places:
        if page_number(url) > number and bare(first_page(url)) == here:
            return
    if any(re.search(r"[?&](?:start|offset|phcursor|product-page|limit|show|per_page)=", url) for url in places):
        return
    yield failed("", Excerpt("said", range_.words), said=range_.words, total=range_.total, shown=range_.last)


@check(needs={"document", "platform"})
def products_listed_once(snapshot: Snapshot) -> Iterator[Observation]:
    """No product stands twice in the same list. Rows for other screens and blocks of recommendations are other lists."""
    cards = [(card, target) for card in _elements(snapshot) if (target := _target(snapshot, card))]
    if not cards:
        yield inapplicable("no products were recognised in the list")
        return
    held = Counter(up for card, _ in cards for up in card.iterancestors())
    seen: dict[Any, Counter[str]] = {}
    for card, target in cards:
        # cards may each stand in an element of their own: the list is what holds another one, too
        place = next((up for up in card.iterancestors() if held[up] > 1), None)
        if place is not None:
            seen.setdefault(place, Counter())[target] += 1
    longest = max(seen.values(), key=lambda one: (len(one), sum(one.values())), default=Counter())
    if len(longest) < 2:  # a card for phones and one for other screens
        return
    twice = [url for url, count in longest.items() if count > 1]
    # a carousel that goes round holds its first slides again
    if twice and len(twice) <= max(3, len(longest) // 4):
        yield failed("", *(Excerpt("twice", url) for url in twice[:5]), url=twice[0], count=len(twice))


@check(needs={"document", "platform"})
def no_product_beside_itself(snapshot: Snapshot) -> Iterator[Observation]:
    """A product's page does not recommend the product itself: none of its cards leads to where it is."""
    here = bare(snapshot.final_url)
    cards = [card for card in _elements(snapshot) if card.find(".//h1") is None]
    if not cards:
        yield inapplicable("no products beside this one were recognised")
        return
    own = [card for card in cards if _target(snapshot, card) == here and not _holds_form(card)]
    if own and len(cards) > 1:
        text = " ".join("".join(own[0].itertext()).split())[:200]
        yield failed("", Excerpt("card", text, where=f"line {own[0].sourceline or 0}"))


def _holds_form(card: HtmlElement) -> bool:
    """Whether it is the product's own block rather than a card of it."""
    return card.find(".//input[@type='number']") is not None or card.find(".//select") is not None


def _cards(snapshot: Snapshot) -> set[str]:
    return {target for card in _elements(snapshot) if (target := _target(snapshot, card))}


def _elements(snapshot: Snapshot) -> list[HtmlElement]:
    """The outermost product cards of the main part; those in frames around it are left out."""
    place = main_part(snapshot.document)
    selectors = platforms.load().selectors(snapshot.platform.id, "product_card")
    found: list[HtmlElement] = []
    for selector in selectors:
        found = [one for one in cast(list[HtmlElement], _compiled(selector)(place)) if not _framed(one, place)]
        if found:
            break
    inside = set(found)
    return [one for one in found if not any(up in inside for up in one.iterancestors())]


@lru_cache(maxsize=200)
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def _framed(card: HtmlElement, place: HtmlElement) -> bool:
    for up in card.iterancestors():
        if up is place:
            return False
        if up.tag in ("header", "footer", "nav", "aside", "template", "noscript"):
            return True
    return False


def _target(snapshot: Snapshot, card: HtmlElement) -> str:
    """Where the card's first link to a page leads, without what of its query does not name the page."""
    links = [card] if card.tag == "a" else cast(list[HtmlElement], card.xpath(".//a[@href]"))
    for link in links[:20]:
        url = snapshot.document.absolute(link.get("href") or "") or ""
        if (
            url.startswith("http")
            and snapshot.site.owns(url)
            and not platforms.load().unsafe(url, snapshot.platform.id)
        ):
            if (link.get("href") or "").startswith("#"):
                continue
            return bare(url)
    return ""


# Names that mean pages of a list and nothing else; `p` and `pg` number posts and products, too
_SAYS_PAGE = re.compile(r"[?&](?:page|paged|seite|pagina)=\d|/(?:page|seite|pagina|pagine)[/-]\d", re.IGNORECASE)
_TURNS = r"^\W*(?:[\w ]{0,12}\b(?:page|seite|p[aá]gina|strona|sid[ae]) *)?(?:%d)\W*$|\b(?:next|older|prev(?:ious)?|weiter|n[aä]chste|zur[uü]ck|suivante?|pr[eé]c[eé]dente?|siguiente|anterior|avanti|successiv[ao]|volgende|load more|show more)\b|^[«‹»›<>→←]+$"


@check(scope=Scope.SITE)
def later_pages_differ(run: SiteQuery) -> Iterator[Observation]:
    """A later page of a list has other words in it than the first.

    Where scripts fill lists, what was fetched says little: likely only. A list of no products, and an address whose number may
    mean something else, is asked for a link that turns pages: one that says the number, or "next".
    """
    survey, looked = run.survey, False
    for page in survey.pages(PageType.CATEGORY, PageType.SEARCH, PageType.CONTENT):
        # ?page=1 is how themes lead back to the first page
        if page.view != "later" or not page.digest or page_number(page.url) < 2:
            continue
        first = survey.page(first_page(page.url))
        if first is None or first.id == page.id:
            continue
        product_list = page.page_type is not PageType.CONTENT
        if not (product_list and _SAYS_PAGE.search(page.url)) and not _turned_to(run, page.url):
            continue
        looked = True
        if first.digest == page.digest:
            yield failed(
                "",
                Excerpt("first page", first.url),
                page=page.url,
                certainty=Certainty.LIKELY if survey.scripted or not product_list else None,
                url=page.url,
                first=first.url,
                number=page_number(page.url),
            )
    if not looked:
        yield inapplicable("no later page of a list was looked at together with its first")


def _turned_to(run: SiteQuery, url: str) -> bool:
    words = re.compile(_TURNS % page_number(url), re.IGNORECASE)
    return any(words.search(link.text) for link in run.inlinks(url))


@check(scope=Scope.SITE)
def crumbs_as_on_siblings(run: SiteQuery, *, siblings: int = 10, share: float = 0.9) -> Iterator[Observation]:
    """A product or category has breadcrumbs where nearly all others of its type have. Asked of `siblings` pages or more."""
    judged = False
    for page_type in (PageType.PRODUCT, PageType.CATEGORY):
        having = 0
        lacking: list[SeenPage] = []
        for page in run.survey.pages(page_type):
            if page.view:
                continue
            having += bool(page.crumbs)
            if not page.crumbs and len(lacking) < 500:
                lacking.append(page)
        judged = judged or having >= siblings
        if having < siblings or having < share * (having + len(lacking)):
            continue
        for page in lacking:
            yield failed("", page=page.url, count=having, all=having + len(lacking), page_type=str(page_type))
    if not judged:
        yield inapplicable(f"fewer than {siblings} pages of a type have breadcrumbs")
