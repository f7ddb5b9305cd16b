"""What came of a fetch, judged from the answer or from why there was none. Pure: no Scrapy objects, only what they said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from auditor.evidence.http import looks_html
from auditor.model.words import FetchOutcome

_LARGEST_BLANK = 4_000  # bytes
_SHOWN = re.compile(
    rb"<(?:(?:a|area|script|style|img|picture|svg|math|i?frame|frameset|object|embed|applet|video|audio|canvas|portal|input|button"
    rb"|select|textarea|form|hr|meter|progress)\b|[a-z]+-[a-z])|\bstylesheet\b|\bhttp-equiv\s*=\s*[\"\']?\s*refresh|\b(?:style|background|bgcolor|onload)\s*=",
    re.IGNORECASE,
)
_UNSHOWN = re.compile(
    rb"<!--.*?-->|<(title|template|noscript)\b.*?</\1\s*>|<[!?/]?[a-z][^<>]*>|&nbsp;|&#160;|&#xa0;|\xc2\xa0",
    re.IGNORECASE | re.DOTALL,
)
_HTML = ("text/html", "application/xhtml+xml")
CLOSED = "shows {what}, not the shop"
_CHALLENGE = "a bot protection stands before it"
BLANK = "answers with a blank page"
LED_AWAY = "sends visitors to {host} first, which is told where to lead them back to: a queue, or a login"
_STATUS = {
    400: "bad request", 404: "not found", 405: "method not allowed", 406: "not acceptable", 410: "gone",
    500: "internal server error", 501: "not implemented", 502: "bad gateway", 503: "service unavailable",
    504: "gateway timeout", 520: "unknown error of the origin", 521: "the origin is down", 522: "the origin does not answer",
    523: "the origin is unreachable", 524: "the origin took too long", 525: "no TLS with the origin", 530: "the origin is not found",
}  # fmt: skip


class Trouble(StrEnum):
    """Why there was no answer."""

    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED = "refused"
    CONNECT = "connect"  # no route, reset while connecting, and the like
    TLS = "tls"
    DROPPED = "dropped"
    BROKEN_OFF = "broken_off"  # the body ended before its end
    NOT_HTTP = "not_http"
    BAD_URL = "bad_url"
    PROXY = "proxy"


class Verdict(msgspec.Struct, frozen=True):
    outcome: FetchOutcome
    reason: str = ""


_TROUBLES = {
    Trouble.TIMEOUT: Verdict(FetchOutcome.TIMEOUT, "no complete answer within {seconds:g} s"),
    Trouble.DNS: Verdict(FetchOutcome.UNREACHABLE, "the host's name cannot be resolved"),
    Trouble.REFUSED: Verdict(FetchOutcome.UNREACHABLE, "the connection was refused"),
    Trouble.CONNECT: Verdict(FetchOutcome.UNREACHABLE, "no connection could be made"),
    Trouble.TLS: Verdict(FetchOutcome.UNREACHABLE, "no secure connection"),
    Trouble.DROPPED: Verdict(FetchOutcome.SITE_ERROR, "the connection was dropped"),
    Trouble.BROKEN_OFF: Verdict(FetchOutcome.SITE_ERROR, "the answer broke off before its end"),
    Trouble.NOT_HTTP: Verdict(FetchOutcome.SITE_ERROR, "the answer is not valid HTTP"),
    Trouble.PROXY: Verdict(FetchOutcome.UNREACHABLE, "the proxy gave no way there"),
    Trouble.BAD_URL: Verdict(FetchOutcome.SKIPPED, "address that cannot be asked for"),
}


def of_trouble(trouble: Trouble, *, seconds: float = 0, detail: str = "") -> Verdict:
    """The verdict where there was no answer; `seconds` is the limit that ran out."""
    verdict = _TROUBLES[trouble]
    reason = verdict.reason.format(seconds=seconds) + (f": {detail}" if detail else "")
    return Verdict(verdict.outcome, reason)


def of_answer(
    status: int,
    *,
    blank: bool = False,
    retry_after: bool = False,
    challenge: str = "",
    too_many: bool = False,
    location: bool = True,
) -> Verdict:
    """The verdict on the last answer of a chain.

    `blank` says that it is a page with nothing to see, `challenge` names a bot protection that was recognised, `too_many`
    says that it speaks of too many requests,
    `retry_after` that the header was there, `location` that a redirect said where to.
    """
    stopped = challenge and not too_many and not retry_after  # 429 of a protection that wants a browser, not patience
    if (status in (429, 430) and not stopped) or too_many or (status == 503 and retry_after and not challenge):
        who = f"{challenge}: " if challenge else ""
        says = "says to come again later" if status == 503 and not too_many else "asked for fewer requests"
        return Verdict(FetchOutcome.RATE_LIMITED, f"{who}the shop {says} ({status})")
    if challenge:
        return Verdict(FetchOutcome.BLOCKED, f"{_CHALLENGE}: {challenge}")
    if status == 401:
        return Verdict(FetchOutcome.BLOCKED, "asks for a user name and password (401)")
    # 406: what firewalls for applications say; a browser's wishes are met by any page
    if status in (403, 406, 407, 451):
        return Verdict(FetchOutcome.BLOCKED, f"the shop does not let us in ({status})")
    if 200 <= status < 300:
        return Verdict(FetchOutcome.SITE_ERROR, f"{BLANK} ({status})") if blank else Verdict(FetchOutcome.OK)
    if 300 <= status < 400:
        return Verdict(
            FetchOutcome.SITE_ERROR, f"answers {status} " + ("unasked" if location else "without saying where to")
        )
    meaning = f" ({_STATUS[status]})" if status in _STATUS else ""
    return Verdict(FetchOutcome.SITE_ERROR, f"answers {status}{meaning}")


def is_challenge(reason: str) -> bool:
    """Whether a verdict's reason says that a bot protection stood there: it wants a browser, not patience."""
    return reason.startswith(_CHALLENGE)


def content_type(headers: Iterable[tuple[str, str]]) -> str:
    """The type without parameters, lower case; empty where none is said."""
    value = next((value for name, value in headers if name == "content-type"), "")
    return value.partition(";")[0].strip().lower()


def is_blank(body: bytes) -> bool:
    """Whether a page shows nothing, whatever a browser does with it: no words, no scripts or styles, nothing that is drawn or leads on."""
    if len(body) > _LARGEST_BLANK or _UNSHOWN.sub(b"", body).strip(b" \t\r\n\f\xef\xbb\xbf"):
        return False
    return _SHOWN.search(body) is None


def is_html(kind: str, body: bytes) -> bool:
    """Whether a browser would show this as a page: by its type, and where there is none by its first bytes."""
    return kind in _HTML or (not kind and looks_html(body))
