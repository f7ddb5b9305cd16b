"""Finds the browsers of this machine and starts them behind the wall: config first, then Playwright's builds, then the system's."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from auditor.model.errors import IncompleteError
from auditor.model.words import BrowserName

if TYPE_CHECKING:  # looking for browsers needs no Playwright
    from playwright.sync_api import Browser, Playwright

Source = Literal["configured", "playwright", "system"]
Protocol = Literal["cdp", "juggler", "bidi", "webkit"]

# Older ones lack BiDi commands that Playwright 1.60 to 1.64 sends when a context is made.
OLDEST_BIDI_FIREFOX = 153
_SYSTEM: dict[str, tuple[str, ...]] = {
    # the headless shell is three times as fast as the full browser (measured), so it comes first
    "chromium": (
        "chromium-headless-shell",
        "chrome-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
        "msedge",
    ),
    "firefox": ("firefox-esr", "firefox"),
    "webkit": (),
}
_MAC: dict[str, tuple[str, ...]] = {
    "chromium": (
        "Google Chrome.app/Contents/MacOS/Google Chrome",
        "Chromium.app/Contents/MacOS/Chromium",
        "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "firefox": ("Firefox.app/Contents/MacOS/firefox",),
    "webkit": (),
}
# Where the executable stands inside a build of Playwright's, any platform: the first that exists is it.
_INSIDE: dict[str, tuple[str, ...]] = {
    "chromium-headless-shell": ("*/chrome-headless-shell", "*/headless_shell"),
    "chromium": (
        "chrome-linux*/chrome",
        "chrome-mac*/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
        "chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    ),
    "firefox": ("firefox/firefox", "firefox/Nightly.app/Contents/MacOS/firefox"),
    "webkit": ("pw_run.sh",),
}
_VERSION = re.compile(r"\b(\d{2,4}(?:\.\d+){0,3})")
_CHROMIUM_ARGS = (
    "--disable-domain-reliability",
    "--disable-quic",  # an HTTP proxy cannot carry it
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # WebRTC would go round the wall
    # Their requests reach no route, only the wall. Chrome on Android long had no shared workers, and fetchLater is young:
    # shops must do without both.
    "--disable-blink-features=SharedWorker,FetchLaterAPI",
)
_FIREFOX_PREFS: dict[str, str | float | bool] = {
    "network.proxy.type": 1,
    "network.proxy.no_proxies_on": "",
    "network.proxy.allow_hijacking_localhost": True,
    "network.proxy.failover_direct": False,
    "network.proxy.allow_bypass": False,  # Firefox's own services ask round a proxy otherwise
    "network.dns.disablePrefetch": True,
    "network.dns.disablePrefetchFromHTTPS": True,
    "network.trr.mode": 5,
    "network.http.http3.enable": False,
    "network.webtransport.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "media.peerconnection.ice.proxy_only": True,
    "security.OCSP.enabled": 0,  # asks the certificate's issuer, in the middle of the handshake
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",  # heeded with _FIREFOX_ENVIRONMENT only
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.region.update.enabled": False,
    "browser.topsites.contile.enabled": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.unified": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "geo.enabled": False,
    "dom.push.connection.enabled": False,
}


_FIREFOX_ENVIRONMENT = {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that answered when asked for its version."""

    name: BrowserName
    path: str
    source: Source
    version: str  # "156.0.8078.79"; of Playwright's WebKit as its table says
    protocol: Protocol

    @property
    def label(self) -> str:
        """`chromium 156.0.8078.79 (system, /usr/bin/chromium-headless-shell)`."""
        return f"{self.name} {self.version} ({self.source}, {self.path})"


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that cannot be had: why, and the command that mends it (empty where there is none)."""

    name: BrowserName
    reason: str
    command: str = ""


class _Unusable(Exception):
    """Why an executable that exists won't do."""


def find(name: BrowserName | str, configured: str = "") -> Found | Missing:
    """The browser to use, without starting it or Playwright's driver.

    `configured` is the path from the config; the environment's AUDITOR_CHROMIUM, AUDITOR_FIREFOX, AUDITOR_WEBKIT stand
    in where it is empty. A configured path that won't do is Missing, never silently another browser.
    """
    name = BrowserName(name)
    configured = configured or os.environ.get(f"AUDITOR_{name.upper()}", "")
    if configured:
        path = shutil.which(str(Path(configured).expanduser()))
        if path is None:
            return Missing(name=name, reason=f"{configured} is not an executable", command=how_to_get(name))
        try:
            return _examined(name, path, "configured")
        except _Unusable as why:
            return Missing(name=name, reason=f"{configured}: {why}", command=how_to_get(name))
    reasons = []
    for source, path in _candidates(name):
        try:
            return _examined(name, path, source)
        except _Unusable as why:
            reasons.append(f"{path}: {why}")
    if name is BrowserName.WEBKIT and not reasons:
        reasons = ["only Playwright's own build of WebKit can be driven, and it is not installed"]
    return Missing(name=name, reason="; ".join(reasons) or "not installed", command=how_to_get(name))


def wall_of(pid: int) -> str | None:
    """The wall that a running Chromium was launched behind; None where its command line does not tell, as on other systems than Linux."""
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    found = re.search(rb"\0--proxy-server=http=([^;\0]+)", told)
    return found[1].decode() if found else None


def launch(
    playwright: Playwright,
    found: Found,
    wall_address: str,
    args: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Browser:
    """The browser, headless, with `wall_address` (`127.0.0.1:8123`) as its only way out, loopback included. A Firefox over BiDi gets `env` besides.
    Raises IncompleteError with the browser's own words where it does not start.
    """
    host, _, port = wall_address.rpartition(":")
    proxy = {"server": f"http://{wall_address}", "bypass": "<-loopback>"}
    try:
        match found.protocol:
            case "cdp":
                root = sys.platform != "win32" and os.geteuid() == 0
                return playwright.chromium.launch(
                    executable_path=found.path,
                    headless=True,
                    chromium_sandbox=not root,
                    # as switches: Playwright's option knows one server for all, and websockets shall come as SOCKS
                    args=[
                        *_CHROMIUM_ARGS,
                        f"--proxy-server=http={wall_address};https={wall_address};socks=socks5://{wall_address}",
                        "--proxy-bypass-list=<-loopback>",
                        *args,
                    ],
                )
            case "bidi":
                # Playwright's proxy option sets the proxy for http only over BiDi (1.64): https would go round the wall
                prefs = _FIREFOX_PREFS | {
                    "network.proxy.http": host,
                    "network.proxy.http_port": int(port),
                    "network.proxy.ssl": host,
                    "network.proxy.ssl_port": int(port),
                    # preferred for websockets, and for nothing else while the two above are set
                    "network.proxy.socks": host,
                    "network.proxy.socks_port": int(port),
                    "network.proxy.socks_version": 5,
                    "network.proxy.socks_remote_dns": True,
                    "network.proxy.socks5_remote_dns": True,
                }
                return playwright.firefox.launch(
                    channel="moz-firefox",
                    executable_path=found.path,
                    headless=True,
                    firefox_user_prefs=prefs,
                    env={**os.environ, **_FIREFOX_ENVIRONMENT, **(env or {})},
                    args=list(args),
                )
            case "juggler":
                return playwright.firefox.launch(
                    executable_path=found.path,
                    headless=True,
                    proxy=proxy,  # type: ignore[arg-type]
                    firefox_user_prefs={
                        key: value for key, value in _FIREFOX_PREFS.items() if key != "network.proxy.type"
                    },
                    args=list(args),
                )
            case "webkit":
                return playwright.webkit.launch(
                    executable_path=found.path,
                    headless=True,
                    proxy={"server": f"http://{wall_address}"},
                    args=list(args),
                )
    except Exception as error:
        words = str(error).strip().splitlines()
        raise IncompleteError(
            f"{found.label} did not start: {words[0] if words else error!r}",
            hint="auditor doctor shows which browsers work here",
        ) from error


def how_to_get(name: BrowserName | str) -> str:
    """The command which brings the browser to this machine."""
    return f"auditor browsers install {BrowserName(name)}"


def _candidates(name: BrowserName) -> Iterator[tuple[Source, str]]:
    for build in ("chromium-headless-shell", "chromium") if name is BrowserName.CHROMIUM else (str(name),):
        for path in _playwright_paths(build):
            yield "playwright", path
    for program in _SYSTEM[name]:
        if found := shutil.which(program):
            yield "system", found
    if sys.platform == "darwin":
        for applications in (Path("/Applications"), Path.home() / "Applications"):
            for inside in _MAC[name]:
                if os.access(applications / inside, os.X_OK):
                    yield "system", str(applications / inside)


def _playwright_paths(build: str) -> Iterator[str]:
    """Playwright's own build of the revision this Playwright wants, where it was installed completely."""
    row = _playwright_table().get(build)
    if row is None:
        return
    for revision in dict.fromkeys((row.revision, *row.revisionOverrides.values())):
        folder = playwright_folder() / f"{build.replace('-', '_')}-{revision}"
        if not (folder / "INSTALLATION_COMPLETE").exists():
            continue
        for pattern in _INSIDE[build]:
            if path := next((path for path in sorted(folder.glob(pattern)) if os.access(path, os.X_OK)), None):
                yield str(path)
                break


def playwright_folder() -> Path:
    """Where Playwright keeps its browsers, as its driver reckons it."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if named == "0":
        return _driver_package() / ".local-browsers"
    if named:
        return Path(os.path.abspath(named))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _driver_package() -> Path:
    import playwright

    return Path(playwright.__file__).parent / "driver" / "package"


class _Build(msgspec.Struct):
    name: str
    revision: str
    browserVersion: str = ""
    revisionOverrides: dict[str, str] = {}


class _Builds(msgspec.Struct):
    browsers: list[_Build]


@cache
def _playwright_table() -> dict[str, _Build]:
    try:
        table = msgspec.json.decode((_driver_package() / "browsers.json").read_bytes(), type=_Builds)
    except (OSError, msgspec.MsgspecError):
        return {}
    return {build.name: build for build in table.browsers}


def _examined(name: BrowserName, path: str, source: Source) -> Found:
    """Asks the executable for its version; raises _Unusable with the reason."""
    if name is BrowserName.WEBKIT:
        row = _playwright_table().get("webkit")
        return Found(name=name, path=path, source=source, version=row.browserVersion if row else "", protocol="webkit")
    _refuse_snap(path)
    version = _version(path)
    if name is BrowserName.CHROMIUM:
        return Found(name=name, path=path, source=source, version=version, protocol="cdp")
    if _is_patched_firefox(path):
        return Found(name=name, path=path, source=source, version=version, protocol="juggler")
    if int(version.partition(".")[0]) < OLDEST_BIDI_FIREFOX:
        raise _Unusable(f"Firefox {version} is too old to be driven; {OLDEST_BIDI_FIREFOX} or newer will do")
    return Found(name=name, path=path, source=source, version=version, protocol="bidi")


def _refuse_snap(path: str) -> None:
    """A snap's confinement hides the profile folder that Playwright makes under /tmp, so the browser never starts."""
    real = os.path.realpath(path)
    wrapped = real == "/usr/bin/snap" or real.startswith("/snap/") or path.startswith("/snap/")
    if not wrapped:
        try:
            with open(real, "rb") as file:
                head = file.read(4096)
        except OSError as error:
            raise _Unusable(str(error)) from error
        wrapped = head.startswith(b"#!") and (b"/snap/bin/" in head or b"snap install" in head)
    if wrapped:
        raise _Unusable("is a snap, which Playwright cannot drive")


def _version(path: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    try:
        asked = subprocess.run(
            [path, "--version"], capture_output=True, timeout=20, stdin=subprocess.DEVNULL, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise _Unusable("did not answer --version within 20 s") from None
    except OSError as error:
        raise _Unusable(f"cannot be run: {error.strerror or error}") from error
    said = asked.stdout.decode(errors="replace").strip()
    number = _VERSION.search(said)
    if asked.returncode or not number:
        words = asked.stderr.decode(errors="replace").strip().splitlines() or said.splitlines()
        raise _Unusable(f"--version ended with {asked.returncode}: {words[-1][:200] if words else 'no output'}")
    return number.group(1)


def _is_patched_firefox(path: str) -> bool:
    """Playwright's Firefox has its own settings file beside it and speaks Juggler; a stock one speaks BiDi only."""
    folder = Path(os.path.realpath(path)).parent
    return any((place / "playwright.cfg").exists() for place in (folder, folder.parent / "Resources"))


def machine() -> str:
    """`Debian GNU/Linux 12 (bookworm)`, `macOS 15.1`: for the doctor and for what install can do."""
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return os_release().get("PRETTY_NAME", platform.platform())


def os_release() -> dict[str, str]:
    """The fields of /etc/os-release; empty where there is none."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def available() -> list[str]:
    """Names of the browsers found on this machine, Chromium first."""
    return [str(name) for name in BrowserName if isinstance(find(name), Found)]
