"""Checks of the markup around products: lists, the organization, the search box, and what siblings have and a page lacks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain

from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts.items import Item
from auditor.facts.search_form import VARIABLE, template_of
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import absolute, host, is_http
from auditor.model.words import Certainty, PageType, Scope

_MOST = 50_000
_INPUT_NAME = re.compile(r"name\s*=\s*([\w-]{1,60})")
_NOTES = re.compile(r"(?:positive|negative)Notes")  # pros and cons of a review lead nowhere
_OUTLIER_TYPES = ("Product", "BreadcrumbList", "ItemList")


@check(needs={"structured_data"})
def lists_in_order(snapshot: Snapshot) -> Iterator[Observation]:
    """The entries of an ItemList have different positions, and each leads to something. Breadcrumbs have rules of their own."""
    lists = [
        item
        for item in snapshot.structured_data.of_type("ItemList")
        if not {"BreadcrumbList", "HowToStep", "OfferCatalog", "HowToSection"} & set(item.types)
        and item.items("itemListElement")
        and not _NOTES.search(item.path)
    ]
    if not lists:
        yield inapplicable("no list in the markup")
        return
    for one in lists[:50]:
        entries = [entry for entry in one.items("itemListElement") if entry.properties]
        positions = [entry.text("position") for entry in entries if entry.text("position")]
        repeated = [position for position, count in Counter(positions).items() if count > 1]
        if repeated:
            yield failed(
                "positions",
                Excerpt("positions", ", ".join(positions[:20]), where=place_of(one)),
                fault=f"has the position {repeated[0]} more than once",
            )
        lost = [entry for entry in entries if not _leads(entry)]
        if lost:
            yield failed(
                "urls",
                Excerpt("entry", lost[0].text("name") or " ".join(lost[0].types), where=place_of(lost[0])),
                # Entries that are no products may be mere words (a ranking, a table of contents)
                certainty=None if any(_sells(entry) for entry in lost) else Certainty.LIKELY,
                fault=f"has {len(lost)} of {len(entries)} entries without a url",
            )


def _leads(entry: Item) -> bool:
    """Whether an entry says where it leads; entries that are texts only (ingredients, steps) are left out by their types."""
    if entry.text("url") or (entry.id and not entry.id.startswith("_:")):
        return True
    inner = entry.items("item")
    if not inner:
        return bool(entry.text("item")) or ("ListItem" not in entry.types and not entry.is_a("Product"))
    return any(one.text("url") or (one.id and not one.id.startswith("_:")) or _offered_at(one) for one in inner)


def _sells(entry: Item) -> bool:
    return entry.is_a("Product") or any(one.is_a("Product") for one in entry.items("item"))


def _offered_at(item: Item) -> bool:
    return any(offer.text("url") for offer in item.items("offers"))


@check(needs={"structured_data"})
def one_organization(snapshot: Snapshot) -> Iterator[Observation]:
    """The organizations that a page describes on their own are one: no two of them with different names."""
    found = [
        item
        for item in snapshot.structured_data.items
        if item.is_a("Organization")
        and "Brand" not in item.types
        and item.text("name")
        and "parentOrganization" not in item.properties
    ]
    if not found:
        yield inapplicable("no organization in the markup")
        return
    firsts = {" ".join(item.text("name").split()).casefold(): item for item in reversed(found)}
    names = [name for name in firsts if not any(name != other and name in other for other in firsts)]
    hosts = {host(item.text("url")) for item in firsts.values() if is_http(item.text("url"))}
    # Organizations with sites of their own (a partner, a parent) are others
    if len(names) > 1 and len(hosts) < 2:
        items = sorted(firsts.values(), key=lambda item: (item.source, item.block, item.path))
        yield failed(
            "names",
            *(Excerpt("organization", item.text("name"), where=place_of(item)) for item in items[:4]),
            certainty=Certainty.LIKELY,
            names=[item.text("name") for item in items[:4]],
        )


@check(needs={"structured_data"})
def search_action_works(snapshot: Snapshot) -> Iterator[Observation]:
    """A SearchAction's address has a place for the words, which query-input names, and is on the shop's own host."""
    actions = [item for item in snapshot.structured_data.walk() if "SearchAction" in item.types and item.properties]
    if not actions:
        yield inapplicable("no SearchAction in the markup")
        return
    for action in actions[:5]:
        target = template_of(action)
        if not target:
            continue
        variables = VARIABLE.findall(target)
        wanted = _input_name(action)
        url = absolute(snapshot.final_url, VARIABLE.sub("x", target)) or ""
        fault = ""
        if not variables:
            fault = "has no place for the search words"
        elif wanted and wanted not in variables:
            fault = f"has a place for {variables[0]}, while query-input names {wanted}"
        elif (
            url
            and is_http(url)
            and not snapshot.site.owns(url)
            and not snapshot.site.owns(url.replace("://www.", "://"))
        ):
            fault = f"is on another host, {host(url)}"
        if fault:
            yield failed(
                "target", Excerpt("target", target[:300], where=place_of(action)), fault=fault, written=target[:200]
            )
            return


def _input_name(action: Item) -> str:
    value = action.first("query-input") or action.first("query")
    if isinstance(value, Item):
        return value.text("valueName")
    match = _INPUT_NAME.search(str(value or ""))
    return match.group(1) if match else ""


@check(scope=Scope.SITE)
def siblings_described(run: SiteQuery, *, siblings: int = 10, share: float = 0.9) -> Iterator[Observation]:
    """A page has the kinds of markup that at least `share` of `siblings` or more pages of its type have.

    Pages whose markup could not be read whole are left out. Of products without Product markup another rule tells.
    """
    looked = False
    for page_type in (PageType.PRODUCT, PageType.CATEGORY):
        has: dict[str, int] = defaultdict(int)
        lacks: dict[str, list[str]] = defaultdict(list)
        pages = 0
        for count, snapshot in enumerate(run.fetched(page_type)):
            if count >= _MOST:
                break
            data = snapshot.structured_data
            if data.faulty or data.dropped:
                continue
            pages += 1
            types = {
                name
                for item in data.walk()
                for name in _OUTLIER_TYPES
                if name in item.types or (name == "Product" and item.is_a(name))
            }
            for name in _OUTLIER_TYPES:
                if name in types:
                    has[name] += 1
                elif len(lacks[name]) < 1_000:
                    lacks[name].append(snapshot.url)
        if pages < siblings:
            continue
        looked = True
        for name, count in has.items():
            if page_type is PageType.PRODUCT and name == "Product":
                continue
            if count >= pages * share and count < pages and count >= siblings:
                for url in sorted(lacks[name])[:200]:
                    yield failed(
                        f"{page_type} {name}",
                        Excerpt("type", name),
                        page=url,
                        certainty=Certainty.LIKELY,
                        type=name,
                        count=count,
                        pages=pages,
                        kind=str(page_type),
                    )
    if not looked:
        yield inapplicable(f"fewer than {siblings} pages of one type with markup that could be read")


@check(scope=Scope.SITE, unseen=True)
def policies_stated(run: SiteQuery, *, products: int = 5) -> Iterator[Observation]:
    """Somewhere in the shop's markup stand its return policy and its delivery: with the organization, or with the offers.

    Markup that scripts put in counts where the page was opened in a browser.
    """
    stated: set[str] = set()
    offers, first = 0, ""
    for looked, snapshot in enumerate(chain(run.fetched(), run.rendered()), 1):
        if looked > _MOST or len(stated) == 2:
            break
        if snapshot.missing("structured_data") is not None:
            continue
        for item in snapshot.structured_data.walk():
            names = item.properties
            if (
                "hasMerchantReturnPolicy" in names
                or "hasProductReturnPolicy" in names
                or "MerchantReturnPolicy" in item.types
            ):
                stated.add("returns")
            if "shippingDetails" in names or "hasShippingService" in names or "ShippingService" in item.types:
                stated.add("delivery")
        if not snapshot.is_rendered and snapshot.page_type is PageType.PRODUCT and snapshot.offers.offers:
            offers += 1
            first = min(first, snapshot.url) if first else snapshot.url
    if offers < products:
        yield inapplicable(f"fewer than {products} products with offers in their markup were fetched")
        return
    missing = [name for name in ("returns", "delivery") if name not in stated]
    if missing:
        words = {"returns": "hasMerchantReturnPolicy", "delivery": "shippingDetails (or hasShippingService)"}
        yield failed("policies", page=first, properties=[words[name] for name in missing], count=offers)
