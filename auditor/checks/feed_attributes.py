"""Checks of what the shop itself wants of its exports: attributes of each category, and numbers that are one product's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from auditor.checks.feeds import named_rows, sources_of
from auditor.checks.registry import check
from auditor.facts import shelf
from auditor.model.expected import ExpectedProduct
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

_SHOWN = 5
_MOST = 500_000  # GTINs that are remembered of a source
_LEAD = 12  # characters of a title that sizes and colours of one product have in common


@check(scope=Scope.SITE, needs={"exports"})
def required_attributes_there(run: SiteQuery) -> Iterator[Observation]:
    """Products of a source have what the config requires of their category (`required`); those that are not published need not."""
    sources, lacking = sources_of(run)
    yield from lacking
    told = [source for source in sources if source.required]
    if sources and not told:
        yield inapplicable("the config requires nothing of a category (catalogue: required)")
    for source in told:
        whole: Counter[str] = Counter()
        counts: Counter[tuple[str, str]] = Counter()
        first: dict[tuple[str, str], list[ExpectedProduct]] = defaultdict(list)
        for met in run.catalogue.met(source.name):
            if met.product.published is False:
                continue
            whole.update(met.product.asked)
            for place in met.product.lacks:
                counts[place] += 1
                if len(first[place]) < _SHOWN:
                    first[place].append(met.product)
        for (category, name), count in counts.items():
            yield failed(
                f"{source.name} {category} {name}",
                *named_rows(source, first[category, name]),
                source=source.name,
                category="all categories" if category == "*" else category,
                attribute=name,
                count=count,
                whole=whole[category],
            )
        if source.unasked:
            names = ", ".join(source.unasked[:10]) + (" …" if len(source.unasked) > 10 else "")
            yield cant_tell(f"{source.name} has no column for {names}, which the list requires", source.name)
        for category in source.required:
            if not whole[category]:
                yield cant_tell(f"{source.name} has no product of the category {category}", f"{source.name} {category}")


@check(scope=Scope.SITE, needs={"exports"})
def export_gtins_own(run: SiteQuery) -> Iterator[Observation]:
    """No GTIN stands at two products of a source. The same product used or renewed, and a row of the same SKU, may share it."""
    sources, lacking = sources_of(run)
    yield from lacking
    told = [source for source in sources if "gtin" in source.columns]
    if sources and not told:
        yield inapplicable("no source has GTINs")
    for source in told:
        known: dict[str, ExpectedProduct] = {}
        pairs: list[tuple[ExpectedProduct, ExpectedProduct]] = []
        count = 0
        for met in run.catalogue.met(source.name):
            product = met.product
            gtin = shelf.gtin(product.gtin)
            if not gtin or product.parent or product.published is False:
                continue
            other = known.get(gtin)
            if other is None:
                if len(known) >= _MOST:
                    yield cant_tell(
                        f"{source.name} has more than {_MOST:,} GTINs; only these were compared", source.name
                    )
                    break
                known[gtin] = product
            elif _are_two(other, product):
                count += 1
                if len(pairs) < _SHOWN:
                    pairs.append((other, product))
        if count:
            shown = (
                Excerpt(
                    f"lines {one.line:,} and {other.line:,}",
                    f"{one.gtin}: {one.named}, {other.named}",
                    where=source.origin,
                )
                for one, other in pairs
            )
            one, other = pairs[0]
            yield failed(
                source.name, *shown, source=source.name, count=count, gtin=one.gtin, one=one.named, other=other.named
            )


def _are_two(one: ExpectedProduct, other: ExpectedProduct) -> bool:
    """Whether two rows with one GTIN are two products: other numbers, and titles that don't begin alike."""
    if one.condition.casefold() != other.condition.casefold():
        return False
    if one.sku and one.sku == other.sku:
        return False
    titles = one.title.casefold()[:_LEAD], other.title.casefold()[:_LEAD]
    if one.group and one.group == other.group:
        return bool(one.sku and other.sku)  # two variants: each has its own
    return bool(titles[0]) and bool(titles[1]) and titles[0] != titles[1]
