"""Collects pictures: the viewport, and the page down to a limit; each a PNG file named by its hash."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import tempfile
from pathlib import Path

import msgspec
from playwright.sync_api import FloatRect

from auditor.evidence.screenshot import Picture, Screenshots
from auditor.render.collectors.camera import Camera
from auditor.render.collectors.look import Distorted, Look, ask


def collect(look: Look) -> Screenshots:
    """One pixel per CSS pixel: phones' denser pictures take seconds to pack and show no more. Firefox gives them all the same."""
    files, device = Path(look.settings.files), look.device
    with Camera(look) as camera:
        viewport = camera.viewport()
        first = _kept(files, "viewport", viewport, device.width, device.scale, clipped=False)
        try:
            width, height = ask(look.tab, "size", None, tuple[int, int])
        except Distorted:
            return Screenshots(pictures=(first,))
        if height <= device.height and width <= device.width:
            return Screenshots(pictures=(first, msgspec.structs.replace(first, kind="page")))
        shown = min(height, look.settings.page_height)
        clip: FloatRect = {"x": 0, "y": 0, "width": min(max(width, device.width), 3 * device.width), "height": shown}
        page = camera.page(clip)
    return Screenshots(
        pictures=(first, _kept(files, "page", page, clip["width"], device.scale, clipped=height > shown))
    )


def _kept(files: Path, kind: str, png: bytes, css_width: float, device_scale: float, *, clipped: bool) -> Picture:
    width, height = struct.unpack(">II", png[16:24])
    # a scroll bar may be cut off the width, so the nearer of the two scales there can be
    dense = abs(width - css_width * device_scale) < abs(width - css_width)
    scale = device_scale if dense else 1.0
    return Picture(kind=kind, sha256=_store(files, png), width=width, height=height, scale=scale, clipped=clipped)


def _store(files: Path, content: bytes) -> str:
    """The file is whole or not there: written beside its place, synced, renamed."""
    name = hashlib.sha256(content).hexdigest()
    folder = files / name[:2]
    path = folder / f"{name}.png"
    if path.exists():
        return name
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return name
