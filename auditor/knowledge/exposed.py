"""Files that no shop means to publish: where they lie, and how one that is there begins."""

from __future__ import annotations

from functools import cache

from auditor import paths
from auditor.knowledge.table import Regex, Row
from auditor.model.written import Source, Written


class File(Row):
    """`begins` is searched in the first bytes of the answer: a shop may answer any address with a page."""

    path: str
    what: str
    begins: Regex
    secret: bool = True


class _Table(Written):
    files: tuple[File, ...]


@cache
def load() -> tuple[File, ...]:
    """The table of rules/knowledge/exposed_files.yaml; raises UsageError with file:line where it is wrong."""
    return Source.read(paths.rules() / "knowledge" / "exposed_files.yaml").load(_Table).files
