"""What is in the pictures: each motif paints a kind of product in the product's colour."""

from collections.abc import Callable
from functools import cache

from auditor.demo.pictures import Canvas, Colour, Outline, box, ellipse, icon

SIDE = 600

_COLOURS: dict[str, Colour] = {
    "brass": (184, 138, 62),
    "ink": (54, 62, 78),
    "moss": (92, 112, 78),
    "plum": (122, 74, 96),
    "rust": (176, 92, 58),
    "sand": (204, 178, 140),
    "sea": (74, 122, 138),
}
_LIGHT: Colour = (255, 236, 184)
_WHITE: Colour = (250, 246, 238)
_DARK: Colour = (58, 50, 44)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _shade(colour: Colour) -> Colour:
    return _mix(colour, _DARK, 0.3)


def _tint(colour: Colour) -> Colour:
    return _mix(colour, _WHITE, 0.35)


def _lantern(on: Canvas, colour: Colour) -> None:
    on.fill([ellipse(300, 150, 78, 84), ellipse(300, 150, 66, 72)], _shade(colour))
    on.fill([[(262, 170), (338, 170), (388, 232), (212, 232)]], colour)
    on.fill([box(204, 230, 192, 18, 6)], _shade(colour))
    on.fill([box(218, 248, 164, 206)], _mix(_LIGHT, _WHITE, 0.45))
    on.fill([ellipse(300, 360, 46, 74)], _LIGHT)
    on.fill([[(300, 306), (318, 350), (312, 372), (288, 372), (282, 350)]], (232, 150, 60))
    on.fill([box(278, 372, 44, 82, 4)], _WHITE)
    for x in (212, 376):
        on.fill([box(x, 246, 12, 210)], colour)
    on.fill([box(296, 248, 8, 40)], colour)
    on.fill([box(200, 452, 200, 30, 8)], colour)
    on.fill([box(214, 480, 172, 14, 6)], _shade(colour))


def _table_lamp(on: Canvas, colour: Colour) -> None:
    on.fill([[(220, 150), (380, 150), (450, 320), (150, 320)]], colour)
    on.fill([[(220, 150), (258, 150), (216, 320), (150, 320)]], _tint(colour))
    on.fill([ellipse(300, 320, 150, 16)], _LIGHT)
    on.fill([ellipse(300, 400, 40, 66)], _shade(colour))
    on.fill([box(290, 330, 20, 150)], _shade(colour))
    on.fill([box(222, 470, 156, 24, 10)], _DARK)


def _pendant(on: Canvas, colour: Colour) -> None:
    on.fill([box(297, 0, 6, 190)], _DARK)
    on.fill([box(280, 180, 40, 40, 8)], _shade(colour))
    on.fill([ellipse(300, 370, 176, 160, 0.5, 1.0)], colour)
    on.fill([ellipse(300, 370, 176, 160, 0.5, 0.68)], _tint(colour))
    on.fill([ellipse(300, 370, 176, 26)], _LIGHT)
    on.fill([ellipse(300, 376, 34, 30)], _WHITE)


def _globe(on: Canvas, colour: Colour) -> None:
    on.fill([box(297, 0, 6, 180)], _DARK)
    on.fill([box(270, 172, 60, 40, 8)], _COLOURS["brass"])
    on.fill([ellipse(300, 340, 148, 146)], _mix(colour, _LIGHT, 0.4))
    on.fill([ellipse(300, 340, 96, 96)], _LIGHT)
    on.fill([ellipse(300, 340, 44, 48)], _WHITE)
    on.fill([ellipse(236, 276, 20, 30)], _mix(colour, _WHITE, 0.8))


def _floor_lamp(on: Canvas, colour: Colour) -> None:
    on.fill([[(240, 90), (360, 90), (412, 220), (188, 220)]], colour)
    on.fill([[(240, 90), (270, 90), (238, 220), (188, 220)]], _tint(colour))
    on.fill([ellipse(300, 220, 112, 12)], _LIGHT)
    on.fill([box(294, 226, 12, 274)], _DARK)
    on.fill([box(344, 226, 3, 70)], _shade(colour))
    on.fill([ellipse(345, 302, 7, 9)], _COLOURS["brass"])
    on.fill([ellipse(300, 502, 90, 14)], _DARK)


def _throw(on: Canvas, colour: Colour) -> None:
    for place, tone in enumerate((_shade(colour), colour, _tint(colour))):
        top = 400 - place * 84
        on.fill([box(128 + place * 8, top, 344 - place * 16, 88, 34)], tone)
        for stripe in range(3):
            on.fill([box(330 + stripe * 30, top, 10, 88)], _mix(tone, _WHITE, 0.55))
    for thread in range(11):
        on.fill([box(150 + thread * 28, 300, 5, 54, 2)], _mix(colour, _WHITE, 0.6))


def _cushion(on: Canvas, colour: Colour) -> None:
    outline: Outline = [
        (140, 150),
        (300, 172),
        (460, 150),
        (436, 310),
        (460, 470),
        (300, 448),
        (140, 470),
        (164, 310),
    ]
    on.fill([outline], colour)
    for place in range(4):
        x = 210 + place * 52
        on.fill(
            [[(x, 170), (x + 22, 170), (x + 22, 450), (x, 450)]],
            _tint(colour) if place % 2 else _shade(colour),
        )
    for x, y in ((146, 156), (454, 156), (146, 464), (454, 464)):
        on.fill([ellipse(x, y, 14, 14)], _shade(colour))


def _rug(on: Canvas, colour: Colour) -> None:
    for thread in range(18):
        for y in (92, 484):
            on.fill([box(158 + thread * 17, y, 5, 30, 2)], _WHITE)
    on.fill([box(150, 118, 300, 370)], colour)
    on.fill([box(170, 138, 260, 330), box(184, 152, 232, 302)], _tint(colour))
    for place, tone in enumerate((_shade(colour), _LIGHT, _tint(colour))):
        on.fill(
            [
                [
                    (300, 180 + place * 40),
                    (400 - place * 32, 303),
                    (300, 426 - place * 40),
                    (200 + place * 32, 303),
                ]
            ],
            tone,
        )


def _towel(on: Canvas, colour: Colour) -> None:
    on.fill([box(110, 120, 380, 14, 7)], _COLOURS["brass"])
    for x, height in ((150, 330), (310, 290)):
        on.fill([box(x, 112, 140, height, 6)], _mix(colour, _WHITE, 0.75))
        for stripe in range(4):
            on.fill([box(x, 150 + height - 150 + stripe * 20 - 40, 140, 9)], colour)
        on.fill([box(x + 18, 112, 7, height), box(x + 115, 112, 7, height)], colour)


def _candle(on: Canvas, colour: Colour) -> None:
    for x, top, width in ((190, 300, 96), (306, 210, 110)):
        middle = x + width / 2
        on.fill([box(middle - 3, top - 34, 6, 40)], _DARK)
        on.fill([ellipse(middle, top - 56, 15, 34)], (236, 160, 62))
        on.fill([ellipse(middle, top - 46, 7, 18)], _LIGHT)
        on.fill([box(x, top, width, 490 - top, 8)], _mix(colour, _LIGHT, 0.45))
        on.fill([box(x, top, 20, 490 - top, 8)], _tint(colour))
        on.fill([ellipse(middle, top + 4, width / 2, 12)], _mix(colour, _LIGHT, 0.75))


def _jar(on: Canvas, colour: Colour) -> None:
    on.fill([ellipse(300, 176, 16, 38)], (236, 160, 62))
    on.fill([ellipse(300, 188, 8, 20)], _LIGHT)
    on.fill([box(297, 204, 6, 60)], _DARK)
    on.fill([box(190, 230, 220, 262, 26)], _mix(colour, _WHITE, 0.55))
    on.fill([box(200, 270, 200, 212, 20)], _mix(colour, _LIGHT, 0.3))
    on.fill([box(232, 330, 136, 100, 4)], _WHITE)
    on.fill([box(252, 356, 96, 8), box(264, 376, 72, 6), box(274, 394, 52, 6)], _shade(colour))


def _bottle(on: Canvas, colour: Colour) -> None:
    for lean in (-70, -36, 0, 36, 70):
        on.fill([[(296, 260), (304, 260), (304 + lean, 84), (298 + lean, 84)]], _COLOURS["sand"])
    on.fill([box(272, 236, 56, 60, 6)], _COLOURS["brass"])
    on.fill([box(206, 290, 188, 204, 34)], _mix(colour, _WHITE, 0.4))
    on.fill([box(216, 350, 168, 134, 26)], colour)
    on.fill([box(244, 360, 112, 80, 4)], _WHITE)
    on.fill([box(262, 384, 76, 8), box(274, 402, 52, 6)], _shade(colour))


def _mug(on: Canvas, colour: Colour) -> None:
    on.fill([ellipse(404, 340, 74, 80), ellipse(404, 340, 46, 52)], _shade(colour))
    on.fill([box(184, 210, 224, 270, 34)], colour)
    on.fill([box(184, 400, 224, 80, 34)], _mix(colour, _WHITE, 0.6))
    on.fill([box(204, 240, 16, 150, 8)], _tint(colour))
    on.fill([ellipse(296, 222, 112, 22)], _shade(colour))
    on.fill([ellipse(296, 226, 98, 16)], _DARK)


def _bowl(on: Canvas, colour: Colour) -> None:
    on.fill([box(232, 450, 136, 40, 8)], _COLOURS["sand"])
    on.fill([ellipse(300, 270, 196, 200, 0.0, 0.5)], colour)
    on.fill([ellipse(300, 270, 196, 200, 0.34, 0.5)], _tint(colour))
    on.fill([ellipse(300, 270, 196, 40)], _shade(colour))
    on.fill([ellipse(300, 276, 180, 31)], _mix(colour, _WHITE, 0.55))


def _plate(on: Canvas, colour: Colour) -> None:
    on.fill([ellipse(300, 310, 206, 204)], _shade(colour))
    on.fill([ellipse(300, 306, 202, 200)], colour)
    on.fill([ellipse(300, 306, 150, 148), ellipse(300, 306, 142, 140)], _tint(colour))
    on.fill([ellipse(300, 306, 60, 58), ellipse(300, 306, 56, 54)], _tint(colour))


def _jug(on: Canvas, colour: Colour) -> None:
    on.fill([ellipse(408, 300, 70, 104), ellipse(408, 300, 46, 80)], _shade(colour))
    on.fill(
        [
            [
                (210, 150),
                (370, 168),
                (356, 240),
                (410, 330),
                (416, 430),
                (372, 492),
                (228, 492),
                (184, 430),
                (190, 330),
                (246, 240),
                (186, 164),
            ]
        ],
        colour,
    )
    on.fill([[(190, 400), (412, 400), (416, 430), (372, 492), (228, 492), (184, 430)]], _mix(colour, _WHITE, 0.65))
    on.fill([ellipse(288, 164, 80, 14)], _shade(colour))


def _vase(on: Canvas, colour: Colour) -> None:
    for lean, top in ((-70, 96), (10, 60), (84, 110)):
        on.fill([[(296, 260), (303, 260), (303 + lean, top), (299 + lean, top)]], _DARK)
        for leaf in range(4):
            share = 0.35 + leaf * 0.2
            x, y = 300 + lean * share, 260 + (top - 260) * share
            on.fill([ellipse(x + (16 if leaf % 2 else -16), y, 18, 9)], _COLOURS["moss"])
    on.fill(
        [
            [
                (266, 236),
                (334, 236),
                (326, 296),
                (400, 372),
                (396, 450),
                (356, 494),
                (244, 494),
                (204, 450),
                (200, 372),
                (274, 296),
            ]
        ],
        _shade(colour),
    )
    on.fill(
        [[(274, 296), (300, 296), (262, 372), (262, 450), (284, 494), (244, 494), (204, 450), (200, 372)]],
        colour,
    )


MOTIFS: dict[str, Callable[[Canvas, Colour], None]] = {
    "bottle": _bottle,
    "bowl": _bowl,
    "candle": _candle,
    "cushion": _cushion,
    "floor_lamp": _floor_lamp,
    "globe": _globe,
    "jar": _jar,
    "jug": _jug,
    "lantern": _lantern,
    "mug": _mug,
    "pendant": _pendant,
    "plate": _plate,
    "rug": _rug,
    "table_lamp": _table_lamp,
    "throw": _throw,
    "towel": _towel,
    "vase": _vase,
}


@cache
def picture(motif: str, colour: str, number: int, *, detail: bool = False) -> bytes:
    """A product's picture as PNG; `number` moves the light on the wall, so that no two are the same file."""
    tone = _COLOURS[colour]
    wall = _mix(_mix(tone, _WHITE, 0.8), (236, 228, 216), 0.5)
    canvas = Canvas(SIDE, wall, zoom=1.9 if detail else 1.0)
    moon = ellipse(180 + number * 37 % 260, 150 + number * 53 % 120, 190, 190)
    canvas.fill([moon], _mix(wall, _WHITE, 0.4))
    canvas.fill([box(-10, 478, 620, 130)], _mix(wall, _DARK, 0.12))
    if motif not in ("pendant", "globe", "rug", "towel", "plate"):
        canvas.fill([ellipse(310, 494, 190, 16)], _mix(wall, _DARK, 0.28))
    MOTIFS[motif](canvas, tone)
    return canvas.png()


@cache
def favicon() -> bytes:
    """The lantern as favicon.ico."""
    canvas = Canvas(48, _COLOURS["ink"])
    _lantern(canvas, _COLOURS["brass"])
    return icon(canvas.png(), 48)
