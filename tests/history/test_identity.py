"""Ids stay the same while what they name does, from night to night and from staging to production."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.identity import finding_id, problem_id, target_key
from auditor.model.steady import steady_file, steady_name, steady_word
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
        ("see https://staging.shop.example/", "see https://www.shop.example/"),
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


words = st.from_regex(r"[a-z]{2,12}", fullmatch=True)
hexes = st.text(alphabet="0123456789abcdef", min_size=8, max_size=40).filter(
    lambda one: not one.isdigit() and not one.isalpha()
)
endings = st.sampled_from(["js", "css", "mjs", "woff2", "json"])


@given(words, hexes, hexes, endings, st.sampled_from([".", "-"]))
def test_a_rebuild_keeps_the_key_of_a_file(name: str, one: str, other: str, ending: str, sign: str) -> None:
    first, second = (
        target_key(f"https://shop.example/a/{name}{sign}{digest}.{ending}?v={digest}") for digest in (one, other)
    )
    assert first == second == f"https://shop.example/a/{name}{sign}*.{ending}"


@given(words, words, hexes, hexes, endings)
def test_another_file_never_shares_a_key(name: str, another: str, one: str, other: str, ending: str) -> None:
    first = target_key(f"https://shop.example/a/{name}.{one}.{ending}")
    assert (first == target_key(f"https://shop.example/a/{another}.{other}.{ending}")) == (name == another)


@given(st.text(alphabet="0123456789", min_size=1, max_size=14), st.text(alphabet="0123456789", min_size=1, max_size=14))
def test_numbers_of_products_are_no_digests(one: str, other: str) -> None:
    for shape in (
        "https://shop.example/i/{}.jpg",
        "https://shop.example/i/lamp-{}.jpg",
        "https://shop.example/a/{}.js",
    ):
        assert (steady_file(shape.format(one)) == steady_file(shape.format(other))) == (one == other)


@given(st.text(alphabet="abcAB019-_./?&=~%", max_size=40))
def test_addresses_of_files_are_steady_at_once(rest: str) -> None:
    once = steady_file(f"https://shop.example/{rest}")
    assert steady_file(once) == once


@given(words, st.text(alphabet="abc019", max_size=12), st.text(alphabet="abc019", max_size=12))
def test_staging_and_sessions_keep_the_key(path: str, one: str, other: str) -> None:
    here = target_key(f"https://staging.shop.example/{path}?sid={one}&utm_source={one}", HOSTS, ("sid",))
    assert here == target_key(f"https://www.shop.example/{path}?sid={other}", HOSTS, ("sid",))


@pytest.mark.parametrize(
    ("word", "steady"),
    [
        ("qty-3f9a2b1c", "qty-*"),
        (":r1a:-label", ":*:-label"),
        ("Quantity-template", "Quantity-template"),
        ("newsletter", "newsletter"),
        ("checkout", "checkout"),
        ("billing_address_1", "billing_address_1"),
    ],
)
def test_words_that_frameworks_count_anew(word: str, steady: str) -> None:
    assert steady_word(word) == steady


def test_names_of_scripts() -> None:
    assert steady_name("main.3f9a2b1c.js") == "main.*.js"
    assert steady_name("theme.js") == "theme.js"
    assert steady_name("") == ""
