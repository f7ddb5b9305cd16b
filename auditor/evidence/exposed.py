"""Evidence of a file that no shop means to publish: whether it was there when it was asked for. Nothing of what it holds is kept."""

from __future__ import annotations

import msgspec

from auditor.model.words import FetchOutcome


class Exposed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`found`: the answer was 200 and its beginning is that of such a file. `reason`: why it could not be told."""

    url: str
    what: str  # "settings with passwords"
    secret: bool = True  # it holds passwords, customers or orders, or opens the way to them
    found: bool = False
    outcome: FetchOutcome = FetchOutcome.OK
    status: int = 0
    reason: str = ""
