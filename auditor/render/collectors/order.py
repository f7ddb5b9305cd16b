"""What is collected of an open page, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from auditor.render.collectors import (
    axe,
    fonts,
    frames,
    images,
    layout,
    options,
    outline,
    paint,
    reading,
    reflow,
    screenshots,
    service_workers,
    texts,
)
from auditor.render.collectors.look import Look

# Paint first: what comes after makes long tasks of its own. Reflow last: it changes the window.
OF_PAGE: Mapping[str, Callable[[Look], Any]] = {
    "paint": paint.collect,
    "texts": texts.collect,
    "layout": layout.collect,
    "reading": reading.collect,
    "options": options.collect,
    "outline": outline.collect,
    "images": images.collect,
    "fonts": fonts.collect,
    "frames": frames.collect,
    "service_workers": service_workers.collect,
    "screenshots": screenshots.collect,
    "axe": axe.collect,
    "reflow": reflow.collect,
}
BLOCKED_TOO = frozenset({"texts", "screenshots"})  # gathered of a page that was refused, too
