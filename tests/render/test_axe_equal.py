"""What the axe collector says of the demo shop's pages is what axe-core says when it is run there by itself, frames included.

AUDITOR_AXE_PAGES=50 looks at that many pages of the shop, and not only at a few.
"""

from __future__ import annotations

import os
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
import yaml
from playwright.sync_api import Browser

import auditor.demo
from auditor.demo import DemoShop
from auditor.evidence.axe import Axe
from auditor.render.browsers import Found
from auditor.render.collectors import axe
from auditor.render.collectors.look import Look
from auditor.render.wall import Wall
from tests.render.nasty import Shop, looking

_SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
# axe passes its questions from frame to frame by itself, to those of other origins only when told so
_ANY_ORIGIN = "axe.configure({allowedOrigins: ['<unsafe_all_origins>']})"
_PAGES = int(os.environ.get("AUDITOR_AXE_PAGES", "4"))
Found_ = set[tuple[str, str, str]]  # kind, rule, path of the element


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoShop]:
    with DemoShop() as demo:
        yield demo


@pytest.fixture(scope="module")
def look(
    start: Callable[[Wall], Browser],
    found: Found,
    shop: Shop,
    demo: DemoShop,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Look]]:
    with Wall() as wall, looking(start(wall), found, shop, wall, tmp_path_factory.mktemp("files")) as look:
        wall.begin([shop.host, shop.host.replace("127.0.0.1", "localhost"), demo.url.removeprefix("http://")])
        yield look


def ours(seen: Axe) -> Found_:
    kinds = {"violation": seen.violations, "incomplete": seen.incomplete}
    return {(kind, rule.id, node.selector) for kind, rules in kinds.items() for rule in rules for node in rule.nodes}


def directly(at: Look) -> Found_:
    """axe.run of the whole tab, by axe's own means."""
    for frame in at.tab.frames:
        frame.evaluate(f"{_SOURCE}\n;{_ANY_ORIGIN};undefined")
    # axe waits half a second for a frame to answer, which is too short on a busy machine
    waits = {"pingWaitTime": 30_000, "frameWaitTime": 60_000}
    options = {"runOnly": {"type": "tag", "values": list(at.settings.axe_tags)}, "preload": False, **waits}
    said: dict[str, Any] = at.tab.evaluate(
        """async (options) => {
            const result = await axe.run(document, options);
            const told = (rules) => rules.map((rule) => [rule.id, rule.nodes.map((node) => node.target)]);
            return { violation: told(result.violations), incomplete: told(result.incomplete) };
        }""",
        options,
    )
    return {
        (kind, rule, " > iframe > ".join(_css(part) for part in target)[:1000])
        for kind, rules in said.items()
        for rule, targets in rules
        for target in targets
    }


def _css(selector: Any) -> str:
    return " >>> ".join(selector) if isinstance(selector, list) else str(selector)


def pages(demo: DemoShop) -> list[str]:
    """Those with faults for axe first, then what the sitemaps list."""
    listed = [demo.url + path for path in _faulty()]
    for one in _locations(f"{demo.url}/sitemap.xml"):
        listed += _locations(one)
    return [one for one in dict.fromkeys(listed) if one.startswith(demo.url)][:_PAGES]


def _faulty() -> list[str]:
    text = (Path(auditor.demo.__file__).parent / "faults.yaml").read_text("utf-8")
    rules = yaml.safe_load(text)
    rows = [row for rule, rows in rules.items() if rule.startswith("accessibility/") for row in rows]
    return [str(row["url"]) for row in rows if isinstance(row, dict) and str(row.get("url", "")).startswith("/")]


def _locations(sitemap: str) -> list[str]:
    with urllib.request.urlopen(sitemap, timeout=10) as answer:
        return re.findall(r"<loc>([^<]+)</loc>", answer.read().decode())


@pytest.mark.parametrize("number", range(_PAGES))
def test_pages_of_a_shop(look: Callable[..., Look], demo: DemoShop, number: int) -> None:
    url = pages(demo)[number]
    at = look(url, fresh=False)
    direct = directly(at)  # first, on a page that nothing of ours has touched
    seen = axe.collect(at)
    assert seen.passes
    assert ours(seen) == direct


def test_frames_in_frames_of_other_origins(look: Callable[..., Look], shop: Shop) -> None:
    deepest = shop.put("<img src=/ok.png id=deep><a href=/x style='color:#bbb'>pale</a>")
    other = shop.put(f"<button id=b></button><iframe id=in src='{deepest}'></iframe>").replace("127.0.0.1", "localhost")
    html = (
        f"<main><h1>t</h1><img src=/ok.png><iframe title=a id=out src='{other}'></iframe><x-y></x-y>"
        f"<iframe id=two src='{deepest}'></iframe></main>"
        "<script>document.querySelector('x-y').attachShadow({mode:'open'}).innerHTML = '<input>'</script>"
    )
    at = look(html)
    direct = directly(at)
    mine = ours(axe.collect(at))
    assert mine == direct
    assert {part.count("iframe") for _, _, part in direct if "#deep" in part} == {1, 2}
