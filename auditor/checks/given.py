"""Checks of the addresses that the user gave: the start pages and those of a list."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import FetchOutcome, Scope


@check(scope=Scope.SITE)
def given_addresses_answer(run: SiteQuery) -> Iterator[Observation]:
    """None of them is gone or fails; a failure counts once it was seen twice. Those of a shop that moved have rules of their own."""
    if not run.survey.counted:
        yield inapplicable("no page of the shop was there")  # the audit itself says why
        return
    moved = {one.url for one in run.site.old_addresses}
    asked = 0
    for target in run.given():
        if target.url in moved:
            continue
        asked += 1
        if target.outcome is not FetchOutcome.SITE_ERROR:
            continue
        if target.confirmed < 2:
            yield cant_tell(f"{target.url} failed once and could not be asked again", target.url)
            continue
        by = f", by way of {target.hops[-1].url}" if target.hops else ""
        yield failed(
            target.url,
            Excerpt("answer", target.reason, where=target.final_url or target.url),
            page=target.url,
            url=target.url,
            said=f"{target.reason or f'answers {target.status}'}{by}",
        )
    if not asked:
        yield inapplicable("no address was given beside those of a shop that moved")
