"""Checks of files that no shop means to publish, by what came of asking for them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope, Severity


@check(scope=Scope.SITE)
def nothing_exposed(run: SiteQuery) -> Iterator[Observation]:
    """None of the files that were asked for was there. Told is which and where; what stands in it is neither kept nor shown."""
    asked = False
    for one in run.exposed():
        asked = True
        path = urlsplit(one.url).path
        if one.found:
            yield failed(
                path,
                Excerpt("answer", f"{one.status} {one.url}"),
                page=one.url,
                severity=None if one.secret else Severity.MODERATE,
                url=one.url,
                what=one.what,
            )
        elif one.reason:
            yield cant_tell(f"{path}: {one.reason}", path)
    if not asked:
        yield inapplicable("asked for only where the config says crawl: {exposed_files: true}, of a shop of one's own")
