"""Checks of links to other sites, by what came of asking for them once the shop's pages were in."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.links import Link, user_links
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import other_sites
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import NOT_ASKED, OUTSIDE, UNREACHED, LinkTarget
from auditor.model.urls import host, without_fragment
from auditor.model.words import Certainty, FetchOutcome

_GONE = (404, 410)
_REFUSED = ("refused", "connect")


@check(needs={"links", "targets"})
def external_links_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """No link leads to a page of another site that is gone (404, 410), or to a host that does not exist.

    Each was asked twice. A host that fails (5xx, refused) may be back tomorrow, and hosts that give machines another answer
    than people may say 404 of a page that is there: likely only. Refusals (401, 403, 429, 451, 999), timeouts and trouble
    with certificates say nothing of the page. Links that share, chat or count a click are never asked for.
    """
    others: dict[str, Link] = {}
    for link in user_links(snapshot.links):
        if not snapshot.site.owns(link.url):
            others.setdefault(without_fragment(link.url), link)
    if not others:
        yield inapplicable("no links to other sites")
        return
    targets = {url: target for url, target in snapshot.targets(others).items() if target.reason != OUTSIDE}
    if not targets:
        yield inapplicable("links to other sites were not asked for in this run")
        return
    for url, link in others.items():
        target = targets.get(url)
        if target is None or target.outcome is FetchOutcome.OK:
            continue
        if answer := death(target):
            yield failed(
                url,
                Excerpt("link", link.text or link.href, where=f"{link.position or 'page'}, line {link.line}"),
                Excerpt("answer", f"{target.reason}, asked {target.confirmed} times"),
                certainty=Certainty.LIKELY if _may_be_back(url, target) else None,
                url=url,
                text=link.text or "(no text)",
                answer=answer,
            )
        elif unsure := doubt(url, target):
            yield cant_tell(unsure, url)


def death(target: LinkTarget) -> str:
    """What shows that the link is dead; empty where nothing does, or only once."""
    if target.confirmed < 2:
        return ""
    if target.outcome is FetchOutcome.SITE_ERROR and (target.status in _GONE or 500 <= target.status < 600):
        return target.reason
    if target.outcome is FetchOutcome.UNREACHABLE and target.trouble == "dns":
        return f"is on a host that does not exist ({host(target.url)})"
    if target.outcome is FetchOutcome.UNREACHABLE and target.trouble in _REFUSED:
        return f"is on a host that takes no connections ({host(target.url)})"
    return ""


def _may_be_back(url: str, target: LinkTarget) -> bool:
    gone = target.status in _GONE or target.trouble == "dns"
    known = other_sites.load()
    return not gone or known.walled(host(url)) or known.walled(host(target.final_url))


def doubt(url: str, target: LinkTarget) -> str:
    """Why nobody knows whether the link is dead; empty where it was left alone on purpose."""
    name = host(url)
    if UNREACHED in target.reason:
        return "no other site could be reached from here"
    match target.outcome:
        case FetchOutcome.SKIPPED:
            # A redirect that leads to the shop, or to what is never asked for, is an answer.
            return "" if target.reason.startswith(NOT_ASKED) or target.hops else target.reason
        case FetchOutcome.BLOCKED:
            return f"{name} does not let machines in" + (f" ({target.status})" if target.status else "")
        case FetchOutcome.RATE_LIMITED:
            return f"{name} asked for fewer requests"
        case FetchOutcome.TIMEOUT:
            return f"{name} did not answer in time"
        case _:
            once = "" if target.confirmed > 1 else ", asked once"
            return f"{name}: {target.reason or 'no answer'}{once}"
