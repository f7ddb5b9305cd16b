"""Evidence of a fetch: the response with its chain of redirects, headers and attempts."""

from __future__ import annotations

import msgspec

from auditor.model.query import Hop
from auditor.model.words import FetchOutcome


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request for the URL; several when a failure was looked at again before it was believed."""

    at: str  # UTC, ISO 8601
    outcome: FetchOutcome
    status: int = 0
    reason: str = ""


class Response(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last answer of a fetch. `body` is kept apart, under its content hash."""

    url: str  # as requested
    final_url: str  # after redirects
    outcome: FetchOutcome
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()  # of the last hop, names in lower case, in order
    hops: tuple[Hop, ...] = ()
    content_type: str = ""  # without parameters, lower case
    size: int = 0  # bytes of the decoded body
    truncated: bool = False  # the body was longer than the cap and was cut there
    elapsed_ms: float = (
        0.0  # first request sent to last body byte, redirects included, our own pauses between them left out
    )
    reason: str = ""  # why it was not ok, for people
    trouble: str = (
        ""  # why there was no answer: crawl.outcomes.Trouble ("dns", "refused", …); empty where there was one
    )
    attempts: tuple[Attempt, ...] = ()
    fetched_at: str = ""
    unchanged: bool = False  # the same page as in the run before: its document is the one known from there

    def header(self, name: str) -> str | None:
        """The first value of a header, None where it was not sent."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def all_headers(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]


def server_failed(answer: Attempt | Response) -> bool:
    """Whether the server failed at it (5xx, dropped connection), which may be by chance."""
    return answer.outcome is FetchOutcome.SITE_ERROR and (answer.status >= 500 or not answer.status)


def looks_html(body: bytes) -> bool:
    """Whether a body begins like a page, whatever type it is sent as."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html")) or b"<html" in start or b"<head" in start
