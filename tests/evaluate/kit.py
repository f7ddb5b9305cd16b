"""Checks and rules of the tests' own, and pages for them to judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from auditor.checks.registry import Check
from auditor.evaluate.judge import Judge, Judged
from auditor.evaluate.pages import Page
from auditor.evidence.bundle import Bundle
from auditor.evidence.http import Response
from auditor.evidence.texts import Texts
from auditor.evidence.visit import Visit
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.rule import Rule
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import Certainty, FetchOutcome, Owner, PageType, Scope, Severity

URL = "https://shop.example/products/lamp"
SITE = SiteContext(hosts=("shop.example",))


def rule(**values: Any) -> Rule:
    given = {
        "id": "own/rule", "title": "T", "severity": Severity.SERIOUS, "certainty": Certainty.PROVEN, "owner": Owner.DEV,
        "check": "own", "message": "Seen: {what}.", "why": "w", "fix": "f", **values,
    }  # fmt: skip
    return Rule(**given)


def own(function: Callable[..., Any], needs: Iterable[str] = (), scope: Scope = Scope.SNAPSHOT) -> dict[str, Check]:
    return {"own": Check("own", function, scope, frozenset(needs), {})}


def raw(html: str = "<p>raw", **values: Any) -> Snapshot:
    response = Response(
        url=URL, final_url=URL, outcome=FetchOutcome.OK, status=200, headers=(("content-type", "text/html"),)
    )
    return Snapshot(SnapshotKey(URL), URL, SITE, body=lambda: html.encode(), response=response, **values)


def shown(
    client: str = "chromium/desktop", html: str | None = "<p>shown", state: State | None = None, texts: bool = True
) -> Snapshot:
    bundle = Bundle()
    bundle.put("visit", Visit(final_url=URL, status=200))
    if texts:
        bundle.put("texts", Texts(visible="shown"))
    else:
        bundle.missing["texts"] = "the page did not come to rest"
    key = SnapshotKey(URL, Client.parse(client), state or State())
    return Snapshot(key, URL, SITE, body=None if html is None else (lambda: html), bundle=lambda: bundle)


def page(**values: Any) -> Page:
    given = {"key": URL, "url": URL, "page_type": PageType.PRODUCT, "platform": "shopify", "raw": raw(), **values}
    return Page(**given)


def judged(
    function: Callable[..., Any],
    one: Page,
    needs: Iterable[str] = (),
    scope: Scope = Scope.SNAPSHOT,
    host_map: dict[str, str] | None = None,
    **values: Any,
) -> Judged:
    return Judge([rule(**values)], own(function, needs, scope), host_map or {}, ()).page(one)


def outcomes(result: Judged) -> dict[str, str]:
    return {tally.client: str(tally.outcome) for tally in result.tallies}
