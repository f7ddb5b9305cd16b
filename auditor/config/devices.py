"""Device profiles: what a phone and a desktop are to every browser; built in, Playwright's by name, or the config's own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Literal

import msgspec
from pydantic import Field, field_validator

from auditor.knowledge import devices as world
from auditor.model.written import Written

_LONGEST = 28  # characters of a name: browser and device stand together in a column


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A screen and how it is touched. User agents follow from browser and `mobile` when the browser is started."""

    name: str
    width: int  # CSS pixels
    height: int
    scale: float = 1.0  # device pixels per CSS pixel
    mobile: bool = False
    touch: bool = False
    platform: str = ""  # of the user agent: "Linux; Android 15; Pixel 8"; empty: the browser's own
    locale: str = ""  # empty: the market's
    timezone: str = ""
    color_scheme: str = ""  # light | dark; empty: the browser's own
    reduced_motion: bool = False
    cpu: float = 1.0  # times slower; Chromium only, as the three below
    down_kbps: float = 0.0  # 0: as fast as it is
    up_kbps: float = 0.0
    latency_ms: float = 0.0

    @property
    def is_slowed(self) -> bool:
        return self.cpu > 1 or bool(self.down_kbps or self.up_kbps or self.latency_ms)


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
# kbit/s down and up, milliseconds: those that Lighthouse and WebPageTest name so
_NETWORKS: dict[str, tuple[float, float, float]] = {
    "slow-4g": (1_600, 750, 150),
    "4g": (9_000, 9_000, 170),
    "3g": (1_600, 768, 300),
    "cable": (5_000, 1_000, 28),
}


class Profile(Written):
    """A device of the config's own: `like` another one, with what is written beside it changed."""

    like: str = "desktop"
    width: int | None = Field(default=None, ge=200, le=8000)
    height: int | None = Field(default=None, ge=200, le=8000)
    scale: float | None = Field(default=None, ge=0.5, le=5)
    mobile: bool | None = None
    touch: bool | None = None
    platform: str | None = None
    locale: str = ""
    timezone: str = ""
    color_scheme: Literal["", "light", "dark"] = ""
    reduced_motion: bool = False
    cpu: float = Field(default=1.0, ge=1, le=20)  # times slower
    network: Literal["", "slow-4g", "4g", "3g", "cable"] = ""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and not re.fullmatch(r"UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}", value):
            raise ValueError(f"'{value}' is not a time zone; write it like Europe/Berlin")
        return value


def device(name: str, profiles: Mapping[str, Profile]) -> Device:
    """The device of that name. Raises ValueError with names that are near, where nobody knows it."""
    return _found(name, profiles, ())


def _found(name: str, profiles: Mapping[str, Profile], asked: tuple[str, ...]) -> Device:
    own = {world.identifier(one): profile for one, profile in profiles.items()}
    wanted = world.identifier(name)
    if wanted in asked:
        raise ValueError(f"the device '{wanted}' is like itself ({' → '.join((*asked, wanted))})")
    if wanted in own:
        profile = own[wanted]
        return _changed(_found(profile.like, profiles, (*asked, wanted)), wanted, profile)
    if wanted in DEVICES:
        return DEVICES[wanted]
    if row := world.load().get(wanted):
        return Device(name=wanted, **row.model_dump(exclude={"id"}))
    known = [*own, *DEVICES, *world.load()]
    near = difflib.get_close_matches(wanted, known, 3)
    raise ValueError(
        f"unknown device '{name}'; "
        + (f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join([*own, *DEVICES])}, and Playwright's")
    )


def _changed(base: Device, name: str, profile: Profile) -> Device:
    if len(name) > _LONGEST:
        raise ValueError(f"the name '{name}' of a device is longer than {_LONGEST} characters")
    down, up, latency = _NETWORKS.get(profile.network, (0.0, 0.0, 0.0))
    screen = ("width", "height", "scale", "mobile", "touch", "platform")
    told = {one: value for one in screen if (value := getattr(profile, one)) is not None}
    return msgspec.structs.replace(
        base,
        **told,
        name=name,
        locale=profile.locale or base.locale,
        timezone=profile.timezone or base.timezone,
        color_scheme=profile.color_scheme or base.color_scheme,
        reduced_motion=profile.reduced_motion or base.reduced_motion,
        cpu=max(profile.cpu, base.cpu),
        down_kbps=down or base.down_kbps,
        up_kbps=up or base.up_kbps,
        latency_ms=latency or base.latency_ms,
    )
