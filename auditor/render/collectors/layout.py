"""Collects layout: tries to scroll sideways, and names the outermost elements that stick out."""

from __future__ import annotations

from auditor.evidence.layout import Layout
from auditor.render.collectors.look import Look, ask


def collect(look: Look) -> Layout:
    device = look.device
    return ask(look.tab, "layout", {"width": device.width, "height": device.height, "mobile": device.mobile}, Layout)
