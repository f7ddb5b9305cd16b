import asyncio
import time
from collections import deque
from email.utils import formatdate
from itertools import pairwise

import pytest
from scrapy import Request
from scrapy.http import Response

from auditor.crawl.fetch import Fetcher
from auditor.crawl.scope import Scope
from auditor.crawl.throttle import LONGEST_PAUSE, Throttle, exhausted, reset_after, retry_after, spread
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import settings


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


def test_waits_longer_than_asked_where_that_did_not_help(clock: Clock) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)
    pauses = []
    for _ in range(8):
        throttle.note(429, {"retry-after": "1"}, 0.1, F.RATE_LIMITED)
        pauses.append(throttle.paused_until - clock.now)
        clock.now = throttle.paused_until
    assert pauses == [1, 1, 2, 4, 8, 16, 32, 60]


def test_a_volley_that_is_refused_together_is_one_refusal(clock: Clock) -> None:
    throttle = Throttle(8, backoff=2, clock=clock)
    for _ in range(8):
        clock.now += 0.01
        throttle.note(429, {}, 0.1, F.RATE_LIMITED)
    assert throttle.paused_until <= clock.now + 2
    throttle.note(200, {}, 0.1, F.OK)  # sent before the refusals: says nothing of what came after
    clock.now = throttle.paused_until
    throttle.note(429, {}, 0.1, F.RATE_LIMITED)
    assert throttle.paused_until == clock.now + 4


def test_a_shop_refuses_for_good_when_nothing_was_answered_for_long(clock: Clock) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)

    def refused() -> int:
        for count in range(1, 100):
            throttle.note(429, {}, 0.1, F.RATE_LIMITED)
            if throttle.refuses(600):
                return count
            clock.now = throttle.paused_until + 0.2
        return 0

    began = clock.now
    assert refused() < 20
    assert clock.now - began >= 600
    clock.now += 1
    throttle.note(200, {}, 0.1, F.OK)
    assert not throttle.refuses(600)
    assert refused() < 20


def test_a_page_that_fails_for_another_reason_does_not_end_the_patience(clock: Clock) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)
    for _ in range(12):
        throttle.note(429, {}, 0.1, F.RATE_LIMITED)
        clock.now = throttle.paused_until + 0.2
        throttle.note(0, {}, 0.1, F.TIMEOUT)
        throttle.note(503, {}, 0.1, F.SITE_ERROR)
    assert throttle.refuses(60)


def test_a_shop_that_will_not_answer_for_an_hour_is_left_in_peace_once_it_says_so_again(clock: Clock) -> None:
    throttle = Throttle(4, clock=clock)
    throttle.note(429, {"retry-after": "3600"}, 0.1, F.RATE_LIMITED)
    throttle.note(429, {"retry-after": "3600"}, 0.1, F.RATE_LIMITED)  # of the same volley
    assert not throttle.refuses(600)
    clock.now = throttle.paused_until + 0.2
    throttle.note(429, {"retry-after": "3600"}, 0.1, F.RATE_LIMITED)
    throttle.note(429, {}, 0.1, F.RATE_LIMITED)  # the same answer, told by its page
    assert throttle.refuses(600)


@pytest.mark.parametrize("status", [503, 508, 520, 0])
def test_failures_in_a_row_are_a_shop_that_bears_no_more_and_it_gets_pauses(clock: Clock, status: int) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)
    answers(throttle, clock, 0.1, 30)
    for _ in range(4):
        throttle.note(status, {}, 0.1, F.SITE_ERROR)
    assert not throttle.overloaded
    assert throttle.paused_until <= clock.now
    pauses = []
    for _ in range(3):
        throttle.note(status, {}, 0.1, F.SITE_ERROR)
        assert throttle.overloaded
        pauses.append(throttle.paused_until - clock.now)
        clock.now = throttle.paused_until
    assert pauses == [2, 4, 8]
    throttle.note(200, {}, 0.1, F.OK)
    assert not throttle.overloaded


def test_pages_that_fail_after_all_pauses_fail_by_themselves(clock: Clock) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)
    began = clock.now
    for _ in range(100):
        throttle.note(503, {}, 0.1, F.SITE_ERROR)
        clock.now = max(clock.now, throttle.paused_until)
    assert not throttle.overloaded
    assert clock.now - began < 120


def test_errors_of_a_template_are_no_overload(clock: Clock) -> None:
    throttle = Throttle(4, backoff=2, clock=clock)
    for _ in range(50):
        throttle.note(500, {}, 0.1, F.SITE_ERROR)
    assert not throttle.overloaded
    assert throttle.paused_until <= clock.now


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


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (
            {
                "ratelimit": '"day";r=900;t=3000, "burst";r=2;t=4',
                "ratelimit-policy": '"day";q=1000;w=86400, "burst";q=10;w=10',
            },
            2,
        ),
        ({"ratelimit": '"a";r=80;t=60', "ratelimit-policy": '"a";q=100;w=60'}, 0),  # plenty is left
        ({"ratelimit": "limit=100, remaining=10, reset=30"}, 3),
        ({"ratelimit-limit": "100", "ratelimit-remaining": "20", "ratelimit-reset": "10"}, 0.5),
        ({"x-ratelimit-remaining": "3"}, 0),
        ({"ratelimit": '"a";r=1;t=99999'}, 60),
    ],
)
def test_what_is_left_of_a_limit_is_spread_until_its_reset(headers: dict, seconds: float) -> None:
    assert spread(headers) == seconds


def test_the_limit_nearest_to_its_end_counts() -> None:
    headers = {"ratelimit": '"day";r=900;t=3000, "burst";r=0;t=4'}
    assert exhausted(headers)
    assert reset_after(headers) == 4


def test_a_shop_that_bears_300_a_minute_is_soon_asked_no_faster(clock: Clock) -> None:
    """Its limit is a window of a minute, and it names no time to come back."""

    async def crawl() -> tuple[int, int]:
        throttle = Throttle(8, clock=clock)

        async def sleeps(seconds: float) -> None:
            clock.now += seconds

        throttle._sleep = sleeps  # type: ignore[method-assign]
        window, sent, refused, in_row, most = clock.now, 0, 0, 0, 0
        for number in range(3_000):
            await throttle.pace()
            clock.now += 0.02
            if clock.now - window >= 60:
                window, sent = clock.now, 0
            sent += 1
            over = sent > 300
            in_row = in_row + 1 if over else 0
            most = max(most, in_row)
            refused += over and number > 1_000
            throttle.note(429 if over else 200, {}, 0.02, F.RATE_LIMITED if over else F.OK)
        return refused, most

    refused, in_row = asyncio.run(crawl())
    assert in_row < 12  # else the crawl is given up
    assert refused < 40


@pytest.mark.parametrize("told", [{"retry-after": "1"}, {"retry-after": "0"}, {}])
def test_a_shop_that_bears_ten_a_second_is_soon_asked_no_faster(clock: Clock, told: dict) -> None:
    async def crawl() -> int:
        throttle = Throttle(8, clock=clock)

        async def sleeps(seconds: float) -> None:
            clock.now += seconds

        throttle._sleep = sleeps  # type: ignore[method-assign]
        answered: deque[float] = deque()
        refused = 0
        for number in range(1_000):
            await throttle.pace()
            clock.now += 0.02
            while answered and answered[0] < clock.now - 1:
                answered.popleft()
            over = len(answered) >= 10
            refused += over and number > 50
            if not over:
                answered.append(clock.now)
            throttle.note(429 if over else 200, told if over else {}, 0.02, F.RATE_LIMITED if over else F.OK)
        return refused

    assert asyncio.run(crawl()) < 60


def test_a_stall_of_ours_is_not_made_up_for_by_a_burst() -> None:
    async def crawl() -> list[float]:
        throttle = Throttle(8, rate=50)
        asyncio.get_running_loop().call_later(0.05, time.sleep, 0.5)
        await asyncio.gather(*(throttle.pace() for _ in range(12)))
        return sorted(throttle._sent)

    sent = asyncio.run(crawl())
    assert len(sent) == 12
    assert min(after - before for before, after in pairwise(sent)) >= 0.0199


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


def test_each_request_waits_for_one_turn() -> None:
    """Whoever waited for a page's turn does not wait again, but each redirect has a turn of its own."""

    class Shop:
        async def download_async(self, request: Request) -> Response:
            if request.url.endswith("/old"):
                return Response(request.url, 301, headers={"Location": "/new"})
            return Response(request.url, 200, headers={"Content-Type": "text/html"}, body=b"<html>new")

    async def fetched(paced: bool) -> int:
        told, throttle = settings("http://shop.example/"), Throttle(4)
        found = await Fetcher(Shop(), Scope(told), throttle).fetch("http://shop.example/old", paced=paced)
        assert found.response.final_url == "http://shop.example/new"
        return len(throttle._sent)

    assert asyncio.run(fetched(paced=False)) == 2
    assert asyncio.run(fetched(paced=True)) == 1


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
