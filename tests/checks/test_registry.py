"""A function becomes a check only when it says all a rule must know of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest

from auditor.checks import registry
from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Observation
from auditor.model.words import Scope


@pytest.fixture(autouse=True)
def _own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", dict(registry.load()))


def measured(
    snapshot: Snapshot, *, selector: str, minimum: int = 0, kinds: tuple[str, ...] = (), how: Literal["a", "b"] = "a"
) -> Iterator[Observation]:
    """Something is measured."""
    yield from ()


def accepted(**options: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    check(needs={"document"})(measured)
    return registry._registered["measured"].accept(options)


def test_a_check_is_known_by_its_name() -> None:
    assert check(needs={"document", "axe"}, scope=Scope.PAGE)(measured) is measured
    one = registry._registered["measured"]
    assert (one.name, one.function, one.scope, one.needs) == ("measured", measured, Scope.PAGE, {"document", "axe"})
    assert [(option.name, option.required) for option in one.options.values()] == [
        ("selector", True), ("minimum", False), ("kinds", False), ("how", False),
    ]  # fmt: skip


def test_options_are_taken_as_their_types() -> None:
    assert accepted(selector="h1", minimum=3, kinds=["x"]) == ({"selector": "h1", "minimum": 3, "kinds": ("x",)}, [])


@pytest.mark.parametrize(
    ("options", "name", "says"),
    [
        (
            {"selector": "h1", "minimun": 3},
            "minimun",
            "check 'measured' has no option 'minimun'; did you mean 'minimum'?",
        ),
        (
            {"selector": "h1", "zzz": 3},
            "zzz",
            "check 'measured' has no option 'zzz'; it takes: selector, minimum, kinds, how",
        ),
        ({"selector": "h1", "minimum": "few"}, "minimum", "option 'minimum' of check 'measured': "),
        ({"selector": 5}, "selector", "option 'selector' of check 'measured': "),
        ({"selector": "h1", "how": "c"}, "how", "option 'how' of check 'measured': "),
        ({"selector": "h1", "kinds": "x"}, "kinds", "option 'kinds' of check 'measured': "),
        ({}, "", "check 'measured' needs the option 'selector'"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], name: str, says: str) -> None:
    _, ((where, what),) = accepted(**options)
    assert where == name
    assert what.startswith(says)


def test_all_mistakes_are_told() -> None:
    _, mistakes = accepted(minimum="few", zzz=1)
    assert [name for name, _ in mistakes] == ["minimum", "zzz", ""]


def test_unknown_needs_are_refused() -> None:
    with pytest.raises(TypeError, match="'measured' needs unknown kinds: documents"):
        check(needs={"documents", "axe"})(measured)


def test_two_checks_of_one_name_are_refused() -> None:
    def internal_links_alive(snapshot: Snapshot) -> Iterator[Observation]:
        """Not the one of auditor.checks.links."""
        yield from ()

    with pytest.raises(TypeError, match=r"two checks are named 'internal_links_alive': in auditor\.checks\.links and "):
        check()(internal_links_alive)


def test_a_check_says_what_it_does() -> None:
    def silent(snapshot: Snapshot) -> Iterator[Observation]:
        yield from ()

    with pytest.raises(TypeError, match="'silent' has no docstring"):
        check()(silent)


def test_options_have_types() -> None:
    def loose(snapshot: Snapshot, *, selector) -> Iterator[Observation]:  # type: ignore[no-untyped-def]
        """Something."""
        yield from ()

    with pytest.raises(TypeError, match="'loose' does not say the type of selector"):
        check()(loose)


def test_options_are_keywords() -> None:
    def positional(snapshot: Snapshot, selector: str) -> Iterator[Observation]:
        """Something."""
        yield from ()

    def nothing(*, selector: str) -> Iterator[Observation]:
        """Something."""
        yield from ()

    for wrong in (positional, nothing):
        with pytest.raises(TypeError, match="takes one positional parameter"):
            check()(wrong)


def test_the_checks_that_come_along_are_whole() -> None:
    checks = registry.load()
    assert "internal_links_alive" in checks
    assert all(name == one.name == one.function.__name__ for name, one in checks.items())
