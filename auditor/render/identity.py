"""Who the browser says it is: its normal user agent with our token at the end, and client hints in accord; used when a context is made."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page

from auditor.config.devices import Device
from auditor.config.session import Cookie
from auditor.model.words import BrowserName
from auditor.render.browsers import Found
from auditor.render.task import RenderSettings

_ANDROID = re.compile(r"Android (\d+(?:\.\d+){0,2})(?:; ([^;)]+))?")
# Chromium and Firefox exist on no iPhone as themselves: on an Apple device they say what they are on Android
_ANDROID_PHONE, _ANDROID_TABLET = "Linux; Android 15; Pixel 8", "Linux; Android 15; Pixel Tablet"
_TABLET_WIDTH = 600  # CSS pixels of the short side from which Chrome on Android leaves "Mobile" out
# Apple's browsers have frozen what they say of the system
_SAFARI_MAC = "Macintosh; Intel Mac OS X 10_15_7"
_SAFARI_PHONE = "iPhone; CPU iPhone OS 18_6 like Mac OS X"
_SAFARI_TABLET = "iPad; CPU OS 18_6 like Mac OS X"


def user_agent(found: Found, device: Device, token: str = "") -> str:
    """The browser's normal user agent on this device and `token` at its end: never "HeadlessChrome"."""
    match found.name:
        case BrowserName.CHROMIUM:
            normal = _chrome(found, device)
        case BrowserName.FIREFOX:
            normal = _firefox(found, device)
        case BrowserName.WEBKIT:
            normal = _safari(found, device)
    return f"{normal} {token}".strip()


def context_options(found: Found, device: Device, settings: RenderSettings) -> dict[str, Any]:
    """The keyword arguments of `browser.new_context`, but for `session_options`; configured headers are the recorder's, for site hosts only."""
    options: dict[str, Any] = {
        "viewport": {"width": device.width, "height": device.height},
        "screen": {"width": device.width, "height": device.height},
        "device_scale_factor": device.scale,
        "has_touch": device.touch,
        "user_agent": user_agent(found, device, settings.token),
        "locale": device.locale or settings.locale,
        "service_workers": "block",  # what a service worker asks for reaches no route
        "accept_downloads": False,
        # the other browsers cannot be told to trust the one key that the wall shows
        "ignore_https_errors": settings.ignore_tls_errors
        or (found.protocol != "cdp" and bool(settings.session.ca or settings.session.certificate)),
    }
    if timezone := device.timezone or settings.timezone:
        options["timezone_id"] = timezone
    if device.color_scheme:
        options["color_scheme"] = device.color_scheme
    if device.reduced_motion:
        options["reduced_motion"] = "reduce"
    if found.name is not BrowserName.FIREFOX:
        options["is_mobile"] = device.mobile  # Firefox refuses it
    return options


def session_options(settings: RenderSettings, origin: str) -> dict[str, Any]:
    """Credentials, cookies and local storage for `browser.new_context`, of the configured origins; empty on pages of others.

    Basic auth is bound to the origin of the page to visit; cookies and storage to theirs, as the browser holds them.
    """
    session = settings.session
    if not session.knows(origin):
        return {}
    options: dict[str, Any] = {}
    if session.basic_auth:
        user, password = session.basic_auth
        options["http_credentials"] = {"username": user, "password": password, "origin": origin}
    if session.cookies or session.local_storage:
        options["storage_state"] = {
            "cookies": [_cookie(one) for one in session.cookies],
            "origins": [
                {"origin": place, "localStorage": [{"name": name, "value": value} for name, value in rows.items()]}
                for place, rows in session.local_storage.items()
            ],
        }
    return options


def _cookie(one: Cookie) -> dict[str, Any]:
    same_site = one.same_site if one.same_site in ("Strict", "Lax", "None") else "Lax"
    return {
        "name": one.name,
        "value": one.value,
        "domain": one.domain,
        "path": one.path,
        "expires": one.expires,
        "httpOnly": one.http_only,
        "secure": one.secure,
        "sameSite": same_site,
    }


def prepare(context: BrowserContext, tab: Page, found: Found, device: Device, settings: RenderSettings) -> str:
    """Sets what `new_context` cannot: Chromium's client hints. For each tab, before its first navigation.

    Returns a note where they could not be set, else nothing. Frames and workers of the tab follow it (seen).
    """
    if found.protocol != "cdp":
        return ""  # the other browsers send no client hints
    try:
        session = context.new_cdp_session(tab)
        session.send(
            "Emulation.setUserAgentOverride",
            {
                "userAgent": user_agent(found, device, settings.token),
                "acceptLanguage": accept_language(device.locale or settings.locale),
                "userAgentMetadata": client_hints(found, device),
            },
        )
    except Error as error:
        return f"client hints could not be set: {error.message[:200]}"
    return ""


def ask_not_to_sell(context: BrowserContext) -> None:
    """Global Privacy Control, as browsers that have it say it: the header with every request, and the property for scripts."""
    context.set_extra_http_headers({"Sec-GPC": "1"})
    context.add_init_script(
        "try { Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true, configurable: true }) } catch (_) {}"
    )


def accept_language(locale: str) -> str:
    """`de-DE,de` of `de-DE`; Chromium adds the weights."""
    language = locale.partition("-")[0]
    return locale if language == locale or not language else f"{locale},{language}"


def client_hints(found: Found, device: Device) -> dict[str, Any]:
    """CDP's UserAgentMetadata in accord with `user_agent`."""
    major = _major(found)
    brands = [("Not:A-Brand", "8", "8.0.0.0"), ("Chromium", major, found.version)]
    if brand := _brand(found):
        brands.append((brand, major, found.version))
    android = _ANDROID.search(_platform(device))
    hints: dict[str, Any] = {
        "brands": [{"brand": name, "version": version} for name, version, _ in brands],
        "fullVersionList": [{"brand": name, "version": full} for name, _, full in brands],
        "fullVersion": found.version,
        "mobile": _is_phone(device),
        "wow64": False,
    }
    if android:
        # Android's own Chrome names neither architecture nor bitness
        return hints | {
            "platform": "Android",
            "platformVersion": _three(android[1]),
            "architecture": "",
            "bitness": "",
            "model": android[2] or "",
        }
    return hints | {
        "platform": "macOS" if sys.platform == "darwin" else "Linux",
        "platformVersion": "15.0.0" if sys.platform == "darwin" else "",
        "architecture": "arm" if _is_arm() else "x86",
        "bitness": "64",
        "model": "",
    }


def _chrome(found: Found, device: Device) -> str:
    # Chrome tells no more than this of version and device since it reduced its user agent
    platform = _platform(device)
    system = "Linux; Android 10; K" if _ANDROID.search(platform) else platform or _desktop()
    mobile = "Mobile " if _is_phone(device) else ""
    edge = f" Edg/{_major(found)}.0.0.0" if _brand(found) == "Microsoft Edge" else ""
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{_major(found)}.0.0.0 {mobile}Safari/537.36{edge}"


def _firefox(found: Found, device: Device) -> str:
    major = _major(found)
    android = _ANDROID.search(_platform(device))
    if android:
        form = "Mobile" if _is_phone(device) else "Tablet"
        return f"Mozilla/5.0 (Android {android[1].partition('.')[0]}; {form}; rv:{major}.0) Gecko/{major}.0 Firefox/{major}.0"
    system = _platform(device) or ("Macintosh; Intel Mac OS X 10.15" if sys.platform == "darwin" else _desktop())
    return f"Mozilla/5.0 ({system}; rv:{major}.0) Gecko/20100101 Firefox/{major}.0"


def _safari(found: Found, device: Device) -> str:
    version = ".".join(found.version.split(".")[:2]) or "26.0"
    if not device.mobile:
        return f"Mozilla/5.0 ({_SAFARI_MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15"
    apple = device.platform.startswith(("iPhone", "iPad", "iPod"))
    system = device.platform if apple else _SAFARI_PHONE if _is_phone(device) else _SAFARI_TABLET
    return (
        f"Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
    )


def _platform(device: Device) -> str:
    """The device's, as far as Chromium and Firefox exist there."""
    if not device.mobile or _ANDROID.search(device.platform):
        return device.platform
    return _ANDROID_PHONE if _is_phone(device) else _ANDROID_TABLET


def _desktop() -> str:
    if sys.platform == "darwin":
        return _SAFARI_MAC
    return "X11; Linux x86_64"


def _is_phone(device: Device) -> bool:
    return device.mobile and min(device.width, device.height) < _TABLET_WIDTH


def _is_arm() -> bool:
    import platform

    return platform.machine().lower() in ("arm64", "aarch64")


def _brand(found: Found) -> str:
    """What the build adds to "Chromium"; Playwright's and the distributions' add nothing."""
    program = Path(found.path).name.lower()
    if "edge" in program:
        return "Microsoft Edge"
    return (
        "Google Chrome" if program.startswith(("google-chrome", "google chrome")) and "testing" not in program else ""
    )


def _major(found: Found) -> str:
    return found.version.partition(".")[0]


def _three(version: str) -> str:
    return ".".join([*version.split("."), "0", "0"][:3])
