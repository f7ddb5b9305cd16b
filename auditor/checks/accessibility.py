"""Checks of accessibility: axe-core's results as findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from auditor.checks.registry import check
from auditor.evidence.axe import AxeNode, AxeResult
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, failed
from auditor.model.steady import steady_file, steady_word
from auditor.model.urls import host
from auditor.model.words import Certainty, Owner, Severity

if TYPE_CHECKING:
    from bs4.element import Tag

_SEVERITY = {
    "critical": Severity.CRITICAL,
    "serious": Severity.SERIOUS,
    "moderate": Severity.MODERATE,
    "minor": Severity.MINOR,
}
_LEVELS = {
    f"wcag{tag}{level}": f"WCAG {version} {level.upper()}"
    for tag, version in (("2", "2.0"), ("21", "2.1"), ("22", "2.2"))
    for level in ("a", "aa")
}
_CRITERION = re.compile(r"wcag(\d)(\d)(\d{1,2})")  # wcag1412 is 1.4.12
_LISTED = 5  # elements shown of those alike
_OFF = re.compile(r"(?:.{0,60}[-_])?(?:disabled|inactive)", re.IGNORECASE)
_HOLDERS = ("html", "body", "dl", "ul", "ol", "table", "tbody", "tr")  # their "name" is the text of all that they hold
_NUMBERED = re.compile(r"\d+|(?<=/)\w(?=/|$)")  # folders of a year, of a product, of the first letters of a name
_SHOWN = 60  # characters of a name in a message
_BY_ROLE = frozenset({"target-size"})  # rules of axe that are mended for all elements of a kind at once


@check(needs={"axe"})
def axe_passes(
    snapshot: Snapshot, *, tags: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> Iterator[Observation]:
    """axe-core finds no violation; what it could not decide needs review.

    `tags` limits the rules of axe (any of them matches), `without` leaves out those that a rule of ours tells of. One
    observation per axe rule and element: the target is rule + role + name, which survives a rebuild of the page; of
    contrast it is the two colours, which are mended once for all texts that have them, or why it could not be measured and
    the role, and of sizes the role: a menu's links have their size from one line of the style sheet; of
    pictures without a text it is their folder, which is what a template or a gallery fills. What stands in another's frame
    is the vendor's to mend, and at most moderate: no release of the shop changes it.
    """
    for result, certainty in _results(snapshot, tags, without):
        alike: dict[tuple[str, str], list[AxeNode]] = {}
        for node in result.nodes:
            away = _elsewhere(snapshot, node)
            target = " ".join(filter(None, (_target(result, node), away and f"in {away}")))
            alike.setdefault((target, away), []).append(node)
        for (target, away), nodes in alike.items():
            yield _observed(result, nodes, target, certainty, away)


@check(needs={"axe"})
def axe_advises(
    snapshot: Snapshot, *, tags: tuple[str, ...] = ("best-practice",), without: tuple[str, ...] = ()
) -> Iterator[Observation]:
    """axe-core's good practices, which no standard asks for, are kept. One observation per axe rule; other hosts' frames don't count."""
    for result, certainty in _results(snapshot, tags, without):
        nodes = [node for node in result.nodes if not _elsewhere(snapshot, node)]
        if not nodes or set(result.tags) & set(_LEVELS):
            continue
        count = len(nodes) + result.cut
        grave = _SEVERITY.get(result.impact, Severity.MODERATE).rank <= Severity.SERIOUS.rank
        yield failed(
            result.id,
            *(Excerpt("element", node.html, where=node.selector, box=node.box) for node in nodes[:_LISTED]),
            certainty=certainty,
            severity=Severity.MINOR if grave else Severity.INFO,
            help=result.help,
            axe=result.id,
            element=_named(result, nodes[0]) + (f" and {count - 1} more" if count > 1 else ""),
            count=count,
        )


def _results(
    snapshot: Snapshot, tags: Collection[str], without: Collection[str]
) -> Iterator[tuple[AxeResult, Certainty | None]]:
    for results, certainty in ((snapshot.axe.violations, None), (snapshot.axe.incomplete, Certainty.NEEDS_REVIEW)):
        for result in results:
            if result.id not in without and (not tags or set(tags) & set(result.tags)):
                yield result, certainty


def _elsewhere(snapshot: Snapshot, node: AxeNode) -> str:
    """The host of the frame that the element stands in, where it is not the shop's."""
    return "" if not node.frame or snapshot.site.owns(node.frame) else host(node.frame)


def _observed(
    result: AxeResult, nodes: Sequence[AxeNode], target: str, certainty: Certainty | None, away: str
) -> Observation:
    node = nodes[0]
    excerpts = [Excerpt("element", one.html, where=one.selector, box=one.box) for one in nodes[:_LISTED]]
    if node.summary:
        excerpts.append(Excerpt("axe says", node.summary))
    if measured := ", ".join(f"{name} {value}" for name, value in node.data.items() if name != "messageKey"):
        excerpts.append(Excerpt("measured", measured))
    severity = _SEVERITY.get(node.impact or result.impact, Severity.MODERATE)
    if away:
        excerpts.append(Excerpt("inside a frame of", away))
        severity = max(severity, Severity.MODERATE, key=lambda one: one.rank)
    review = "" if certainty is None else "; axe could not decide: look at it"
    if certainty is None and _looks_switched_off(result, node):
        certainty, review = (
            Certainty.NEEDS_REVIEW,
            "; it looks switched off, and such text needs no contrast: look at it",
        )
    return failed(
        target,
        *excerpts,
        certainty=certainty,
        severity=severity,
        owner=Owner.VENDOR if away else None,
        help=result.help,
        axe=result.id,
        element=_named(result, node) + (f" and {len(nodes) - 1} more" if len(nodes) > 1 else "") + _measured(node),
        standard=_standard(result),
        place=f", inside the frame of {_vendor(node.frame, away)}" if away else "",
        review=review,
    )


def _colours(node: AxeNode) -> str:
    ink, ground = node.data.get("fgColor", ""), node.data.get("bgColor", "")
    return f"{ink} on {ground}" if ink and ground else ""


def _measured(node: AxeNode) -> str:
    """In words: ", #28a745 on #ffffff, contrast 3.13 instead of 4.5:1"."""
    ratio, needed = node.data.get("contrastRatio", ""), node.data.get("expectedContrastRatio", "")
    colours = _colours(node)
    return f", {colours}, contrast {ratio} instead of {needed}" if colours and ratio and needed else ""


def _looks_switched_off(result: AxeResult, node: AxeNode) -> bool:
    """Contrast is not asked of what is inactive (WCAG 1.4.3); themes often say so by a class alone, which axe can't know."""
    element = _element(node.html) if result.id.startswith("color-contrast") else None
    return element is not None and (
        any(_OFF.fullmatch(name) for name in element.get_attribute_list("class") if isinstance(name, str))
        or element.has_attr("disabled")
        or element.get("aria-disabled") == "true"
    )


def _standard(result: AxeResult) -> str:
    """Version and level of WCAG with the criteria: "WCAG 2.1 AA 1.4.12"; axe's own tags where it names none."""
    level = next((name for tag, name in _LEVELS.items() if tag in result.tags), "axe's own rules")
    criteria = (match for tag in result.tags if (match := _CRITERION.fullmatch(tag)))
    return " ".join([level, ", ".join(".".join(match.groups()) for match in criteria)]).strip()


def _vendor(url: str, name: str) -> str:
    match = vendors.load().match(url)
    known = vendors.load().get(match.vendor) if match else None
    return f"{known.name} ({name})" if known else name


def _target(result: AxeResult, node: AxeNode) -> str:
    """Rule, role and name; where the fault is that there is no name, the element's own stable hints (name, type, for)."""
    if colours := _colours(node):
        return f"{result.id} {colours}" + (" switched off" if _looks_switched_off(result, node) else "")
    if result.id in _BY_ROLE:
        return f"{result.id} {node.role or 'element'}"
    if result.id == "image-alt" and (folder := _folder(node.html)):
        return f"{result.id} {folder}"
    if reason := _undecided(result, node):
        return " ".join(filter(None, (result.id, reason, node.role or _tag(node))))
    name = "" if _is_nameless(result) or _holds(node) else re.sub(r"\d+", "#", node.name)[:80]
    return " ".join(part for part in (result.id, node.role, name or re.sub(r"\d+", "#", _hint(node.html))) if part)


def _undecided(result: AxeResult, node: AxeNode) -> str:
    """Why axe could not measure a contrast ("bgImage"): a template's text on a picture is one thing to look at, whatever product it names."""
    return node.data.get("messageKey", "") if result.id.startswith("color-contrast") else ""


def _folder(html: str) -> str:
    """`img in /media/products/`: pictures that one template or one gallery writes; "" for a picture without an address."""
    element = _element(html)
    source = steady_file(str(element.get("src") or "")).partition("?")[0] if element is not None else ""
    if "/" not in source or source.startswith("data:"):
        return ""
    return f"img in {_NUMBERED.sub('*', source.rpartition('/')[0])}/"


def _tag(node: AxeNode) -> str:
    return _hint(node.html).partition(" ")[0]


def _is_nameless(result: AxeResult) -> bool:
    """Whether the rule says that the element has no name, so that what stands for one is text nearby."""
    return result.id == "label" or result.id.endswith(("-name", "-alt", "-title", "-label"))


def _hint(html: str) -> str:
    """What an element without a name can be told by: its tag with the attributes that a rebuild leaves alone."""
    element = _element(html)
    if element is None:
        return ""
    kept = [(name, steady_word(str(element.get(name) or ""))[:80]) for name in ("name", "type", "for")]
    kept += [(name, steady_file(str(element.get(name) or "")).partition("?")[0][:80]) for name in ("href", "src")]
    kept.append(("data-testid", steady_word(str(element.get("data-testid") or ""))[:80]))
    return " ".join([element.name, *(f"{name}={value}" for name, value in kept if value)])


def _element(html: str) -> Tag | None:
    # The excerpt may be cut anywhere, so a parser that forgives reads it; loading it takes a tenth of a second.
    from bs4 import BeautifulSoup
    from bs4.element import Tag

    element = BeautifulSoup(html, "html.parser").find()
    return element if isinstance(element, Tag) else None


def _named(result: AxeResult, node: AxeNode) -> str:
    role = node.role or _tag(node) or "element"
    if _is_nameless(result):
        hint = _hint(node.html)
        return hint if hint.startswith(node.role) else f"{node.role} {hint}"
    name = node.name if len(node.name) <= _SHOWN else node.name[:_SHOWN].rsplit(" ", 1)[0] + " …"
    return f"{role} “{name}”" if name and not _holds(node) else role


def _holds(node: AxeNode) -> bool:
    return _tag(node) in _HOLDERS and "aria-label" not in node.html[:500]
