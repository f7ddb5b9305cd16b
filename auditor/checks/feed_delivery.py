"""Checks of what feeds say of delivery against what pages say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.checks.feeds import sources_of
from auditor.checks.price_words import money
from auditor.checks.registry import check
from auditor.model.expected import Delivery, ExpectedProduct
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

_SHOWN = 8


@check(scope=Scope.SITE, needs={"exports"})
def feed_delivery_as_marked_up(run: SiteQuery) -> Iterator[Observation]:
    """Of a country for which both name a price of delivery, feed and markup have one in common. One observation for a source.

    Several services and thresholds give several prices for a country; then one that both name is enough. Other currencies are not
    compared, nor products that share a page whose values may be another variant's.
    """
    sources, lacking = sources_of(run)
    yield from lacking
    compared = False
    for source in sources:
        wrong: list[tuple[ExpectedProduct, str, Delivery, list[Delivery]]] = []
        count = 0
        for met in run.catalogue.met(source.name) if source.feed else ():
            product, page = met.product, met.page
            if page is None or met.vague or product.published is False or not product.delivery or not page.delivery:
                continue
            for one, there in _of_one_country(product.delivery, page.delivery):
                compared = True
                if all(one.amount != other.amount for other in there) and not _meet(product.delivery, there):
                    count += 1
                    if len(wrong) < _SHOWN:
                        wrong.append((product, page.url, one, there))
                    break
        if wrong:
            product, url, one, there = wrong[0]
            locale = run.site.locale
            yield failed(
                source.name,
                *(
                    Excerpt(f"line {product.line:,}", f"{product.named}: {one.country} {one.amount} {one.currency}, markup {_list(there)}", where=url)
                    for product, url, one, there in wrong
                ),
                page=url,
                source=source.name,
                count=count,
                name=product.named,
                country=one.country,
                wanted=money(one.amount, one.currency, locale),
                here=money(there[0].amount, there[0].currency, locale),
            )  # fmt: skip
    if sources and not compared:
        yield inapplicable("no feed and page name prices of delivery for one country")


def _of_one_country(feed: Iterable[Delivery], page: Iterable[Delivery]) -> Iterator[tuple[Delivery, list[Delivery]]]:
    pages = list(page)
    for one in feed:
        there = [other for other in pages if other.country == one.country and _one_currency(one, other)]
        if there:
            yield one, there


def _meet(feed: Iterable[Delivery], there: list[Delivery]) -> bool:
    """Whether any service of the feed in this country has a price that the page has, too."""
    amounts = {other.amount for other in there}
    return any(one.amount in amounts for one in feed if one.country == there[0].country)


def _one_currency(one: Delivery, other: Delivery) -> bool:
    return not one.currency or not other.currency or one.currency == other.currency


def _list(rates: Iterable[Delivery]) -> str:
    return ", ".join(f"{one.amount} {one.currency}".strip() for one in rates)
