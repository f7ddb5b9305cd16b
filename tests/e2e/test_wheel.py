"""The wheel holds all that auditor needs: installed into an empty environment it audits the demo shop."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.kit import visible

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.wheel, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def done(*command: str, cwd: Path, timeout: float = 60) -> str:
    without = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    ended = subprocess.run(
        command, cwd=cwd, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_holds_code_and_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    kept = {str(file.relative_to(ROOT)) for file in (ROOT / "auditor").rglob("*") if file.is_file()}
    lost = {name for name in kept if "__pycache__" not in name} - names
    assert lost == set()
    for name in ("auditor/py.typed", "auditor/demo/faults.yaml", "auditor/store/migrations/env.py"):
        assert name in names
    assert any(name.startswith("auditor/render/collectors/") and name.endswith(".js") for name in names)
    for source, target in (("rules", "rules"), ("reports/templates", "templates")):
        files = {file.relative_to(ROOT / source) for file in (ROOT / source).rglob("*") if file.is_file()}
        assert files
        assert {f"auditor/_data/{target}/{file}" for file in files} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/")) or name.endswith(".pyc")]


@pytest.mark.browser
def test_audits_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    done(sys.executable, "-m", "venv", str(tmp_path / "env"), cwd=tmp_path, timeout=120)
    python = str(tmp_path / "env" / "bin" / "python")
    pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile")  # only what is used
    done(*pip, str(wheel), cwd=tmp_path, timeout=300)
    here = tmp_path / "empty"
    here.mkdir()
    auditor = str(tmp_path / "env" / "bin" / "auditor")
    assert done(auditor, "--version", cwd=here).startswith("auditor ")
    assert "canonical/missing" in done(auditor, "rules", "list", cwd=here)
    shown = done(auditor, "demo", "--browsers", "chromium", "--devices", "desktop", cwd=here, timeout=600)
    assert "Exit code 0" in shown
    (report,) = (here / "audits" / "reports").iterdir()
    html = (report / "index.html").read_text(encoding="utf-8")
    files = re.findall(r'(?:href|src)="([^"#:]+)"', html)
    assert any(name.endswith(".css") for name in files)
    assert [name for name in files if not (report / name).is_file()] == []
    found = {
        problem["rule"] for problem in json.loads((report / "result.json").read_text(encoding="utf-8"))["problems"]
    }
    assert found == {fault.rule for fault in visible({"chromium/desktop"})}
