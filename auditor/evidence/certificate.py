"""Evidence of a host's TLS certificate, read once a run."""

from __future__ import annotations

import msgspec


class Certificate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a host proved itself with. `failure` says why none could be read; then all but host and port is empty."""

    host: str
    port: int
    subject: str = ""  # common name
    issuer: str = ""  # organisation, else common name
    names: tuple[str, ...] = ()  # it is valid for, at most 200
    not_before: str = ""  # UTC, ISO 8601
    not_after: str = ""
    distrust: str = ""  # why this machine does not trust it; empty where it does
    failure: str = ""
    taken_at: str = ""
