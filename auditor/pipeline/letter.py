"""Every link and picture of an HTML file, asked for before the file is sent; no run, no report, nothing kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select

from auditor.checks.other_sites import death, doubt
from auditor.crawl import process
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings, is_private
from auditor.evidence.http import Response
from auditor.facts.letter import PLACEHOLDER, Reference, anchors, references
from auditor.model.errors import UsageError
from auditor.model.query import LinkTarget
from auditor.model.urls import absolute, crawl_key, is_http, without_fragment
from auditor.model.words import FetchOutcome
from auditor.store import frontier, responses, runs
from auditor.store.frontier import Found
from auditor.store.schema import pages
from auditor.store.workspace import Workspace

_LARGEST = 20_000_000  # bytes
_PAUSE = 0.3  # seconds between two requests to one host
_PASSED = ("tel:", "sms:", "data:", "cid:", "about:")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """`verdict`: good, wrong, unsure (could not be checked) or left (on purpose). `why` is for people."""

    reference: Reference
    verdict: str
    why: str = ""
    url: str = ""


def check(
    file: Path,
    html: bytes,
    settings: CrawlSettings,
    base: str = "",
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Checked]:
    """In the order of the file, whose bytes are `html`. Relative addresses are resolved against `base`; without one they are wrong.

    Raises UsageError for a file that holds no address.
    """
    found, names = references(html), anchors(html)
    if not found:
        raise UsageError(
            "holds neither links nor pictures", where=str(file), hint="Give the HTML of an e-mail or page."
        )
    settings = msgspec.structs.replace(settings, start=(), hosts=(), external_links=True, external_pause=_PAUSE)
    judged = [_by_itself(one, names, base, Scope(settings)) for one in found]
    urls = list(dict.fromkeys(one.url for one in judged if not one.verdict))
    answers = _ask(urls, msgspec.structs.replace(settings, max_external=max(1, len(urls))), on_progress) if urls else {}
    return [one if one.verdict else _by_answer(one, answers.get(crawl_key(one.url))) for one in judged]


def _by_itself(one: Reference, names: set[str], base: str, scope: Scope) -> Checked:
    """What an address shows without being asked for; an empty verdict where it must be."""

    def is_(verdict: str, why: str) -> Checked:
        return Checked(reference=one, verdict=verdict, why=why)

    href, scheme = one.href, one.href.partition(":")[0].lower()
    if PLACEHOLDER.search(href):
        return is_("left", "a placeholder that is filled in when it is sent")
    if not href or href == "#":
        return is_("wrong", "leads nowhere: its address is empty")
    if href.startswith("#"):
        there = href[1:] in names or href == "#top"
        return is_("good", "") if there else is_("wrong", f"leads to {href}, which is not in the file")
    if href.lower().startswith("mailto:"):
        good = "@" in href.partition("?")[0] or "?" in href
        return is_("good", "") if good else is_("wrong", "is no mail address")
    if href.lower().startswith(_PASSED):
        return is_("good", "")
    if scheme in ("javascript", "vbscript", "file"):
        return is_("wrong", f"{scheme}: does nothing for a reader")
    url = absolute(base or "https://relative.invalid/", f"https:{href}" if href.startswith("//") else href)
    if not url or not is_http(url):
        return is_("wrong", "is no web address")
    if urlsplit(url).hostname == "relative.invalid":
        return is_("wrong", "is relative, which leads nowhere from a mailbox; --base URL resolves it for a page")
    url = without_fragment(url)
    if is_private(url):
        return is_("wrong", "leads to an address inside a network, which no reader can reach")
    if reason := scope.not_asked(url):
        return is_("left", f"not asked for: {reason.partition(': ')[2]}")
    return Checked(reference=one, verdict="", url=url)


def _by_answer(one: Checked, answer: Response | None) -> Checked:
    def is_(verdict: str, why: str = "") -> Checked:
        return msgspec.structs.replace(one, verdict=verdict, why=why)

    if answer is None:
        return is_("unsure", "was not asked for in time")
    target = LinkTarget(
        url=answer.url, outcome=answer.outcome, status=answer.status, final_url=answer.final_url, hops=answer.hops,
        reason=answer.reason, confirmed=len(answer.attempts), trouble=answer.trouble,
    )  # fmt: skip
    if target.outcome is FetchOutcome.OK:
        kind = answer.content_type
        if (
            one.reference.kind == "picture"
            and kind
            and not kind.startswith(("image/", "application/octet-stream", "binary/"))
        ):
            return is_("wrong", f"is no picture ({kind})")
        return is_("good")
    if dead := death(target):
        return is_("wrong", dead)
    unsure = doubt(answer.url, target)
    return is_("unsure", unsure) if unsure else is_("left", target.reason)


def _ask(
    urls: list[str], settings: CrawlSettings, on_progress: Callable[[int, int], None] | None
) -> dict[str, Response]:
    """Answers by crawl key, from a run in a workspace that is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="auditor-links-") as folder,
        Workspace.open(Path(folder) / "audits") as store,
    ):
        run = runs.begin(store, site="file", start_url="", environment="production", config="{}", version="")
        with store.write() as connection:
            rows = [Found(key=crawl_key(url), url=url, kind="external", found_by="list") for url in urls]
            frontier.add(connection, run.id, rows)
        process.ask_other_sites(store.folder, run.id, settings, on_progress=on_progress)
        with store.read() as connection:
            kept = connection.execute(select(pages.c.response).where(pages.c.run_id == run.id)).scalars().all()
            answers = [responses.unpack(connection, one) for one in kept]
            return {crawl_key(answer.url): answer for answer in answers}


def read(file: Path) -> bytes:
    """The bytes of the file. Raises UsageError."""
    try:
        with file.open("rb") as opened:
            html = opened.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(file)) from None
    if len(html) > _LARGEST:
        raise UsageError("longer than 20 MB", where=str(file))
    return html
