"""Takes pictures of an open page that holds still meanwhile: once for several pictures, and in Chromium packed fast; for collectors.

Chromium's PNG of the same pixels takes a third of the processor time when it is packed for speed, and is 1.4 times as large.
Playwright has no such option, and holds the page still anew for each picture.
"""

from __future__ import annotations

import base64
import contextlib
import math
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import CDPSession, Error, FloatRect

from auditor.config.devices import Device
from auditor.render.collectors.look import Distorted, Look, ask, script

_TIMEOUT_MS = 15_000
_MOST_FRAMES = 20
_THAW = "() => { const thaw = window[Symbol.for('auditor.frozen')]; if (thaw) thaw(); }"


class Camera:
    """A context manager. One pixel per CSS pixel, where the browser can. Its clips are of whole CSS pixels."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._session: CDPSession | None = None  # none: Playwright takes the pictures
        self._size = (0, 0)

    def __enter__(self) -> Self:
        browser = self._look.context.browser
        if browser is not None and browser.browser_type.name == "chromium":
            try:
                self._size = ask(self._look.tab, "freeze", None, tuple[int, int])
                for frame in self._look.tab.frames[1:_MOST_FRAMES]:
                    with contextlib.suppress(Error):
                        frame.evaluate(script("freeze"))
                session = self._look.context.new_cdp_session(self._look.tab)
                # a session that knows nothing of the device takes pictures of another one
                session.send("Emulation.setDeviceMetricsOverride", _metrics_of(self._look.device))
                self._session = session
            except (Distorted, Error):
                self._thaw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # the session goes with the tab: with it what it emulates would end
        if self._session is not None:
            self._thaw()

    def viewport(self, clip: FloatRect | None = None) -> bytes:
        """What the window shows, or a part of it."""
        if self._session is None:
            return self._look.tab.screenshot(
                clip=clip, animations="disabled", caret="hide", scale="css", timeout=_TIMEOUT_MS
            )
        metrics, scale = self._metrics()
        seen, device = metrics["visualViewport"], self._look.device
        part = clip or {"x": 0, "y": 0, "width": device.width, "height": device.height}
        return self._taken(
            seen["pageX"] + part["x"],
            seen["pageY"] + part["y"],
            math.floor(part["width"] / seen["scale"] + 1e-3),
            math.floor(part["height"] / seen["scale"] + 1e-3),
            seen["scale"] * scale,
        )

    def page(self, clip: FloatRect) -> bytes:
        """A part of the whole page, beyond the window too."""
        if self._session is None:
            return self._look.tab.screenshot(
                full_page=True, clip=clip, animations="disabled", caret="hide", scale="css", timeout=_TIMEOUT_MS
            )
        width, height = min(clip["width"], self._size[0]), min(clip["height"], self._size[1])
        taken = self._taken(clip["x"], clip["y"], width, height, self._metrics()[1], beyond=True)
        if self._look.device.touch:  # which a picture of what lies beyond the window takes away
            self._session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        return taken

    def _metrics(self) -> tuple[dict[str, Any], float]:
        """The page's metrics, and what a picture's scale is multiplied with for one pixel per CSS pixel."""
        assert self._session is not None
        return self._session.send("Page.getLayoutMetrics"), 1 / self._look.device.scale

    def _taken(self, x: float, y: float, width: float, height: float, scale: float, *, beyond: bool = False) -> bytes:
        assert self._session is not None
        answer = self._session.send(
            "Page.captureScreenshot",
            {
                "format": "png",
                "optimizeForSpeed": True,
                "captureBeyondViewport": beyond,
                "clip": {"x": x, "y": y, "width": width, "height": height, "scale": scale},
            },
        )
        return base64.b64decode(answer["data"])

    def _thaw(self) -> None:
        for frame in self._look.tab.frames[:_MOST_FRAMES]:
            with contextlib.suppress(Error):
                frame.evaluate(_THAW)


def _metrics_of(device: Device) -> dict[str, Any]:
    """What Playwright (1.64) tells Chromium of a device: said once more, it changes nothing in the page."""
    lying = device.width > device.height or not device.mobile
    return {
        "mobile": device.mobile,
        "width": device.width,
        "height": device.height,
        "screenWidth": device.width,
        "screenHeight": device.height,
        "deviceScaleFactor": device.scale,
        "screenOrientation": {
            "angle": 90 if lying and device.mobile else 0,
            "type": "landscapePrimary" if lying else "portraitPrimary",
        },
    }
