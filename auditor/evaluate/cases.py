"""A rule against its cases: evidence made up in YAML, judged as a run's is, held against the exact outcome and findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from pydantic import model_validator

from auditor import paths
from auditor.checks import registry
from auditor.evaluate import made_up
from auditor.evaluate.judge import Judge, Judged
from auditor.model.errors import UsageError
from auditor.model.finding import Finding
from auditor.model.rule import Rule
from auditor.model.words import Outcome, PageType
from auditor.model.written import Source, Written


class Case(Written):
    """One case. The evidence is that of a page (`html` as fetched, `rendered` by client) or of a run (`pages`)."""

    name: str
    hazard: bool = False  # what would fool the rule
    certainty_lowered: bool = False  # a hazard that is found, and said with less certainty

    html: str | None = None
    status: int = 200
    headers: dict[str, str] = {}
    rendered: dict[str, dict[str, Any]] = {}  # "chromium/desktop" -> html, state, missing, and evidence by kind
    url: str = made_up.URL
    page_type: PageType = PageType.PRODUCT
    platform: str = ""
    renders_differently: bool | None = None
    site: dict[str, Any] = {}
    targets: dict[str, dict[str, Any]] | None = None  # URL -> what came of fetching it

    pages: tuple[dict[str, Any], ...] | None = None  # of a rule that looks at the whole shop
    share: float = 1.0  # of the shop that was fetched
    files: tuple[
        dict[str, Any], ...
    ] = ()  # robots.txt and sitemaps: kind, url, content, and what came of fetching them
    probes: dict[str, dict[str, Any]] = {}  # name -> what came of a request beside pages
    certificates: tuple[dict[str, Any], ...] = ()
    site_search: dict[str, Any] | None = None  # what the shop's own search was asked for
    wrong_addresses: dict[str, Any] | None = None  # addresses that the shop gave to no page, as asked for
    exposed: tuple[dict[str, Any], ...] = ()  # files that no shop means to publish, as asked for
    before: tuple[dict[str, Any], ...] | None = None  # the files of the run before
    pages_before: tuple[dict[str, Any], ...] | None = None  # the pages of the run before
    sources: tuple[dict[str, Any], ...] = ()  # exports: what was read of each, its `products` and `wrong` rows
    sources_before: tuple[dict[str, Any], ...] = ()  # those of the run before
    pictures: dict[str, dict[str, Any]] = {}  # by content hash, of both runs: what to draw (made_up_pictures)
    given: tuple[str, ...] = ()  # addresses that the config names; what came of them is among the targets
    looks: dict[str, dict[str, Any]] = {}  # name of a probe -> what the page looked like that answered it
    started_at: str = made_up.STARTED

    outcome: Outcome | dict[str, Outcome]  # of every client, or by client
    findings: tuple[dict[str, Any], ...] = ()  # exactly these, by what is given of them
    reason: str = ""  # stands in that of an outcome
    left_open: str = ""  # stands in the reason of what a check of the whole run could not tell beside the faults

    @property
    def outcomes(self) -> set[Outcome]:
        if isinstance(self.outcome, dict):
            return set(self.outcome.values())
        return {self.outcome, Outcome.CANT_TELL} if self.left_open else {self.outcome}

    @model_validator(mode="after")
    def _known_words(self) -> Case:
        if unknown := {name for finding in self.findings for name in finding} - _TOLD:
            raise ValueError(f"a finding has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(_TOLD))}")
        return self


_TOLD = frozenset({"target", "severity", "certainty", "message", "clients", "owner", "url", "excerpts"})
_SHARED = ("site", "platform", "targets")  # by the pages of a run


def read(file: Path) -> list[Case]:
    """The cases of a file; raises UsageError with file:line."""
    source = Source.read(file)
    if not isinstance(source.data, list) or not source.data:
        raise UsageError("a case file is a list of cases", where=source.where())
    return [source.load(Case, data, (index,)) for index, data in enumerate(source.data)]


def file_of(rule: Rule, pack: Path) -> Path | None:
    """Where the rule's cases are: in a folder beside its pack and named like it, or a checkout's tests/rules/PACK."""
    name = rule.id.partition("/")[2]
    folders = (pack.with_suffix(""), paths.rules().parent / "tests" / "rules" / rule.pack)
    return next((file for folder in folders if (file := folder / f"{name}.yaml").is_file()), None)


def lacking(cases: list[Case]) -> list[str]:
    """What a rule's cases should have and have not."""
    seen = {outcome for case in cases for outcome in case.outcomes}
    hazards = [case for case in cases if case.hazard]
    wanted = {
        "no case in which it fires (outcome: failed)": Outcome.FAILED in seen,
        "no case in which it passes (outcome: passed)": Outcome.PASSED in seen,
        "no case that would fool it (hazard: true)": bool(hazards),
    }
    found = [case.name for case in hazards if case.findings and not case.certainty_lowered]
    return [what for what, there in wanted.items() if not there] + [
        f"the hazard '{name}' has findings without certainty_lowered" for name in found
    ]


def differences(rule: Rule, case: Case) -> list[str]:
    """How the rule's answer differs from what the case says; empty where it is the same."""
    judged = _judged(rule, case)
    had = sorted({(tally.client, tally.outcome, tally.reason) for tally in judged.tallies})
    shown = ", ".join(f"{client}: {outcome}" + (f" ({reason})" if reason else "") for client, outcome, reason in had)
    outcomes = {(client, outcome) for client, outcome, _ in had}
    told: list[str] = []
    if isinstance(case.outcome, dict):
        if outcomes != set(case.outcome.items()):
            wanted = ", ".join(f"{client}: {outcome}" for client, outcome in sorted(case.outcome.items()))
            told.append(f"outcome {shown or 'none: the rule does not apply'}; expected {wanted}")
    elif {outcome for _, outcome in outcomes} != case.outcomes:
        told.append(f"outcome {shown or 'none: the rule does not apply'}; expected {', '.join(sorted(case.outcomes))}")
    told += [
        f"no outcome has the reason '{wanted}': {shown}"
        for wanted in filter(None, (case.reason, case.left_open))
        if not any(wanted in reason for *_, reason in had)
    ]
    return told + _of_findings(case, judged.findings)


def _judged(rule: Rule, case: Case) -> Judged:
    judge = Judge([rule], dict(registry.load()), {}, ())
    try:
        if case.pages is None:
            return judge.page(made_up.page(_evidence(case)))
        shared: dict[str, Any] = {name: value for name, value in _evidence(case).items() if name in _SHARED}
        pages = [made_up.page({**shared, **page}) for page in case.pages]
        earlier = case.pages_before
        beside: dict[str, Any] = {
            "pages_before": None if earlier is None else [made_up.page({**shared, **page}) for page in earlier],
            "files": case.files,
            "probes": case.probes,
            "certificates": case.certificates,
            "exposed": case.exposed,
            "site_search": case.site_search,
            "wrong_addresses": case.wrong_addresses,
            "looks": case.looks,
            "given": case.given,
            "before": case.before,
            "sources": case.sources,
            "sources_before": case.sources_before,
            "pictures": case.pictures,
        }
        site = made_up.context(case.site)
        return judge.site(
            made_up.Site(pages, case.share, made_up.targets(case.targets), site, started_at=case.started_at, **beside)
        )
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{rule.id}: {case.name}: its evidence cannot be read: {error!r}") from None


def _evidence(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in case.model_fields_set}


def _of_findings(case: Case, findings: list[Finding]) -> list[str]:
    had = [_plain(finding) for finding in findings]
    missed = [want for want in case.findings if not any(_fits(one, want) for one in had)]
    extra = [one for one in had if not any(_fits(one, want) for want in case.findings)]
    told = [f"not found: {want}" for want in missed] + [f"found besides: {one}" for one in extra]
    if not told and len(had) != len(case.findings):
        told.append(f"{len(had)} findings; expected {len(case.findings)}: {had}")
    unfilled = [finding.message for finding in findings if "unknown)" in finding.message]
    return told + [f"a name in the message has no value: {message}" for message in unfilled]


def _plain(finding: Finding) -> dict[str, Any]:
    plain = msgspec.json.decode(msgspec.json.encode(finding))
    return {name: plain.get(name) for name in sorted(_TOLD)}


def _fits(had: dict[str, Any], want: dict[str, Any]) -> bool:
    return all(had[name] == value for name, value in want.items())
