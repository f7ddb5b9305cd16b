"""Collects the keyboard's way: Tab is pressed some times from the top and from the main part on. In Chromium; last of all.

Nothing is pressed but Tab; Shift+Tab and Escape too where a script keeps Tab from going on. An element whose style does not tell the focus is looked at in pictures with and without it.
"""

from __future__ import annotations

import msgspec
from playwright.sync_api import Error, FloatRect

from auditor.evidence.focus import Focus, Stop
from auditor.render.collectors.camera import Camera
from auditor.render.collectors.look import Distorted, Look, ask

FROM_TOP, FROM_MAIN = 8, 12  # stops: a shop's head has thirty links, which are built alike
_MOST_PICTURED = 3
_MOST_HELD = 3
_BACK_MS = 60  # some draw the focus back a moment later
_WAYS_OUT = (("Tab",), ("Shift+Tab",), ("Escape", "Tab"))
_AROUND = 24  # CSS pixels around an element in which its focus may show
_NEXT = "(arg) => window[Symbol.for('auditor.focus')].step(arg)"


class _Step(msgspec.Struct):
    more: bool
    box: tuple[float, float, float, float] | None = None
    stops: tuple[Stop, ...] = ()


def collect(look: Look) -> Focus:
    browser = look.context.browser
    if browser is None or browser.browser_type.name != "chromium":
        return Focus(skipped="tried in Chromium only")
    if look.device.touch:
        return Focus(skipped="a device without a keyboard")
    ask(look.tab, "focus", None, _Step)
    _walk(look, FROM_TOP)
    if _step(look, "main").more:
        _walk(look, FROM_MAIN)
    _step(look, "blur")
    stops = list(_step(look, "end", keep=True).stops)
    unmarked = [number for number, stop in enumerate(stops) if stop.shown and not stop.marked]
    if unmarked:
        with Camera(look) as camera:
            for number in unmarked[:_MOST_PICTURED]:
                if _looks_otherwise(look, camera, number):
                    stops[number] = msgspec.structs.replace(stops[number], marked=True)
    if any(stops[number].marked for number in unmarked[:_MOST_PICTURED]):
        # what style alone does not tell is told of those alone that were pictured
        for number in unmarked[_MOST_PICTURED:]:
            stops[number] = msgspec.structs.replace(stops[number], marked=True)
    for number, stop in enumerate(stops):
        if stop.holds:
            tried = sum(one.holds for one in stops[:number]) < _MOST_HELD
            stops[number] = msgspec.structs.replace(stop, holds=tried and _holds(look, number))
    _step(look, "end")
    return Focus(stops=tuple(stops))


def _walk(look: Look, most: int) -> None:
    for _ in range(most):
        look.tab.keyboard.press("Tab")
        if not _step(look, "next").more:
            break


def _holds(look: Look, number: int) -> bool:
    """Whether no key leads away. An element that can't be reached again, or takes the page elsewhere, is taken to let go."""
    try:
        for keys in _WAYS_OUT:
            if not _step(look, "place", number).more:
                return False
            for key in keys:
                look.tab.keyboard.press(key)
            look.tab.wait_for_timeout(_BACK_MS)
            if not _step(look, "at", number).more:
                return False
        return True
    except (Error, Distorted):
        return False


def _looks_otherwise(look: Look, camera: Camera, number: int) -> bool:
    """Whether a picture with the focus differs from one without. Where none can be had, it is taken to differ."""
    try:
        # after a key, a script's focus shows as the keyboard's does
        placed = _step(look, "place", number)
        if not placed.more or placed.box is None:
            return True
        x, y, width, height = placed.box
        left, top = max(x - _AROUND, 0), max(y - _AROUND, 0)
        clip: FloatRect = {
            "x": left,
            "y": top,
            "width": min(x + width + _AROUND, look.device.width) - left,
            "height": min(y + height + _AROUND, look.device.height) - top,
        }
        if clip["width"] < 1 or clip["height"] < 1:
            return True
        focused = camera.viewport(clip)
        _step(look, "blur")
        return focused != camera.viewport(clip)
    except (Error, Distorted):
        return True


def _step(look: Look, step: str, index: int = 0, *, keep: bool = False) -> _Step:
    try:
        return msgspec.convert(
            look.tab.evaluate(_NEXT, {"step": step, "index": index, "keep": keep}), _Step, strict=False
        )
    except msgspec.ValidationError as error:
        raise Distorted(f"the page's scripts distorted the answer: {str(error)[:160]}") from error
