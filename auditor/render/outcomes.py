"""What came of a navigation, in our words: from a status, from a content type, from the browser's error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from auditor.model.words import FetchOutcome

HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml"})
_CHALLENGE_HEADERS = ("cf-mitigated", "x-datadome", "x-px-block", "x-sucuri-block")
_FAILURES: tuple[tuple[re.Pattern[str], FetchOutcome, str], ...] = tuple(
    (re.compile(pattern), outcome, reason)
    for pattern, outcome, reason in (
        (r"TOO_MANY_REDIRECTS|REDIRECT_LOOP", FetchOutcome.SITE_ERROR, "redirects without end"),
        (r"NAME_NOT_RESOLVED|UNKNOWN_HOST|dnsNotFound", FetchOutcome.UNREACHABLE, "the host name was not found"),
        (r"CONNECTION_REFUSED", FetchOutcome.UNREACHABLE, "the connection was refused"),
        (r"CONNECTION_RESET|NET_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|NET_INTERRUPT|PARTIAL_TRANSFER|CONTENT_LENGTH_MISMATCH|INCOMPLETE_CHUNKED",
         FetchOutcome.UNREACHABLE, "the connection was cut"),
        (r"CERT_DATE_INVALID|EXPIRED_CERTIFICATE|EXPIRED_ISSUER", FetchOutcome.UNREACHABLE, "TLS: the certificate is out of date"),
        (r"CERT_COMMON_NAME_INVALID|BAD_CERT_DOMAIN", FetchOutcome.UNREACHABLE, "TLS: the certificate is for another host"),
        (r"CERT_AUTHORITY_INVALID|UNKNOWN_ISSUER|SELF_SIGNED|UNTRUSTED", FetchOutcome.UNREACHABLE, "TLS: the certificate is not trusted"),
        (r"ERR_CERT_|SEC_ERROR|MOZILLA_PKIX", FetchOutcome.UNREACHABLE, "TLS: the certificate is not valid"),
        (r"ERR_SSL|SSL_ERROR|ERR_BAD_SSL", FetchOutcome.UNREACHABLE, "TLS: no secure connection"),
        (r"TIMED_OUT|NET_TIMEOUT|Timeout \d+ms exceeded", FetchOutcome.TIMEOUT, "no answer in time"),
        (r"ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY|PROXY_", FetchOutcome.UNREACHABLE, "the host could not be reached"),
        (r"ADDRESS_UNREACHABLE|INTERNET_DISCONNECTED|NETWORK_CHANGED|NETWORK_ACCESS", FetchOutcome.UNREACHABLE, "the host could not be reached"),
        (r"INVALID_RESPONSE|INVALID_HTTP|HTTP2_PROTOCOL|RESPONSE_HEADERS|CONTENT_DECODING|INVALID_CONTENT_ENCODING|CORRUPTED_CONTENT|INVALID_REDIRECT",
         FetchOutcome.SITE_ERROR, "the answer is not valid HTTP"),
        (r"INVALID_URL|MALFORMED_URI|UNKNOWN_URL_SCHEME|UNKNOWN_PROTOCOL|invalid URL", FetchOutcome.SKIPPED, "not a URL that a browser opens"),
    )
)  # fmt: skip
_ABORTED = re.compile(
    r"ERR_ABORTED|BINDING_ABORTED|Download is starting|NS_ERROR_ABORT|navigation canceled|HTTP_RESPONSE_CODE_FAILURE",
    re.I,
)
_COOKIE = re.compile(r"^([^=;]{0,200})=([^;]*)")
_CALL = re.compile(r"^(?:Page|Frame|BrowserContext|Browser|Response|Request)\.\w{1,40}: ")
_INTERRUPTED = re.compile(
    r"interrupted by another navigation|frame was detached|Execution context was destroyed|because of a navigation"
    r"|page is navigating|no such frame|Cannot find context|discarded|DiscardedBrowsingContext",
    re.I,
)


def of_status(status: int, headers: Mapping[str, str]) -> tuple[FetchOutcome, str]:
    """Of a document that was received; `headers` in lower case."""
    if status in (429, 430):
        wait = headers.get("retry-after", "")
        return FetchOutcome.RATE_LIMITED, f"status {status}" + (f", retry after {wait[:40]}" if wait else "")
    if status in (401, 403, 407, 451):
        return FetchOutcome.BLOCKED, f"status {status}"
    if status >= 400:
        if any(name in headers for name in _CHALLENGE_HEADERS):
            return FetchOutcome.BLOCKED, f"status {status} from a bot protection"
        return FetchOutcome.SITE_ERROR, f"status {status}"
    return FetchOutcome.OK, ""


def of_failure(message: str) -> tuple[FetchOutcome, str]:
    """Of a navigation that gave no document; `message` is Playwright's."""
    for pattern, outcome, reason in _FAILURES:
        if found := pattern.search(message):
            detail = re.search(r"(?:net::ERR|NS_ERROR|SSL_ERROR|SEC_ERROR|MOZILLA_PKIX_ERROR)_\w{1,60}", message)
            return outcome, f"{reason} ({detail.group(0)})" if detail and found else reason
    return FetchOutcome.UNREACHABLE, first_line(message)


def is_aborted(message: str) -> bool:
    """The browser gave the navigation up of its own: a download, an answer without content."""
    return bool(_ABORTED.search(message))


def is_interrupted(message: str) -> bool:
    """The page went elsewhere in the middle of what was asked of it."""
    return bool(_INTERRUPTED.search(first_line(message)))


def not_html(headers: Mapping[str, str]) -> str:
    """Why the answer is no page to open, empty where it is one."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if headers.get("content-disposition", "").strip().lower().startswith("attachment"):
        return f"not HTML (a download, {kind or 'no type'})"
    return "" if kind in HTML_TYPES else f"not HTML ({kind[:80]})"


def told(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers as evidence: names in lower case, cookie values told by their length only."""
    pairs = [(name.lower(), value) for name, value in headers][:200]
    return tuple(
        (
            name,
            "\n".join(_COOKIE.sub(_length, one) for one in value.split("\n")) if name == "set-cookie" else value[:4000],
        )
        for name, value in pairs
    )


def _length(match: re.Match[str]) -> str:
    return f"{match.group(1)}=<{len(match.group(2))} characters>"


def first_line(message: str) -> str:
    """Playwright's words without its call log, cut."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return _CALL.sub("", lines[0])[:300] if lines else "no reason given"
