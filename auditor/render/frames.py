"""Where in a page a request belongs, as the recorder asks when it judges it: to the tab itself, or to a frame inside."""

from __future__ import annotations

from playwright.sync_api import Error, Frame, Request


def navigates(request: Request) -> bool:
    """Whether the main frame of a tab goes elsewhere with it."""
    return request.is_navigation_request() and not is_frame(request)


def is_frame(request: Request) -> bool:
    """Whether it is the document of a frame inside the page."""
    if not request.is_navigation_request():
        return False
    try:
        return request.frame.parent_frame is not None
    except Error:
        return False  # the tab's first navigation has no frame yet


def frame_url(request: Request, main: Frame | None) -> str:
    """The URL of the frame that asked; "" for the main one, and where it is not known."""
    try:
        frame = request.frame
        return "" if frame == main or (frame.parent_frame is None and main is None) else frame.url[:2048]
    except Error:
        return ""
