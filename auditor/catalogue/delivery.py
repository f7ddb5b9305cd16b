"""What a product feed says of the price of delivery, to amounts by country; called by the mapping of columns."""

from __future__ import annotations

import re

from auditor.catalogue import values
from auditor.model.expected import Delivery

_MOST = 20
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_AFTER = re.compile(r",(?=\s*(?:[A-Za-z]{2})?:)")  # a comma within an amount parts nothing


def deliveries(text: str) -> tuple[Delivery, ...]:
    """`DE::Standard:4.90 EUR,AT:::9.90 EUR`, as Google writes it; also `DE:4.90 EUR`. What has no country or amount is left out."""
    found = []
    for one in _AFTER.split(text)[:_MOST]:
        country, _, rest = one.strip().partition(":")
        price = values.amount(rest.rpartition(":")[2])
        if _COUNTRY.fullmatch(country) and price.amount is not None:
            found.append(Delivery(country.upper(), price.amount, price.currency))
    return tuple(found)
