"""Checks of what of a list can be bought: whether most of it is sold out."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts import stock_words
from auditor.facts.addresses import view
from auditor.facts.shop_signs import product_cards
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable

# What cards of products say, in the words of the platforms' own themes and translations
_SOLD_OUT = frozenset(
    [*stock_words.SOLD_OUT, "nicht verfügbar", "derzeit nicht verfügbar", "non disponible", "rupture"]
)


@check(needs={"document", "texts"})
def lists_in_stock(snapshot: Snapshot, *, share: float = 0.5, least: int = 8) -> Iterator[Observation]:
    """No more than `share` of a list's products are said to be sold out. Asked of lists with `least` products or more.

    Counted are lines that say nothing else, as the browser shows them: badges that a theme keeps hidden, and a filter for what is
    in stock, don't count. Filtered and later parts of a list are let be, since sold-out products are mostly put last.
    """
    if view(snapshot.final_url):
        yield inapplicable("a filtered or later part of a list")
        return
    cards = product_cards(snapshot.document)
    if cards < least:
        yield inapplicable(f"fewer than {least} products in the list")
        return
    lines = (line.strip(" .!").casefold() for line in snapshot.texts.visible.splitlines() if len(line) < 40)
    said = [line for line in lines if line in _SOLD_OUT]
    # a button and a badge say it twice; more than two a card is no list of these cards
    if len(said) > 2 * cards:
        yield inapplicable("more is said to be sold out than products are in the list")
        return
    count = max((said.count(word) for word in set(said)), default=0)
    if count > share * cards and count <= cards:
        yield failed("", Excerpt("said", f"{said[0]} ({count})"), count=count, all=cards, said=said[0])
