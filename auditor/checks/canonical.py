"""Checks of the canonical link."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import host


@check(needs={"meta"})
def canonical_present(snapshot: Snapshot) -> Iterator[Observation]:
    """An indexable page names its canonical URL, in the head or in a Link header. A noindex page needs none."""
    if snapshot.meta.noindex:
        yield inapplicable("the page is noindex")
        return
    if not any(reference.source in ("head", "header") for reference in snapshot.meta.canonicals):
        stray = next((reference for reference in snapshot.meta.canonicals), None)
        excerpts = [Excerpt("canonical outside the head", stray.href, where=f"line {stray.line}")] if stray else []
        yield failed("", *excerpts, found="one outside the head, where search engines ignore it" if stray else "none")


@check(needs={"meta"})
def canonical_host_own(snapshot: Snapshot) -> Iterator[Observation]:
    """The canonical URL is on the shop's own host and not on plain http where the page is on https."""
    references = [
        reference for reference in snapshot.meta.canonicals if reference.source in ("head", "header") and reference.url
    ]
    if not references:
        yield inapplicable("no canonical")
        return
    for reference in references:
        excerpt = Excerpt(
            "canonical",
            reference.href,
            where=f"{reference.source}, line {reference.line}" if reference.line else reference.source,
        )
        if not snapshot.site.owns(reference.url):
            yield failed(
                host(reference.url),
                excerpt,
                canonical=reference.url,
                host=host(reference.url),
                expected=host(snapshot.final_url),
            )
        elif (
            snapshot.final_url.startswith("https://")
            and reference.url.startswith("http://")
            and not snapshot.site.host_map
        ):
            yield failed(
                "http",
                excerpt,
                canonical=reference.url,
                host=f"http://{host(reference.url)}",
                expected=f"https://{host(snapshot.final_url)}",
            )
