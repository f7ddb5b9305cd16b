"""A shop that limits requests of all kinds, which browsers reach sooner than a crawl: what it refuses is no fault of its pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crawl.nasty import Reply, Visit, serving, text
from tests.e2e.kit import auditor_here, config

pytestmark = [pytest.mark.usefixtures("kept_processes"), pytest.mark.browser]
STYLE = "h1 {font-size: 2em} .hidden {display: none} img {width: 40px; height: 40px}"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003870180598a2b420000000049454e44ae426082"
)


class Limit:
    """A bucket of `size` requests that fills again at `rate` a second; `refused` counts what found it empty."""

    def __init__(self, size: float, rate: float) -> None:
        self.size, self.rate, self.refused = size, rate, 0
        self._left, self._at, self._lock = size, time.monotonic(), threading.Lock()

    def of(self, reply: Reply) -> Callable[[Visit], Reply]:
        def answer(visit: Visit) -> Reply:
            with self._lock:
                now = time.monotonic()
                self._left = min(self.size, self._left + (now - self._at) * self.rate)
                self._at = now
                if self._left < 1:
                    self.refused += 1
                    return Reply(429, b"<h1>Too many requests</h1>")
                self._left -= 1
                return reply

        return answer


def html(name: str, links: list[str]) -> Reply:
    files = "".join(f'<link rel="stylesheet" href="/{number}.css?{name}">' for number in range(4))
    images = "".join(
        f'<img src="/{number}.png?{name}" width="40" height="40" alt="Lamp {number}">' for number in range(8)
    )
    hrefs = "".join(f'<li><a href="{link}">Lamp {link[1:]}</a></li>' for link in links)
    return Reply(
        body=f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>{files}
        <link rel="icon" href="data:,"><script src="/app.js?{name}"></script></head><body><main><h1>{name}</h1>
        <ul>{hrefs}</ul>{images}</main></body></html>""".encode()
    )


@pytest.mark.timeout(280)
def test_a_shop_that_limits_what_browsers_ask_for(tmp_path: Path) -> None:
    names = [f"/lamp-{number}" for number in range(8)]
    # a page with its files is 14 requests: the crawl stays below, three pages at once don't
    limit = Limit(20, 5.0)
    with serving({"/robots.txt": text("")}) as site:
        site.routes |= {"/": limit.of(html("Lamps", names)), **{name: limit.of(html(name, ["/"])) for name in names}}
        site.routes |= {f"/{number}.css": limit.of(text(STYLE, "text/css")) for number in range(4)}
        site.routes |= {f"/{number}.png": limit.of(Reply(body=PNG, type="image/png")) for number in range(8)}
        site.routes |= {"/app.js": limit.of(text("window.ready = 1", "text/javascript"))}
        render = {"browsers": ["chromium"], "devices": ["desktop"], "per_template": None}
        only = [
            "runtime/failed-request",
            "images/broken",
            "viewport/blank",
            "accessibility/wcag-aa",
            "links/broken-internal",
        ]
        name = config(
            tmp_path, site.url("/"), crawl={"sitemaps": False}, render=render, timing={"repeats": 0}, rules={"only": only},
            report=["json"],
        )  # fmt: skip
        done = auditor_here(tmp_path, "run", name, "--plain")
    assert limit.refused > 0  # else nothing was tried
    assert "as the shop refuses what browsers ask for" in done.said
    assert done.result["problems"] == []
    looked = {one["client"]: (one["looked"], one["failed"]) for one in done.result["coverage"]["clients"]}
    assert looked["chromium/desktop"] == (9, [])
