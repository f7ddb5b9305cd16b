"""The report's history: since the run before, what is gone, the trend, what ends soon, and the page of the workspace."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from bs4 import BeautifulSoup
from icalendar import Calendar

from auditor.checks import registry
from auditor.evidence.certificate import Certificate
from auditor.gate.ignores import Ignore
from auditor.model.words import FetchOutcome, Severity
from auditor.report import calendar_file, console, html, markdown, sarif, summary, view
from auditor.report import workspace as page_of
from auditor.report.build import build
from auditor.report.document import (
    BudgetPart,
    Counted,
    EndingPart,
    HistoryPart,
    ResultDocument,
    StandingPart,
    TrendPart,
)
from auditor.store import judgement, probes, runs
from tests.history.kit import Nights, faults_of, page
from tests.report.kit import ANSI, SCRIPT, Files
from tests.store.kit import new_workspace


def gone(number: int, **values: Any) -> StandingPart:
    from auditor.model.words import Certainty, PageType

    given = {
        "rule": "images/broken", "severity": Severity.SERIOUS, "certainty": Certainty.PROVEN, "page_type": PageType.PRODUCT,
        "target": "t", "message": f"Gone {number} {SCRIPT} {ANSI}", "pages": 3, "since": "2026-11-20T02:00:00Z", **values,
    }  # fmt: skip
    return StandingPart(id=f"P-GONE{number}", **given)


@pytest.fixture
def told(rich: ResultDocument) -> ResultDocument:
    """The rich document, with a history."""
    first, second, *others = rich.problems
    problems = (
        msgspec.structs.replace(
            first,
            state="new",
            since="2026-11-22T20:08:00Z",
            beside=("the rule is new",),
            ignore='- problem: P-1\n  reason: ""',
        ),
        msgspec.structs.replace(second, state="known", since="2026-11-01T20:08:00Z", pages_before=9, accepted=True),
        *(msgspec.structs.replace(one, state="known", ignored=f"known {SCRIPT}") for one in others),
    )
    history = HistoryPart(
        run="shop.example-20261121-2008",
        started_at="2026-11-21T20:08:00Z",
        counts={"new": 1, "fixed": 2, "known": 5, "unlooked": 1},
        differences=(f"config: render.browsers: chromium -> {SCRIPT}", "rules that are new: a/b"),
        fixed=(gone(1), gone(2, why=("the page is gone",))),
        unlooked=(gone(3, unlooked=(Counted(what="blocked", count=3),)),),
        trend=(
            TrendPart(run="a", started_at="2026-11-21T20:08:00Z", pages=180, severities={"serious": 4}),
            TrendPart(run="b", started_at="2026-11-22T20:08:00Z", pages=188, severities={"serious": 2}, new=1, fixed=2),
        ),
        trend_rules={"images/broken": (3, 1)},
        endings=(EndingPart(day="2026-11-29", what=f"certificate of shop.example {SCRIPT}"),),
    )
    budgets = (
        BudgetPart(
            name="lcp", state="exceeded", limit="2.5s", value=3.0, pages=4, sentence="The budget lcp is exceeded."
        ),
    )
    verdict = msgspec.structs.replace(rich.verdict, baseline="auditor-baseline.json", budgets=budgets)
    return msgspec.structs.replace(rich, problems=problems, history=history, verdict=verdict)


def test_the_first_screen_says_what_changed(told: ResultDocument, files: Files, tmp_path: Path) -> None:
    text = html.write(told, tmp_path / "report", files).read_text(encoding="utf-8")
    assert SCRIPT not in text
    assert ANSI not in text
    soup = BeautifulSoup(text, "lxml")
    band = soup.select_one(".since")
    assert band is not None
    said = " ".join(band.get_text(" ").split())
    assert said.startswith("1 new 2 fixed 1 not looked at again 5 still there against shop.example-20261121-2008")
    assert "Ends in the next 14 days: 29 November: certificate of shop.example" in said
    for link in soup.select('a[href^="#"]'):
        assert soup.find(id=str(link["href"])[1:]) is not None, link
    history = soup.select_one("#history")
    assert history is not None
    rows = " ".join(history.get_text(" ").split())
    assert "Fixed: 2 problems" in rows
    assert "the page is gone" in rows
    assert "blocked (3)" in rows
    assert "images/broken" in rows
    first = soup.select_one(f"#{told.problems[0].id}")
    assert first is not None
    assert "new" in first.select_one(".badge").get_text()  # type: ignore[union-attr]
    assert "- problem: P-1" in first.get_text()
    assert "the rule is new" in first.get_text()
    assert "in the baseline" in soup.select_one(f"#{told.problems[1].id}").get_text()  # type: ignore[union-attr]
    assert soup.select_one('select[name="state"]') is not None


def test_other_formats_say_it_too(told: ResultDocument, files: Files, tmp_path: Path) -> None:
    said = "1 new, 2 fixed, 5 still there, 1 not looked at again"
    assert said in markdown.render(told)
    from rich.console import Console

    screen = Console(record=True, width=200, file=io.StringIO())
    console.show(screen, console.run_summary(told, None))
    shown = screen.export_text()
    assert f"Since shop.example-20261121-2008: {said}" in shown
    assert "Ends soon: 29 November" in shown
    results = sarif.build(told)["runs"][0]["results"]
    assert {one.get("baselineState") for one in results} == {"new", "unchanged"}
    assert any("suppressions" in one for one in results)
    text = summary.write(told, tmp_path / "summary", files).read_text(encoding="utf-8")
    assert "not looked at again" in text


def test_without_an_earlier_run_nothing_is_said(rich: ResultDocument, files: Files, tmp_path: Path) -> None:
    text = html.write(rich, tmp_path / "report", files).read_text(encoding="utf-8")
    assert 'class="since"' not in text
    assert 'id="history"' not in text


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    known = dict(registry.load())
    monkeypatch.setattr(registry, "_registered", known)
    monkeypatch.setattr(registry, "load", lambda: known)
    with new_workspace(tmp_path / "audits") as workspace:
        shop = Nights(workspace, known)
        shop.teach(faults_of)
        yield shop


def test_it_is_built_from_the_store(nights: Nights) -> None:
    nights.night({"/": page(), "/p/1": page("a", "b"), "/p/2": page("c")})
    assert build(nights.workspace, nights.runs[0]).history.run == ""
    nights.night({"/": page(), "/p/1": page("b", "d*"), "/p/2": FetchOutcome.BLOCKED})
    run = nights.runs[1]
    certificate = Certificate(
        host="shop.example", port=443, issuer="CA", not_after=run.started_at[:4] + "-12-31T00:00:00Z"
    )
    with nights.workspace.write() as connection:
        probes.put_certificate(connection, run.id, msgspec.structs.replace(certificate, not_after=run.started_at))
        seen = next(judgement.findings_of(connection, nights.evaluations[1]))
        for number, day in enumerate((run.started_at[:10], run.started_at[:10], "2000-01-01", 7)):
            one = msgspec.structs.replace(
                seen,
                id=f"F-{number}",
                url=f"https://shop.example/{number}",
                message="An offer ends.",
                data={"expires_at": day},
            )
            judgement.add_findings(connection, nights.evaluations[1], [one])
        detail = {
            "soon": [(run.started_at[:10], "an entry")],
            "later": [("2099-01-01", "x")],
            "accepted": [],
            "over": [],
        }
        judgement.add_verdict(connection, run.id, nights.evaluations[1], 0, "s", detail)
    document = build(nights.workspace, runs.find(nights.workspace, run.name))
    history = document.history
    assert history.run == nights.runs[0].name
    assert history.counts == {"fixed": 1, "known": 1, "new": 1, "unlooked": 1}
    assert [one.target for one in history.fixed] == ["a"]
    assert [(one.target, one.unlooked[0].what) for one in history.unlooked] == [("c", "blocked")]
    assert [sum(one.severities.values()) for one in history.trend] == [3, 2]
    assert history.trend_rules == {"own/fault": (3, 2)}
    assert view.line((0, 4)) == "0.0,22.0 100.0,2.0"
    assert view.line((4, 4)) == "0.0,12.0 100.0,12.0", "neither rises nor falls"
    assert [one.what for one in history.endings] == [
        "An offer ends (https://shop.example/0 and 1 more)",
        "certificate of shop.example, issued by CA",
        "ignore list: an entry",
    ]
    states = {one.target: one.state for one in document.problems}
    assert states == {"b": "known", "d*": "new"}
    fresh = next(one for one in document.problems if one.state == "new")
    (entry,) = yaml.safe_load(fresh.ignore)
    assert entry["problem"] == fresh.id
    assert Ignore.model_validate({**entry, "reason": "because"}).target == "d[*]"


def test_the_page_of_the_workspace(nights: Nights) -> None:
    assert "holds no run yet" in page_of.write(nights.workspace).read_text(encoding="utf-8")
    nights.night({"/": page("a")})
    nights.night({"/": page("b")})
    folder = nights.workspace.reports / nights.runs[1].name
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("x")
    soup = BeautifulSoup(page_of.write(nights.workspace).read_text(encoding="utf-8"), "lxml")
    assert [link["href"] for link in soup.select("a")] == [f"reports/{nights.runs[1].name}/index.html"]
    assert "1 new, 1 fixed" in " ".join(soup.get_text(" ").split())
    assert len(soup.select("tbody tr")) == 2


def test_what_ends_is_a_calendar(told: ResultDocument, files: Files, tmp_path: Path) -> None:
    later = EndingPart(
        day="2027-02-28", what="sale by erp: Lamp, large; and\nmore", kind="sale", url="javascript:alert(1)"
    )
    history = msgspec.structs.replace(told.history, later=(later,))
    document = msgspec.structs.replace(told, history=history)
    path = calendar_file.write(document, tmp_path)
    assert path is not None
    raw = path.read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    calendar = Calendar.from_ical(raw)
    assert calendar.errors == []
    events = list(calendar.walk("VEVENT"))
    assert [(one.start, one.end) for one in events] == [
        (date(2026, 11, 29), date(2026, 11, 30)),
        (date(2027, 2, 28), date(2027, 3, 1)),
    ]
    assert all(one["dtstamp"].dt == datetime.fromisoformat(told.run.started_at) for one in events)
    assert "Ends: sale by erp: Lamp, large; and" in str(events[1]["summary"])
    assert "url" not in events[1]
    assert len({str(one["uid"]) for one in events}) == 2
    calendar_file.write(document, tmp_path)
    assert path.read_bytes() == raw
    text = html.write(document, tmp_path / "report", files).read_text(encoding="utf-8")
    band = BeautifulSoup(text, "lxml").select_one(".since")
    assert band is not None
    assert band.select_one('a[href="endings.ics"]') is not None
    assert "Later: 1 thing, the first on 28 February 2027" in " ".join(band.get_text(" ").split())


def test_no_calendar_where_nothing_ends(rich: ResultDocument, tmp_path: Path) -> None:
    assert calendar_file.write(rich, tmp_path) is None
