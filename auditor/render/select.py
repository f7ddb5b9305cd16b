"""Which pages are opened in browsers: some of each template and page type, chosen to differ, the same ones from night to night."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

# What makes a page worth a look beside its neighbours, in the order in which places are given.
SIGNS = ("on_sale", "sold_out", "most_variants", "longest_title", "no_offer")


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched page that could be rendered."""

    page_id: int
    url: str
    page_key: str
    page_type: str
    template: str
    canonical_key: str = ""  # another page of the shop that it says it is a version of
    on_sale: bool = False
    sold_out: bool = False
    no_offer: bool = False  # a product page without a price in its markup
    variants: int = 0
    title: int = 0  # its length in characters


def originals(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without versions: pages whose canonical is another fetched page of the same type and template (variants, filters).

    A canonical to a page of another kind is more likely a fault than a version, and such a page is looked at.
    """
    kinds = {one.page_key: (one.page_type, one.template) for one in candidates}
    return [one for one in candidates if kinds.get(one.canonical_key) != (one.page_type, one.template)]


def sample(
    candidates: Iterable[Candidate],
    per_template: int | None,
    always: Collection[str] = (),
    *,
    before: Mapping[str, int] | None = None,
    templates: int | None = None,
) -> list[Candidate]:
    """All of `always` (page keys) and start pages, and `per_template` of each page type and template; all pages where that is None.

    Pages rendered `before` (page key -> how long ago: 0 in this run, 1 in the site's run before it) keep their place, so that
    a finding does not come and go with the sample. The places left go to pages that differ: reduced, sold out, with the most variants, the longest title, without an offer.
    The rest rests on a digest of the page key, whatever the order. Of a page type's templates at most `templates` are
    looked at: those of the run before, then the most used, and one place in four for the rarest.
    """
    before = before or {}
    groups: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    chosen: list[Candidate] = []
    for one in candidates:
        if per_template is None or one.page_key in always or one.page_type == "home":
            chosen.append(one)
        else:
            groups[one.page_type, one.template].append(one)
    for key in _looked_at(groups, before, templates):
        chosen += _differing(groups[key], per_template or 0, before)
    return sorted(dict.fromkeys(chosen), key=lambda one: one.page_id)


def one_of_each(chosen: Iterable[Candidate]) -> set[str]:
    """The page key of one page of each page type and template, whatever the order."""
    found: dict[tuple[str, str], str] = {}
    for one in chosen:
        kind = (one.page_type, one.template)
        found[kind] = min(found.get(kind, one.page_key), one.page_key, key=_digest)
    return set(found.values())


def _looked_at(
    groups: Mapping[tuple[str, str], Sequence[Candidate]], before: Mapping[str, int], most: int | None
) -> list[tuple[str, str]]:
    by_type: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in groups:
        by_type[key[0]].append(key)
    kept: list[tuple[str, str]] = []
    for keys in by_type.values():
        if most is None or len(keys) <= most:
            kept += keys
            continue

        # a template's name changes with every theme release, its pages' keys do not
        def rank(key: tuple[str, str]) -> tuple[bool, int, bytes]:
            pages = groups[key]
            return (
                not any(one.page_key in before for one in pages),
                -len(pages),
                min(_digest(one.page_key) for one in pages),
            )

        ranked = sorted(keys, key=rank)
        rare = min(most // 4, len(keys) - most)
        first = ranked[: most - rare]
        outliers = sorted(ranked[most - rare :], key=lambda key: (rank(key)[0], len(groups[key]), rank(key)[2]))
        kept += first + outliers[:rare]
    return kept


def _differing(group: Sequence[Candidate], places: int, before: Mapping[str, int]) -> list[Candidate]:
    ranked = sorted(group, key=lambda one: _digest(one.page_key))
    known = sorted((one for one in ranked if one.page_key in before), key=lambda one: before[one.page_key])
    chosen = known[:places]
    left = [one for one in ranked if one not in chosen]
    has = {sign for one in chosen for sign in SIGNS if _shows(one, sign, group)}
    # one place for a page that is like most of them, so that the ordinary is looked at too
    for sign in SIGNS:
        if len(chosen) >= places - (1 if places > 1 and not known else 0):
            break
        if sign not in has and (one := next((one for one in left if _shows(one, sign, group)), None)):
            chosen.append(one)
            left.remove(one)
            has |= {other for other in SIGNS if _shows(one, other, group)}
    plain = sorted(left, key=lambda one: any(_shows(one, sign, group) for sign in SIGNS))
    return chosen + plain[: places - len(chosen)]


def _shows(one: Candidate, sign: str, group: Sequence[Candidate]) -> bool:
    match sign:
        case "most_variants":
            return one.variants > 1 and one.variants == max(other.variants for other in group)
        case "longest_title":
            return len(group) > 1 and one.title > 0 and one.title == max(other.title for other in group)
        case _:
            return bool(getattr(one, sign))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
