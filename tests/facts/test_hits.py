"""Every hit of the corpus in hits/ is decoded as it says; and whatever a page sends, decoding survives and stays bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some

from auditor.evidence.requests import Held, Request, Requests
from auditor.facts import consent_signals
from auditor.facts.tracking import Hit, hits
from auditor.knowledge import vendors
from auditor.model.written import plain

FOLDER = Path(__file__).parent / "hits"
KNOWN = vendors.load()
ROWS = [
    (f"{file.stem}:{index}", row) for file in sorted(FOLDER.glob("*.yaml")) for index, row in enumerate(plain(file), 1)
]


def decoded(row: dict[str, Any]) -> tuple[Hit, ...]:
    body = row.get("body", "")
    request = Request(
        url=row["url"], method=row.get("method") or ("POST" if body else "GET"), body=body,
        held=Held(row.get("held", "answered")), vendor=row.get("vendor", ""), third_party=True,
    )  # fmt: skip
    return hits(Requests((request,)), KNOWN)


def told(hit: Hit, name: str) -> Any:
    if name == "items":
        return [[one.id, one.name, one.price, one.quantity] for one in hit.items]
    if name == "granted":
        return consent_signals.granted(hit.consent)
    return getattr(hit, name)


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[name for name, _ in ROWS])
def test_a_recorded_shape_means_what_its_documentation_says(row: dict[str, Any]) -> None:
    expected = row["hits"] if "hits" in row else [row["hit"]]
    found = decoded(row)
    assert len(found) == len(expected), found
    for hit, want in zip(found, expected, strict=True):
        assert {name: told(hit, name) for name in want} == want


def test_the_corpus_is_broad_and_names_its_sources() -> None:
    assert len(ROWS) >= 150
    assert all(row.get("source") for _, row in ROWS)
    assert len({hit.vendor for _, row in ROWS for hit in decoded(row)}) >= 45


names = some.text(min_size=1, max_size=20)
values = some.text(max_size=60)
trees = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | values,
    lambda below: some.lists(below, max_size=4) | some.dictionaries(names, below, max_size=4),
    max_leaves=20,
)
endpoints = some.sampled_from(
    [row["url"].partition("?")[0] for _, row in ROWS if row.get("held", "answered") == "answered"]
)


@given(endpoints, some.dictionaries(names, values, max_size=6), trees | some.text(max_size=300))
def test_whatever_is_sent_decoding_survives_and_stays_bounded(url: str, query: dict[str, str], body: Any) -> None:
    row = {
        "url": f"{url}?{urlencode(query)}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "vendor": "ga4",
    }
    for hit in decoded(row):
        assert len(hit.parameters) <= 300
        assert all(
            isinstance(one, str) and len(one) <= 1_000
            for one in (*hit.parameters.values(), hit.event, hit.account, hit.value)
        )
        assert hit.amount is None or hit.amount.is_finite()
        assert set(hit.consent) <= set(consent_signals.NAMES)


plain = some.text("abcdefgXYZ0123456789 -_", min_size=1, max_size=20).map(str.strip).filter(bool)


@given(plain, plain, some.decimals("0.01", "99999", places=2), some.integers(1, 99))
def test_an_item_of_ga4_comes_back_as_it_was_packed(sku: str, name: str, price: Any, quantity: int) -> None:
    query = urlencode(
        {"v": "2", "tid": "G-ABC123DEF4", "en": "view_item", "pr1": f"id{sku}~nm{name}~pr{price}~qt{quantity}"}
    )
    (hit,) = decoded({"url": f"https://www.google-analytics.com/g/collect?{query}"})
    assert told(hit, "items") == [[sku, name, str(price), str(quantity)]]


@given(plain, some.decimals("0.01", "99999", places=2))
def test_meta_says_the_same_in_query_form_and_multipart(sku: str, price: Any) -> None:
    fields = {"id": "1234567890123", "ev": "ViewContent", "cd[content_ids]": json.dumps([sku]), "cd[value]": str(price)}
    edge = "------WebKitFormBoundaryAbC"
    parts = "".join(
        f'{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    shapes = (
        {"url": f"https://www.facebook.com/tr/?{urlencode(fields)}"},
        {"url": "https://www.facebook.com/tr/", "body": urlencode(fields)},
        {"url": "https://www.facebook.com/tr/", "body": f"{parts}{edge}--\r\n"},
    )
    said = [(hit.event, hit.value, told(hit, "items")) for shape in shapes for hit in decoded(shape)]
    assert said == [("ViewContent", str(price), [[sku, "", "", ""]])] * 3


@given(some.text(alphabet="G1-0", max_size=5), some.text(alphabet="lpqtrmnuv0123456789", max_size=16))
def test_consent_strings_of_any_shape_are_read_or_left(gcs: str, gcd: str) -> None:
    assert set(consent_signals.granted({"gcs": gcs, "gcd": gcd})) <= {
        "ad_storage",
        "analytics_storage",
        "ad_user_data",
        "ad_personalization",
    }
