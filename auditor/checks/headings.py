"""Checks of headings."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed
from auditor.model.words import PageType, Severity


@check(needs={"meta", "document"})
def h1_present(snapshot: Snapshot) -> Iterator[Observation]:
    """The page has a first-level heading that says something: an h1, or an element with that role. Its alt texts count."""
    if any(snapshot.meta.h1s):
        return
    tree = snapshot.document.tree
    if tree.xpath("boolean(//*[@role='heading' and @aria-level='1' and normalize-space()])"):
        return
    if tree.xpath("boolean(//h1[@aria-label!='' or .//*[@aria-label!='']])"):
        return
    yield failed(
        "",
        severity=Severity.MINOR if snapshot.page_type is PageType.HOME else None,
        found="an empty first heading (h1)" if snapshot.meta.h1s else "no first heading (h1)",
    )


@check(needs={"meta"})
def h1_single(snapshot: Snapshot) -> Iterator[Observation]:
    """The page has one first-level heading. The same words twice are one, shown on other screens."""
    texts = list(dict.fromkeys(text for text in snapshot.meta.h1s if text))
    if len(texts) > 1:
        yield failed("", *(Excerpt("h1", text[:300]) for text in texts[:5]), count=len(texts), texts=texts[:3])
