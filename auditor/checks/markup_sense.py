"""Checks of what structured data says: breadcrumbs that lead where they should, availability as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.items import Item
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import rich_results
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import absolute, crawl_key, host, is_http
from auditor.model.words import Certainty

_MOST = 50_000  # products compared


@check(needs={"structured_data", "meta"})
def breadcrumbs_lead_here(snapshot: Snapshot) -> Iterator[Observation]:
    """Breadcrumbs lead to the shop, and a last one that is named as this page leads to this page.

    A trail may end before the page, and without an address; parameters (a variant's) and a slash make no difference, nor
    does the list through which a product is reached (`/collections/lights/products/lamp`, `/women/bags/bag.html`).
    """
    trails = [trail for trail in snapshot.structured_data.of_type("BreadcrumbList") if trail.items("itemListElement")]
    if not trails:
        yield inapplicable("no breadcrumbs in the markup")
        return
    mine = [url for url in (snapshot.url, snapshot.final_url, snapshot.meta.canonical) if url]
    own, handles = {_place(url) for url in mine}, {_handle(url) for url in mine} - {""}
    names = {" ".join(name.split()).casefold() for name in snapshot.meta.h1s if name.strip()}
    seen: set[str] = set()
    for trail in trails:
        crumbs = [(_crumb_name(one), _crumb_url(snapshot, one), one) for one in trail.items("itemListElement")]
        for name, url, item in crumbs:
            if url and is_http(url) and not _owned(snapshot, url) and host(url) not in seen:
                seen.add(host(url))
                fault = f"lead to another host: “{name}” to {url}"
                yield failed(f"host {host(url)}", Excerpt("crumb", url, where=f"line {item.line}"), fault=fault)
        name, url, item = crumbs[-1]
        if not url or not name or name.casefold() not in names or not _owned(snapshot, url):
            continue
        leads = absolute(snapshot.final_url, url) or url
        if _place(leads) not in own and _handle(leads) not in handles and "last" not in seen:
            seen.add("last")
            yield failed(
                "last",
                Excerpt("last crumb", f"{name}: {url}", where=f"line {item.line}"),
                certainty=Certainty.LIKELY if not snapshot.meta.canonical else None,
                fault=f"end with “{name}”, this page's name, and the address of another page: {url}",
            )


def _crumb_name(crumb: Item) -> str:
    return " ".join((crumb.text("name") or next((one.text("name") for one in crumb.items("item")), "")).split())


def _crumb_url(snapshot: Snapshot, crumb: Item) -> str:
    """The crumb's address, absolute; "" where it has none, or names a thing within this page (#crumb-1)."""
    value = crumb.first("item")
    written = (value.text("url") or value.id) if isinstance(value, Item) else str(value or "")
    written = written or crumb.text("url")
    return absolute(snapshot.final_url, written) or "" if written and not written.startswith("#") else ""


def _place(url: str) -> str:
    return crawl_key(url).partition("?")[0].rstrip("/").removeprefix("https:").removeprefix("http:")


def _handle(url: str) -> str:
    """The last part of an address; "" where there is none, or parameters name the page (index.php?product_id=40)."""
    place = _place(url)
    last = place.rpartition("/")[2]
    return "" if place.count("/") < 3 or last.startswith("index.") else last


def _owned(snapshot: Snapshot, url: str) -> bool:
    bare = host(url).removeprefix("www.")
    return any(snapshot.site.owns(f"https://{name}/") for name in (host(url), bare, f"www.{bare}"))


@check(needs={"structured_data", "meta"})
def markup_to_be_listed(snapshot: Snapshot) -> Iterator[Observation]:
    """A page that keeps itself out of search has no markup made for rich results. Lists, crumbs and the shop itself don't count."""
    if not snapshot.meta.noindex:
        yield inapplicable("the page may be listed")
        return
    wanted = {feature.type for feature in rich_results.load()} - {
        "BreadcrumbList",
        "Organization",
        "ItemList",
        "WebSite",
    }
    found = [item for item in snapshot.structured_data.items if any(item.is_a(one) for one in wanted) and item.types]
    types = sorted({item.types[0] for item in found})
    if types:
        yield failed(
            " ".join(types),
            *(Excerpt("item", one.types[0], where=f"line {one.line}") for one in found[:3]),
            types=types,
        )
