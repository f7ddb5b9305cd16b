"""The rules of markup on the labelled pages: what they call proven is so, and they find what the labels say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("markup_corpus", Path(__file__).parent / "markup_corpus.py")
assert _spec is not None
assert _spec.loader is not None
corpus: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpus)


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    return corpus.answers()


def test_there_are_enough_pages_of_every_platform() -> None:
    cases = corpus.cases()
    assert len(cases) >= 120
    assert len({case.name for case in cases}) == len(cases)
    assert sum(not case.labels for case in cases) >= 40  # sound pages


def test_what_is_called_proven_is_so(answers: list[Any]) -> None:
    measured = corpus.measure(answers)
    assert measured["precision"] >= 0.97, [
        (one.case.name, [f.message for f in one.extra]) for one in answers if one.extra
    ]


def test_faults_are_found(answers: list[Any]) -> None:
    measured = corpus.measure(answers)
    assert measured["recall"] >= 0.95, [(one.case.name, one.missed) for one in answers if one.missed]
