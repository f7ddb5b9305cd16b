import asyncio
import time
from email.utils import formatdate

import pytest

from auditor.crawl.throttle import LONGEST_PAUSE, Throttle, reset_after, retry_after
from auditor.model.words import FetchOutcome as F


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def answers(throttle: Throttle, clock: Clock, latency: float, count: int) -> None:
    for _ in range(count):
        clock.now += latency
        throttle.note(200, {}, latency, F.OK)


def test_begins_gently_and_grows_while_latency_is_stable(clock: Clock) -> None:
    throttle = Throttle(32, clock=clock)
    assert throttle.window == 4
    answers(throttle, clock, 0.2, 200)
    assert 15 < throttle.window <= 32


def test_never_begins_above_the_limit(clock: Clock) -> None:
    assert Throttle(2, clock=clock).window == 2


def test_halves_when_answers_get_much_slower(clock: Clock) -> None:
    throttle = Throttle(16, clock=clock)
    answers(throttle, clock, 0.2, 200)
    before = throttle.window
    answers(throttle, clock, 3.0, 10)
    assert throttle.window <= before / 2


@pytest.mark.parametrize("status", [429, 430])
def test_halves_and_waits_when_asked(clock: Clock, status: int) -> None:
    throttle = Throttle(4, clock=clock)
    throttle.note(status, {"retry-after": "7"}, 0.1, F.RATE_LIMITED)
    assert throttle.window == 2
    assert throttle.paused_until == clock.now + 7


def test_waits_longer_each_time_when_told_no_time(clock: Clock) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)
    pauses = []
    for _ in range(8):
        throttle.note(429, {}, 0.1, F.RATE_LIMITED)
        pauses.append(throttle.paused_until - clock.now)
        clock.now = throttle.paused_until
    assert pauses[:4] == [2, 4, 8, 16]
    assert max(pauses) == 60


def test_a_very_long_wait_is_cut(clock: Clock) -> None:
    throttle = Throttle(4, clock=clock)
    throttle.note(429, {"retry-after": "86400"}, 0.1, F.RATE_LIMITED)
    assert throttle.paused_until == clock.now + LONGEST_PAUSE


def test_waits_before_it_is_refused_when_nothing_is_left(clock: Clock) -> None:
    throttle = Throttle(4, clock=clock)
    throttle.note(200, {"ratelimit-remaining": "0", "ratelimit-reset": "5"}, 0.1, F.OK)
    assert throttle.paused_until == clock.now + 5


def test_a_volley_of_refusals_halves_once(clock: Clock) -> None:
    throttle = Throttle(16, clock=clock)
    answers(throttle, clock, 0.2, 300)
    before = throttle.window
    for _ in range(4):
        throttle.note(503, {}, 0.1, F.SITE_ERROR)
    assert throttle.window == before // 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit-reset": "12"}, 12),
        ({"x-ratelimit-reset": "12"}, 12),
        ({"ratelimit": "limit=10, remaining=0, reset=9"}, 9),
        ({"ratelimit": '"default";r=0;t=8'}, 8),
        ({"ratelimit": "nonsense;;=;t=x"}, None),
        ({}, None),
    ],
)
def test_reset_is_read_in_every_dialect(headers: dict, seconds: float | None) -> None:
    assert reset_after(headers) == seconds


def test_a_reset_given_as_a_time_is_read(clock: Clock) -> None:
    assert reset_after({"x-ratelimit-reset": str(int(time.time()) + 60)}) == pytest.approx(60, abs=3)


def test_retry_after_may_be_a_date_or_nonsense() -> None:
    assert retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)}) == pytest.approx(30, abs=3)
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "-5"}) is None


def test_a_rate_keeps_requests_apart() -> None:
    async def three() -> float:
        throttle = Throttle(4, rate=20)
        began = time.monotonic()
        for _ in range(3):
            await throttle.pace()
        return time.monotonic() - began

    assert asyncio.run(three()) >= 0.095


def test_a_pause_ends_when_the_crawl_is_stopped() -> None:
    async def stopped() -> float:
        stop = asyncio.Event()
        throttle = Throttle(1, stop=stop)
        throttle.note(429, {"retry-after": "100"}, 0.1, F.RATE_LIMITED)
        asyncio.get_running_loop().call_later(0.05, stop.set)
        began = time.monotonic()
        await throttle.pace()
        return time.monotonic() - began

    assert asyncio.run(stopped()) < 5
