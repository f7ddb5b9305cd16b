"""What parent and child say to each other: one job over stdin, then messages over stdout, each a line of JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from auditor.config.session import Cookie
from auditor.crawl.settings import CrawlSettings
from auditor.evidence.http import Response

EndReason = Literal["finished", "page_limit", "byte_limit", "time_limit", "stopped", "gave_up", "died"]


class Job(msgspec.Struct, kw_only=True):
    """`round` fetches the frontier, `confirm` asks for `urls` again, `endpoints` for what platforms tell of products at `urls`, `again` for pages that raised a doubt, `planned` for what the store plans, `external` for links to other sites. Without a workspace,
    `probe` looks at the start URL, and `open` opens a shop that is closed and looks whether a login holds."""

    kind: Literal["round", "confirm", "endpoints", "again", "planned", "external", "probe", "open"]
    settings: CrawlSettings
    folder: str = ""
    run_id: int = 0
    urls: tuple[str, ...] = ()
    after_crash: bool = False  # what was under way when the last child died comes last


class Note(msgspec.Struct, tag="note"):
    """What the crawl is waiting for, for people; empty when it goes on."""

    text: str


class PagesIn(msgspec.Struct, tag="pages in"):
    """All pages of the round are stored; what is asked for beside them is still to come."""


class Ended(msgspec.Struct, tag="ended"):
    reason: EndReason
    detail: str = ""
    received: int = 0  # bytes of bodies in this round


class Seen(msgspec.Struct, tag="seen", kw_only=True):
    """A probe's answers; bodies travel as base64."""

    response: Response
    body: bytes
    robots: Response | None
    robots_body: bytes
    allowed: bool  # robots.txt lets us fetch the start URL
    failure: str = ""  # outcomes.Trouble, where there was no answer


class Opened(msgspec.Struct, tag="opened", kw_only=True):
    """Cookies that open the shop; `sent` is where the storefront password went, `trouble` why the shop is not open."""

    cookies: tuple[Cookie, ...] = ()
    sent: str = ""
    trouble: str = ""


class Crashed(msgspec.Struct, tag="crashed"):
    """A bug or a broken workspace, with its traceback."""

    text: str


class Gone(msgspec.Struct, tag="gone"):
    """The last of a job: what did it has ended, with this exit code (negative: a signal's number)."""

    code: int


Message = Note | PagesIn | Ended | Seen | Opened | Crashed | Gone
