"""What one pass over a run's pages costs: seconds of CPU and memory for each thousand pages of 250 links, and of each question asked of it.

`python benchmarks/survey.py [PAGES]`; pages are made up as facts, the way the store hands them over, so no parsing is measured.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator

import msgspec

from auditor.evidence.http import Response
from auditor.facts.contents import Contents
from auditor.facts.links import Link, Links
from auditor.facts.meta import Heading, Meta, Reference, Text
from auditor.facts.offers import Offers
from auditor.facts.platform import PlatformFact
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.snapshot import SnapshotKey
from auditor.model.words import FetchOutcome, PageType
from auditor.store.survey import Survey

SITE = SiteContext(hosts=("shop.example",))
FRAME = [
    Link(
        href=f"/c/{number}", url=f"https://shop.example/c/{number}", kind="a", text=f"Category {number}", position="nav"
    )
    for number in range(200)
]


def pages(many: int) -> Iterator[Snapshot]:
    for number in range(many):
        url = f"https://shop.example/products/{number}" if number else "https://shop.example/"
        own = [
            Link(href="", url=f"https://shop.example/products/{(number * 7 + step * 131) % many}", kind="a", text=f"Product {step}", position="main")
            for step in range(50)
        ]  # fmt: skip
        head = Meta(
            titles=(Text(f"Product {number // 2}"),),
            headings=(Heading(1, f"Product {number}"),),
            canonicals=(Reference(href=url, url=url, source="head"),),
            lang="en",
        )
        facts = {
            "links": Links((*FRAME, *own)),
            "meta": head,
            "offers": Offers(),
            "platform": PlatformFact(id="shopify"),
            "contents": Contents(digest=f"{number:024}", words=300),
        }
        packed = {name: msgspec.msgpack.encode(fact) for name, fact in facts.items()}
        response = Response(url=url, final_url=url, outcome=FetchOutcome.OK, status=200)
        one = Snapshot(SnapshotKey(url), url, SITE, body=lambda: b"", response=response, stored=packed)
        one.page_type = PageType.PRODUCT if number else PageType.HOME
        yield one


def main(many: int) -> None:
    began, before = time.process_time(), _memory()
    survey = Survey(pages(many), ())
    took = time.process_time() - began
    print(
        f"{many:,} pages: {took:.1f} s, {took / many * 1000:.2f} ms a page, {_memory() - before:.0f} MB more at the most"
    )
    questions: dict[str, Callable[[], int]] = {
        "shared": lambda: sum(1 for _ in survey.shared("title")),
        "unlinked": lambda: sum(1 for _ in survey.unlinked()),
        "depths": lambda: sum(1 for _ in survey.depths()),
        "copies": lambda: sum(1 for _ in survey.copies()),
        "crossing": lambda: sum(1 for _ in survey.crossing()),
        "versions": lambda: sum(1 for _ in survey.versions()),
    }
    for name, ask in questions.items():
        began = time.process_time()
        answers = ask()
        print(f"  {name}: {answers:,} answers, {time.process_time() - began:.1f} s, {_memory() - before:.0f} MB")


def _memory() -> float:
    """The most that this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
