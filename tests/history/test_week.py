"""A week of nightly audits of a shop that changes: every problem stands each morning as the table in week.yaml says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.config.config import Config
from auditor.model.standing import Standing
from auditor.pipeline import Audit
from auditor.store import judgement, standings
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.crawl.nasty import Nasty, Reply, Route, serving
from tests.store.kit import new_workspace

WEEK: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("week.yaml").read_text(encoding="utf-8"))
PROMO = {
    "id": "promo", "title": "No banner is left", "severity": "moderate", "certainty": "proven", "owner": "content",
    "check": "elements_counted", "with": {"selector": ".promo", "minimum": 0, "maximum": 0}, "on": "raw",
    "message": "{count} banners are left.", "why": "They cover the page.", "fix": "Take them out.",
}  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Shop:
    """The shop as it is one day."""

    def __init__(self) -> None:
        self.theme = ("nav", "main", "css-1ab2c")
        self.products = dict.fromkeys(range(1, 6), True)  # number -> has a title
        self.products[2] = False
        self.links = True
        self.broken_json: set[int] = set()
        self.blocked: set[str] = set()
        self.exclude: list[str] = []
        self.promo = dict(PROMO)

    def day(self, night: int) -> None:
        """What happens before the night."""
        if night == 2:
            self.theme, self.links, self.broken_json = ("main", "nav", "css-9zz8y"), False, {3}
        elif night == 3:
            self.blocked = {"/p/2"}
        elif night == 4:
            self.blocked = set()
            self.products.update(dict.fromkeys(range(11, 21), False))
        elif night == 5:
            self.products[2], self.exclude = True, ["*/news"]
        elif night == 6:
            self.broken_json, self.exclude = set(), []
            self.promo |= {
                "message": "There are {count} banners.",
                "title": "Banners are gone",
                "why": "Nobody reads them.",
            }
        elif night == 7:
            self.products = dict.fromkeys(self.products, True)
            self.promo["with"] = {**PROMO["with"], "maximum": 1}  # type: ignore[dict-item]

    def routes(self) -> dict[str, Route]:
        pages = {f"/p/{number}": self._product(number) for number in self.products}
        gone = '<a href="/gone">Care</a>' if self.links else ""
        pages |= {
            "/": self._page("Home", "".join(f'<a href="{path}">x</a>' for path in [*pages, "/about", "/news"])),
            "/about": self._page("About", gone),
            "/news": self._page("News", '<div class="promo">Sale</div>'),
        }
        return {
            path: Reply(403, b"<h1>Forbidden</h1>") if path in self.blocked else Reply(body=body.encode())
            for path, body in pages.items()
        }

    def _product(self, number: int) -> str:
        comma = "," if number in self.broken_json else ""
        markup = (
            f'{{"@context":"https://schema.org","@type":"Product","name":"Lamp {number}",'
            f'"offers":{{"@type":"Offer","price":"{number}.00","priceCurrency":"EUR"}}{comma}}}'
        )
        body = f'<script type="application/ld+json">{markup}</script><form action="/cart/add" method="post"><button>Add to cart</button></form>'
        return self._page(f"Lamp {number}" if self.products[number] else "", body, product=True)

    def _page(self, title: str, body: str, *, product: bool = False) -> str:
        first, second, name = self.theme
        head = f"<title>{title}</title>" if title else ""
        head += '<meta property="og:type" content="product">' if product else ""
        parts = {
            "nav": f'<nav class="{name}"><a href="/">Home</a></nav>',
            "main": f'<main class="{name}"><h1>{title or "Lamp"}</h1>{body}</main>',
        }
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{parts[first]}{parts[second]}</body></html>'


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with new_workspace(tmp_path / "audits") as opened:
        yield opened


def night(shop: Shop, site: Nasty, workspace: Workspace, folder: Path) -> dict[str, Standing]:
    """One nightly audit; standings by the table's names."""
    site.routes = shop.routes()
    site.hits.clear()
    pack = folder / "own.yaml"
    pack.write_text(yaml.safe_dump({"pack": "own", "title": "Own", "rules": [shop.promo]}), encoding="utf-8")
    config = Config.model_validate(
        {
            "site": {"url": site.url("/"), "name": "shop"},
            "crawl": {"confirm_after": 0.05, "sitemaps": False, "exclude": shop.exclude, "concurrency": 8},
            "render": {"browsers": []},
            "rules": {
                "packs": ["meta", "links", "structured-data", str(pack)],
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
    shop = Shop()
    with serving() as site:
        for number, expected in enumerate(WEEK["nights"], start=1):
            shop.day(number)
            found = night(shop, site, workspace, tmp_path)
            told = f"night {number}: {expected['what']}"
            assert {name: str(one.state) for name, one in found.items()} == expected["states"], told
            for name, pages in expected.get("pages", {}).items():
                assert found[name].pages == pages, told
            for name, why in expected.get("why", {}).items():
                assert [str(one) for one in found[name].why] == why, told
            for name, reason in expected.get("unlooked", {}).items():
                assert list(found[name].unlooked) == [reason], told
    assert len(WEEK["nights"]) == 7
