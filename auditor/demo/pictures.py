"""Paints the shop's pictures: a canvas of polygons with soft edges, written as PNG by zlib and struct."""

import random
import struct
import zlib
from collections.abc import Sequence
from math import ceil, cos, floor, pi, sin

Point = tuple[float, float]
Outline = list[Point]
Colour = tuple[int, int, int]

_STEPS = (0.125, 0.375, 0.625, 0.875)  # where each row of pixels is cut, to soften the edges


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0.0, end: float = 1.0) -> Outline:
    """An ellipse, or the part of it between two turns (0 is right, 0.25 is down)."""
    count = 72
    turns = [2 * pi * (start + (end - start) * step / count) for step in range(count + 1)]
    return [(x + rx * cos(turn), y + ry * sin(turn)) for turn in turns]


def box(x: float, y: float, width: float, height: float, radius: float = 0.0) -> Outline:
    """A rectangle, with round corners if it has a radius."""
    if not radius:
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    right, bottom = x + width - radius, y + height - radius
    left, top = x + radius, y + radius
    corners = ((right, top, 0.75), (right, bottom, 0.0), (left, bottom, 0.25), (left, top, 0.5))
    return [
        (cx + radius * cos(2 * pi * (turn + step / 32)), cy + radius * sin(2 * pi * (turn + step / 32)))
        for cx, cy, turn in corners
        for step in range(9)
    ]


class Canvas:
    """A square picture on a coordinate field of 600 by 600; `zoom` shows its middle enlarged."""

    def __init__(self, side: int, ground: Colour, zoom: float = 1.0) -> None:
        self.side = side
        self._scale = side / 600 * zoom
        self._shift = side / 2 * (1 - zoom)
        self._rows = [bytearray(bytes(ground) * side) for _ in range(side)]

    def fill(self, outlines: Sequence[Outline], colour: Colour) -> None:
        """Fill outlines by the even-odd rule, so that an outline within another is a hole."""
        edges = []
        for outline in outlines:
            points = [(x * self._scale + self._shift, y * self._scale + self._shift) for x, y in outline]
            for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
                if y0 != y1:
                    low, high, x = (y0, y1, x0) if y0 < y1 else (y1, y0, x1)
                    edges.append((low, high, x, (x1 - x0) / (y1 - y0)))
        first = max(0, floor(min(edge[0] for edge in edges)))
        last = min(self.side, ceil(max(edge[1] for edge in edges)))
        for row in range(first, last):
            near = [edge for edge in edges if edge[0] < row + 1 and edge[1] > row]
            cuts = [
                sorted(x + (row + step - low) * slope for low, high, x, slope in near if low <= row + step < high)
                for step in _STEPS
            ]
            if len({len(cut) for cut in cuts}) == 1:
                for place in range(0, len(cuts[0]) - 1, 2):
                    self._span(row, [(cut[place], cut[place + 1]) for cut in cuts], colour)
            else:
                for cut in cuts:
                    for place in range(0, len(cut) - 1, 2):
                        self._span(row, [(cut[place], cut[place + 1])], colour)

    def _span(self, row: int, spans: list[tuple[float, float]], colour: Colour) -> None:
        line, side = self._rows[row], self.side
        left = max(0, floor(min(span[0] for span in spans)))
        right = min(side, ceil(max(span[1] for span in spans)))
        solid_left = solid_right = right
        if len(spans) == len(_STEPS):
            start = min(max(left, ceil(max(span[0] for span in spans))), side)
            end = min(floor(min(span[1] for span in spans)), right)
            if start < end:
                solid_left, solid_right = start, end
                line[3 * start : 3 * end] = bytes(colour) * (end - start)
        for x in (*range(left, solid_left), *range(solid_right, right)):
            cover = sum(max(0.0, min(end, x + 1) - max(start, x)) for start, end in spans) / len(_STEPS)
            for channel in range(3):
                place = 3 * x + channel
                line[place] += round((colour[channel] - line[place]) * min(cover, 1.0))

    def png(self) -> bytes:
        """The picture as a PNG file."""
        header = struct.pack(">IIBBBBB", self.side, self.side, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + line for line in self._rows), 6)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def icon(png: bytes, side: int) -> bytes:
    """A favicon.ico that holds one PNG."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, side, side, 0, 0, 1, 32, len(png), 22) + png


def noise(width: int, height: int) -> bytes:
    """A grey PNG as heavy as it has pixels, the same each time."""
    dots = random.Random(width * height).randbytes(width * height)
    rows = b"".join(b"\0" + dots[start : start + width] for start in range(0, len(dots), width))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 0)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
