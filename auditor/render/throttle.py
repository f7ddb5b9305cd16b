"""Slows a tab down as its device says: processor and network, which only Chromium can; used before navigation."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Error, Page

from auditor.config.devices import Device
from auditor.render.browsers import Found


def apply(context: BrowserContext, tab: Page, found: Found, device: Device) -> str:
    """Returns a note of what this browser cannot, else nothing."""
    if found.protocol == "bidi" and (device.color_scheme or device.reduced_motion):
        return f"colour scheme and motion are {found.name}'s own: they cannot be set over BiDi"
    if not device.is_slowed:
        return ""
    if found.protocol != "cdp":
        return f"not slowed down: {found.name} cannot"
    try:
        session = context.new_cdp_session(tab)
        if device.cpu > 1:
            session.send("Emulation.setCPUThrottlingRate", {"rate": device.cpu})
        if device.down_kbps or device.up_kbps or device.latency_ms:
            session.send("Network.enable")
            session.send(
                "Network.emulateNetworkConditions",
                {
                    "offline": False,
                    "latency": device.latency_ms,
                    "downloadThroughput": device.down_kbps * 125 if device.down_kbps else -1,
                    "uploadThroughput": device.up_kbps * 125 if device.up_kbps else -1,
                },
            )
    except Error as error:
        return f"not slowed down: {error.message[:200]}"
    return ""


def told(device: Device) -> str:
    """`processor 4 × slower, 1600 kbit/s down, 150 ms away`; empty where nothing is slowed."""
    parts = [f"processor {device.cpu:g} × slower"] if device.cpu > 1 else []
    if device.down_kbps:
        parts.append(f"{device.down_kbps:g} kbit/s down, {device.up_kbps:g} up")
    if device.latency_ms:
        parts.append(f"{device.latency_ms:g} ms away")
    return ", ".join(parts)
