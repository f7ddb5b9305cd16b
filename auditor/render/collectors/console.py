"""Collects the console: listens from before navigation, so that errors of the first script are heard."""

from __future__ import annotations

import re

from playwright.sync_api import ConsoleMessage as Heard
from playwright.sync_api import Error, Page

from auditor.evidence.console import Console, ConsoleMessage, PageError

MOST = 200  # of each
_URL = re.compile(r"https?://[^\s)@'\"<>“”‘’]{1,2000}")
# Firefox reports as uncaught errors what it refused to load or to run, cut up at the colons
_REFUSED = re.compile(
    r"(?:The (?:resource|script|stylesheet|style sheet) (?:from|at) |Loading (?:module|script|failed|of) |Content-Security-Policy|Cross-Origin Request Blocked)[^\n]{0,2000}"
)
_PLACE = re.compile(r"(?::\d{1,9}){1,2}$")
_NO_LINE = "Failed to load resource"  # Chromium's own message, about a URL and no line of it
_OURS = "Service Worker registration blocked by Playwright"
_LEVELS = {"warn": "warning", "assert": "error", "debug": "log"}


class Listener:
    """Attach before navigation, read at the end."""

    def __init__(self, tab: Page) -> None:
        self._messages: list[ConsoleMessage] = []
        self._errors: list[PageError] = []
        self._cut = 0
        tab.on("console", self._message)
        tab.on("pageerror", self._error)

    def collect(self) -> Console:
        return Console(messages=tuple(self._messages), errors=tuple(self._errors), cut=self._cut)

    def _message(self, heard: Heard) -> None:
        if heard.text.startswith(_OURS):
            return
        if len(self._messages) >= MOST:
            self._cut += 1
            return
        place = heard.location or {}
        level = _LEVELS.get(heard.type, heard.type)
        self._messages.append(
            ConsoleMessage(
                level=level if level in ("error", "warning", "info") else "log",
                text=heard.text[:2000],
                script=str(place.get("url", ""))[:2000],
                line=0 if heard.text.startswith(_NO_LINE) else int(place.get("lineNumber", 0) or 0) + 1,
            )
        )

    def _error(self, error: Error) -> None:
        if refused := _REFUSED.match(error.stack or ""):
            self._refusal(refused[0])
            return
        if len(self._errors) >= MOST:
            self._cut += 1
            return
        stack = (error.stack or "")[:4000]
        url = _URL.search(stack)
        self._errors.append(
            PageError(
                message=str(error.message)[:2000],
                script=_PLACE.sub("", url.group(0)) if url else "",
                stack=stack,
            )
        )

    def _refusal(self, said: str) -> None:
        if len(self._messages) >= MOST:
            self._cut += 1
            return
        url = _URL.search(said)
        self._messages.append(ConsoleMessage(level="error", text=said, script=url.group(0) if url else ""))
