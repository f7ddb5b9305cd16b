"""Which pages are opened in browsers: some of each template and page type, the same ones from night to night."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched page that could be rendered."""

    page_id: int
    url: str
    page_key: str
    page_type: str
    template: str
    canonical_key: str = ""  # another page of the shop that it says it is a version of


def originals(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without versions: pages whose canonical is another fetched page of the same type and template (variants, filters).

    A canonical to a page of another kind is more likely a fault than a version, and such a page is looked at.
    """
    kinds = {one.page_key: (one.page_type, one.template) for one in candidates}
    return [one for one in candidates if kinds.get(one.canonical_key) != (one.page_type, one.template)]


def sample(candidates: Iterable[Candidate], per_template: int | None, always: Collection[str] = ()) -> list[Candidate]:
    """All of `always` (page keys), and `per_template` of each page type and template; all pages where that is None.

    The choice rests on a digest of the page key, so that it stays the same while the pages do, whatever their order.
    """
    groups: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    chosen: list[Candidate] = []
    for one in candidates:
        if per_template is None or one.page_key in always or one.page_type == "home":
            chosen.append(one)
        else:
            groups[one.page_type, one.template].append(one)
    for group in groups.values():
        chosen += sorted(group, key=lambda one: _digest(one.page_key))[:per_template]
    return sorted(dict.fromkeys(chosen), key=lambda one: one.page_id)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
