"""A bundle gives back what was put in, and says why something is not there."""

from __future__ import annotations

import msgspec
import pytest

from auditor.evidence.bundle import KINDS, Bundle
from auditor.evidence.http import Response
from auditor.evidence.texts import PriceText, Texts
from auditor.evidence.visit import Visit
from auditor.model.query import Hop
from auditor.model.words import FetchOutcome

TEXTS = Texts(
    title="Ü", visible="a\nb", prices=(PriceText(text="19,90 €", box=(1, 2, 3, 4)),), headings=((1, "H", True),)
)
VISIT = Visit(
    final_url="https://shop.example/",
    headers=(("a", "b"),),
    hops=(Hop("https://a.example/", 301, "https://shop.example/"),),
)


def test_round_trip() -> None:
    bundle = Bundle(missing={"texts": "not yet", "axe": "the page did not come to rest"})
    bundle.put("texts", TEXTS)
    bundle.put("visit", VISIT)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(bundle), type=Bundle)
    assert again == bundle
    assert (again.read(Texts), again.get("visit")) == (TEXTS, VISIT)
    assert again.get("console") is None
    assert again.missing == {"axe": "the page did not come to rest"}


def test_kinds_do_not_mix() -> None:
    with pytest.raises(TypeError, match="evidence 'texts' is a Texts, not a Visit"):
        Bundle().put("texts", VISIT)
    with pytest.raises(KeyError):
        Bundle().put("nonsense", VISIT)


def test_every_kind_has_its_own_type() -> None:
    assert len(set(KINDS.values())) == len(KINDS)


def test_bundles_do_not_share_what_they_hold() -> None:
    Bundle().put("visit", VISIT)
    assert Bundle().kinds == {}


def test_a_response_and_its_headers() -> None:
    one = Response(url="u", final_url="u", outcome=FetchOutcome.OK, headers=(("link", "a"), ("link", "b")))
    assert (one.header("Link"), one.all_headers("LINK"), one.header("x")) == ("a", ["a", "b"], None)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=Response) == one
