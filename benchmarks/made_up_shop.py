"""A made-up shop of any size for the benchmarks: pages are put together when asked for, so a large shop costs no memory.

    python benchmarks/made_up_shop.py --products 1000      # serves it until stopped, and prints its address

Home, departments of fifty categories, categories of forty products; every page has the menu, about 25 kB and 310 different
hrefs (most of them parts of the same category pages), as real shops have.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

SHELF = 40  # products of a category
MENU = 50  # categories
_WORDS = [
    "ash",
    "oak",
    "linen",
    "brass",
    "turned",
    "oiled",
    "woven",
    "mended",
    "washed",
    "folded",
    "glazed",
    "slow",
    "small",
    "plain",
    "warm",
    "sturdy",
    "light",
    "deep",
    "round",
    "narrow",
    "tall",
    "early",
    "winter",
    "harbour",
    "meadow",
    "river",
    "stone",
    "copper",
    "wool",
    "cotton",
    "paper",
    "glass",
    "ember",
    "north",
    "south",
    "evening",
]


class Shop:
    """Path -> HTML. `epoch` changes what every page says once a night (a nonce), and nothing else."""

    def __init__(self, products: int, origin: str = "", epoch: int = 0) -> None:
        self.products = products
        self.shelves = -(-products // SHELF)
        self.departments = -(-self.shelves // MENU)
        self.origin, self.epoch = origin, epoch
        menu = "".join(
            f'<li><a href="/category/{shelf}">Shelf {shelf}</a><ul>'
            + "".join(f'<li><a href="/category/{shelf}#part-{part}">Part {part}</a></li>' for part in range(5))
            + "</ul></li>"
            for shelf in range(min(MENU, self.shelves))
        )
        self._top = f"<header><nav aria-label=Main><ul>{menu}</ul></nav></header>"
        self._foot = (
            '<footer><a href="/">Home</a> <a href="/about">About us</a> <a href="/shipping">Shipping</a></footer>'
        )

    @property
    def count(self) -> int:
        return 3 + self.departments + self.shelves + self.products

    def page(self, path: str) -> bytes | None:
        kind, _, number = path.strip("/").partition("/")
        if path == "/":
            departments = "".join(f'<a href="/department/{one}">Floor {one}</a>' for one in range(self.departments))
            return self._page("Home", path, departments + self._cards(range(min(8, self.products))))
        if kind in ("about", "shipping") and not number:
            return self._page(kind.capitalize(), path, "")
        if not number.isdigit():
            return None
        one = int(number)
        if kind == "department" and one < self.departments:
            shelves = range(one * MENU, min(self.shelves, (one + 1) * MENU))
            return self._page(f"Floor {one}", path, "".join(f'<a href="/category/{n}">Shelf {n}</a>' for n in shelves))
        own = range(one * SHELF, min(self.products, (one + 1) * SHELF))
        if kind == "category" and one < self.shelves:
            return self._page(f"Shelf {one}", path, self._cards(own))
        if kind == "product" and one < self.products:
            own = range(one // SHELF * SHELF, min(self.products, (one // SHELF + 1) * SHELF))
            return self._page(
                f"Lamp {one}", path, f"<b class=price>€{one % 90 + 9}.00</b>" + self._cards(own[:12]), one
            )
        return None

    def _page(self, title: str, path: str, body: str, product: int | None = None) -> bytes:
        url = self.origin + path
        data = ""
        if product is not None:
            offer = {
                "@type": "Offer",
                "price": f"{product % 90 + 9}.00",
                "priceCurrency": "EUR",
                "availability": "InStock",
            }
            marked = {
                "@context": "https://schema.org",
                "@type": "Product",
                "name": title,
                "sku": f"L{product}",
                "offers": offer,
            }
            data = f'<script type="application/ld+json">{json.dumps(marked)}</script>'
        nonce = f"{zlib.crc32((path + str(self.epoch)).encode()):x}"
        texts = "".join(f"<p>{_text(path + str(part), 40)}</p>" for part in range(18))
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | Made-up shop</title>'
            f'<meta name="viewport" content="width=device-width"><meta name="description" content="{title}, {_text(path, 9)}">'
            f'<meta name="csrf-token" content="{nonce}">'
            f'<link rel="canonical" href="{url}">{data}</head><body>{self._top}<main><h1>{title}</h1>{body}'
            f"{texts}</main>{self._foot}</body></html>"
        ).encode()

    def _cards(self, numbers: range) -> str:
        return "".join(
            f'<a class="card" href="/product/{one}"><img src="/{one}.jpg" alt="Lamp {one}" width=90 height=90>Lamp {one}</a>'
            for one in numbers
        )


def _text(seed: str, words: int) -> str:
    """Sentences that differ from page to page, so that nothing compresses better than a real shop would."""
    state, said = zlib.crc32(seed.encode()), []
    for _ in range(words):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        said.append(_WORDS[(state >> 12) % len(_WORDS)])
    return " ".join(said)


@contextmanager
def served(products: int, epoch: int = 0, port: int = 0, wait: float = 0.0) -> Iterator[tuple[str, int]]:
    """The shop's address and how many pages it has, while its server process runs. `wait`: seconds before each answer."""
    here, there = multiprocessing.Pipe(duplex=False)
    arguments = (products, epoch, port, wait, there)
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=arguments, daemon=True)
    server.start()
    try:
        if not here.poll(60):
            sys.exit("the made-up shop did not open")
        opened, count = here.recv()
        yield f"http://127.0.0.1:{opened}/", count
    finally:
        server.terminate()
        server.join()


def _serve(products: int, epoch: int, port: int, wait: float, tell: Connection) -> None:
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone"

    async def run() -> None:
        class Connected(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport, self.waiting = transport, b""

            def data_received(self, data: bytes) -> None:
                *heads, self.waiting = (self.waiting + data).split(b"\r\n\r\n")
                for head in heads:
                    body = shop.page(head.split(b" ", 2)[1].decode("latin-1"))
                    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
                    answer = missing if body is None else start % len(body) + body
                    asyncio.get_running_loop().call_later(wait, self.transport.write, answer)  # type: ignore[attr-defined]

        server = await asyncio.get_running_loop().create_server(Connected, "127.0.0.1", port)
        shop = Shop(products, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", epoch)
        tell.send((server.sockets[0].getsockname()[1], shop.count))
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1000)
    with served(parser.parse_args().products) as (address, pages):
        print(f"{address} has {pages} pages; stop with Ctrl-C")
        try:
            asyncio.run(asyncio.sleep(1e9))
        except KeyboardInterrupt:
            pass
