"""Evidence of who listens to `unload`, which keeps a page out of the back/forward cache of browsers for desktops."""

from __future__ import annotations

import msgspec


class Unloads(msgspec.Struct, frozen=True):
    scripts: tuple[
        str, ...
    ] = ()  # URLs; the page's own where it stands in the page, "" where nobody can tell; each once
