"""Whether two workspaces came to the same: for changes that may make an audit faster, and nothing else.

    python benchmarks/same_findings.py FOLDER FOLDER

Compares the last evaluation of each: findings, what rules came to, problems, and what is known of pages, links and addresses.
Both audits must have been of the same address. Exit code 1 where they differ, with the first differences.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

_COMPARED = {
    "findings": "SELECT rule, page_key, target, id, severity, certainty, message, clients, detail, asked FROM findings WHERE evaluation_id = :evaluation",
    "outcomes": "SELECT rule, client, outcome, reason, sum(count) FROM outcome_counts WHERE evaluation_id = :evaluation GROUP BY 1, 2, 3, 4",
    "problems": "SELECT id, rule, page_type, target, severity, certainty, pages FROM problems WHERE evaluation_id = :evaluation",
    "pages": "SELECT page_key, final_url, outcome, page_type, shown_type, template, platform, canonical_key FROM pages WHERE run_id = :run",
    "facts": "SELECT document, context, version, kinds FROM facts",
    "addresses": "SELECT key, status, kind, reason, clicks, inlinks FROM urls WHERE run_id = :run",
    "links": """SELECT pages.page_key, (SELECT group_concat(hex(hash), ' ') FROM (
        SELECT link_blocks.hash FROM page_blocks JOIN link_blocks ON link_blocks.id = page_blocks.block
        WHERE page_blocks.page = pages.id ORDER BY page_blocks.place)) FROM pages WHERE run_id = :run""",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args()
    first, second = (_read(folder) for folder in (options.first, options.second))
    differ = False
    for name, rows in first.items():
        gone, new = sorted(rows - second[name], key=repr), sorted(second[name] - rows, key=repr)
        print(
            f"{name}: {len(rows):,} and {len(second[name]):,}, "
            + (f"{len(gone)} gone, {len(new)} new" if gone or new else "the same")
        )
        for sign, some in (("-", gone), ("+", new)):
            for row in some[:5]:
                print(f"  {sign} {row}"[:300])
        differ = differ or bool(gone or new)
    sys.exit(differ)


def _read(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    import msgspec

    with closing(sqlite3.connect(folder / "auditor.db")) as database:
        database.execute("CREATE TEMP TABLE page_blocks (page, place, block)")
        for page, packed in database.execute("SELECT page_id, blocks FROM page_links").fetchall():
            rows = [(page, place, block) for place, block in enumerate(msgspec.msgpack.decode(packed))]
            database.executemany("INSERT INTO page_blocks VALUES (?, ?, ?)", rows)
        database.execute("CREATE INDEX temp.of_page ON page_blocks (page)")
        last = {
            "run": database.execute("SELECT max(id) FROM runs").fetchone()[0],
            "evaluation": database.execute("SELECT max(id) FROM evaluations").fetchone()[0],
        }
        return {name: set(database.execute(query, last)) for name, query in _COMPARED.items()}


if __name__ == "__main__":
    main()
