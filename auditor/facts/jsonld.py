"""Facts of JSON-LD blocks: what is written, where a block does not parse and how, and its items in the common form."""

from __future__ import annotations

import json
import math
import re
from json import JSONDecodeError
from typing import Any

import msgspec
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.items import DEEPEST, MOST_ITEMS, MOST_VALUES, Item, Value, short

MOST_BLOCKS = 200
LONGEST_BLOCK = 2_000_000  # characters
_LONGEST_TEXT = 5_000
_EXCERPT = 60  # characters either side of the fault

_WRAPPER_START = re.compile(r"\A(?:\s|//\s*|/\*\s*|<!--|<!\[CDATA\[|\*/)+")
_STRINGS_AND_NAN = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)', re.DOTALL)
_ENTITY = re.compile(r"&(?:quot|amp|apos|lt|gt|nbsp|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_KEYWORDS = frozenset(
    {"@type", "@id", "@context", "@graph", "@value", "@list", "@set", "@language", "@reverse", "@index"}
)
_TYPE = re.compile(r"""@type["'\s:&quot;\[]{1,40}([A-Za-z][A-Za-z:./]{0,80})""")
_SURROGATE = re.compile("[\ud800-\udfff]")


class SyntaxFault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a block does not parse. `line` and `column` count from 1 inside the block, as written between the tags.

    `kind`: empty, trailing_comma, missing_comma, unescaped_quote, comment, single_quotes, unquoted, html_entity, control_character, bad_escape,
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


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One script block of JSON-LD. `context`: schema.org, missing, or the foreign context as written."""

    index: int
    line: int = 0
    length: int = 0  # characters
    context: str = "missing"
    types: tuple[str, ...] = ()  # of its top-level items
    seems: str = ""  # the first @type written in a block that does not parse
    error: SyntaxFault | None = None
    dropped: str = ""  # what of it was not read, and why


def blocks(document: Document) -> tuple[list[Block], list[Item], bool]:
    """All blocks, their top-level items with references not yet resolved, and whether there were more than the cap."""
    found: list[Block] = []
    items: list[Item] = []
    for element in document.tree.iter("script"):
        if not is_jsonld(element):
            continue
        if len(found) >= MOST_BLOCKS:
            return found, items, True
        block, its_items = _read(element, len(found), document)
        found.append(block)
        items += its_items
    return found, items, False


def is_jsonld(element: HtmlElement) -> bool:
    kind = element.get("type")
    return (
        kind is not None
        and kind.partition(";")[0].strip().lower() == "application/ld+json"
        and next(element.iterancestors("template"), None) is None
    )


def _read(element: HtmlElement, index: int, document: Document) -> tuple[Block, list[Item]]:
    text, line = element.text or "", element.sourceline or 0
    data, fault = parse(text)
    if fault:
        fault = msgspec.structs.replace(fault, document_line=line + fault.line - 1)
    if fault and not fault.tolerated:
        seems = _TYPE.search(text[:LONGEST_BLOCK])
        return Block(
            index=index, line=line, length=len(text), seems=short(seems.group(1)) if seems else "", error=fault
        ), []
    builder = _Builder(index, line, document)
    items = builder.top(data)
    types = tuple(dict.fromkeys(name for item in items for name in item.types))[:50]
    context = builder.context or "missing"
    return Block(
        index=index, line=line, length=len(text), context=context, types=types, error=fault, dropped=builder.dropped
    ), items


def parse(text: str) -> tuple[Any, SyntaxFault | None]:
    """The data of a block, and what is wrong with its syntax; comment and CDATA wrappers around it are taken off."""
    if len(text) > LONGEST_BLOCK:
        return None, SyntaxFault(kind="too_large", message=f"{len(text)} characters, more than {LONGEST_BLOCK}")
    start, end = _inside(text)
    body = text[start:end]
    if not body:
        return None, SyntaxFault(kind="empty", message="the block is empty")
    numbers: list[str] = []
    try:
        data = _loads(body, numbers, strict=True)
    except RecursionError:
        return None, SyntaxFault(kind="too_deep", message="nested too deeply to be read")
    except JSONDecodeError as error:
        kind = _kind(body, error)
        # The comma is what has to go; Python before 3.13 points behind it
        at = body.rfind(",", 0, error.pos + 1) if kind == "trailing_comma" else error.pos
        fault = _fault(text, start + at, error.msg, kind)
        if fault.kind == "control_character":
            try:
                data = _loads(body, numbers, strict=False)
            except (JSONDecodeError, RecursionError):
                return None, fault
            return data, msgspec.structs.replace(fault, tolerated=True)
        return None, fault
    if numbers:
        at = next((match.start(1) for match in _STRINGS_AND_NAN.finditer(body) if match.group(1)), 0)
        return None, _fault(text, start + at, f"{numbers[0]} is no JSON value", "not_a_number")
    return data, None


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


def _loads(text: str, numbers: list[str], *, strict: bool) -> Any:
    def constant(name: str) -> str:
        numbers.append(name)
        return name

    return json.loads(text, strict=strict, parse_int=_integer, parse_float=_real, parse_constant=constant)


def _integer(digits: str) -> int | str:
    # Python refuses to read thousands of digits, msgpack to write past 64 bits: such a "number" stays text
    return int(digits) if len(digits) < 19 else digits[:_LONGEST_TEXT]


def _real(digits: str) -> float | str:
    number = float(digits) if len(digits) < 400 else math.inf
    return number if math.isfinite(number) else digits[:_LONGEST_TEXT]


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
        return "extra_data"
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
    if "delimiter" in message and before.endswith('"') and here[0].isalnum():
        return "unescaped_quote"
    if "delimiter" in message:
        return "missing_comma"
    return "unquoted" if here[0].isalpha() else "invalid"


class _Builder:
    """Turns one block's data into items; never deeper than 32 levels, never more than the caps."""

    def __init__(self, block: int, line: int, document: Document) -> None:
        self._block, self._line, self._document = block, line, document
        self._prefixes: dict[str, str] = {}
        self._items = self._values = 0
        self.context = ""
        self.dropped = ""

    def top(self, data: Any) -> list[Item]:
        entries = (
            [(data, "$")]
            if not isinstance(data, list)
            else [(entry, f"$[{index}]") for index, entry in enumerate(data[:MOST_ITEMS])]
        )
        found: list[Item] = []
        for entry, path in entries:
            if isinstance(entry, dict):
                self._read_context(entry.get("@context"))
                graph = entry.get("@graph")
                if graph is not None:
                    members = graph if isinstance(graph, list) else [graph]
                    for index, member in enumerate(members[:MOST_ITEMS]):
                        where = f"{path}.@graph[{index}]" if isinstance(graph, list) else f"{path}.@graph"
                        if isinstance(member, dict) and (item := self._item(member, where, 0)):
                            found.append(item)
                if (graph is None or not _KEYWORDS.issuperset(entry)) and (item := self._item(entry, path, 0)):
                    found.append(item)
            elif isinstance(entry, list):
                self.dropped = self.dropped or "a list inside a list"
        return found

    def _read_context(self, context: Any) -> None:
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, str):
                is_schema = part.rstrip("/#") + "/" in (
                    "http://schema.org/",
                    "https://schema.org/",
                    "http://www.schema.org/",
                    "https://www.schema.org/",
                )
                named = (
                    "schema.org"
                    if is_schema
                    or part.rstrip("/").endswith(
                        ("schema.org/docs/jsonldcontext.json", "schema.org/docs/jsonldcontext.jsonld")
                    )
                    else part
                )
                self.context = "schema.org" if "schema.org" in (self.context, named) else named[:200]
            elif isinstance(part, dict):
                for prefix, target in part.items():
                    if not isinstance(target, str):
                        continue
                    if prefix == "@vocab":
                        self._read_context(target)
                    elif not prefix.startswith("@"):
                        self._prefixes[prefix] = target
                        if not self.context and target.rstrip("/#").endswith("schema.org"):
                            self.context = "schema.org"

    def _name(self, name: str) -> str:
        prefix, colon, rest = name.partition(":")
        if colon and not rest.startswith("//") and prefix in self._prefixes:
            name = self._prefixes[prefix] + rest
        return _text(short(name.strip()))[:200]

    def _item(self, data: dict[str, Any], path: str, depth: int) -> Item | None:
        if depth > DEEPEST or self._items >= MOST_ITEMS:
            self.dropped = self.dropped or ("nested more than 32 deep" if depth > DEEPEST else "more than 5,000 items")
            return None
        self._items += 1
        types = data.get("@type", ())
        names = [
            self._name(name)
            for name in (types if isinstance(types, list) else [types])[:20]
            if isinstance(name, str) and name.strip()
        ]
        properties: dict[str, list[Value]] = {}
        for key, value in data.items():
            if key in _KEYWORDS or key.startswith("@"):
                continue
            name = self._name(key)
            values = properties.setdefault(name, [])
            self._collect(value, f"{path}.{key[:200]}", depth, values)
        identity = data.get("@id")
        return Item(
            types=tuple(names),
            id=self._identity(identity) if isinstance(identity, str) else "",
            properties=properties,
            block=self._block,
            path=_text(path[-1000:]),
            line=self._line,
        )

    def _identity(self, identity: str) -> str:
        identity = _text(identity.strip())[:2_000]
        if not identity or identity.startswith("_:"):
            return f"_:{self._block}{identity[1:]}" if identity else ""  # blank nodes are known inside their block only
        return self._document.absolute(identity) or identity

    def _collect(self, value: Any, path: str, depth: int, into: list[Value]) -> None:
        """Values in order; lists, `@list` and `@set` are laid flat, `@value` is unwrapped."""
        if self._values >= MOST_VALUES:
            self.dropped = self.dropped or "more than 20,000 values"
            return None
        self._values += 1
        if isinstance(value, dict):
            for key in ("@value", "@list", "@set"):
                if key in value and depth <= DEEPEST:
                    return self._collect(value[key], f"{path}.{key}", depth + 1, into)
            if (item := self._item(value, path, depth + 1)) is not None:
                into.append(item)
        elif isinstance(value, list):
            if depth > DEEPEST:
                self.dropped = self.dropped or "nested more than 32 deep"
                return None
            for index, entry in enumerate(value):
                self._collect(entry, f"{path}[{index}]", depth + isinstance(entry, list), into)
        elif isinstance(value, str):
            into.append(_text(value.strip()[:_LONGEST_TEXT]))
        else:
            into.append(value)
        return None


def _text(text: str) -> str:
    """Text that can be written as UTF-8: JSON may hold halves of surrogate pairs."""
    return _SURROGATE.sub("\ufffd", text) if not text.isascii() else text
