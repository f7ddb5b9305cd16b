"""Screenshots of cases: rectangles of plain colour, each with a spot in its middle so that it is no mere ground."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def drawn(given: Mapping[str, Any]) -> bytes:
    """`{size: [width, height], boxes: [[x, y, width, height, colour], …]}` as PNG. Raises KeyError, TypeError or ValueError."""
    import io

    from PIL import Image, ImageDraw, PngImagePlugin  # noqa: F401

    image = Image.new("RGB", tuple(given["size"]), "white")
    pen = ImageDraw.Draw(image)
    for x, y, width, height, colour in given.get("boxes", ()):
        pen.rectangle([x, y, x + width - 1, y + height - 1], fill=colour)
        pen.rectangle([x + width / 3, y + height / 3, x + width / 2, y + height / 2], fill="white")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
