"""Devices by name: built in, Playwright's, and the config's own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from auditor.config.config import Config
from auditor.knowledge import devices


def config(**given: Any) -> Config:
    return Config.model_validate({"site": "https://shop.example", **given})


def test_playwrights_names_and_our_own_identifiers_are_the_same_device() -> None:
    render = config(render={"devices": ["iPhone 15", "iphone-15", "desktop"]}).render
    assert render.devices == ("iphone-15", "desktop")
    device = render.device("iphone-15")
    assert (device.width, device.scale, device.mobile, device.touch) == (393, 3.0, True, True)
    assert device.platform.startswith("iPhone")


def test_the_table_is_whole() -> None:
    table = devices.load()
    assert len(table) > 200
    assert all(len(f"chromium/{name}") <= 40 for name in table)


def test_a_profile_changes_what_it_is_like() -> None:
    small = {
        "like": "phone",
        "width": 320,
        "locale": "de-DE",
        "timezone": "Europe/Berlin",
        "color_scheme": "dark",
        "cpu": 4,
        "network": "slow-4g",
    }
    device = config(render={"devices": ["small"], "profiles": {"small": small}}).render.device("small")
    assert (device.name, device.width, device.height, device.mobile) == ("small", 320, 844, True)
    assert (device.locale, device.timezone, device.color_scheme) == ("de-DE", "Europe/Berlin", "dark")
    assert (device.cpu, device.down_kbps, device.latency_ms, device.is_slowed) == (4, 1600, 150, True)


def test_a_profile_may_take_the_name_of_a_built_in_device() -> None:
    profiles = {"large": {"like": "desktop", "width": 1920}, "phone": {"like": "iPhone 15"}}
    render = config(render={"devices": ["phone", "large"], "profiles": profiles}).render
    assert (render.device("phone").name, render.device("phone").width) == ("phone", 393)
    assert render.device("large").width == 1920


@pytest.mark.parametrize(
    ("render", "said"),
    [
        ({"devices": ["iphon 15"]}, "did you mean iphone-15"),
        ({"devices": ["toaster"]}, "known: desktop, phone, tablet, and Playwright's"),
        ({"profiles": {"small": {"like": "small"}}}, "is like itself"),
        ({"profiles": {"a": {"like": "b"}, "b": {"like": "a"}}}, "is like itself"),
        ({"profiles": {"small": {"timezone": "Berlin"}}}, "not a time zone"),
        ({"profiles": {"small": {"width": 20}}}, "greater than or equal to 200"),
    ],
)
def test_mistakes_say_how_to_mend_them(render: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(render=render)


def test_budgets_of_the_gate_are_what_pages_are_held_to() -> None:
    budgets = {
        "lcp": "2.5s",
        "lcp_product_phone": 3,
        "ttfb_home": "800ms",
        "cls": 0.1,
        "tbt": "+10%",
        "fcp_chromium": "1s",
        "weight": "2MB",
    }
    assert config(gate={"budgets": budgets}).gate.times == {
        "lcp": 2500,
        "lcp_product_phone": 3000,
        "ttfb_home": 800,
        "cls": 0.1,
    }
