"""Evidence of cookies and storage; values are never kept, only their length."""

from __future__ import annotations

import msgspec


class Cookie(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    domain: str
    path: str = "/"
    expires: float = -1  # seconds since 1970; -1 for a session cookie
    http_only: bool = False
    secure: bool = False
    same_site: str = ""
    length: int = 0


class Cookies(msgspec.Struct, frozen=True):
    items: tuple[Cookie, ...] = ()
    local_storage: tuple[str, ...] = ()  # keys of the page's own origin
    session_storage: tuple[str, ...] = ()
