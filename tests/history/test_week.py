"""A week of nightly audits of the demo shop, which changes: every problem stands each morning as the table in week.yaml says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.config.config import Config
from auditor.demo import DemoShop
from auditor.demo.app import App, Request, Response
from auditor.model.standing import Standing
from auditor.pipeline import Audit
from auditor.render.browsers import available
from auditor.store import judgement, standings
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.store.kit import new_workspace

WEEK: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("week.yaml").read_text(encoding="utf-8"))
PROMO = {
    "id": "promo", "title": "No banner is left", "severity": "moderate", "certainty": "proven", "owner": "content",
    "check": "elements_counted", "with": {"selector": ".promo", "minimum": 0, "maximum": 0}, "on": "raw",
    "message": "{count} banners are left.", "why": "They cover the page.", "fix": "Take them out.",
}  # fmt: skip
LANTERN, LAMP, PENDANT = "/product/beacon-lantern", "/product/mill-desk-lamp", "/product/tide-pendant"
ABOUT, QUESTIONS, GONE = "/pages/about", "/pages/faq", "/pages/care"
ADDED = tuple(f"/product/lantern-{number}" for number in range(10))
FAILS = "<script>setTimeout(() => { if (innerWidth < 600) startSlider(); }, 20);</script>"

pytestmark = [
    pytest.mark.usefixtures("kept_processes"),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


class Shop(App):
    """The demo shop without its own faults, as it is one day."""

    def __init__(self) -> None:
        super().__init__(clean=True)
        self.rebuilt = False
        self.untitled = {LANTERN}
        self.fails = {LANTERN}
        self.links = True
        self.broken_json: set[str] = set()
        self.blocked: set[str] = set()
        self.added: tuple[str, ...] = ()
        self.promo = dict(PROMO)
        self.exclude: list[str] = []
        self.always = [LANTERN]
        self.devices = ["phone"]

    def day(self, night: int) -> None:
        """What happens before the night."""
        if night == 2:
            self.rebuilt, self.links, self.broken_json = True, False, {PENDANT}
        elif night == 3:
            self.blocked, self.always = {LANTERN}, []
        elif night == 4:
            self.blocked, self.added = set(), ADDED
            self.untitled |= set(ADDED)
        elif night == 5:
            self.untitled -= {LANTERN}
            self.exclude, self.always = [f"*{QUESTIONS}"], [LANTERN]
        elif night == 6:
            self.broken_json, self.exclude, self.devices = set(), [], ["desktop"]
            self.promo |= {
                "message": "There are {count} banners.",
                "title": "Banners are gone",
                "why": "Nobody reads them.",
            }
        elif night == 7:
            self.untitled, self.fails, self.devices = set(), set(), ["phone"]
            self.promo["with"] = {**PROMO["with"], "maximum": 1}  # type: ignore[dict-item]

    def answer(self, request: Request) -> Response:
        path = request.target
        if path in self.blocked:
            return Response(403, b"<h1>Forbidden</h1>")
        answer = super().answer(replace(request, target=LAMP) if path in self.added else request)
        if not answer.content_type.startswith("text/html") or answer.status != 200:
            return answer
        html = answer.body.decode()
        if path in self.untitled:
            html = re.sub("<title>.*?</title>", "", html)
        if path in self.broken_json:
            html = html.replace('"@type": "Product",', '"@type": "Product",,', 1)
        more = FAILS if path in self.fails else ""
        if path == QUESTIONS:
            more += '<div class="promo">Sale</div>'
        if path == ABOUT and self.links:
            more += f'<a href="{GONE}">Care</a>'
        if path == "/":
            more += "".join(f'<a href="{one}">New</a>' for one in self.added)
        html = html.replace("</main>", f"{more}</main>", 1)
        if self.rebuilt:
            # the promotion's name is its app's, not the theme's; the old theme's script goes with its names
            html = re.sub(r'class="(?!promo)([^"]+)"', lambda found: f'class="t{len(found[1])}-9zz8y"', html)
            html = html.replace('<script src="/assets/shop.js" defer></script>', "")
        return replace(answer, body=html.encode())


class Served(DemoShop):
    """The demo shop's server with another shop behind it."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(clean=True)
        self._app = shop


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with new_workspace(tmp_path / "audits") as opened:
        yield opened


def night(shop: Shop, url: str, workspace: Workspace, folder: Path) -> dict[str, Standing]:
    """One nightly audit; standings by the table's names."""
    pack = folder / "own.yaml"
    pack.write_text(yaml.safe_dump({"pack": "own", "title": "Own", "rules": [shop.promo]}), encoding="utf-8")
    pages = ["/", LANTERN, LAMP, PENDANT, ABOUT, QUESTIONS]
    config = Config.model_validate(
        {
            "site": {"url": url, "name": "demo"},
            "crawl": {
                "confirm_after": 0.05,
                "sitemaps": False,
                "concurrency": 8,
                "start": [LANTERN, LAMP, PENDANT],
                "include": [f"{url}{path}" for path in (*pages, GONE, *ADDED)],
                "exclude": shop.exclude,
            },
            "render": {
                "browsers": ["chromium"],
                "devices": shop.devices,
                "per_template": 1,
                "max_templates": 1,
                "always": shop.always,
                "watch": 0.3,
                "settle": 2.0,
                "workers": 1,
            },
            "timing": {"repeats": 0},
            "rules": {
                "packs": ["meta", "links", "structured-data", "runtime", str(pack)],
                "only": [one["rule"] for one in WEEK["problems"].values()],
            },
            "report": ["json"],
        }
    )
    audit = Audit.begin(config, workspace)
    audit._open_evaluate_pool = lambda entry, settings: audit._opened(InlinePool(entry, settings))  # type: ignore[method-assign]
    outcome = audit.go()
    names = {(one["rule"], one["page_type"]): name for name, one in WEEK["problems"].items()}
    with workspace.read() as connection:
        evaluation = judgement.latest(connection, outcome.run.id)
        assert evaluation is not None
        return {names[one.rule, str(one.page_type)]: one for one in standings.of(connection, evaluation)}


def test_a_week(workspace: Workspace, tmp_path: Path) -> None:
    assert "chromium" in available(), "chromium is needed: auditor browsers install chromium"
    shop = Shop()
    with Served(shop) as served:
        for number, expected in enumerate(WEEK["nights"], start=1):
            shop.day(number)
            found = night(shop, served.url, workspace, tmp_path)
            told = f"night {number}: {expected['what']}"
            assert {name: str(one.state) for name, one in found.items()} == expected["states"], told
            for name, pages in expected.get("pages", {}).items():
                assert found[name].pages == pages, told
            for name, why in expected.get("why", {}).items():
                assert [str(one) for one in found[name].why] == why, told
            for name, reason in expected.get("unlooked", {}).items():
                assert list(found[name].unlooked) == [reason], told
    assert len(WEEK["nights"]) == 7
