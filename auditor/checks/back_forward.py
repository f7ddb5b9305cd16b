"""Checks of the back/forward cache: whether a page that was left can be shown again at once, as far as the shop has it in hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Owner

_HOSTED = frozenset({"shopify", "bigcommerce", "volusion"})  # nobody there can change the headers of pages
_NO_STORE = re.compile(r"(?i)(?:^|[\s,])no-store(?:$|[\s,;])")


@check(needs={"response", "platform"})
def page_may_be_stored(snapshot: Snapshot) -> Iterator[Observation]:
    """The page's own answer does not say no-store, for which most browsers load it anew when somebody goes back to it.

    Right for baskets, accounts and whatever is shown to one person: look at pages that all see alike. Where the shop asks for a password, its answers are others.
    """
    if snapshot.platform.id in _HOSTED:
        yield inapplicable("the platform says how its pages may be kept")
    elif snapshot.site.protected:
        yield inapplicable("the shop asks for a password, so its pages are not to be kept")
    else:
        said = ", ".join(snapshot.response.all_headers("cache-control"))
        if _NO_STORE.search(said):
            yield failed("", Excerpt("Cache-Control", said[:200]), said=said[:200])


@check(needs={"unloads"})
def nothing_listens_to_unload(snapshot: Snapshot) -> Iterator[Observation]:
    """No script listens to `unload`. One that does no longer, or `pagehide` and `beforeunload`, don't count, nor does a page whose policy denies the event."""
    others: dict[str, str] = {}
    for script in snapshot.unloads.scripts:
        if not script:
            yield failed("unknown", who="A script that could not be told")
        elif not snapshot.site.owns(script):
            others.setdefault(host(script), script)
    own = [script for script in snapshot.unloads.scripts if script and snapshot.site.owns(script)]
    if own:
        yield failed("shop", *(Excerpt("script", script) for script in own), who="A script of the shop")
    for name, script in sorted(others.items()):
        yield failed(name, Excerpt("script", script), owner=Owner.VENDOR, who=f"A script of {name}")
