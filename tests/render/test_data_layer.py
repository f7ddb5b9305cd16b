"""The data layer in real browsers: pushes in order with their time, and data layers made to break whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from auditor.evidence.data_layer import DataLayer
from auditor.render.collectors import data_layer
from auditor.render.collectors.look import Look

Open = Callable[..., Look]

GTAG = """<script>
  window.dataLayer = window.dataLayer || [];
  function gtag() { dataLayer.push(arguments); }
  gtag('consent', 'default', {ad_storage: 'denied'});
  dataLayer.push({event: 'view_item', ecommerce: {currency: 'EUR', value: 49, items: [{item_id: 'LL-1', price: 49}]}});
  setTimeout(() => dataLayer.push({ecommerce: null}), 20);
</script>"""
# as Tag Manager does: its own push in front of the one it finds
WRAPPED = "<script>dataLayer.push = ((push) => function () { return push.apply(dataLayer, arguments); })(dataLayer.push); dataLayer.push({event: 'later'})</script>"


@pytest.fixture
def visit(look: Open) -> Open:
    return look


def collected(visit: Open, html: str) -> DataLayer:
    look = visit(html, before=data_layer.watch)
    look.tab.wait_for_timeout(60)
    return data_layer.collect(look, 0.0)


def values(layer: DataLayer) -> list[Any]:
    return [json.loads(one.json) for one in layer.pushes]


def test_every_push_in_order_with_its_time(visit: Open) -> None:
    layer = collected(visit, GTAG + WRAPPED)
    assert values(layer) == [
        {"arguments": ["consent", "default", {"ad_storage": "denied"}]},
        {
            "event": "view_item",
            "ecommerce": {"currency": "EUR", "value": 49, "items": [{"item_id": "LL-1", "price": 49}]},
        },
        {"event": "later"},
        {"ecommerce": None},
    ]
    times = [one.at_ms for one in layer.pushes]
    assert times == sorted(times)
    assert times[0] > 0
    assert layer.cut == 0


def test_a_layer_that_is_there_as_a_whole(visit: Open) -> None:
    assert values(collected(visit, "<script>var dataLayer = [{pageType: 'product'}, {a: 1}];</script>")) == [
        {"pageType": "product"},
        {"a": 1},
    ]


def test_what_the_page_changes_later_was_pushed_as_it_was(visit: Open) -> None:
    html = "<script>window.dataLayer = []; const one = {event: 'a', n: 1}; dataLayer.push(one); one.n = 2;</script>"
    assert values(collected(visit, html)) == [{"event": "a", "n": 1}]


def test_a_layer_of_another_name(visit: Open) -> None:
    html = "<script>window.layer2 = [{event: 'x'}]</script><script src='/nowhere/gtm.js?id=GTM-ABCD&l=layer2'></script>"
    (push,) = collected(visit, html).pushes
    assert (push.name, push.at_ms, json.loads(push.json)) == ("layer2", -1.0, {"event": "x"})


def test_the_page_sees_what_it_pushed(visit: Open) -> None:
    html = """<script>window.dataLayer = []; const length = dataLayer.push({a: 1}, {b: 2});
      let names = ''; for (const name in dataLayer) names += name; document.title = length + names + Array.isArray(dataLayer);</script>"""
    assert visit(html, before=data_layer.watch).tab.title() == "201true"


HOSTILE: dict[str, tuple[str, Callable[[list[Any]], bool]]] = {
    "circular": ("const a = {event: 'a'}; a.self = a; a.list = [a]; dataLayer.push(a)", lambda v: v[0]["self"] == "[circular]"),
    "getter": (
        "dataLayer.push({event: 'a', get bad() { throw new Error('no') }, good: 1})",
        lambda v: (v[0]["bad"], v[0]["good"]) == ("[getter threw]", 1),
    ),
    "proxy": (
        "dataLayer.push(new Proxy({}, {ownKeys() { throw 1 }, get() { throw 2 }, getPrototypeOf() { throw 3 }}), {event: 'b'})",
        lambda v: v[1] == {"event": "b"},
    ),
    "20 MB": ("dataLayer.push({event: 'a', big: 'x'.repeat(20 * 1024 * 1024), after: 1})", lambda v: len(v[0]["big"]) == 1000 and v[0]["after"] == 1),
    "20 MB of keys": (
        "const o = {event: 'a', list: []}; for (let i = 0; i < 400000; i++) o.list.push({id: 'SKU-' + i, name: 'A product'}); dataLayer.push(o)",
        lambda v: v[0]["event"] == "a" and 0 < len(v[0]["list"]) <= 300,
    ),
    "deep": ("let d = {}; for (let i = 0; i < 50000; i++) d = {d}; dataLayer.push(d, {event: 'b'})", lambda v: v[1] == {"event": "b"}),
    "elements": ("dataLayer.push({el: document.body, w: window, f() {}, s: Symbol('x'), u: undefined})", lambda v: v[0]["el"] == "<body>" and v[0]["w"] == "[window]"),
    "toJSON": (
        "Array.prototype.toJSON = function () { return 'no' }; Object.prototype.toJSON = function () { return 'no' }; dataLayer.push({event: 'a', l: [1]})",
        lambda v: v[0] == {"event": "a", "l": [1]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_layers_survive(visit: Open, name: str) -> None:
    script, holds = HOSTILE[name]
    layer = collected(visit, f"<h1>Lamp</h1><script>window.dataLayer = []; {script}</script>")
    assert holds(values(layer)), layer
    assert sum(len(one.json) for one in layer.pushes) < 200_000


def test_a_layer_without_end_is_cut_and_says_so(visit: Open) -> None:
    layer = collected(
        visit,
        "<script>window.dataLayer = []; for (let i = 0; i < 3000; i++) dataLayer.push({event: 'e' + i});</script>",
    )
    assert len(layer.pushes) == 1000
    assert layer.cut == 2000
