"""Rows a second, and memory, of reading exports of many rows: from the file to products, into the store, and held against the shop.

Each size is read in a process of its own, so that its peak is its own. The shop has as many pages as `--pages` says; its
products are rows of the export, the rest is not on the site.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auditor.catalogue.reading import Reading
from auditor.checks import reconciled
from auditor.config.exports import Export
from auditor.facts.shelf import ShelfOffer, ShelfPage
from auditor.facts.snapshot import SiteContext
from auditor.model.expected import SourceRead
from auditor.store import expected, runs
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace

SITE = "https://shop.example/"
COLUMNS = {
    "sku": "sku",
    "gtin": "ean",
    "title": "name",
    "price": "price",
    "quantity": "stock",
    "link": "url",
    "image": "image",
    "description": "text",
}
TEXT = "Warm light for quiet rooms, made in small batches and built to be repaired. " * 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--format", choices=("csv", "xml", "jsonl"), default="csv")
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--no-store", action="store_true", help="Read only.")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one, given.format, given.pages, given.folder, store=not given.no_store)
        return
    for count in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / "export", count, given.format)
            same = [*sys.argv[1:], "--one", str(count), "--folder", folder]
            subprocess.run([sys.executable, __file__, *same], check=True)


def write(path: Path, count: int, kind: str) -> None:
    with path.open("w", encoding="utf-8") as out:
        if kind == "csv":
            out.write("sku,ean,name,price,stock,url,image,text\n")
        elif kind == "xml":
            out.write(
                '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>x</title>\n'
            )
        for n in range(count):
            url, image, price = f"{SITE}products/lamp-{n}", f"{SITE}cdn/{n}.jpg", f"{10 + n % 90}.90"
            if kind == "csv":
                out.write(f'L-{n},,"Lamp, no. {n}",{price},{n % 7},{url},{image},"{TEXT}"\n')
            elif kind == "jsonl":
                one = {
                    "sku": f"L-{n}",
                    "ean": "",
                    "name": f"Lamp {n}",
                    "price": price,
                    "stock": n % 7,
                    "url": url,
                    "image": image,
                    "text": TEXT,
                }
                out.write(json.dumps(one) + "\n")
            else:
                out.write(
                    f"<item><g:id>L-{n}</g:id><g:title>Lamp {n}</g:title><g:description>{TEXT}</g:description><g:link>{url}</g:link><g:image_link>{image}"
                    f"</g:image_link><g:price>{price} EUR</g:price><g:availability>in_stock</g:availability></item>\n"
                )
        if kind == "xml":
            out.write("</channel></rss>\n")


def measure(count: int, kind: str, pages: int, folder: Path, *, store: bool) -> None:
    path = folder / "export"
    columns = {} if kind == "xml" else COLUMNS
    reading = Reading(Export(name="erp", file=str(path), columns=columns, currency="EUR"), path, SITE)
    size = path.stat().st_size
    if not store:
        seconds = _timed(lambda: sum(1 for _ in reading))
        _tell(f"{count:,} rows of {kind} ({size / 1e6:,.0f} MB), read", count, seconds)
        assert reading.products == count
        return
    with Workspace.open(folder / "audits") as workspace:
        run = runs.begin(
            workspace, site="shop.example", start_url=SITE, environment="production", config="{}", version="1"
        )
        seconds = _timed(lambda: expected.keep(workspace, run.id, "erp", reading))
        _tell(f"{count:,} rows of {kind} ({size / 1e6:,.0f} MB), read and stored", count, seconds)
        source = SourceRead(
            name="erp", format=reading.format, products=count, columns=reading.fields, read_at="2026-11-20T03:00:00+00:00", made_at="2026-11-20T03:00:00+00:00"
        )  # fmt: skip
        with workspace.write() as connection:
            expected.seal(connection, run.id, source)
        with workspace.read() as connection:
            site = Shop(connection, run.id, (), SiteContext(hosts=("shop.example",)), pages)
            seconds = _timed(lambda: reconciled.of_run(site))
            (sets,) = reconciled.of_run(site)
            assert sets.found == min(pages, count)
            _tell(f"  held against {pages:,} pages", count, seconds)


class Shop(StoredSite):
    """A run whose product pages are made up."""

    def __init__(self, connection: object, run_id: int, drop: tuple[str, ...], site: SiteContext, pages: int) -> None:
        super().__init__(connection, run_id, drop, site)  # type: ignore[arg-type]
        self._many = pages

    def shelves(self):  # type: ignore[no-untyped-def]
        for n in range(self._many):
            url = f"{SITE}products/lamp-{n}"
            offer = ShelfOffer(sku=f"l-{n}", price=None, currency="EUR", availability="InStock", source="json-ld")
            yield ShelfPage(
                url=url,
                final_url=url,
                name=f"Lamp {n}",
                numbers=(f"l-{n}",),
                offers=(offer,),
                at="2026-11-20T03:10:00+00:00",
            )


def _timed(work: object) -> float:
    began = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - began


def _tell(what: str, count: int, seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {seconds:.1f} s of the processor, {count / seconds:,.0f} rows/s, peak {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
