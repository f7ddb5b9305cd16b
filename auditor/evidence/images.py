"""Evidence of images, gathered after the page was scrolled through so that lazy ones had their chance."""

from __future__ import annotations

import msgspec

Box = tuple[float, float, float, float]


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    src: str  # currentSrc, absolute; data: URLs cut at 80 characters
    natural: tuple[int, int] = (0, 0)
    shown: tuple[float, float] = (0, 0)
    complete: bool = True
    broken: bool = False  # decode() refused it, or complete with no natural size
    lazy: bool = False
    reserved: bool | None = None  # its place is kept free while it loads; None where the browser does not say
    visible: bool = True
    alt: str | None = None  # None where the attribute is missing
    selector: str = ""
    box: Box = (0, 0, 0, 0)
    status: int = 0  # of its request, 0 where none was seen
    failure: str = ""
    content_type: str = ""


class Images(msgspec.Struct, frozen=True):
    items: tuple[Image, ...] = ()
    cut: int = 0
