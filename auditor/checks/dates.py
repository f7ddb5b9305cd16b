"""Checks of dates that run out: offers whose last day is over or near, copyright years."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import cast

from lxml import etree

from auditor.checks.registry import check
from auditor.facts.date_words import days
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable

_LONGEST = 300  # characters of a line; what is longer is an article or terms
_NEAR = 90  # characters between the words of an offer and its day
_UNTIL = re.compile(
    r"(?i)(?:\bends?(?: on)?|\buntil|\btill|\bthrough|\bthru|\bexpires?(?: on)?|\bby|\bonly (?:on|until)|\blast day:?|\bbis(?: zum| einschließlich)?|\bendet am|\bgültig bis"
    r"|\bjusqu['’]au|\bhasta(?: el)?|\bfino al|\btot(?: en met)?|\bt/m|\bt\.o\.m\.?|\btill och med|\btil(?: og med)?|\bдо|\bbefore|\bvoor|\bdo(?: dnia)?|\baté(?: ao?)?|–|-)\s*:?\s*$"
)
# Sales that are called by their year
_NAMED = re.compile(
    r"(?i)\b(?:black friday|cyber monday|cyber week|singles['’]? day|christmas sale|winter sale|summer sale|weihnachtsangebot\w*)[^\d\n]{0,12}\b(20\d\d)\b"
)
_OFFER = re.compile(
    r"(?i)\bsale\b|\boffers?\b|\bdeals?\b|\bdiscounts?\b|% ?off\b|\boff\b|\bpromo\w*|\bcoupon|\bvoucher|\bcode\b|\bsave\b|\bangebot|\brabatt|\baktion\w*|\bgutschein|\bsparen\b|\breduziert"
    r"|\boffre|\bsoldes?\b|\bremise|\boferta|\bdescuento|\brebajas?\b|\bofferta|\bsconto|\bsaldi\b|\baanbieding|\bkorting|\brea\b|\btilbud|\bpromocj|\bzniżk|\bsleva|\bdesconto|\bactie\b|\berbjudande|\bакци[яи]|\bскидк|\bпредложение|\bakce\b|\bfree shipping|\b(?:kostenloser?|gratis) versand|\blivraison (?:offerte|gratuite)|\benvío gratis|\bgratis (?:verzending|frakt)|[-–]\s?\d{1,2} ?%"
)
_NO_OFFER = re.compile(
    r"(?i)warrant|guarantee|garantie|return|rückgabe|deliver|lieferung|privacy|terms|best before|mindestens haltbar|review|bewertung|posted|published"
)
_COPYRIGHT = re.compile(
    r"(?i)(?:©|&copy;|\(c\)|\bcopyright\b)(?:[^.\n]|\b(?:Ltd|Inc|Co|Corp|LLC|Pty|GmbH|S\.A|B\.V)\.){0,40}?((?:19|20)\d{2})(?:\s*(?:[-–—/]|to|bis)\s*((?:19|20)\d{2}|present|today|heute|now))?"
)
_footers = etree.XPath(
    "//footer | //*[@role='contentinfo'] | //*[self::div or self::section][contains(translate(@class, 'FOTER', 'foter'), 'footer')"
    " or contains(translate(@id, 'FOTER', 'foter'), 'footer')]"
)


@check(needs={"wording"})
def offers_still_on(snapshot: Snapshot) -> Iterator[Observation]:
    """No line that tells of an offer ("Sale ends 12 November 2026") names a last day that was over when the page was sent; a day of grace."""
    yield from _offers(snapshot, over=True, within=0)


@check(needs={"wording"})
def offers_not_ending(snapshot: Snapshot, *, within: int = 14) -> Iterator[Observation]:
    """No line that tells of an offer names a last day within `within` days of the page's Date header."""
    yield from _offers(snapshot, over=False, within=within)


def _offers(snapshot: Snapshot, *, over: bool, within: int) -> Iterator[Observation]:
    told = list(_last_days(snapshot.wording.text))
    if not told:
        yield inapplicable("no offer with a last day")
        return
    sent = _sent(snapshot)
    if sent is None:
        yield cant_tell("the page does not say when it was sent")
        return
    for day, line in told:
        if (day < sent - timedelta(days=1)) if over else (sent <= day <= sent + timedelta(days=within)):
            yield failed(
                f"until {day.isoformat()}",
                Excerpt("shown", line),
                until=day.isoformat(),
                sent=sent.isoformat(),
                shown=line[:120],
                days=(day - sent).days,
                expires_at=day.isoformat(),
            )


def _last_days(text: str) -> Iterator[tuple[date, str]]:
    """(last day, line) of the lines that tell of an offer."""
    seen: set[date] = set()
    for line in text[:200_000].splitlines():
        if not 8 <= len(line) <= _LONGEST or "20" not in line or not _OFFER.search(line) or _NO_OFFER.search(line):
            continue
        for match in _NAMED.finditer(line):
            if (last := date(int(match[1]), 12, 31)) not in seen:
                seen.add(last)
                yield last, line
        for day, start, end in days(line):
            around = line[max(0, start - _NEAR) : end + _NEAR]
            if day not in seen and _UNTIL.search(line[max(0, start - 40) : start]) and _OFFER.search(around):
                seen.add(day)
                yield day, line


@check(needs={"document"})
def copyright_current(snapshot: Snapshot) -> Iterator[Observation]:
    """The footer's copyright names this year, or none; in January last year's will do. A span counts by its end."""
    text = _footer(snapshot)
    found = list(_COPYRIGHT.finditer(text[:20_000]))
    if not found:
        yield inapplicable("no copyright with a year in the footer")
        return
    sent = _sent(snapshot)
    if sent is None:
        yield cant_tell("the page does not say when it was sent")
        return
    if _scripted(snapshot):
        yield cant_tell("a script writes the year, and the page was not opened in a browser")
        return
    years = [
        sent.year if (last := match.group(2)) and not last.isdigit() else int(match.group(2) or match.group(1))
        for match in found
    ]
    newest = max(years)
    if newest < sent.year - (1 if sent.month == 1 else 0):
        match = found[years.index(newest)]
        yield failed("copyright year", Excerpt("footer", match.group()[:120]), year=newest, now=sent.year)


def _footer(snapshot: Snapshot) -> str:
    """The text of the last footer that is in no other one."""
    blocks = cast(list[etree._Element], _footers(snapshot.document.tree))[:200]
    known = set(blocks)
    outer = [block for block in blocks if known.isdisjoint(block.iterancestors())]
    if not outer:
        return ""
    texts = cast(list[str], outer[-1].xpath(".//text()[not(ancestor::script) and not(ancestor::style)]"))
    return " ".join(" ".join(texts).split())


def _scripted(snapshot: Snapshot) -> bool:
    """Whether a script in the fetched page puts a year in: `document.write(new Date().getFullYear())`."""
    return not snapshot.document.rendered and "getFullYear" in snapshot.document.html


def _sent(snapshot: Snapshot) -> date | None:
    try:
        return parsedate_to_datetime(snapshot.header("date") or "").date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
