"""axe-core in real browsers: nodes with role, name and place, frames entered and not, shadow roots, policies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.axe import Axe, AxeResult
from auditor.render.collectors import axe
from auditor.render.collectors.look import Look
from tests.render.nasty import Shop


@pytest.fixture
def judge(look: Callable[..., Look]) -> Callable[..., Axe]:
    return lambda page, **how: axe.collect(look(page, fresh=False, **how))


def violation(seen: Axe, rule: str) -> AxeResult:
    return next(one for one in seen.violations if one.id == rule)


def test_nodes_say_role_name_place_and_what_was_measured(judge: Callable[..., Axe]) -> None:
    seen = judge(
        "<main><h1>t</h1><p><a href=/x style='color:#999;background:#fff'>Pale link</a></p><button><svg width=9 height=9></svg></button>"
        "<div class=card>Red shirt <button id=plus></button></div></main>"
    )
    assert seen.version.startswith("4.")
    pale = violation(seen, "color-contrast").nodes[0]
    assert (pale.role, pale.name) == ("link", "Pale link")
    assert pale.data["fgColor"] == "#999999"
    assert float(pale.data["contrastRatio"]) < 4.5
    assert pale.box is not None
    assert pale.box[2] > 10
    assert pale.summary.startswith("Fix any")
    nameless = violation(seen, "button-name")
    assert (nameless.impact, {one.role for one in nameless.nodes}) == ("critical", {"button"})
    assert next(one for one in nameless.nodes if one.selector == "#plus").name == "Red shirt"
    assert "document-title" in seen.passes
    assert not seen.unreached_frames


def test_frames_are_entered_and_named(judge: Callable[..., Axe], shop: Shop) -> None:
    inner = shop.put("<img src=/ok.png id=inner>")
    other = inner.replace("127.0.0.1", "localhost")
    seen = judge(
        f"<main><h1>t</h1><iframe title=a id=same src='{inner}'></iframe><iframe title=b id=other src='{other}'></iframe>"
        "<iframe title=c id=refused src='https://nowhere.test/'></iframe></main>"
    )
    nodes = {one.selector: one for one in violation(seen, "image-alt").nodes}
    assert nodes["#same > iframe > #inner"].frame == inner
    assert nodes["#same > iframe > #inner"].role == "img"
    assert nodes["#other > iframe > #inner"].frame == other
    assert len(seen.unreached_frames) == 1


def test_elements_in_shadow_roots(judge: Callable[..., Axe]) -> None:
    seen = judge(
        "<main><h1>t</h1><my-card></my-card></main><script>document.querySelector('my-card').attachShadow({mode:'open'}).innerHTML = '<img src=/ok.png>'</script>"
    )
    node = violation(seen, "image-alt").nodes[0]
    assert node.selector == "my-card >>> img"
    assert node.role == "img"


def test_many_nodes_are_counted_past_the_cap(judge: Callable[..., Axe]) -> None:
    seen = judge("<main><h1>t</h1>" + "<img src=/ok.png>" * (axe.MOST_NODES + 20) + "</main>")
    assert (len(violation(seen, "image-alt").nodes), violation(seen, "image-alt").cut) == (axe.MOST_NODES, 20)


def test_of_many_nodes_each_kind_is_kept(judge: Callable[..., Axe]) -> None:
    pale = "<p style='background:#fff;color:#{}'>Pale</p>"
    seen = judge("<main><h1>t</h1>" + pale.format("999") * (axe.MOST_NODES + 5) + pale.format("aaa") + "</main>")
    found = violation(seen, "color-contrast")
    assert (len(found.nodes), found.cut) == (axe.MOST_NODES, 6)
    assert [node.data["fgColor"] for node in found.nodes[-2:]] == ["#999999", "#aaaaaa"]


def test_places_in_frames_are_those_of_the_page(judge: Callable[..., Axe], shop: Shop) -> None:
    deepest = shop.put(
        "<body style='margin:0'><img src=/ok.png width=20 height=10 style='position:absolute;left:5px;top:6px'>"
    )
    inner = shop.put(
        f"<body style='margin:0'><img src=/ok.png width=20 height=10 style='position:absolute;left:30px;top:40px'>"
        f"<img src=/ok.png width=20 height=10 style='position:absolute;left:30px;top:900px' id=below>"
        f"<iframe src='{deepest}' style='position:absolute;left:100px;top:50px;border:0' width=90 height=60></iframe>"
    ).replace("127.0.0.1", "localhost")
    seen = judge(
        f"<main><h1>t</h1><iframe title=a src='{inner}' style='position:absolute;left:200px;top:1000px;border:3px solid;padding:7px' width=300 height=200></iframe></main>"
    )
    nodes = violation(seen, "image-alt").nodes
    assert [node.box for node in nodes if "#below" in node.selector] == [None]  # further down than the frame shows
    assert sorted(node.box for node in nodes if node.box) == [(240, 1050, 20, 10), (315, 1066, 20, 10)]


def test_what_axe_cannot_decide_is_incomplete(judge: Callable[..., Axe]) -> None:
    seen = judge("<main><h1>t</h1><p style='background:linear-gradient(#000,#fff);color:#777'>On a gradient</p></main>")
    assert "color-contrast" in {one.id for one in seen.incomplete}


def test_strict_policies_and_trusted_types(judge: Callable[..., Axe]) -> None:
    policy = {"Content-Security-Policy": "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'"}
    seen = judge("<main><h1>t</h1><img src=/ok.png></main>", headers=policy)
    assert [one.id for one in seen.violations] == ["image-alt"]
