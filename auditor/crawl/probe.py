"""A first look at the site, before a run or for a single page: can it be had, is it a shop's page, is it where we think."""

from __future__ import annotations

from typing import Literal

import msgspec

from auditor.crawl.job import Crashed, Job, Seen
from auditor.crawl.outcomes import CLOSED, LED_AWAY, Trouble, is_challenge
from auditor.crawl.settings import CrawlSettings, site_host
from auditor.crawl.supervise import StopSign, run_child
from auditor.evidence.http import Response
from auditor.knowledge import challenges
from auditor.model.errors import IncompleteError
from auditor.model.urls import leads_back, origin, twin
from auditor.model.words import FetchOutcome

ProbeVerdict = Literal[
    "ok", "dns", "refused", "timeout", "tls", "unreachable", "dropped", "challenge", "login", "blocked", "rate_limited",
    "closed", "site_error", "not_html", "moved", "unsafe", "disallowed",
]  # fmt: skip
_TROUBLES: dict[str, ProbeVerdict] = {
    Trouble.DNS: "dns", Trouble.REFUSED: "refused", Trouble.TIMEOUT: "timeout", Trouble.TLS: "tls",
    Trouble.CONNECT: "unreachable", Trouble.DROPPED: "dropped", Trouble.BROKEN_OFF: "dropped", Trouble.NOT_HTTP: "dropped",
    Trouble.BAD_URL: "unreachable", Trouble.PROXY: "unreachable",
}  # fmt: skip


_NOT_THE_SHOP = CLOSED.partition("}")[2]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What the start URL answered. `sentence` is for people; it names the URL. `moved_to` is where the site really is."""

    verdict: ProbeVerdict
    sentence: str
    response: Response
    body: bytes = b""
    robots: Response | None = None
    robots_body: bytes = b""
    moved_to: str = ""

    @property
    def fatal(self) -> str:
        """Why a run makes no sense, empty where it does."""
        return "" if self.verdict == "ok" else self.sentence

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth saying before a run that goes on."""
        return (self.sentence,) if self.verdict == "ok" and self.response.hops else ()


def probe(settings: CrawlSettings, *, stop: StopSign | None = None) -> Probe:
    """Fetches the first start URL and its robots.txt once, in a child process; raises IncompleteError if that broke."""
    message, why = run_child(Job(kind="probe", settings=settings), lambda _: None, stop)
    if isinstance(message, Crashed):
        raise IncompleteError("the site could not be looked at", where=settings.start[0], hint=message.text)
    if not isinstance(message, Seen):
        raise IncompleteError(f"the site could not be looked at: {why or 'stopped'}", where=settings.start[0])
    verdict, sentence = judge(message, settings)
    return Probe(
        verdict=verdict,
        sentence=sentence,
        response=message.response,
        body=message.body,
        robots=message.robots,
        robots_body=message.robots_body,
        moved_to=message.response.final_url if verdict == "moved" else "",
    )


def judge(seen: Seen, settings: CrawlSettings) -> tuple[ProbeVerdict, str]:
    """Verdict and sentence on what was seen."""
    response, url = seen.response, settings.start[0]
    place = url if response.final_url == url else f"{url} (by way of {response.final_url})"
    if seen.failure:
        return _TROUBLES.get(seen.failure, "unreachable"), f"{place}: {response.reason}"
    if response.outcome is FetchOutcome.RATE_LIMITED:
        return "rate_limited", f"{place}: {response.reason}"
    if response.outcome is FetchOutcome.BLOCKED and response.reason.endswith(_NOT_THE_SHOP):
        return "closed", f"{place} {response.reason}"
    if response.outcome is FetchOutcome.BLOCKED:
        kind: ProbeVerdict = (
            "login" if response.status == 401 else "challenge" if is_challenge(response.reason) else "blocked"
        )
        return kind, f"{place}: {response.reason}"
    if response.outcome is FetchOutcome.SKIPPED:
        return "unsafe", f"{place}: {response.reason}"
    text = seen.body[:65_536].decode("utf-8", "replace")
    if stand := challenges.password_page(
        response.status, response.headers, text, response.final_url, settings.platform
    ):
        return "closed", f"{place} {CLOSED.format(what=stand.what)}"
    if response.outcome is FetchOutcome.SITE_ERROR:
        return "site_error", f"{place}: {response.reason}"
    host = site_host(response.final_url)
    if host not in settings.hosts and host != twin(site_host(url)):
        if leads_back(response.final_url, url):
            return "closed", f"{url} {LED_AWAY.format(host=host)}"
        return (
            "moved",
            f"{url} redirects to {response.final_url}: the site is really at {origin(response.final_url)}, so name that",
        )
    if not response.content_type.endswith("html") and not (not response.content_type and b"<" in seen.body[:1024]):
        return "not_html", f"{place} is no web page but {response.content_type or 'of no stated type'}"
    if not seen.allowed:
        how = f"answers {seen.robots.status}" if seen.robots and seen.robots.status >= 500 else "disallows it"
        return "disallowed", f"{place} may not be fetched: robots.txt {how}"
    return "ok", f"{url} is at {response.final_url}" if response.hops else f"{url} answers"
