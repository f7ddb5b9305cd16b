"""Evidence of a page's outline as assistive technology moves through it: headings and landmarks in order."""

from __future__ import annotations

import msgspec


class Heading(msgspec.Struct, frozen=True, omit_defaults=True):
    level: int
    text: str
    visible: bool = True


class Landmark(msgspec.Struct, frozen=True, omit_defaults=True):
    role: str  # main, navigation, banner, contentinfo, complementary, search, form, region
    name: str = ""
    visible: bool = True


class Outline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    headings: tuple[Heading, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    elements: int = 0  # of the whole document, shadow roots included
    deepest: int = 0  # levels below body
    most_children: int = 0
