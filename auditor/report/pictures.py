"""The pictures of the HTML report: screenshots copied, small views of them, and cut-outs with the place of a finding framed."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

# named, lest Pillow loads all its forty formats to find the last of these
from PIL import Image, ImageDraw, PngImagePlugin, WebPImagePlugin  # noqa: F401

from auditor.model.finding import Excerpt
from auditor.report.document import DifferencePart, PicturePart
from auditor.report.picture_marks import highlighted, plain

FOLDER = "pictures"
_SAFE = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
_LARGEST = 64_000_000  # pixels; a clipped full-page screenshot of a phone at scale 3 has a third
_THUMB_HEIGHT = 440  # shown at half of it
_CUT_WIDTH, _CUT_HEIGHT = 640, 420  # CSS pixels around a finding
_FRAME, _HALO = (200, 0, 100), (255, 255, 255)
_QUALITY = 84
_AT_ONCE = 4  # pictures that are in memory together
_UNREADABLE = (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError)
Box = tuple[float, float, float, float]


class Shown(msgspec.Struct, frozen=True):
    """A picture as the report shows it; `full` is what it leads to. Paths are relative to the report, sizes in pixels."""

    path: str
    full: str
    width: int
    height: int
    framed: bool = False


class Album:
    """Makes each picture of a report once. A picture that is missing, damaged or too large is None, never an error."""

    def __init__(self, folder: Path, files: Callable[[str], Path]) -> None:
        """`files` gives the stored file of a picture by the stem of its `path`, which is its content hash."""
        self._folder, self._files = folder, files
        self._full: dict[str, bool] = {}
        self._made: dict[tuple[str, Box | None], Shown | None] = {}
        self._open: tuple[str, Image.Image] | None = None

    def ahead(self, pictures: Iterable[PicturePart]) -> None:
        """Makes the small views of these beside each other: reading, scaling and packing leave the interpreter to others."""

        def make(picture: PicturePart) -> None:
            if not self.full(picture):
                return
            with suppress(*_UNREADABLE):
                small = _thumb(_read(self._folder / picture.path), picture)
                self._made[picture.path, None] = self._saved(small, picture, "small", framed=False)

        with warnings.catch_warnings(), ThreadPoolExecutor(min(os.cpu_count() or 1, _AT_ONCE)) as threads:
            warnings.simplefilter("error")  # for all threads, and none of them changes it
            list(threads.map(make, {one.path: one for one in pictures}.values()))

    def thumb(self, picture: PicturePart) -> Shown | None:
        """The first screen of the picture, small."""
        return self._once(picture, None)

    def cut(self, picture: PicturePart, excerpts: tuple[Excerpt, ...]) -> Shown | None:
        """The part of the picture around the first excerpt that has a place in it, framed; None where none has."""
        for excerpt in excerpts:
            if excerpt.box and (box := _inside(excerpt.box, picture)):
                return self._once(picture, box)
        return None

    def outlined(self, picture: PicturePart, boxes: Sequence[Box]) -> Shown | None:
        """The first screen of the picture, small, with those of the places outlined that are on it."""
        inside = tuple(box for one in boxes if (box := _inside(one, picture)))
        if not inside or not self.full(picture):
            return self.thumb(picture)
        mark = hashlib.sha256(repr(inside).encode()).hexdigest()[:8]
        try:
            image = self._image(picture.path).copy()
        except _UNREADABLE:
            return None
        for box in inside:
            _outline(image, box, picture.scale)
        return self._saved(_thumb(image, picture), picture, f"all-{mark}", framed=True)

    def differing(self, first: PicturePart, second: PicturePart, told: DifferencePart) -> tuple[Shown | None, int]:
        """The first picture faded, what the second shows otherwise highlighted; and where the part that is shown begins, in CSS pixels."""
        if not self.full(first) or not self.full(second):
            return None, 0
        try:
            whole = highlighted(plain(self._image(first.path), first), plain(self._image(second.path), second), told)
        except _UNREADABLE:
            return None, 0
        path = f"{FOLDER}/{Path(first.path).stem[:40]}-{Path(second.path).stem[:16]}-differs.webp"
        whole.save(self._folder / path, "WEBP", quality=_QUALITY, method=2)
        screen = round(whole.width * (2.0 if whole.width < 700 else 0.68))
        tops = [box[1] for place in told.places[:1] if (box := place.first or place.second)]
        down = max(round(tops[0]) - 40, 0) if tops and tops[0] > screen * 0.8 else 0
        down = min(down, max(whole.height - screen, 0))
        small = whole.crop((0, down, whole.width, min(whole.height, down + screen)))
        css = msgspec.structs.replace(first, width=small.width, height=small.height, scale=1.0)
        shown = self._saved(_thumb(small, css), first, f"{Path(second.path).stem[:16]}-differs-small", framed=True)
        return msgspec.structs.replace(shown, full=path), down

    def full(self, picture: PicturePart) -> bool:
        """The picture stands in the report's folder, as it was taken."""
        if picture.path not in self._full:
            self._full[picture.path] = self._copy(picture.path)
        return self._full[picture.path]

    def data(self, shown: Shown) -> bytes:
        """The bytes of a picture that this album made."""
        return (self._folder / shown.path).read_bytes()

    def _once(self, picture: PicturePart, box: Box | None) -> Shown | None:
        key = (picture.path, box)
        if key not in self._made:
            self._made[key] = self._make(picture, box) if self.full(picture) else None
        return self._made[key]

    def _copy(self, path: str) -> bool:
        if not _SAFE.fullmatch(path):
            return False
        digest = Path(path).stem
        try:
            data = self._files(digest).read_bytes()
        except (OSError, KeyError, ValueError):
            return False
        if len(digest) == 64 and hashlib.sha256(data).hexdigest() != digest:
            return False
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return True

    def _make(self, picture: PicturePart, box: Box | None) -> Shown | None:
        try:
            image = self._image(picture.path)
        except _UNREADABLE:
            return None
        small = _thumb(image, picture) if box is None else _cut(image, box, picture.scale)
        mark = hashlib.sha256(repr(box).encode()).hexdigest()[:8] if box else "small"
        return self._saved(small, picture, mark, framed=box is not None)

    def _saved(self, small: Image.Image, picture: PicturePart, mark: str, *, framed: bool) -> Shown:
        path = f"{FOLDER}/{Path(picture.path).stem}-{mark}.webp"
        (self._folder / FOLDER).mkdir(parents=True, exist_ok=True)
        small.save(self._folder / path, "WEBP", quality=_QUALITY, method=2)
        return Shown(path, picture.path, small.width, small.height, framed)

    def _image(self, path: str) -> Image.Image:
        # The last one stays open: thumb and cut-outs of a picture are mostly asked for together.
        if self._open is None or self._open[0] != path:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self._open = (path, _read(self._folder / path))
        return self._open[1]


def _read(path: Path) -> Image.Image:
    with Image.open(path) as image:
        if image.width * image.height > _LARGEST:
            raise ValueError("too large")
        return image.convert("RGB")


def _inside(box: Box, picture: PicturePart) -> Box | None:
    """The box in CSS pixels cut to the picture; None where nothing of it is in there."""
    scale = picture.scale or 1.0
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    right, bottom = min(box[0] + box[2], picture.width / scale), min(box[1] + box[3], picture.height / scale)
    return (left, top, right - left, bottom - top) if right - left >= 1 and bottom - top >= 1 else None


def _thumb(image: Image.Image, picture: PicturePart) -> Image.Image:
    portrait = image.width / (picture.scale or 1.0) < 700
    top = image.crop((0, 0, image.width, min(image.height, round(image.width * (2.0 if portrait else 0.68)))))
    factor = min(_THUMB_HEIGHT / top.height, 1.0)
    size = (max(round(top.width * factor), 1), max(round(top.height * factor), 1))
    return top.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _outline(image: Image.Image, box: Box, scale: float) -> None:
    scale = scale or 1.0
    x, y, width, height = (value * scale for value in box)
    line = max(round(image.width / 200), 3)  # the picture is shown small
    right, bottom = min(x + width + line, image.width - 1), min(y + height + line, image.height - 1)
    ImageDraw.Draw(image).rectangle([max(x - line, 0), max(y - line, 0), right, bottom], outline=_FRAME, width=line)


def _cut(image: Image.Image, box: Box, scale: float) -> Image.Image:
    """`box` with its surroundings, framed; a box larger than the cut-out is shown from its top left, as far as it fits."""
    scale = scale or 1.0
    x, y, width, height = (value * scale for value in box)
    wide = min(max(_CUT_WIDTH * scale, width + 40 * scale), image.width)
    high = min(_CUT_HEIGHT * scale, max(wide * 0.66, height + 40 * scale), image.height)
    left = min(max(x + width / 2 - wide / 2, 0), image.width - wide)
    top = y - min((high - height) / 2, high) if height < high else y - 20 * scale
    top = min(max(top, 0), image.height - high)
    cut = image.crop((round(left), round(top), round(left + wide), round(top + high)))
    draw, gap = ImageDraw.Draw(cut), 3 * scale
    frame = [x - left - gap, y - top - gap, x - left + width + gap, y - top + height + gap]
    frame = [max(frame[0], 0), max(frame[1], 0), min(frame[2], cut.width - 1), frame[3]]
    line = max(round(4 * scale), 2)  # the cut-out is shown at about half its size
    draw.rectangle([frame[0] - line, frame[1] - line, frame[2] + line, frame[3] + line], outline=_HALO, width=line)
    draw.rectangle(frame, outline=_FRAME, width=line)
    longest = 1000
    if cut.width > longest:
        cut = cut.resize((longest, max(round(cut.height * longest / cut.width), 1)), Image.Resampling.LANCZOS)
    return cut
