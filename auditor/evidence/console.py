"""Evidence of the console: messages and uncaught errors with the script they came from."""

from __future__ import annotations

import msgspec


class ConsoleMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    level: str  # error, warning, info, log
    text: str
    script: str = ""
    line: int = 0


class PageError(msgspec.Struct, frozen=True, omit_defaults=True):
    message: str
    script: str = ""  # first URL of the stack
    stack: str = ""


class Console(msgspec.Struct, frozen=True):
    messages: tuple[ConsoleMessage, ...] = ()
    errors: tuple[PageError, ...] = ()
    cut: int = 0
