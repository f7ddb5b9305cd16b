"""Two pictures of a page: what browsers draw in their own way is no difference, what a shopper would see is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from auditor.evidence.areas import Areas, Block, Mask
from auditor.evidence.screenshot import Picture
from auditor.facts.picture_difference import Difference, Taken, Unusable, difference

Box = tuple[float, float, float, float]
WORDS = "Every lamp is made by hand and packed in paper"


class Sheet:
    """A page drawn block by block, as a browser would."""

    def __init__(self, width: int = 600, height: int = 900, scale: int = 1) -> None:
        self.image = Image.new("RGB", (width * scale, height * scale), "white")
        self.scale, self.blocks, self.masks = scale, list[Block](), list[Mask]()

    def group(self, label: str, box: Box, colour: str = "", parent: int = -1) -> int:
        if colour:
            self._fill(box, colour)
        self.blocks.append(Block(parent=parent, label=label, kind="group", box=box, painted=bool(colour)))
        return len(self.blocks) - 1

    def picture(self, label: str, box: Box, colour: str = "#a52", parent: int = -1) -> None:
        self._fill(box, colour)
        x, y, width, height = box
        self._fill((x + width / 4, y + height / 4, width / 2, height / 2), "#fd8")
        self.blocks.append(Block(parent=parent, label=label, kind="picture", box=box))

    def text(
        self,
        label: str,
        at: tuple[float, float],
        words: str = WORDS,
        ink: str = "#222",
        size: float = 20,
        parent: int = -1,
    ) -> None:
        font = ImageFont.load_default(size * self.scale)
        draw = ImageDraw.Draw(self.image)
        place = (at[0] * self.scale, at[1] * self.scale)
        left, top, right, bottom = (value / self.scale for value in draw.textbbox(place, words, font))
        draw.text(place, words, ink, font)
        self.blocks.append(
            Block(parent=parent, label=label, kind="text", font_px=size, box=(left, top, right - left, bottom - top))
        )

    def mask(self, kind: str, box: Box, colour: str = "") -> None:
        if colour:
            self._fill(box, colour)
        self.masks.append(Mask(kind, box))

    def _fill(self, box: Box, colour: str) -> None:
        x, y, width, height = (value * self.scale for value in box)
        ImageDraw.Draw(self.image).rectangle([x, y, x + width - 1, y + height - 1], fill=colour)


Draw = Callable[[Sheet], None]


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Difference]:
    def compare(first: Sheet, second: Sheet, *, clipped: bool = False) -> Difference:
        return difference(
            *(taken(tmp_path, name, sheet, clipped=clipped) for name, sheet in (("a", first), ("b", second)))
        )

    return compare


def taken(folder: Path, name: str, sheet: Sheet, *, clipped: bool = False) -> Taken:
    path = folder / f"{name}.png"
    sheet.image.save(path)
    picture = Picture(
        kind="page", sha256=name, width=sheet.image.width, height=sheet.image.height, scale=sheet.scale, clipped=clipped
    )
    return Taken(path, picture, Areas(masks=tuple(sheet.masks), blocks=tuple(sheet.blocks)))


def page(down: float = 0, **changes: object) -> Sheet:
    """A head, a picture beside its words, a price."""
    sheet = Sheet(scale=int(str(changes.get("scale", 1))))
    body = sheet.group("body", (0, 0, 600, 900))
    head = sheet.group("header", (0, down, 600, 60), "#123", body)
    sheet.text("a.brand", (20, down + 15), "Lumen", "white", parent=head)
    sheet.picture("img#lamp", (40, down + 100, 240, 240), str(changes.get("lamp", "#a52")), body)
    if not changes.get("silent"):
        sheet.text(
            "h1",
            (float(str(changes.get("x", 300))), down + 110),
            "A lamp of brass",
            str(changes.get("ink", "#222")),
            float(str(changes.get("size", 28))),
            body,
        )
    sheet.text("p", (40, down + 420 + float(str(changes.get("later", 0)))), WORDS, parent=body)
    sheet.mask("price", (300, down + 200, 80, 30), str(changes.get("price", "#0a0")))
    return sheet


def hows(difference: Difference) -> list[tuple[str, str]]:
    return [(place.how, place.label) for place in difference.places]


def test_the_same_page_is_the_same(told: Callable[..., Difference]) -> None:
    same = told(page(), page())
    assert (same.share, same.places) == (0, ())
    assert same.masks == {"price": 1}
    assert 0 < same.left_out < 0.02


@pytest.mark.parametrize(
    "other",
    [
        page(down=3),
        page(down=12),
        page(later=10),  # a line above is set a little higher
        page(size=29.5),  # letters a little wider
        page(price="#c00"),
        page(scale=2),  # one browser takes denser pictures
        page(lamp="#a85522"),  # colours are rounded
    ],
)
def test_what_browsers_draw_in_their_own_way_is_no_difference(told: Callable[..., Difference], other: Sheet) -> None:
    assert told(page(), other).places == ()
    assert told(other, page()).places == ()


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (page(silent=True), ("missing", "h1")),
        (page(ink="white"), ("looks", "h1")),
        (page(lamp="#25a"), ("looks", "img#lamp")),
        (page(x=40), ("moved", "h1")),
    ],
)
def test_what_a_shopper_would_see_is_a_difference(
    told: Callable[..., Difference], other: Sheet, found: tuple[str, str]
) -> None:
    one = told(page(), other)
    assert hows(one) == [found]
    assert 0.003 < one.share < 0.2
    assert one.places[0].first


def test_what_is_only_there_is_added(told: Callable[..., Difference]) -> None:
    assert hows(told(page(silent=True), page())) == [("added", "h1")]


def test_images_of_another_size(told: Callable[..., Difference]) -> None:
    sheets = [Sheet(), Sheet()]
    for sheet, width in zip(sheets, (240, 420), strict=True):
        sheet.picture("img", (40, 100, width, 240))
    assert hows(told(*sheets)) == [("size", "img")]


def test_cards_in_a_row_here_and_below_each_other_there(told: Callable[..., Difference]) -> None:
    sheets = [Sheet(), Sheet()]
    for sheet, stacked in zip(sheets, (False, True), strict=True):
        grid = sheet.group("div.grid", (0, 100, 600, 760 if stacked else 240))
        for number in range(3):
            at = (20.0, 110.0 + number * 250) if stacked else (20.0 + number * 190, 110.0)
            sheet.picture("img in div.grid", (*at, 180, 220), parent=grid)
    assert hows(told(*sheets)) == [("moved", "img in div.grid")] * 2


def test_words_that_wrap_elsewhere_are_no_difference(told: Callable[..., Difference]) -> None:
    sheets = [Sheet(), Sheet()]
    for sheet, second in zip(sheets, ((300.0, 100.0), (20.0, 126.0)), strict=True):
        menu = sheet.group("nav", (0, 90, 600, 30 if second[1] < 110 else 56))
        sheet.text("a.one", (20, 100), "Lamps and shades", parent=menu)
        sheet.text("a.two", second, "Chairs and tables", parent=menu)
    assert told(*sheets).places == ()


def test_what_is_below_a_clipped_picture_is_not_missing(told: Callable[..., Difference]) -> None:
    sheets = [Sheet(), Sheet()]
    for sheet, down in zip(sheets, (500, 760), strict=True):
        sheet.picture("img.hero", (0, 0, 600, down))
        sheet.picture("img.lamp", (40, down + 20, 200, 200))
    assert ("missing", "img.lamp") not in hows(told(*sheets, clipped=True))
    sheets[1].blocks.pop()
    assert ("missing", "img.lamp") not in hows(told(*sheets, clipped=True))
    assert ("missing", "img.lamp") in hows(told(*sheets))


def test_what_changed_between_the_screen_and_the_page_moves_by_itself(tmp_path: Path) -> None:
    first, second = taken(tmp_path, "a", page()), taken(tmp_path, "b", page(lamp="#25a"))
    before = taken(tmp_path, "c", page(lamp="#5c5"))
    assert hows(difference(first, second)) == [("looks", "img#lamp")]
    moving = Taken(first.file, first.picture, first.areas, (before.file, before.picture))
    seen = difference(moving, second)
    assert seen.places == ()
    assert seen.masks == {"price": 1, "moving": 1}


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nrubbish", None])
def test_a_picture_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    good, bad = taken(tmp_path, "a", page()), taken(tmp_path, "b", page())
    Path(str(bad.file)).unlink()
    if content is not None:
        Path(str(bad.file)).write_bytes(content)
    with pytest.raises(Unusable):
        difference(good, bad)


def test_hostile_boxes_are_borne(told: Callable[..., Difference]) -> None:
    sheet = page()
    odd: Sequence[Box] = ((-1e7, 0, 1e9, 1e9), (5e6, 5e6, 10, 10), (0, 0, 0, 0), (10, 10, -50, -50))
    for place, box in enumerate(odd):
        sheet.blocks.append(Block(parent=99 if place else 4, label="b", kind="picture", box=box, painted=True))
        sheet.masks.append(Mask("ad", box))
    told(sheet, page())
    told(page(), sheet)
