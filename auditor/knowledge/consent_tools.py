"""Consent banners: whose they are, what to press, and the words of those that nobody knows; read by render."""

from __future__ import annotations

from functools import cache

from auditor import paths
from auditor.knowledge.table import Regex, Row
from auditor.model.written import Source, Written


class Tool(Row):
    """One maker's banner; CSS selectors, empty where it has no such button or none is known."""

    id: str
    name: str
    banner: str
    accept: str = ""
    reject: str = ""
    settings: str = ""
    autoconsent: tuple[str, ...] = ()  # its names in autoconsent's rules


class Words(Written):
    """Regular expressions, without regard to case. `accept` and `reject` fit a whole label, the others a part."""

    about: Regex
    accept: Regex
    reject: Regex
    settings: Regex


class ConsentTools(Written):
    tools: tuple[Tool, ...]
    words: Words

    def named(self, rule: str) -> str:
        """What people call the tool of an autoconsent rule; empty for a rule made for one site or by a heuristic."""
        return next((tool.name for tool in self.tools if rule in tool.autoconsent), "")


@cache
def load() -> ConsentTools:
    return Source.read(paths.rules() / "knowledge" / "consent_tools.yaml").load(ConsentTools)
