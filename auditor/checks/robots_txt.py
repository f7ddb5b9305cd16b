"""Checks of robots.txt: whether it answers, what it forbids, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from auditor.checks.registry import check
from auditor.evidence.http import looks_html
from auditor.facts.robots_txt import LARGEST, Line, RobotsTxt
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import FileRow, SiteQuery
from auditor.model.urls import is_http, origin
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_GOOGLE, _BING = "Googlebot", "Bingbot"
_KNOWN = frozenset(
    [
        "user-agent", "useragent", "allow", "disallow", "sitemap", "site-map", "crawl-delay", "host", "clean-param",
        "request-rate", "visit-time", "content-signal", "content-usage", "ai-input", "ai-train", "ai-preferences", "license",
        "llms-txt", "comment",
    ]
)  # fmt: skip
_GONE_WORDS = ("noindex", "nofollow", "noarchive")
_MOST_REQUESTS = 200_000
_SHOWN = 5
_MOST_SOURCES = 2  # pages of a type


@check(scope=Scope.SITE)
def robots_answers(run: SiteQuery) -> Iterator[Observation]:
    """robots.txt is a text file or is not there at all (4xx): it does not fail (5xx, seen twice) and is no page of HTML.

    Where we are not let in (403, a challenge), a search engine may be: nobody knows.
    """
    files = list(run.files("robots"))
    if not files:
        yield cant_tell("robots.txt was not asked for")
    for file in files:
        if file.outcome is FetchOutcome.OK:
            if looks_html(run.content(file)):
                yield failed(
                    file.url,
                    Excerpt("type", file.content_type or "none stated"),
                    severity=Severity.SERIOUS,
                    what="is a page of HTML, so that nothing in it counts",
                )
        elif file.outcome is FetchOutcome.SITE_ERROR and file.status >= 500:
            if file.confirmed > 1:
                yield failed(file.url, Excerpt("answer", file.reason), what=f"answers {file.status}")
            else:
                yield cant_tell(f"robots.txt answered {file.status} once and could not be asked again")
        elif not 400 <= file.status < 500 or file.outcome is not FetchOutcome.SITE_ERROR:
            yield cant_tell(f"robots.txt: {file.reason or file.outcome}")


@check(scope=Scope.SITE)
def robots_open_shop(run: SiteQuery) -> Iterator[Observation]:
    """In production robots.txt lets Googlebot fetch the start page. Bingbot kept out alone is likely meant."""
    if run.site.environment != "production":
        yield inapplicable("not production")
        return
    read = 0
    for file, robots in _read(run):
        read += 1
        home = f"{origin(file.url)}/"
        if not robots.allows(home, _GOOGLE):
            yield failed(
                _GOOGLE, Excerpt("robots.txt", robots.forbidding(home, _GOOGLE)), page=file.url, agent=_GOOGLE, url=home
            )
        elif not robots.allows(home, _BING):
            yield failed(
                _BING,
                Excerpt("robots.txt", robots.forbidding(home, _BING)),
                page=file.url,
                certainty=Certainty.LIKELY,
                severity=Severity.MODERATE,
                agent=_BING,
                url=home,
            )
    if not read:
        yield _nothing_to_read(run)


@check(scope=Scope.SITE)
def robots_open_resources(run: SiteQuery, *, fine: tuple[str, ...] = ()) -> Iterator[Observation]:
    """Googlebot may fetch the styles, scripts and pictures of the shop's own hosts that pages asked for in a browser.

    `fine`: parts of addresses that platforms close on purpose and no page needs to be seen. Styles count most; what a script
    or picture adds to the page nobody knows, so these are likely only. Other hosts have a robots.txt of their own. Without a
    browser, what a few pages name in their source can be told to be closed; that all is open cannot.
    """
    files = {origin(file.url): (file, robots) for file, robots in _read(run)}
    if not files:
        yield _nothing_to_read(run)
        return
    seen: set[str] = set()
    closed: dict[tuple[str, str, str], list[str]] = {}
    looked = False
    for asked_for, by_browser in _asked_for(run):
        for url, kind in asked_for:
            looked = looked or by_browser
            if url in seen or origin(url) not in files or any(part in url for part in fine):
                continue
            if len(seen) < _MOST_REQUESTS:
                seen.add(url)
            if line := files[origin(url)][1].forbidding(url, _GOOGLE):
                examples = closed.setdefault((origin(url), line, kind), [])
                if len(examples) < _SHOWN:
                    examples.append(url)
    if not looked and not closed:
        yield cant_tell("needs a browser; no page was opened in one")
    for (of_origin, line, kind), examples in closed.items():
        yield failed(
            f"{line} ({kind})",
            *(Excerpt(kind, url) for url in examples),
            page=files[of_origin][0].url,
            certainty=None if kind == "stylesheet" else Certainty.LIKELY,
            severity=None if kind == "stylesheet" else Severity.MODERATE,
            line=line,
            kind=_KINDS[kind],
            url=examples[0],
        )


_KINDS = {"stylesheet": "styles", "script": "scripts", "image": "pictures"}


def _asked_for(run: SiteQuery) -> Iterator[tuple[Iterator[tuple[str, str]], bool]]:
    """(URL, kind) of the files of each page, and whether a browser asked for them; of a few pages' sources where none did."""
    opened = False
    for snapshot in run.rendered():
        opened = True
        yield _resources(snapshot), True
    for page_type in () if opened else (PageType.HOME, PageType.CATEGORY, PageType.PRODUCT):
        for snapshot in islice(run.fetched(page_type), _MOST_SOURCES):
            yield _named(snapshot), False


def _named(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Styles and scripts that the source names."""
    for element in snapshot.document.tree.iter("link", "script"):
        style = element.tag == "link"
        if style and "stylesheet" not in (element.get("rel") or "").lower().split():
            continue
        url = snapshot.document.absolute(element.get("href" if style else "src") or "")
        if url and is_http(url):
            yield url, "stylesheet" if style else "script"


def _resources(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    if snapshot.missing("requests") is None:
        for request in snapshot.requests.items:
            if request.type in _KINDS and not request.third_party and not request.failure:
                yield request.url, request.type


@check(scope=Scope.SITE)
def robots_well_formed(run: SiteQuery) -> Iterator[Observation]:
    """Every line of robots.txt is one that search engines read, and the file is not longer than they read."""
    read = 0
    for file, robots in _read(run):
        if looks_html(run.content(file)):
            continue  # robots_answers'
        read += 1
        if file.size > LARGEST:
            what = f"is {file.size // 1024:,} KiB long; what comes after the first 500 is not read"
            yield failed("size", page=file.url, severity=Severity.SERIOUS, what=what)
        if robots.bom:
            yield failed("bom", page=file.url, severity=Severity.INFO, what="begins with a byte order mark (BOM)")
        for target, what, severity, lines in _wrong(robots.lines):
            yield failed(
                target,
                *(Excerpt(f"line {line.number}", line.text) for line in lines[:_SHOWN]),
                page=file.url,
                severity=severity,
                what=what + (f" ({len(lines)} lines)" if len(lines) > 1 else f" (line {lines[0].number})"),
            )
    if not read:
        yield _nothing_to_read(run)


def _wrong(lines: tuple[Line, ...]) -> Iterator[tuple[str, str, Severity | None, list[Line]]]:
    first = next((index for index, line in enumerate(lines) if line.field in ("user-agent", "useragent")), len(lines))
    rules = [line for line in lines if line.field in ("allow", "disallow")]
    found = {
        ("unread", "has lines that are no directive", None): [
            line for line in lines if line.field not in _KNOWN and line.field not in _GONE_WORDS
        ],
        ("noindex", "says noindex, which search engines don't read there", Severity.MODERATE): [
            line for line in lines if line.field in _GONE_WORDS
        ],
        ("ungrouped", "has rules before any User-agent line, which count for nobody", Severity.MODERATE): [
            line for line in lines[:first] if line.field in ("allow", "disallow")
        ],
        ("path", "has rules whose path begins with neither / nor *", Severity.MODERATE): [
            line for line in rules if line.value and line.value[0] not in "/*$"
        ],
        ("sitemap", "names a sitemap by something that is no whole address", Severity.MODERATE): [
            line
            for line in lines
            if line.field == "sitemap" and not line.value.lower().startswith(("http://", "https://"))
        ],
    }
    for (target, what, severity), those in found.items():
        if those:
            yield target, what, severity, those


def _read(run: SiteQuery) -> Iterator[tuple[FileRow, RobotsTxt]]:
    """The robots.txt files that answered."""
    for file in run.files("robots"):
        if file.outcome is FetchOutcome.OK:
            yield file, RobotsTxt(run.content(file))


def _nothing_to_read(run: SiteQuery) -> Observation:
    files = list(run.files("robots"))
    if files and all(400 <= file.status < 500 and file.outcome is FetchOutcome.SITE_ERROR for file in files):
        return inapplicable("there is no robots.txt")
    return cant_tell("robots.txt could not be read")
