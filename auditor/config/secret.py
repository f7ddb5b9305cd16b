"""Which headers and cookies are secrets. Apart from the config, which processes that only send them need not load."""

from __future__ import annotations

import re

_SOUNDS_SECRET = re.compile(r"auth|cookie|key|token|secret|pass|sign|session|credential", re.IGNORECASE)
_LONG = 16  # characters from which a header's or cookie's value is taken for a secret


def sounds_secret(name: str, value: str) -> bool:
    """Whether a header or cookie is taken for a secret: by its name, or because it is long."""
    return bool(_SOUNDS_SECRET.search(name)) or len(value) >= _LONG
