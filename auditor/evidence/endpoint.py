"""Evidence of what a platform's public endpoint says of a product: JSON that the shop's own scripts ask for, too."""

from __future__ import annotations

import msgspec


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`body` is empty where nothing usable was answered; `reason` says why."""

    url: str
    status: int = 0
    body: bytes = b""
    reason: str = ""
    at: str = ""  # UTC, ISO 8601: when it was asked for
