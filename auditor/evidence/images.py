"""Evidence of images, gathered after the page was scrolled through so that lazy ones had their chance."""

from __future__ import annotations

import msgspec

Box = tuple[float, float, float, float]


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    src: str  # currentSrc, absolute; data: URLs cut at 80 characters
    natural: tuple[int, int] = (0, 0)  # as the browser reckons it, divided by the density that srcset gives
    pixels: tuple[int, int] = (0, 0)  # of the file
    content: tuple[float, float] = (0, 0)  # the box that the picture is drawn in, CSS pixels, before transforms
    fit: str = ""  # object-fit
    pixelated: bool = False  # is meant to be drawn in blocks
    loading: str = ""  # "lazy" where the attribute says so
    waiting: bool = False  # a script has yet to put the picture in
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
    size: int = 0  # bytes as transferred, 0 where the browser does not say


class Images(msgspec.Struct, frozen=True):
    items: tuple[Image, ...] = ()
    cut: int = 0
    scale: float = 1.0  # device pixels per CSS pixel
