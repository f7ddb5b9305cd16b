"""The sample: some of each template, chosen to differ, the same ones from night to night."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.render import consent_states
from auditor.render.select import Candidate, originals, sample


def page(number: int, template: str = "a", page_type: str = "product", **told: Any) -> Candidate:
    key = f"https://shop.example/{page_type}/{number}"
    return Candidate(page_id=number, url=key, page_key=key, page_type=page_type, template=template, **told)


def numbers(chosen: list[Candidate]) -> list[int]:
    return [one.page_id for one in chosen]


PRODUCTS = [page(number) for number in range(1, 41)]


def test_so_many_of_each_template_and_type_and_every_start_page() -> None:
    pages = [
        *PRODUCTS,
        *(page(number, "b") for number in range(50, 60)),
        page(70, "a", "category"),
        page(80, "h", "home"),
    ]
    chosen = sample(pages, 2)
    assert [(one.page_type, one.template) for one in chosen].count(("product", "a")) == 2
    assert [(one.page_type, one.template) for one in chosen].count(("product", "b")) == 2
    assert {70, 80} <= set(numbers(chosen))


def test_the_order_of_the_crawl_does_not_matter() -> None:
    assert sample(PRODUCTS, 3) == sample(list(reversed(PRODUCTS)), 3)


def test_without_a_number_all_are_opened() -> None:
    assert len(sample(PRODUCTS, None)) == 40


def test_what_is_always_asked_for_comes_besides() -> None:
    chosen = sample(PRODUCTS, 1, {PRODUCTS[30].page_key})
    assert PRODUCTS[30] in chosen
    assert len(chosen) == 2


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"on_sale": True}, "reduced"),
        ({"sold_out": True}, "sold out"),
        ({"variants": 12}, "most variants"),
        ({"title": 120}, "longest title"),
        ({"no_offer": True}, "no offer"),
    ],
)
def test_places_go_to_pages_that_differ(told: dict[str, Any], why: str) -> None:
    pages = [*PRODUCTS, page(99, **told)]
    assert 99 in numbers(sample(pages, 2)), why


def test_one_place_is_for_an_ordinary_page() -> None:
    pages = [*PRODUCTS, page(97, on_sale=True), page(98, sold_out=True), page(99, variants=9)]
    chosen = numbers(sample(pages, 3))
    assert len(chosen) == 3
    assert len({97, 98, 99} & set(chosen)) == 2


def test_one_page_may_stand_for_several_signs() -> None:
    pages = [*PRODUCTS, page(98, on_sale=True, sold_out=True), page(99, variants=9)]
    assert {98, 99} <= set(numbers(sample(pages, 3)))


def test_pages_of_the_night_before_keep_their_places() -> None:
    first = sample(PRODUCTS, 3)
    before = {one.page_key: 1 for one in first}
    more = [*PRODUCTS, *(page(number, on_sale=True) for number in range(100, 140))]
    assert sample(more, 3, before=before) == first


def test_a_page_that_is_gone_gives_its_place_to_another() -> None:
    first = sample(PRODUCTS, 3)
    left = [one for one in PRODUCTS if one != first[0]]
    again = sample(left, 3, before={one.page_key: 1 for one in first})
    assert set(first[1:]) < set(again)
    assert len(again) == 3


def test_a_second_round_of_the_same_run_opens_no_more() -> None:
    """Pages that come up late may fit the sample better; those opened already count."""
    first = sample(PRODUCTS, 2)
    before = {one.page_key: 0 for one in first} | {page(90).page_key: 1}
    assert sample([*PRODUCTS, page(90), page(91, on_sale=True)], 2, before=before) == first


def test_of_many_templates_the_most_used_and_a_few_rare_ones() -> None:
    common = [page(100 * group + number, f"t{group}", "content") for group in range(8) for number in range(20 - group)]
    rare = [page(5000 + number, f"r{number}", "content") for number in range(40)]
    chosen = sample([*common, *rare], 1, templates=8)
    kinds = [one.template for one in chosen]
    assert len(kinds) == 8
    assert sum(one.startswith("r") for one in kinds) == 2
    assert {"t0", "t1", "t2"} < set(kinds)
    before = {one.page_key: 1 for one in chosen}
    assert sample([*common, *rare, page(9999, "new", "content")], 1, before=before, templates=8) == chosen


def test_versions_are_left_out() -> None:
    blue = page(2, canonical_key=page(1).page_key)
    lost = page(3, "other", canonical_key=page(1).page_key)
    assert originals([page(1), blue, lost]) == [page(1), lost]


def test_the_pages_of_further_states_of_consent_hang_on_no_order_either() -> None:
    chosen = [page(30), page(4, "b"), page(2), page(17), page(9, "b"), page(1, "c", "content")]
    there, back = consent_states.pages(chosen, 12), consent_states.pages(list(reversed(chosen)), 12)
    assert sorted(numbers(there)) == sorted(numbers(back)) == [1, 2, 4]
