"""Device profiles: what a phone and a desktop are to every browser."""

from __future__ import annotations

import msgspec


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A screen and how it is touched. User agents follow from browser and `mobile` when the browser is started."""

    name: str
    width: int  # CSS pixels
    height: int
    scale: float = 1.0  # device pixels per CSS pixel
    mobile: bool = False
    touch: bool = False
    platform: str = ""  # of the user agent: "Android 15; Pixel 8"; empty: the browser's own


DEVICES: dict[str, Device] = {
    "desktop": Device(name="desktop", width=1366, height=900),
    "phone": Device(
        name="phone", width=390, height=844, scale=2.0, mobile=True, touch=True, platform="Linux; Android 15; Pixel 8"
    ),
    "tablet": Device(
        name="tablet",
        width=820,
        height=1180,
        scale=2.0,
        mobile=True,
        touch=True,
        platform="Linux; Android 15; Pixel Tablet",
    ),
}
