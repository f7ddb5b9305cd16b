"""The situation of tags in Firefox: each of its pages opened and judged, what is found held against what is listed.

The whole audit runs in Chromium (tests/e2e/test_situations.py); here its pages alone, and the rules about tags, consent and scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from auditor.checks import registry
from auditor.config.devices import DEVICES
from auditor.demo import DemoShop
from auditor.demo.situations import load_situations
from auditor.evaluate import made_up, packs
from auditor.evaluate.judge import Judge, Judged
from auditor.evaluate.pages import Page
from auditor.facts.snapshot import Snapshot
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import Outcome, PageType, Scope
from auditor.render.browsers import Found, find
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer

pytestmark = [pytest.mark.browser, pytest.mark.firefox]
TAGS = load_situations()["tags"]
SHOP = f"http://{TAGS.name}"
PAGES = {path: page for path, page in TAGS.pages.items() if page.listed}
ABOUT = ("tracking", "consent", "security")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Judged]]:
    if not isinstance(find("firefox"), Found):
        pytest.skip("firefox-esr is not installed")
    rules = [
        rule
        for rule in packs.load().rules
        if rule.pack in ABOUT and registry.load()[rule.check].scope is not Scope.SITE
    ]
    judge = Judge(rules, dict(registry.load()), {}, ())
    with DemoShop(situation=TAGS) as shop, ThreadPoolExecutor(1) as thread:
        here = f"127.0.0.1:{shop.port}"
        expect = TAGS.config["expect"]
        site = made_up.context(
            {
                "hosts": (TAGS.name,),
                "expected_tags": [{"vendor": name, **tag} for name, tag in expect["tags"].items()],
                "answers": tuple(TAGS.config["consent"]),
                "allowed_vendors": tuple(expect["vendors"]),
                "allowed_hosts": {kind: tuple(hosts) for kind, hosts in expect["hosts"].items()},
                "listed_cookies": tuple(expect["cookies"]),
            }
        )
        settings = RenderSettings(
            files=str(tmp_path_factory.mktemp("files")),
            site_hosts=(TAGS.name,),
            resolve=dict.fromkeys((TAGS.name, *TAGS.also), here),
            watch_ms=600,
            quiet_ms=200,
        )
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()

        def look(path: str, state: State) -> Snapshot:
            url = SHOP + path
            key = SnapshotKey(url, Client("firefox", "desktop"), state)
            wanted = {"requests", "cookies", "data_layer", "consent", "texts", "fingerprints", "typed"}
            task = RenderTask(key=key, url=url, device=DEVICES["desktop"], collectors=frozenset(wanted))
            done = thread.submit(renderer.run, msgspec.msgpack.encode(task)).result()
            taken = msgspec.msgpack.decode(done, type=RenderResult)
            return Snapshot(key, url, site, body=lambda: taken.html, bundle=lambda: taken.bundle)

        def page(path: str) -> Page:
            looks = [look(path, State()), *([look(path, State(gpc=True))] if path == "/pages/about" else [])]
            kind = PageType.HOME if path == "/" else looks[0].page_kind.type
            for one in looks:
                one.page_type = kind
            return Page(key=SHOP + path, url=SHOP + path, page_type=kind, platform="", rendered=looks)

        yield {path: judge.page(page(path)) for path in PAGES}
        thread.submit(renderer.close).result()


def test_firefox_finds_what_is_listed_and_nothing_else(judged: dict[str, Judged]) -> None:
    asked = {rule for one in judged.values() for rule, *_ in one.counts}
    listed = {(fault.rule, fault.url, fault.target) for fault in TAGS.listed if fault.rule in asked}
    found = {(one.rule, path, one.target) for path, result in judged.items() for one in result.findings}
    told = {(rule, path) for rule, path, _ in found}
    assert told == {(rule, path) for rule, path, _ in listed}
    for rule, path, target in listed:
        assert any(target in named for one, where, named in found if (one, where) == (rule, path)), (rule, path, found)
    assert len(listed) >= 11


def test_what_firefox_cannot_give_is_said(judged: dict[str, Judged]) -> None:
    unsure = {
        (rule, reason)
        for one in judged.values()
        for rule, _, outcome, reason in one.counts
        if outcome is Outcome.CANT_TELL
    }
    assert all(reason for _, reason in unsure)
    # nothing of what the situation shows needs a beacon's body
    assert not {rule for rule, _ in unsure} & {fault.rule for fault in TAGS.listed}, unsure
