"""A crawl round (frontier, bodies and URLs in the store) against a bare Scrapy loop that only follows links.

    python benchmarks/crawl_vs_scrapy.py [--runs 3] [--products 1000]

Both fetch the same made-up shop from a server process on loopback, with the same number of requests under way.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from measuring import Spent, compare, spent, table

_SHELF = 40  # products of a category
_MOST = 900  # seconds of one crawl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--products", type=int, default=1000, help="of the made-up shop (default: %(default)s)")
    parser.add_argument("--concurrency", type=int, default=16, help="requests under way (default: %(default)s)")
    parser.add_argument("--bare", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(options.bare, options.concurrency)
        return
    with _served(options.products) as (url, count), tempfile.TemporaryDirectory(prefix="auditor-benchmark-") as folder:
        print(f"{count} pages, {options.concurrency} requests under way")
        command = [sys.executable, __file__, "--bare", url, "--concurrency", str(options.concurrency)]

        def ours() -> Spent:
            return _audit(url, Path(tempfile.mkdtemp(dir=folder)), count, options.concurrency)

        def theirs() -> Spent:
            return spent(lambda: _bare(command, count))

        pairs = compare(options.runs, ours, theirs)
    print(table(pairs, "auditor crawl", "bare Scrapy"))


def _audit(url: str, folder: Path, count: int, concurrency: int) -> Spent:
    from auditor.config.config import Config
    from auditor.crawl.process import RoundResult, crawl_round
    from auditor.crawl.settings import settings_from
    from auditor.store import runs
    from auditor.store.workspace import Workspace

    config = Config.model_validate(
        {"site": url, "crawl": {"max_pages": count + 100, "concurrency": concurrency}, "render": {"browsers": []}}
    )
    with Workspace.open(folder, create=True) as workspace:
        run = runs.begin(
            workspace, site=config.name, start_url=url, environment="production", config="{}", version="benchmark"
        )
    results: list[RoundResult] = []
    settings = settings_from(config, token="auditor/benchmark")
    taken = spent(lambda: results.append(crawl_round(folder, run.id, settings)))
    _same(results[0].fetched, count)
    return taken


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


def pages(products: int) -> dict[str, bytes]:
    """Path -> HTML: home, categories of forty, products; about 18 kB and 140 links each."""
    shelves = range(-(-products // _SHELF))
    menu = "".join(
        f'<li><a href="/category/{shelf}">Shelf {shelf}</a><ul>'
        + "".join(f'<li><a href="/category/{shelf}#part-{part}">Part {part}</a></li>' for part in range(4))
        + "</ul></li>"
        for shelf in range(50)
        if shelf in shelves
    )
    text = "<p>Turned from one piece of ash, oiled by hand, made to be mended and not thrown away.</p>" * 120

    def page(title: str, path: str, body: str) -> bytes:
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta name="description" content="{title}, made to last"><link rel="canonical" href="{path}"></head>'
            f"<body><nav><ul>{menu}</ul></nav><main><h1>{title}</h1>{body}{text}</main></body></html>"
        ).encode()

    def cards(numbers: range) -> str:
        return "".join(
            f'<a class="card" href="/product/{one}"><img src="/{one}.jpg" alt="Lamp {one}">Lamp {one} <b>€{one}.00</b></a>'
            for one in numbers
        )

    made = {"/": page("Home", "/", cards(range(min(8, products))))}
    for shelf in shelves:
        own = range(shelf * _SHELF, min(products, (shelf + 1) * _SHELF))
        made[f"/category/{shelf}"] = page(f"Shelf {shelf}", f"/category/{shelf}", cards(own))
        for one in own:
            beside = range(own.start, min(own.stop, own.start + 12))
            made[f"/product/{one}"] = page(f"Lamp {one}", f"/product/{one}", f"<b>€{one}.00</b>{cards(beside)}")
    return made


@contextmanager
def _served(products: int) -> Iterator[tuple[str, int]]:
    """The shop's address and how many pages it has, while its server process runs."""
    here, there = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(products, there), daemon=True)
    server.start()
    try:
        if not here.poll(30):
            sys.exit("the made-up shop did not open")
        port, count = here.recv()
        yield f"http://127.0.0.1:{port}/", count
    finally:
        server.terminate()
        server.join()


def _serve(products: int, tell: Connection) -> None:
    answers = {
        path: b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
        for path, body in pages(products).items()
    }
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone"

    class Connected(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.waiting = transport, b""

        def data_received(self, data: bytes) -> None:
            *heads, self.waiting = (self.waiting + data).split(b"\r\n\r\n")
            for head in heads:
                path = head.split(b" ", 2)[1].decode()
                self.transport.write(answers.get(path, missing))  # type: ignore[attr-defined]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Connected, "127.0.0.1", 0)
        tell.send((server.sockets[0].getsockname()[1], len(answers)))
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    main()
