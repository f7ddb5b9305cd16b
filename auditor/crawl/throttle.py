"""When the next request may go: how many at once, how far apart, and how long the shop asked us to wait."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from itertools import takewhile

from auditor.model.words import FetchOutcome

LONGEST_PAUSE = 120.0
LONGEST_INTERVAL = 60.0
FIRST_WINDOW = 4
_SLOW = 3.0  # latency above this many times the usual is too much
_CALM = 1.6  # below this many times the usual there may be one more at once
_LATENCY_FLOOR = 0.2  # seconds; faster answers are never called slow
_PERIOD = 60.0  # seconds; most limits are of requests a minute
_SPAN, _ENOUGH = 20.0, 20  # seconds and requests that a rate is reckoned from, at least
_UNDER = 0.8  # of the rate that was refused
_RECOVER = 0.995  # of the interval, at each good answer
_FEW = 5  # requests that a rate is reckoned from where the shop named a time
_LONGEST_BACKOFF = 60.0
_MOST_REFUSALS = 12  # in a row, and nothing answered for as long as we are patient: then the shop is left in peace
_FAILURES = 5  # in a row, of pages that may well be there: then it is the shop that bears no more, not these pages
_VAIN = 5  # pauses after which nothing was better: then it is these pages
_OVERLOADED = frozenset({502, 503, 504, 508, 509, 520, 521, 522, 523, 524})
_AFTER_BAN = 0.1  # seconds between requests, at least
_SPARE = 0.5  # of a quota; above that there is no hurry to spread it


class Throttle:
    """An additive-increase, halve-on-trouble window, a least interval and pauses. Times are seconds of `clock`."""

    def __init__(
        self,
        concurrency: int,
        *,
        rate: float | None = None,
        backoff: float = 2.0,
        stop: asyncio.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.most = concurrency
        self.interval = 1 / rate if rate else 0.0
        self.paused_until = 0.0
        self._window = float(min(FIRST_WINDOW, concurrency))
        self._backoff = backoff
        self._stop = stop
        self._clock = clock
        self._tell = tell
        self._usual = 0.0  # smoothed latency while all is calm
        self._now_latency = 0.0
        self._next = 0.0
        self._refused = 0  # times in a row; a volley of requests that are refused together is one
        self._refused_at = self._refusing_since = -1e9
        self._halved_at = -1e9
        self._asked = 0.0  # seconds, by the last refusal
        self._failing = self._vain = 0  # failures in a row; pauses for them since an answer came
        self._sent: deque[float] = deque(maxlen=4_000)  # when, for as long as a period
        self._learned = 0.0  # least interval by the refusals so far
        self._quota = 0.0  # least interval by what the shop says is left

    @property
    def window(self) -> int:
        """How many requests may be under way."""
        return max(1, int(self._window))

    def refuses(self, patience: float) -> bool:
        """Whether the shop has asked for fewer requests and answered none for `patience` seconds, however long we waited.

        Also where it says, and says again, that it will not answer before that time is over.
        """
        if self._refused >= 2 and self._asked >= patience:
            return True
        return self._refused >= _MOST_REFUSALS and self._clock() - self._refusing_since >= patience

    @property
    def overloaded(self) -> bool:
        """Whether the last requests failed as they do where a shop bears no more of them, and a pause may help."""
        return self._failing >= _FAILURES and self._vain <= _VAIN

    def slow_to(self, interval: float) -> None:
        """A crawl delay the site asks for."""
        self.interval = max(self.interval, min(interval, LONGEST_INTERVAL))

    def banned(self) -> None:
        """Everything was refused for a while: from now on one at a time at first, and at most half as fast as before."""
        self._learn(self._clock())
        self.most, self._window = max(1, self.most // 2), 1.0
        self.interval = min(LONGEST_INTERVAL, max(2 * self.interval, self._learned, _AFTER_BAN))

    async def pace(self) -> None:
        """Returns when the next request may go, or at once when the crawl is asked to stop."""
        while not (self._stop and self._stop.is_set()):
            now = self._clock()
            wait = max(self.paused_until, self._next) - now
            if wait <= 0:
                self._next = now + max(self.interval, self._learned, self._quota)
                self._sent.append(now)
                return
            paused = self.paused_until - now
            if paused > 1:
                self._tell(f"waiting {paused:.0f} s, as the shop " + ("failed to answer" if self._failing else "asked"))
            await self._sleep(wait)
            if paused > 1:
                self._tell("")

    def note(self, status: int, headers: dict[str, str], latency: float, outcome: FetchOutcome) -> None:
        """Learns from an answer; header names in lower case. `status` 0 is no answer."""
        now = self._clock()
        sent_after = now - latency >= self._refused_at  # the last refusal was known
        if outcome is FetchOutcome.RATE_LIMITED:
            self._refuse(now, retry_after(headers) or reset_after(headers), again=sent_after)
            self._halve(now)
            return
        self._count_failure(now, failed=status in _OVERLOADED or (not status and outcome is FetchOutcome.SITE_ERROR))
        if sent_after and 0 < status < 500:
            self._refused, self._asked = 0, 0.0
        self._learned *= _RECOVER if self._learned > 0.001 else 0
        self._quota = spread(headers)
        if exhausted(headers) and (reset := reset_after(headers)) is not None:
            self.paused_until = max(self.paused_until, now + min(reset, LONGEST_PAUSE))
        if status in (502, 503, 504) or outcome is FetchOutcome.TIMEOUT:
            self._halve(now)
            return
        if outcome is not FetchOutcome.OK:
            return
        self._now_latency = latency if not self._now_latency else 0.8 * self._now_latency + 0.2 * latency
        usual = max(self._usual, _LATENCY_FLOOR)
        if self._usual and self._now_latency > _SLOW * usual:
            self._halve(now)
            return
        # The usual follows slowly, so that a shop which gets slower and slower under our load is noticed.
        self._usual = latency if not self._usual else 0.99 * self._usual + 0.01 * latency
        if self._now_latency <= _CALM * usual:
            self._window = min(float(self.most), self._window + 1 / self._window)

    def _count_failure(self, now: float, *, failed: bool) -> None:
        """Many shops do not say 429: beyond their limit they answer 503, or drop the connection."""
        if not failed:
            self._failing = self._vain = 0
            return
        self._failing += 1
        if self._failing >= _FAILURES and now >= self.paused_until and self._vain <= _VAIN:
            if not self._vain:
                self._learn(now)
            self.paused_until = now + min(_LONGEST_BACKOFF / 2, self._backoff * 2**self._vain)
            self._vain += 1

    def _refuse(self, now: float, asked: float | None, *, again: bool) -> None:
        """Waits as long as `asked`, and longer where that did not help."""
        if again:
            self._refused += 1
            if self._refused == 1:
                self._refusing_since = now
            if self._refused == (1 if asked is None else 3):
                self._learn(now)
            elif self._refused == 1 and asked is not None:
                self._learn_of_late(now, min(10.0, max(1.0, asked)))
            self._refused_at = now
        vain = self._refused - (1 if asked is None else 3)
        pause = min(_LONGEST_BACKOFF, self._backoff * 2 ** min(vain, 6)) if vain >= 0 else 0.0
        if asked is not None:
            self._asked = asked
        self.paused_until = max(self.paused_until, now + min(max(pause, asked or 0.0), LONGEST_PAUSE))

    def _learn(self, now: float) -> None:
        """A shop that refuses and names no time, or one that is not enough, bears fewer requests than it had of late."""
        while self._sent and self._sent[0] < now - _PERIOD:
            self._sent.popleft()
        if len(self._sent) >= _ENOUGH:
            self._keep_under(len(self._sent) / max(_SPAN, now - self._sent[0]))

    def _learn_of_late(self, now: float, period: float) -> None:
        """The same where it names a time: its limit is one of about that period, and what went before a pause is forgotten."""
        begin = max(now - period, self.paused_until)
        late = list(takewhile(lambda at: at >= begin, reversed(self._sent)))
        if len(late) >= _FEW:
            self._keep_under(len(late) / max(1.0, now - late[-1]))

    def _keep_under(self, rate: float) -> None:
        self._learned = min(10.0, max(self._learned, 1 / (_UNDER * rate)))

    def _halve(self, now: float) -> None:
        # Answers to requests sent before the last halving say nothing about the window after it.
        if now - self._halved_at >= max(1.0, 2 * self._now_latency):
            self._window = max(1.0, self._window / 2)
            self._halved_at = now

    async def _sleep(self, seconds: float) -> None:
        if self._stop is None:
            await asyncio.sleep(seconds)
            return
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            pass


def retry_after(headers: dict[str, str]) -> float | None:
    """Seconds of Retry-After, given in seconds or as a date."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def exhausted(headers: dict[str, str]) -> bool:
    """The shop says that no request is left until its reset."""
    return any(left == 0 for left, _, _ in _limits(headers))


def reset_after(headers: dict[str, str]) -> float | None:
    """Seconds until the limit that is nearest to its end is reset."""
    known = [(left if left is not None else 0.0, reset) for left, reset, _ in _limits(headers) if reset is not None]
    return min(known, key=lambda one: (one[0], -one[1]))[1] if known else None


def spread(headers: dict[str, str]) -> float:
    """Seconds between requests that make what is left last until its reset; 0 while plenty is left."""
    intervals = [
        reset / left
        for left, reset, quota in _limits(headers)
        if left and reset and left <= (_SPARE * quota if quota else 50)
    ]
    return min(max(intervals, default=0.0), LONGEST_INTERVAL)


def _limits(headers: dict[str, str]) -> list[tuple[float | None, float | None, float | None]]:
    """What is left, seconds until the reset, and the quota, of every limit the answer tells of.

    `RateLimit: "default";r=50;t=30` with `RateLimit-Policy: "default";q=100;w=60` (several, comma-separated), the older
    `RateLimit: limit=100, remaining=50, reset=30`, and the oldest: headers of their own, with `X-` or without; a reset may
    be a time since 1970.
    """
    found: list[tuple[float | None, float | None, float | None]] = []
    for name in ("ratelimit", "x-ratelimit", "x-rate-limit"):
        left, reset, quota = (_number(headers.get(f"{name}-{part}", "")) for part in ("remaining", "reset", "limit"))
        if left is not None or reset is not None:
            found.append((left, max(0.0, reset - time.time()) if reset is not None and reset > 1e9 else reset, quota))
    if told := headers.get("ratelimit", "")[:1_000]:
        quotas = {one: parts.get("q") for one, parts in _items(headers.get("ratelimit-policy", "")[:1_000])}
        if "remaining" in told or "reset" in told:
            ((_, parts),) = _items(told.replace(",", ";")) or [("", {})]
            found.append((parts.get("remaining"), parts.get("reset"), parts.get("limit")))
        else:
            found += [(parts.get("r"), parts.get("t"), quotas.get(one)) for one, parts in _items(told)]
    return found


def _items(value: str) -> list[tuple[str, dict[str, float]]]:
    """`"a";r=1;t=2, "b";r=3` as names with their numbers."""
    items = []
    for item in value.split(","):
        parts = [part.strip() for part in item.split(";")]
        pairs = (part.partition("=") for part in parts if "=" in part)
        numbers = {name.strip().lower(): number for name, _, text in pairs if (number := _number(text)) is not None}
        if numbers:
            items.append((parts[0].strip('"'), numbers))
    return items


def _number(value: str) -> float | None:
    try:
        number = float(value.strip())
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None
