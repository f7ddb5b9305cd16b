"""What is drawn into the pictures of the HTML report to show where two of them differ, and what was not compared."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw

from auditor.report.document import DifferencePart, PicturePart

_MARK = (200, 0, 100)
_GREY = (176, 186, 190)
_FADED = 0.62  # of the page turned to white
_STRIPE = 8
_VISIBLE = 40  # of 255 by which a pixel has to differ to be painted

Box = tuple[float, float, float, float]


def plain(image: Image.Image, picture: PicturePart) -> Image.Image:
    """At one pixel a CSS pixel."""
    scale = picture.scale or 1.0
    if abs(scale - 1.0) < 0.01:
        return image
    return image.resize((max(round(image.width / scale), 1), max(round(image.height / scale), 1)), Image.Resampling.BOX)


def highlighted(first: Image.Image, second: Image.Image, told: DifferencePart) -> Image.Image:
    """The first picture in pale grey, masks hatched, what differs in colour and outlined; both at one pixel a CSS pixel."""
    grey = first.convert("L").convert("RGB")
    page = Image.blend(grey, Image.new("RGB", grey.size, "white"), _FADED)
    for mask in told.masks:
        _hatch(page, mask)
    for place in reversed(told.places):  # the largest last, on top
        box = place.first or place.second
        if box is None:
            continue
        if place.how == "looks" and place.first and place.second:
            _paint(page, first, second, place.first, place.second)
        else:
            _fill(page, box, 0.22)
        _outline(page, box)
    return page


def _corners(box: Box) -> tuple[int, int, int, int]:
    left, top = round(box[0]), round(box[1])
    return left, top, max(round(box[0] + box[2]), left + 1), max(round(box[1] + box[3]), top + 1)


def _hatch(page: Image.Image, box: Box) -> None:
    corners = _corners(box)
    size = (min(corners[2] - corners[0], page.width), min(corners[3] - corners[1], page.height))
    if min(size) < 1 or corners[0] > page.width or corners[1] > page.height:
        return
    tile = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(tile)
    for start in range(-size[1], size[0], _STRIPE):
        draw.line([(start, size[1]), (start + size[1], 0)], fill=_GREY, width=2)
    draw.rectangle([0, 0, size[0] - 1, size[1] - 1], outline=_GREY)
    page.paste(tile, corners[:2])


def _fill(page: Image.Image, box: Box, strength: float) -> None:
    corners = _corners(box)
    cut = page.crop(corners)
    page.paste(Image.blend(cut, Image.new("RGB", cut.size, _MARK), strength), corners[:2])


def _paint(page: Image.Image, first: Image.Image, second: Image.Image, one: Box, other: Box) -> None:
    """Pixels of a block that differ, laid top left on top left, as they are where both are of about one size."""
    a, b = first.crop(_corners(one)), second.crop(_corners(other))
    if abs(a.width - b.width) <= 0.06 * a.width + 6 and abs(a.height - b.height) <= 0.06 * a.height + 6:
        b = b.resize(a.size, Image.Resampling.BILINEAR)
    else:
        size = (0, 0, min(a.width, b.width), min(a.height, b.height))
        a, b = a.crop(size), b.crop(size)
    differs = ImageChops.difference(a, b).convert("L").point(lambda value: 170 if value > _VISIBLE else 0)
    left, top = _corners(one)[:2]
    page.paste(Image.new("RGB", a.size, _MARK), (left, top), differs)


def _outline(page: Image.Image, box: Box) -> None:
    left, top, right, bottom = _corners(box)
    line = max(page.width // 300, 2)
    corners = [
        max(left - line, 0),
        max(top - line, 0),
        min(right + line, page.width) - 1,
        min(bottom + line, page.height) - 1,
    ]
    if corners[2] > corners[0] and corners[3] > corners[1]:
        ImageDraw.Draw(page).rectangle(corners, outline=_MARK, width=line)
