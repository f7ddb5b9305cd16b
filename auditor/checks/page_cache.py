"""The check of the page cache: whether it ever answers, as the measured loads of a page saw it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.evidence.timing import Load
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty

_LEAST = 3  # loads in a row: the first may fill the cache
_HOSTED = frozenset({"shopify", "bigcommerce", "volusion"})  # nobody there can switch it
_MISSED = re.compile(r"(?i)\b(?:miss|bypass|pass|expired|uncacheable|no-cache)\b")
_HIT = re.compile(r"(?i)\bhit\b|stale|revalidated|updating")


@check(needs={"timing", "platform"})
def page_cache_answers(snapshot: Snapshot) -> Iterator[Observation]:
    """Of several loads in a row, each by a new visitor, a cache on the way answers one at least.

    Told where a cache says so itself (X-Magento-Cache-Debug, X-LiteSpeed-Cache, X-Cache and the like, Varnish by two numbers). "DYNAMIC" of
    Cloudflare only says that it does not keep pages, which another cache may. Where shoppers can't come, caches are often switched off.
    """
    timing = snapshot.timing
    if timing.skipped or snapshot.platform.id in _HOSTED:
        yield inapplicable(timing.skipped or "the platform keeps its own cache")
        return
    if snapshot.site.protected:
        yield inapplicable("the shop asks for a password, with which caches do not answer")
        return
    if len(timing.loads) < _LEAST:
        yield cant_tell(timing.lacking or next(iter(timing.failed), f"fewer than {_LEAST} loads were measured"))
        return
    told = [_told(load) for load in timing.loads]
    if not all(told):
        yield inapplicable("no cache says whether it had the page")
        return
    if any(hit for load in told for hit, _ in load):
        return
    said = ", ".join(dict.fromkeys(text for load in told for _, text in load))
    median = timing.median(lambda load: load.paint.ttfb_ms or None)
    yield failed(
        "",
        *(Excerpt(f"load {number}", ", ".join(text for _, text in load)) for number, load in enumerate(told, 1)),
        certainty=None if snapshot.site.environment == "production" else Certainty.NEEDS_REVIEW,
        count=len(told),
        said=said[:200],
        value=f"{median:.0f} ms" if median else "unknown",
    )


def _told(load: Load) -> list[tuple[bool, str]]:
    """(whether it had the page, what it said) of each cache that says either."""
    found: list[tuple[bool, str]] = []
    for name, value in load.caches:
        if name == "age":
            hit = value.strip().isdigit() and int(value) > 0
            missed = False
        elif name == "x-varnish":
            numbers = value.split()
            hit, missed = len(numbers) == 2, len(numbers) == 1
        else:
            hit, missed = bool(_HIT.search(value)), bool(_MISSED.search(value))
        if hit or missed:
            found.append((hit, f"{name}: {value}"))
    return found
