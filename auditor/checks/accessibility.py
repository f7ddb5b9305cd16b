"""Checks of accessibility: axe-core's results as findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Tag

from auditor.checks.registry import check
from auditor.evidence.axe import AxeNode, AxeResult
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed
from auditor.model.urls import host
from auditor.model.words import Certainty, Severity

_SEVERITY = {
    "critical": Severity.CRITICAL,
    "serious": Severity.SERIOUS,
    "moderate": Severity.MODERATE,
    "minor": Severity.MINOR,
}


@check(needs={"axe"})
def axe_passes(snapshot: Snapshot, *, tags: tuple[str, ...] = ()) -> Iterator[Observation]:
    """axe-core finds no violation; what it could not decide needs review.

    `tags` limits the rules of axe (any of them matches). One observation per axe rule and element: the target is rule +
    role + name, which survives a rebuild of the page.
    """
    for results, certainty in ((snapshot.axe.violations, None), (snapshot.axe.incomplete, Certainty.NEEDS_REVIEW)):
        for result in results:
            if tags and not set(tags) & set(result.tags):
                continue
            seen: set[str] = set()
            for node in result.nodes:
                target = _target(result, node)
                if target in seen:
                    continue
                seen.add(target)
                yield _observed(snapshot, result, node, target, certainty)


def _observed(
    snapshot: Snapshot, result: AxeResult, node: AxeNode, target: str, certainty: Certainty | None
) -> Observation:
    elsewhere = node.frame and not snapshot.site.owns(node.frame)
    excerpts = [Excerpt("element", node.html, where=node.selector, box=node.box)]
    if node.summary:
        excerpts.append(Excerpt("axe says", node.summary))
    if measured := ", ".join(f"{name} {value}" for name, value in node.data.items() if name != "messageKey"):
        excerpts.append(Excerpt("measured", measured))
    if elsewhere:
        excerpts.append(Excerpt("inside a frame of", host(node.frame)))
    return failed(
        target,
        *excerpts,
        certainty=certainty,
        severity=_SEVERITY.get(node.impact or result.impact, Severity.MODERATE),
        help=result.help,
        axe=result.id,
        element=_named(result, node),
        review="" if certainty is None else " (axe could not decide: look at it)",
    )


def _target(result: AxeResult, node: AxeNode) -> str:
    """Rule, role and name; where the fault is that there is no name, the element's own stable hints (name, type, for)."""
    name = "" if _is_nameless(result) else re.sub(r"\d+", "#", node.name)[:80]
    return " ".join(part for part in (result.id, node.role, name or _hint(node.html)) if part)


def _is_nameless(result: AxeResult) -> bool:
    """Whether the rule says that the element has no name, so that what stands for one is text nearby."""
    return result.id == "label" or result.id.endswith(("-name", "-alt", "-title", "-label"))


def _hint(html: str) -> str:
    """What an element without a name can be told by: its tag with the attributes that a rebuild leaves alone."""
    # The excerpt may be cut anywhere, so a parser that forgives reads it.
    element = BeautifulSoup(html, "html.parser").find()
    if not isinstance(element, Tag):
        return ""
    kept = (
        (name, str(element.get(name) or "").partition("?")[0][:80])
        for name in ("name", "type", "for", "href", "src", "data-testid")
    )
    return " ".join([element.name, *(f"{name}={value}" for name, value in kept if value)])


def _named(result: AxeResult, node: AxeNode) -> str:
    role = node.role or _hint(node.html).partition(" ")[0] or "element"
    if _is_nameless(result):
        hint = _hint(node.html)
        return hint if hint.startswith(node.role) else f"{node.role} {hint}"
    return f"{role} “{node.name}”" if node.name else role
