"""What several parts of the result document are made of: counts with examples, pictures, what a client saw of a page."""

from __future__ import annotations

import msgspec

from auditor.model.words import FetchOutcome


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reason, host or vendor with how often, and up to three examples."""

    what: str
    count: int
    examples: tuple[str, ...] = ()


class PicturePart(msgspec.Struct, frozen=True, kw_only=True):
    """A screenshot; `path` is relative to the report's folder."""

    client: str
    path: str
    width: int
    height: int
    scale: float
    kind: str  # viewport | page


class SnapshotPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    client: str
    outcome: FetchOutcome
    reason: str = ""
    pictures: tuple[PicturePart, ...] = ()
