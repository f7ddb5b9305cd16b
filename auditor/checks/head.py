"""Checks of what a page says about itself in its head."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed


@check(needs={"meta"})
def title_present(snapshot: Snapshot) -> Iterator[Observation]:
    """The page has a title that is not empty, in its head. Titles of SVG drawings don't count."""
    titles = snapshot.meta.titles
    if any(title.text and not title.in_body for title in titles):
        return
    if not titles:
        yield failed("", found="no title")
    elif all(not title.text for title in titles):
        yield failed("", Excerpt("title", "<title></title>", where=f"line {titles[0].line}"), found="an empty title")
    else:
        yield failed(
            "",
            Excerpt("title outside the head", titles[0].text, where=f"line {titles[0].line}"),
            found="a title outside the head",
        )
