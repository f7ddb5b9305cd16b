"""Collects what axe-core finds, in every frame that can be entered, with role and name of each element."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import msgspec
from playwright.sync_api import Error, Frame

from auditor.evidence.axe import Axe, AxeNode, AxeResult
from auditor.render.collectors.look import Distorted, Look, ask, script

MOST_NODES = 100  # of a rule
MOST_FRAMES = 12
_FAILED = ("chrome-error:", "about:neterror", "about:certerror")  # the browser's own page in place of the frame's
_WHOLE = {"include": [["html"]], "exclude": []}


Box = tuple[float, float, float, float]


class _Node(msgspec.Struct):
    target: list[Any]
    html: str
    summary: str
    impact: str
    data: dict[str, str]


class _Rule(msgspec.Struct):
    id: str
    impact: str
    help: str
    help_url: str
    tags: tuple[str, ...]
    nodes: list[_Node]
    cut: int


class _Results(msgspec.Struct):
    version: str
    violations: list[_Rule]
    incomplete: list[_Rule]
    passes: tuple[str, ...]
    inapplicable: tuple[str, ...]


class _Below(msgspec.Struct):
    selector: Any
    context: Any


class _Part(msgspec.Struct):
    results: _Results | None  # where the page has no frames
    partial: str
    below: list[_Below]


class _Detail(msgspec.Struct):
    role: str
    name: str
    box: Box | None


class _Corner(msgspec.Struct):
    """Where what is shown of a frame's document stands in the document around it, how far it is scrolled."""

    box: Box
    scrolled: tuple[float, float]


# Libraries of old add names to every object that loops then meet; axe fails on them.
_HIDE = """for (const p of [Object.prototype, Array.prototype]) for (const k of Object.keys(p)) {
  const d = Object.getOwnPropertyDescriptor(p, k); if (d.configurable) Object.defineProperty(p, k, { enumerable: false });
}"""

_OUTSIDE = """(frame) => {
  const rect = frame.getBoundingClientRect();
  const style = getComputedStyle(frame);
  const left = frame.clientLeft + parseFloat(style.paddingLeft), top = frame.clientTop + parseFloat(style.paddingTop);
  return [rect.left + window.scrollX + left, rect.top + window.scrollY + top, frame.clientWidth, frame.clientHeight];
}"""


@cache
def _source() -> str:
    """axe-core as the package brings it; the expression's own value is nothing, so that nothing is sent back."""
    source = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    return f"{_HIDE}\n{source}\n;undefined"


def collect(look: Look) -> Axe:
    return _Run(look).all()


class _Run:
    def __init__(self, look: Look) -> None:
        self._tab = look.tab
        # preload would fetch style sheets a second time, for one rule
        self._options = {
            "runOnly": {"type": "tag", "values": list(look.settings.axe_tags)},
            "resultTypes": ["violations", "incomplete"],
            "preload": False,
        }
        self._entered: list[Frame] = []
        self._known: dict[str, Frame | None] = {"": look.tab.main_frame}  # axe's path to the frame -> frame
        self._unreached: list[str] = []
        self._corners: dict[Frame, _Corner | None] = {}

    def all(self) -> Axe:
        results = self._results()
        details = self._details([*results.violations, *results.incomplete])
        return Axe(
            version=results.version,
            violations=tuple(self._result(rule, details) for rule in results.violations),
            incomplete=tuple(self._result(rule, details) for rule in results.incomplete),
            passes=results.passes,
            inapplicable=results.inapplicable,
            unreached_frames=tuple(self._unreached),
        )

    def _results(self) -> _Results:
        main = self._tab.main_frame
        first = self._run(main, _WHOLE)
        if first.results is not None:
            return first.results
        partials = self._parts(main, first)
        return ask(main, "axe_finish", {"partials": partials, "options": self._options, "cap": MOST_NODES}, _Results)

    def _run(self, frame: Frame, context: Any) -> _Part:
        frame.evaluate(_source())
        self._entered.append(frame)
        whole = frame == self._tab.main_frame
        return ask(
            frame, "axe_part", {"context": context, "options": self._options, "cap": MOST_NODES, "whole": whole}, _Part
        )

    def _parts(self, frame: Frame, part: _Part) -> list[str | None]:
        """This frame's part, then those of the frames below it, depth first, None for one that was not reached."""
        parts: list[str | None] = [part.partial]
        for below in part.below:
            url = ""
            try:
                child = self._child(frame, below.selector)
                url = child.url if child else ""
                if child is None or url.startswith(_FAILED) or len(self._entered) > MOST_FRAMES:
                    raise Distorted("frame not entered")
                parts += self._parts(child, self._run(child, below.context))
            except (Error, Distorted):
                if self._tab.is_closed():
                    raise
                self._unreached.append(url or f"frame {_css(below.selector)}")
                parts.append(None)
        return parts

    def _child(self, frame: Frame, selector: Any) -> Frame | None:
        handle = frame.evaluate_handle(script("axe_frame"), selector)
        element = handle.as_element()
        return element.content_frame() if element else None

    def _details(self, rules: list[_Rule]) -> dict[str, _Detail]:
        """By axe's whole path of an element, one question for each frame."""
        wanted: dict[str, tuple[Frame, dict[str, Any]]] = {}
        for rule in rules:
            for node in rule.nodes:
                if node.target and (frame := self._frame(node.target[:-1])):
                    path = _path(node.target[:-1])
                    wanted.setdefault(path, (frame, {}))[1][_path(node.target[-1:])] = node.target[-1]
        details: dict[str, _Detail] = {}
        for path, (frame, selectors) in wanted.items():
            with contextlib.suppress(Error, Distorted):
                answers = ask(frame, "axe_detail", list(selectors.values()), list[_Detail | None])
                placed = [one and msgspec.structs.replace(one, box=self._in_page(frame, one.box)) for one in answers]
                details |= {path + step: one for step, one in zip(selectors, placed, strict=True) if one}
        return details

    def _in_page(self, frame: Frame, box: Box | None) -> Box | None:
        """A box of the frame's document in CSS pixels of the page; None where the frame does not show it."""
        while box is not None and (parent := frame.parent_frame) is not None:
            corner = self._corner(frame)
            if corner is None:
                return None
            x, y = box[0] - corner.scrolled[0], box[1] - corner.scrolled[1]
            left, top, width, height = corner.box
            shown = x < width and y < height and x + box[2] > 0 and y + box[3] > 0
            box = (left + x, top + y, box[2], box[3]) if shown else None
            frame = parent
        return box

    def _corner(self, frame: Frame) -> _Corner | None:
        if frame not in self._corners:
            self._corners[frame] = None
            with contextlib.suppress(Error, msgspec.ValidationError):
                outside = frame.frame_element().evaluate(_OUTSIDE)
                scrolled = frame.evaluate("[window.scrollX, window.scrollY]")
                self._corners[frame] = msgspec.convert({"box": outside, "scrolled": scrolled}, _Corner, strict=False)
        return self._corners[frame]

    def _frame(self, target: list[Any]) -> Frame | None:
        """The frame that axe's selectors lead to; it names frames otherwise in results than when it asks to enter them."""
        path = _path(target)
        if path not in self._known:
            parent = self._frame(target[:-1])
            self._known[path] = None
            if parent in self._entered:
                with contextlib.suppress(Error):
                    self._known[path] = self._child(parent, target[-1])
        return self._known[path]

    def _result(self, rule: _Rule, details: dict[str, _Detail]) -> AxeResult:
        return AxeResult(
            id=rule.id,
            impact=rule.impact,
            help=rule.help,
            help_url=rule.help_url,
            tags=rule.tags,
            nodes=tuple(self._node(node, details) for node in rule.nodes),
            cut=rule.cut,
        )

    def _node(self, node: _Node, details: dict[str, _Detail]) -> AxeNode:
        detail = details.get(_path(node.target))
        frame = self._frame(node.target[:-1]) if len(node.target) > 1 else None
        return AxeNode(
            selector=" > iframe > ".join(_css(part) for part in node.target)[:1000],
            html=node.html,
            summary=node.summary,
            impact=node.impact,
            role=detail.role if detail else "",
            name=detail.name if detail else "",
            box=detail.box if detail else None,
            frame=frame.url if frame else "",
            data=node.data,
        )


def _css(selector: Any) -> str:
    """axe writes a selector as text, or as a list where it leads through shadow roots."""
    return " >>> ".join(str(part) for part in selector) if isinstance(selector, list) else str(selector)


def _path(target: list[Any]) -> str:
    return "".join(f"\n{_css(part)}" for part in target)
