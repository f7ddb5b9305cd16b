"""Evidence of what is asked for beside pages: JSON of a platform's public endpoint, which the shop's own scripts ask for too, and a page once more."""

from __future__ import annotations

import msgspec

from auditor.evidence.http import Response


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`body` is empty where nothing usable was answered; `reason` says why."""

    url: str
    status: int = 0
    body: bytes = b""
    reason: str = ""
    at: str = ""  # UTC, ISO 8601: when it was asked for


class SecondFetch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page as it was when it was asked for once more."""

    response: Response
    body: bytes = b""  # packed as documents are

    @property
    def copied_at(self) -> float:
        """Seconds before the answer at which a cache had taken its copy; 0 where no cache says so."""
        age = self.response.header("age") or ""
        return float(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0.0
