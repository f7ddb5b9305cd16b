"""Problems looked at again: the same rules on the same pages in the same clients, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from auditor.checks import registry
from auditor.config.config import Config
from auditor.crawl.settings import dropped_parameters
from auditor.facts.snapshot import SiteContext
from auditor.history.gone import Gone
from auditor.model.errors import EXIT_CLEAN, EXIT_GATE_FAILED, EXIT_INCOMPLETE, UsageError
from auditor.model.rule import Rule
from auditor.model.run import Run
from auditor.model.snapshot import HTTP
from auditor.model.words import BrowserName, Scope
from auditor.pipeline.audit import Audit
from auditor.store import judgement, reading, runs, schema, snapshots
from auditor.store.looks import PAGES, SITE
from auditor.store.workspace import Workspace

_PAGES = 40  # of each problem
_LINKS = 300  # that rules about links need to have been asked for
_SEARCHED = 30  # latest runs in which a problem is looked for


class Fault(msgspec.Struct, frozen=True):
    """A finding as an earlier run had it."""

    id: str
    problem: str
    rule: str
    page_key: str
    url: str
    asked: str
    message: str


class Plan(msgspec.Struct, frozen=True):
    """What to look at: the earlier run and its evaluation, the findings, and how many more of each problem are left out."""

    run: Run
    evaluation: int
    faults: tuple[Fault, ...]
    left_out: dict[str, int]
    rules: dict[str, Rule]
    links: tuple[str, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(fault.url for fault in self.faults))

    @property
    def whole(self) -> bool:
        """Whether a rule among them looks at the whole shop."""
        return any(SITE in fault.asked.split() for fault in self.faults)


class Answer(msgspec.Struct, frozen=True):
    """What became of a problem: fixed, still there, or could not be checked and why."""

    problem: str
    message: str
    state: str  # fixed | still_there | unchecked
    pages: int
    still: int = 0
    reasons: tuple[str, ...] = ()
    left_out: int = 0


def plan(workspace: Workspace, names: Sequence[str], run: str = "") -> Plan:
    """The findings of the problems, in the run named or the latest that has them all. Raises UsageError."""
    with workspace.read() as connection:
        searched = [runs.find(workspace, run)] if run else _latest(connection)
        for one in searched:
            evaluation = judgement.latest(connection, one.id)
            if evaluation is None:
                continue
            found = {name: _faults(connection, evaluation, name) for name in names}
            if all(found.values()):
                return _plan(connection, one, evaluation, found)
    lacking = names[0] if len(names) == 1 else f"one of {', '.join(names)}"
    raise UsageError(
        f"no run has the problem {lacking}" if not run else f"run '{run}' has not the problem {lacking}",
        hint="A problem's id begins with P-, a finding's with F-; the report and auditor diff show them.",
    )


def begin(workspace: Workspace, config: Config, planned: Plan) -> Audit:
    """An audit of just that, ready to go. Raises UsageError."""
    return Audit.begin(narrowed(config, planned), workspace, kind="recheck")


def narrowed(config: Config, planned: Plan) -> Config:
    """The config for looking at the planned pages only; a rule that looks at the whole shop needs all of it."""
    looks = {look.partition("|")[0] for fault in planned.faults for look in fault.asked.split()} - {HTTP, SITE, PAGES}
    clients = [look.partition("/") for look in sorted(looks)]
    known = registry.load()
    checks = [known[rule.check] for rule in planned.rules.values() if rule.check in known]
    outside = any(check.function.__module__.endswith("other_sites") for check in checks)
    crawl: dict[str, Any] = {"external_links": config.crawl.external_links if outside else False}
    if not planned.whole:
        start = tuple(dict.fromkeys((*planned.addresses, *planned.links)))
        crawl |= {
            "start": start, "follow_links": False, "sitemaps": False, "include": (), "exclude": (),
            "max_pages": len(start) + 10,
        }  # fmt: skip
    browsers = [one for one in config.render.browsers if one in {browser for browser, _, _ in clients}]
    devices = [one for one in config.render.devices if one in {device for _, _, device in clients}]
    # In the order of the config: the first client is the one whose look counts most
    browsers += [BrowserName(one) for one in dict.fromkeys(browser for browser, _, _ in clients) if one not in browsers]
    devices += [one for one in dict.fromkeys(device for _, _, device in clients) if one not in devices]
    render = {
        "browsers": tuple(browsers),
        "devices": tuple(devices) or config.render.devices,
        "always": planned.addresses,
        "per_template": 1,
    }
    data = config.model_dump(mode="python", exclude={"access"})
    data["crawl"] |= crawl
    data["render"] |= render
    data["rules"] |= {"only": tuple(planned.rules), "skip": (), "ignore": ""}
    data["gate"] = {}
    data["report"] = ()
    return Config.model_validate(data).model_copy(update={"access": config.access})


def answers(workspace: Workspace, planned: Plan, again: Run) -> list[Answer]:
    """What became of each problem, by what the second look found."""
    with workspace.read() as connection:
        evaluation = judgement.latest(connection, again.id)
        if evaluation is None:
            raise UsageError(f"run '{again.name}' was not evaluated", hint=f"auditor evaluate {again.name}")
        gone = Gone(
            connection, evaluation, again.id,
            now=again.started_at,
            follows=[
                rule.id for rule in planned.rules.values()
                if rule.check in registry.load() and "targets" in registry.load()[rule.check].needs
            ],
            short="" if runs.coverage(connection, again.id).complete else "the crawl was not complete",
            host_map=json.loads(again.config).get("config", {}).get("host_map") or {},
            drop=dropped_parameters(),
        )  # fmt: skip
        found = {one: [fault for fault in planned.faults if fault.problem == one] for one in _problems(planned.faults)}
        return [_answer(connection, planned, evaluation, gone, problem, faults) for problem, faults in found.items()]


def exit_code(told: Iterable[Answer]) -> int:
    """1 where something is still there, 3 where something could not be checked, 0 where all is fixed."""
    states = {one.state for one in told}
    return EXIT_GATE_FAILED if "still_there" in states else EXIT_INCOMPLETE if "unchecked" in states else EXIT_CLEAN


def _answer(
    connection: Connection, planned: Plan, evaluation: int, gone: Gone, problem: str, faults: list[Fault]
) -> Answer:
    ids = [fault.id for fault in faults]
    query = _STATES.bindparams(bindparam("ids", expanding=True))
    given = {"a": planned.evaluation, "b": evaluation, "ids": ids}
    still, reasons = 0, []
    for row in connection.execute(query, given):
        if row.there:
            still += 1
        elif reason := gone.reason(row)[0]:
            reasons.append(reason)
    state = "still_there" if still else "unchecked" if reasons else "fixed"
    return Answer(
        problem,
        faults[0].message,
        state,
        len(faults),
        still,
        tuple(dict.fromkeys(reasons)),
        planned.left_out.get(problem, 0),
    )


_STATES = text(
    """
SELECT o.id, o.rule, o.page_key, o.target, o.asked, l.set_id, u.rule AS unsure, n.id AS there
FROM (SELECT id, rule, page_key, target, asked FROM findings WHERE evaluation_id = :a
      UNION ALL SELECT id, rule, page_key, target, asked FROM carried WHERE evaluation_id = :a) o
LEFT JOIN findings n ON n.evaluation_id = :b AND n.id = o.id
LEFT JOIN page_looks l ON l.evaluation_id = :b AND l.key_id = (SELECT id FROM addresses WHERE text = o.page_key)
LEFT JOIN unsure u ON u.evaluation_id = :b AND u.rule = o.rule AND u.target = o.target
WHERE o.id IN :ids
"""
)


def _plan(connection: Connection, run: Run, evaluation: int, found: dict[str, list[Fault]]) -> Plan:
    faults: list[Fault] = []
    left_out: dict[str, int] = {}
    for those in found.values():
        faults += those[:_PAGES]
        if len(those) > _PAGES:
            left_out[those[0].problem] = len(those) - _PAGES
    wanted = {fault.rule for fault in faults}
    rules = {rule.id: rule for rule in judgement.rules_of(connection, evaluation) if rule.id in wanted}
    return Plan(run, evaluation, tuple(faults), left_out, rules, _links(connection, run, faults, rules))


def _links(connection: Connection, run: Run, faults: Iterable[Fault], rules: dict[str, Rule]) -> tuple[str, ...]:
    """What the pages linked to within the shop, where a rule judges where links lead."""
    known = registry.load()
    judging = {
        rule.id
        for rule in rules.values()
        if rule.check in known
        and "targets" in known[rule.check].needs
        and known[rule.check].scope is not Scope.SITE
        and not known[rule.check].function.__module__.endswith("other_sites")
    }
    keys = {fault.page_key for fault in faults if fault.rule in judging}
    links: dict[str, None] = {}
    if not keys:
        return ()
    pages = schema.pages
    query = select(pages.c.id).where(pages.c.run_id == run.id, pages.c.page_key.in_(list(keys)[:500]))
    host = SiteContext(hosts=_hosts(run))
    view = reading.Reading(connection, run.id, host)
    for page in snapshots.by_ids(connection, connection.execute(query.where(pages.c.document.is_not(None))).scalars()):
        snapshot = reading.fetched(view, page)
        for link in snapshot.links.items:
            if link.url and host.owns(link.url) and len(links) < _LINKS:
                links.setdefault(link.url.partition("#")[0])
    return tuple(links)


def _hosts(run: Run) -> tuple[str, ...]:
    from urllib.parse import urlsplit

    name = urlsplit(run.start_url).netloc.rpartition("@")[2].lower()
    return (name, name.removeprefix("www.") if name.startswith("www.") else f"www.{name}")


def _faults(connection: Connection, evaluation: int, name: str) -> list[Fault]:
    """Of the run itself, else those it carried on because nobody looked again."""
    for table in (schema.findings, schema.carried):
        column = table.c.id if name.startswith("F-") else table.c.problem
        query = select(table).where(table.c.evaluation_id == evaluation, column == name).order_by(table.c.page_key)
        found = [
            Fault(
                row["id"],
                row["problem"],
                row["rule"],
                row["page_key"],
                row.get("url") or row["page_key"],
                row["asked"],
                row["message"],
            )
            for row in connection.execute(query).mappings()
        ]
        if found:
            return found
    return []


def _problems(faults: Iterable[Fault]) -> list[str]:
    return list(dict.fromkeys(fault.problem for fault in faults))


def _latest(connection: Connection) -> list[Run]:
    query = select(schema.runs).where(schema.runs.c.kind != "recheck").order_by(schema.runs.c.id.desc())
    return [msgspec.convert(row, Run, from_attributes=True) for row in connection.execute(query.limit(_SEARCHED))]
