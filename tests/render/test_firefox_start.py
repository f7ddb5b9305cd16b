"""What Firefox compiles of itself: kept once, copied for each start, and never in a start's way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from auditor.render import firefox_start
from auditor.render.browsers import Found
from auditor.render.firefox_start import FirefoxStart
from auditor.render.wall import Wall
from tests.render.conftest import launched
from tests.render.nasty import Shop


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def firefox(tmp_path: Path, version: str = "153.0") -> Found:
    program = tmp_path / "firefox"
    if not program.exists():
        program.touch()
    return Found(name="firefox", path=str(program), source="system", version=version, protocol="bidi")


def written(start: FirefoxStart, data: bytes) -> None:
    Path(start.environment["MOZ_STARTUP_CACHE"]).write_bytes(data)


def read(start: FirefoxStart) -> bytes:
    return Path(start.environment["MOZ_STARTUP_CACHE"]).read_bytes()


def ended(start: FirefoxStart) -> None:
    start.keep()
    start.close()


def test_what_the_first_one_wrote_is_there_for_the_next(tmp_path: Path) -> None:
    first, beside = FirefoxStart(firefox(tmp_path)), FirefoxStart(firefox(tmp_path))
    assert first.environment != beside.environment
    written(first, b"compiled")
    ended(first)
    written(beside, b"compiled, too")
    ended(beside)
    next_one = FirefoxStart(firefox(tmp_path))
    assert read(next_one) == b"compiled"
    ended(next_one)
    assert [one.name for one in tmp_path.glob("*.startup")] == []


def test_another_build_begins_anew_and_old_ones_go(tmp_path: Path) -> None:
    for number in range(6):
        start = FirefoxStart(firefox(tmp_path, version=f"{number}.0"))
        assert not Path(start.environment["MOZ_STARTUP_CACHE"]).exists()
        written(start, b"compiled")
        ended(start)
    assert len(list((tmp_path / "cache/auditor/firefox").iterdir())) == 3


def test_what_no_browser_starts_with_is_thrown_away(tmp_path: Path) -> None:
    first = FirefoxStart(firefox(tmp_path))
    written(first, b"bad")
    ended(first)
    FirefoxStart(firefox(tmp_path)).forget()
    assert not Path(FirefoxStart(firefox(tmp_path)).environment["MOZ_STARTUP_CACHE"]).exists()


def test_without_a_home_and_for_other_browsers_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chromium = Found(name="chromium", path="/nowhere", source="system", version="1", protocol="cdp")
    assert FirefoxStart(chromium).environment == {}
    monkeypatch.setattr(firefox_start.paths, "kept", lambda _: None)
    start = FirefoxStart(firefox(tmp_path))
    assert start.environment == {}
    ended(start)


@pytest.mark.browser
@pytest.mark.firefox
@pytest.mark.parametrize("found", ["firefox"], indirect=True)
def test_firefox_writes_it_reads_it_and_bears_a_damaged_one(
    playwright: Playwright, found: Found, shop: Shop, tmp_path: Path
) -> None:
    def title() -> str:
        with Wall() as wall, launched(playwright, found, wall) as browser:
            page = browser.new_page()
            page.goto(shop.url("/moves-once"))
            return page.title()

    if found.protocol != "bidi":
        pytest.skip("Playwright's own Firefox keeps nothing of its start")
    expected = title()
    (kept,) = (tmp_path / "cache/auditor/firefox").iterdir()
    whole = kept.read_bytes()
    assert len(whole) > 1_000_000
    damages: list[Callable[[bytes], bytes]] = [
        lambda data: data,
        lambda data: data[: len(data) // 2],
        lambda data: data[:5000] + bytes(200_000) + data[205_000:],
        lambda _: b"",
    ]
    for damage in damages:
        kept.write_bytes(damage(whole))
        assert title() == expected
