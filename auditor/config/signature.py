"""How long an HTTP Message Signature is good: read from its Signature-Input, before the first request."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

EXPIRES = re.compile(r";\s*expires=(\d{9,11})(?!\d)")
_SOON = 14 * 86_400.0  # seconds; a new one must be made by hand in the shop's admin


def expiry(signature_input: str) -> float | None:
    """When the first signature in it to run out does, in seconds since 1970; None where it does not say."""
    found = [int(number) for number in EXPIRES.findall(signature_input)]
    return float(min(found)) if found else None


def trouble(signature_input: str, now: float | None = None) -> tuple[bool, str]:
    """Whether it has run out, and a sentence where it has or soon will."""
    ends = expiry(signature_input)
    left = None if ends is None else ends - (time.time() if now is None else now)
    if ends is None or left is None or left > _SOON:
        return False, ""
    day = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%M} UTC"
    if left <= 0:
        return True, f"the crawler signature ran out on {day}"
    return False, f"the crawler signature runs out on {day}: make a new one before then"
