"""Hosts of the host map are hosts, in lower case."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.config.config import load
from auditor.model.errors import UsageError


def loaded(tmp_path: Path, host_map: str) -> dict[str, str]:
    path = tmp_path / "shop.yaml"
    path.write_text(f"site: https://staging.shop.example\nhost_map: {host_map}\n", encoding="utf-8")
    return load(str(path)).host_map


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("{Staging.Shop.example: WWW.shop.example}", {"staging.shop.example": "www.shop.example"}),
        ("{'127.0.0.1:8000': shop.example}", {"127.0.0.1:8000": "shop.example"}),
        ("{'[::1]:8000': shop.example}", {"[::1]:8000": "shop.example"}),
    ],
)
def test_hosts(tmp_path: Path, written: str, wanted: dict[str, str]) -> None:
    assert loaded(tmp_path, written) == wanted


@pytest.mark.parametrize(
    "written",
    [
        "{'https://staging.shop.example': www.shop.example}",
        "{staging.shop.example: www.shop.example/}",
        "{'': x}",
        "{a b: x}",
    ],
)
def test_what_is_no_host_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(UsageError, match="is not a host; write it like staging") as raised:
        loaded(tmp_path, written)
    assert raised.value.where.endswith("shop.yaml:2")
