"""What a rule says of itself, in the words of `rules explain` and docs/rules: one reading of rule, check and cases for both."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from auditor import paths
from auditor.checks import registry
from auditor.checks.registry import Check
from auditor.evaluate import cases
from auditor.evidence.bundle import KINDS as BROWSER_KINDS
from auditor.facts.snapshot import FACTS
from auditor.knowledge import platforms
from auditor.model.errors import UsageError
from auditor.model.rule import Rule
from auditor.model.words import PageType, Scope
from auditor.model.written import plain


@cache
def words() -> dict[str, dict[str, str]]:
    """Vocabulary -> word of the code -> words of people."""
    loaded: dict[str, dict[str, str]] = plain(paths.templates() / "words.yaml")
    return loaded


class OptionSaid(msgspec.Struct, frozen=True):
    """An option of a rule's check: its type as annotated, what this rule gives, and what it is otherwise."""

    name: str
    kind: str
    given: str  # empty: the default
    default: str  # empty: must be given


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in words. Lists are empty where there is nothing to say."""

    rule: Rule
    owner: str
    certainty: str
    pages: str
    looks_at: str
    needs: str
    check: str  # the first sentence of the check
    options: tuple[OptionSaid, ...]
    fix_on: tuple[tuple[str, str], ...]  # name of the platform, how to mend it there
    fires: tuple[str, ...]  # names of its cases
    passes: tuple[str, ...]
    hazards: tuple[str, ...]


def about(rule: Rule, pack: Path | None = None) -> About:
    """All that is known of a rule; `pack` is the file of a pack that does not come with auditor."""
    check = registry.load()[rule.check]
    names = {platform.id: platform.name for platform in platforms.load()}
    file = cases.file_of(rule, pack or paths.rules() / f"{rule.pack}.yaml")
    own = cases.read(file) if file else []
    plain = [case for case in own if not case.hazard]
    return About(
        rule=rule,
        owner=words()["owner"][rule.owner],
        certainty=words()["certainty"][rule.certainty],
        pages=_pages(rule, names),
        looks_at=words()["looks_at"]["site" if check.scope is Scope.SITE else rule.on],
        needs=_needs(check),
        check=" ".join(inspect.getdoc(check.function).partition("\n\n")[0].split()),  # type: ignore[union-attr]
        options=tuple(_options(rule, check)),
        fix_on=tuple((names.get(platform, platform), fix) for platform, fix in rule.fix_on.items()),
        fires=tuple(case.name for case in plain if "failed" in case.outcomes),
        passes=tuple(case.name for case in plain if "failed" not in case.outcomes),
        hazards=tuple(case.name for case in own if case.hazard),
    )


def find(rules: Mapping[str, Rule], wanted: str) -> Rule:
    """The rule of this id, or of this name where only one pack has it. Raises UsageError with what comes near."""
    if wanted in rules:
        return rules[wanted]
    same = [rule for rule in rules.values() if rule.id.partition("/")[2] == wanted]
    if len(same) == 1:
        return same[0]
    names = {rule_id.partition("/")[2]: rule_id for rule_id in rules}
    near = [rule.id for rule in same] or difflib.get_close_matches(wanted, rules, 3)
    near = near or [names[name] for name in difflib.get_close_matches(wanted.rpartition("/")[2], names, 3)]
    near = near or [rule_id for rule_id in rules if wanted.lower() in rule_id][:5]
    raise UsageError(
        f"there is no rule '{wanted}'", hint=f"Did you mean {_or(near)}?" if near else "See: auditor rules list"
    )


def _pages(rule: Rule, names: Mapping[str, str]) -> str:
    types = [str(one) for one in PageType if one in rule.page_types]
    text = ", ".join(types) + " pages" if types else "all pages of the shop"
    if rule.platforms:
        text += " on " + ", ".join(names.get(one, one) for one in sorted(rule.platforms))
    return text


def _needs(check: Check) -> str:
    if check.scope is Scope.SITE:
        return "the whole run" + (f"; {_evidence(check)}" if check.needs else "")
    return _evidence(check)


def _evidence(check: Check) -> str:
    kinds = {FACTS.get(kind, kind) for kind in check.needs}
    said = words()["evidence"]
    ordered = [kind for kind in (*said, *sorted(kinds - said.keys())) if kind in kinds]
    fetched = [said.get(kind, kind) for kind in ordered if kind not in BROWSER_KINDS]
    seen = [said.get(kind, kind) for kind in ordered if kind in BROWSER_KINDS]
    parts = fetched + ([f"a browser ({', '.join(seen)})"] if seen else [])
    return "; ".join(parts) or "the page's address and status"


def _options(rule: Rule, check: Check) -> list[OptionSaid]:
    parameters = inspect.signature(check.function).parameters
    return [
        OptionSaid(
            name,
            _kind(parameters[name].annotation),
            _word(rule.options[name]) if name in rule.options else "",
            "" if option.required else _word(parameters[name].default),
        )
        for name, option in check.options.items()
    ]


def _kind(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _word(value: object) -> str:
    match value:
        case tuple() | list() | set() | frozenset():
            words = [_word(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
            return ", ".join(words) or "none"
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value) or "none"


def _or(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
