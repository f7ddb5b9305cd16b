"""Checks of what a page asks for and what comes of it: blocked resources, wrong answers, endless asking."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.evidence.console import ConsoleMessage
from auditor.evidence.requests import Held, Request
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import host, is_http
from auditor.model.words import Certainty, Severity

_PARTS = {"script": "script", "stylesheet": "style sheet", "font": "font", "image": "picture"}
_REDIRECTS = (301, 302, 303, 307, 308)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|ico)$", re.IGNORECASE)
_MOST_ASKED = 25  # times within the watch; a chat that polls asks every second or so
_VOLATILE = re.compile(r"(?:^|&)(?:_|t|ts|time|timestamp|cb|cachebuster|rnd|random|nonce)=[^&]*")
_POLICY = re.compile(r"Content[- ]Security[- ]Policy", re.I)
_REPORT_ONLY = re.compile(r"report[- ]only", re.I)
_REFUSED_URL = re.compile(r"['‘“\"(](https?://[^'’”\")\s]{4,1000})['’”\")]|(https?://[^\s'’”\")]{4,1000})")
_DIRECTIVE = re.compile(
    r"['\"“‘(]((?:default|script|style|img|font|connect|frame|media|child|worker|object|form)-(?:src|action)(?:-elem|-attr)?)\b"
)
_DRAWN_AGAIN = re.compile(
    r"Hydration (?:failed|completed but contains mismatches|node mismatch)|hydration.{0,40}mismatch|Text content does(?: not|n't) match server"
    r"|Minified React error #(?:418|419|421|422|423|425)\b|did not match\. Server:|There was an error while hydrating",
    re.I,
)


def asked_again(request: Request | None) -> tuple[tuple[Excerpt, ...], Certainty | None]:
    """What a second asking says against a failed request: shown with it, and how sure one can be; nothing where it failed again."""
    if request is None or not 200 <= request.later < 300:
        return (), None
    return (Excerpt("asked for once more", f"answers {request.later}"),), Certainty.NEEDS_REVIEW


@check(needs={"console", "requests"})
def policy_lets_through(snapshot: Snapshot) -> Iterator[Observation]:
    """The page's own security policy blocks nothing that the page asks for. What is only reported is not blocked.

    One observation per directive and host. Inline scripts that are blocked have no address and are told by the directive.
    """
    seen: set[str] = set()
    for message in snapshot.console.messages:
        if not _blocked(message):
            continue
        url = next(
            (one or other for one, other in _REFUSED_URL.findall(message.text) if "w3.org" not in (one or other)), ""
        )
        directive = match[1] if (match := _DIRECTIVE.search(message.text)) else "its policy"
        where = host(url) if url else "inline"
        target = f"{directive} {where}"
        if target in seen or (not url and directive == "its policy"):
            continue
        seen.add(target)
        own = bool(url) and snapshot.site.owns(url)
        yield failed(
            target,
            Excerpt("console", message.text[:500], where=message.script),
            # what of other hosts is blocked may be blocked on purpose; tags come and go by settings
            certainty=None if own else Certainty.LIKELY,
            severity=None if own else Severity.MINOR,
            directive=directive,
            what=url.partition("?")[0] or "a script or style in the page itself",
        )


@check(needs={"requests"})
def data_is_data(snapshot: Snapshot) -> Iterator[Observation]:
    """Data that the page asks the shop for (addresses ending in .json or .js) comes as data: no HTML, no refusal for asking too often."""
    asked = [
        one
        for one in snapshot.requests.items
        if one.type in ("xhr", "fetch") and one.held is Held.NO and snapshot.site.owns(one.url) and _named_data(one.url)
    ]
    if not asked:
        yield inapplicable("the page asks for no data by name")
        return
    seen: set[str] = set()
    for one in asked:
        target = one.url.partition("?")[0]
        html = one.status == 200 and one.content_type.startswith("text/html")
        if target in seen or not (html or one.status in (403, 429, 430)):
            continue
        seen.add(target)
        yield failed(
            target,
            Excerpt("request", one.url[:500], where=f"{one.status} {one.content_type}"),
            # the audit itself may have asked too often
            certainty=None if html else Certainty.NEEDS_REVIEW,
            url=target,
            answer="comes as an HTML page" if html else f"answers {one.status}",
        )


@check(needs={"requests", "visit"})
def asked_once(snapshot: Snapshot, *, most: int = _MOST_ASKED) -> Iterator[Observation]:
    """No script asks for the same address again and again (more than `most` times while the page was watched)."""
    counted: Counter[str] = Counter()
    for one in snapshot.requests.items:
        if one.type in ("xhr", "fetch") and is_http(one.url) and one.held is Held.NO:
            parts = urlsplit(one.url)
            counted[
                f"{one.method} {parts.scheme}://{parts.netloc}{parts.path}?{_VOLATILE.sub('', parts.query)}".rstrip("?")
            ] += 1
    for what, count in counted.most_common(5):
        if count > most:
            url = what.partition(" ")[2]
            yield failed(
                url.partition("?")[0],
                Excerpt("request", what[:500]),
                certainty=None if snapshot.site.owns(url) else Certainty.NEEDS_REVIEW,
                url=url.partition("?")[0],
                count=count,
                seconds=round(snapshot.visit.watched_ms / 1000, 1),
            )


@check(needs={"console"})
def drawn_once(snapshot: Snapshot) -> Iterator[Observation]:
    """What the server drew is what scripts expect: no hydration error, after which they draw the page anew."""
    told = [one.text for one in snapshot.console.messages if one.level in ("error", "warning")]
    told += [one.message for one in snapshot.console.errors]
    found = [text for text in told if _DRAWN_AGAIN.search(text)]
    if found:
        yield failed("", *(Excerpt("console", text[:500]) for text in found[:3]), count=len(found), said=found[0][:160])


@check(needs={"requests"})
def resources_direct(snapshot: Snapshot) -> Iterator[Observation]:
    """Scripts, styles, fonts and pictures that the page asks the shop's own hosts for answer themselves, without a redirect.

    What a browser itself turns from http to https is no answer of the server's. Pictures may be sent on to a service that makes
    them fit, so they are for information.
    """
    asked = [
        one
        for one in snapshot.requests.items
        if one.type in _PARTS and one.held is Held.NO and not one.frame and is_http(one.url)
        if snapshot.site.owns(one.url)
    ]
    if not asked:
        yield inapplicable("the page asks the shop's hosts for no file")
        return
    found: dict[str, list[Request]] = {}
    for one in asked:
        upgraded = one.url.startswith("http://") and snapshot.final_url.startswith("https://")
        named = one.type != "image" or _PICTURE.search(urlsplit(one.url).path)
        if one.status in _REDIRECTS and not upgraded and named:
            found.setdefault("image" if one.type == "image" else one.url.partition("?")[0], []).append(one)
    for target, requests in found.items():
        first = requests[0]
        yield failed(
            target,
            *(Excerpt(str(one.status), one.url[:500]) for one in requests[:3]),
            severity=Severity.INFO if first.type == "image" else None,
            kind=_PARTS[first.type],
            url=first.url.partition("?")[0],
            status=first.status,
            count=len({one.url for one in requests}),
        )


def _blocked(message: ConsoleMessage) -> bool:
    text = message.text
    return bool(
        message.level == "error"
        and _POLICY.search(text)
        and not _REPORT_ONLY.search(text)
        and re.search(r"refused|violates|blocked|prevented", text, re.I)
        and not re.search(
            r"ignor|unsafe-eval|upgrade|frame-ancestors|unrecognized|invalid|delivered via a <meta>", text, re.I
        )
    )


def _named_data(url: str) -> bool:
    return urlsplit(url).path.endswith((".json", ".js"))
