"""Evidence of a consent banner: what it offers as found, and what was done with it where the snapshot is one of an answer."""

from __future__ import annotations

import msgspec

from auditor.evidence.cookies import Cookies


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to press on the banner's first layer; `means` accept, reject, settings or nothing we know.

    `reached`: the Tab key leads there. `drawn` as a button (with a background or border of its own) or as text; empty: not known.
    """

    text: str
    means: str = ""
    reached: bool = True
    drawn: str = ""


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The banner of a page. Times are milliseconds since navigation began, on one axis with the requests."""

    shown: bool = False  # a banner was seen
    tool: str = ""  # its maker's name, empty where we know none
    found_by: str = ""  # "rules" (autoconsent), "selectors" (our table) or "words"
    text: str = ""  # what it says, cut at 600 characters
    choices: tuple[Choice, ...] = ()  # of the first layer
    asked: str = ""  # reject or accept, where the snapshot is one of an answer
    done: bool = False  # the answer was given and the banner went away
    clicks: tuple[str, ...] = ()  # what was pressed, in order
    reason: str = ""  # why it could not be answered
    answered_ms: float = 0.0
    reopened_ms: float = 0.0  # when the page was opened again with the answer given: what is judged comes after it
    shown_again: bool = False  # the banner came back on the page opened again
    before: Cookies | None = None  # cookies and storage right before the answer
