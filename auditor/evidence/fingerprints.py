"""Evidence of scripts that tell browsers apart by how they draw, measure and sound."""

from __future__ import annotations

import msgspec


class Fingerprint(msgspec.Struct, frozen=True):
    """`how`: canvas (text drawn unseen and read back), fonts (one text measured in dozens), audio (a tone rendered unheard)."""

    script: str  # its URL; the page's own where it stands in the page, "" where the stack does not tell
    how: str


class Fingerprints(msgspec.Struct, frozen=True):
    items: tuple[Fingerprint, ...] = ()
