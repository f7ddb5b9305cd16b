"""Evidence of the texts a shopper reads: the page's visible text, and every text that looks like a price with its style."""

from __future__ import annotations

import msgspec

Box = tuple[float, float, float, float]  # x, y, width, height in CSS pixels of the page


class PriceText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An element whose own text holds an amount of money."""

    text: str  # as shown, white space folded
    before: str = ""  # up to 60 characters of text right before it in the same block
    after: str = ""
    selector: str = ""
    classes: str = ""  # class names of the element and its three ancestors, nearest first
    struck: bool = False  # drawn struck through, or inside <s>, <del>, <strike>
    visible: bool = True
    font_px: float = 0.0
    weight: int = 400
    box: Box = (0, 0, 0, 0)
    in_main_product: bool = False  # inside the block of the main product, apart from cards, recommendations, mini-cart
    in_card: bool = False  # inside a product card, recommendation or mini-cart
    hidden_label: str = ""  # visually hidden words in the same block ("Regular price")


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    title: str = ""
    lang: str = ""
    visible: str = ""  # visible text of the body, one line per block, code and templates left out; cut at 200 kB
    code: str = ""  # visible text of <pre>, <code>, <kbd>, <samp>, <textarea>
    prices: tuple[PriceText, ...] = ()
    headings: tuple[tuple[int, str, bool], ...] = ()  # level, text, visible
    cut: bool = False
    main_block: bool = False  # the block of the main product was found; prices outside it are not its own
