"""The `auditor` command as a process of its own, and what it leaves in a workspace."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from bs4 import BeautifulSoup

from auditor import cli
from auditor.demo import Fault, load_faults

COMMAND = (sys.executable, "-m", "auditor")
# Held against a phone these are other faults: the one is seen only so, the other is told there as a page that scrolls sideways.
_WITH_A_PHONE = frozenset({"viewport/same-content"})
_WITHOUT_A_PHONE = Fault(rule="accessibility/reflow", url="/pages/shipping", certainty="needs_review")
_FIRST_SCREEN = 1_500  # characters of the report's text that people see without scrolling, about


@dataclass(frozen=True)
class Done:
    """An ended command."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def run(self) -> str:
        """Name of the run it made, from the only report there is."""
        (folder,) = (self.folder / "audits" / "reports").iterdir()
        return folder.name

    @property
    def result(self) -> dict[str, Any]:
        return result(self.folder, self.run)

    @property
    def first_screen(self) -> str:
        text = (self.folder / "audits" / "reports" / self.run / "index.html").read_text(encoding="utf-8")
        soup = BeautifulSoup(text, "lxml")
        for hidden in soup(["script", "style", "template"]):
            hidden.decompose()
        assert soup.body
        return " ".join(soup.body.get_text(" ").split())[:_FIRST_SCREEN]


def visible(clients: set[str]) -> list[Fault]:
    """The demo shop's faults that these clients of one browser can see."""
    listed = [fault for faults in load_faults().values() for fault in faults]
    seen = [fault for fault in listed if not fault.clients or clients & set(fault.clients)]
    if any(client.endswith("/phone") for client in clients):
        return seen
    return [*(fault for fault in seen if fault.rule not in _WITH_A_PHONE), _WITHOUT_A_PHONE]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUDITOR_", "COLUMNS"))}
    return {**kept, "PYTHONUNBUFFERED": "1", **(changes or {})}


def auditor(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 120) -> Done:
    """Runs a command in `folder` to its end."""
    ended = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    done = Done(ended.returncode, ended.stdout, ended.stderr, folder)
    assert "Traceback" not in done.said, done.said
    return done


def auditor_here(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
    """The same in this process: libraries are loaded once for all tests of a file, and processes kept with `kept_processes`."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with (
        mock.patch.object(sys, "argv", ["auditor", *arguments]),
        mock.patch.dict(os.environ, environment(env), clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
    return Done(code, out.getvalue(), err.getvalue(), folder)


def result(folder: Path, run: str) -> dict[str, Any]:
    text = (folder / "audits" / "reports" / run / "result.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def config(folder: Path, url: str, name: str = "shop.yaml", **parts: Any) -> str:
    """A config with pauses fit for tests, one load a page, by one browser; `parts` are its sections."""
    usual: dict[str, Any] = {
        "site": url,
        "crawl": {"confirm_after": 0.05, "timeout": 10},
        "render": {"browsers": [], "devices": ["desktop"], "watch": 0.2, "settle": 2, "workers": 1},
        "timing": {"repeats": 0},
        "consent": ["none"],
    }
    for section, values in parts.items():
        usual[section] = {**usual.get(section, {}), **values} if isinstance(values, dict) else values
    (folder / name).write_text(yaml.safe_dump(usual), encoding="utf-8")
    return name


def findings(folder: Path, run: str) -> set[tuple[str, str]]:
    """(problem, finding) of a run's report."""
    return {(one["id"], found["id"]) for one in result(folder, run)["problems"] for found in one["findings"]}
