"""`auditor browsers install`: brings browsers to this machine, Playwright's own builds first, the distribution's packages after."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Literal

from auditor.model.words import BrowserName
from auditor.render.browsers import Found, Missing, find, os_release

Choice = Literal["auto", "playwright", "system"]
Say = Callable[[str], None]

_DOWNLOAD_SECONDS = 900.0
_PACKAGES_SECONDS = 900.0
_OPTION = "AUDITOR_BROWSERS_FROM"
# Ubuntu's packages of these names install snaps, which Playwright cannot drive.
_PACKAGES: dict[str, dict[BrowserName, str]] = {
    "debian": {BrowserName.CHROMIUM: "chromium-headless-shell", BrowserName.FIREFOX: "firefox-esr"},
    "ubuntu": {},
}
_PLAYWRIGHT_NAMES = {BrowserName.CHROMIUM: "chromium", BrowserName.FIREFOX: "firefox", BrowserName.WEBKIT: "webkit"}


def install(
    names: Sequence[BrowserName | str] = (),
    *,
    source: Choice | str = "auto",
    say: Say = print,
    download_seconds: float = _DOWNLOAD_SECONDS,
    packages_seconds: float = _PACKAGES_SECONDS,
) -> list[Found | Missing]:
    """Installs what is not there yet, and returns what there is then.

    `source` is "playwright", "system" or "auto": AUDITOR_BROWSERS_FROM if it is set, else the first, and the second for
    what is still missing. `say` gets each line of what the installers print. Nothing is raised where one of them
    fails: the result says so, and what to run by hand was said.
    """
    wanted = [BrowserName(name) for name in names] or list(BrowserName)
    choice = os.environ.get(_OPTION, "") or "auto" if source == "auto" else source
    if choice not in ("auto", "playwright", "system"):
        raise ValueError(f"browsers come from playwright, system or auto, not from {choice!r}")
    missing = [name for name in wanted if not _there(name, choice)]
    if missing and choice in ("auto", "playwright"):
        _from_playwright(missing, say, download_seconds)
        missing = [name for name in missing if not _there(name, choice)]
    if missing and choice in ("auto", "system"):
        _from_packages(missing, say, packages_seconds)
    return [find(name) for name in wanted]


def playwright_command(names: Sequence[BrowserName]) -> list[str]:
    """Playwright's own installer for these browsers; of Chromium the headless shell alone."""
    shell = ["--only-shell"] if BrowserName.CHROMIUM in names else []
    return [sys.executable, "-m", "playwright", "install", *shell, *(_PLAYWRIGHT_NAMES[name] for name in names)]


def packages(names: Sequence[BrowserName], release: dict[str, str]) -> list[str]:
    """The distribution's packages that have these browsers in a form that can be driven."""
    kin = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    table = next((_PACKAGES[one] for one in kin if one in _PACKAGES), {})
    return [table[name] for name in names if name in table]


def _there(name: BrowserName, choice: str) -> bool:
    found = find(name)
    return isinstance(found, Found) and (choice == "auto" or found.source == choice)


def _from_playwright(names: Sequence[BrowserName], say: Say, seconds: float) -> None:
    command = playwright_command(names)
    say(f"$ {' '.join(command)}")
    failure = _run(command, say, seconds)
    if failure:
        say(f"Playwright's own builds could not be had: {failure}")
        return
    for name in names:
        found = find(name)
        if isinstance(found, Missing) and sys.platform == "linux":
            # the build is there and does not start: libraries of the system are missing
            say(f"{name}: {found.reason}")
            say(f"its libraries come with: sudo {sys.executable} -m playwright install-deps {_PLAYWRIGHT_NAMES[name]}")


def _from_packages(names: Sequence[BrowserName], say: Say, seconds: float) -> None:
    release = os_release()
    wanted = packages(names, release)
    system = release.get("PRETTY_NAME", sys.platform)
    without = [name for name in names if not packages([name], release)]
    if without:
        listed = " and ".join(str(name) for name in without)
        why = (
            "its packages are snaps, which Playwright cannot drive"
            if release.get("ID") == "ubuntu"
            else "it has no package of it"
        )
        say(f"{listed}: nothing to be had from {system}, {why}")
    if not wanted:
        return
    if shutil.which("apt-get") is None:
        say(f"install by hand: {' '.join(wanted)}")
        return
    prefix = _as_root()
    steps = [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *wanted]]
    if prefix is None:
        say("not allowed to install packages here; run:")
        say("  sudo apt-get update && sudo " + " ".join(steps[1]))
        return
    for step in steps:
        command = [*prefix, *step]
        say(f"$ {' '.join(command)}")
        failure = _run(command, say, seconds, {"DEBIAN_FRONTEND": "noninteractive"})
        if failure and step[1] == "install":
            say(f"the packages could not be installed: {failure}")


def _as_root() -> list[str] | None:
    """What stands before a command to run it as root: nothing, `sudo -n`, or None where that is not allowed."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    allowed = subprocess.run(
        [sudo, "-n", "true"], capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL
    )
    return [sudo, "-n"] if allowed.returncode == 0 else None


def _run(command: Sequence[str], say: Say, seconds: float, environment: dict[str, str] | None = None) -> str:
    """Runs a command with its output said line by line; returns why it failed, or nothing."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        return error.strerror or str(error)
    late = threading.Event()

    def end() -> None:
        late.set()
        # with its children: an installer downloads in a process of its own
        os.killpg(process.pid, 15)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                say(line.rstrip())
        code = process.wait()
    finally:
        timer.cancel()
    if late.is_set():
        return f"it took more than {seconds:.0f} s"
    return f"it ended with {code}" if code else ""
