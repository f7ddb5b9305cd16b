"""`results.sarif`: SARIF 2.1.0 for CI servers. Rules with their help; a result for each finding of the document at its page's URL.

A tool matches results between runs by `partialFingerprints`: the ids of finding and problem, which stay the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from auditor.model.errors import EXIT_INCOMPLETE
from auditor.model.words import Certainty, Severity
from auditor.report import atomic, escape, view, words
from auditor.report.document import FindingPart, ProblemPart, ResultDocument, RulePart
from auditor.report.json_file import well_formed

SARIF = "results.sarif"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.SERIOUS: "error",
    Severity.MODERATE: "warning",
    Severity.MINOR: "note",
    Severity.INFO: "note",
}
_STATES = {"new": "new", "changed": "updated", "known": "unchanged"}
_MOST = 5_000  # results; GitHub takes 25,000 in a run and shows 5,000


def write(document: ResultDocument, path: Path) -> None:
    """Writes the file whole or not at all."""
    atomic.write(path, msgspec.json.format(msgspec.json.encode(well_formed(build(document))), indent=1))


def build(document: ResultDocument) -> dict[str, Any]:
    told: dict[str, ProblemPart] = {}
    for problem in document.problems:
        told.setdefault(problem.rule, problem)
    known = {rule.id: rule for rule in document.rules}
    ids = list(dict.fromkeys((*known, *told)))
    index = {name: number for number, name in enumerate(ids)}
    pairs = [(problem, finding) for problem in document.problems for finding in problem.findings]
    platform = document.shop.platform
    run = {
        "tool": {
            "driver": {
                "name": "auditor",
                "version": document.run.version or "0",
                "rules": [_rule(name, known.get(name), told.get(name), platform) for name in ids],
            }
        },
        "invocations": [_invocation(document, len(pairs))],
        "automationDetails": {"id": f"auditor/{escape.line(document.run.site, 120)}/"},
        "columnKind": "unicodeCodePoints",
        "properties": {"run": document.run.name, "site": document.run.site, "coverage": document.coverage.sentence},
        "results": [_result(problem, finding, index[problem.rule]) for problem, finding in pairs[:_MOST]],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str, rule: RulePart | None, problem: ProblemPart | None, platform: str) -> dict[str, Any]:
    about = rule or problem
    shown: dict[str, Any] = {
        "id": name,
        "name": "".join(part.capitalize() for part in name.replace("/", "-").split("-")),
    }
    if about is not None:
        shown["shortDescription"] = {"text": _text(about.title, 300)}
        shown["defaultConfiguration"] = {"level": _level(about.severity, about.certainty)}
        shown["properties"] = {
            "severity": str(about.severity),
            "certainty": str(about.certainty),
            "owner": str(about.owner),
            "tags": [name.partition("/")[0], str(about.owner)],
        }
    if problem is not None:
        fix = problem.fix + (f" On {words.word('platform', platform)}: {problem.fix_on}" if problem.fix_on else "")
        shown["fullDescription"] = {"text": _text(problem.why, 1_000)}
        shown["help"] = {"text": _text(f"{problem.why}\n\n{fix}", 3_000)}
        if problem.refs and (uri := escape.href(problem.refs[0])):
            shown["helpUri"] = _uri(uri)
    return shown


def _result(problem: ProblemPart, finding: FindingPart, index: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "severity": str(problem.severity),
        "certainty": str(problem.certainty),
        "owner": str(problem.owner),
        "pageType": str(problem.page_type),
        "pages": problem.pages,
        "clients": list(finding.clients),
    }
    if problem.gated is not None:
        properties["overTheGate"] = problem.gated
    if problem.effort:
        properties["effort"] = problem.effort
    return {
        "ruleId": problem.rule,
        "ruleIndex": index,
        "kind": "fail",
        "level": _level(problem.severity, problem.certainty),
        "message": {"text": _text(finding.message or problem.message, 1_000)},
        "locations": [_location(finding)],
        "partialFingerprints": {"auditorFinding/v1": finding.id, "auditorProblem/v1": problem.id},
        "properties": properties,
        **({"baselineState": _STATES[problem.state]} if problem.state in _STATES else {}),
        **({"suppressions": [_suppressed(problem)]} if problem.ignored else {}),
    }


def _suppressed(problem: ProblemPart) -> dict[str, Any]:
    return {"kind": "external", "status": "accepted", "justification": _text(problem.ignored, 500)}


def _location(finding: FindingPart) -> dict[str, Any]:
    first = next((excerpt for excerpt in finding.excerpts if excerpt.text), None)
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(escape.address(finding.url, 2_000))}}
    if first is not None:
        # A line number is asked for by viewers; the page as served has none that would hold.
        physical["region"] = {"startLine": 1, "snippet": {"text": escape.visible(first.text, 500)}}
    location: dict[str, Any] = {"physicalLocation": physical}
    if first is not None and first.where:
        location["logicalLocations"] = [{"fullyQualifiedName": escape.line(first.where, 300), "kind": "element"}]
    return location


def _invocation(document: ResultDocument, found: int) -> dict[str, Any]:
    notes = [f"{words.count(row.count, 'page')} {row.what}" for row in view.not_looked_at(document)]
    notes += [view.not_checked(row) for row in document.coverage.not_checked]
    if found > _MOST:
        notes.append(f"{found - _MOST:,} more findings are not listed")
    invocation: dict[str, Any] = {
        "executionSuccessful": document.verdict.exit_code != EXIT_INCOMPLETE,
        "exitCode": document.verdict.exit_code,
        "exitCodeDescription": _text(document.verdict.sentence, 500),
        "toolExecutionNotifications": [{"level": "note", "message": {"text": _text(note, 500)}} for note in notes],
    }
    for name, moment in (("startTimeUtc", document.run.started_at), ("endTimeUtc", document.run.ended_at)):
        if moment:
            invocation[name] = moment.replace("+00:00", "Z")
    return invocation


def _level(severity: Severity, certainty: Certainty) -> str:
    return "note" if certainty is Certainty.NEEDS_REVIEW else _LEVELS[severity]


def _text(text: str, limit: int) -> str:
    return escape.visible(text, limit) or "–"


def _uri(text: str) -> str:
    """A valid URI reference: what may not stand in one is percent-encoded."""
    return quote(text.encode("utf-8", "replace"), safe="%/:?#[]@!$&'()*+,;=~-._")
