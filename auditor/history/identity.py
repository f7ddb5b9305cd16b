"""Identity: a finding is rule + page key + target key, a problem is rule + page type + target key.

Browsers, devices, states, wording, severity and the place in the page are attributes of either, never identity.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Mapping

from auditor.model.steady import steady_file
from auditor.model.urls import is_http, page_key
from auditor.model.words import PageType

_LENGTH = 10  # characters of base32: 50 bits, one collision expected among some 40 million


def finding_id(rule: str, page: str, target: str) -> str:
    return "F-" + _digest(rule, page, target)


def problem_id(rule: str, page_type: PageType, target: str) -> str:
    return "P-" + _digest(rule, page_type, target)


def target_key(target: str, host_map: Mapping[str, str] | None = None, drop: Collection[str] = ()) -> str:
    """A target in the form that identity rests on.

    White space is folded. Addresses, alone or in words, become page keys with hosts mapped; those of files lose what a new
    build changes. A mapped host that stands alone among words is mapped too.
    """
    folded = " ".join(target.split())
    if is_http(folded) and " " not in folded:
        return steady_file(page_key(folded, host_map, drop))
    if folded.startswith("/") and " " not in folded:
        return steady_file(folded)
    keyed = _ADDRESS.sub(lambda match: steady_file(page_key(match[0], host_map, drop)), folded)
    keyed = _PATH.sub(lambda match: steady_file(match[0]), keyed)
    for here, there in (host_map or {}).items():
        keyed = re.sub(rf"(?<![^\s=]){re.escape(here)}(?![^\s/])", lambda _, there=there: there, keyed)  # type: ignore[misc]
    return keyed


_ADDRESS = re.compile(r"(?<![^\s=])https?://[^\s\"'<>]+")
_PATH = re.compile(r"(?<![^\s=])/[^\s\"'<>]+")  # of an attribute: `img src=/assets/lamp.3f9a2b1c.png`


def _digest(*parts: str) -> str:
    data = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.blake2b(data, digest_size=8).digest()).decode()[:_LENGTH]
