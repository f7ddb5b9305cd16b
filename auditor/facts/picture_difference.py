"""Where two pictures of one page differ so that a shopper would see it: pixelmatch, block beside block; of pictures stored, without a browser.

A page is never laid over the other as a whole: three pixels more at the top would make all of it differ. Each block stands beside
the same block of the other picture, down to a text or an image, and is compared by cells of several pixels, so that what
browsers draw in their own way (letters, edges, rounding) stays below what counts. What changes from visit to visit is masked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from auditor.evidence.areas import Areas
from auditor.evidence.screenshot import Picture, Screenshots
from auditor.evidence.spot import Box
from auditor.facts.picture_blocks import Node, Pair, believable, paired, trees

if TYPE_CHECKING:
    from PIL import Image

_LARGEST = 64_000_000  # pixels
_LARGE = 4  # CSS pixels: side of a cell
_ROUGH = 8  # of backgrounds
_COLOUR = 0.12  # pixelmatch's threshold for what is seen at a glance
_LETTERS = 0.3  # for texts, of which letters are set otherwise in every browser
_SHARE = {"picture": 0.06, "text": 0.3, "control": 0.3, "group": 0.12}  # of its cells that have to differ
_LEAST = 400.0  # square CSS pixels that nobody overlooks
_NEAR = 6.0  # CSS pixels, or the share below, by which the same thing may be larger
_ALIKE = 0.06
_TEXT_ALIKE = 0.4  # texts take more or less room with other letters
_AROUND = 2  # CSS pixels left out around a mask
_DEEPEST = 60
_MOSTLY = 0.5
_MOST = 60  # places


class Taken(msgspec.Struct, frozen=True):
    """A picture of the page with what it is made of. `screen`: its first screen, taken right before: what changed meanwhile moves by itself."""

    file: Path | bytes
    picture: Picture
    areas: Areas
    screen: tuple[Path | bytes, Picture] | None = None


def taken(shown: Screenshots | None, areas: Areas | None, files: Callable[[str], Path | bytes]) -> Taken | None:
    """The picture of the whole page with what it is made of; `files` gives a picture's file or content by its hash."""
    kinds = {one.kind: one for one in shown.pictures} if shown else {}
    page, screen = kinds.get("page"), kinds.get("viewport")
    if page is None or areas is None:
        return None
    before = (files(screen.sha256), screen) if screen and screen.sha256 != page.sha256 else None
    return Taken(files(page.sha256), page, areas, before)


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A block that differs. `how`: looks, size, moved, missing (from the second), added (there alone).

    Boxes in CSS pixels of the first and of the second picture; None where it is not there. `share` of its cells that differ.
    """

    how: str
    label: str
    kind: str
    first: Box | None = None
    second: Box | None = None
    share: float = 1.0

    @property
    def area(self) -> float:
        box = self.first or self.second or (0, 0, 0, 0)
        return box[2] * box[3] * self.share


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """`share` of what was compared that differs, 0 to 1; `left_out` of the first picture that was masked; masks by kind."""

    share: float
    left_out: float
    masks: dict[str, int]
    places: tuple[Place, ...]  # largest first


class Unusable(Exception):
    """Pictures that can't be compared, and why in words: one is gone, damaged or too large, or this Python has no pixelmatch."""


def difference(first: Taken, second: Taken) -> Difference:
    """Raises Unusable where one of them can't be read."""
    return _Comparison(first, second).told()


class _Side:
    """A picture at one pixel a CSS pixel, and beside it where it is masked."""

    def __init__(self, taken: Taken) -> None:
        self.image = opened(taken.file, taken.picture)
        self.width, self.height = self.image.size
        self.clipped = taken.picture.clipped
        self.mask = _mask(taken, self.image.size)
        self.moving = bool(taken.screen) and self._mask_moving(taken)
        self.roots = trees(taken.areas)
        self.whole: Box = (0.0, 0.0, float(self.width), float(self.height))

    def _mask_moving(self, taken: Taken) -> bool:
        from PIL import Image, ImageChops, ImageFilter

        assert taken.screen is not None
        try:
            before = opened(*taken.screen)
        except Unusable:
            return False
        size = (min(before.width, self.width), min(before.height, self.height))
        a, b = (one.crop((0, 0, *size)).reduce(_ROUGH) for one in (before, self.image))
        changed = _pixelmatch(a, b, _COLOUR).filter(ImageFilter.MaxFilter(3))
        whole = Image.new("L", self.mask.size, 0)
        whole.paste(changed.resize((a.width * _ROUGH, a.height * _ROUGH), Image.Resampling.NEAREST), (0, 0))
        self.mask = ImageChops.lighter(self.mask, whole)
        return bool(changed.histogram()[255])

    def shows(self, box: Box) -> bool:
        """All of it, and not cut off at the picture's end."""
        return box[0] >= -1 and box[1] >= -1 and box[0] + box[2] <= self.width + 1 and box[1] + box[3] <= self.height

    def masked(self, box: Box) -> float:
        cut = self.mask.crop(_whole(box))
        return cut.histogram()[255] / max(cut.width * cut.height, 1)


class _Comparison:
    def __init__(self, first: Taken, second: Taken) -> None:
        self._first, self._second = _Side(first), _Side(second)
        self._masks = Counter(mask.kind for mask in first.areas.masks)
        self._places: list[Place] = []

    def told(self) -> Difference:
        one, other = self._first, self._second
        self._lists(one.roots, other.roots, one.whole, other.whole, 0)
        shown = (0, 0, min(one.width, other.width), min(one.height, other.height))
        area = max(shown[2] * shown[3], 1)
        left_out = one.mask.crop(shown).histogram()[255] / area
        compared = max(area * (1 - left_out), 1)
        places = sorted(self._places, key=lambda place: -place.area)
        return Difference(
            share=round(min(sum(place.area for place in places) / compared, 1.0), 4),
            left_out=round(left_out, 4),
            masks=dict(self._masks) | ({"moving": 1} if one.moving or other.moving else {}),
            places=tuple(places[:_MOST]),
        )

    def _lists(self, first: Sequence[Node], second: Sequence[Node], one: Box, other: Box, depth: int) -> None:
        pairs = list(paired(first, second, one, other))
        ends = [self._last_shown(pairs, place, (one, other)[place], depth) for place in (0, 1)]
        for number, pair in enumerate(pairs):
            a, b = pair.first, pair.second
            # what may stand below the other picture's end is not missing
            if a is not None and b is not None:
                self._pair(a, b, pair.moved, depth)
            elif (a is not None and number < ends[1]) or (b is not None and number < ends[0]):
                self._alone(a, b)

    def _last_shown(self, pairs: Sequence[Pair], place: int, around: Box, depth: int) -> int:
        """The number of the last pair up to which this picture surely shows everything."""
        side = (self._first, self._second)[place]
        if not side.clipped or (depth and side.shows(around)):
            return len(pairs)
        shown = (
            number
            for number in range(len(pairs) - 1, -1, -1)
            if (node := (pairs[number].first, pairs[number].second)[place]) is not None and node.box[1] < side.height
        )
        return next(shown, 0)

    def _pair(self, a: Node, b: Node, moved: bool, depth: int) -> None:
        whole = self._first.shows(a.box) and self._second.shows(b.box)
        if not whole and not (a.children and b.children):
            return  # below a picture's end
        if moved and whole and self._is_seen(a, self._first):
            self._found("moved", a, b)
        elif a.block.kind == "group" and b.block.kind == "group":
            painted = a.block.painted or b.block.painted
            behind = self._background(a, b) if painted and whole else 0.0
            if behind < _MOSTLY and depth < _DEEPEST:  # on another ground all looks otherwise
                self._lists(a.children, b.children, a.box, b.box, depth + 1)
        elif whole and (share := self._leaf(a, b)):
            self._found("size" if share > 1 else "looks", a, b, min(share, 1.0))

    def _alone(self, a: Node | None, b: Node | None) -> None:
        node, side = (a, self._first) if a is not None else (b, self._second)
        if node is not None and side.shows(node.box) and self._is_seen(node, side):
            self._found("missing" if a is not None else "added", a, b)

    def _is_seen(self, node: Node, side: _Side) -> bool:
        """Large enough, not masked, and not of one colour."""
        box = node.box
        if box[2] * box[3] < _LEAST or side.masked(box) > 0.5:
            return False
        extremes = side.image.crop(_whole(box)).convert("L").getextrema()
        return bool(extremes[1] - extremes[0] > 24)  # type: ignore[operator]

    def _found(self, how: str, a: Node | None, b: Node | None, share: float = 1.0) -> None:
        block = (a or b).block if (a or b) else None  # type: ignore[union-attr]
        if block is not None:
            self._places.append(
                Place(
                    how=how,
                    label=block.label,
                    kind=block.kind,
                    first=a.box if a else None,
                    second=b.box if b else None,
                    share=round(share, 3),
                )
            )

    def _leaf(self, a: Node, b: Node) -> float:
        """The share of its cells that differ, 2 where it has another size, 0 where nothing counts."""
        if a.box[2] * a.box[3] < _LEAST and b.box[2] * b.box[3] < _LEAST:
            return 0.0
        if self._first.masked(a.box) > 0.5 or self._second.masked(b.box) > 0.5:
            return 0.0
        kind = a.block.kind
        if kind == "text":
            return self._text(a, b)
        if not _same_size(a.box, b.box, _ALIKE if kind == "picture" else 0.2):
            return 2.0
        cell, threshold = (_LARGE, _COLOUR) if kind == "picture" else (_ROUGH, _LETTERS)
        return self._differing(a.box, b.box, cell, threshold, _SHARE[kind])

    def _text(self, a: Node, b: Node) -> float:
        """Words may wrap otherwise and be wider; ink and ground have the same colours, and lines stand where they stood."""
        if not _same_colour(self._first, a.box, self._second, b.box):
            return 1.0
        if not _same_size(a.box, b.box, 0.08):
            lines = max(a.block.font_px, 10.0) * 2.2
            wrapped = abs(a.box[3] - b.box[3]) <= lines or _same_size(a.box, b.box, _TEXT_ALIKE)
            return 0.0 if wrapped else 2.0
        cell = max(_LARGE, round(a.block.font_px * 0.6))
        return self._differing(a.box, b.box, cell, _LETTERS, _SHARE["text"])

    def _background(self, a: Node, b: Node) -> float:
        """What is drawn behind and between the blocks of a group: the share of it that differs."""
        around = [child.box for child in a.children], [child.box for child in b.children]
        share = self._differing(a.box, b.box, _ROUGH, _COLOUR, _SHARE["group"], around)
        if share:
            self._found("looks", a, b, share)
        return share

    def _differing(
        self,
        one: Box,
        other: Box,
        cell: int,
        threshold: float,
        least: float,
        without: tuple[Iterable[Box], Iterable[Box]] = ((), ()),
    ) -> float:
        from PIL import Image, ImageChops, ImageFilter

        a, b = self._first.image.crop(_whole(one)), self._second.image.crop(_whole(other))
        masks = [
            _hidden(side.mask, box, hide)
            for side, box, hide in ((self._first, one, without[0]), (self._second, other, without[1]))
        ]
        if _same_size(one, other, _ALIKE):
            b, masks[1] = b.resize(a.size, Image.Resampling.BILINEAR), masks[1].resize(a.size, Image.Resampling.NEAREST)
        else:
            size = (0, 0, min(a.width, b.width), min(a.height, b.height))
            a, b, masks = a.crop(size), b.crop(size), [mask.crop(size) for mask in masks]
        cell = max(min(cell, a.width // 3, a.height // 3), 1)
        a, b = a.reduce(cell), b.reduce(cell)
        hidden = ImageChops.lighter(masks[0], masks[1]).reduce(cell).point(lambda value: 255 if value > 24 else 0)
        differs = ImageChops.subtract(_pixelmatch(a, b, threshold), hidden)
        # a line of single cells is an edge that lies a pixel further
        if min(differs.size) > 3:
            differs = differs.filter(ImageFilter.MedianFilter(3))
        seen = a.width * a.height - hidden.histogram()[255]
        count = differs.histogram()[255]
        if not seen or count * cell * cell < _LEAST:
            return 0.0
        share = count / seen
        return share * seen / (a.width * a.height) if share >= least else 0.0


def opened(file: Path | bytes, picture: Picture) -> Image.Image:
    """At one pixel a CSS pixel, RGB. Raises Unusable."""
    import io
    import warnings

    from PIL import Image, PngImagePlugin  # noqa: F401

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            warnings.simplefilter("error")
            if image.width * image.height > _LARGEST:
                raise ValueError("too large")
            plain = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        raise Unusable("a picture is gone or damaged") from error
    scale = picture.scale or 1.0
    if abs(scale - 1.0) < 0.01:
        return plain
    size = (max(round(plain.width / scale), 1), max(round(plain.height / scale), 1))
    return plain.resize(size, Image.Resampling.BOX)


def _mask(taken: Taken, size: tuple[int, int]) -> Image.Image:
    """White where the picture is not looked at."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    for one in taken.areas.masks:
        if not believable(one.box):
            continue
        x, y, width, height = one.box
        tops = [y]
        if one.kind in ("fixed", "banner"):  # it may stand at the end of a picture of the whole page
            tops.append(size[1] - height)
        for top in tops:
            corner = (x - _AROUND, top - _AROUND, x + width + _AROUND, top + height + _AROUND)
            draw.rectangle(corner, fill=255)
    return mask


def _hidden(mask: Image.Image, box: Box, without: Iterable[Box]) -> Image.Image:
    from PIL import ImageDraw

    cut = mask.crop(_whole(box))
    draw = ImageDraw.Draw(cut)
    for x, y, width, height in without:
        left, top = x - box[0], y - box[1]
        corner = (left - _AROUND, top - _AROUND, left + width + _AROUND, top + height + _AROUND)
        draw.rectangle(corner, fill=255)
    return cut


def _pixelmatch(a: Image.Image, b: Image.Image, threshold: float) -> Image.Image:
    """White where pixels differ."""
    from PIL import Image

    try:
        import pybind11_pixelmatch as pixelmatch
    except ImportError as error:  # built for some Pythons and systems only
        raise Unusable("pybind11-pixelmatch is not to be had for this Python") from error

    options = pixelmatch.Options()
    options.threshold, options.diffMask = threshold, True
    shape = (a.height, a.width, 4)
    told = bytearray(a.width * a.height * 4)
    views = [memoryview(one.convert("RGBA").tobytes()).cast("B", shape) for one in (a, b)]
    pixelmatch.pixelmatch(*views, output=memoryview(told).cast("B", shape), options=options)
    return Image.frombytes("RGBA", a.size, bytes(told)).getchannel("A").point(lambda value: 255 if value else 0)


def _same_colour(first: _Side, one: Box, second: _Side, other: Box) -> bool:
    """Of the whole block on average, what is masked left out."""
    from PIL import Image, ImageStat

    means = []
    for side, box in ((first, one), (second, other)):
        cut, mask = side.image.crop(_whole(box)), side.mask.crop(_whole(box)).point(lambda value: 255 - value)
        told = ImageStat.Stat(cut, mask)
        means.append(tuple(round(value) for value in told.mean) if told.count[0] else (0, 0, 0))
    plain = [Image.new("RGB", (1, 1), mean) for mean in means]
    return not _pixelmatch(plain[0], plain[1], _COLOUR).histogram()[255]


def _same_size(one: Box, other: Box, share: float) -> bool:
    return all(abs(one[place] - other[place]) <= max(_NEAR, share * max(one[place], other[place])) for place in (2, 3))


def _whole(box: Box) -> tuple[int, int, int, int]:
    left, top = round(box[0]), round(box[1])
    return left, top, max(left + 1, round(box[0] + box[2])), max(top + 1, round(box[1] + box[3]))
