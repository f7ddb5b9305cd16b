"""Where in a document a place of a JSON-LD block stands; looked up only when a person is to be shown it."""

from __future__ import annotations

import json
import re

from auditor.evidence.document import Document
from auditor.facts.items import short
from auditor.facts.json_syntax import LONGEST_BLOCK
from auditor.facts.jsonld import is_jsonld

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_STEP = re.compile(r"\[(\d{1,9})\]|\.([^\[]+)")


def locate(document: Document, block: int, path: str, name: str = "") -> tuple[int, int]:
    """Line and column (from 1) in the document of what `path` (of an item or offer) and property `name` point to.

    The column counts from the line's start inside the script. A path that is not there gives its nearest container, a block that
    is not there (0, 0).
    """
    scripts = [element for element in document.tree.iter("script") if is_jsonld(element)]
    if not 0 <= block < len(scripts):
        return 0, 0
    text = (scripts[block].text or "")[:LONGEST_BLOCK]
    at = _find(text, path, name)
    line = (scripts[block].sourceline or 1) + text.count("\n", 0, at)
    return line, at - (text.rfind("\n", 0, at) + 1) + 1


def _find(text: str, path: str, name: str) -> int:
    """Offset of the deepest part of the path that exists."""
    wanted = _steps(path) + ([name] if name else [])
    best, best_depth = 0, -1
    stack: list[str | int] = []  # where the walk is: keys and indexes
    matched = 0  # how many steps of the stack are those wanted
    key: str | None = None
    previous = ""
    for match in _TOKEN.finditer(text):
        token = match.group()
        inside_list = bool(stack) and isinstance(stack[-1], int)
        if token in "]}":
            if stack:
                stack.pop()
                matched = min(matched, len(stack))
        elif token == ",":
            if stack:
                stack[-1] = stack[-1] + 1 if isinstance(stack[-1], int) else ""
                matched = min(matched, len(stack) - 1)
        elif token == ":":
            if key is not None and stack:
                stack[-1] = key
        elif token[0] == '"' and not inside_list and stack and previous in ("{", ","):
            key = _plain(token)
            stack[-1] = key
            matched = min(matched, len(stack) - 1)
            if matched == len(stack) - 1 and len(wanted) >= len(stack) and _same(key, wanted[len(stack) - 1]):
                matched = len(stack)
                if matched > best_depth:
                    best, best_depth = match.start(), matched
        else:
            if (
                inside_list
                and matched == len(stack) - 1
                and len(wanted) >= len(stack)
                and stack[-1] == wanted[len(stack) - 1]
            ):
                matched = len(stack)
                if matched > best_depth:
                    best, best_depth = match.start(), matched
            if token in "[{":
                if best_depth < 0:
                    best, best_depth = match.start(), 0
                stack.append(0 if token == "[" else "")
        previous = token
        if best_depth == len(wanted):
            break
    return best


def _steps(path: str) -> list[str | int]:
    return [int(index) if index else name for index, name in _STEP.findall(path)]


def _plain(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]


def _same(key: str, wanted: str | int) -> bool:
    return isinstance(wanted, str) and (key == wanted or short(key) == wanted or key.partition(":")[2] == wanted)
