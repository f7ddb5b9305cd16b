"""Collects what others are sent of what is typed into a login or a till and not submitted. Last of all, when the gate is closed: nothing leaves.

After Senol, Acar, Humbert and Zuiderveen Borgesius, Leaky Forms (USENIX Security 2022): marked values are typed, the field is left, and
requests are searched for them as they stand, encoded or hashed.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import unquote_plus

import msgspec

from auditor.evidence.typed import Overheard, Typed
from auditor.model.urls import host
from auditor.render.collectors.look import Look, Question

QUESTION: Question = ("typed", {})
_WAIT_MS = 700
_FOCUS = "(at) => { const one = window[Symbol.for('auditor.typed')][at]; one.focus({preventScroll: true}); return document.activeElement === one; }"
_LEAVE = "(at) => { const one = window[Symbol.for('auditor.typed')][at]; one.dispatchEvent(new Event('change', {bubbles: true})); one.blur(); }"
_CARD = "4242424242424242"  # a number for tests, nobody's


class Sent(Protocol):
    """render.seen.Seen"""

    url: str
    body: str
    method: str
    vendor: str
    third_party: bool


class _Fields(msgspec.Struct):
    fields: list[str]


def fill(look: Look) -> dict[str, str]:
    """Types into the fields that are there, and leaves each; what was typed by kind. Nothing is submitted: no Enter, no button."""
    mark = secrets.token_hex(5)
    values = {"password": f"Q{mark}!9z", "card": _CARD, "email": f"shopper.{mark}@example.com"}
    typed: dict[str, str] = {}
    for at, kind in enumerate(look.ask(*QUESTION, _Fields).fields):
        if look.tab.evaluate(_FOCUS, at):
            look.tab.keyboard.type(values[kind])
            look.tab.evaluate(_LEAVE, at)
            typed[kind] = values[kind]
    if typed:
        look.tab.wait_for_timeout(_WAIT_MS)
    return typed


def told(typed: dict[str, str], sent: Iterable[Sent]) -> Typed:
    """`sent`: requests since the typing began."""
    heard: dict[tuple[str, str], Overheard] = {}
    unread: set[str] = set()
    for one in sent:
        if not one.third_party:
            continue
        said = f"{unquote_plus(one.url)}\n{unquote_plus(unquote_plus(one.body))}\n{one.body}"
        for kind, value in typed.items():
            if form := _form(value, said):
                url = one.url.partition("?")[0][:300]
                heard.setdefault((kind, host(url)), Overheard(url, kind, form, one.vendor))
        if one.method != "GET" and not one.body:
            unread.add(host(one.url))
    return Typed(fields=tuple(typed), heard=tuple(heard.values()), unread=tuple(sorted(unread)))


def _form(value: str, said: str) -> str:
    if value in said:
        return "as it stands"
    raw = value.encode()
    # of three alignments that base64 of a longer text can have, the inner part is the same
    if any(b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4].decode() in said for pad in range(3)):
        return "encoded"
    lower = said.lower()
    digests = [hashlib.new(name, raw, usedforsecurity=False) for name in ("md5", "sha1", "sha256", "sha512")]
    if any(one.hexdigest() in lower or b64encode(one.digest()).decode().rstrip("=") in said for one in digests):
        return "hashed"
    return ""
