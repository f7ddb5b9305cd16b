"""Checks of what keeps a page in or out of search results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.facts.addresses import asks_more, view
from auditor.facts.contents import gone
from auditor.facts.meta import Robots
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import crawl_key
from auditor.model.words import Certainty, PageType, Scope, Severity

_FEW, _MANY = 0.2, 20  # share of the links that stand in the fetched page; links that make a page worth comparing


def _keeping_out(snapshot: Snapshot) -> list[Robots]:
    return [
        one
        for one in snapshot.meta.robots
        if one.agent in ("", "googlebot") and not {"noindex", "none"}.isdisjoint(one.directives)
    ]


def _said(robots: Robots) -> Excerpt:
    name = "X-Robots-Tag" if robots.source == "header" else f"meta {robots.agent or 'robots'}"
    return Excerpt(name, robots.written, where=f"line {robots.line}" if robots.line else robots.source)


@check(needs={"meta", "platform", "contents"})
def sellable_pages_indexable(snapshot: Snapshot) -> Iterator[Observation]:
    """In production, start page, products and categories are not noindex.

    A product may be kept out on purpose, so only the start page is certain. Filtered, sorted and later lists and variants
    are rightly kept out; parameters that name the page itself (product_id) make no view of it.
    """
    if snapshot.site.environment != "production":
        yield inapplicable("not production")
        return
    if view(snapshot.final_url, snapshot.platform.id):
        yield inapplicable("a filtered view or a variant")
        return
    if asks_more(snapshot.final_url):
        yield inapplicable("its parameters may make it a view of another page")
        return
    here, named = urlsplit(snapshot.final_url), urlsplit(snapshot.meta.canonical or "")
    if here.query and not named.query and (named.netloc, named.path) == (here.netloc, here.path):
        yield inapplicable("it names the page without parameters as its canonical")
        return
    found = _keeping_out(snapshot)
    if not found:
        return
    if gone(snapshot.contents, snapshot.meta.h1s):
        yield inapplicable("the page says that it is not there")
        return
    # a parameter of the shop's own may make it another view of the start page
    home = snapshot.page_type is PageType.HOME and not urlsplit(snapshot.final_url).query
    yield failed(
        found[0].source,
        *(_said(one) for one in found[:3]),
        certainty=None if home else Certainty.LIKELY,
        severity=None if home else Severity.SERIOUS,
        source="an X-Robots-Tag header" if found[0].source == "header" else "a robots tag",
    )


@check(needs={"meta"})
def staging_kept_out(snapshot: Snapshot) -> Iterator[Observation]:
    """The start page of a staging shop is noindex, unless it asks for a password. A network's own gate is not seen from inside."""
    if snapshot.site.environment != "staging":
        yield inapplicable("not staging")
        return
    if snapshot.site.protected:
        yield inapplicable("asks for a password")
        return
    if not snapshot.meta.noindex:
        yield failed("")


@check(needs={"meta"})
def robots_directives_agree(snapshot: Snapshot) -> Iterator[Observation]:
    """The page does not say index and noindex, nor noindex and "list another page instead"."""
    found = _keeping_out(snapshot)
    if not found:
        return
    open_ = [
        one
        for one in snapshot.meta.robots
        if one.agent in ("", "googlebot") and not {"index", "all"}.isdisjoint(one.directives)
    ]
    if open_:
        yield failed("index", *(_said(one) for one in (*found[:2], *open_[:2])), what="index")
    canonical = snapshot.meta.canonical
    if canonical and crawl_key(canonical) != crawl_key(snapshot.final_url):
        yield failed(
            "canonical",
            *(_said(one) for one in found[:2]),
            Excerpt("canonical", canonical),
            severity=Severity.MINOR,
            what=f"“list {canonical} instead”",
        )


@check(needs={"meta", "contents"}, scope=Scope.PAGE)
def noindex_survives_scripts(snapshots: Sequence[Snapshot]) -> Iterator[Observation]:
    """Scripts neither add nor take away noindex."""
    raw, rendered = _both(snapshots)
    if raw is None or not rendered:
        yield cant_tell("needs the page both fetched and rendered at one address")
        return
    before = _in_document(raw)
    for one in rendered:
        after = _in_document(one)
        if bool(before) is bool(after):
            continue
        if gone(one.contents, one.meta.h1s):
            yield inapplicable("the page that scripts draw says that it is not there")
            return
        yield failed(
            "removed" if before else "added",
            *(_said(robots) for robots in (*before[:2], *after[:2])),
            what="take noindex away" if before else "add noindex",
        )
        return


def _in_document(snapshot: Snapshot) -> list[Robots]:
    return [one for one in _keeping_out(snapshot) if one.source == "meta"]


def _both(snapshots: Sequence[Snapshot]) -> tuple[Snapshot | None, list[Snapshot]]:
    """The fetched snapshot, and the rendered ones that ended at the same address."""
    raw = next((one for one in snapshots if not one.is_rendered), None)
    if raw is None:
        return None, []
    here = crawl_key(raw.final_url)
    return raw, [one for one in snapshots if one.is_rendered and crawl_key(one.final_url) == here]


@check(needs={"meta", "links"}, scope=Scope.PAGE)
def content_without_scripts(snapshots: Sequence[Snapshot]) -> Iterator[Observation]:
    """The heading and the links into the shop stand in the fetched page, not only in the rendered one."""
    raw, rendered = _both(snapshots)
    if raw is None or not rendered:
        yield cant_tell("needs the page both fetched and rendered at one address")
        return
    shown = rendered[0]
    heading = next((text for text in shown.meta.h1s if text), "")
    if heading and not any(raw.meta.h1s):
        yield failed("heading", Excerpt("heading", heading), what=f"The heading “{heading}” is")
    before, after = _own_links(raw), _own_links(shown)
    if after >= _MANY and before < after * _FEW:
        yield failed("links", what=f"{after - before} of {after} links into the shop are")


def _own_links(snapshot: Snapshot) -> int:
    return len(snapshot.own_urls)
