"""`endings.ics`: what ends after the run, as days of a calendar (RFC 5545)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from icalendar import Calendar, Event

from auditor.report import atomic
from auditor.report.document import EndingPart, ResultDocument, RunPart
from auditor.report.escape import href, line

CALENDAR = "endings.ics"
_LONGEST = 200  # characters of a title


def write(document: ResultDocument, folder: Path) -> Path | None:
    """Writes the calendar beside the report; None where nothing ends.

    What ends keeps its UID from run to run, so that a calendar that takes the file in again has each day once.
    """
    ending = (*document.history.endings, *document.history.later)
    if not ending:
        return None
    calendar = Calendar()
    calendar.add("prodid", "-//auditor//endings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"What ends: {line(document.run.site, _LONGEST)}")
    for one in ending:
        calendar.add_component(_event(one, document.run))
    atomic.write(folder / CALENDAR, calendar.to_ical())
    return folder / CALENDAR


def _event(one: EndingPart, run: RunPart) -> Event:
    end, what = date.fromisoformat(one.day), line(one.what)
    known = "\x00".join((run.site, run.environment, one.kind, one.day, one.url or one.what))
    event = Event()
    event.add("uid", f"{hashlib.blake2b(known.encode('utf-8', 'replace'), digest_size=12).hexdigest()}@auditor")
    event.add("dtstamp", datetime.fromisoformat(run.started_at).astimezone(UTC))
    event.add("dtstart", end)
    event.add("dtend", end + timedelta(days=1))  # the day itself: DTEND is not part of it
    event.add("summary", f"Ends: {line(one.what, _LONGEST)}")
    event.add("description", f"{what}\n\nSeen by the audit {run.name}.")
    event.add("transp", "TRANSPARENT")  # takes nobody's time
    if one.kind:
        event.add("categories", [one.kind])
    if link := href(one.url):
        event.add("url", link)
    return event
