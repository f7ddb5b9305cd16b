"""New script hosts against the run before, over the store as an audit leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.checks.script_hosts import script_hosts_as_before
from auditor.evidence.requests import Request, Requests
from auditor.facts.snapshot import SiteContext
from auditor.model.words import Outcome
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace
from tests.store.kit import begin, fetch, new_workspace, render

LOGIN = '<html><title>Log in</title><h1>Log in</h1><form action="/account/login" method="post"><input type="email"><input type="password" name="customer[password]"><button>Log in</button></form>'


def night(workspace: Workspace, *hosts: str) -> int:
    run = begin(workspace)
    fetch(workspace, run, "/account/login", LOGIN, found_by="start")
    items = tuple(Request(url=f"https://{one}/a.js", type="script", status=200, third_party=True) for one in hosts)
    render(workspace, run, "/account/login", html=LOGIN, evidence={"requests": Requests(items)})
    with workspace.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'complete' WHERE id = ?", (run.id,))
        connection.exec_driver_sql("UPDATE page_rows SET page_type = 'account' WHERE run_id = ?", (run.id,))
    return run.id


@pytest.mark.parametrize(
    ("second", "told"), [(("pay.example", "new.example"), ["new.example"]), (("pay.example",), [])]
)
def test_what_the_night_before_did_not_meet(tmp_path: Path, second: tuple[str, ...], told: list[str]) -> None:
    workspace = new_workspace(tmp_path / "audits")
    try:
        night(workspace, "pay.example")
        this = night(workspace, *second)
        with workspace.read() as connection:
            site = StoredSite(connection, this, (), SiteContext(hosts=("shop.example",)))
            found = list(script_hosts_as_before(site))
    finally:
        workspace.close()
    assert [one.target for one in found if one.outcome is Outcome.FAILED] == told
    assert len(found) == len(told)
