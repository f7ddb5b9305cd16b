"""Answers a page's consent banner in the visitor's place: with autoconsent's rules first, then our selectors, then its words.

A banner that was only hidden was not answered: steps of the rules that hide it are taken out. What is pressed is written
down, and the answer counts only when the banner went away.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from functools import cache
from typing import Any

import msgspec
from duckduckgo_autoconsent import bundle, rules_json
from playwright.sync_api import Error, Frame, Page

from auditor.evidence.consent import Consent
from auditor.knowledge import consent_tools
from auditor.render.collectors.consent import Found, as_found, find
from auditor.render.collectors.look import Distorted

_LOOK_SECONDS = 4.0  # a banner that has not come by then is not coming
_RULES_FIRST_SECONDS = 1.5  # where we see a banner before the rules do
_RULES_SECONDS = 8.0  # autoconsent's whole answer
_GONE_SECONDS = 2.5  # banners fade out
_POLL_MS = 100
_MOST_FRAMES = 6
_MOST_CLICKS = 20
# what autoconsent says stands in this list until it is fetched; presses are noted as they happen
_RELAY = """() => {
  const box = { messages: [], clicks: [] };
  Object.defineProperty(window, Symbol.for('auditor.consent'), { value: box, configurable: true });
  window.autoconsentSendMessage = (message) => { if (message.type !== 'report') box.messages.push(message); return Promise.resolve(); };
  document.addEventListener('click', (event) => {
    const at = event.composedPath()[0];
    const pressed = at && at.closest && (at.closest('button, a, [role=button], input, label') || at);
    if (pressed) box.clicks.push(String(pressed.innerText || pressed.value || pressed.getAttribute('aria-label') || pressed.localName).slice(0, 120));
  }, true);
}"""
_FETCH = "() => { const box = window[Symbol.for('auditor.consent')]; return box ? { messages: box.messages.splice(0), clicks: box.clicks.splice(0) } : { messages: [], clicks: [] }; }"
_CONFIG = {
    "enabled": True, "autoAction": None, "enablePrehide": False, "enableCosmeticRules": False, "enableGeneratedRules": True,
    "detectRetries": 4, "isMainWorld": True, "heuristicMode": "off", "logs": {"errors": False},
}  # fmt: skip


class _Said(msgspec.Struct):
    messages: list[dict[str, Any]]
    clicks: list[str]


class Answerer:
    """Of one page. `choice` is accept or reject."""

    def __init__(self, tab: Page, choice: str) -> None:
        self._tab, self._choice = tab, choice
        self._clicks: list[str] = []
        self._seen = Found(False, "", "", "", (), "")
        self._tool = ""  # by autoconsent
        self._frames: list[Frame] = []

    def answer(self) -> Consent:
        """What was found and done; raises playwright's Error only where the tab is lost or moves on for good."""
        self._inject()
        shown_by = self._wait_for_banner()
        if not self._seen.shown and shown_by is None:
            return self._told(reason="no consent banner was found")
        by = ""
        if shown_by is not None and self._by_rules(shown_by):
            by = "rules"
        elif self._by_ourselves():
            by = self._seen.by
        if not by:
            return self._told(reason=f"the banner offers nothing to {self._choice} that could be told")
        if not self._is_gone():
            return self._told(by=by, reason="the banner stayed after it was answered")
        return self._told(by=by, done=True)

    # -- steps

    def _inject(self) -> None:
        for frame in self._tab.frames[:_MOST_FRAMES]:
            with contextlib.suppress(Error):
                frame.evaluate(_RELAY)
                frame.evaluate(f"() => {{ {bundle()} }}")
                frame.evaluate("(said) => { window.autoconsentReceiveMessage(JSON.parse(said)); }", _start(frame.url))
                self._frames.append(frame)

    def _wait_for_banner(self) -> Frame | None:
        """The frame in which autoconsent sees a banner, None where only we do, or nobody does."""
        until = time.monotonic() + _LOOK_SECONDS
        own_since = 0.0
        while time.monotonic() < until:
            for frame in self._frames:
                for message in self._hear(frame):
                    if message.get("type") == "popupFound":
                        self._tool = str(message.get("cmp", ""))[:100]
                        self._look()
                        return frame
            if self._look() and not own_since:
                own_since = time.monotonic()
            if own_since and time.monotonic() - own_since > _RULES_FIRST_SECONDS:
                return None
            self._tab.wait_for_timeout(_POLL_MS)
        return None

    def _look(self) -> bool:
        with contextlib.suppress(Error, Distorted):
            found = find(self._tab)
            if found.shown and (not self._seen.shown or found.tool):
                self._seen = found
        return self._seen.shown

    def _by_rules(self, frame: Frame) -> bool:
        command = "optOut" if self._choice == "reject" else "optIn"
        with contextlib.suppress(Error):
            frame.evaluate("(type) => { window.autoconsentReceiveMessage({ type }); }", command)
            until = time.monotonic() + _RULES_SECONDS
            while time.monotonic() < until:
                for message in self._hear(frame):
                    if message.get("type") == f"{command}Result":
                        return bool(message.get("result"))
                self._tab.wait_for_timeout(_POLL_MS)
            return False
        # the page moved on in answer to what was pressed
        self._settle()
        return bool(self._clicks)

    def _by_ourselves(self) -> bool:
        """Presses what our table or the words say; where the first layer has no such button, behind its settings."""
        if self._press(self._choice):
            return True
        if not self._press("settings"):
            return False
        until = time.monotonic() + _GONE_SECONDS
        while time.monotonic() < until:
            self._tab.wait_for_timeout(300)
            if self._press(self._choice):
                return True
        return False

    def _press(self, what: str) -> bool:
        try:
            found = find(self._tab, press=what)
        except Distorted:
            return False
        except Error:
            self._settle()
            return True  # pressing it made the page move on
        for frame in self._frames:
            self._hear(frame)
        if found.pressed and found.pressed not in self._clicks:
            self._note(found.pressed)
        return bool(found.pressed)

    def _is_gone(self) -> bool:
        until = time.monotonic() + _GONE_SECONDS
        while True:
            for frame in self._frames:
                self._hear(frame)
            try:
                if not find(self._tab).shown:
                    return True
            except (Error, Distorted):
                self._settle()
            if time.monotonic() >= until:
                return False
            self._tab.wait_for_timeout(_POLL_MS)

    # -- what is heard

    def _hear(self, frame: Frame) -> list[dict[str, Any]]:
        try:
            said = msgspec.convert(frame.evaluate(_FETCH), _Said, strict=False)
        except (Error, msgspec.ValidationError):
            return []  # the frame went, or the page's scripts stand in the way
        for label in said.clicks:
            self._note(" ".join(label.split()))
        for message in said.messages:
            if message.get("type") == "eval":
                self._evaluate(frame, message)
        return said.messages

    def _evaluate(self, frame: Frame, message: dict[str, Any]) -> None:
        result: Any = False
        with contextlib.suppress(Error):
            result = frame.evaluate(str(message.get("code", "")))
        with contextlib.suppress(Error):
            frame.evaluate(
                "([id, result]) => { window.autoconsentReceiveMessage({ type: 'evalResp', id, result }); }",
                [message.get("id"), bool(result)],
            )

    def _note(self, label: str) -> None:
        if label and len(self._clicks) < _MOST_CLICKS:
            self._clicks.append(label[:120])

    def _settle(self) -> None:
        with contextlib.suppress(Error):
            self._tab.wait_for_load_state("domcontentloaded", timeout=5_000)

    def _told(self, *, by: str = "", done: bool = False, reason: str = "") -> Consent:
        told = as_found(self._seen)
        return msgspec.structs.replace(
            told,
            shown=told.shown or bool(self._tool),
            tool=told.tool or consent_tools.load().named(self._tool),
            found_by=by or told.found_by,
            asked=self._choice,
            done=done,
            clicks=tuple(self._clicks),
            reason=reason,
        )


@cache
def _rules() -> tuple[list[dict[str, Any]], list[tuple[re.Pattern[str], dict[str, Any]]]]:
    """Rules for every site, and those for one. Steps that hide a banner never succeed."""
    everywhere: list[dict[str, Any]] = []
    somewhere: list[tuple[re.Pattern[str], dict[str, Any]]] = []
    for rule in json.loads(rules_json()):
        rule = {
            **rule,
            "optOut": _answering(rule["optOut"]),
            "optIn": _answering(rule["optIn"]),
            "prehideSelectors": [],
        }
        pattern = rule.get("runContext", {}).get("urlPattern", "")
        if not pattern:
            everywhere.append(rule)
            continue
        with contextlib.suppress(re.error):
            somewhere.append((re.compile(pattern), rule))
    return everywhere, somewhere


def _rules_for(url: str) -> list[dict[str, Any]]:
    everywhere, somewhere = _rules()
    return [*everywhere, *(rule for pattern, rule in somewhere if pattern.search(url))]


def _start(url: str) -> str:
    """autoconsent's first message as JSON: Playwright would take the rules apart, piece by piece, which took a second and more."""
    message = {"type": "initResp", "config": _CONFIG, "rules": {"autoconsent": _rules_for(url)}}
    return msgspec.json.encode(message).decode()


def _answering(steps: Any) -> Any:
    if isinstance(steps, list):
        return [_answering(step) for step in steps]
    if not isinstance(steps, dict):
        return steps
    if "hide" in steps or "setStyle" in steps or "removeClass" in steps or "addStyle" in steps:
        return {"exists": "auditor-no-such-element"} if not steps.get("optional") else {"wait": 0}
    return {name: _answering(step) if name in ("then", "else", "any") else step for name, step in steps.items()}
