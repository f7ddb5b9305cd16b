"""Shops in other situations than the demo shop's: exactly the faults that each has, no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from auditor.config.config import Config
from auditor.demo import DemoShop, Fault
from auditor.demo.config import config_of
from auditor.demo.situations import Canned, Situation, load_situations
from auditor.model.finding import Finding
from auditor.pipeline import Audit, Outcome
from auditor.render.browsers import available
from auditor.store import judgement
from auditor.store.workspace import Workspace
from tests.authority import Authority

pytestmark = [pytest.mark.usefixtures("kept_processes"), pytest.mark.slow, pytest.mark.timeout(280)]
SITUATIONS = load_situations()


def parameters() -> Iterator[Any]:
    for name, situation in SITUATIONS.items():
        marks = [pytest.mark.browser] if situation.browsers else []
        marks += [pytest.mark.firefox] if "firefox" in situation.browsers else []
        yield pytest.param(situation, id=name, marks=marks)


@pytest.mark.parametrize("situation", list(parameters()))
def test_finds_exactly_the_faults_of_the_situation(situation: Situation, tmp_path: Path) -> None:
    assert set(situation.browsers) <= set(available()), "auditor browsers install"
    outcome, findings = audited(situation, tmp_path)
    listed = situation.listed
    found = sorted({(one.rule, path(one.url)) for one in findings})
    assert [one for one in found if not any(is_told(*one, fault) for fault in listed)] == []
    for fault in listed:
        of_fault = [one for one in findings if is_told(one.rule, path(one.url), fault)]
        assert of_fault, fault
        assert {one.certainty for one in of_fault} == {fault.certainty}, of_fault
        for finding in of_fault:
            told = " ".join([finding.target, finding.message, *(one.text for one in finding.excerpts)])
            assert fault.target in told, finding
    assert outcome.document.coverage.complete == situation.complete
    assert outcome.document.side_effects.delivered == 0


def audited(situation: Situation, folder: Path) -> tuple[Outcome, list[Finding]]:
    nights = (True, False) if situation.second_night else (False,)
    with Workspace.open(folder / "audits") as workspace:
        for clean in nights:
            with served(situation, folder, clean=clean) as config:
                outcome = Audit.begin(Config.model_validate(config), workspace).go()
        with workspace.read() as connection:
            evaluation = judgement.latest(connection, outcome.run.id)
            assert evaluation
            return outcome, list(judgement.findings_of(connection, evaluation))


@contextmanager
def served(situation: Situation, folder: Path, *, clean: bool = False) -> Iterator[dict[str, Any]]:
    """The shop, and the config that audits it: under its name, where it has one, this machine stands for all the hosts it knows."""
    with ExitStack() as shops:
        shop = shops.enter_context(
            DemoShop(situation=insecure(situation) if situation.https else situation, clean=clean)
        )
        own, url = {}, shop.url
        if situation.name:
            own = {"resolve": dict.fromkeys((situation.name, *situation.also), f"127.0.0.1:{shop.port}")}
            url = f"http://{situation.name}"
        if situation.https:
            authority = Authority(folder, days=situation.certificate_days)
            tls = authority.server(situation.name, *situation.also)
            secure = shops.enter_context(DemoShop(situation=situation, clean=clean, tls=tls))
            own["access"] = {"ca": str(authority.file)}
            own["resolve"] = {
                f"{host}:{port}": f"127.0.0.1:{one.port}"
                for host in (situation.name, *situation.also)
                for port, one in ((80, shop), (443, secure))
            }
            url = f"https://{situation.name}"
        base = config_of(url, situation.browsers) | ({"expect": {}} if situation.alone else {})
        base["render"]["always"] = [] if situation.alone else base["render"]["always"]
        base["catalogue"] = []
        base["render"]["workers"] = 1  # as other tests do: more browsers than processors end no test sooner
        config = merged(merged(base, own), dict(situation.config))
        config["catalogue"] = [{**one, "url": f"{url}{one['url']}"} for one in config["catalogue"]]
        yield config


def insecure(situation: Situation) -> Situation:
    """What a shop on https answers over http: it sends visitors on, but where the situation says that it shows the page."""
    on = {
        address: Canned(status=301, body=" ", headers=(("Location", f"https://{situation.name}{address}"),))
        for address in situation.pages
    }
    shown = {address: page for address, page in situation.pages.items() if address in situation.plain}
    return replace(situation, pages=on | shown, faults={})


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    nested = {key: merged(base[key], value) for key, value in over.items() if isinstance(base.get(key), dict)}
    return {**base, **over, **nested}


def is_told(rule: str, address: str, fault: Fault) -> bool:
    return rule == fault.rule and fnmatchcase(address, fault.url)


def path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
