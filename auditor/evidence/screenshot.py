"""Evidence of how the page looked: pictures as files under their content hash."""

from __future__ import annotations

import msgspec


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    kind: str  # viewport | page
    sha256: str  # name below files/
    width: int  # of the picture, in device pixels
    height: int
    scale: float = 1.0  # device pixels per CSS pixel
    clipped: bool = False  # the page went on below


class Screenshots(msgspec.Struct, frozen=True):
    pictures: tuple[Picture, ...] = ()
