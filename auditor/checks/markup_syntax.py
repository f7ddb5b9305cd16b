"""Checks of how markup is written down: JSON that parses, keys and contexts, templates that were filled, texts that are texts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from html import unescape
from itertools import islice

from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts.items import Item, short
from auditor.facts.jsonld import Block
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vocabulary
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Certainty, Severity

_MOST_ITEMS = 2_000
_FAULTS = {
    "trailing_comma": "a trailing comma",
    "missing_comma": "a missing comma",
    "missing_colon": "a missing colon behind a name",
    "unescaped_quote": "a quotation mark inside a text that is not escaped",
    "comment": "a comment, which JSON has none of",
    "single_quotes": 'a quotation mark that is not "',
    "unquoted": "a word without quotation marks",
    "html_entity": "an HTML entity instead of the character",
    "control_character": "a control character inside a text, such as a line break",
    "bad_escape": "a wrong escape sequence (a backslash that starts none)",
    "not_a_number": "NaN or Infinity, which JSON has none of",
    "unterminated": "it ends too early",
    "extra_data": "something after the end of the JSON",
    "template": "a template's variable that was not filled",
    "too_deep": "it is nested too deeply to be read",
    "too_large": "it is too large to be read",
    "invalid": "what stands there is no JSON",
}
_OLD = re.compile(r"^https?://(?:www\.)?data-vocabulary\.org/", re.IGNORECASE)
_NEARLY = re.compile(r"^(?:https?:/*)?(?:www\.)?schema\.org(?:/|$)", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"\{\{\{?[^{}]{1,200}\}\}\}?|\{%[^%]{1,200}%\}|%%[A-Z][A-Za-z]{1,30}_[A-Za-z0-9_]{1,60}%%|<\?(?:php|=)|<%[=-]|\$\{[^}]{1,80}\}|\{\$[a-z_][^}]{0,80}\}"
    r"|Liquid (?:syntax )?error|\[object Object\]"
)
# The whole of a value; the last are addresses whose end a script did not have
_EMPTY_VARIABLE = re.compile(
    r"undefined|null|NaN|\[object Object\]|\[[a-z]+(?:_[a-z]+)+\]|%[a-z]+(?:_[a-z]+)+%|\{[a-z]+(?:_[a-z]+)+\}|#[A-Z]+(?:_[A-Z]+)+#|__[A-Z]+(?:_[A-Z]+)*__"
    r"|https?://\S{1,300}/(?:undefined|null|NaN)"
)
_NAMES = ("name", "headline", "alternateName")
# Those of people and pictures that plugins escape (avatars) harm nobody
_ADDRESSES = ("url", "image", "@id")
_ADDRESSED = ("Product", "Offer", "ListItem")
_WHOLE = ("name", "headline", "url", "image", "description", "@id")
# What themes leave behind around logos and menus (name, url, image) harms nobody
_PRODUCTS_OWN = frozenset(
    [
        "offers",
        "price",
        "priceCurrency",
        "lowPrice",
        "highPrice",
        "availability",
        "sku",
        "mpn",
        "gtin",
        "gtin8",
        "gtin12",
        "gtin13",
        "gtin14",
        "brand",
        "aggregateRating",
        "ratingValue",
        "reviewCount",
        "itemCondition",
    ]
)
_VOICES = frozenset({"reviewBody", "text", "articleBody"})  # what people wrote may hold anything
_ENTITY = re.compile(r"&(?:amp|quot|apos|lt|gt|nbsp|[lr][sd]quo|ndash|mdash|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)


@check(needs={"structured_data"})
def json_ld_parses(snapshot: Snapshot) -> Iterator[Observation]:
    """Every JSON-LD block is JSON. The target is what the block seems to describe, since blocks move about."""
    yield from _syntax(snapshot, tolerated=False)


@check(needs={"structured_data"})
def json_ld_strict(snapshot: Snapshot) -> Iterator[Observation]:
    """No JSON-LD block needs its readers to forgive, such as line breaks inside texts. A block without anything in it harms nobody."""
    yield from _syntax(snapshot, tolerated=True)


def _syntax(snapshot: Snapshot, *, tolerated: bool) -> Iterator[Observation]:
    blocks = snapshot.structured_data.blocks
    if not blocks:
        yield inapplicable("no JSON-LD")
        return
    for block in blocks:
        error = block.error
        if error is None or error.tolerated is not tolerated or error.kind == "empty":
            continue
        where = f"block {block.index + 1}, line {error.line}, column {error.column}"
        target = " ".join(block.types) or block.seems or "unnamed block"
        yield failed(
            target,
            Excerpt("JSON-LD", error.excerpt, where=where),
            error=_FAULTS.get(error.kind, error.message),
            where=where,
            what=target,
        )


@check(needs={"structured_data"})
def json_keys_once(snapshot: Snapshot) -> Iterator[Observation]:
    """No object of a JSON-LD block has a key twice: readers keep the last value, or refuse the block."""
    blocks = snapshot.structured_data.blocks
    if not blocks:
        yield inapplicable("no JSON-LD")
        return
    for block in blocks:
        for key in block.repeated:
            yield failed(
                f"{' '.join(block.types)} {key}".strip(),
                Excerpt("key", key, where=f"block {block.index + 1}, line {block.line}"),
                key=key,
                type=_described(block),
            )


@check(needs={"structured_data"})
def contexts_known(snapshot: Snapshot) -> Iterator[Observation]:
    """Markup in schema.org's words says that they are: by @context, itemtype or vocab. Other vocabularies are let be."""
    data = snapshot.structured_data
    if not data.items:
        yield inapplicable("no structured data")
        return
    for block in data.blocks:
        if block.error is not None and not block.error.tolerated:
            continue
        if block.bare and block.context == "schema.org":
            yield failed(
                f"{' '.join(block.bare)} @context",
                Excerpt("@type", ", ".join(block.bare), where=f"block {block.index + 1}, line {block.line}"),
                type=" ".join(block.bare),
                fault="has no @context, though its neighbours in the list have one",
            )
        if not any(name in vocabulary.load().types for name in block.types):
            continue
        fault = _context_fault(block.context)
        if fault:
            yield failed(
                f"{' '.join(block.types)} @context",
                Excerpt("@context", block.context, where=f"block {block.index + 1}, line {block.line}"),
                # "schema.org" without https:// is guessed by some readers
                certainty=Certainty.LIKELY if "://" not in block.context and block.context != "missing" else None,
                type=_described(block),
                fault=fault,
            )
    told: set[str] = set()
    old: dict[str, Excerpt] = {}
    for item in islice(data.walk(), _MOST_ITEMS):
        for name in item.types:
            if _OLD.match(name):
                old.setdefault(name.rpartition("/")[2], Excerpt("type", name, where=place_of(item)))
            elif name not in told and _NEARLY.match(name):
                told.add(name)
                fault = "has no proper address; https://schema.org/… may be meant"
                yield failed(name, Excerpt("type", name, where=place_of(item)), type=name, fault=fault)
    if old:
        yield failed(
            "data-vocabulary.org",
            *list(old.values())[:5],
            severity=None if "product" in {name.casefold() for name in old} else Severity.MODERATE,
            type=", ".join(list(old)[:5]),
            fault="is of data-vocabulary.org, which search engines no longer read",
        )


def _context_fault(context: str) -> str:
    if context == "schema.org":
        return ""
    if context == "missing":
        return "has no @context, so its words mean nothing"
    host = re.sub(r"^\w+:/*(?:www\.)?", "", context).partition("/")[0].casefold()
    if host == "data-vocabulary.org":
        return f"has the @context “{context}”, which search engines no longer read"
    # "schema.ogr", "schema.com": nobody has a vocabulary of that name
    if (
        host in ("schema.com", "schema.net", "schemas.org")
        or difflib.SequenceMatcher(None, host, "schema.org").ratio() >= 0.85
        or _NEARLY.match(context)
    ):
        return f"has the @context “{context}”; https://schema.org may be meant"
    return ""


def _described(block: Block) -> str:
    return " ".join(block.types) or "unnamed"


@check(needs={"structured_data"})
def keywords_marked(snapshot: Snapshot) -> Iterator[Observation]:
    """JSON-LD writes its own words with an @: `@type` and `@context`. Without `@context` its words are nobody's.

    schema.org's own context takes `type` for `@type`, which readers that never fetch it don't know: likely only.
    """
    data = snapshot.structured_data
    blocks = {block.index: block for block in data.blocks if block.context in ("schema.org", "missing")}
    if not blocks:
        yield inapplicable("no JSON-LD in schema.org's words")
        return
    told: set[str] = set()
    for item in islice(data.walk(), _MOST_ITEMS):
        if item.source != "json-ld" or item.block not in blocks:
            continue
        kind = short(item.text("type")) if "type" in item.properties and not item.types else ""
        bare = kind if kind in vocabulary.load().types else ""
        context = "context" in item.properties and blocks[item.block].context == "missing"
        lost = context and "schema.org" in item.text("context")
        words = [word for word, there in (("context", lost), ("type", bare)) if there]
        target = f"{bare or ' '.join(item.types)} {' '.join(words)}"
        if words and target not in told:
            told.add(target)
            yield failed(
                target,
                Excerpt("item", ", ".join(f"{word}: {item.text(word)}" for word in words), where=place_of(item)),
                certainty=None if lost else Certainty.LIKELY,
                words=words,
                meant=[f"@{word}" for word in words],
                type=bare or " ".join(item.types) or "untyped",
            )


@check(needs={"structured_data"})
def markup_filled(snapshot: Snapshot) -> Iterator[Observation]:
    """No value is a template's variable that nobody filled ({{ title }}, %%GLOBAL_Name%%, undefined)."""
    items = list(islice(snapshot.structured_data.walk(), _MOST_ITEMS))
    if not items:
        yield inapplicable("no structured data")
        return
    told: set[str] = set()
    for item in items:
        for name, values in item.properties.items():
            for value in values:
                if not isinstance(value, str) or name in _VOICES or name in told:
                    continue
                text = value.strip()
                found = _TEMPLATE.search(text[:2_000])
                empty = name in _WHOLE and "Brand" not in item.types and _EMPTY_VARIABLE.fullmatch(text)
                if not found and not empty:
                    continue
                told.add(name)
                # A description may be about templates; what is nothing but one is none
                sure = empty or (found and (name in _NAMES or len(found.group()) > len(text) * 0.6))
                yield failed(
                    f"{' '.join(item.types)} {name}".strip(),
                    Excerpt(name, text[:200], where=place_of(item)),
                    certainty=None if sure else Certainty.LIKELY,
                    property=name,
                    type=" ".join(item.types) or "untyped",
                    written=text[:80],
                )


@check(needs={"structured_data"})
def names_unescaped(snapshot: Snapshot) -> Iterator[Observation]:
    """Names and addresses are written as people read them: JSON-LD and attributes know no HTML entities inside a value ("Tom &amp; Jerry")."""
    items = [item for item in islice(snapshot.structured_data.walk(), _MOST_ITEMS) if item.types]
    if not items:
        yield inapplicable("no structured data")
        return
    told: set[str] = set()
    for item in items:
        addressed = any(item.is_a(kind) for kind in _ADDRESSED)
        for name in (*_NAMES, *_ADDRESSES) if addressed else _NAMES:
            text = _first_escaped(item, name)
            target = f"{item.types[0]} {name}"
            if text and target not in told:
                told.add(target)
                yield failed(
                    target,
                    Excerpt(name, text, where=place_of(item)),
                    property=name,
                    type=item.types[0],
                    written=text[:80],
                    meant=unescape(unescape(text))[:80],
                )


def _first_escaped(item: Item, name: str) -> str:
    values = [item.id] if name == "@id" else item.all(name)
    return next((value for value in values if isinstance(value, str) and _ENTITY.search(value[:1_000])), "")


@check(needs={"structured_data"})
def properties_inside_items(snapshot: Snapshot) -> Iterator[Observation]:
    """No itemprop of a product stands outside every itemscope, where it belongs to nothing."""
    data = snapshot.structured_data
    if not data.loose and not any(item.source == "microdata" for item in data.items):
        yield inapplicable("no microdata")
        return
    lost = [name for name in data.loose if name in _PRODUCTS_OWN]
    if lost:
        yield failed("loose", Excerpt("itemprop", ", ".join(lost[:20])), names=lost[:10])
