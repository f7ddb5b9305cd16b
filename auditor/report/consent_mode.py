"""Consent Mode by page and state: default, update and Google's first hit, in the order they came; a part of the report."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.evidence.consent import Consent
from auditor.evidence.data_layer import DataLayer
from auditor.facts import data_layer
from auditor.facts.consent_order import consent_order
from auditor.facts.data_layer import Event
from auditor.facts.tracking import Hit
from auditor.knowledge.vendors import Vendors
from auditor.report.document import ConsentModeRow

_MAIN = ("ad_storage", "analytics_storage")


def row(
    page_type: str, url: str, state: str, layer: DataLayer, hits: Iterable[Hit], consent: Consent | None, known: Vendors
) -> ConsentModeRow | None:
    """None where neither Consent Mode nor a hit of Google's was seen. Times are from when the page was opened with the answer given."""
    order = consent_order(data_layer.events(layer), hits)
    if order.default is None and not order.updates and not order.sent:
        return None
    since = consent.reopened_ms if consent else 0.0
    first = order.sent[0] if order.sent else None
    return ConsentModeRow(
        page_type=page_type,
        url=url,
        state=state,
        default=_said(order.default.consent) if order.default else "",
        default_ms=_since(order.default, since),
        regional=order.regional,
        update=_said(order.settled) if order.updates else "",
        update_ms=_since(order.updates[0], since) if order.updates else None,
        hit=_told(first, known) if first else "",
        hit_signal=_signal(first) if first else "",
        hit_ms=max(round(first.started_ms - since), 0) if first else None,
    )


def _said(consent: dict[str, str]) -> str:
    """What is said of storage, in few words: `denied`, or each key where they differ."""
    told = {name: consent[name] for name in _MAIN if name in consent} or consent
    if len(set(told.values())) == 1 and set(_MAIN) <= set(told):
        return next(iter(told.values()))
    return ", ".join(f"{name} {said}" for name, said in sorted(told.items()))[:200] or "nothing of storage"


def _since(event: Event | None, since: float) -> float | None:
    return max(round(event.at_ms - since), 0) if event is not None and event.at_ms >= 0 else None


def _told(hit: Hit, known: Vendors) -> str:
    vendor = known.get(hit.vendor)
    return f"{vendor.name if vendor else hit.vendor}: {hit.event}"[:120]


def _signal(hit: Hit) -> str:
    return f"gcs={hit.consent['gcs']}"[:20] if hit.consent.get("gcs") else ""
