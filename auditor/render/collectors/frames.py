"""Collects the page's frames: what the page says of each, and what the browser has in it."""

from __future__ import annotations

import contextlib

import msgspec
from playwright.sync_api import Error
from playwright.sync_api import Frame as Tabs

from auditor.evidence.frames import Frame, Frames
from auditor.evidence.spot import Box
from auditor.model.urls import is_http
from auditor.render.collectors.look import Look, Question
from auditor.render.hosts import Hosts, address

MOST = 50
QUESTION: Question = ("frames", {"cap": MOST})
_FAILED = ("chrome-error:", "about:neterror", "about:certerror")


class _Declared(msgspec.Struct):
    declared: str
    title: str
    lazy: bool
    visible: bool
    selector: str
    box: Box
    name: str


class _Answer(msgspec.Struct):
    items: list[_Declared]
    cut: int


def collect(look: Look) -> Frames:
    """Those of the page in its order with what stands in them, then those inside frames."""
    answer = look.ask(*QUESTION, _Answer)
    site = Hosts(look.settings.site_hosts)
    top = list(look.tab.main_frame.child_frames)
    items = []
    for declared in answer.items:
        inside = _taken(top, declared)
        url = inside.url if inside else ""
        items.append(
            Frame(
                url="" if url.startswith("about:blank") else url[:2000],
                declared=declared.declared,
                title=declared.title,
                third_party=_third_party(site, url if is_http(url) else declared.declared),
                visible=declared.visible,
                failed=url.startswith(_FAILED),
                lazy=declared.lazy,
                selector=declared.selector,
                box=declared.box,
            )
        )
    deeper = [(frame, depth) for frame, depth in _below(look.tab.main_frame, 0) if depth > 1]
    for frame, depth in deeper[: MOST - len(items)]:
        items.append(Frame(url=frame.url[:2000], third_party=_third_party(site, frame.url), depth=depth))
    return Frames(items=tuple(items), cut=answer.cut)


def _taken(frames: list[Tabs], declared: _Declared) -> Tabs | None:
    """The browser's frame for an element: by its address, else its name; each taken once."""
    address = declared.declared.partition("#")[0]
    found = next((one for one in frames if address and one.url.partition("#")[0] == address), None)
    found = found or next((one for one in frames if declared.name and one.name == declared.name), None)
    if found is not None:
        frames.remove(found)
    return found


def _third_party(site: Hosts, url: str) -> bool:
    return is_http(url) and not site.has(*address(url))


def _below(frame: Tabs, depth: int) -> list[tuple[Tabs, int]]:
    found: list[tuple[Tabs, int]] = []
    with contextlib.suppress(Error):
        for child in frame.child_frames:
            found.append((child, depth + 1))
            found += _below(child, depth + 1)
    return found
