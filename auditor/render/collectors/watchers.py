"""Scripts that run in a page before its own: each a file, with what they have in common put in."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_COMMON = "/* callers.js */"


def script(name: str) -> str:
    """The script of `NAME_watch.js`."""
    common = (_FOLDER / "callers.js").read_text("utf-8")
    return (_FOLDER / f"{name}_watch.js").read_text("utf-8").replace(_COMMON, common)
