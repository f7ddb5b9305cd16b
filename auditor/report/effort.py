"""How much work a problem is: an estimate from counts, made the same way for every problem and explained in the report.

A fault on nearly all pages of a type stands in one place, their template. What belongs to the platform, a vendor or the
server is one setting. Anything else is one place a page. Small is up to 3 places, medium up to 30, large is more.
"""

from __future__ import annotations

from auditor.model.words import Owner

_NEARLY_ALL = 0.8
_FEW = 4  # pages of a type below which "nearly all" says nothing
_SMALL, _MEDIUM = 3, 30
_ONE_SETTING = (Owner.PLATFORM, Owner.VENDOR, Owner.OPS)


def places(pages: int, looked: int, owner: Owner) -> int:
    """Places to change for a problem seen on `pages` of the `looked` pages of its type."""
    if owner in _ONE_SETTING:
        return 1
    if looked >= _FEW and pages >= _NEARLY_ALL * looked:
        return 1
    return max(pages, 1)


def effort(places: int) -> str:
    """small | medium | large."""
    return "small" if places <= _SMALL else "medium" if places <= _MEDIUM else "large"
