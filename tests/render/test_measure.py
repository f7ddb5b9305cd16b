"""The serial pass over times: loads in a real browser, slowed down or not, and which pages are measured."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from auditor.config.devices import DEVICES, Device
from auditor.evidence.timing import Timing
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import FetchOutcome
from auditor.render import throttle
from auditor.render.browsers import Missing, find
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer
from tests.render.nasty import Shop

BUSY = "<script>const until = performance.now() + 150; while (performance.now() < until);</script>"
PAGE = f"<h1 style='font-size:60px'>Lamp</h1><img src=/ok.png width=40 height=20><script>setTimeout(() => {{ {BUSY[8:-9]} }}, 300)</script>"


def measure(shop: Shop, files: Path, url: str, device: Device, repeats: int = 2, browser: str = "chromium") -> Timing:
    if isinstance(found := find(browser), Missing):
        pytest.skip(f"{browser}: {found.reason}")
    settings = RenderSettings(files=str(files), site_hosts=(shop.host,))
    task = RenderTask(
        key=SnapshotKey(url, Client(browser, device.name)),
        url=url,
        device=device,
        collectors=frozenset({"paint", "requests"}),
        measured=True,
        repeats=repeats,
    )
    renderer = Renderer(msgspec.msgpack.encode(settings))
    try:
        result = msgspec.msgpack.decode(renderer.run(msgspec.msgpack.encode(task)), type=RenderResult)
    finally:
        renderer.close()
    timing = result.bundle.read(Timing)
    assert timing is not None
    assert (result.outcome, set(result.bundle.kinds)) == (FetchOutcome.OK, {"timing"})
    return timing


@pytest.mark.browser
def test_each_load_has_its_times_and_its_weight(shop: Shop, tmp_path: Path) -> None:
    url = shop.put(PAGE, {"X-Cache": "MISS", "X-Served-By": "cache-1"})
    timing = measure(shop, tmp_path, url, DEVICES["phone"])
    assert (len(timing.loads), timing.failed, timing.throttled) == (2, (), "")
    assert timing.pace_ms > 0
    for load in timing.loads:
        assert load.caches == (("x-cache", "MISS"),)
        paint = load.paint
        assert paint.ttfb_ms > 0
        assert paint.load_ms >= paint.content_loaded_ms > 0
        assert paint.fcp_ms
        assert paint.largest
        assert paint.largest.spot.label == "h1"
        assert paint.tbt_ms
        assert paint.tbt_ms >= 90  # the script holds it up for 150 ms, 50 of which don't count
        assert paint.scripts
        assert (paint.scripts[0].host, paint.scripts[0].url) == (shop.host.partition(":")[0], url)
        assert paint.scripts[0].duration_ms >= 100
        assert {weight.type for weight in load.weights} == {"document", "image"}
        assert all(weight.size > 0 for weight in load.weights)


@pytest.mark.browser
def test_what_a_timer_paints_late_is_the_largest(shop: Shop, tmp_path: Path) -> None:
    late = "document.body.insertAdjacentHTML('beforeend', '<h2 style=font-size:90px>Harbour lantern of brass</h2>')"
    url = shop.put(f"<p>Lamp</p><script>setTimeout(() => {{ {late} }}, 1400)</script>")
    (load,) = measure(shop, tmp_path, url, DEVICES["phone"], repeats=1).loads
    assert load.paint.largest
    assert load.paint.largest.spot.label == "h2"
    assert load.paint.largest.at_ms >= 1400


@pytest.mark.browser
def test_a_slowed_device_is_slow_and_says_so(shop: Shop, tmp_path: Path) -> None:
    slow = msgspec.structs.replace(DEVICES["phone"], cpu=4.0, down_kbps=1600.0, up_kbps=750.0, latency_ms=400.0)
    timing = measure(shop, tmp_path, shop.put(PAGE), slow, repeats=1)
    assert timing.throttled == "processor 4 × slower, 1600 kbit/s down, 750 up, 400 ms away"
    assert timing.loads[0].paint.html_ms >= 350  # Chromium holds the answer back behind its first byte


@pytest.mark.browser
def test_a_page_that_gives_nothing_gives_its_reason(shop: Shop, tmp_path: Path) -> None:
    timing = measure(shop, tmp_path, shop.url("/too-many"), DEVICES["phone"])
    assert timing.loads == ()
    assert all("429" in reason for reason in timing.failed)


@pytest.mark.browser
@pytest.mark.firefox
def test_what_firefox_cannot_tell_is_missing(shop: Shop, tmp_path: Path) -> None:
    timing = measure(shop, tmp_path, shop.put(PAGE), DEVICES["desktop"], repeats=1, browser="firefox")
    assert timing.median(lambda load: load.paint.tbt_ms) is None
    assert timing.median(lambda load: load.paint.load_ms)
    assert timing.loads[0].paint.scripts is None


def test_what_is_slowed_is_told_in_words() -> None:
    assert throttle.told(DEVICES["desktop"]) == ""
    assert not DEVICES["desktop"].is_slowed


def test_the_median_needs_half_of_the_loads() -> None:
    given = [{"paint": {"tbt_ms": value} if value is not None else {}} for value in (None, None, 5.0)]
    timing = msgspec.convert({"loads": given}, Timing)
    assert timing.median(lambda load: load.paint.tbt_ms) is None
    timing = msgspec.convert({"loads": [{"paint": {"tbt_ms": value}} for value in (1.0, 90.0, 3.0)]}, Timing)
    assert timing.median(lambda load: load.paint.tbt_ms) == 3.0
    nearest = timing.nearest(lambda load: load.paint.tbt_ms)
    assert nearest
    assert nearest.paint.tbt_ms == 3.0
