"""Pages a second of one core for the facts of structured data and prices, from evidence as the store holds it.

A page: its HTML (zstandard, as in the store) and the packed texts of a browser. Worked out: structured data, offers, market,
platform prices, shown prices, and the comparison of the price shown with all others. Seconds are of the processor, so that
other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import msgspec
import zstandard

from auditor.evidence.bundle import Bundle
from auditor.evidence.document import Document
from auditor.evidence.texts import PriceText, Texts
from auditor.facts import price_cells
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.snapshot import Client, SnapshotKey

SITE = SiteContext(hosts=("shop.example",))
CARD = """<li class="grid__item"><div class="card-wrapper product-card-wrapper"><a href="/products/{n}" class="full-unstyled-link"><img src="/cdn/{n}.jpg" alt="" width="533" height="533">
<h3 class="card__heading">Lamp {n}</h3></a><div class="price"><div class="price__container"><div class="price__regular"><span class="visually-hidden">Regular price</span>
<span class="price-item price-item--regular">€{n},90</span></div></div></div></div></li>\n"""


def html(number: int, kilobytes: int) -> str:
    """A product page in the manner of a Shopify theme, with JSON-LD, social tags, web pixels and cards, of about this size."""
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": f"Lamp {number}",
        "sku": f"L-{number}",
        "description": "Warm light. " * 30,
        "image": [f"https://shop.example/cdn/{number}-{one}.jpg" for one in range(6)],
        "offers": [
            {"@type": "Offer", "sku": f"L-{number}-{one}", "price": f"{49 + one}.00", "priceCurrency": "EUR",
             "url": f"https://shop.example/products/{number}?variant={one}", "availability": "https://schema.org/InStock"}
            for one in range(6)
        ],
    }  # fmt: skip
    crumbs = {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": [
        {"@type": "ListItem", "position": place, "name": name, "item": f"https://shop.example/{name}"}
        for place, name in enumerate(("home", "lamps"), 1)
    ]}  # fmt: skip
    pixels = [
        {"price": {"amount": 49.0 + one, "currencyCode": "EUR"}, "product": {"id": "8"}, "id": str(one), "sku": f"L-{number}-{one}"}
        for one in range(6)
    ]  # fmt: skip
    head = f"""<html lang="de"><head><title>Lamp {number}</title><link rel="canonical" href="https://shop.example/products/{number}">
    <meta property="og:price:amount" content="49,00"><meta property="og:price:currency" content="EUR"><script>Shopify.currency = {{"active":"EUR","rate":"1.0"}};</script>
    <script type="application/ld+json">{json.dumps(data)}</script><script type="application/ld+json">{json.dumps(crumbs)}</script>
    <script>init({{"initData":{{"productVariants":{json.dumps(pixels)}}}}});</script></head>
    <body class="template-product"><h1>Lamp {number}</h1><form action="/cart/add"><input name="id" value="0"></form><div class="price">€49,00</div><ul>"""
    cards = max(0, kilobytes * 1024 - len(head)) // len(CARD)
    return head + "".join(CARD.format(n=number * 7 % 900 + one) for one in range(cards)) + "</ul></body></html>"


def texts(number: int) -> Texts:
    """What the collector hands over: the product's prices, and sixty of cards."""
    main = (
        PriceText(text="€49,00", font_px=20.0, in_main_product=True, selector=".price", classes="price price--large"),
        PriceText(text="€69,00", font_px=14.0, in_main_product=True, struck=True, classes="price-item--regular"),
        PriceText(text="€24,50", before="Grundpreis", after="/ 1 l", in_main_product=True, font_px=11.0),
    )
    cards = tuple(
        PriceText(text=f"€{number % 900 + one},90", in_card=True, font_px=16.0, classes="price-item price-item--regular price__regular")
        for one in range(60)
    )  # fmt: skip
    return Texts(lang="de", prices=main + cards, main_block=True)


def stored(number: int, kilobytes: int) -> tuple[bytes, bytes]:
    bundle = Bundle()
    bundle.put("texts", texts(number))
    pack = zstandard.ZstdCompressor(level=3).compress
    return pack(html(number, kilobytes).encode()), pack(msgspec.msgpack.encode(bundle))


def work(number: int, body: bytes, packed: bytes) -> int:
    """What evaluating a product page costs in facts of structured data and prices. Returns how many prices it found."""
    unpack = zstandard.ZstdDecompressor().decompress
    url = f"https://shop.example/products/{number}"
    snapshot = Snapshot(
        SnapshotKey(url, Client.parse("chromium/desktop")),
        url,
        SITE,
        body=lambda: unpack(body).decode(),
        bundle=lambda: msgspec.msgpack.decode(unpack(packed), type=Bundle),
    )
    return len(list(price_cells.cells(snapshot)))


def rate(pages: list[tuple[bytes, bytes]]) -> float:
    began = time.process_time()
    found = [work(number, *page) for number, page in enumerate(pages)]
    spent = time.process_time() - began
    if min(found) < 8:
        raise SystemExit("a page had fewer prices than it should have: nothing was measured")
    return len(pages) / spent


def parse_rate(pages: list[tuple[bytes, bytes]]) -> float:
    """Pages a second if nothing were done but to unpack and parse them: what no reader of HTML gets round."""
    unpack = zstandard.ZstdDecompressor().decompress
    began = time.process_time()
    for body, _ in pages:
        _ = Document(unpack(body).decode(), "https://shop.example/", rendered=True).tree
    return len(pages) / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    for kilobytes in (25, 100, 400):
        pages = [stored(number, kilobytes) for number in range(arguments.pages)]
        rate(pages[:20])
        pairs = [(rate(pages), parse_rate(pages)) for _ in range(arguments.runs)]
        rates = sorted(ours for ours, _ in pairs)
        ratio = statistics.median(parsed / ours for ours, parsed in pairs)
        spread = f"{rates[0]:.0f} to {rates[-1]:.0f}"
        told = f"{kilobytes:>4} kB of HTML: {statistics.median(rates):>5.0f} pages/s ({spread})"
        print(f"{told}, {ratio:.1f} times a bare parse", flush=True)


if __name__ == "__main__":
    main()
