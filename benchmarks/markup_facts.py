"""How many pages a second one core reads the markup and the offers of: those of the labelled corpus, each in a page of usual size."""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditor.evidence.document import Document
from auditor.facts.meta import meta
from auditor.facts.offers import offers
from auditor.facts.structured_data import structured_data

CORPUS = Path(__file__).parents[1] / "tests" / "facts" / "markup_corpus.py"
AROUND = '<div class="card"><p>Words and a <a href="/other">link</a></p></div>' * 600  # about 40 kB, 1,800 elements


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    pages = [(case.page["html"].replace("</body>", f"{AROUND}</body>"), case.page["url"]) for case in corpus().cases()]
    print(f"{len(pages)} pages, {sum(len(html) for html, _ in pages) // len(pages) // 1000} kB each")
    for name, work in (
        ("parsing HTML", lambda document: document.tree),
        ("structured data", structured_data),
        ("structured data and offers", both),
    ):
        seconds = [measured(pages, work, parsed=name != "parsing HTML") for _ in range(runs)]
        print(f"{name}: {len(pages) / statistics.median(seconds):.0f} pages a second of processor time")


def both(document: Document) -> object:
    return offers(structured_data(document), document, document.url, meta(document))


def measured(pages: list[tuple[str, str]], work: Callable[[Document], object], *, parsed: bool) -> float:
    documents = [Document(html, url, rendered=False) for html, url in pages]
    if parsed:
        for document in documents:
            _ = document.tree
    before = time.process_time()
    for document in documents:
        work(document)
    return time.process_time() - before


def corpus() -> Any:
    spec = importlib.util.spec_from_file_location("markup_corpus", CORPUS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
