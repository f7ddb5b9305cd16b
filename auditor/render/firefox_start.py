"""What Firefox compiles of itself when it starts, kept in the user's cache folder from one start to the next: a sixth of what starting it costs.

It keeps that in its profile, which is new for each start here. Nothing of pages is in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from auditor import paths
from auditor.render.browsers import Found

_MOST = 3  # files kept: of browsers that are no more, the oldest go
_TOLD_BY = ("omni.ja", "application.ini", "libxul.so")  # beside the program: whatever a new build changes


class FirefoxStart:
    """For one start: a copy of its own, since a Firefox would crash that reads what another one writes anew."""

    def __init__(self, found: Found) -> None:
        folder = paths.kept("firefox") if found.protocol == "bidi" else None
        self._kept = None if folder is None else folder / f"{_build(found)}.startup"
        self._own = Path(tempfile.gettempdir()) / f"firefox-{os.urandom(8).hex()}.startup"
        with contextlib.suppress(OSError):
            if self._kept is not None:
                shutil.copyfile(self._kept, self._own)

    @property
    def environment(self) -> dict[str, str]:
        """What the browser's environment has besides; nothing where nothing can be kept."""
        return {} if self._kept is None else {"MOZ_STARTUP_CACHE": str(self._own)}

    def keep(self) -> None:
        """After a browser that ended by itself: what it has written is kept where nothing was."""
        with contextlib.suppress(OSError):
            if self._kept is not None and not self._kept.exists() and self._own.exists():
                _put(self._own, self._kept)

    def forget(self) -> None:
        """After one that did not start: what is kept may be why."""
        with contextlib.suppress(OSError):
            if self._kept is not None:
                self._kept.unlink(missing_ok=True)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._own.unlink(missing_ok=True)


def _put(own: Path, kept: Path) -> None:
    """All at once: others may be starting."""
    part = kept.with_name(own.name)
    shutil.copyfile(own, part)
    part.replace(kept)
    for old in sorted(kept.parent.glob("*.startup"), key=lambda one: one.stat().st_mtime)[:-_MOST]:
        old.unlink(missing_ok=True)


def _build(found: Found) -> str:
    """Tells one build of the browser from another, of the same version too."""
    program = Path(found.path).resolve()
    told = [str(program), found.version]
    for file in (program, *(program.parent / name for name in _TOLD_BY)):
        with contextlib.suppress(OSError):
            told.append(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
