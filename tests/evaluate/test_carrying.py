"""What is said of a rule is the same in every process, in whatever order its sets come."""

from __future__ import annotations

from auditor.evaluate.carrying import places
from auditor.store import judgement
from auditor.store.workspace import Workspace
from tests.evaluate.kit import rule
from tests.store.kit import begin


def in_two_orders() -> tuple[frozenset[str], frozenset[str]]:
    """A set of names twice, as two processes may have it."""
    every = ([f"{letter}{number}" for letter in "abc"] for number in range(10_000))
    pairs = ((frozenset(names), frozenset(reversed(names))) for names in every)
    return next((one, other) for one, other in pairs if list(one) != list(other))


def test_a_rule_is_known_again_whatever_the_order_of_its_sets() -> None:
    one, other = in_two_orders()
    then = [rule(id="p/a", platforms=one), rule(id="p/b", platforms=one)]
    now = [rule(id="p/b", platforms=other), rule(id="p/a", platforms=other, why="otherwise")]
    assert places(then, now) == (-1, 0)


def test_rules_that_are_the_same_are_kept_once(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        for platforms in in_two_orders():
            judgement.begin(connection, run.id, "x", [rule(platforms=platforms)], "1")
        assert connection.exec_driver_sql("SELECT count(*) FROM texts WHERE length(text) > 40").scalar() == 1
