"""Evidence of axe-core: what it found and what it could not decide, with role and name of each element."""

from __future__ import annotations

import msgspec


class AxeNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    selector: str  # CSS path through frames, joined by " > iframe > "; for finding the element, never identity
    html: str  # cut at 500 characters
    summary: str = ""  # axe's own words on what to do, or why it could not decide
    impact: str = ""
    role: str = ""
    name: str = ""  # accessible name, or nearest visible text where it has none
    box: tuple[float, float, float, float] | None = None
    frame: str = ""  # URL of the frame, empty for the main one
    data: dict[str, str] = {}  # colours, ratio, size: what axe measured


class AxeResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    impact: str
    help: str
    help_url: str
    tags: tuple[str, ...]
    nodes: tuple[AxeNode, ...]
    cut: int = 0  # nodes past the cap


class Axe(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    violations: tuple[AxeResult, ...] = ()
    incomplete: tuple[AxeResult, ...] = ()
    passes: tuple[str, ...] = ()  # rule ids
    inapplicable: tuple[str, ...] = ()
    unreached_frames: tuple[str, ...] = ()  # URLs of frames axe could not enter
