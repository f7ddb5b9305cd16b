"""Checks of what runs in the page: errors nobody caught, and the page's own requests that fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.page_requests import asked_again
from auditor.checks.registry import check
from auditor.evidence.console import PageError
from auditor.evidence.requests import Held, Request
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed
from auditor.model.steady import steady_name
from auditor.model.urls import host, is_http
from auditor.model.words import Certainty

# What browsers report and no shopper ever notices
_HARMLESS = re.compile(
    r"ResizeObserver loop|AbortError|The operation was aborted|The play\(\) request was interrupted"
    r"|NotAllowedError|not allowed by the user agent or the platform"  # asks for a touch that no audit makes
    r"|(?:chrome|moz|safari-web)-extension://|__firefox__|webkit-masked-url",
    re.I,
)
# Browsers are started without these, so that nothing goes round the wall
_TAKEN_AWAY = re.compile(r"SharedWorker|fetchLater|serviceWorker|ServiceWorkerRegistration|RTCPeerConnection", re.I)
_READS_ANSWERS = re.compile(r"JSON|Unexpected end of|Unexpected token", re.I)
_NETWORK = re.compile(
    r"(?i)failed to fetch|networkerror|load failed|network request failed|loading chunk|timeout|timed out"
)
_RECORD = re.compile(r"\d+|[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}|[0-9a-f-]{32,36}", re.IGNORECASE)
_VARIABLE = re.compile(r"https?://[^\s'\"]{1,500}|0x[0-9a-f]+|\d+")
# Browsers say the same in their own words; what they mean is one fault
_WORDINGS = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (
            r"Cannot (?:read|set) propert(?:y|ies) of (?:undefined|null) \((?:reading|setting) '([^']{1,120})'\)",
            r"no value before .\1",
        ),
        (r"can't access property \"?([^\s\",]{1,120})\"?,.{0,400}", r"no value before .\1"),
        (
            r"(?:undefined|null) is not an object \(evaluating '(?:[^']{0,200}\.)?([^'.]{1,120})'\)",
            r"no value before .\1",
        ),
        (
            r".{0,200}(?:is not valid JSON|JSON\.parse: |JSON Parse error|Unexpected end of JSON input).{0,200}",
            "invalid JSON",
        ),
        (r"Unexpected token '([^']{1,20})'|expected expression, got '([^']{1,20})'", r"unexpected '\1\2'"),
        (
            r"Identifier '([^']{1,120})' has already been declared|redeclaration of \w{1,20} ([\w$]{1,120})",
            r"\1\2 declared twice",
        ),
        (r"Can't find variable: ([\w$]{1,120})", r"\1 is not defined"),
    )
)
_RELIED_ON = frozenset({"script", "xhr", "fetch", "document"})  # no script waits for a pixel or a beacon
_PARTS = frozenset({"script", "stylesheet", "font", "xhr", "fetch"})


@check(needs={"console", "requests"})
def nothing_thrown(snapshot: Snapshot, *, third_party: bool) -> Iterator[Observation]:
    """No script throws an error that nobody catches: the shop's own scripts, or (`third_party`) those of other hosts.

    Scripts in the page, and those on a delivery network of a platform, are the shop's own. The audit itself keeps requests
    from third parties: where one gave no answer, or the error is about the network, the fault is likely at most. An error
    whose origin the browser hides ("Script error.") needs review. The target is message and script, without numbers.
    """
    unanswered = any(
        request.third_party
        and request.type in _RELIED_ON
        and (not request.status or (request.held is not Held.NO and request.type == "script"))
        for request in snapshot.requests.items
    )
    held = any(request.held is not Held.NO and request.type in ("xhr", "fetch") for request in snapshot.requests.items)
    seen: set[str] = set()
    for error in snapshot.console.errors:
        if _HARMLESS.search(error.message) or _HARMLESS.search(error.script) or _TAKEN_AWAY.search(error.message):
            continue
        if _foreign(snapshot, error) is not third_party:
            continue
        script = urlsplit(error.script).path.rpartition("/")[2] if error.script else ""
        where = host(error.script) if third_party else _VARIABLE.sub("#", steady_name(script))
        target = f"{_VARIABLE.sub('#', _meant(error.message))[:160]} {where}".strip()
        if target in seen:
            continue
        seen.add(target)
        certainty = None
        if error.message.strip().rstrip(".") == "Script error" or not error.message.strip():
            certainty = Certainty.NEEDS_REVIEW
        elif unanswered or _NETWORK.search(error.message) or (held and _READS_ANSWERS.search(error.message)):
            certainty = Certainty.LIKELY
        yield failed(
            target,
            Excerpt("error", error.message[:500], where=error.script),
            *([Excerpt("stack", error.stack[:1_000])] if error.stack else []),
            certainty=certainty,
            error=error.message.splitlines()[0] if error.message.strip() else "an error without a message",
            script=error.script.partition("?")[0] or "the page itself",
            host=host(error.script),
        )
    if snapshot.console.cut and not seen:
        yield cant_tell("too many errors to keep them all")


def _meant(message: str) -> str:
    """The first line of an error in words that do not hang on the browser."""
    line = (message.strip().splitlines() or [""])[0][:500].removeprefix("Uncaught ")
    line = re.sub(r"^(?:\w{1,40}Error: )+", "", line)
    for pattern, said in _WORDINGS:
        if match := pattern.fullmatch(line):
            return match.expand(said)
    return line


@check(needs={"requests", "console"})
def own_requests_answered(snapshot: Snapshot) -> Iterator[Observation]:
    """Scripts, styles, fonts and data that the page asks its own host for are there. Pictures are another rule's.

    What is there when it is asked for once more needs review. Held requests and reports to collectors don't count. A 5xx may
    pass, and data that is not there may be meant so (an empty basket): both are likely only. A web page in the place of a script or style counts where the browser says that
    it refuses it.
    """
    seen: set[str] = set()
    refused = [
        f"{one.text} {one.script}"
        for one in snapshot.console.messages
        if "MIME" in one.text and "text/html" in one.text and one.level == "error"
    ]
    for request in snapshot.requests.items:
        a_page = bool(refused) and _page_instead(snapshot, request, refused)
        if not a_page and not _counts(snapshot, request):
            continue
        url = request.url.partition("?")[0].partition("#")[0]
        data = request.type in ("xhr", "fetch")
        target = _of_any_page(url, snapshot.final_url) if data else url
        if target in seen:
            continue
        seen.add(target)
        unsure = request.status >= 500 or data
        again, sure = asked_again(request)
        yield failed(
            target,
            Excerpt("request", request.url, where=request.type),
            *again,
            certainty=sure or (Certainty.LIKELY if unsure else None),
            url=url,
            kind="data" if data else request.type,
            status="with a web page, which the browser refuses" if a_page else request.status,
        )
    if snapshot.requests.cut and not seen:
        yield cant_tell("too many requests to keep them all")


def _of_any_page(url: str, page: str) -> str:
    """The address of data without what tells the page or a record: `/api/reviews/*`. What fails for all pages is one problem."""
    own = {part.rpartition(".")[0] or part for part in urlsplit(page).path.casefold().split("/") if part}
    head, slash, path = url.partition("://")
    host, *parts = path.split("/")
    kept = [
        "*" if _RECORD.fullmatch(part) or (part.rpartition(".")[0] or part).casefold() in own else part
        for part in parts
    ]
    return f"{head}{slash}{'/'.join([host, *kept])}"


def _page_instead(snapshot: Snapshot, request: Request, refused: list[str]) -> bool:
    return (
        request.type in ("script", "stylesheet")
        and request.held is Held.NO
        # of a style that it refuses a browser tells no answer
        and (not request.status or (request.status == 200 and request.content_type.startswith("text/html")))
        and snapshot.site.owns(request.url)
        and any(request.url in text for text in refused)
    )


def _counts(snapshot: Snapshot, request: Request) -> bool:
    return (
        request.type in _PARTS
        and request.held is Held.NO
        # what is sent may be refused as not found for what it holds; that the server fails is no answer to it
        and (500 <= request.status < 600 or (request.status in (404, 410) and request.method == "GET"))
        and snapshot.site.owns(request.url)
        and vendors.load().match(request.url, request.method) is None
    )


def _foreign(snapshot: Snapshot, error: PageError) -> bool:
    if not is_http(error.script) or snapshot.site.owns(error.script):
        return False
    match = vendors.load().match(error.script, "GET")
    known = vendors.load().get(match.vendor) if match else None
    return known is None or known.category != "cdn"
