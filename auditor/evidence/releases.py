"""Evidence of the releases of libraries that run on a page, in their own words."""

from __future__ import annotations

import msgspec


class Release(msgspec.Struct, frozen=True, omit_defaults=True):
    """`library`: its id in rules/knowledge/releases.yaml. `mended`: looks at the page that told a mended copy."""

    library: str
    version: str
    mended: tuple[str, ...] = ()


class Releases(msgspec.Struct, frozen=True, omit_defaults=True):
    items: tuple[Release, ...] = ()
