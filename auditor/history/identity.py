"""Identity: a finding is rule + page key + target key, a problem is rule + page type + target key.

Browsers, devices, states, wording, severity and the place in the page are attributes of either, never identity.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping

from auditor.model.urls import is_http, page_key
from auditor.model.words import PageType

_LENGTH = 10  # characters of base32: 50 bits, one collision expected among some 40 million


def finding_id(rule: str, page: str, target: str) -> str:
    return "F-" + _digest(rule, page, target)


def problem_id(rule: str, page_type: PageType, target: str) -> str:
    return "P-" + _digest(rule, page_type, target)


def target_key(target: str, host_map: Mapping[str, str] | None = None, drop: Collection[str] = ()) -> str:
    """A target in the form that identity rests on: white space folded, URLs as page keys with hosts mapped."""
    folded = " ".join(target.split())
    return page_key(folded, host_map, drop) if is_http(folded) else folded


def _digest(*parts: str) -> str:
    data = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.blake2b(data, digest_size=8).digest()).decode()[:_LENGTH]
