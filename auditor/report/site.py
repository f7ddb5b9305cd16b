"""What of a run's config decides how its prices are read, for the report."""

from __future__ import annotations

import json

from auditor.facts.snapshot import SiteContext
from auditor.model.run import Run


def site_of(run: Run) -> SiteContext:
    try:
        config = json.loads(run.config)
        market = config.get("config", config).get("market") or {}
        said = {name: str(market.get(name) or "") for name in ("locale", "currency", "country", "prices")}
    except (ValueError, AttributeError):
        return SiteContext(hosts=())
    return SiteContext(
        hosts=(),
        locale=said["locale"],
        currency=said["currency"],
        country=said["country"],
        tax=said["prices"].removesuffix("_tax"),
    )
