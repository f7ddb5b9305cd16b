"""Consent Mode in its order on one page: default, updates and what Google's tags sent; read by a consent check and the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from auditor.facts import consent_signals
from auditor.facts.data_layer import Event
from auditor.facts.tracking import Hit


class ConsentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """As the data layer shows it. What templates of Tag Manager tell Consent Mode does not pass through there."""

    default: Event | None = None  # the first
    regional: bool = False  # a default is for some regions only
    updates: tuple[Event, ...] = ()
    sent: tuple[Hit, ...] = ()  # events of Google's tags since this page began to push, as they started

    @property
    def settled(self) -> dict[str, str]:
        """Consent Mode's keys as the updates leave them."""
        return {name: said for update in self.updates for name, said in update.consent.items()}

    @property
    def grants_ms(self) -> float | None:
        """When the first update granted what page views need; None where none did, or nobody saw when."""
        granted = (one for one in self.updates if "granted" in (one.consent.get(name) for name in _STORED))
        first = next(granted, None)
        return first.at_ms if first is not None and first.at_ms >= 0 else None


_STORED = ("ad_storage", "analytics_storage")


def consent_order(pushes: Sequence[Event], hits: Iterable[Hit]) -> ConsentOrder:
    """Hits from before the first push are the page's before it, which was left: they are not in it."""
    began = min((one.at_ms for one in pushes if one.at_ms >= 0), default=None)
    google = [one for one in hits if one.vendor in consent_signals.GOOGLE and one.event and not one.host_only]
    defaults = [one for one in pushes if one.consent_is == "default"]
    return ConsentOrder(
        default=defaults[0] if defaults else None,
        regional=any(regional(one) for one in defaults),
        updates=tuple(one for one in pushes if one.consent_is == "update"),
        sent=tuple(
            sorted(
                (one for one in google if began is not None and one.started_ms >= began), key=lambda hit: hit.started_ms
            )
        ),
    )


def regional(default: Event) -> bool:
    """Whether a default of Consent Mode is for some regions only."""
    arguments = default.plain.get("arguments")
    return isinstance(arguments, list) and len(arguments) > 2 and isinstance(arguments[2], dict) and bool(arguments[2].get("region"))  # fmt: skip
