"""Several visits at once in one thread of a render worker, each in a greenlet, as Playwright runs its own event handlers.

Playwright's sync API gives way to others whenever it waits. So a second visit costs no second interpreter and no second driver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import greenlet
from playwright.sync_api import Playwright

T = TypeVar("T")


def at_once(playwright: Playwright, works: Sequence[Callable[[], T]]) -> list[T]:
    """What each work comes to, in their order, once all have ended; the first exception among them is raised then."""
    # the two that all of Playwright's sync objects carry (1.64); there is no public way to them
    loop, dispatcher = playwright._loop, playwright._dispatcher_fiber
    here = greenlet.getcurrent()
    done: dict[int, T] = {}
    failed: dict[int, BaseException] = {}

    def work(place: int) -> None:
        try:
            done[place] = works[place]()
        except BaseException as error:
            failed[place] = error
        if len(done) + len(failed) == len(works) and not dispatcher.dead:
            loop.call_soon(here.switch)

    started = [greenlet.greenlet(work, parent=dispatcher) for _ in works]
    for place, one in enumerate(started):
        loop.call_soon(_begin(one, place))
    while len(done) + len(failed) < len(works) and not dispatcher.dead:
        dispatcher.switch()
    for one in started:  # with the driver gone nobody else wakes them; they are told that it is gone
        while one and not one.dead:
            one.switch()
    if failed:
        raise failed[min(failed)]
    return [done[place] for place in range(len(works))]


def _begin(one: greenlet.greenlet, place: int) -> Callable[[], Any]:
    return lambda: one.switch(place)
