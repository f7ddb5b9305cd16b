"""Checks of descriptions in exports and feeds: each product's own, and not the supplier's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from html import unescape

from auditor.checks.feeds import named_rows, sources_of
from auditor.checks.registry import check
from auditor.facts import shelf
from auditor.model.expected import ExpectedProduct, Met, SourceRead
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

_SHOWN = 5
_MOST = 200_000  # texts that are remembered of a source
_LEAD = 12  # characters of a title that sizes and colours of one product have in common
_KEPT = 500  # characters that are kept of a description
_SUPPLIERS = ("*supplier*", "*lieferant*", "*fournisseur*")  # names of sources
_ELEMENT = re.compile(r"<[^<>]{0,500}>?")
_BLANK = re.compile(r"\W+")


@check(scope=Scope.SITE, needs={"exports"})
def export_descriptions_differ(run: SiteQuery, *, products: int = 3, letters: int = 120) -> Iterator[Observation]:
    """No description of some length stands at `products` or more different products of a source.

    Compared is what is kept of it, its first 500 characters. Variants of one product, by group, page, link or the beginning of
    their titles, may share it; so may texts shorter than `letters`.
    """
    sources, lacking = sources_of(run)
    yield from lacking
    told = _described(sources)
    if sources and not told:
        yield inapplicable("no source gives descriptions")
    for source in told:
        seen: dict[bytes, list[ExpectedProduct]] = {}
        marks: dict[bytes, set[str]] = {}
        for met in run.catalogue.met(source.name):
            if (text := _text(met.product, letters)) is None:
                continue
            if text not in seen and len(seen) >= _MOST:
                yield cant_tell(
                    f"{source.name} has more than {_MOST:,} descriptions; only these were compared", source.name
                )
                break
            mark = _mark(met)
            if mark not in (known := marks.setdefault(text, set())) and len(known) < 1_000:
                known.add(mark)
                named = seen.setdefault(text, [])
                if len(named) < _SHOWN:
                    named.append(met.product)
        shared = sorted((text for text in seen if len(marks[text]) >= products), key=lambda text: -len(marks[text]))
        if shared:
            first = seen[shared[0]]
            yield failed(
                source.name,
                *named_rows(source, first),
                source=source.name,
                count=sum(len(marks[text]) for text in shared),
                texts=len(shared),
                text=first[0].description[:100],
            )


@check(scope=Scope.SITE, needs={"exports"})
def export_descriptions_own(
    run: SiteQuery, *, suppliers: tuple[str, ...] = _SUPPLIERS, letters: int = 120
) -> Iterator[Observation]:
    """Descriptions are not those of a supplier's sheet: a source whose name fits one of `suppliers`. Known by GTIN, SKU or MPN."""
    sources, lacking = sources_of(run)
    yield from lacking
    told = _described(sources)
    sheets = _sheets(told, suppliers)
    own = [source for source in told if source not in sheets]
    if sources and not (sheets and own):
        yield inapplicable("no source is a supplier's sheet with descriptions")
        return
    known: dict[str, bytes] = {}
    for sheet in sheets:
        for met in run.catalogue.met(sheet.name):
            if (text := _text(met.product, letters)) is not None and len(known) < _MOST:
                known |= dict.fromkeys(_numbers(met.product), text)
    for source in own:
        copied: list[ExpectedProduct] = []
        count = 0
        for met in run.catalogue.met(source.name):
            text = _text(met.product, letters)
            if text is not None and any(known.get(number) == text for number in _numbers(met.product)):
                count += 1
                if len(copied) < _SHOWN:
                    copied.append(met.product)
        if count:
            yield failed(
                source.name,
                *named_rows(source, copied),
                source=source.name,
                count=count,
                name=copied[0].named,
                sheets=[sheet.name for sheet in sheets],
            )


@check(scope=Scope.SITE, needs={"exports"})
def page_descriptions_own(
    run: SiteQuery, *, suppliers: tuple[str, ...] = _SUPPLIERS, letters: int = 120
) -> Iterator[Observation]:
    """What a product's page says of it in the markup is not what the supplier's sheet says, word for word, as far as both go."""
    sources, lacking = sources_of(run)
    yield from lacking
    sheets = _sheets(_described(sources), suppliers)
    if sources and not sheets:
        yield inapplicable("no source is a supplier's sheet with descriptions")
    for sheet in sheets:
        compared = 0
        pages: dict[str, str] = {}  # address -> what its product is called
        for met in run.catalogue.met(sheet.name):
            said = _plain(met.product.description)
            shown = _plain(met.page.description) if met.page is not None else ""
            if min(len(said), len(shown)) < letters:
                continue
            compared += 1
            if said.startswith(shown) or shown.startswith(said):
                pages.setdefault(met.page.url, met.product.named)
        if pages:
            url, name = next(iter(pages.items()))
            first = (Excerpt("page", name, where=url) for url, name in list(pages.items())[:_SHOWN])
            yield failed(sheet.name, *first, page=url, source=sheet.name, count=len(pages), name=name)
        elif not compared:
            yield cant_tell(f"no product of {sheet.name} has a description in the markup of its page", sheet.name)


def _described(sources: Iterable[SourceRead]) -> list[SourceRead]:
    return [source for source in sources if "description" in source.columns]


def _sheets(sources: Iterable[SourceRead], suppliers: Iterable[str]) -> list[SourceRead]:
    """Those that are a supplier's, by their name."""
    return [source for source in sources if any(fnmatchcase(source.name.casefold(), one) for one in suppliers)]


def _plain(text: str) -> str:
    """Words alone: no elements, letter case, blanks and punctuation. The last word may be cut, and is left out."""
    words = _BLANK.sub(" ", _ELEMENT.sub(" ", unescape(text))).strip().casefold()
    return words.rpartition(" ")[0] if len(text) >= _KEPT else words


def _text(product: ExpectedProduct, letters: int) -> bytes | None:
    """A digest of the description; letter case, blanks and punctuation don't count. None where it is too short to be anyone's own."""
    words = _BLANK.sub(" ", product.description).strip().casefold()
    return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=12).digest() if len(words) >= letters else None


def _mark(met: Met) -> str:
    """What variants of one product have in common."""
    product = met.product
    page = met.page.url if met.page is not None else ""
    return product.group or page or shelf.base_of(product.link) or product.title.casefold()[:_LEAD] or product.key


def _numbers(product: ExpectedProduct) -> Iterator[str]:
    if gtin := shelf.gtin(product.gtin):
        yield f"gtin {gtin}"
    for number in {shelf.number(product.sku), shelf.number(product.mpn), shelf.number(product.id)} - {""}:
        yield f"number {number}"
