"""Evidence of what covers the page when it is opened by keyboard: baskets, menus, search, dialogs; whether the focus goes along."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Spot

ONE_A_TEMPLATE = "tried on one page of each template"
NOT_ALONE = "baskets, menus and dialogs are opened by auditor run, which takes seconds more"


class Dialog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that opened and covers the page. `kind`: cart, search, menu or dialog, as its opener is named.

    `opened` by: key, click (of a pointer only, no key did it). `entered`: at once, tab (with the next ones), or empty where the focus stays outside.
    `closed` by: escape, button (its own, by Enter), opener (pressed once more), or empty where none of them does.
    """

    kind: str
    opener: Spot = Spot()
    name: str = ""
    panel: Spot = Spot()
    modal: bool = True  # it says that the page behind is not to be used, or shades it
    narrow: bool = False  # in a window as narrow as at high zoom
    waits: bool = False  # it asked the shop for something when it was opened, which did not come behind the gate
    opened: str = "key"
    entered: str = "at once"
    behind: Spot | None = None  # where Tab led to, covered by what is open
    closed: str = "escape"
    returned: bool = True  # the focus is on something that can be seen afterwards


class Dialogs(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`tried`: how many openers were pressed; most open nothing that covers the page."""

    items: tuple[Dialog, ...] = ()
    tried: int = 0
    skipped: str = ""  # why none was tried
