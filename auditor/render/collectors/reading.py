"""Collects how the page reads at rest: small type, texts cut off, what lies over the page, what still waits.

The last two once more at the end of a visit: pop-ups come seconds after the page, and spinners go.
"""

from __future__ import annotations

import msgspec

from auditor.evidence.reading import Overlay, Reading
from auditor.evidence.spot import Spot
from auditor.render.collectors.look import Look, Question

LATE: Question = ("lingering", None)
QUESTIONS: tuple[Question, ...] = (("reading", None), LATE)


class _Lingering(msgspec.Struct):
    overlays: tuple[Overlay, ...] = ()
    waiting: tuple[Spot, ...] = ()


def collect(look: Look) -> Reading:
    return late(look, look.ask(*QUESTIONS[0], Reading))


def late(look: Look, before: Reading) -> Reading:
    """`before` with what lies over the page and waits by now."""
    now = look.ask(*LATE, _Lingering)
    return msgspec.structs.replace(before, overlays=now.overlays, waiting=now.waiting)
