"""The tables. Changing one means a migration in migrations/versions; a test holds the two against each other."""

from auditor.store.schema.base import metadata
from auditor.store.schema.compared import carried, comparisons, ignores, standings, verdicts
from auditor.store.schema.exported import expected_products, sources, wrong_rows
from auditor.store.schema.gathered import (
    documents,
    facts,
    leases,
    link_blocks,
    link_checks,
    page_links,
    pages,
    probes,
    runs,
    snapshots,
    traps,
    urls,
)
from auditor.store.schema.judged import (
    evaluations,
    findings,
    kept_pages,
    kept_sets,
    look_sets,
    outcome_counts,
    page_looks,
    problems,
    unsure,
)

__all__ = [
    "carried",
    "comparisons",
    "documents",
    "evaluations",
    "expected_products",
    "facts",
    "findings",
    "ignores",
    "kept_pages",
    "kept_sets",
    "leases",
    "link_blocks",
    "link_checks",
    "look_sets",
    "metadata",
    "outcome_counts",
    "page_links",
    "page_looks",
    "pages",
    "probes",
    "problems",
    "runs",
    "snapshots",
    "sources",
    "standings",
    "traps",
    "unsure",
    "urls",
    "verdicts",
    "wrong_rows",
]
