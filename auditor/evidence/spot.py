"""Evidence: an element of a page as several kinds of evidence name it."""

from __future__ import annotations

import msgspec

Box = tuple[float, float, float, float]  # x, y, width, height in CSS pixels of the page


class Spot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`label` stays when the page is built again ("table.size-chart"); the CSS path is for finding the place."""

    selector: str = ""
    label: str = ""
    html: str = ""  # its start tag, cut
    text: str = ""  # its first 120 characters
    box: Box = (0, 0, 0, 0)
