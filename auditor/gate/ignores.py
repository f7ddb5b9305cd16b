"""The ignore list: what is left out of the gate for now, each entry with its reason, and until when."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
from pydantic import Field, field_validator

from auditor.model.errors import UsageError
from auditor.model.finding import Problem
from auditor.model.words import PageType
from auditor.model.written import Source, Written

_SOON = timedelta(days=14)


class Ignore(Written):
    """An entry. What is left out fits everything; `rule`, `url` and `target` may hold `*`, a whole problem has its id."""

    rule: str = ""
    url: str = ""
    target: str = ""
    page_type: PageType | None = None
    problem: str = ""
    reason: str = Field(min_length=3)
    owner: str = ""
    expires: date | None = None

    @field_validator("problem")
    @classmethod
    def _an_id(cls, value: str) -> str:
        if value and not value.startswith("P-"):
            raise ValueError(f"'{value}' is no problem's id; it begins with P-")
        return value


class Entry(msgspec.Struct, frozen=True):
    """An entry with its place in the file."""

    ignore: Ignore
    where: str


class Applied(msgspec.Struct, kw_only=True):
    """What the list does to a run. `problems`: id -> the entry that leaves all of it out; `pages`: id -> pages left out of it."""

    problems: dict[str, Entry] = {}
    pages: dict[str, int] = {}
    expired: list[Entry] = []
    unused: list[Entry] = []
    soon: list[Entry] = []
    later: list[Entry] = []  # those that end after these


def read(path: Path, rules: Collection[str]) -> list[Entry]:
    """The entries of a file. Raises UsageError: not there, unknown rule, no reason, nothing named."""
    source = Source.read(path)
    rows = source.data if source.data is not None else []
    if not isinstance(rows, list):
        raise UsageError("an ignore file is a list of entries", where=source.where())
    entries = []
    for index, row in enumerate(rows):
        ignore = source.load(Ignore, row, (index,))
        if not (ignore.rule or ignore.problem):
            raise UsageError("an entry names a rule or a problem", where=source.where((index,)))
        if ignore.rule and not any(fnmatchcase(rule, ignore.rule) for rule in rules):
            near = difflib.get_close_matches(ignore.rule, rules, 1)
            hint = f"Did you mean '{near[0]}'?" if near else "auditor rules list shows those there are."
            raise UsageError(f"there is no rule '{ignore.rule}'", where=source.where((index, "rule")), hint=hint)
        entries.append(Entry(ignore, source.where((index,))))
    return entries


def apply(
    entries: Iterable[Entry],
    problems: Iterable[Problem],
    addresses: Callable[[str], Iterator[tuple[str, str]]],
    today: date,
) -> Applied:
    """`addresses`: a problem's id -> (page key, URL) of each of its findings. An entry that is past its end does nothing."""
    applied = Applied()
    active: list[Entry] = []
    for entry in entries:
        end = entry.ignore.expires
        if end is not None and end < today:
            applied.expired.append(entry)
            continue
        if end is not None and end <= today + _SOON:
            applied.soon.append(entry)
        elif end is not None:
            applied.later.append(entry)
        active.append(entry)
    used: set[str] = set()
    for problem in problems:
        fitting = [entry for entry in active if _fits(entry.ignore, problem)]
        if not fitting:
            continue
        whole = next((entry for entry in fitting if not entry.ignore.url), None)
        if whole is not None:
            used.update(entry.where for entry in fitting if not entry.ignore.url)
            applied.problems[problem.id] = whole
            continue
        left = matched = 0
        for key, url in addresses(problem.id):
            fit = next((one for one in fitting if any(fnmatchcase(each, one.ignore.url) for each in (key, url))), None)
            if fit is None:
                left += 1
            else:
                matched += 1
                used.add(fit.where)
        if matched and not left:
            applied.problems[problem.id] = next(entry for entry in fitting if entry.where in used)
        elif matched:
            applied.pages[problem.id] = matched
    applied.unused = [entry for entry in active if entry.where not in used]
    return applied


def said(entry: Entry) -> str:
    """An entry in one line, for people."""
    ignore = entry.ignore
    parts = [ignore.problem or ignore.rule, ignore.target, ignore.url and f"on {ignore.url}"]
    told = " ".join(filter(None, parts))
    ends = f", ends {ignore.expires.isoformat()}" if ignore.expires else ""
    return f"{told} ({ignore.reason}{', ' + ignore.owner if ignore.owner else ''}{ends}; {entry.where})"


def _fits(ignore: Ignore, problem: Problem) -> bool:
    return (
        (not ignore.problem or ignore.problem == problem.id)
        and (not ignore.rule or fnmatchcase(problem.rule, ignore.rule))
        and (not ignore.target or ignore.target == problem.target or fnmatchcase(problem.target, ignore.target))
        and ignore.page_type in (None, problem.page_type)
    )
