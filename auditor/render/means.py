"""What a worker lends to a visit: an open browser, the wall, the vendors it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser

from auditor.render.answers import Vendors
from auditor.render.browsers import Found
from auditor.render.libraries import Libraries
from auditor.render.task import RenderSettings
from auditor.render.wall import Wall


@dataclass(frozen=True)
class Means:
    """What a worker lends to each visit."""

    settings: RenderSettings
    wall: Wall
    vendors: Vendors
    libraries: Libraries | None


@dataclass(frozen=True)
class Opened:
    """A started browser, and how to end it from another thread."""

    browser: Browser
    found: Found
    kill: Callable[[], None]


class NotOpened(Exception):
    """The browser gave no tab: it is the browser that failed, not the page."""
