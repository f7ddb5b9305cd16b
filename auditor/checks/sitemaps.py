"""Checks of sitemaps: whether they can be read, what they list, and what they leave out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from auditor.checks.redirects import cause, moves
from auditor.checks.registry import check
from auditor.facts import sitemaps
from auditor.facts.addresses import view
from auditor.facts.robots_txt import RobotsTxt
from auditor.facts.sitemaps import Sitemap
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import OUTSIDE, FileRow, LinkTarget, SiteQuery
from auditor.model.urls import absolute, crawl_key, host, origin, page_key, without_fragment
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_PROTOCOL_URLS, _PROTOCOL_BYTES = 50_000, 52_428_800
_BATCH = 500
_SHOWN = 5
# What W3C's note on date and time allows, as sitemaps.org asks for.
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?)?)?")
_SELLABLE = (PageType.PRODUCT, PageType.CATEGORY)


@check(scope=Scope.SITE)
def sitemaps_readable(run: SiteQuery) -> Iterator[Observation]:
    """Every sitemap that robots.txt or an index names answers, and holds what it should. A missing one was asked for twice.

    One that nobody names may be missing. Those on other hosts are not asked for.
    """
    files = list(run.files("sitemap"))
    if not any(file.named_by or file.outcome is FetchOutcome.OK for file in files):
        yield inapplicable("no sitemap is named or found in the usual places")
        return
    for file in files:
        if not file.named_by and file.outcome is not FetchOutcome.OK:
            continue
        named = file.named_by or "nobody; it was found in a usual place"
        if file.outcome is FetchOutcome.OK:
            read = sitemaps.read(run.content(file))
            if read.error and not read.cut and not file.truncated and (file.named_by or read.kind):
                where = f"line {read.line}" if read.line else ""
                what = {"HTML": "is a page of HTML", "empty": "is empty"}.get(read.error)
                told = what or f"cannot be read to its end ({read.error}{', ' + where if where else ''})"
                yield failed(file.url, Excerpt("fault", read.error, where=where), page=file.url, what=told, by=named)
            elif read.indented:
                what = "begins with a blank before its XML declaration, where readers of XML must stop"
                yield failed(file.url, page=file.url, severity=Severity.MODERATE, what=what, by=named)
        elif file.outcome is FetchOutcome.SITE_ERROR and file.confirmed > 1:
            yield failed(file.url, Excerpt("answer", file.reason), page=file.url, what=file.reason, by=named)
        elif file.reason != OUTSIDE:
            yield cant_tell(f"{file.url}: {file.reason or 'no answer'}", file.url)


@check(scope=Scope.SITE)
def sitemaps_in_bounds(run: SiteQuery) -> Iterator[Observation]:
    """No sitemap lists more than 50,000 addresses or is longer than 50 MB unpacked: search engines leave such a file."""
    looked = False
    for file, read in _read(run):
        looked = True
        if len(read.locations) > _PROTOCOL_URLS:
            many = f"more than {len(read.locations):,}" if read.cut else f"{len(read.locations):,}"
            yield failed(file.url, page=file.url, what=f"lists {many} addresses; 50,000 are allowed")
        elif file.size > _PROTOCOL_BYTES:
            yield failed(file.url, page=file.url, what=f"is {file.size / 1_048_576:.0f} MB long; 50 are allowed")
    if not looked:
        yield _nothing_read(run)


@check(scope=Scope.SITE)
def sitemaps_own_addresses(run: SiteQuery) -> Iterator[Observation]:
    """Sitemaps list addresses of the shop, on https where the sitemap is.

    Those of other hosts are allowed where the other host's robots.txt names this sitemap, which is not seen from here, so
    they are likely only. A staging shop may list the production shop.
    """
    looked = False
    for file, read in _lists(run):
        looked = True
        plain = [url for url in _locations(file, read) if url.startswith("http://") and run.site.owns(url)]
        if plain and file.url.startswith("https://") and not run.site.host_map:
            yield failed(
                "http",
                *(Excerpt("address", url) for url in plain[:_SHOWN]),
                page=file.url,
                what=f"on plain http: {len(plain):,}, such as {plain[0]}",
            )
        if run.site.environment != "production":
            continue
        others = Counter(host(url) for url in _locations(file, read) if not run.site.owns(url))
        for name, count in others.most_common(20):
            example = next(url for url in _locations(file, read) if host(url) == name)
            yield failed(
                name or "no host",
                Excerpt("address", example),
                page=file.url,
                certainty=Certainty.LIKELY,
                what=f"of another host ({name or 'none'}): {count:,}, such as {example}",
            )
    if not looked:
        yield _nothing_read(run)


class _Bad(msgspec.Struct, frozen=True):
    what: str
    certainty: Certainty | None = None


_KINDS: dict[str, tuple[str, Severity | None]] = {
    "gone": ("gone or failing", None),
    "redirect": ("redirected", Severity.MODERATE),
    "noindex": ("marked noindex", None),
    "canonical": ("copies that name another page as their canonical", Severity.MODERATE),
    "forbidden": ("forbidden by robots.txt", Severity.MODERATE),
}


@check(scope=Scope.SITE)
def sitemaps_list_good_pages(run: SiteQuery) -> Iterator[Observation]:
    """What sitemaps list answers by itself, may be fetched and listed, and names no other page as its canonical.

    Only addresses that were asked for count, errors where seen twice, and not what the sitemap no longer lists;
    those that did not let us in say nothing. Temporary
    redirects may hang on country or language, so they are likely only.
    """
    kept_out = {crawl_key(snapshot.url): why for snapshot in run.fetched() if (why := _kept_out(run, snapshot))}
    robots = {
        origin(file.url): RobotsTxt(run.content(file))
        for file in run.files("robots")
        if file.outcome is FetchOutcome.OK
    }
    looked = asked = 0
    for file, read in _lists(run):
        looked += 1
        found: dict[str, list[tuple[str, _Bad]]] = {}
        here = 0
        for url, target in _targets(run, file, read):
            forbidden = origin(url) in robots and not robots[origin(url)].allows(url, "Googlebot")
            seen = target.outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR)
            if (not seen and not forbidden) or file.url in target.left_out_by_sitemaps:
                continue
            here += 1
            kind, bad = _fault(url, target) if seen else ("", _Bad(""))
            if forbidden and kind != "gone":
                kind, bad = "forbidden", _Bad("robots.txt")
            if not kind:
                kind, bad = kept_out.get(crawl_key(url), ("", bad))
            if kind:
                found.setdefault(kind, []).append((url, bad))
        asked += here
        for kind, those in found.items():
            words, severity = _KINDS[kind]
            sure = any(bad.certainty is None for _, bad in those)
            yield failed(
                kind,
                *(Excerpt(bad.what, url) for url, bad in those[:_SHOWN]),
                page=file.url,
                severity=severity,
                certainty=None if sure else Certainty.LIKELY,
                count=len(those),
                asked=here,
                words=words,
                url=those[0][0],
            )
    if not looked:
        yield _nothing_read(run)
    elif not asked:
        yield cant_tell("none of the addresses that sitemaps list was fetched")


def _kept_out(run: SiteQuery, snapshot: Snapshot) -> tuple[str, _Bad] | None:
    """Why the page asks not to be listed. Staging is kept out as a whole; a canonical elsewhere has a rule of its own."""
    if snapshot.meta.noindex and run.site.environment == "production":
        return "noindex", _Bad("noindex")
    canonical = snapshot.meta.canonical
    if canonical and run.site.owns(canonical) and _key(run, canonical) != _key(run, snapshot.final_url):
        return "canonical", _Bad(f"names {canonical}")
    return None


def _key(run: SiteQuery, url: str) -> str:
    """A page's identity whatever its scheme and with or without www: these have rules of their own."""
    return page_key(url, run.site.host_map).partition("://")[2].removeprefix("www.")


def _fault(url: str, target: LinkTarget) -> tuple[str, _Bad]:
    if target.outcome is FetchOutcome.SITE_ERROR:
        return ("gone" if target.confirmed > 1 else "", _Bad(target.reason))
    hops = moves(target)
    if not hops or (cause(hops[0]) == "http to https" and url.startswith("http://")):
        return "", _Bad("")  # the latter is sitemaps_own_addresses'
    lasting = all(hop.status in (301, 308) for hop in hops)
    return "redirect", _Bad(f"to {target.final_url}", None if lasting else Certainty.LIKELY)


@check(scope=Scope.SITE)
def sitemaps_complete(run: SiteQuery, *, made: tuple[str, ...] = ()) -> Iterator[Observation]:
    """Every product and category that may be listed stands in a sitemap.

    Asks nothing of filtered views, variants and later pages and of pages that name another as their
    canonical. `made`: ends of addresses of lists that platforms make of themselves (all products, new, by brand) and leave
    out on purpose. Where a sitemap could not be read nobody knows; where the crawl is not complete it is for information only.
    """
    lacking: dict[str, tuple[str, str]] = {}
    for page_type in _SELLABLE:
        for snapshot in run.fetched(page_type):
            plain = not view(snapshot.final_url, snapshot.platform.id) and snapshot.status == 200
            ends = [part.rstrip("/") for part in (snapshot.final_url, snapshot.final_url.partition("?")[0])]
            by_platform = page_type is PageType.CATEGORY and any(end.endswith(made) for end in ends)
            if plain and not by_platform and not snapshot.meta.noindex and _kept_out(run, snapshot) is None:
                lacking[_key(run, snapshot.final_url)] = (snapshot.url, str(snapshot.page_type))
    if not lacking:
        yield inapplicable("no product or category was fetched that may be listed")
        return
    read, own = 0, False
    for file in run.files("sitemap"):
        if file.outcome is FetchOutcome.OK:
            sitemap = sitemaps.read(run.content(file))
            if (sitemap.error or sitemap.cut or file.truncated) and (sitemap.kind or file.named_by):
                yield cant_tell("a sitemap could not be read to its end")
                return
            if sitemap.kind in ("urlset", "text"):
                read += 1
                for url in _locations(file, sitemap):
                    own = own or run.site.owns(url)
                    lacking.pop(_key(run, url), None)
        elif file.named_by and file.outcome is not FetchOutcome.SITE_ERROR:
            yield cant_tell(f"a sitemap was not read: {file.reason or file.outcome}")
            return
    if not read:
        yield _nothing_read(run)
        return
    if not own:
        yield inapplicable("the sitemaps list no address of this shop")
        return
    complete = run.coverage().complete
    for url, kind in lacking.values():
        if (drawn := run.survey.page(url)) is not None and drawn.gone:
            continue
        yield failed("", page=url, severity=None if complete else Severity.INFO, url=url, page_type=kind)


@check(scope=Scope.SITE)
def sitemap_dates_sound(run: SiteQuery) -> Iterator[Observation]:
    """A sitemap's dates of change can be read, and are not in the future (a day is left for time zones)."""
    limit = datetime.fromisoformat(run.started_at) + timedelta(days=1)
    looked = False
    for file, read in _read(run):
        dated = [(url, date) for url, date in zip(read.locations, read.modified, strict=True) if date]
        looked = looked or bool(dated)
        future, unread = [], []
        for url, date in dated:
            moment = _moment(date)
            if moment is None:
                unread.append((url, date))
            elif moment > limit:
                future.append((url, date))
        for target, words, those in (("future", "in the future", future), ("form", "not readable", unread)):
            if those:
                yield failed(
                    target,
                    *(Excerpt(date, url) for url, date in those[:_SHOWN]),
                    page=file.url,
                    count=len(those),
                    all=len(dated),
                    words=words,
                    date=those[0][1],
                )
    if not looked:
        yield inapplicable("no sitemap says when pages changed")


def _moment(date: str) -> datetime | None:
    """The moment a lastmod names, at its earliest; None for what is no such date."""
    if not _DATE.fullmatch(date):
        return None
    padded = date + "-01-01"[len(date) - 4 :] if len(date) in (4, 7) else date
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=_UTC)


_UTC = datetime.fromisoformat("2000-01-01T00:00:00+00:00").tzinfo


def _read(run: SiteQuery) -> Iterator[tuple[FileRow, Sitemap]]:
    """The sitemaps and indexes that were read, one at a time."""
    for file in run.files("sitemap"):
        if file.outcome is FetchOutcome.OK:
            read = sitemaps.read(run.content(file))
            if read.kind:
                yield file, read


def _lists(run: SiteQuery) -> Iterator[tuple[FileRow, Sitemap]]:
    return ((file, read) for file, read in _read(run) if read.kind != "index")


def _locations(file: FileRow, read: Sitemap) -> Iterator[str]:
    """The addresses as a browser reads them, each once."""
    base = file.final_url or file.url
    for location in dict.fromkeys(read.locations):
        yield without_fragment(absolute(base, location) or location)


def _targets(run: SiteQuery, file: FileRow, read: Sitemap) -> Iterator[tuple[str, LinkTarget]]:
    batch: list[str] = []
    for url in _locations(file, read):
        batch.append(url)
        if len(batch) == _BATCH:
            yield from _known(run, batch)
            batch.clear()
    yield from _known(run, batch)


def _known(run: SiteQuery, urls: list[str]) -> Iterator[tuple[str, LinkTarget]]:
    targets = run.targets(urls)
    return ((url, targets[url]) for url in tuple(urls) if url in targets)


def _nothing_read(run: SiteQuery) -> Observation:
    files = list(run.files("sitemap"))
    if not files:
        return inapplicable("no sitemap was looked for in this run")
    if any(file.named_by for file in files):
        return cant_tell("no sitemap could be read")
    return inapplicable("no sitemap is named or found in the usual places")
