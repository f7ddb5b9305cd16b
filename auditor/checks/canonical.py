"""Checks of the canonical link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from auditor.checks.redirects import cause, moves
from auditor.checks.registry import check
from auditor.facts.addresses import first_page
from auditor.facts.meta import Reference
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import TRACKING_PARAMETERS, crawl_key, host, without_fragment
from auditor.model.words import Certainty, FetchOutcome, Scope, Severity


@check(needs={"meta"})
def canonical_present(snapshot: Snapshot) -> Iterator[Observation]:
    """An indexable page names its canonical URL, in the head or in a Link header. A noindex page needs none."""
    if snapshot.meta.noindex:
        yield inapplicable("the page is noindex")
        return
    if not any(reference.source in ("head", "header") for reference in snapshot.meta.canonicals):
        stray = next((reference for reference in snapshot.meta.canonicals), None)
        excerpts = [Excerpt("canonical outside the head", stray.href, where=f"line {stray.line}")] if stray else []
        yield failed(
            "",
            *excerpts,
            where="in its head; the one outside of it is ignored by search engines" if stray else "at all",
        )


@check(needs={"meta"})
def canonical_host_own(snapshot: Snapshot) -> Iterator[Observation]:
    """The canonical URL is on the shop's own host and not on plain http where the page is on https."""
    references = [
        reference for reference in snapshot.meta.canonicals if reference.source in ("head", "header") and reference.url
    ]
    if not references:
        yield inapplicable("no canonical")
        return
    for reference in references:
        excerpt = Excerpt(
            "canonical",
            reference.href,
            where=f"{reference.source}, line {reference.line}" if reference.line else reference.source,
        )
        if not snapshot.site.owns(reference.url):
            # A shop with a host for each country may give one of them the say on purpose.
            market = host(reference.url) in {host(one.url) for one in snapshot.meta.hreflangs}
            # A shop that answers with and without www may name either.
            twin = host(reference.url).removeprefix("www.") == host(snapshot.final_url).removeprefix("www.")
            yield failed(
                host(reference.url),
                excerpt,
                certainty=Certainty.LIKELY if market or twin else None,
                severity=Severity.MODERATE if twin else Severity.SERIOUS if market else None,
                canonical=reference.url,
                host=host(reference.url),
                expected=host(snapshot.final_url),
            )
        elif (
            snapshot.final_url.startswith("https://")
            and reference.url.startswith("http://")
            and not snapshot.site.host_map
        ):
            yield failed(
                "http",
                excerpt,
                canonical=reference.url,
                host=f"http://{host(reference.url)}",
                expected=f"https://{host(snapshot.final_url)}",
            )


def _counted(snapshot: Snapshot) -> list[Reference]:
    """The canonicals that search engines read: in the head or in a Link header."""
    return [one for one in snapshot.meta.canonicals if one.source in ("head", "header")]


def _shown(reference: Reference) -> Excerpt:
    where = f"{reference.source}, line {reference.line}" if reference.line else reference.source
    return Excerpt("canonical", reference.href, where=where)


@check(needs={"meta"})
def canonicals_agree(snapshot: Snapshot) -> Iterator[Observation]:
    """All canonical links of the page, in head and header, name one URL. The same one twice does no harm."""
    counted = [one for one in _counted(snapshot) if one.url]
    if not counted:
        yield inapplicable("no canonical")
        return
    urls = list(dict.fromkeys(without_fragment(one.url) for one in counted))
    if len(urls) > 1:
        sources = "head and header" if len({one.source for one in counted}) > 1 else counted[0].source
        yield failed(sources, *(_shown(one) for one in counted[:5]), urls=urls, count=len(urls))


@check(needs={"meta", "targets"})
def canonical_target_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """The canonical URL, where it is another page of the shop, answers itself: no error, no redirect. Errors count once seen twice."""
    url = without_fragment(snapshot.meta.canonical)
    if not url:
        yield inapplicable("no canonical")
        return
    if crawl_key(url) == crawl_key(snapshot.final_url):
        return
    if not snapshot.site.owns(url):
        yield inapplicable("the canonical is on another host")
        return
    target = snapshot.targets([url]).get(url)
    if target is None or target.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR):
        yield cant_tell("the canonical URL was not fetched" if target is None else target.reason or "no answer", url)
        return
    excerpts = [_shown(one) for one in _counted(snapshot)[:2]]
    hops = moves(target)
    if target.outcome is FetchOutcome.SITE_ERROR:
        if target.confirmed < 2:
            yield cant_tell("the canonical URL failed once and could not be asked again", url)
            return
        answer = f"answers {target.status}" if target.status >= 400 else f"fails ({target.reason or target.status})"
        yield failed(answer, *excerpts, canonical=url, answer=answer)
    elif hops:
        # Where the redirect hangs on country or login, another client may get the page.
        certainty = None if all(hop.status in (301, 308) for hop in hops) else Certainty.LIKELY
        why = [cause(hop) for hop in hops]
        yield failed(
            " and ".join(["redirect", *why] if all(why) else ["redirect"]),
            *excerpts,
            certainty=certainty,
            severity=Severity.MODERATE,
            canonical=url,
            answer=f"is redirected to {target.final_url or hops[-1].location}",
        )


_PAGE_PARAMETERS = ("page", "p", "paged", "pg", "seite", "pagina")
_PAGE_FOLDER = re.compile(r"/(?:page|seite|pagina)[/-](\d{1,4})(?=/|$)")


@check(needs={"meta", "platform"})
def later_pages_own_canonical(snapshot: Snapshot) -> Iterator[Observation]:
    """Page 2 and later of a list does not name page 1 as its canonical. A page with everything on it may be named, and of a list
    that is sorted or filtered as well, the list."""
    number, first = _first_page(snapshot.final_url)
    if number < 2 or not snapshot.meta.canonical:
        yield inapplicable("not a later page of a list" if number < 2 else "no canonical")
        return
    drop = platforms.load().drop(snapshot.platform.id)
    if urlsplit(crawl_key(first_page(snapshot.final_url), drop)).query:
        yield inapplicable("a later page of a sorted or filtered list")
        return
    named, wanted = urlsplit(snapshot.meta.canonical), urlsplit(first)
    if _first_page(snapshot.meta.canonical)[0] > 1 or named.path.rstrip("/") != wanted.path.rstrip("/"):
        return
    if any(name not in _PAGE_PARAMETERS for name, _ in parse_qsl(named.query)):
        return
    yield failed(
        "page 1", *(_shown(one) for one in _counted(snapshot)[:2]), number=number, canonical=snapshot.meta.canonical
    )


def _first_page(url: str) -> tuple[int, str]:
    """The number of the page of a list that the URL asks for (1 where it names none), and the URL of the first."""
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query):
        if name.lower() in _PAGE_PARAMETERS and value.isdecimal() and len(value) < 5:
            return int(value), urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    if match := _PAGE_FOLDER.search(parts.path):
        path = parts.path[: match.start()] + parts.path[match.end() :]
        return int(match[1]), urlunsplit((parts.scheme, parts.netloc, path or "/", "", ""))
    return 1, url


@check(needs={"meta"})
def canonical_not_home(snapshot: Snapshot) -> Iterator[Observation]:
    """A product or category does not name the shop's start page as its canonical."""
    canonical = snapshot.meta.canonical
    if not canonical:
        yield inapplicable("no canonical")
        return
    here, there = urlsplit(snapshot.final_url), urlsplit(canonical)
    home = there.path in ("", "/", "/index.php", "/index.html", "/default.asp")
    if home and not there.query and (here.path not in ("", "/", there.path) or here.query):
        yield failed("home", *(_shown(one) for one in _counted(snapshot)[:2]), canonical=canonical)


@check(needs={"meta"})
def canonical_well_formed(snapshot: Snapshot) -> Iterator[Observation]:
    """The canonical is a whole, readable URL without fragment and without campaign parameters."""
    counted = _counted(snapshot)
    if not counted:
        yield inapplicable("no canonical")
        return
    for one in counted:
        what, severity = _canonical_fault(one)
        if what:
            yield failed(what, _shown(one), severity=severity, canonical=one.href.strip() or "(empty)", what=what)


def _canonical_fault(reference: Reference) -> tuple[str, Severity | None]:
    written = reference.href.strip()
    if not written:
        return "is empty", None
    if not reference.url.startswith(("http://", "https://")) or not host(reference.url):
        return "cannot be read as a web address", None
    names = [name.lower() for name, _ in parse_qsl(urlsplit(reference.url).query, keep_blank_values=True)]
    if any(name in TRACKING_PARAMETERS or name.startswith("utm_") for name in names):
        return "has campaign parameters", None
    if urlsplit(reference.url).path.rpartition("/")[2] in ("undefined", "[object%20Object]"):
        return "ends in a value that a script or template did not have", None
    if "#" in reference.url and not reference.url.endswith("#"):
        return "has a fragment (#), which search engines cut off", None
    if not written.lower().startswith(("http://", "https://", "//")):
        # Legal, and right as long as every host that answers is the right one.
        return "has no host", Severity.INFO
    return "", None


@check(needs={"meta"}, scope=Scope.PAGE)
def canonical_survives_scripts(snapshots: Sequence[Snapshot]) -> Iterator[Observation]:
    """The canonical of the fetched page is that of the rendered page: scripts neither add nor change it."""
    raw = next((one for one in snapshots if not one.is_rendered), None)
    rendered = [one for one in snapshots if one.is_rendered]
    if raw is None or not rendered:
        yield cant_tell("needs the page both fetched and rendered")
        return
    same = [one for one in rendered if crawl_key(one.final_url) == crawl_key(raw.final_url)]
    if not same:
        yield cant_tell("the browser ended at another address than the fetch")
        return
    before = raw.meta.canonical
    if len({one.url for one in _counted(raw)}) > 1:
        yield inapplicable("several canonicals, which is another rule's")
        return
    for one in same:
        after = one.meta.canonical
        if not after or crawl_key(after) == crawl_key(before):
            continue
        # Scripts that only put parameters in order or choose a variant mean the same page.
        only_query = before.partition("?")[0] == after.partition("?")[0]
        yield failed(
            "changed" if before else "added",
            *(_shown(reference) for reference in (*_counted(raw)[:2], *_counted(one)[:2])),
            certainty=Certainty.LIKELY if only_query else None,
            severity=None if before else Severity.MODERATE,
            before=before or "none",
            after=after,
        )
        return
