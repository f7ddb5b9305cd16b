"""Collects what covers the page when it is opened by keyboard, and where the focus goes. Behind the closed gate, last of all: nothing leaves.

Only what opens is pressed: controls of the header for basket, search and menu, and what says that it opens a dialog. Nothing in
a form that sends it, nothing that adds, removes, buys or signs out; the page itself can't be left meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from playwright.sync_api import Error, ViewportSize

from auditor.evidence.dialogs import Dialog, Dialogs
from auditor.evidence.spot import Spot
from auditor.render.collectors.look import Distorted, Look, ask

NARROW: ViewportSize = {"width": 360, "height": 740}  # CSS pixels: what is left of a laptop's window at high zoom
_SECONDS = 11.0  # after that nothing more is opened
_OPEN_MS, _KEY_MS, _CLOSE_MS, _RETURN_MS = 1_200, 500, 900, 700
_RESIZE_MS = 300
_TABS = 12  # within which the focus may come in, as long as it stays on what can be seen
_STEP = "(arg) => window[Symbol.for('auditor.dialogs')](arg)"


class _Opener(msgspec.Struct):
    kind: str
    native: bool  # Enter presses it without a script
    name: str
    spot: Spot


class _Found(msgspec.Struct):
    openers: tuple[_Opener, ...] = ()
    hidden: bool = False  # a menu has a button that is there in narrow windows only


class _Told(msgspec.Struct):
    more: bool = False
    where: str = ""  # of the focus: in, behind, above, none; of what opened: modal
    spot: Spot | None = None


def collect(look: Look, asked: Callable[[], int]) -> Dialogs:
    """`asked`: how many requests the page has made since the gate was closed."""
    browser = look.context.browser
    if browser is None or browser.browser_type.name != "chromium":
        return Dialogs(skipped="tried in Chromium only")
    if look.device.touch:
        return Dialogs(skipped="a device without a keyboard")
    trial = _Trial(look, asked)
    try:
        if trial.round(narrow=False):
            look.tab.set_viewport_size(NARROW)
            look.tab.wait_for_timeout(_RESIZE_MS)
            trial.round(narrow=True)
    except (Error, Distorted):
        # the page went away with what was pressed: what was seen before stands
        if not trial.tried:
            raise
    return Dialogs(items=tuple(trial.found), tried=trial.tried)


class _Trial:
    """The openers of one page, one after the other."""

    def __init__(self, look: Look, asked: Callable[[], int]) -> None:
        self._look, self._asked = look, asked
        self._until = time.monotonic() + _SECONDS
        self.found: list[Dialog] = []
        self.tried = 0

    def round(self, *, narrow: bool) -> bool:
        """Whether a narrow window has more to open."""
        told = ask(self._look.tab, "dialogs", {"narrow": narrow}, _Found)
        for number, opener in enumerate(told.openers):
            if time.monotonic() > self._until:
                return False
            self.tried += 1
            seen = self._try(number, opener)
            if seen is not None:
                self.found.append(msgspec.structs.replace(seen, narrow=narrow))
                if not seen.closed:
                    return False  # it lies over the others
        return told.hidden

    def _try(self, number: int, opener: _Opener) -> Dialog | None:
        before = self._asked()
        opened = self._open(number, opener)
        if opened is None:
            return None
        how, panel = opened
        waits = self._asked() > before
        entered = self._enter()
        behind = self._edges() if entered else None
        closed = self._close(number)
        returned = bool(closed) and self._step("returned", ms=_RETURN_MS).more
        return Dialog(
            kind=opener.kind,
            opener=opener.spot,
            name=opener.name,
            panel=panel.spot or Spot(),
            modal=panel.where == "modal",
            waits=waits,
            opened=how,
            entered=entered,
            behind=behind,
            closed=closed,
            returned=returned or not closed,
        )

    def _open(self, number: int, opener: _Opener) -> tuple[str, _Told] | None:
        """By key, where none does by a click; None where nothing came that covers the page."""
        reached = self._step("focus", number).more
        for key in ("Enter",) if opener.native else ("Enter", "Space"):
            if not reached:
                break
            self._look.tab.keyboard.press(key)
            told = self._step("opened", number, ms=_OPEN_MS if opener.native else _KEY_MS)
            if told.more:
                return "key", told
        if reached and opener.native:
            self._restore()
            return None
        self._step("click", number)
        told = self._step("opened", number, ms=_OPEN_MS)
        return ("click", told) if told.more else None

    def _restore(self) -> None:
        """A list that dropped down would lie over what is opened next."""
        for key in ("Escape", "Enter"):
            if self._step("restored").more:
                return
            self._look.tab.keyboard.press(key)

    def _enter(self) -> str:
        if self._step("entered", ms=_RETURN_MS).more:
            return "at once"
        for _ in range(_TABS):
            self._look.tab.keyboard.press("Tab")
            told = self._step("where")
            if told.where != "above":
                return "tab" if told.where == "in" else ""
        return ""

    def _edges(self) -> Spot | None:
        """Where Tab leads from the last, and Shift+Tab from the first, if that is covered."""
        for edge, key in (("last", "Tab"), ("first", "Shift+Tab")):
            if not self._step(edge).more:
                return None
            self._look.tab.keyboard.press(key)
            told = self._step("where", ms=150)  # some bring the focus back a moment later
            if told.where == "behind":
                return told.spot or Spot()
        return None

    def _close(self, number: int) -> str:
        self._step("first")
        self._look.tab.keyboard.press("Escape")
        if self._step("closed", ms=_CLOSE_MS).more:
            return "escape"
        if self._step("button").more:
            self._look.tab.keyboard.press("Enter")
            if self._step("closed", ms=_CLOSE_MS).more:
                return "button"
        if self._step("again", number).more:
            self._look.tab.keyboard.press("Enter")
            if self._step("closed", ms=_CLOSE_MS).more:
                return "opener"
        return ""

    def _step(self, step: str, index: int = 0, *, ms: int = 0) -> _Told:
        raw = self._look.tab.evaluate(_STEP, {"step": step, "index": index, "ms": ms})
        try:
            return msgspec.convert(raw, _Told, strict=False)
        except msgspec.ValidationError as error:
            raise Distorted(f"the page's scripts distorted the answer: {str(error)[:160]}") from error
