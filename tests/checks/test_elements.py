"""General checks: elements counted, their text, a header."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.checks import registry
from auditor.evaluate.made_up import page
from auditor.model.finding import Observation

HTML = (
    """<h1> Brass   Lamp </h1><svg><title>x</title></svg><p class="note a">In 2 days</p><p class=note>Lorem ipsum</p>"""
)


def observe(check: str, html: str = HTML, headers: dict[str, str] | None = None, **options: Any) -> list[Observation]:
    known = registry.load()[check]
    taken, mistakes = known.accept(options)
    assert mistakes == []
    return list(known.function(page({"html": html, "headers": headers or {}}).raw, **taken))


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"selector": "h1"}, None),
        ({"selector": "h1", "minimum": 1, "maximum": 1}, None),
        ({"selector": ".note", "maximum": 1}, 2),
        ({"selector": ".gone"}, 0),
        ({"selector": ".gone", "minimum": 0, "maximum": 0}, None),
        ({"selector": "p.note:not(.a)", "minimum": 2}, 1),
        ({"selector": "H1, h2"}, None),
    ],
)
def test_elements_are_counted(options: dict[str, Any], count: int | None) -> None:
    assert [one.data["count"] for one in observe("elements_counted", **options)] == ([] if count is None else [count])


def test_text_is_matched_folded_and_without_case() -> None:
    assert observe("text_matches", selector="h1", pattern="^brass lamp$") == []
    (wrong,) = observe("text_matches", selector=".note", pattern=r"\d+ days?")
    assert (wrong.data["text"], wrong.data["count"]) == ("Lorem ipsum", 1)
    (wrong,) = observe("text_matches", selector="p", pattern="lorem ipsum", wanted=False)
    assert [one.text for one in wrong.excerpts] == ["Lorem ipsum"]


def test_no_element_is_nothing_to_look_at() -> None:
    assert [str(one.outcome) for one in observe("text_matches", selector=".gone", pattern="x")] == ["inapplicable"]


def test_headers_are_matched() -> None:
    headers = {"Cache-Control": "public, max-age=60"}
    assert observe("header_matches", headers=headers, name="Cache-Control", pattern="max-age=") == []
    assert len(observe("header_matches", headers=headers, name="cache-control", pattern="public", wanted=False)) == 1
    (wrong,) = observe("header_matches", name="X-Robots-Tag", pattern=".")
    assert wrong.data == {"name": "X-Robots-Tag", "value": "nothing"}


@pytest.mark.parametrize("selector", ["..a", "p[", "", "a:nonsense"])
def test_a_selector_that_is_none_is_refused(selector: str) -> None:
    _, mistakes = registry.load()["elements_counted"].accept({"selector": selector})
    assert [name for name, _ in mistakes] == ["selector"]


def test_a_pattern_that_is_none_is_refused() -> None:
    _, mistakes = registry.load()["text_matches"].accept({"selector": "p", "pattern": "("})
    assert mistakes[0][1].startswith("option 'pattern' of check 'text_matches': is not a regular expression")
