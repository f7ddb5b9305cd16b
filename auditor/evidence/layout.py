"""Evidence of layout: how wide the page is against its viewport, what makes it so, and whether the main product's parts can be seen."""

from __future__ import annotations

import msgspec

Box = tuple[float, float, float, float]


class Culprit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An outermost element that reaches past the right edge and is not clipped by an ancestor."""

    selector: str
    label: str  # tag with id or readable class, no build hashes: "table.size-chart"
    html: str = ""
    box: Box = (0, 0, 0, 0)


class Cover(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in front of a part. `kind`: consent, dialog, fixed (stays while the page scrolls), overlap."""

    kind: str
    selector: str = ""
    label: str = ""
    html: str = ""
    words: str = ""  # its first 100 characters
    box: Box = (0, 0, 0, 0)


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the page that sells, brought into view and tried with the browser's own hit test; of several the best one.

    `name`: add_to_cart, price, title, image of the main product; search, cart, menu of the page's head. `state`: free, covered (wherever the page is scrolled to), aside (beyond the
    screen's sides), hidden (not drawn), unseen (could not be tried).
    """

    name: str
    state: str
    disabled: bool = False
    sure: bool = True  # known by the platform's own markup, not by its words
    selector: str = ""
    label: str = ""
    text: str = ""
    box: Box = (0, 0, 0, 0)
    cover: Cover | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    viewport: tuple[int, int]
    page: tuple[int, int]  # scrollWidth, scrollHeight of the document
    scrolls_sideways: bool = False  # a sideways scroll was tried and moved
    scrolled_px: int = 0
    culprits: tuple[Culprit, ...] = ()
    cut: tuple[Culprit, ...] = ()  # of a page that can't be moved sideways: what has words beyond its edge
    cut_px: int = 0  # of these words, at most
    parts: tuple[Part, ...] = ()  # of the main product
    furniture: tuple[Part, ...] = ()  # of the page's head
