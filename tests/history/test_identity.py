"""Ids stay the same while what they name does, from night to night and from staging to production."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.identity import finding_id, problem_id, target_key
from auditor.model.words import PageType

parts = st.text(alphabet=st.characters(exclude_characters="\x00"), max_size=40)
HOSTS = {"staging.shop.example": "www.shop.example", "127.0.0.1:8000": "www.shop.example"}


def test_ids_never_change() -> None:
    """Golden: baselines and ignore lists of users hold these."""
    assert finding_id("links/broken-internal", "https://shop.example/", "https://shop.example/gone") == "F-EABDOK67VX"
    assert problem_id("links/broken-internal", PageType.HOME, "https://shop.example/gone") == "P-26TIFHHRF4"


@given(st.tuples(parts, parts, parts), st.tuples(parts, parts, parts))
def test_ids_differ_exactly_when_their_parts_do(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (finding_id(*one) == finding_id(*other)) == (one == other)
    assert re.fullmatch(r"F-[A-Z2-7]{10}", finding_id(*one))


def test_parts_do_not_run_together() -> None:
    assert finding_id("a", "bc", "") != finding_id("ab", "c", "")
    assert finding_id("a", "b", "c")[2:] != problem_id("a", PageType.HOME, "c")[2:]


def test_half_characters_are_no_error() -> None:
    assert finding_id("a", "b", "\ud800") != finding_id("a", "b", "\ud801")


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("", ""),
        ("  SKU\n 12\t3 ", "SKU 12 3"),
        ("color-contrast button Buy now", "color-contrast button Buy now"),
        ("https://staging.shop.example/a?utm_source=x&b=1", "https://www.shop.example/a?b=1"),
        ("http://127.0.0.1:8000/gone", "https://www.shop.example/gone"),
        ("https://other.example/a?b=2&a=1", "https://other.example/a?a=1&b=2"),
        ("see https://staging.shop.example/", "see https://staging.shop.example/"),
        ("http://[::1", "http://[::1"),
        ("mailto:x@staging.shop.example", "mailto:x@staging.shop.example"),
    ],
)
def test_target_keys(target: str, key: str) -> None:
    assert target_key(target, HOSTS) == key


@given(st.text(max_size=60))
def test_target_keys_are_idempotent(target: str) -> None:
    key = target_key(target, HOSTS, ("sid",))
    assert target_key(key, HOSTS, ("sid",)) == key
