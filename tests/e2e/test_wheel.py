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


def without_checkout() -> dict[str, str]:
    without = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in without} | {"PYTHONUNBUFFERED": "1"}


def done(*command: str, cwd: Path, timeout: float = 120) -> str:
    ended = subprocess.run(
        command, cwd=cwd, env=without_checkout(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
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


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment that holds nothing else."""
    folder = tmp_path_factory.mktemp("env")
    done(sys.executable, "-m", "venv", str(folder), cwd=folder, timeout=120)
    pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile")
    done(*pip, str(wheel), cwd=folder, timeout=300)
    return folder / "bin" / "auditor"


def test_audits_from_an_empty_environment(installed: Path, tmp_path: Path) -> None:
    here, auditor = tmp_path, str(installed)
    assert done(auditor, "--version", cwd=here).startswith("auditor ")
    assert "canonical/missing" in done(auditor, "rules", "list", cwd=here)
    shown = done(auditor, "demo", "--browsers", "none", cwd=here, timeout=600)
    assert "Exit code 0" in shown
    report = reported(here)
    told = rules(report)
    found = {rule for rule, one in told.items() if one["failed"]}
    seeded = {fault.rule for fault in visible({"chromium/desktop"})}
    assert found <= seeded
    # What needs a browser says so
    assert [rule for rule in seeded - found if not told[rule]["cant_tell"] + told[rule]["inapplicable"]] == []
    assert len(found) > 100


@pytest.mark.browser
def test_opens_a_page_from_an_empty_environment(installed: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [installed, "demo", "--serve"], cwd=tmp_path, env=without_checkout(), stdout=subprocess.PIPE, text=True
    ) as shop:
        try:
            assert shop.stdout
            (url,) = re.findall(r"http://\S+", shop.stdout.readline())
            shown = done(str(installed), "page", f"{url}/pages/contact", "--browsers", "chromium", cwd=tmp_path)
        finally:
            shop.terminate()
    assert "✓ Chromium desktop, phone" in shown
    report = reported(tmp_path)
    told = rules(report)
    here = {fault.rule for fault in visible({"chromium/desktop", "chromium/phone"}) if fault.url == "/pages/contact"}
    assert told["accessibility/wcag-a"]["failed"]
    assert [rule for rule in here if not told[rule]["failed"] + told[rule]["cant_tell"]] == []  # no link is followed
    pictures = [file.read_bytes() for file in (report / "pictures").glob("*.png")]
    assert len(pictures) > 2
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def reported(folder: Path) -> Path:
    """The only report there is; every file that its first page names is there."""
    (report,) = (folder / "audits" / "reports").iterdir()
    files = re.findall(r'(?:href|src)="([^"#:]+)"', (report / "index.html").read_text(encoding="utf-8"))
    assert any(name.endswith(".css") for name in files)
    assert [name for name in files if not (report / name).is_file()] == []
    return report


def rules(report: Path) -> dict[str, dict[str, int]]:
    document = json.loads((report / "result.json").read_text(encoding="utf-8"))
    assert {problem["rule"] for problem in document["problems"]} == {
        rule["id"] for rule in document["rules"] if rule["failed"]
    }
    return {rule["id"]: rule for rule in document["rules"]}
