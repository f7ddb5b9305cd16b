"""The night before: asks for a page only if it changed, and recognises one that changed in nothing but its tokens.

A page that is unchanged gets a row of its own that points to the document which is known already.
"""

from __future__ import annotations

import re

import msgspec

from auditor.crawl.fetch import Fetched
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Earlier

# What a shop writes anew into every answer and no shopper sees: one-time tokens, moments, how long it took.
_TOKEN = (
    r"(?:csrf|xsrf|nonce|form_?key|authenticity_token|static_token|_?token|request_?id|trace_?id|ray_?id|session_?id)"
)
_MOMENT = r"(?:time_?stamp|generated_?at|rendered_?at|server_?time|current_?time)"
_VOLATILE = re.compile(
    rb"|".join(
        part.encode()
        for part in (
            r"""\bnonce=(["'])[^"'<>]{6,200}\1""",
            # <input name="form_key" value="…">, <meta name="csrf-token" content="…">
            rf"""<(?:input|meta)\b[^<>]{{0,200}}\b(?:name|id)=["'][\w:.-]{{0,40}}{_TOKEN}[\w:.-]{{0,20}}["'][^<>]{{0,300}}>""",
            # "formKey":"…", csrfToken: '…': nothing as short, or with a point in it, as a price
            rf"""{_TOKEN}\w{{0,20}}["']?\s{{0,3}}[:=]\s{{0,3}}["'][\w+/=|-]{{12,200}}["']""",
            rf"""{_MOMENT}["']?\s{{0,3}}[:=]\s{{0,3}}(?:["']?\d{{9,16}}["']?|["'][\d:.TZ+ -]{{16,40}}["'])""",
            r"<!--[^<>]{0,200}(?:generated|cached|served|rendered|seconds|\bms\b|queries)[^<>]{0,200}-->",
        )
    ),
    re.IGNORECASE,
)


_MOST_DIFFERENT = 100  # tags and texts


def conditions(before: Earlier | None) -> dict[str, str]:
    """Headers that ask for a page only if it is another than before."""
    if before is None:
        return {}
    tag, since = before.response.header("etag"), before.response.header("last-modified")
    told = {"If-None-Match": tag} if tag else {"If-Modified-Since": since} if since else {}
    return {name: value for name, value in told.items() if len(value) < 500}


def usable(response: Response) -> bool:
    """Whether an earlier answer can stand for a page of today: it was the page itself, and whole."""
    return response.outcome is FetchOutcome.OK and not response.hops and not response.truncated and not response.reason


def as_before(fetched: Fetched, before: Earlier, body: bytes) -> Fetched:
    """The page of "not modified": what it was, with what its headers say now."""
    now, old = fetched.response, before.response
    fresh = {name for name, _ in now.headers}
    kept = tuple((name, value) for name, value in old.headers if name not in fresh)
    response = msgspec.structs.replace(
        old, headers=(*now.headers, *kept), outcome=FetchOutcome.OK, status=200, reason="", fetched_at=now.fetched_at,
        elapsed_ms=now.elapsed_ms, unchanged=True,
        attempts=tuple(msgspec.structs.replace(one, outcome=FetchOutcome.OK, reason="") for one in now.attempts),
    )  # fmt: skip
    return Fetched(response=response, body=body, charset=_charset(response), html=True)


def same(body: bytes, known: bytes) -> bool:
    """Whether two bodies differ in nothing but what is written anew into every answer."""
    if body == known:
        return True
    if abs(len(body) - len(known)) > 2_000:
        return False
    now, before = body.split(b">"), known.split(b">")  # only tags and texts that differ are worth a closer look
    if len(now) != len(before):
        return False
    differing = [(one, other) for one, other in zip(now, before, strict=True) if one != other]
    return len(differing) <= _MOST_DIFFERENT and all(_settled(one) == _settled(other) for one, other in differing)


def _settled(part: bytes) -> bytes:
    return _VOLATILE.sub(b"", part + b">")


def _charset(response: Response) -> str:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", response.header("content-type") or "", re.IGNORECASE)
    return found[1] if found else ""
