"""Facts of a JSON-LD block's syntax: what is written, where it does not parse and how, and what common readers forgive."""

from __future__ import annotations

import json
import math
import re
from json import JSONDecodeError
from typing import Any

import msgspec

LONGEST_BLOCK = 2_000_000  # characters
LONGEST_TEXT = 5_000
_EXCERPT = 60  # characters either side of the fault

_WRAPPER_START = re.compile(r"\A(?:\s|//\s*|/\*\s*|<!--|<!\[CDATA\[|\*/)+")
_STRINGS_AND_NAN = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)', re.DOTALL)
_ENTITY = re.compile(r"&(?:quot|amp|apos|lt|gt|nbsp|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_WHITE = frozenset(" \t\r\n")


class SyntaxFault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a block does not parse. `line` and `column` count from 1 inside the block, as written between the tags.

    `kind`: empty, trailing_comma, missing_comma, missing_colon, unescaped_quote, comment, single_quotes, unquoted, html_entity, control_character, bad_escape,
    not_a_number, unterminated, extra_data, template, too_deep, too_large, invalid.
    """

    kind: str
    message: str
    line: int = 1
    column: int = 1
    document_line: int = 0
    excerpt: str = ""  # of that line, up to 60 characters either side
    excerpt_column: int = 0  # where in the excerpt the fault is, from 0
    tolerated: bool = False  # common readers take it all the same, and so its items were read


class Parsed(msgspec.Struct, frozen=True):
    """The data of a block, what is wrong with its syntax, and the keys that one object has twice (the last one counts)."""

    data: Any = None
    fault: SyntaxFault | None = None
    repeated: tuple[str, ...] = ()


def parse(text: str) -> Parsed:
    """The data of a block; comment and CDATA wrappers around it are taken off."""
    if len(text) > LONGEST_BLOCK:
        return Parsed(fault=SyntaxFault(kind="too_large", message=f"{len(text)} characters, more than {LONGEST_BLOCK}"))
    start, end = _inside(text)
    body = text[start:end]
    if not body:
        return Parsed(fault=SyntaxFault(kind="empty", message="the block is empty", tolerated=True))
    reader = _Reader()
    try:
        data = reader.read(body, strict=True)
    except RecursionError:
        return Parsed(fault=SyntaxFault(kind="too_deep", message="nested too deeply to be read"))
    except JSONDecodeError as error:
        kind = _kind(body, error)
        # The comma is what has to go; Python before 3.13 points behind it
        at = body.rfind(",", 0, error.pos + 1) if kind == "trailing_comma" else error.pos
        fault = _fault(text, start + at, error.msg, kind)
        if fault.kind == "control_character":
            reader = _Reader()
            try:
                data = reader.read(body, strict=False)
            except JSONDecodeError as worse:
                return Parsed(fault=_fault(text, start + worse.pos, worse.msg, _kind(body, worse)))
            except RecursionError:
                return Parsed(fault=fault)
            return Parsed(data, msgspec.structs.replace(fault, tolerated=True), reader.repeated())
        return Parsed(fault=fault)
    if reader.constants:
        at = next((match.start(1) for match in _STRINGS_AND_NAN.finditer(body) if match.group(1)), 0)
        return Parsed(fault=_fault(text, start + at, f"{reader.constants[0]} is no JSON value", "not_a_number"))
    return Parsed(data, None, reader.repeated())


class _Reader:
    """Python's JSON reader, which remembers what it would pass over."""

    def __init__(self) -> None:
        self.constants: list[str] = []
        self._repeated: list[str] = []

    def read(self, text: str, *, strict: bool) -> Any:
        return json.loads(
            text,
            strict=strict,
            parse_int=_integer,
            parse_float=_real,
            parse_constant=self._constant,
            object_pairs_hook=self._object,
        )

    def repeated(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._repeated))[:20]

    def _constant(self, name: str) -> str:
        self.constants.append(name)
        return name

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self._repeated.append(key[:80])
                seen.add(key)
        return made


def _inside(text: str) -> tuple[int, int]:
    """Where the JSON begins and ends inside its wrappers: `<!-- … -->`, `//<![CDATA[ … //]]>`, a byte order mark."""
    start = 1 if text.startswith("\ufeff") else 0
    if match := _WRAPPER_START.match(text[start : start + 1000]):
        # A "//" that is no wrapper but a comment of words is a fault of its own
        start += match.end() if "<!" in match.group() else len(match.group()) - len(match.group().lstrip())
    end = len(text)
    tail = text[max(start, end - 200) :].rstrip()
    trimmed = tail
    for ending in ("*/", "-->", "]]>", "//", "/*"):
        trimmed = trimmed.removesuffix(ending).rstrip()
    if trimmed != tail and ("-->" in tail[len(trimmed) :] or "]]>" in tail[len(trimmed) :]):
        tail = trimmed
    return start, max(start, max(start, end - 200) + len(tail))


def _integer(digits: str) -> int | str:
    # Python refuses to read thousands of digits, msgpack to write past 64 bits: such a "number" stays text
    return int(digits) if len(digits) < 19 else digits[:LONGEST_TEXT]


def _real(digits: str) -> float | str:
    number = float(digits) if len(digits) < 400 else math.inf
    return number if math.isfinite(number) else digits[:LONGEST_TEXT]


def _fault(text: str, at: int, message: str, kind: str) -> SyntaxFault:
    at = min(at, len(text))
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    line_end = len(text) if line_end < 0 else line_end
    first = max(line_start, at - _EXCERPT)
    return SyntaxFault(
        kind=kind,
        message=message,
        line=text.count("\n", 0, at) + 1,
        column=at - line_start + 1,
        excerpt=text[first : min(line_end, at + _EXCERPT)],
        excerpt_column=at - first,
    )


def _kind(body: str, error: JSONDecodeError) -> str:
    """What a person did wrong at the place where the parser gave up."""
    at, message = error.pos, error.msg
    here, before = body[at : at + 12].lstrip(), body[max(0, at - 40) : at].rstrip()
    if message.startswith("Invalid control character"):
        return "control_character"
    if "escape" in message:
        return "bad_escape"
    if message.startswith("Unterminated") or not here:
        return "unterminated"
    if message.startswith("Extra data"):
        return "comment" if here.startswith(("//", "/*", "<!--")) else "extra_data"
    if "trailing comma" in message or (here[0] in "}]" and before.endswith(",")):
        return "trailing_comma"
    if here.startswith(("{{", "{%")) or (before.endswith(("{{", "{%", "{")) and here.startswith(("{", "%"))):
        return "template"
    if here.startswith(("//", "/*", "<!--")):
        return "comment"
    if here[0] in "'‘’“”":
        return "single_quotes"
    if _ENTITY.match(here):
        return "html_entity"
    if message.startswith("Expecting ':'"):
        return "missing_colon"
    if "delimiter" in message and before.endswith('"') and (here[0].isalnum() or here[0] not in '"{[}]:,'):
        return "unescaped_quote"
    if "delimiter" in message:
        return "missing_comma"
    return "unquoted" if here[0].isalpha() else "invalid"
