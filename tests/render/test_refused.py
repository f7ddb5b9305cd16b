"""What is asked for once more when a visit ends, and what is made of the answer."""

from __future__ import annotations

from typing import Any, cast

import pytest

from auditor.evidence.requests import Held
from auditor.render.libraries import Fetched, Libraries
from auditor.render.refused import confirm
from auditor.render.seen import Seen


class Asked:
    """Stands where a browser's request and the worker's own client do."""

    headers: dict[str, str] = {"cookie": "secret", "accept": "*/*"}

    def __init__(self, status: int = 200, content_type: str = "text/css") -> None:
        self.refused: dict[str, Any] = {}
        self.urls: list[str] = []
        self.answer = Fetched(status, {"content-type": content_type}, b"")

    def once(self, url: str, method: str, headers: dict[str, str], *, timeout_ms: int) -> Fetched:
        assert "cookie" not in headers
        self.urls.append(url)
        return self.answer


def failed(
    number: int = 1, status: int = 404, kind: str = "stylesheet", method: str = "GET", third: bool = False
) -> Seen:
    seen = Seen(f"https://shop.example/{number}.css", method, kind, third, 0.0)
    seen.status = status
    return seen


def confirmed(client: Asked, *seen: Seen) -> list[int]:
    confirm(cast(Any, {Asked(): one for one in seen}), cast(Libraries, client))
    return [one.later for one in seen]


@pytest.mark.parametrize(
    ("status", "content_type", "later"),
    [(200, "text/css", 200), (200, "text/html; charset=utf-8", 404), (404, "text/html", 404), (503, "text/html", 503)],
)
def test_the_second_answer_is_told_and_a_page_in_place_of_a_file_is_none(
    status: int, content_type: str, later: int
) -> None:
    assert confirmed(Asked(status, content_type), failed()) == [later]


def test_only_files_that_the_shop_failed_to_give_are_asked_for() -> None:
    client, held = Asked(), failed(5)
    held.held = Held.WITHHELD
    others = [
        failed(1, 200),
        failed(2, 403),
        failed(3, kind="fetch"),
        failed(4, third=True),
        held,
        failed(6, method="POST"),
    ]
    assert confirmed(client, *others) == [0] * 6
    assert client.urls == []


def test_six_of_a_visit_and_each_address_that_failed_again_once_in_a_workers_life() -> None:
    client = Asked(404)
    assert confirmed(client, *(failed(number) for number in range(9))) == [404] * 6 + [0] * 3
    assert confirmed(client, *(failed(number) for number in range(9))) == [404] * 9
    assert len(client.urls) == 9


def test_what_was_there_at_the_second_asking_and_fails_again_is_asked_for_anew() -> None:
    client = Asked()
    assert confirmed(client, failed()) == [200]
    client.answer = Fetched(404, {"content-type": "text/html"}, b"")
    assert confirmed(client, failed()) == [404]
    assert confirmed(client, failed()) == [404]
    assert len(client.urls) == 2
