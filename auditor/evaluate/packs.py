"""Rule packs: YAML to rules. A pack with a mistake is refused whole, with file:line and the mend."""

from __future__ import annotations

import difflib
import hashlib
import string
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from pydantic import Field

from auditor import paths
from auditor.checks import registry
from auditor.evidence.bundle import KINDS as BROWSER_KINDS
from auditor.facts.snapshot import FACTS
from auditor.knowledge import platforms
from auditor.model.errors import UsageError
from auditor.model.rule import Rule
from auditor.model.words import Answer, Certainty, On, Owner, PageType, Scope, Severity
from auditor.model.written import Place, Source, Written

_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class _AppliesTo(Written):
    page_type: tuple[PageType, ...] = ()
    platform: tuple[str, ...] = ()


class _Entry(Written):
    id: str = Field(pattern=_NAME)
    title: str = Field(min_length=3)
    severity: Severity
    certainty: Certainty
    owner: Owner
    check: str
    message: str = Field(min_length=3)
    why: str = Field(min_length=3)
    fix: str = Field(min_length=3)
    catalogue: str | tuple[str, ...] = ()
    on: On = On.BEST
    states: tuple[Answer, ...] = (Answer.NONE,)
    applies_to: _AppliesTo = _AppliesTo()
    options: dict[str, Any] = Field(default={}, alias="with")
    fix_on: dict[str, str] = {}
    refs: tuple[str, ...] = ()


class _Pack(Written):
    pack: str = Field(pattern=_NAME)
    title: str
    rules: tuple[_Entry, ...]


class Packs(msgspec.Struct, frozen=True):
    """The rules of a run in the order of their packs, and a digest that changes with any of them, not with their place."""

    rules: tuple[Rule, ...]
    digest: str
    titles: dict[str, str]  # pack -> title


def load(packs: Sequence[str] = ("all",), only: Iterable[str] = (), skip: Iterable[str] = ()) -> Packs:
    """The rules of these packs (names of built-in ones, `all`, or paths), without `skip`, and of `only` these.

    Raises UsageError: a pack that is not there or wrong, two rules of one id, an unknown rule id in `only` or `skip`.
    """
    rules: dict[str, Rule] = {}
    titles: dict[str, str] = {}
    for file in dict.fromkeys(file for name in packs for file in files(name)):
        title, found = read(file)
        for rule in found:
            if rule.id in rules:
                raise UsageError(f"rule '{rule.id}' stands also at {rules[rule.id].where}", where=rule.where)
            rules[rule.id] = rule
            titles.setdefault(rule.pack, title)
    only, skip = list(only), set(skip)
    for wanted in (*only, *sorted(skip)):
        if wanted not in rules:
            near = difflib.get_close_matches(wanted, rules, 1)
            raise UsageError(
                f"there is no rule '{wanted}'", hint=f"Did you mean '{near[0]}'?" if near else "See: auditor rules list"
            )
    chosen = tuple(rule for rule in rules.values() if rule.id not in skip and (not only or rule.id in only))
    if not chosen:
        raise UsageError("no rule is left to judge by", hint="Loosen rules.only and rules.skip.")
    plain = [{**msgspec.to_builtins(rule), "where": ""} for rule in sorted(chosen, key=lambda rule: rule.id)]
    for one in plain:  # sets have no order of their own
        one.update({name: sorted(one[name]) for name in ("page_types", "platforms", "states")})
    return Packs(chosen, hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest(), titles)


def read(file: Path) -> tuple[str, list[Rule]]:
    """Title and rules of one pack file; raises UsageError that lists every mistake with its line."""
    source = Source.read(file)
    source.path = _shown(file)
    pack = source.load(_Pack)
    mistakes: list[tuple[str, str]] = []
    rules: list[Rule] = []
    for index, entry in enumerate(pack.rules):
        at: Place = ("rules", index)
        wrong = _wrong(entry, at)
        mistakes += [(source.where(place), f"{entry.id}: {what}") for place, what in wrong]
        if not wrong:
            rules.append(_rule(pack.pack, entry, source.where(at)))
    if mistakes:
        (where, what), *others = mistakes
        raise UsageError(what, where=where, hint="\n  ".join(f"{where}: {what}" for where, what in others))
    return pack.title, rules


@cache
def built_in() -> dict[str, Path]:
    """Name -> file of the packs that come with auditor."""
    return {file.stem: file for file in sorted(paths.rules().glob("*.yaml"))}


def files(name: str) -> list[Path]:
    """The files of a pack's name, of `all`, or of a path. Raises UsageError."""
    if name == "all":
        return list(built_in().values())
    if name in built_in():
        return [built_in()[name]]
    if name.endswith((".yaml", ".yml")):
        return [Path(name)]
    near = difflib.get_close_matches(name, [*built_in(), "all"], 1)
    hint = (
        f"Did you mean '{near[0]}'?"
        if near
        else f"Built in: {', '.join(built_in())}; or give the path of a .yaml file."
    )
    raise UsageError(f"there is no rule pack '{name}'", hint=hint)


def _wrong(entry: _Entry, at: Place) -> list[tuple[Place, str]]:
    checks = registry.load()
    if entry.check not in checks:
        near = difflib.get_close_matches(entry.check, checks, 1)
        return [
            ((*at, "check"), f"there is no check '{entry.check}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        ]
    check = checks[entry.check]
    _, mistakes = check.accept(entry.options)
    wrong: list[tuple[Place, str]] = [
        ((*at, "with", name) if name else (*at, "check"), what) for name, what in mistakes
    ]
    if never := _never(check, entry.on):
        wrong.append(((*at, "on") if entry.on is not On.BEST else (*at, "check"), never))
    known = sorted({platform.id for platform in platforms.load()})
    given = [((*at, "applies_to", "platform", index), name) for index, name in enumerate(entry.applies_to.platform)]
    given += [((*at, "fix_on", name), name) for name in entry.fix_on]
    for place, name in given:
        if name not in known:
            wrong.append((place, f"unknown platform '{name}'; known: {', '.join(known)}"))
    try:
        for _, field, spec, conversion in string.Formatter().parse(entry.message):
            if field is not None and (not field.isidentifier() or spec or conversion):
                written = field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
                what = f"the message may hold plain names in braces only, not '{{{written}}}'"
                wrong.append(((*at, "message"), what))
    except ValueError as error:
        wrong.append(((*at, "message"), f"the message's braces don't match: {error}"))
    return wrong


def _never(check: registry.Check, on: On) -> str:
    """Why the rule could never be checked on some of the snapshots it asks for; empty where it could."""
    if check.scope is Scope.SITE:
        return ""
    if "response" in check.needs and on is not On.RAW:
        return f"check '{check.name}' needs the response as fetched; write on: raw"
    seen_only = sorted(kind for kind in check.needs if FACTS.get(kind, kind) in BROWSER_KINDS)
    if seen_only and on in (On.RAW, On.EVERY):
        return f"check '{check.name}' needs {', '.join(seen_only)}, which only browsers give; write on: rendered"
    return ""


def _rule(pack: str, entry: _Entry, where: str) -> Rule:
    return Rule(
        id=f"{pack}/{entry.id}",
        title=entry.title,
        severity=entry.severity,
        certainty=entry.certainty,
        owner=entry.owner,
        check=entry.check,
        message=entry.message,
        why=entry.why,
        fix=entry.fix,
        catalogue=(entry.catalogue,) if isinstance(entry.catalogue, str) else entry.catalogue,
        on=entry.on,
        states=frozenset(entry.states),
        page_types=frozenset(entry.applies_to.page_type),
        platforms=frozenset(entry.applies_to.platform),
        options=entry.options,
        fix_on=entry.fix_on,
        refs=entry.refs,
        where=where,
    )


def _shown(file: Path) -> str:
    """Built-in packs by the name a person knows (`rules/seo.yaml`), others by their path."""
    try:
        return str(Path("rules") / file.relative_to(paths.rules()))
    except ValueError:
        return str(file)
