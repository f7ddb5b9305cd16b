"""Checks of the links by which shoppers reach the shop's people: mail, telephone, social networks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from auditor.checks.links import link_excerpt, said
from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Observation, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Certainty

_SCHEMES = ("mailto:", "tel:", "mail:", "telephone:", "sms:", "callto:")
_NETWORKS = re.compile(
    r"https?://(?:(?:www\.|m\.)?(?:facebook|instagram|twitter|x|pinterest|tiktok|youtube|linkedin|vimeo|snapchat)\.com|wa\.me)(?:[/?#]|$)",
    re.IGNORECASE,
)
_MAIL_PLACEHOLDERS = ("example.com", "example.org", "example.net", "yourdomain.com", "yourstore.com", "yourcompany.com")
_MAIL_STAND_INS = (
    "your@email.com",
    "name@email.com",
    "email@email.com",
    "info@mysite.com",
    "demo@demo.com",
    "test@test.com",
)
_PHONE_PLACEHOLDERS = ("1234567890", "123456789", "12345678", "0123456789")


@check(needs={"links", "platform"})
def contact_links_work(snapshot: Snapshot) -> Iterator[Observation]:
    """Every mailto: and tel: link names somebody, and links to social networks lead to somebody's page there.

    `mailto:?subject=…`, which lets the shopper choose, is right.
    """
    own = [
        link
        for link in snapshot.links.of("other")
        if link.inside != "template" and link.href.strip().lower().startswith(_SCHEMES)
    ]
    social = [link for link in snapshot.links.clickable if _NETWORKS.match(link.url)]
    if not own and not social:
        yield inapplicable("no mailto: or tel: links, and none to social networks")
        return
    seen: set[str] = set()
    for link in social:
        parts = urlsplit(link.url)
        lead = parts.path.strip("/").lower()
        theirs = lead == "shopify" and snapshot.platform.id == "shopify"
        if parts.fragment.startswith(("!", "%21")):
            continue  # how these networks wrote their pages once
        if ((lead in ("", "undefined", "null") and not parts.query) or theirs) and (name := host(link.url)) not in seen:
            seen.add(name)
            what = (
                "leads to the platform maker's page"
                if theirs
                else "leads to the network itself, to nobody's page there"
            )
            yield failed(
                name,
                link_excerpt(link),
                certainty=Certainty.LIKELY,
                href=link.href.strip(),
                text=said(link),
                what=what,
            )
    for link in own:
        scheme, _, rest = link.href.strip().partition(":")
        value = unquote(rest).strip()
        if scheme.lower() in ("mail", "telephone"):
            what, certainty = f"begins with {scheme}:, which browsers don't know", None
        else:
            what, certainty = {"mailto": _mail_fault, "tel": _phone_fault}.get(scheme.lower(), _other_fault)(value)
        target = f"{scheme.lower()}:{value.partition('?')[0]}"
        if not what or target in seen:
            continue
        seen.add(target)
        yield failed(
            target, link_excerpt(link), certainty=certainty, href=link.href.strip(), text=said(link), what=what
        )


def _mail_fault(value: str) -> tuple[str, Certainty | None]:
    addresses, _, fields = value.partition("?")
    if not addresses.strip():
        # Share links leave the address to the shopper, or give it in a field.
        return ("names no address", None) if not fields else ("", None)
    for one in re.split(r"[,;]", addresses):
        one = one.strip()
        # `Shop <mail@shop.example>` is understood by most programs.
        one = one[one.rfind("<") + 1 : -1] if one.endswith(">") else one
        name, at, where = one.rpartition("@")
        if one and (
            not at
            or not name
            or "@" in name
            or ".." in where
            or "." not in where.strip(".")
            or re.search(r"[\s:/]", one)
        ):
            return "is no e-mail address", None
        if where.lower() in _MAIL_PLACEHOLDERS or one.lower() in _MAIL_STAND_INS:
            return "names a placeholder instead of the shop's address", None
    return "", None


def _other_fault(value: str) -> tuple[str, Certainty | None]:
    """Of sms: and callto:, which need somebody."""
    return ("names nobody", None) if not value.strip("/") else ("", None)


def _phone_fault(value: str) -> tuple[str, Certainty | None]:
    digits = re.sub(r"[^0-9]", "", value.partition(";")[0])
    if len(digits) > 17:  # the longest have 15 (E.164), and some write 00 in front
        return "is too long for a telephone number", Certainty.LIKELY
    if len(digits) < 3 and not re.fullmatch(r"[*#0-9]{2,}", value):
        return "is no telephone number", None
    if re.match(r"(?:tel|mailto|https?):", value, re.IGNORECASE) or "@" in value:
        return "is no telephone number", None
    national = digits.removeprefix("1") if len(digits) == 11 else digits
    if (
        digits in _PHONE_PLACEHOLDERS
        or national in _PHONE_PLACEHOLDERS
        or re.fullmatch(r"0{5,}|(?:\d{3})?55501\d\d", national)
    ):
        return "is a placeholder number", Certainty.LIKELY
    return "", None
