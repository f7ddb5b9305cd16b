"""Evidence of reflow: the layout again with the window 320 CSS pixels wide, which is what 400 % zoom makes of 1280."""

from __future__ import annotations

import msgspec

from auditor.evidence.layout import Layout


class Reflow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`skipped` says why there is none: one client of the matrix is enough."""

    layout: Layout | None = None
    skipped: str = ""
