"""Checks of links that the law wants on every page: privacy, imprint; held against each other by type of page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from auditor.checks.graph import pages_seen
from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import PageType, Scope

# In the link's words or its address. Stems, since languages inflect; what is longer than a link's words is none
_WORDS = {
    "privacy": re.compile(
        r"(?i)privacy|datenschutz|confidentialit|vie[ -_]privée|données[ -_]personnelles|donnees-personnelles|rgpd|gdpr|dsgvo|avg\b|privacidad|protecci[oó]n[ -]de[ -]datos|privatezza"
        r"|privacybeleid|gegevensbescherming|privacidade|prote[cç][aã]o[ -]de[ -]dados|integritet|personuppgift|dataskydd|persondata|privatliv|personvern|tietosuoja|rekisteriseloste"
        r"|prywatno|ochrona[ -]danych|rodo\b|osobn[ií]ch[ -_]?[uú]daj|ochran[ay][ -](?:osobn|s[uú]krom)|soukrom|adatv[eé]d|adatkezel|confiden[tţț]ialit|prelucrarea[ -]datelor|απορρήτου|конфиденциал|поверителност"
        r"|privatnost|zasebnost|privatumo|privātum|privaatsus|gizlilik|kvkk|プライバシー|隐私|隱私|개인정보|סודיות|פרטיות|الخصوصية"
    ),
    "imprint": re.compile(
        r"(?i)impressum|imprint|anbieterkennzeichnung|legal[ -_]?notice|legal[ -_]?disclosure|mentions[ -_]l[eé]gales|note[ -_]legali"
    ),
}
_LANGUAGES = frozenset({"en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "no", "nn", "fi", "pl", "cs", "sk", "hu", "ro", "el", "ru", "bg", "hr", "sl", "lt", "lv", "et", "tr", "ja", "zh", "ko", "he", "ar"})  # fmt: skip
_LOOKED = (PageType.HOME, PageType.CATEGORY, PageType.PRODUCT, PageType.CONTENT, PageType.CART, PageType.SEARCH)
_MOST = 20_000  # pages looked at
_MOST_LINKS = 3_000
_HOW = "opened in a browser"


@check(scope=Scope.SITE)
def legal_link_everywhere(
    run: SiteQuery, *, kind: str = "privacy", countries: list[str] | None = None
) -> Iterator[Observation]:
    """Every type of page has a link whose words or address speak of it, a button that opens it counts. Pages as browsers saw them.

    A page type is at fault where none of its pages that were opened has one; where none of all has it, the home page is, or the
    first of those that were opened. `kind`: privacy or imprint; `countries`: markets that ask for it, left out for all.
    """
    if countries is not None and run.site.country not in countries:
        yield inapplicable(f"asked for in {', '.join(countries)} only (market.country)")
        return
    lacking: dict[PageType, set[str]] = defaultdict(set)
    having: set[PageType] = set()
    foreign = False
    for count, snapshot in enumerate(run.rendered()):
        if count >= _MOST:
            break
        if snapshot.page_type not in _LOOKED or snapshot.missing("document") is not None:
            continue
        if _language(snapshot) not in _LANGUAGES:
            foreign = True
        elif _has(snapshot, _WORDS[kind]):
            having.add(snapshot.page_type)
        else:
            lacking[snapshot.page_type].add(snapshot.url)
    bare = [page_type for page_type in _LOOKED if page_type in lacking and page_type not in having]
    if not lacking and not having:
        yield (
            cant_tell("the pages' language is none that is known here")
            if foreign
            else inapplicable("no page was opened in a browser")
        )
        return
    everywhere = sum(len(pages) for pages in lacking.values())
    if bare and not having:
        bare = bare[:1]
    for page_type in bare:
        first = min(lacking[page_type])
        where = (
            f"{pages_seen(run, len(lacking[page_type]), _HOW, str(page_type))}, while others have one"
            if having
            else pages_seen(run, everywhere, _HOW)
        )
        yield failed("", Excerpt("looked at", ", ".join(sorted(lacking[page_type])[:3])), page=first, where=where)


def _language(snapshot: Snapshot) -> str:
    """The document's, English where it does not say."""
    written = (snapshot.document.tree.get("lang") or "en").strip().lower()
    return re.split(r"[-_]", written)[0]


def _has(snapshot: Snapshot, words: re.Pattern[str]) -> bool:
    for count, element in enumerate(snapshot.document.tree.iter("a", "button", "summary")):
        if count >= _MOST_LINKS:
            return True  # a page of so many links is no proof of a lack
        said = " ".join([*element.itertext(), element.get("aria-label") or "", element.get("title") or ""])[:200]
        try:
            path = urlsplit(element.get("href") or "").path
        except ValueError:
            path = ""
        if words.search(said) or words.search(unquote(path)[:300]):
            return True
    return False
