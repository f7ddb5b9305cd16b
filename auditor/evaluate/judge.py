"""Judges one page: picks the snapshots each rule looks at, runs its check, and turns observations into findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from auditor.checks.graph import standing
from auditor.checks.registry import Check
from auditor.evaluate.merged import Merged, look_of, views_of
from auditor.evaluate.pages import Page
from auditor.evaluate.told import Asking, Told, left_open, told_by
from auditor.facts.narrowed import Narrowed, Rests
from auditor.facts.snapshot import Snapshot
from auditor.history.identity import target_key
from auditor.model.finding import Finding, Observation, Tally
from auditor.model.query import BY_SCRIPTS, SiteQuery
from auditor.model.rule import Rule
from auditor.model.snapshot import HTTP
from auditor.model.urls import page_key
from auditor.model.words import Answer, Certainty, On, Outcome, PageType, Scope, Severity
from auditor.store.looks import ANY, OPENED, SITE, UNSURE_PAGE, Looks

_ANSWERED = (Outcome.PASSED, Outcome.FAILED)
NEEDS_BROWSER = "needs a browser; this page was fetched only"
MENDED = "scripts mend it on the pages of its template that a browser opened; this page was fetched only"


Counts = dict[tuple[str, str, Outcome, str], int]  # by rule, client, outcome and reason
_Lacks = dict[tuple[int, frozenset[str]], str | None]  # of a page's snapshots, since many rules need the same


class Judged(msgspec.Struct, kw_only=True):
    """What came of judging: findings, how often each rule had which outcome, and which looks came to an answer.

    `looks`: looks parted by blanks -> rules by their place; `unsure`: rule and target of what a look could not tell;
    `kept`: answers of a page that was only fetched which hold until something in its basis changes, by the rule's place.
    """

    findings: list[Finding] = []
    counts: Counts = msgspec.field(default_factory=Counter)
    looks: Looks = {}
    unsure: list[tuple[str, str]] = []
    kept: dict[int, Held] = {}

    @property
    def tallies(self) -> list[Tally]:
        return tallies(self.counts)


class Held(msgspec.Struct, frozen=True, array_like=True):
    """What a rule came to on a page by what is in its basis alone. `linked`: and by what came of asking for its links."""

    outcome: Outcome
    reason: str = ""
    linked: bool = False


class Carried(msgspec.Struct, kw_only=True):
    """Answers of the night before that still hold, by the rule's place, and the findings that belong to them, by rule."""

    answers: dict[int, Held] = {}
    findings: dict[str, list[Finding]] = {}


class _Step(NamedTuple):
    """A rule in its place, with its check and options; `call` is the check with its options, to be given what it looks at."""

    place: int
    rule: Rule
    check: Check
    options: dict[str, Any]
    call: Callable[..., Iterable[Observation]]
    of_page: bool  # its check looks at all snapshots of a page
    at_best: bool  # one look is as good as others at the page as it is best seen


def _step(place: int, rule: Rule, check: Check, options: dict[str, Any]) -> _Step:
    of_page = check.scope is Scope.PAGE
    call = partial(check.function, **options) if options else check.function
    return _Step(place, rule, check, options, call, of_page, rule.on is On.BEST and not of_page)


class _Plan(NamedTuple):
    """The rules of pages of one type and platform. `fetched`: those of a page that no browser saw, where `lacking` counts the others."""

    steps: tuple[_Step, ...]
    fetched: tuple[_Step, ...]
    lacking: Counts


class Judge:
    """The rules with their checks, ready to judge pages."""

    def __init__(
        self, rules: Sequence[Rule], checks: dict[str, Check], host_map: dict[str, str], drop: Collection[str]
    ) -> None:
        self._rules = [(rule, checks[rule.check], checks[rule.check].accept(rule.options)[0]) for rule in rules]
        self._host_map = host_map
        self._drop = drop
        self._plans: dict[tuple[PageType, str], _Plan] = {}

    def page(self, page: Page, carried: Carried | None = None) -> Judged:
        """Runs the snapshot and page rules that apply and have no answer yet. Never raises for what the page is like."""
        plan = self._plan(page.page_type, page.platform)
        if page.raw is not None and not page.rendered:
            return self._fetched(page, page.raw, plan, carried or Carried())
        judged = Judged(looks=_opened(page))
        lacks: _Lacks = {}
        for place, rule, check, options, *_ in plan.steps:
            merged = Merged(views_of(page.chosen(rule.on, rule.states)) if check.scope is Scope.PAGE else "")
            for client, state, call in self._calls(rule, check, options, page, lacks):
                told = told_by(call)
                if told.whole:
                    covered = merged.views or _covers(rule, page, client, state)
                    judged.looks.setdefault(covered, []).append(place)
                self._count(judged, rule, client, state, told, merged)
            judged.findings += merged.findings(rule, page, _ceiling(rule, page))
        return judged

    def _fetched(self, page: Page, raw: Snapshot, plan: _Plan, carried: Carried) -> Judged:
        """The same for a page that no browser saw, as most are: each rule has one look at it, or an answer that still holds."""
        judged = Judged(looks=_opened(page), counts=plan.lacking.copy())
        lacking: dict[frozenset[str], Told | None] = {}  # what is told where one of these kinds is not there
        client, state, pointed_to = raw.client_name, raw.state_name, lambda: raw.pointed_to
        look, best = look_of(client, state), ANY if page.renders_differently is False else HTTP  # as in _covers
        counts, answers = judged.counts, carried.answers
        for step in plan.fetched:
            place, rule, needs = step.place, step.rule, step.check.needs
            covered = best if step.at_best else look
            if (held := answers.get(place)) is not None:
                counts[(rule.id, client, held.outcome, held.reason)] = 1
                judged.looks.setdefault(covered, []).append(place)
                judged.findings += carried.findings.get(rule.id, ())
                judged.kept[place] = held
                continue
            if needs not in lacking:
                absent = _lack(raw, needs, {})
                lacking[needs] = told_by(left_open(absent)) if absent else None
            if (told := lacking[needs]) is None:
                rests = Rests()
                view = Narrowed(raw, needs, rests)
                told = told_by(step.call, [view] if step.of_page else view)
                if page.by_scripts and step.at_best and not told.faults:
                    told = Told(Outcome.CANT_TELL, BY_SCRIPTS, whole=False)
                elif told.faults and page.mended.get(rule.id):
                    told = Told(
                        Outcome.CANT_TELL, MENDED, whole=False, unsure=[one.target for one in told.faults if one.target]
                    )
                if (answer := _holds(told, rests, pointed_to)) is not None:
                    judged.kept[place] = answer
            if told.whole:
                judged.looks.setdefault(covered, []).append(place)
            if told.faults:
                merged = Merged(look if step.of_page else "")
                self._count(judged, rule, client, "" if step.of_page else state, told, merged)
                judged.findings += merged.findings(rule, page, _ceiling(rule, page))
                continue
            counts[(rule.id, client, told.outcome, told.reason)] = 1  # each rule of a plan comes once
            if told.unsure:
                judged.unsure += [(rule.id, self._key(target)) for target in told.unsure]
        return judged

    def mended(self, page: Page) -> dict[str, float]:
        """Rules that find faults on the page as fetched -> the share of them that scripts mend; what nobody can tell is left out.

        Faults whose target changes, as those of lazy pictures do, are the same faults.
        """
        found: dict[str, float] = {}
        if page.raw is None or not page.rendered:
            return found
        for step in self._plan(page.page_type, page.platform).fetched:
            if not step.at_best or any(_lack(one, step.check.needs, {}) for one in (page.raw, page.rendered[0])):
                continue
            before = {self._key(one.target) for one in told_by(step.call, Narrowed(page.raw, step.check.needs)).faults}
            if not before:
                continue
            told = told_by(step.call, Narrowed(page.rendered[0], step.check.needs))
            if told.outcome is not Outcome.CANT_TELL:
                after = {self._key(one.target) for one in told.faults}
                found[step.rule.id] = 1 - len(after) / len(before) if after <= before else 0.0
        return found

    def _count(self, judged: Judged, rule: Rule, client: str, state: str, told: Told, merged: Merged) -> None:
        judged.counts[(rule.id, client, told.outcome, told.reason)] += 1
        if told.outcome in _ANSWERED:
            merged.looked.append(client)
        judged.unsure += [(rule.id, self._key(target)) for target in told.unsure]
        for observation in told.faults:
            merged.add(self._key(observation.target), observation.seen_by or client, state, observation)

    def _plan(self, page_type: PageType, platform: str) -> _Plan:
        """The rules of pages that apply to one of this type and platform; remembered."""
        key = (page_type, platform)
        if key not in self._plans:
            steps = tuple(
                _step(place, rule, check, options)
                for place, (rule, check, options) in enumerate(self._rules)
                if check.scope is not Scope.SITE and _applies(rule, page_type, platform)
            )
            # half of all rules, on most pages of a large shop
            browsers = [step.rule for step in steps if step.rule.on is On.RENDERED]
            self._plans[key] = _Plan(
                steps,
                tuple(step for step in steps if step.rule.on is not On.RENDERED),
                Counter(
                    (rule.id, "any browser", Outcome.CANT_TELL, NEEDS_BROWSER)
                    for rule in browsers
                    if Answer.NONE in rule.states
                ),
            )
        return self._plans[key]

    def site(self, run: SiteQuery, *, opened: bool = True) -> Judged:
        """Runs the site rules over the run's query object. `opened`: whether browsers showed any page.

        Where none did, rules that look at what they show say so, and so do those of a banner's answers, which no page tells of.
        """
        judged = Judged(looks={SITE: []})
        for place, (rule, check, options) in enumerate(self._rules):
            if rule.platforms and run.platform not in rule.platforms:
                continue
            if not opened and rule.on is On.RENDERED and (check.scope is Scope.SITE or Answer.NONE not in rule.states):
                judged.counts[(rule.id, "any browser", Outcome.CANT_TELL, NEEDS_BROWSER)] += 1
                continue
            if check.scope is not Scope.SITE:
                continue
            asking = Asking(run)
            told = told_by(partial(check.function, **options), asking)
            judged.counts[(rule.id, HTTP, told.outcome, told.reason)] += 1
            if told.left_open:
                judged.counts[(rule.id, HTTP, Outcome.CANT_TELL, told.left_open)] += 1
            if told.whole:
                judged.looks[SITE].append(place)
            judged.unsure += [(rule.id, self._key(target)) for target in told.unsure]
            keys = (page_key(url, self._host_map, self._drop) for url in told.unsure_pages)
            judged.unsure += [(rule.id, UNSURE_PAGE + key) for key in keys]
            by_page: dict[str, Merged] = defaultdict(lambda: Merged(SITE))
            ceiling = rule.certainty
            if told.faults:
                ceiling, told.faults = _as_far_as_seen(rule, check, run, asking, told.faults)
            for observation in told.faults:
                by_page[observation.page].add(
                    self._key(observation.target), observation.seen_by or HTTP, "", observation
                )
            for url, merged in by_page.items():
                key = page_key(url, self._host_map, self._drop)
                # The page type is part of a problem's identity. What belongs to no page belongs to the shop, so to its home.
                row = run.page(url) if url else None
                page_type = row.page_type if row else PageType.CONTENT if url else PageType.HOME
                page = Page(key=key, url=url, page_type=page_type, platform="")
                merged.of_page, merged.by_pages = row is not None, asking.by_pages
                judged.findings += merged.findings(rule, page, ceiling)
        return judged

    def _key(self, target: str) -> str:
        return target_key(target, self._host_map, self._drop)

    def _calls(
        self,
        rule: Rule,
        check: Check,
        options: dict[str, Any],
        page: Page,
        lacks: _Lacks,
    ) -> Iterable[tuple[str, str, Callable[[], Iterable[Observation]]]]:
        """(client, state, what to run) for every snapshot the rule looks at, or one for a page rule."""
        snapshots = page.chosen(rule.on, rule.states)
        if not snapshots and Answer.NONE not in rule.states:
            return  # few pages are opened in the other states; the report says which
        if not snapshots:
            if rule.on is On.RENDERED and page.raw is not None:
                yield "any browser", "", left_open(NEEDS_BROWSER)
            else:
                yield (
                    HTTP if rule.on is On.RAW else "any client",
                    "",
                    left_open("no client was shown the page itself"),
                )
            return
        if check.scope is Scope.PAGE:
            lacking = next((reason for one in snapshots if (reason := _lack(one, check.needs, lacks))), None)
            views = [Narrowed(one, check.needs) for one in snapshots]
            call = left_open(lacking) if lacking else (lambda: check.function(views, **options))
            yield snapshots[0].client_name, "", call
            return
        for one in snapshots:
            absent = _lack(one, check.needs, lacks)
            view = Narrowed(one, check.needs)
            call = left_open(absent) if absent else (lambda view=view: check.function(view, **options))  # type: ignore[misc]
            yield one.client_name, one.state_name, call


def _as_far_as_seen(
    rule: Rule, check: Check, run: SiteQuery, asking: Asking, faults: Sequence[Observation]
) -> tuple[Certainty, list[Observation]]:
    """What a site rule may say at most, and its observations with how much of the shop they rest on.

    What pages that were not seen may prove wrong is for information.
    """
    seen: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    ceiling = rule.certainty
    if "{looked}" in rule.message:
        seen["looked"] = asking.looked
    if check.unseen or "{coverage}" in rule.message:
        state = standing(run)
        seen["coverage"] = state.words
        if check.unseen and not state.complete:
            ceiling = max(ceiling, Certainty.LIKELY, key=lambda one: one.rank)
            changes["severity"] = Severity.INFO
    return ceiling, [msgspec.structs.replace(one, data={**seen, **one.data}, **changes) for one in faults]


def _covers(rule: Rule, page: Page, client: str, state: str) -> str:
    """The looks that one look is as good as.

    A browser shows more than the fetch does; and where scripts don't make the page, the fetch shows what any browser does.
    """
    if rule.on is not On.BEST:
        return look_of(client, state)
    if page.rendered:
        return f"{look_of(client, state)} {HTTP}"
    return ANY if page.renders_differently is False else HTTP


def _opened(page: Page) -> Looks:
    shown = [*([page.raw] if page.raw is not None else []), *page.rendered] if page.page_type.is_storefront else []
    return {views_of(shown): [OPENED]} if shown else {}


def _applies(rule: Rule, page_type: PageType, platform: str) -> bool:
    if rule.platforms and platform not in rule.platforms:
        return False
    # A page that stands in the shop's place runs no rules but its own.
    return page_type in rule.page_types if rule.page_types or not page_type.is_storefront else True


def _holds(told: Told, rests: Rests, pointed_to: Callable[[], frozenset[str]]) -> Held | None:
    """The answer, where it will be the same as long as the basis of a page only fetched is: all told, no moment asked for."""
    if rests.moment or not told.whole or told.unsure or told.outcome is Outcome.CANT_TELL:
        return None
    if rests.asked and not rests.asked <= pointed_to():
        return None
    return Held(told.outcome, told.reason, linked=rests.linked)


def _ceiling(rule: Rule, page: Page) -> Certainty:
    """The most certain a finding of this rule can be here.

    `best` on a page that was only fetched: where scripts make the content of its template, the fetched document proves
    nothing; where no page of the template was rendered, nobody knows. Nor where they mend this fault on some pages of it.
    """
    open_to_scripts = page.renders_differently is not False or rule.id in page.mended
    if rule.on is On.BEST and not page.rendered and open_to_scripts:
        return max(rule.certainty, Certainty.LIKELY, key=lambda one: one.rank)
    return rule.certainty


def _lack(snapshot: Snapshot, needs: frozenset[str], known: _Lacks) -> str | None:
    """Why one of these kinds of evidence is not there; `known` are the answers given before."""
    key = (id(snapshot), needs)
    if key not in known:
        known[key] = next((reason for kind in sorted(needs) if (reason := snapshot.missing(kind))), None)
    return known[key]


def tallies(counts: Counts) -> list[Tally]:
    """Counts by (rule, client, outcome, reason) as the store keeps them."""
    return [
        Tally(rule=rule, client=client, outcome=outcome, reason=reason, count=count)
        for (rule, client, outcome, reason), count in counts.items()
    ]
