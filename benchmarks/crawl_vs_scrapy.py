"""A crawl round (frontier, bodies and URLs in the store) against a bare Scrapy loop that only follows links.

    python benchmarks/crawl_vs_scrapy.py [--runs 3] [--products 1000] [--rules]

Both fetch the same made-up shop from a server process on loopback, with the same number of requests under way. With `--rules`
ours also works out all facts and judges all rules that need no browser, with as many workers as there are processors.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from made_up_shop import served
from measuring import Spent, compare, ratio, spent, table

_MOST = 900  # seconds of one crawl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--products", type=int, default=1000, help="of the made-up shop (default: %(default)s)")
    parser.add_argument("--rules", action="store_true", help="facts and rules, too")
    parser.add_argument("--concurrency", type=int, default=32, help="requests under way (default: %(default)s)")
    parser.add_argument("--bare", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(options.bare, options.concurrency)
        return
    with served(options.products) as (url, count), tempfile.TemporaryDirectory(prefix="auditor-benchmark-") as folder:
        print(f"{count} pages, {options.concurrency} requests under way")
        command = [sys.executable, __file__, "--bare", url, "--concurrency", str(options.concurrency)]

        def ours() -> Spent:
            one = Path(tempfile.mkdtemp(dir=folder))
            taken = audit(url, one, count, options.concurrency, rules=options.rules)
            print(f"  {disk(one) / count / 1000:.1f} kB a page on disk")
            shutil.rmtree(one)
            return taken

        def theirs() -> Spent:
            return spent(lambda: _bare(command, count))

        pairs = compare(options.runs, ours, theirs)
    print(table(pairs, "auditor crawl" + (" + rules" if options.rules else ""), "bare Scrapy"))
    aim = 0.6 if options.rules else 0.8
    print(f"pages a second: {1 / ratio(pairs):.2f} of the bare loop (aim: at least {aim})")


def audit(url: str, folder: Path, count: int, concurrency: int, *, rules: bool = False, ahead: bool = True) -> Spent:
    """A crawl of the whole shop, with facts and judgement where asked for; `ahead`: facts while it crawls."""
    from auditor.config.config import Config
    from auditor.pipeline import Audit
    from auditor.store import lessons
    from auditor.store.workspace import Workspace
    from auditor.workers import standby as workers

    limits = {"max_pages": count + 100, "concurrency": concurrency, "confirm_after": 0.1}
    config = Config.model_validate({"site": url, "crawl": limits, "render": {"browsers": []}, "report": ["json"]})
    with Workspace.open(folder, create=True) as workspace:
        begun = Audit.begin(config, workspace)

        def work() -> None:
            with workers.kept():  # as in an audit from the command line
                crawl_and_judge()

        def crawl_and_judge() -> None:
            begun.crawl(ahead=rules and ahead)
            with workspace.write() as connection:
                lessons.forget(connection, begun.run.id)  # as an audit does once it has gathered all
            if rules:
                begun.evaluate()

        taken = spent(work)
        _same(begun.coverage().fetched, count)
    return taken


def disk(folder: Path) -> int:
    """Bytes of the database, its log written back."""
    import sqlite3

    with closing(sqlite3.connect(folder / "auditor.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "auditor.db").stat().st_size


def _bare(command: list[str], count: int) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_MOST, check=False)
    if done.returncode:
        sys.exit(f"the bare loop broke:\n{done.stderr[-1500:]}")
    _same(int(done.stdout), count)


def _same(fetched: int, count: int) -> None:
    if fetched != count:
        sys.exit(f"{fetched} pages were fetched, not {count}: what was measured compares nothing")


def bare(url: str, concurrency: int) -> None:
    """The least a Scrapy crawl can do: parse, take each new link of the site once, count."""
    import lxml.html
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.http import Response

    class Follower(Spider):
        name = "follower"
        seen = {url}
        pages = 0

        async def start(self):  # type: ignore[no-untyped-def]
            yield Request(url, dont_filter=True)

        def parse(self, response: Response) -> Iterator[Request]:
            type(self).pages += 1
            hrefs: list[str] = lxml.html.document_fromstring(response.body).xpath("//a/@href")  # type: ignore[assignment]
            for href in set(hrefs):
                if href.startswith("/") and (target := url.rstrip("/") + href.partition("#")[0]) not in self.seen:
                    self.seen.add(target)
                    yield Request(target, dont_filter=True)

    process = AsyncCrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": False,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
        }
    )
    process.crawl(Follower)
    process.start()
    print(Follower.pages)


if __name__ == "__main__":
    main()
