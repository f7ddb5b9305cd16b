"""How browsers keep to what a shop bears: what it refused is asked for again later, one page after the other, with pauses."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable

from auditor.evidence.requests import Held, Requests
from auditor.model.words import FetchOutcome
from auditor.render.task import RenderResult

_TRIES = 3  # of a snapshot that the shop refused
_FIRST_PAUSE, _LONGEST_PAUSE = 4.0, 60.0  # seconds; each further one in a row is twice as long
_BETWEEN, _LONGEST_BETWEEN = 2.0, 10.0  # seconds between pages after a refusal
_MOST, _IN_VAIN = 240.0, 5  # seconds of pauses in all, and refusals in a row: then it is given up
_LONGEST_ASKED = 120.0  # seconds that are waited where the shop asks for so many
_SHUT_OUT = 12  # pages in a row that no browser is let into: a protection that knows them
_RETRY_AFTER = re.compile(r"retry after (\d{1,6})$")
_LIMITS = frozenset({429, 430})
_OVERLOADED = frozenset({503, 508, 509})
_NEEDED = frozenset({"document", "script", "stylesheet"})
_SOME = 3  # pictures, fonts and data that were refused, at least: one of them may be an answer to this one


class Manners:
    """State of one audit's browsers: how far apart pages are opened, and what is made of a refusal."""

    def __init__(
        self,
        interval: float = 0.0,
        *,
        stopped: threading.Event | None = None,
        say: Callable[[str], None] = lambda _: None,
        first_pause: float = _FIRST_PAUSE,
    ) -> None:
        self.interval = interval  # least seconds between the starts of two pages
        self.gentle = False  # one page at a time
        self._stopped, self._say = stopped or threading.Event(), say
        self._first_pause = first_pause
        self._opened = -1e9  # when the last page was
        self._waited = 0.0
        self._asked = 0.0  # seconds, by Retry-After
        self._in_row = self._shut_out = 0  # refusals, and pages that let no browser in, one after the other
        self._tries: Counter[str] = Counter()

    @property
    def gave_up(self) -> bool:
        """Whether the shop goes on refusing, however long was waited, or lets no browser in: then it is left in peace."""
        if self._shut_out >= _SHUT_OUT:
            return True
        return self._in_row >= _IN_VAIN and self._waited >= _MOST * self._first_pause / _FIRST_PAUSE

    def turn(self) -> None:
        """Returns when the next page may be opened, or at once where the audit is stopped."""
        left = self._opened + self.interval - time.monotonic()
        if left > 0:
            self._stopped.wait(left)
        self._opened = time.monotonic()

    def shall_ask_again(self, taken: RenderResult) -> bool:
        """Whether the shop refused this snapshot, or what the page needs, and a later asking may help.

        A page without its styles would be told as full of faults of the shop: refused to the end it is a gap, and nothing is judged.
        """
        why = refusal(taken)
        self._shut_out = self._shut_out + 1 if taken.outcome is FetchOutcome.BLOCKED else 0
        if not why:
            self._in_row = 0
            return False
        self.gentle = True
        if asked := _RETRY_AFTER.search(taken.reason):
            self._asked = max(self._asked, min(_LONGEST_ASKED, float(asked[1])))
        name = str(taken.key)
        self._tries[name] += 1
        if self._tries[name] < _TRIES and not self.gave_up:
            return True
        if taken.outcome is FetchOutcome.OK:
            taken.outcome, taken.reason, taken.html = FetchOutcome.RATE_LIMITED, why, ""
            taken.bundle.kinds.clear()
        return False

    def pause(self) -> None:
        """After refusals: waits, longer each time in a row, and keeps more time between pages from now on."""
        slower = 2 ** min(self._in_row, 8)
        seconds = max(min(_LONGEST_PAUSE, self._first_pause * slower), self._asked)
        self._asked = 0.0
        self._in_row += 1
        self._waited += seconds
        between = _BETWEEN * self._first_pause / _FIRST_PAUSE * slower
        self.interval = max(self.interval, min(_LONGEST_BETWEEN, between))
        self._say(f"waiting {seconds:.0f} s, as the shop refuses what browsers ask for")
        self._stopped.wait(seconds)


def refusal(taken: RenderResult) -> str:
    """By which words the shop refused the page, or files that it needs, for being asked too often; "" where it did not."""
    if taken.outcome is FetchOutcome.RATE_LIMITED:
        return taken.reason or "the shop asked for fewer requests"
    if taken.outcome is FetchOutcome.SITE_ERROR and any(
        taken.reason.startswith(f"status {code}") for code in _OVERLOADED
    ):
        return taken.reason
    requests = taken.bundle.read(Requests)
    if requests is None:
        return ""
    own = [one for one in requests.items if not one.third_party and one.held is Held.NO]
    limited = [one for one in own if one.status in _LIMITS]
    overloaded = [one for one in own if one.status in _OVERLOADED]
    if len(limited) >= _SOME or any(one.type in _NEEDED for one in limited):
        return f"the shop refused {len(limited)} of the page's files ({limited[0].status})"
    if len({one.url for one in overloaded}) >= _SOME:
        return f"the shop failed at {len(overloaded)} of the page's files ({overloaded[0].status})"
    return ""
