"""The check of libraries whose release has known holes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.evidence.requests import Held
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import releases
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Certainty

# Where delivery networks have the release in the address; a range (name@8) is none
_AT_NETWORKS = re.compile(
    r"^https?://(?:cdn\.jsdelivr\.net/npm/|unpkg\.com/|cdnjs\.cloudflare\.com/ajax/libs/|ajax\.googleapis\.com/ajax/libs/|code\.jquery\.com/(?:ui/)?)"
    r"([A-Za-z][\w.-]*?)[@/-](\d+\.\d+\.\d+)(?:[/.]|$)"
)
# Adobe mends by hotfixes that leave the number as it was
_MENDED_QUIETLY = {"magento": frozenset({"jquery", "jquery-ui"})}


@check(needs={"releases", "requests", "platform"})
def libraries_whole(snapshot: Snapshot) -> Iterator[Observation]:
    """No library runs in a release with holes that are known by number, as it says itself or its address at a delivery network does.

    A hole is one only where what visitors send reaches that part of the library; so it is likely. Copies that were mended without a new
    number are taken as mended where the page shows it.
    """
    found = _found(snapshot)
    if not found:
        yield inapplicable("no library says which release it is")
        return
    for (library, version), (where, mended) in sorted(found.items()):
        row, release = releases.load()[library], releases.number(version)
        holes = [one for one in row.holes_of(release or ()) if one.told_by not in mended or not one.told_by]
        if release is None or not holes:
            continue
        quietly = library in _MENDED_QUIETLY.get(snapshot.platform.id, ())
        ids = list(dict.fromkeys(number for one in holes for number in one.ids))
        yield failed(
            library,
            Excerpt("release", f"{row.name} {version}", where=where),
            certainty=Certainty.NEEDS_REVIEW if quietly else None,
            name=row.name,
            version=version,
            holes=", ".join(ids[:6]),
            whole=".".join(map(str, max(one.below for one in holes))),
        )


def _found(snapshot: Snapshot) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """(library, release as written) -> where it is told, and what told a mended copy."""
    found: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
    for one in snapshot.releases.items:
        if one.library in releases.load():
            found[one.library, one.version] = ("told by itself", one.mended)
    by_file = {name.lower(): row.id for row in releases.load().values() for name in row.files}
    for request in snapshot.requests.items:
        if request.type != "script" or request.frame or request.status != 200 or request.held is not Held.NO:
            continue
        if (match := _AT_NETWORKS.match(request.url)) and (library := by_file.get(match[1].lower())):
            found.setdefault((library, match[2]), (request.url[:300], ()))
    return found
