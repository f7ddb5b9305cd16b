"""What is checked before and around the first request: rules and expectations, the address, and whether a shop is there."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from auditor.config.config import Config
from auditor.crawl.job import Seen
from auditor.crawl.outcomes import Trouble, of_trouble
from auditor.crawl.probe import Probe, ProbeVerdict, judge
from auditor.crawl.scope import ROBOTS
from auditor.crawl.settings import CrawlSettings
from auditor.evaluate import packs as rule_packs
from auditor.evaluate.packs import Packs
from auditor.evidence.http import Response
from auditor.knowledge import platforms, vendors
from auditor.model.errors import UsageError
from auditor.model.run import Run
from auditor.model.urls import crawl_key, origin
from auditor.model.words import FetchOutcome, PageType
from auditor.store import before_shop, documents, frontier
from auditor.store.frontier import Known
from auditor.store.schema import pages
from auditor.store.workspace import Workspace

_MEND: dict[ProbeVerdict, str] = {
    "dns": "Check how the host is spelled, and this machine's network.",
    "refused": "Check host and port, and that the shop is running.",
    "timeout": "Try again later, or give it more time with crawl.timeout in a config.",
    "tls": "Mend the certificate; for a staging shop set ignore_tls_errors: true in a config.",
    "unreachable": "Check the address, and what stands between this machine and the shop.",
    "dropped": "Check the address, and what stands between this machine and the shop.",
    "challenge": "Have the shop's firewall let auditor in: by its user agent, which ends with auditor/VERSION, or by address.",
    "blocked": "Have the shop's firewall let auditor in: by its user agent, which ends with auditor/VERSION, or by address.",
    "login": "Give access.basic_auth in a config.",
    "closed": "Open the shop, or give what opens it in a config: access.storefront, access.cookies or access.headers.",
    "rate_limited": "Try again later, slower: crawl.max_rate in a config.",
    "site_error": "Mend that first, or name a page that answers.",
    "not_html": "Name a page of the shop.",
    "disallowed": "If the shop is yours, set crawl.obey_robots: false in a config.",
}


def load_packs(config: Config) -> Packs:
    """The rules of a config, with what it expects of them checked. Raises UsageError."""
    known = vendors.load()
    for vendor, tag in config.expect.tags.items():
        if known.get(vendor) is None:
            raise UsageError(
                f"expect.tags: unknown vendor '{vendor}'", hint=f"Known: {', '.join(sorted(one.id for one in known))}"
            )
        for page_type in tag.page_types:
            if page_type not in set(PageType):
                raise UsageError(
                    f"expect.tags.{vendor}: unknown page type '{page_type}'", hint=f"Known: {', '.join(PageType)}"
                )
    for vendor in config.expect.vendors or ():
        if known.get(vendor) is None:
            raise UsageError(
                f"expect.vendors: unknown vendor '{vendor}'",
                hint=f"Known: {', '.join(sorted(one.id for one in known))}",
            )
    return rule_packs.load(config.rules.packs, config.rules.only, config.rules.skip)


def refuse_unsafe(url: str) -> None:
    """Raises UsageError for a URL that would change the shop's state when fetched."""
    reason = platforms.load().unsafe(url)
    if reason:
        raise UsageError(f"this link {reason}; auditor never asks for such URLs", where=url)


def fatal(looked: Probe) -> str:
    """Why a run makes no sense after a first look, and how to mend that; empty where it does."""
    return _fatal(looked.verdict, looked.sentence)


def look_back(connection: Connection, run_id: int, settings: CrawlSettings) -> str:
    """The same of a run of one page, from what its crawl brought: a first look would ask for the page twice."""
    url = settings.start[0]
    known = _known(connection, run_id, settings, url)
    if known is None or known.response is None:
        return _not_asked_for(connection, run_id, settings, known.reason if known else "")
    response = known.response
    stored = select(pages.c.document).where(pages.c.run_id == run_id, pages.c.url == response.final_url)
    document = connection.execute(stored).scalar()
    return _judged(response, documents.get(connection, document) if document else b"", settings)


def stands_before(workspace: Workspace, run: Run) -> str:
    """Why what was fetched is not the shop though all of it answered, and how to mend that; empty where it is."""
    with workspace.read() as connection:
        found = before_shop.find(connection, run.id)
    if found is None:
        return ""
    with workspace.write() as connection:
        before_shop.leave_out(connection, run.id, found.url)
    led = f"{found.led} of {found.asked} addresses, the start among them, lead to {found.url}"
    return f"{led}, which stands before the shop. {_MEND['closed']}".rstrip(".")


def says_the_same(workspace: Workspace, run: Run) -> str:
    """The same of a shop whose addresses all answer with one page that leads nowhere, once browsers have looked, too."""
    with workspace.read() as connection:
        found = before_shop.same_everywhere(connection, run.id)
    if found is None:
        return ""
    with workspace.write() as connection:
        before_shop.leave_out(connection, run.id)
    same = f"all {found.asked} addresses answer with one and the same page, which leads nowhere"
    if found.opened:
        return f"{same}, in browsers, too: something stands before the shop. {_MEND['challenge']}".rstrip(".")
    return (
        f"{same}: scripts may draw the shop's pages, or something stands before it. Open them in a browser (--browsers)"
    )


def _not_asked_for(connection: Connection, run_id: int, settings: CrawlSettings, reason: str) -> str:
    url = settings.start[0]
    robots = _known(connection, run_id, settings, f"{origin(url)}/robots.txt")
    if reason or robots is None or robots.response is None:
        mend = _MEND["disallowed"] if reason == ROBOTS else ""
        return ". ".join(filter(None, (f"{url} was not asked for: {reason or 'the audit was stopped'}", mend)))
    if robots.response.outcome is FetchOutcome.SITE_ERROR:
        return f"{url} may not be fetched: robots.txt {robots.response.reason}. {_MEND['disallowed']}"
    return _judged(msgspec.structs.replace(robots.response, url=url, final_url=url, hops=()), b"", settings)


def _known(connection: Connection, run_id: int, settings: CrawlSettings, url: str) -> Known | None:
    return frontier.known(connection, run_id, crawl_key(url, frozenset(settings.drop)))


def _judged(response: Response, body: bytes, settings: CrawlSettings) -> str:
    told = ((trouble, of_trouble(trouble, seconds=settings.timeout).reason) for trouble in Trouble)
    seen = Seen(
        response=response,
        body=body,
        robots=None,
        robots_body=b"",
        allowed=True,
        failure=next((trouble for trouble, reason in told if reason in response.reason), ""),
    )
    verdict, sentence = judge(seen, settings)
    return _fatal(verdict, sentence)


def _fatal(verdict: ProbeVerdict, sentence: str) -> str:
    if verdict == "ok":
        return ""
    return ". ".join(filter(None, (sentence, _MEND.get(verdict, "")))).rstrip(".")
