"""Checks of the cookies that answers set: those that browsers throw away as they are sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import host


@check(needs={"response"})
def cookies_taken(snapshot: Snapshot) -> Iterator[Observation]:
    """Browsers take the cookies that the page's answer sets: SameSite=None and the prefixes `__Secure-` and `__Host-` want Secure, the latter Path=/ and no Domain too.

    Over plain http nothing is said: the same server may set them right on https.
    """
    lines = snapshot.response.all_headers("set-cookie")
    if not lines or not snapshot.final_url.startswith("https:"):
        yield inapplicable("no cookie is set over https")
        return
    for line in lines:
        name, attributes = _read(line)
        fault = _fault(name, attributes, host(snapshot.final_url))
        if fault:
            shown = re.sub(r"[0-9a-f]{16,}", "#", name)[:80]
            said = "; ".join(f"{key}={value}" if value else key for key, value in attributes.items())
            yield failed(shown, Excerpt("set-cookie", f"{shown}=…; {said}"[:300]), cookie=shown, fault=fault)


def _read(line: str) -> tuple[str, dict[str, str]]:
    """Name, and attributes in lower case; the value is dropped."""
    first, *rest = line.split(";")
    pairs = (part.partition("=") for part in rest[:20])
    return first.partition("=")[0].strip(), {key.strip().lower(): value.strip().lower() for key, _, value in pairs}


def _fault(name: str, attributes: dict[str, str], here: str) -> str:
    secure = "secure" in attributes
    if attributes.get("samesite") == "none" and not secure:
        return "says SameSite=None without Secure"
    if name.startswith(("__Secure-", "__Host-")) and not secure:
        return "has a prefix that wants Secure, and is not"
    if name.startswith("__Host-") and (attributes.get("path") != "/" or attributes.get("domain")):
        return "has the prefix __Host-, which wants Path=/ and no Domain"
    domain = attributes.get("domain", "").lstrip(".")
    if domain and here != domain and not here.endswith(f".{domain}"):
        return f"is for {domain}, which this page is not of"
    return ""
