"""Checks of links: where they lead, and what came of going there."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.links import user_links
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget
from auditor.model.urls import without_fragment
from auditor.model.words import FetchOutcome


@check(needs={"links", "targets"})
def internal_links_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """No link of the page leads to a page of the shop that is gone (404, 410) or fails (5xx, dropped connection).

    Links that redirect first are `redirects_end_alive`'s. A failure counts once it was seen twice.
    """
    yield from _judged(snapshot, redirected=False)


@check(needs={"links", "targets"})
def redirects_end_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """No link of the page leads through redirects to a page of the shop that is gone or fails."""
    yield from _judged(snapshot, redirected=True)


def _judged(snapshot: Snapshot, *, redirected: bool) -> Iterator[Observation]:
    own = {
        without_fragment(link.url): link
        for link in reversed(user_links(snapshot.links))
        if snapshot.site.owns(link.url)
    }
    if not own:
        yield inapplicable("no links within the shop")
        return
    targets = snapshot.targets(own)
    known = [target for url, target in targets.items() if url != without_fragment(snapshot.url)]
    if not any(target.outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR) for target in known) and len(own) > 1:
        yield cant_tell("its links were not followed")
        return
    for url, link in own.items():
        target = targets.get(url)
        if target is None or target.outcome is not FetchOutcome.SITE_ERROR or bool(target.hops) is not redirected:
            continue
        if target.confirmed < 2:
            yield cant_tell(f"{url} failed once and could not be asked again", url)
            continue
        yield failed(
            url,
            Excerpt("link", link.text or link.href, where=f"{link.position or 'page'}, line {link.line}"),
            Excerpt("answer", _answer(target)),
            url=url,
            text=link.text or "(no text)",
            answer=_answer(target),
            end=target.final_url or url,
            hops=len(target.hops),
        )


def _answer(target: LinkTarget) -> str:
    return str(target.status) if target.status >= 400 else target.reason or f"status {target.status}"
