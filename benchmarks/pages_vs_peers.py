"""Pages a second of an audit in a browser against pa11y-ci (axe) and Lighthouse, on the same pages of the clean demo shop.

    python benchmarks/pages_vs_peers.py [--pages 20] [--lighthouse-pages 3]

Ours: the render stage's workers, started for it, with every collector (axe and pictures too) and its wait for late tags. As
many pages at once as there are workers (`--workers`), for pa11y-ci with the axe runner too; Lighthouse has no such thing, so
one after the other. With `--axe-only` ours gathers axe's findings with pa11y-ci's tags and nothing else, and waits for no late
tags; it still scrolls through first, which pa11y-ci does not. npm fetches both into a cache folder once; all drive the same Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec
from measuring import Spent, spent
from page_vs_lighthouse import cache_folder, chromium, installed, node
from render_vs_playwright import pages, pool, task, visit

from auditor.evidence.bundle import KINDS
from auditor.render.task import RenderSettings

PA11Y = "4"
PA11Y_TAGS = ("wcag2a", "wcag21a", "wcag2aa", "wcag21aa", "best-practice")  # what its axe runner asks for by default
_MOST = 900


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--lighthouse-pages", type=int, default=3, help="how many of them Lighthouse is asked for")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--axe-only", action="store_true", help="ours gathers what pa11y-ci does, and no more")
    parser.add_argument("--skip", nargs="*", default=[], choices=["pa11y-ci", "lighthouse"])
    options = parser.parse_args()
    browser = chromium()
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="auditor-benchmark-")))
        origin, paths = opened.enter_context(pages("demo", options.pages))
        urls = [origin + path for path in dict.fromkeys(paths)]
        speeds = {
            "auditor": len(urls) / _auditor(folder, origin, urls, browser, options.workers, options.axe_only).wall
        }
        print(f"auditor      {speeds['auditor']:.2f} pages/s ({len(urls)} pages)", flush=True)
        if "pa11y-ci" not in options.skip:
            speeds["pa11y-ci"] = len(urls) / _pa11y(folder, urls, browser, options.workers).wall
            _tell("pa11y-ci", speeds, 3)
        if "lighthouse" not in options.skip:
            asked = urls[: options.lighthouse_pages]
            speeds["lighthouse"] = len(asked) / _lighthouse(folder, asked, browser).wall
            _tell("lighthouse", speeds, 20)


def _tell(name: str, speeds: dict[str, float], target: int) -> None:
    ratio = speeds["auditor"] / speeds[name]
    verdict = "met" if ratio >= target else "not met"
    print(
        f"{name:<12} {speeds[name]:.2f} pages/s; auditor {ratio:.1f} times as fast (target {target}: {verdict})",
        flush=True,
    )


def _auditor(folder: Path, origin: str, urls: list[str], browser: str, workers: int, axe_only: bool) -> Spent:
    settings = RenderSettings(
        files=str(folder), site_hosts=(origin.removeprefix("http://"),), executables={"chromium": browser}
    )
    kinds = frozenset(KINDS) - {"visit", "timing"}
    if axe_only:
        kinds = frozenset({"axe"})
        settings = msgspec.structs.replace(settings, axe_tags=PA11Y_TAGS, watch_ms=0)
    tasks = [task(number, url, kinds) for number, url in enumerate(urls)]

    def all_of_them() -> None:
        with pool("auditor.render.worker:Renderer", workers, settings) as opened:
            visit(opened, tasks, check=True)

    return spent(all_of_them)


def _pa11y(folder: Path, urls: list[str], browser: str, workers: int) -> Spent:
    program = installed("pa11y-ci", PA11Y, {"PUPPETEER_SKIP_DOWNLOAD": "1"}) / "bin" / "pa11y-ci.js"
    config = folder / "pa11yci.json"
    launch = {"executablePath": browser, "args": ["--no-sandbox"]}
    defaults = {
        "runners": ["axe"],
        "concurrency": workers,
        "chromeLaunchConfig": launch,
        "timeout": 120_000,
    }
    config.write_text(json.dumps({"defaults": defaults, "urls": urls}), encoding="utf-8")
    return spent(lambda: _run([node(), str(program), "--config", str(config), "--json"], (0, 2)))


def _lighthouse(folder: Path, urls: list[str], browser: str) -> Spent:
    program = installed("lighthouse", "13") / "cli" / "index.js"
    out = folder / "lighthouse.json"
    flags = ["--quiet", "--output=json", f"--output-path={out}", "--chrome-flags=--headless --no-sandbox"]

    def all_of_them() -> None:
        for url in urls:
            _run([node(), str(program), url, *flags], (0,), {**os.environ, "CHROME_PATH": browser})

    return spent(all_of_them)


def _run(command: list[str], good: tuple[int, ...], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_MOST, check=False)
    if done.returncode not in good:
        sys.exit(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")


if __name__ == "__main__":
    if not shutil.which("npm") and not cache_folder().is_dir():
        sys.exit("npm is needed once, to fetch what is compared with")
    main()
