"""When the next request may go: how many at once, how far apart, and how long the shop asked us to wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from auditor.model.words import FetchOutcome

LONGEST_PAUSE = 120.0
LONGEST_INTERVAL = 60.0
FIRST_WINDOW = 4
_SLOW = 3.0  # latency above this many times the usual is too much
_CALM = 1.6  # below this many times the usual there may be one more at once
_LATENCY_FLOOR = 0.2  # seconds; faster answers are never called slow


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
        self._refused = 0  # in a row
        self._halved_at = -1e9

    @property
    def window(self) -> int:
        """How many requests may be under way."""
        return max(1, int(self._window))

    def slow_to(self, interval: float) -> None:
        """A crawl delay the site asks for."""
        self.interval = max(self.interval, min(interval, LONGEST_INTERVAL))

    async def pace(self) -> None:
        """Returns when the next request may go, or at once when the crawl is asked to stop."""
        while not (self._stop and self._stop.is_set()):
            now = self._clock()
            wait = max(self.paused_until, self._next) - now
            if wait <= 0:
                self._next = now + self.interval
                return
            paused = self.paused_until - now
            if paused > 1:
                self._tell(f"waiting {paused:.0f} s, as the shop asked")
            await self._sleep(wait)
            if paused > 1:
                self._tell("")

    def note(self, status: int, headers: dict[str, str], latency: float, outcome: FetchOutcome) -> None:
        """Learns from an answer; header names in lower case. `status` 0 is no answer."""
        now = self._clock()
        if outcome is FetchOutcome.RATE_LIMITED:
            self._refused += 1
            asked = retry_after(headers) or reset_after(headers)
            pause = asked if asked is not None else min(60.0, self._backoff * 2 ** min(self._refused - 1, 6))
            self.paused_until = max(self.paused_until, now + min(pause, LONGEST_PAUSE))
            self._halve(now)
            return
        self._refused = 0
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
    for name in ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"):
        if name in headers:
            return _number(headers[name]) == 0
    return _parts(headers).get("r", _parts(headers).get("remaining")) == 0


def reset_after(headers: dict[str, str]) -> float | None:
    """Seconds until the limit is reset: RateLimit-Reset (seconds, or a time since 1970), or RateLimit's t= / reset=."""
    for name in ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"):
        if (value := _number(headers.get(name, ""))) is not None:
            return max(0.0, value - time.time()) if value > 1e9 else value
    parts = _parts(headers)
    return parts.get("t", parts.get("reset"))


def _parts(headers: dict[str, str]) -> dict[str, float]:
    """`"default";r=0;t=30` and the older `limit=10, remaining=0, reset=30` as numbers."""
    pairs = (pair.partition("=") for pair in headers.get("ratelimit", "")[:500].replace(",", ";").split(";"))
    return {name.strip().lower(): number for name, _, value in pairs if (number := _number(value)) is not None}


def _number(value: str) -> float | None:
    try:
        number = float(value.strip())
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None
