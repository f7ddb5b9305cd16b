"""Checks of markup against schema.org's vocabulary: words, where they belong, members of enumerations, forms of values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts.items import Item, short
from auditor.facts.snapshot import Snapshot
from auditor.facts.structured_data import StructuredData
from auditor.knowledge import vocabulary
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Certainty

_MOST_ITEMS = 2_000
_MOST_UNKNOWN = 100  # words of a page that are held against the whole vocabulary
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,60}")
_ELSEWHERE = frozenset({"availability"})  # has a rule of its own
# Words that platforms write on purpose, and schema.org's readers pass over without harm
_GOOGLE = frozenset(
    {("Product", "isbn"), ("Product", "video")}
)  # Google reads these though schema.org has them elsewhere
_OBJECTS = frozenset(
    {"offers", "aggregateRating", "reviewRating", "priceSpecification", "shippingDetails", "hasMerchantReturnPolicy"}
)
_OWN = frozenset({"query-input", "identifier", "additionalType", "image", "url", "name", "description", "sameAs"})
_DATE = re.compile(
    r"[-+]?\d{4}(?:-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?"
    r"(?:[T ](?:[01]?\d|2[0-4])(?::?[0-5]\d(?::?[0-5]\d(?:[.,]\d{1,9})?)?)?\s?(?:Z|UTC|[-+]\d{2}:?(?:\d{2})?)?)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?:[01]?\d|2[0-4]):?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?(?:Z|[-+]\d{2}:?\d{2})?")
_DURATION = re.compile(
    r"[-+]?P(?!$)(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?W)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?"
)
_WHOLE = re.compile(r"[-+]?\d{1,18}(?:\.0+)?|\d{1,3}(?:[ ,]\d{3})+")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_HANDLE = re.compile(r"@[\w.]{1,60}|[\w .-]{1,60}")
_BOOLEANS = frozenset({"true", "false", "1", "0", "yes", "no"})
_COORDINATES = frozenset({"latitude", "longitude"})  # schema.org lets them be texts, and means numbers
# Where a number has rules of its own, that say more
_JUDGED = frozenset(
    {
        "price",
        "lowPrice",
        "highPrice",
        "ratingValue",
        "bestRating",
        "worstRating",
        "offerCount",
        "position",
        "minPrice",
        "maxPrice",
    }
)


@check(needs={"structured_data"})
def markup_words_known(snapshot: Snapshot) -> Iterator[Observation]:
    """No type or property is a misspelling of one of schema.org's. Words like none of them (extensions, pending, own) are let be."""
    items = _items(snapshot.structured_data)
    if not items:
        yield inapplicable("no structured data")
        return
    seen: set[tuple[str, str]] = set()
    unknown = 0
    for item in items:
        for kind, written in [("type", name) for name in item.types] + [("property", name) for name in item.properties]:
            if (kind, written) in seen or not _NAME.fullmatch(written):
                continue
            seen.add((kind, written))
            if unknown >= _MOST_UNKNOWN:
                continue
            unknown += written not in vocabulary.names()
            if known := vocabulary.meant(written, as_type=kind == "type"):
                sure = None if known.lower() == written.lower() else Certainty.LIKELY
                yield failed(
                    written,
                    Excerpt(kind, written, where=place_of(item)),
                    certainty=sure,
                    kind=kind,
                    written=written,
                    known=known,
                )


@check(needs={"structured_data"})
def properties_in_place(snapshot: Snapshot) -> Iterator[Observation]:
    """A property of schema.org stands on a type that has it, or one above. Unknown types and words are let be."""
    items = [item for item in _items(snapshot.structured_data) if item.types]
    if not items:
        yield inapplicable("no structured data")
        return
    seen: set[str] = set()
    for item in items:
        if "additionalType" in item.properties:
            continue
        for name in item.properties:
            target = f"{item.types[0]} {name}"
            if target in seen or name in _OWN or vocabulary.belongs(name, item.types):
                continue
            if any((one, name) in _GOOGLE for one in item.types):
                continue
            seen.add(target)
            homes = vocabulary.load().properties[name][0]
            yield failed(
                target,
                Excerpt("item", f"{' '.join(item.types)}: {name}", where=place_of(item)),
                property=name,
                type=" ".join(item.types),
                homes=list(homes[:5]),
            )


@check(needs={"structured_data"})
def members_known(snapshot: Snapshot) -> Iterator[Observation]:
    """A value of an enumeration is one of its members, with or without the address. Other vocabularies' are let be."""
    looked = False
    told: set[str] = set()
    for item in _items(snapshot.structured_data):
        for name, values in item.properties.items():
            if name in _ELSEWHERE or not (members := vocabulary.members_of(name)):
                continue
            looked = True
            for value in values:
                written = value.strip() if isinstance(value, str) else ""
                last = short(written)
                if not written or "://" in last or last in members or f"{name} {written}" in told:
                    continue
                told.add(f"{name} {written}")
                near = next((one for one in members if one.casefold() == last.casefold()), "")
                yield failed(
                    f"{name} {written[:80]}",
                    Excerpt(name, written[:200], where=place_of(item)),
                    certainty=Certainty.LIKELY if near else None,
                    property=name,
                    written=written[:80],
                    known=[near] if near else sorted(members)[:8],
                )
    if not looked:
        yield inapplicable("no property with a fixed set of values")


@check(needs={"structured_data"})
def values_well_formed(snapshot: Snapshot) -> Iterator[Observation]:
    """Dates, times, durations, numbers and addresses have the form that schema.org's type of value has."""
    items = _items(snapshot.structured_data)
    if not items:
        yield inapplicable("no structured data")
        return
    told: set[str] = set()
    for item in items:
        for name, values in item.properties.items():
            wanted = frozenset(vocabulary.takes(name))
            if not wanted or name in _JUDGED:
                continue
            for value in values:
                written = (
                    str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
                )
                target = f"{' '.join(item.types)} {name}".strip()
                if not written or target in told or not (form := _misformed(name, wanted, written)):
                    continue
                told.add(target)
                yield failed(
                    target,
                    Excerpt(name, written[:200], where=place_of(item)),
                    property=name,
                    type=" ".join(item.types) or "untyped",
                    written=written[:80],
                    form=form,
                )


def _misformed(name: str, wanted: frozenset[str], written: str) -> str:
    """The form that the value should have and has not; "" where it has one of those wanted, or nobody can say."""
    written = written[:200]
    if name in _OBJECTS:
        # An address is a reference
        return "" if "/" in written or written.startswith(("#", "_:")) else "a thing of its own with a type"
    if name in _COORDINATES:
        return "" if _NUMBER.fullmatch(written) else "a number such as 54.3"
    if "Text" in wanted:
        return ""
    if wanted <= {"Date", "DateTime", "Time"}:
        fits = _DATE.fullmatch(written) or ("Time" in wanted and _TIME.fullmatch(written))
        return "" if fits else "a time such as 09:00" if wanted == {"Time"} else "a date such as 2026-11-30"
    if wanted <= {"Duration", "QuantitativeValue"} and "Duration" in wanted:
        return "" if _DURATION.fullmatch(written) else "a duration such as PT1H30M"
    if wanted == {"Integer"}:
        return "" if _WHOLE.fullmatch(written) else "a whole number"
    if wanted == {"Number"}:
        return "" if _NUMBER.fullmatch(written) else "a number such as 54.3"
    if wanted == {"Boolean"}:
        return "" if short(written).lower() in _BOOLEANS else "true or false"
    if wanted == {"URL"}:
        # Addresses may be relative; a handle or a few words are none
        words = written.startswith("@") or " " in written or name == "sameAs"
        handle = words and _HANDLE.fullmatch(written) and "." not in written and "/" not in written
        return "an address such as https://…" if handle else ""
    return ""


def _items(data: StructuredData) -> list[Item]:
    """Items in schema.org's words: those of blocks with another context, and of types of another vocabulary, are left out."""
    foreign = {block.index for block in data.blocks if block.context not in ("schema.org", "missing")}
    walked = (item for item in data.walk() if item.source != "json-ld" or item.block not in foreign)
    own = (item for item in walked if not item.types or not all("://" in name for name in item.types))
    return list(islice(own, _MOST_ITEMS))
