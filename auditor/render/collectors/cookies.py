"""Collects cookies of all domains and the storage keys of the page's origin; values only as lengths."""

from __future__ import annotations

import msgspec

from auditor.evidence.cookies import Cookie, Cookies
from auditor.render.collectors.look import Look, Question

MOST = 500
QUESTION: Question = ("storage", None)


class _Keys(msgspec.Struct):
    local_storage: tuple[str, ...]
    session_storage: tuple[str, ...]


def collect(look: Look) -> Cookies:
    items = [
        Cookie(
            name=cookie.get("name", "")[:200],
            domain=cookie.get("domain", ""),
            path=cookie.get("path", "/")[:500],
            expires=float(cookie.get("expires", -1) or -1),
            http_only=bool(cookie.get("httpOnly")),
            secure=bool(cookie.get("secure")),
            same_site=str(cookie.get("sameSite") or ""),
            length=len(cookie.get("value", "")),
        )
        for cookie in look.context.cookies()[:MOST]
    ]
    items.sort(key=lambda cookie: (cookie.domain, cookie.name, cookie.path))
    keys = look.ask(*QUESTION, _Keys)
    return Cookies(
        items=tuple(items),
        local_storage=tuple(sorted(keys.local_storage)),
        session_storage=tuple(sorted(keys.session_storage)),
    )
