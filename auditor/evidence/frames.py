"""Evidence of frames: the documents inside the page, where they stand and whose they are."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Box


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str  # where it is now; empty for one without a document of its own
    declared: str = ""  # src as resolved
    title: str = ""
    third_party: bool = False
    visible: bool = False
    failed: bool = False  # the browser's own error page stands in it
    lazy: bool = False
    depth: int = 1
    selector: str = ""
    box: Box = (0, 0, 0, 0)


class Frames(msgspec.Struct, frozen=True):
    items: tuple[Frame, ...] = ()
    cut: int = 0
