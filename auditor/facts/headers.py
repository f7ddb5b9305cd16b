"""Facts in response headers that stand for markup: X-Robots-Tag and Link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

Headers = Sequence[tuple[str, str]]  # names in lower case, in order, as evidence keeps them

_CAP = 16_384
# Directives that carry a value after a colon; any other word before a colon names a robot.
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_DIRECTIVES = frozenset(
    {
        "all",
        "index",
        "follow",
        "noindex",
        "nofollow",
        "none",
        "noarchive",
        "nocache",
        "nosnippet",
        "noimageindex",
        "notranslate",
        "indexifembedded",
    }
    | {"noodp", "noydir", "nositelinkssearchbox", "noai", "noimageai"}
    | _VALUED
)
_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAMETER = re.compile(r"""\s*;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?""")


class HeaderLink(msgspec.Struct, frozen=True):
    """One link of a Link header: the URL as written, and its parameters with names in lower case."""

    href: str
    parameters: dict[str, str]

    @property
    def rel(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("rel", "").lower().split())


def values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def header_links(headers: Headers) -> Iterator[HeaderLink]:
    """The links of all Link headers (RFC 8288); what cannot be read ends that header."""
    for value in values(headers, "link"):
        at, value = 0, value[:_CAP]
        while match := _TARGET.match(value, at):
            at = match.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(value, at):
                at = parameter.end()
                name, quoted, plain = parameter.groups()
                parameters.setdefault(name.lower(), (quoted if quoted is not None else plain or "").strip())
            yield HeaderLink(match.group(1).strip(), parameters)


def robots_header(value: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Robot ("" for all) and directives of one X-Robots-Tag header: `googlebot: noindex, nofollow`."""
    agent, found = "", False
    words: list[str] = []
    for part in _parts(value[:_CAP]):
        name, colon, rest = part.partition(":")
        name = name.strip().lower()
        if colon and name not in _VALUED and " " not in name and name:
            if words:
                yield agent, tuple(words)
            agent, words, found = name, [], True
            part = rest
        if word := _directive(part):
            words.append(word)
    if words or found:
        yield agent, tuple(words)


def robots_directives(content: str) -> tuple[str, ...]:
    """Directives of a robots meta tag, lower case: `noindex`, `max-snippet:-1`."""
    return tuple(word for part in _parts(content[:_CAP]) if (word := _directive(part)))


def _parts(text: str) -> Iterator[str]:
    """Split at commas, but not inside the date of `unavailable_after: Wed, 03 Oct 2027 10:00:00 GMT`."""
    pieces = text.split(",")
    index = 0
    while index < len(pieces):
        part = pieces[index]
        if "unavailable_after" in part.lower():
            while index + 1 < len(pieces) and pieces[index + 1].strip()[:1].isdigit():
                index += 1
                part += "," + pieces[index]
        yield part.strip()
        index += 1


def _directive(part: str) -> str:
    part = " ".join(part.split())
    name, colon, rest = part.partition(":")
    name = name.strip().lower()
    if colon:
        return f"{name}:{rest.strip()}" if name in _VALUED else part.lower()
    return name


def known_directive(directive: str) -> bool:
    """Whether a directive is one that some search engine documents."""
    return directive.partition(":")[0] in _DIRECTIVES
