"""What is used wrongly is said: what, where, how to mend it; exit code 2 and no traceback."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor import __version__
from auditor.cli import main
from auditor.evaluate.packs import load
from auditor.model.finding import Tally
from auditor.model.run import RunStatus
from auditor.model.words import Outcome
from auditor.store import judgement, runs
from auditor.store.workspace import Workspace
from tests.store.kit import begin, fetch, new_workspace

Called = tuple[int, str, str]
PACK = """\
pack: own
title: Own rules
rules:
  - id: title
    title: Title is there
    severity: minor
    certainty: proven
    owner: content
    check: title_present
    message: "{found}"
    why: Because.
    fix: Do it.
"""


@pytest.fixture
def auditor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Called]:
    def call(*arguments: str) -> Called:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["auditor", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(left.value.code or 0), out, err

    return call


COMMANDS = [
    "demo",
    "page",
    "run",
    "resume",
    "crawl",
    "render",
    "evaluate",
    "gate",
    "report",
    "runs",
    "rules",
    "doctor",
    "browsers",
]


def test_help_names_every_command(auditor: Callable[..., Called]) -> None:
    code, out, _ = auditor("--help")
    assert code == 0
    assert "Which command when" in out
    assert all(re.search(rf"^ +{name} ", out, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(auditor: Callable[..., Called], command: str) -> None:
    code, out, _ = auditor(command, "--help")
    assert code == 0
    assert f"Usage: auditor {command}" in out


def test_version(auditor: Callable[..., Called]) -> None:
    assert auditor("--version") == (0, f"auditor {__version__}\n", "")


def test_help_loads_no_heavy_library() -> None:
    heavy = ["scrapy", "twisted", "playwright", "sqlalchemy", "lxml", "jinja2", "extruct", "babel"]
    script = f"import sys; from auditor.cli.app import app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["run"], "Missing argument"),
        (["run", "--max-page", "3"], "No such option: --max-page"),
        (["run", "https://shop.example", "--max-pages", "few"], "Invalid value for '--max-pages'"),
        (["rules", "explain"], "Missing argument"),
        (["run", "shop.example"], "'shop.example' has no scheme; did you mean https://shop.example?"),
        (["page", "shop.example"], "did you mean https://shop.example?"),
        (["run", "ftp://shop.example"], "it must begin with https:// or http://"),
        (["run", "https://user:pw@shop.example"], "use access.basic_auth in a config"),
        (["run", "none.yaml"], "none.yaml: no such file"),
        (
            ["run", "https://shop.example", "--browsers", "chrome"],
            "--browsers: 'render.browsers.0' must be 'chromium',",
        ),
        (
            ["run", "https://shop.example", "--devices", "watch"],
            "unknown device 'watch'; known: desktop, phone, tablet",
        ),
        (
            ["run", "https://shop.example", "--fail-on", "bad"],
            "--fail-on: 'gate.fail_on' must be 'critical', 'serious', 'moderate', 'minor', 'info' or 'never'",
        ),
        (["demo", "--fail-on", "bad"], "--fail-on: 'gate.fail_on' must be 'critical'"),
        (["demo", "--browsers", "opera"], "'chromium', 'firefox' or 'webkit'"),
        (["demo", "--devices", "watch"], "unknown device 'watch'"),
        (["demo", "--serve", "--port", "99999"], "Invalid value for '--port'"),
        (["run", "https://shop.example", "--min-coverage", "most"], "'most' is not a share; write it like 95%"),
        (
            ["run", "https://shop.example", "--max-time", "soon"],
            "'soon' is not a duration; write it like 90s, 12m or 2h",
        ),
        (["run", "https://shop.example", "--max-pages", "0"], "max_pages"),
        (["page", "https://shop.example/cart/add?id=1"], "auditor never asks for such URLs"),
        (["rules", "explain", "links/broken"], "Did you mean links/broken-internal"),
        (["rules", "test", "none.yaml"], "none.yaml: no such file"),
        (["runs"], "there is no workspace at audits"),
        (["resume"], "there is no workspace at audits"),
        (["gate", "--workspace", "elsewhere"], "there is no workspace at elsewhere"),
        (["report"], "Name the right one with --workspace, or make one: auditor run URL"),
        (["evaluate", "some-run"], "there is no workspace at audits"),
        (["render"], "there is no workspace at audits"),
        (["crawl", "some-run"], "there is no workspace at audits"),
    ],
)
def test_wrong_usage(auditor: Callable[..., Called], tmp_path: Path, arguments: list[str], says: str) -> None:
    code, out, err = auditor(*arguments)
    assert (code, out) == (2, "")
    assert says in " ".join(err.split())
    assert list(tmp_path.iterdir()) == [], "nothing is made before the mistake is found"


def test_the_demo_says_that_its_port_is_taken(auditor: Callable[..., Called]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = auditor("demo", "--serve", "--port", str(port))
    assert (code, out) == (2, "")
    assert f"--port: port {port} is taken by another program" in err


def test_a_wrong_config_names_its_line(auditor: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("site: https://shop.example\ncrawl:\n  max_page: 3\n")
    code, _, err = auditor("run", "shop.yaml")
    assert code == 2
    assert "shop.yaml:3: unknown key 'max_page'; did you mean 'max_pages'?" in err


def test_a_wrong_flag_is_not_blamed_on_the_config(auditor: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("site: https://shop.example\ncrawl:\n  max_page: 3\n")
    _, _, err = auditor("run", "shop.yaml", "--max-pages", "0", "--devices", "watch")
    assert re.search(r"--max-pages: 'crawl\.max_pages' must be", err)
    assert re.search(r"--devices: .*unknown device 'watch'", err)
    assert "shop.yaml:3: unknown key 'max_page'" in err


def test_a_letter_that_is_not_there_is_not_said_to_be_asked(auditor: Callable[..., Called]) -> None:
    code, out, err = auditor("links", "letter.html", "--plain")
    assert (code, out) == (2, "")
    assert "letter.html: cannot be read: No such file or directory" in err
    assert "Asking" not in err


def test_unknown_rules_are_refused_before_the_first_request(auditor: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("site: https://shop.example\nrules: {skip: [links/broken-internel]}\n")
    code, _, err = auditor("run", "shop.yaml")
    assert code == 2
    assert "there is no rule 'links/broken-internel'" in err
    assert "Did you mean 'links/broken-internal'?" in err


def test_a_file_in_the_place_of_the_workspace(auditor: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "audits").write_text("")
    code, _, err = auditor("run", "https://shop.example")
    assert code == 2
    assert "the workspace must be a folder, this is a file" in err


# Rules


def test_rules_are_listed(auditor: Callable[..., Called]) -> None:
    code, out, _ = auditor("rules", "list")
    assert code == 0
    assert all(rule.id in out and rule.title in out for rule in load().rules)


def test_a_rule_is_explained(auditor: Callable[..., Called]) -> None:
    (rule,) = load(only=["links/broken-internal"]).rules
    code, out, _ = auditor("rules", "explain", rule.id)
    assert code == 0
    assert all(
        text in out for text in (rule.title, rule.severity, rule.why, rule.fix, rule.message, rule.where, *rule.refs)
    )


def test_a_pack_of_ones_own_is_tested(auditor: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(PACK)
    assert auditor("rules", "test", "own.yaml") == (
        0,
        "own/title: no cases; they belong in own/title.yaml\n1 rule, 0 cases: all right\n",
        "",
    )
    (tmp_path / "own.yaml").write_text(PACK.replace("title_present", "title_presnt"))
    code, out, err = auditor("rules", "test", "own.yaml")
    assert (code, out) == (2, "")
    assert "own.yaml:9: title: there is no check 'title_presnt'; did you mean 'title_present'?" in err
    assert auditor("rules", "test", ".")[0] == 2


# Stored runs


@pytest.fixture
def stored(tmp_path: Path) -> str:
    """A run that was gathered and judged, and has no problem."""
    with new_workspace(tmp_path / "audits") as workspace:
        config = '{"config": {"site": {"url": "https://shop.example"}, "render": {"browsers": []}}, "access": false}'
        run = begin(workspace, config=config)
        fetch(workspace, run, "/", "<p>home")
        with workspace.write() as connection:
            evaluation = judgement.begin(connection, run.id, "d", load(["meta"]).rules, "1")
            judgement.add_tallies(
                connection,
                evaluation,
                [Tally(rule="meta/title", client="http", outcome=Outcome.PASSED, reason="", count=1)],
            )
            judgement.end(connection, evaluation)
        return run.name


def test_runs_are_listed(auditor: Callable[..., Called], stored: str) -> None:
    code, out, _ = auditor("runs")
    assert code == 0
    assert out.startswith(f"{stored}  running  1 page  not judged")


def test_a_run_that_is_not_there(auditor: Callable[..., Called], stored: str) -> None:
    for command in ("gate", "report", "evaluate", "render", "resume", "crawl"):
        code, _, err = auditor(command, "nope")
        assert code == 2
        assert "there is no run 'nope'" in err
        assert f"The latest are: {stored}" in err


def test_a_gate_is_decided_again(auditor: Callable[..., Called], stored: str, tmp_path: Path) -> None:
    code, out, _ = auditor("gate", stored, "--fail-on", "serious")
    assert (code, out.splitlines()[0]) == (0, "No problems found on what was looked at.")
    with Workspace.open(tmp_path / "audits") as workspace:
        run = runs.find(workspace)
        with workspace.read() as connection:
            decided = judgement.verdict_of(connection, run.id)
    assert decided is not None
    assert (decided[0], decided[2]["fail_on"]) == (0, "serious")


def test_exit_3_reaches_the_shell(auditor: Callable[..., Called], stored: str, tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "audits") as workspace:
        run = runs.find(workspace)
        runs.note(workspace, run, status=RunStatus.INTERRUPTED)
    code, out, _ = auditor("gate", stored)
    assert (code, out.splitlines()[0]) == (3, "The audit could not be completed: it was interrupted.")


@pytest.mark.parametrize(
    ("flag", "value"), [("--fail-on", "awful"), ("--certainty", "sure"), ("--min-coverage", "200%")]
)
def test_wrong_gates_are_refused(auditor: Callable[..., Called], stored: str, flag: str, value: str) -> None:
    code, _, err = auditor("gate", stored, flag, value)
    assert code == 2
    assert flag.removeprefix("--").replace("-", "_") in err


def test_a_run_that_was_not_judged_has_no_gate(auditor: Callable[..., Called], tmp_path: Path) -> None:
    with new_workspace(tmp_path / "audits") as workspace:
        begin(workspace, config='{"config": {"site": {"url": "https://shop.example"}}, "access": false}')
    code, _, err = auditor("gate")
    assert code == 2
    assert "was not evaluated yet" in err


def test_secrets_are_asked_for_again(auditor: Callable[..., Called], tmp_path: Path) -> None:
    with new_workspace(tmp_path / "audits") as workspace:
        begin(workspace, config='{"config": {"site": {"url": "https://shop.example"}}, "access": true}')
    code, _, err = auditor("resume")
    assert code == 2
    assert "Give its config again with --config" in err


def test_a_report_is_written_of_what_there_is(auditor: Callable[..., Called], stored: str, tmp_path: Path) -> None:
    code, out, _ = auditor("report", stored)
    assert code == 0
    files = [tmp_path / line for line in out.splitlines()]
    assert {".html", ".json", ".xml"} <= {file.suffix for file in files}
    assert all(file.is_file() for file in files)
