"""`auditor diff`: two runs compared, in lines for a terminal or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import heappush, heappushpop

import msgspec

from auditor.model.standing import Comparison, Standing, State
from auditor.report import words

_ORDER = (State.NEW, State.CHANGED, State.FIXED, State.UNLOOKED, State.KNOWN)


def json_lines(standings: Iterable[Standing]) -> Iterator[str]:
    return (msgspec.json.encode(one).decode() for one in standings)


def lines(standings: Iterable[Standing], header: Comparison, most: int | None) -> Iterator[str]:
    """What differs besides the shop, then the worst of each state; memory holds no more than is shown."""
    yield from differences(header)
    titles = {state: words.word("standing", state) for state in _ORDER}
    counts: Counter[State] = Counter()
    shown: dict[State, list[tuple[tuple[int, int, int, str], Standing]]] = {state: [] for state in titles}
    for one in standings:
        counts[one.state] += 1
        if most is not None and one.state is State.KNOWN:
            continue
        rank = (-one.severity.rank, -one.certainty.rank, one.pages, one.problem)
        heap = shown[one.state]
        if most is None or len(heap) < most:
            heappush(heap, (rank, one))
        else:
            heappushpop(heap, (rank, one))
    yield ", ".join(f"{counts[state]:,} {title[:1].lower() + title[1:]}" for state, title in titles.items())
    for state, title in titles.items():
        if shown[state]:
            yield ""
            yield f"{title}: {counts[state]:,}"
            yield from (f"  {sentence(one)}" for _, one in sorted(shown[state], key=lambda pair: pair[0], reverse=True))
            more = counts[state] - len(shown[state])
            if more:
                yield f"  and {more:,} more (--all lists them)"


def differences(header: Comparison) -> Iterator[str]:
    """What two runs differ in besides the shop."""
    if header.version:
        yield f"auditor: {header.version}"
    for told, rules in (
        ("rules that are new", header.rules_new),
        ("rules that did not run", header.rules_gone),
        ("rules that changed", header.rules_changed),
    ):
        if rules:
            named = ", ".join(rules[:5])
            yield f"{told}: {named}" + (f" and {len(rules) - 5} more" if len(rules) > 5 else "")
    yield from (f"config: {line}" for line in header.config)
    if header.exports:
        yield f"exports that changed: {', '.join(header.exports)}"


def sentence(one: Standing) -> str:
    """A standing in one line: "serious  The link … (links/broken-internal, 3 pages, P-…; the rule changed)"."""
    pages = words.count(one.pages, "page")
    if one.state in (State.KNOWN, State.CHANGED) and one.pages_before and one.pages_before != one.pages:
        pages += f", {one.pages_before} before"
    notes = [one.rule, pages, one.problem]
    if one.before:
        notes.append(f"was {one.before}")
    why = [words.word("why", name) for name in one.why]
    why += [f"{reason} ({count})" for reason, count in sorted(one.unlooked.items(), key=lambda pair: -pair[1])[:2]]
    return f"{one.severity:<9} {' '.join(one.message.split())[:300]} ({', '.join(notes)}{'; ' if why else ''}{'; '.join(why)})"
