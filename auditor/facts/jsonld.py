"""Facts of JSON-LD blocks: what is written in each, and its items in the common form."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.items import DEEPEST, MOST_ITEMS, MOST_VALUES, Item, Value, short
from auditor.facts.json_syntax import LONGEST_BLOCK, LONGEST_TEXT, SyntaxFault, parse

MOST_BLOCKS = 200
_KEYWORDS = frozenset(
    {"@type", "@id", "@context", "@graph", "@value", "@list", "@set", "@language", "@reverse", "@index"}
)
_TYPE = re.compile(r"""@type["'\s:&quot;\[]{1,40}([A-Za-z][A-Za-z:./]{0,80})""")
_SURROGATE = re.compile("[\ud800-\udfff]")


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
    bare: tuple[str, ...] = ()  # types of entries of a list that have no context while others have
    repeated: tuple[str, ...] = ()  # keys that one object has twice; the last one counts


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
    parsed = parse(text)
    fault = parsed.fault
    if fault:
        fault = msgspec.structs.replace(fault, document_line=line + fault.line - 1)
    if fault and not fault.tolerated:
        seems = _TYPE.search(text[:LONGEST_BLOCK])
        return Block(
            index=index, line=line, length=len(text), seems=short(seems.group(1)) if seems else "", error=fault
        ), []
    builder = _Builder(index, line, document)
    items = builder.top(parsed.data)
    types = tuple(dict.fromkeys(name for item in items for name in item.types))[:50]
    context = builder.context or "missing"
    return Block(
        index=index,
        line=line,
        length=len(text),
        context=context,
        types=types,
        error=fault,
        dropped=builder.dropped,
        repeated=parsed.repeated,
        bare=_bare(parsed.data) if context != "missing" else (),
    ), items


def _bare(data: Any) -> tuple[str, ...]:
    """A list's entries do not share a context: each that has none is in nobody's words."""
    if not isinstance(data, list):
        return ()
    entries = [one for one in data[:MOST_ITEMS] if isinstance(one, dict) and "@context" not in one]
    return tuple(dict.fromkeys(_text(one["@type"])[:80] for one in entries if isinstance(one.get("@type"), str)))[:20]


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
            into.append(_text(value.strip()[:LONGEST_TEXT]))
        else:
            into.append(value)
        return None


def _text(text: str) -> str:
    """Text that can be written as UTF-8: JSON may hold halves of surrogate pairs."""
    return _SURROGATE.sub("\ufffd", text) if not text.isascii() else text
