"""What people write wrong: exit 2 with what, where and how to mend it, and nothing is asked of the shop."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from tests.crawl.nasty import page, serving, text
from tests.e2e.kit import auditor, auditor_here, config

pytestmark = pytest.mark.usefixtures("kept_processes")
SITE = "https://shop.example"


def refused(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """What a command says that ends with exit 2, in one line, and makes no run."""
    done = auditor_here(folder, *arguments, env=env)
    assert done.code == 2, done.said
    assert not (folder / "audits" / "reports").exists()
    return " ".join(done.err.split())


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("site: https://shop.example\nrender:\n  browser: [chromium]\n", "shop.yaml:3: unknown key 'browser'; did you mean 'browsers'?"),
        ("site: https://shop.example\nrules:\n  only: [canonical/mising]\n", "canonical/mising"),
        ("site: https://shop.example\nexpect:\n  tags:\n    ga5: {}\n", "unknown vendor 'ga5' Known: "),
        ("site: shop.example\n", "did you mean https://shop.example?"),
        ("site: https://shop.example\nmarket: {currency: euro}\n", "EUR"),
        ("site: https://shop.example\naccess: {headers: {X: ${NOT_SET_ANYWHERE}}}\n", "shop.yaml:2: "),
        ("site: [", "shop.yaml:"),
        ("crawl: {max_pages: 3}\n", "site"),
    ],
    ids=["key", "rule", "vendor", "scheme", "currency", "variable", "yaml", "site"],
)  # fmt: skip
def test_config_with_a_mistake(yaml: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(yaml, encoding="utf-8")
    assert said in refused(tmp_path, "run", "shop.yaml")


@pytest.mark.parametrize("command", ["run", "page"])
def test_address_without_scheme(command: str, tmp_path: Path) -> None:
    assert "did you mean https://shop.example/a?" in refused(tmp_path, command, "shop.example/a")


def test_config_that_is_not_there(tmp_path: Path) -> None:
    assert "missing.yaml: no such file" in refused(tmp_path, "run", "missing.yaml")


def test_option_that_is_none(tmp_path: Path) -> None:
    assert "--browser" in refused(tmp_path, "run", SITE, "--browser", "chromium")


def test_browser_that_is_none(tmp_path: Path) -> None:
    assert "'chromium', 'firefox' or 'webkit'" in refused(tmp_path, "run", SITE, "--browsers", "opera")


@pytest.mark.parametrize("command", ["run", "page"])
def test_workspace_that_cannot_be_written(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = refused(tmp_path, command, SITE, "--workspace", "file/audits")
    assert "file/audits: the workspace cannot be written: Not a directory" in said
    assert "--workspace" in said


def test_workspace_of_a_newer_version(tmp_path: Path) -> None:
    workspace = tmp_path / "audits"
    workspace.mkdir()
    connection = sqlite3.connect(workspace / "auditor.db")
    connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.commit()
    connection.close()
    said = refused(tmp_path, "runs")
    assert "newer version of auditor (schema 9999)" in said
    assert "Update auditor" in said


@pytest.mark.parametrize("command", ["resume", "render", "evaluate", "gate", "report", "runs"])
def test_workspace_that_is_not_there(command: str, tmp_path: Path) -> None:
    assert "there is no workspace at audits" in refused(tmp_path, command)


def test_address_that_changes_the_shop(tmp_path: Path) -> None:
    with serving({"/cart/add": page()}) as site:
        said = refused(tmp_path, "page", site.url("/cart/add?id=1"), "--browsers", "none")
        assert "never asks for such URLs" in said
        assert site.visits == []


def test_secrets_go_to_the_site_of_their_config_only(tmp_path: Path) -> None:
    with serving({"/": page()}) as site:
        shop = config(tmp_path, SITE, access={"headers": {"X-Key": "${KEY}"}})
        said = refused(tmp_path, "page", site.url("/"), "--config", shop, env={"KEY": "secret"})
        assert "not on the site of shop.yaml" in said
        assert site.visits == []


def test_run_that_is_not_there_and_run_with_secrets(tmp_path: Path) -> None:
    with serving({"/robots.txt": text(""), "/": page()}) as site:
        shop = config(tmp_path, site.base, access={"headers": {"X-Key": "${KEY}"}})
        key = {"KEY": "hunter2-key"}
        begun = auditor_here(tmp_path, "run", shop, env=key)
        assert begun.code == 0, begun.said
        assert all(visit.headers["x-key"] == "hunter2-key" for visit in site.visits)
        asked = len(site.visits)

        for command in ("resume", "evaluate", "report"):
            none = auditor_here(tmp_path, command, "nosuchrun")
            assert none.code == 2
            assert re.search(rf"there is no run 'nosuchrun'\n  The latest are: {re.escape(begun.run)}", none.err), (
                none.err
            )
        without = auditor_here(tmp_path, "resume")
        assert without.code == 2
        assert "--config" in without.err
        assert len(site.visits) == asked
        assert auditor_here(tmp_path, "resume", "--config", shop, env=key).code == 0
    for file in (tmp_path / "audits").rglob("*"):
        assert not file.is_file() or b"hunter2-key" not in file.read_bytes(), file


def test_no_browser_on_this_machine(tmp_path: Path) -> None:
    """Pages are fetched and judged; exit 3, with the command that brings a browser."""
    missing = "chromium is not to be had: not installed; get it with: auditor browsers install chromium"
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    with serving({"/robots.txt": text(""), "/": page("/a", head="<title>x</title>"), "/a": page()}) as site:
        shop = config(tmp_path, site.base, render={"browsers": ["chromium"]})
        done = auditor(tmp_path, "run", shop, env=nowhere)
        assert done.code == 3, done.said
        assert missing in done.out
        assert missing in done.first_screen
        assert missing in done.result["verdict"]["sentence"]
        assert done.result["coverage"]["fetched"] == 2
        assert done.err.index(missing) < done.err.index("Fetching pages")
        assert auditor(tmp_path, "render", env=nowhere).code == 3
        one = auditor(tmp_path, "page", site.url("/"), "--workspace", "page", env=nowhere)
        assert one.code == 3
        assert missing in one.out
        doctor = auditor(tmp_path, "doctor", env=nowhere)
        assert doctor.code == 3
        assert "get it: auditor browsers install chromium" in doctor.out


def test_help_says_which_command_when(tmp_path: Path) -> None:
    shown = auditor(tmp_path, "--help")
    assert shown.code == 0
    assert "Which command when" in shown.out
    assert auditor(tmp_path).code == 2
