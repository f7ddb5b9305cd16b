"""Facts about a robots.txt: its lines, and what it forbids to whom."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from protego import Protego

LARGEST = 500 * 1024  # bytes that Google reads
_LINES = 20_000
_VALUE = 500
_FIELD = re.compile(r"[A-Za-z][A-Za-z_-]{0,30}")


class Line(msgspec.Struct, frozen=True):
    """A line that is neither blank nor a comment; `field` in lower case, empty where it is no directive."""

    number: int
    field: str
    value: str
    text: str


class RobotsTxt:
    """Never raises: what is no robots.txt forbids nothing."""

    def __init__(self, body: bytes) -> None:
        self.bom = body.startswith(b"\xef\xbb\xbf")
        text = body[:LARGEST].decode("utf-8-sig", "replace").replace("\x00", "")
        self.lines = _lines(text)
        self._rules = _parsed(text)

    def allows(self, url: str, agent: str) -> bool:
        return self._rules is None or bool(self._rules.can_fetch(url, agent))

    def forbidding(self, url: str, agent: str) -> str:
        """The first Disallow line for that agent, as written, that matches a forbidden URL; empty where it is allowed."""
        if self.allows(url, agent):
            return ""
        values = dict.fromkeys(line.value for line in self._meant_for(agent) if line.field == "disallow" and line.value)
        return next((f"Disallow: {value}" for value in values if _matches(value, url)), "Disallow")

    def _meant_for(self, agent: str) -> list[Line]:
        """The rules of all groups that name the agent; without any, those for everybody (RFC 9309, 2.2.1)."""
        named: list[Line] = []
        everybody: list[Line] = []
        agents: set[str] = set()
        after_rules = True
        for line in self.lines:
            if line.field in ("user-agent", "useragent"):
                agents = {line.value.lower()} | (set() if after_rules else agents)
                after_rules = False
            elif line.field in ("allow", "disallow"):
                after_rules = True
                if any(one != "*" and one and agent.lower().startswith(one) for one in agents):
                    named.append(line)
                elif "*" in agents:
                    everybody.append(line)
        return named or everybody


def _lines(text: str) -> tuple[Line, ...]:
    found = []
    for number, written in enumerate(text.splitlines()[:_LINES], start=1):
        plain = written.partition("#")[0].strip()
        if not plain:
            continue
        field, colon, value = plain.partition(":")
        field = field.strip()
        known = field.lower() if colon and _FIELD.fullmatch(field) else ""
        found.append(Line(number, known, value.strip()[:_VALUE], written.strip()[:_VALUE]))
    return tuple(found)


def _parsed(text: str) -> Protego | None:
    try:
        return Protego.parse(text)
    except Exception:  # Protego promises no kind of error
        return None


@lru_cache(maxsize=4096)
def _single(value: str) -> Protego | None:
    return _parsed(f"User-agent: *\nDisallow: {value}")


def _matches(value: str, url: str) -> bool:
    rules = _single(value)
    return rules is not None and not rules.can_fetch(url, "any")
