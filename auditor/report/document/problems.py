"""The part of the result document about problems: what a person mends once, where it was found, and the pages."""

from __future__ import annotations

import msgspec

from auditor.model.finding import Excerpt
from auditor.model.words import Certainty, FetchOutcome, Owner, PageType, Severity
from auditor.report.document.pieces import PicturePart, SnapshotPart


class FindingPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    url: str
    message: str
    clients: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    consent: tuple[
        str, ...
    ] = ()  # none, reject, accept, gpc, gpc-accept: states it was seen in; empty where in the first alone
    excerpts: tuple[Excerpt, ...] = ()
    picture: PicturePart | None = None  # of the client it was seen in, where there is one


class ProblemPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person mends once, worst first in the document. `findings` are at most 25 of `pages`."""

    id: str
    rule: str
    title: str
    severity: Severity
    certainty: Certainty
    owner: Owner
    page_type: PageType
    target: str
    pages: int
    message: str
    why: str
    fix: str
    refs: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    gated: bool | None = None  # the gate counts it; None where no gate has said so: severity and certainty decide
    fix_on: str = ""  # how to mend it on the shop's platform, where the rule knows
    looked: int = 0  # pages of this type on which the same clients looked; 0 where it is not known
    places: int = 0  # places to change, estimated; see effort
    effort: str = ""  # small | medium | large: an estimate from counts, report/effort.py says how
    state: str = ""  # new | changed | known, against the run before; empty where there is none
    since: str = ""  # start of the run that saw it first
    beside: tuple[str, ...] = ()  # what besides the shop may be behind the state
    before: str = ""  # severity and certainty before, where they changed
    pages_before: int = 0
    accepted: bool = False  # the baseline has it
    ignored: str = ""  # the entry of the ignore list that leaves it out
    ignored_pages: int = 0  # pages that the ignore list leaves out of it
    ignore: str = ""  # the entry to put into the ignore list
    findings: tuple[FindingPart, ...] = ()


class PagePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    page_type: str
    status: int
    outcome: FetchOutcome
    reason: str = ""
    final_url: str = ""
    template: str = ""
    findings: int = 0
    snapshots: tuple[SnapshotPart, ...] = ()
