"""A cell of the report's consent matrix: what is known of one tag on one page in one state, and what of it nobody could know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from auditor.evidence.document import Document
from auditor.evidence.requests import Held, Request, Requests
from auditor.facts import consent_signals, tracking
from auditor.facts.tracking import Hit
from auditor.knowledge.vendors import Kind, Vendors
from auditor.report.document import ConsentCell

_HOST = "a connection to its host was refused here; this browser does not tell what it was for"
_HOST_WHEN = (
    "a connection to its host was refused here; this browser does not tell what for, nor whether after the answer"
)
_SANDBOX = "its script runs in a sandboxed frame, of which browsers tell little"
# Shopify's frames of customers' pixels: /web-pixels@…/sandbox/modern/, /wpm@…/custom/…/sandbox/…
_SANDBOX_PATH = re.compile(r"/(?:web-pixels?|wpm)[@-][^?#]{0,300}/sandbox/", re.IGNORECASE)
# What consent tools turn scripts into, so that they wait: their own attributes, or a type that no browser runs.
_WAITING_TYPES = frozenset({"text/plain", "javascript/blocked", "text/x-blocked", "text/tdf"})
_WAITING = "//script[@type] | //*[@data-cookieblock-src] | //*[@data-suppressedsrc] | //*[@suppressedsrc]"
_ADDRESSES = ("src", "data-src", "data-cookieblock-src", "data-suppressedsrc", "suppressedsrc", "data-blocked-src")
_IN_SCRIPT = re.compile(r"(?:https?:)?//[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/[^\s\"'`<>)\\]{0,500}")
_MOST_ELEMENTS, _MOST_TEXT = 2_000, 50_000


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One page in one state."""

    done: bool
    reason: str = ""
    seconds: float = 0.0
    hits: tuple[Hit, ...] = ()
    unclear: Mapping[str, str] = {}  # vendor -> why nobody can know whether it was told
    waiting: frozenset[str] = frozenset()  # vendors whose script stands in the page as what browsers don't run

    @property
    def vendors(self) -> set[str]:
        """Those of whom there is something to say."""
        return {hit.vendor for hit in self.hits if not hit.host_only} | set(self.unclear) | self.waiting


def look(requests: Requests, document: Document | None, known: Vendors, *, since_ms: float, seconds: float) -> Look:
    """`since_ms`: when the page was opened again with the answer given; `document`: as it stood in this state."""
    ran, sandboxed = _libraries(requests, known, since_ms, _sandboxes(document))
    return Look(
        done=True,
        seconds=seconds,
        hits=tracking.hits(requests, known, since_ms=since_ms),
        unclear={**dict.fromkeys(sandboxed, _SANDBOX), **dict(_met_as_hosts(requests, since_ms))},
        # what ran all the same, or may have among the requests that were cut, was held back by nobody
        waiting=frozenset(
            _waiting(document, known) - ran - sandboxed if document is not None and not requests.cut else ()
        ),
    )


def cell(state: str, seen: Look | None, vendor: str, fault: str) -> ConsentCell:
    if seen is None:
        return ConsentCell(state=state, said="not_checked", detail="not opened in this state")
    if not seen.done:
        return ConsentCell(state=state, said="not_checked", detail=seen.reason[:200])
    hits = [hit for hit in seen.hits if hit.vendor == vendor and not hit.host_only]
    if not hits and vendor in seen.unclear:
        return ConsentCell(state=state, said="not_checked", detail=seen.unclear[vendor])
    if not hits and vendor in seen.waiting:
        return ConsentCell(state=state, said="blocked", detail=f"its script waits; not seen within {seen.seconds:g} s")
    if not hits:
        return ConsentCell(state=state, said="not_seen", detail=f"within {seen.seconds:g} s")
    events = ", ".join(dict.fromkeys(hit.event for hit in hits if hit.event))[:120]
    if all(consent_signals.cookieless(vendor, hit.consent) for hit in hits):
        return ConsentCell(state=state, said="cookieless", detail=events)
    return ConsentCell(state=state, said=fault or "fired", detail=events)


def _met_as_hosts(requests: Requests, since_ms: float) -> Iterator[tuple[str, str]]:
    """Vendors of connections that only the wall met. It sums them up over the whole visit, so their time is not known."""
    for one in requests.items:
        if one.held is Held.REFUSED and one.vendor:
            if one.started_ms <= 0:
                yield one.vendor, _HOST_WHEN if since_ms else _HOST
            elif one.started_ms >= since_ms:
                yield one.vendor, _HOST


def _libraries(
    requests: Requests, known: Vendors, since_ms: float, sandboxes: frozenset[str]
) -> tuple[set[str], set[str]]:
    """Vendors whose scripts were fetched: by the page or a frame like it, and by sandboxed frames."""
    ran: set[str] = set()
    boxed: set[str] = set()
    for one in requests.items:
        if one.started_ms >= since_ms and (match := known.match(one.url, one.method)) and match.kind is Kind.LIBRARY:
            (boxed if _boxed(one, sandboxes) else ran).add(match.vendor)
    return ran, boxed


def _boxed(request: Request, sandboxes: frozenset[str]) -> bool:
    # a frame may ask before the browser tells its address: where the page keeps any apart it may be one of these
    unnamed = request.frame == "about:blank" and bool(sandboxes)
    return unnamed or (
        bool(request.frame) and (request.frame in sandboxes or bool(_SANDBOX_PATH.search(request.frame)))
    )


def _sandboxes(document: Document | None) -> frozenset[str]:
    """Addresses of frames that the page keeps apart from itself; those of its own origin are as the page is."""
    if document is None:
        return frozenset()
    found: set[str] = set()
    for one in document.tree.iter("iframe"):
        if "allow-same-origin" not in one.get("sandbox", "allow-same-origin").lower():
            found.add("about:srcdoc" if one.get("srcdoc") else document.absolute(one.get("src", "").strip()) or "")
    return frozenset(found) - {"", document.url}


def _waiting(document: Document, known: Vendors) -> set[str]:
    found: set[str] = set()
    for element in document.tree.xpath(_WAITING)[:_MOST_ELEMENTS]:
        kind = (element.get("type") or "").strip().lower()
        if element.tag == "script" and kind not in _WAITING_TYPES and "suppressedsrc" not in element.attrib:
            continue
        addresses = [address for name in _ADDRESSES if (address := element.get(name))]
        addresses += _IN_SCRIPT.findall((element.text or "")[:_MOST_TEXT]) if element.tag == "script" else []
        for address in addresses:
            match = known.match(f"https:{address}" if address.startswith("//") else address)
            if match is not None:
                found.add(match.vendor)
    return found
