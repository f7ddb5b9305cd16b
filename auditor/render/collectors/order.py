"""What is collected of an open page, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from auditor.render.collectors import (
    areas,
    axe,
    consent,
    cookies,
    crossings,
    data_layer,
    fingerprints,
    focus,
    fonts,
    frames,
    images,
    layout,
    moving,
    options,
    outline,
    paint,
    reading,
    reflow,
    releases,
    screenshots,
    service_workers,
    texts,
    typed,
    unloads,
)
from auditor.render.collectors.look import Look, Question

# Paint first: what comes after makes long tasks of its own. What moves is watched before pictures hold it still. Areas right after the pictures that they tell about. Reflow near the end: it changes the window; the
# keyboard's way after it: it may open menus.
OF_PAGE: Mapping[str, Callable[[Look], Any]] = {
    "paint": paint.collect,
    "texts": texts.collect,
    "layout": layout.collect,
    "reading": reading.collect,
    "options": options.collect,
    "outline": outline.collect,
    "releases": releases.collect,
    "images": images.collect,
    "fonts": fonts.collect,
    "frames": frames.collect,
    "service_workers": service_workers.collect,
    "moving": moving.collect,
    "screenshots": screenshots.collect,
    "areas": areas.collect,
    "axe": axe.collect,
    "reflow": reflow.collect,
    "focus": focus.collect,
}
_LATE: Mapping[str, Question] = {
    "cookies": cookies.QUESTION,
    "data_layer": data_layer.QUESTION,
    "fingerprints": fingerprints.QUESTION,
    "unloads": unloads.QUESTION,
    "reading": reading.LATE,
    # only what there is: keys and mouse come behind the closed gate
    "typed": typed.QUESTION,
    "crossings": crossings.QUESTION,
}
BLOCKED_TOO = frozenset({"texts", "screenshots"})  # gathered of a page that was refused, too


def of_page(look: Look, kinds: Collection[str]) -> list[Question]:
    """What to ask together of an open page for these kinds of evidence, in the order of asking."""
    together: dict[str, tuple[Question, ...]] = {
        "consent": (consent.question(),),
        "paint": (paint.QUESTION,),
        "texts": (texts.question(),),
        "layout": layout.questions(look),
        "reading": reading.QUESTIONS,
        "options": (options.question(),),
        "outline": (outline.QUESTION,),
        "releases": (releases.question(),),
        "images": (images.question(look),),
        "fonts": (fonts.QUESTION,),
        "frames": (frames.QUESTION,),
        "service_workers": (service_workers.QUESTION,),
        "moving": (moving.QUESTION,),
    }
    return [one for kind, questions in together.items() if kind in kinds for one in questions]


def late_questions(kinds: Collection[str]) -> list[Question]:
    """What to ask together at the end."""
    return [question for kind, question in _LATE.items() if kind in kinds]
