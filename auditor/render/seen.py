"""A request while the recorder watches it, and how it becomes evidence when the visit ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from auditor.evidence.requests import UNREACHED, Held, Request
from auditor.render.hosts import Hosts, address
from auditor.render.wall import Refusal

_URL_LIMIT = 16 * 1024


class Seen:
    """A request while it is under way."""

    def __init__(self, url: str, method: str, kind: str, third_party: bool, began: float) -> None:
        self.url, self.method, self.kind, self.third_party = url[:_URL_LIMIT], method, kind, third_party
        self.began, self.ended = began, 0.0  # ms since the epoch
        self.vendor = self.body = self.failure = self.frame = self.content_type = ""
        self.cache = self.encoding = ""
        self.status = self.size = self.later = 0
        self.waited = 0.0
        self.held = Held.NO
        self.walled = False  # the answer was the wall's own

    def evidence(self, zero: float) -> Request:
        return Request(
            url=self.url,
            method=self.method,
            type=self.kind,
            status=self.status,
            later=self.later,
            size=self.size,
            content_type=self.content_type,
            started_ms=round(max(self.began - zero, 0.0), 1),
            duration_ms=round(max(self.ended - self.began, 0.0), 1) if self.ended else 0.0,
            third_party=self.third_party,
            failure=self.failure,
            held=self.held,
            vendor=self.vendor,
            body=self.body,
            frame=self.frame,
            waited_ms=round(self.waited, 1),
            cache=self.cache,
            encoding=self.encoding,
        )


def as_evidence(
    order: Sequence[Seen],
    zero: float,
    unreachable: Mapping[str, str],
    refusals: Sequence[Refusal],
    site: Hosts,
    mixed: Callable[[str], str | None],
) -> list[Request]:
    """A visit's requests in their order, then what only the wall met; `mixed(host)` is the vendor of a host that serves other things too."""
    refused = {(one.host, one.port) for one in refusals}
    for seen in order:
        if seen.held is Held.NO and (seen.walled or (seen.failure and not seen.status)):
            explain(seen, unreachable, refused)
    items = [seen.evidence(zero) for seen in order]
    sockets = {address(seen.url) for seen in order if seen.kind == "websocket"}
    for one in refusals:
        if not (one.socket and (one.host, one.port) in sockets):
            vendor = one.vendor or mixed(one.host) or ""
            items.append(met_at_the_wall(one, vendor, not site.has(one.host, one.port)))
    return items


def explain(seen: Seen, unreachable: Mapping[str, str], refused: set[tuple[str, int]]) -> None:
    """Puts the wall's reason in the place of what the browser makes of a proxy's answer."""
    host, port = address(seen.url)
    if reason := unreachable.get(f"{host}:{port}"):
        seen.failure = f"{UNREACHED}{reason}"
    elif seen.walled or (seen.third_party and (host, port) in refused):
        seen.held, seen.failure = Held.REFUSED, "refused by the wall"


def met_at_the_wall(refusal: Refusal, vendor: str, third_party: bool) -> Request:
    """What is known of connections that were refused: the host, and how many they were."""
    host = f"[{refusal.host}]" if ":" in refusal.host else refusal.host
    plain = refusal.port == 80
    scheme = ("ws" if plain else "wss") if refusal.socket else ("http" if plain else "https")
    port = "" if refusal.port in (80, 443) else f":{refusal.port}"
    return Request(
        url=f"{scheme}://{host}{port}/",
        type="websocket" if refusal.socket else "other",
        third_party=third_party,
        failure=f"refused by the wall, {refusal.count} ×" + (", while the page was left" if refusal.after_gate else ""),
        held=Held.REFUSED,
        vendor=vendor,
    )
