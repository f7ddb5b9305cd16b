"""`auditor page` against one Lighthouse run, on a product page of the clean demo shop.

    python benchmarks/page_vs_lighthouse.py [--runs 5] [--url URL]

Lighthouse is fetched by npm into a cache folder once. It looks at a phone; `auditor page` opens the page on a desktop and
on a phone, by default.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from measuring import Spent, compare, ratio, spent, table
from playwright._impl._driver import compute_driver_executable

from auditor.demo import DemoShop
from auditor.model.words import BrowserName
from auditor.render import browsers

LIGHTHOUSE = "13"
TARGET = 0.4
_OLDEST_NODE = (22, 19)
_MOST = 180  # seconds of one run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--url", default="", help="another page than the demo shop's")
    parser.add_argument("--chromium", default="", help="path of the Chromium that both drive")
    parser.add_argument("--browsers", default="chromium", help="of auditor page (default: %(default)s)")
    parser.add_argument("--devices", default="desktop,phone", help="of auditor page (default: %(default)s)")
    options = parser.parse_args()
    browser, engine = options.chromium or chromium(), node()
    lighthouse = installed("lighthouse", LIGHTHOUSE)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="auditor-benchmark-")))
        url = options.url or _product(opened.enter_context(DemoShop(clean=True)).url)
        named: list[str] = []
        if options.chromium:  # else both drive the one that auditor finds
            config = folder / "page.yaml"
            config.write_text(
                json.dumps({"site": url, "render": {"executables": {"chromium": browser}}}), encoding="utf-8"
            )
            named = ["--config", str(config)]
        ours = [
            *(sys.executable, "-m", "auditor", "page", url, "--plain", *named),
            *("--workspace", str(folder / "audits"), "--browsers", options.browsers, "--devices", options.devices),
        ]
        report = folder / "lighthouse.json"
        theirs = [
            *(engine, str(lighthouse / "cli" / "index.js"), url, "--quiet", "--output=json", f"--output-path={report}"),
            "--chrome-flags=--headless --no-sandbox",
        ]
        print(f"{url}\n{browser}\nLighthouse {_version(lighthouse)}; {options.browsers} on {options.devices}")

        def audit() -> Spent:
            return spent(lambda: _run(ours, os.environ))

        def measure() -> Spent:
            report.unlink(missing_ok=True)
            taken = spent(lambda: _run(theirs, {**os.environ, "CHROME_PATH": browser}))
            if error := json.loads(report.read_bytes()).get("runtimeError"):
                sys.exit(f"Lighthouse could not load the page: {error}")
            return taken

        audit(), measure()  # files are in memory from here on
        pairs = compare(options.runs, audit, measure)
    print(table(pairs, "auditor page", "lighthouse"))
    print(f"target: at most {TARGET}; {'met' if ratio(pairs) <= TARGET else 'not met'}")


def _run(command: list[str], environment: os._Environ[str] | dict[str, str]) -> None:
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=_MOST, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")


def _product(shop: str) -> str:
    with urllib.request.urlopen(f"{shop}/sitemap-products.xml", timeout=10) as answer:
        found = re.search(r"<loc>([^<]+)</loc>", answer.read().decode())
    if not found:
        sys.exit("the demo shop's sitemap lists no product")
    return found[1]


def chromium() -> str:
    found = browsers.find(BrowserName.CHROMIUM, os.environ.get("CHROME_PATH", ""))
    if isinstance(found, browsers.Missing):
        sys.exit(f"no Chromium is there: {found.reason}; get it with: {found.command}")
    return found.path


def node() -> str:
    """A Node.js that this Lighthouse runs on: the system's, else the one that comes with Playwright."""
    for node in (shutil.which("node"), str(compute_driver_executable()[0])):
        told = node and subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"v(\d+)\.(\d+)", told or "")
        if node and version and (int(version[1]), int(version[2])) >= _OLDEST_NODE:
            return node
    sys.exit(f"Lighthouse {LIGHTHOUSE} needs Node.js {'.'.join(map(str, _OLDEST_NODE))} or newer")


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "auditor-benchmarks"


def installed(package: str, major: str, environment: dict[str, str] | None = None) -> Path:
    """The folder of an npm package of this major version, fetched into the cache folder where it is not there."""
    there = cache_folder() / "node_modules" / package
    if not (there / "package.json").is_file() or not _version(there).startswith(f"{major}."):
        npm = shutil.which("npm") or sys.exit(f"npm is needed once, to fetch {package}")
        cache_folder().mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(cache_folder()), "--no-audit", "--no-fund", f"{package}@{major}"]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=quiet, stderr=quiet, env={**os.environ, **(environment or {})})
    return there


def _version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_bytes())["version"])


if __name__ == "__main__":
    main()
