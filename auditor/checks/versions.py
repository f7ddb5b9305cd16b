"""Checks of a page's versions for other languages and countries against each other, across the run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec

from auditor.checks.redirects import moves
from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget, SiteQuery
from auditor.model.survey import SeenPage, SeenVersion
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_BATCH = 200
_SHOP = (PageType.HOME, PageType.CATEGORY, PageType.PRODUCT, PageType.CONTENT)
_NONE = "no page names versions of itself for other languages or countries"


@check(scope=Scope.SITE)
def versions_return(run: SiteQuery) -> Iterator[Observation]:
    """A page that another names as its version names that one in turn.

    Only pages that were fetched are judged; one with another canonical, or kept out, is `versions_alive`'s. Where sitemaps
    name versions too, the return may stand there: likely only.
    """
    looked, known = False, 0
    elsewhere = _in_sitemaps(run)
    for version in run.survey.versions():
        looked = True
        target = version.target
        if target is None or version.page.noindex or version.page.canonical or target.noindex or target.canonical:
            continue
        known += 1
        if not version.returns:
            yield failed(
                version.code,
                Excerpt(f"hreflang {version.code}", version.url, where=version.page.url),
                page=version.page.url,
                certainty=Certainty.LIKELY if elsewhere else None,
                code=version.code,
                url=version.url,
                codes=list(run.survey.codes(target)) or ["none"],
            )
    if not looked:
        yield inapplicable(_NONE)
    elif not known:
        yield cant_tell("none of the versions that pages name was fetched")


def _unread(run: SiteQuery) -> str:
    """A sitemap whose content is not known, in words; empty where all were read, or are known not to be there."""
    files = list(run.files("sitemap"))
    if not files:
        return "a sitemap, which was not looked for"
    for file in files:
        if file.outcome is not FetchOutcome.OK and (file.outcome is not FetchOutcome.SITE_ERROR or file.status >= 500):
            return f"the sitemap {file.url}, which was not read"
    return "a sitemap that was read in part" if any(file.truncated for file in files) else ""


def _in_sitemaps(run: SiteQuery) -> bool:
    return any(b"hreflang" in run.content(file) for file in run.files("sitemap") if file.outcome is FetchOutcome.OK)


@check(scope=Scope.SITE)
def versions_alive(run: SiteQuery) -> Iterator[Observation]:
    """What pages name as their versions answers itself, may be listed, and names no other page as its canonical.

    Errors count once seen twice. Addresses on hosts that are not the shop's were not asked for and say nothing.
    """
    looked, known = False, 0
    batch: list[SeenVersion] = []
    for version in run.survey.versions():
        looked = True
        batch.append(version)
        if len(batch) == _BATCH:
            for seen in _judged(run, batch):
                known += 1
                if seen is not None:
                    yield seen
            batch.clear()
    for seen in _judged(run, batch):
        known += 1
        if seen is not None:
            yield seen
    if not looked:
        yield inapplicable(_NONE)
    elif not known:
        yield cant_tell("none of the versions that pages name was asked for")


def _judged(run: SiteQuery, batch: list[SeenVersion]) -> Iterator[Observation | None]:
    """A fault, or None, for each that was asked for."""
    targets = run.targets([version.url for version in batch])
    for version in batch:
        target = targets.get(version.url)
        if target is None or target.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR):
            continue
        wrong = _wrong(run, version, target)
        if wrong is None:
            yield None
            continue
        yield failed(
            f"{version.code} {wrong.kind}",
            Excerpt(f"hreflang {version.code}", version.url, where=version.page.url),
            page=version.page.url,
            severity=wrong.severity,
            certainty=wrong.certainty,
            code=version.code,
            url=version.url,
            what=wrong.what,
        )


class _Wrong(msgspec.Struct, frozen=True):
    kind: str
    what: str
    severity: Severity | None = None
    certainty: Certainty | None = None


def _wrong(run: SiteQuery, version: SeenVersion, target: LinkTarget) -> _Wrong | None:
    if target.outcome is FetchOutcome.SITE_ERROR:
        told = f"answers {target.status}" if target.status >= 400 else f"fails ({target.reason})"
        return _Wrong("gone", told) if target.confirmed > 1 else None
    if hops := moves(target):
        # Where the redirect hangs on country or language, another client may get the page.
        lasting = all(hop.status in (301, 308) for hop in hops)
        sure = None if lasting else Certainty.LIKELY
        return _Wrong("redirect", f"is redirected to {target.final_url}", Severity.MODERATE, sure)
    seen = version.target
    # A page that is kept out itself (basket, login) loses nothing by it
    if seen is not None and seen.noindex and not version.page.noindex and run.site.environment == "production":
        return _Wrong("noindex", "is noindex")
    if seen is not None and seen.canonical:
        return _Wrong("canonical", f"names {seen.canonical} as its canonical", Severity.MODERATE)
    return None


@check(scope=Scope.SITE)
def versions_as_on_siblings(run: SiteQuery, *, siblings: int = 10, share: float = 0.9) -> Iterator[Observation]:
    """A language or country that nearly all pages of a type name a version for is named by all of them.

    `siblings`: pages that must name it; `share`: of all that may be listed. A product may not be sold in a country, so it is
    likely only.
    """
    survey, judged = run.survey, False
    for page_type in _SHOP:
        counts: Counter[str] = Counter()
        pages = 0
        for page in survey.pages(page_type):
            if page.listable:
                pages += 1
                counts.update(survey.codes(page))
        usual = {code for code, count in counts.items() if count >= siblings and share * pages <= count < pages}
        judged = judged or any(count >= siblings for count in counts.values())
        if not usual:
            continue
        for page in survey.pages(page_type):
            missing = sorted(usual - set(survey.codes(page))) if page.listable else []
            if missing:
                yield failed(
                    " ".join(missing)[:200],
                    page=page.url,
                    codes=missing,
                    count=min(counts[code] for code in missing),
                    all=pages,
                    page_type=str(page_type),
                )
    if not judged:
        yield inapplicable(f"fewer than {siblings} pages of a type name versions of themselves")


@check(scope=Scope.SITE)
def versions_named(run: SiteQuery, *, pages: int = 3) -> Iterator[Observation]:
    """A shop whose pages say that they are in several languages names their versions to search engines, on pages or in sitemaps.

    `pages`: so many of each language, a start page or category among them.
    """
    counts: Counter[str] = Counter()
    first: dict[str, SeenPage] = {}
    doors: Counter[str] = Counter()
    for page in run.survey.pages(*_SHOP):
        language = page.lang.partition("-")[0].partition("_")[0].lower()
        if not language or not page.listable:
            continue
        if run.survey.codes(page):
            return
        counts[language] += 1
        doors[language] += page.page_type in (PageType.HOME, PageType.CATEGORY)
        first.setdefault(language, page)
    several = [language for language, count in counts.most_common() if count >= pages and doors[language]]
    if len(several) < 2:
        yield inapplicable("its pages are in one language")
    elif _in_sitemaps(run):
        return
    elif unread := _unread(run):
        yield cant_tell(f"no page that was looked at names versions of itself, and they may stand in {unread}")
    else:
        yield failed(
            "",
            *(Excerpt(f"lang={language}", first[language].url) for language in several[:5]),
            page=first[several[0]].url,
            languages=sorted(several),
        )


@check(scope=Scope.SITE)
def market_in_its_currency(run: SiteQuery, *, siblings: int = 10, share: float = 0.9) -> Iterator[Observation]:
    """Where nearly all products of a market have one currency in their markup, all of them have.

    A market is what pages say of their language and country (`lang`), and the folder of their address where it names one.
    """
    markets: dict[str, Counter[str]] = defaultdict(Counter)
    for page in run.survey.pages(PageType.PRODUCT):
        if page.currency:
            markets[_market(page)][page.currency] += 1
    judged = False
    for market, currencies in markets.items():
        (usual, count), total = currencies.most_common(1)[0], sum(currencies.values())
        judged = judged or count >= siblings
        if count < siblings or count == total or count < share * total:
            continue
        for page in run.survey.pages(PageType.PRODUCT):
            if page.currency and page.currency != usual and _market(page) == market:
                yield failed(
                    page.currency, page=page.url, currency=page.currency, usual=usual, count=count, all=total, market=market or "this shop"
                )  # fmt: skip
    if not judged:
        yield inapplicable(f"fewer than {siblings} products of a market name their currency")


def _market(page: SeenPage) -> str:
    folder = page.key.partition("://")[2].partition("/")[2].partition("/")[0].lower()
    is_locale = len(folder) in (2, 5) and folder.replace("-", "").replace("_", "").isalpha()
    return f"{page.lang.lower()} {folder if is_locale else ''}".strip()
