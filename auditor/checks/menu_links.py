"""Checks of how pages are led to: links that only scripts can follow, and how many the frame of a page has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.facts.dom import fold, words
from auditor.facts.page_type import addressed_as
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import crawl_key, is_http, without_fragment
from auditor.model.words import PageType, Severity

_LINK_ROLE = re.compile(r"role\s*=\s*[\"']?link")
_clicked = etree.XPath("//*[@onclick or @role='link']")
_GOES = re.compile(
    r"(?:location(?:\.href)?\s*=\s*|location\.(?:assign|replace)\(\s*|window\.open\(\s*|setLocation\(\s*)"
    r"([\"'])([^\"'{}$+]{1,2000})\1\s*(?=[;,)}\n]|$)"
)
_HELD = ("data-href", "data-url", "data-link")
_PRIVATE = (PageType.ACCOUNT, PageType.CART, PageType.CHECKOUT, PageType.SEARCH)
_FRAME = ("nav", "header", "footer", "aside")
_ASIDE = re.compile(
    r"(?i)\.(?:ics|vcf|pdf|zip|csv|xlsx?|docx?)\?|forgot|password|passwort|mot_?-?de_?-?passe|(?:to|a|email)[-_]?a?[-_]?friend"
)
_TURNS = re.compile(r"(?i)(?:^|&)(?:page|paged|pg|p|start|offset)=\d")
_POPUP = re.compile(r"window\.open\s*\([^)]*,[^)]*,[^)]*(?:width|height)")  # a window with a size
# Addresses and words that change what the shop remembers of its visitor
_SWITCH = re.compile(
    r"(?i)[?&][\w.\[\]-]{1,40}=(?:on|off|clear|reset|delete|remove|disable|enable|hide)(?:&|$)"
    r"|[/=](?:clear|reset|delete|remove|disable|enable|turn-?o(?:n|ff))(?:[-_/?&.]|[A-Z]|$)"
)
_SWITCHES = re.compile(
    r"(?i)\b(?:clear|reset|delete|disable|deactivate|turn off|switch off|löschen|ausschalten|zurücksetzen|deaktivieren|effacer|désactiver|borrar|desactivar|cancella|disattiva|wissen|uitschakelen)\b"
    r"|\b(?:off|aus)$"
)
_filled = etree.XPath(
    ".//input[not(@type) or not(@type='hidden' or @type='submit' or @type='button' or @type='image' or @type='reset')] | .//select | .//textarea"
)
_MENU_ROLES = ("navigation", "banner")
_NOWHERE = re.compile(r"^(?:#|javascript:|\s*$)", re.IGNORECASE)
_MOST = 2_000  # elements with a script of their own that are looked at


@check(needs={"document", "links", "platform"})
def pages_linked_without_scripts(snapshot: Snapshot) -> Iterator[Observation]:
    """What leads to a page of the shop is a link: no page is reached from here only by a script (`onclick`, `role=link`).

    Pages that a real link of the page leads to as well, what changes the cart or the account, buttons that open something, and
    what no search is to find are left out: cart and account, the page in another view, files, windows of a size of their own, a step
    of a form, and what switches something off or clears it.
    """
    lower = snapshot.document.html.lower()
    if "onclick" not in lower and not _LINK_ROLE.search(lower):  # far faster than XPath
        return
    found: dict[str, list[HtmlElement]] = {}
    for element in cast(list[HtmlElement], _clicked(snapshot.document.tree))[:_MOST]:
        if (url := _destination(snapshot, element)) and not _is_aside(snapshot, element, url):
            found.setdefault(url, []).append(element)
    if not found:
        return
    known = {crawl_key(url) for url in snapshot.own_urls} | {crawl_key(without_fragment(snapshot.final_url))}
    found = {
        url: elements
        for url, elements in found.items()
        if crawl_key(url) not in known and not _is_private(url, snapshot.platform.id)
    }
    for url, elements in list(found.items())[:20]:
        first = elements[0]
        in_menu = any(_in_menu(one) for one in elements)
        yield failed(
            url,
            Excerpt("element", _written(first), where=f"line {first.sourceline or 0}"),
            severity=None if in_menu else Severity.MINOR,
            text=fold("".join(words(first)), 120) or "(no text)",
            url=url,
        )


def _destination(snapshot: Snapshot, element: HtmlElement) -> str:
    """The page of the shop to which a script of the element leads; "" where it is a link, stands in one, or leads nowhere known."""
    match = _GOES.search((element.get("onclick") or "")[:5_000])
    written = match[2] if match else ""
    if not written and (element.get("role") or "").lower() == "link":
        written = next((value for name in _HELD if (value := element.get(name))), "")
    if not written or _NOWHERE.match(written):
        return ""
    if element.tag in ("a", "area") and not _NOWHERE.match(element.get("href") or ""):
        return ""
    if element.get("aria-disabled") == "true" or element.get("aria-current"):
        return ""
    around = next(element.iterancestors("a", "template", "noscript"), None)
    if around is not None or element.find(".//a[@href]") is not None:
        return ""
    url = without_fragment(snapshot.document.absolute(written.strip()) or "")
    return url if is_http(url) and snapshot.site.owns(url) else ""


def _is_private(url: str, platform: str) -> bool:
    """Whether nobody needs to find the page: the account, the cart, what changes something."""
    return bool(platforms.load().unsafe(url, platform)) or addressed_as(url, platform) in _PRIVATE


def _is_aside(snapshot: Snapshot, element: HtmlElement, url: str) -> bool:
    """Whether it is the page itself in another view, a file, a forgotten password and the like, or a window with a size."""
    here, there = urlsplit(snapshot.final_url), urlsplit(url)
    return (
        (here.path == there.path and not _TURNS.search(there.query))
        or _ASIDE.search(f"{there.path}?{there.query}") is not None
        or _POPUP.search((element.get("onclick") or "")[:5_000]) is not None
        or _SWITCH.search(f"{there.path}?{there.query}") is not None
        or _SWITCHES.search(fold("".join(words(element)), 120)) is not None
        or _of_form(element)
    )


def _of_form(element: HtmlElement) -> bool:
    """Whether it is a button of a form that has something to fill in: back to an earlier step, or what comes next."""
    if element.tag not in ("button", "input") and (element.get("role") or "").lower() != "button":
        return False
    form = next(element.iterancestors("form"), None)
    return form is not None and bool(_filled(form))


def _in_menu(element: HtmlElement) -> bool:
    return any(
        up.tag in ("nav", "header") or (up.get("role") or "").lower() in _MENU_ROLES for up in element.iterancestors()
    )


def _written(element: HtmlElement) -> str:
    attributes = " ".join(f'{name}="{value[:120]}"' for name, value in list(element.attrib.items())[:6])
    return f"<{element.tag} {attributes}>"[:300]


@check(needs={"links"})
def frame_links_few(
    snapshot: Snapshot, *, maximum: int = 300, menu: int = 100, share: float = 0.8
) -> Iterator[Observation]:
    """Menu, header and footer together lead to no more than `maximum` pages, and a menu of `menu` or more stands in the page once.

    A menu stands there twice where at least `share` of its pages are linked from two places of it or more. Lists in the main
    part are no menu.
    """
    frame = [without_fragment(link.url) for link in snapshot.own_links if link.position in _FRAME]
    if not frame:
        yield inapplicable("no links in a menu, header or footer")
        return
    pages = len(set(frame))
    if pages > maximum:
        yield failed("many", count=pages, what=f"lead to {pages} pages")
    # a card's picture and name both lead to its product, so what stands in no landmark does not count
    counted = Counter(without_fragment(link.url) for link in snapshot.own_links if link.position in ("nav", "header"))
    twice = sum(count > 1 for count in counted.values())
    if len(counted) >= menu and twice >= share * len(counted):
        yield failed("twice", count=twice, what=f"link {twice} of {len(counted)} pages twice or more")
