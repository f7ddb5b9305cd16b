"""What is wrong with a source is told by line, and costs no other row; what is made to do harm costs little."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue import opening, sheets, values
from auditor.config.exports import Export
from auditor.model.errors import UsageError
from tests.catalogue.test_formats import RSS, read

COLUMNS = {"sku": "sku", "title": "name", "price": "price", "quantity": "qty"}


def test_each_wrong_row_is_told_and_no_other_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "erp.csv"
    path.write_text(
        'sku,name,price,qty\nA,Lamp,12.90,3\nB,"Broken, 3\nC,Cup,9,1\nD,Dish,8,,,7\nE,Eel,abc,2\nF,"x"y,3,1\n,,,\n,Nameless,3,1\n'
        'G,"Two\nlines",1.299,x\nH,Short\nI,"Open, 1,2\nJ,Jar,"4",5\nK,Kit,on request,1\nL,Lid,2.5,"never closed\n',
        encoding="utf-8",
    )
    reading, products, wrong = read(path, columns=COLUMNS)
    assert [one.sku for one in products] == ["A", "C", "E", "G", "H", "J", "K"]
    assert [(one.line, one.what) for one in wrong] == [
        (3, "quote"), (5, "columns"), (6, "price"), (7, "quote"), (9, "no key"), (10, "price"), (10, "number"), (13, "quote"), (16, "quote"),
    ]  # fmt: skip
    assert sum(one.left_out for one in wrong) == 6
    assert products[-1].on_request
    assert (reading.rows, reading.products, reading.wrong) == (13, 7, 9)


def test_a_broken_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(RSS.replace("</channel></rss>", "<item><g:id>&nope;</g:id></item>"), encoding="utf-8")
    reading, products, _ = read(path)
    assert len(products) == 2
    assert "not well-formed" in reading.cut
    path.write_text('[{"sku":"A","price":1},{"sku"', encoding="utf-8")
    reading, products, _ = read(path, columns={"sku": "sku", "price": "price"})
    assert len(products) == 1
    assert reading.cut.startswith("line 2: no JSON")
    path.write_bytes(gzip.compress(RSS.encode())[:200])
    assert read(path)[0].cut


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "feed"
    path.write_text(
        '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><id>&b;</id></item></channel></rss>'
    )
    reading, products, _ = read(path)
    assert not products
    assert "document type" in reading.cut
    secret = tmp_path / "secret"
    secret.write_text("hush")
    path.write_text(
        f'<!DOCTYPE l [<!ENTITY a SYSTEM "file://{secret}">]><rss><channel><item><id>&a;</id></item></channel></rss>'
    )
    assert not read(path)[1]
    monkeypatch.setattr(opening, "_SMALL", 1_000_000)
    path.write_bytes(gzip.compress(b"sku,name,price,qty\n" + b"A,B,1,1\n" * 300_000))
    reading, _, _ = read(path, columns=COLUMNS)
    assert "unpacks to more" in reading.cut
    monkeypatch.setattr(sheets, "_SHARED", 4_000_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        archive.writestr("xl/sharedStrings.xml", b" " * 5_000_000)
    assert "unpacks to 5 MB" in read(path, columns=COLUMNS)[0].cut


def test_huge_values(tmp_path: Path) -> None:
    path = tmp_path / "erp.csv"
    path.write_text("sku,name,price,qty\nA," + "x" * 1_100_000 + ",1,1\nB,Cup,2,2\n", encoding="utf-8")
    _, products, wrong = read(path, columns=COLUMNS)
    assert [one.sku for one in products] == ["B"]
    assert [(one.line, one.what, one.left_out) for one in wrong] == [(2, "long", True)]


def test_columns_that_are_not_there_are_said_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "erp.csv"
    path.write_text("sku,name\nA,Lamp\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"no column 'price' for price.*\n.*It has: sku, name"):
        read(path, columns={"sku": "sku", "price": "price"})
    with pytest.raises(UsageError, match="format is not known"):
        read(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("12.90", "12.90"), ("12.90 EUR", "12.90"), ("EUR 12,90", "12.90"), ("1,299.00 USD", "1299.00"), ("1.299,00 €", "1299.00"),
        ("1299", "1299"), ("4.9E1", "49"), ("-3", "negative"), ("abc", "no amount"), ("", "None"), ("1.299", "1.299"), ("Preis auf Anfrage", "None"),
    ],
)  # fmt: skip
def test_amounts(text: str, told: str) -> None:
    read = values.amount(text)
    assert (read.fault or str(read.amount)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("in stock", "in_stock"), ("https://schema.org/OutOfStock", "out_of_stock"), ("pre-order", "preorder"), ("Available on backorder", "backorder"),
        ("7", "in_stock"), ("-2", "out_of_stock"), ("", ""), ("perhaps", None),
    ],
)  # fmt: skip
def test_stock(text: str, told: Any) -> None:
    assert values.stock(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-01T00:00+0100", "2026-11-01T00:00+01:00"), ("2026-11-01", "2026-11-01"), ("1/31/26", "2026-01-31"), ("31.01.2026", "2026-01-31"),
        ("Tue, 24 Nov 2026 03:00:00 GMT", "2026-11-24T03:00:00+00:00"), ("0000-00-00", ""), ("2026-13-01", None), ("soon", None),
    ],
)  # fmt: skip
def test_moments(text: str, told: str | None) -> None:
    assert values.moment(text) == told


def test_secrets_are_not_told(tmp_path: Path) -> None:
    export = Export(name="erp", url="https://x.example/feed?token=abc", headers={"X-Key": "hush"})
    assert "abc" not in export.origin
    assert "hush" not in repr(export)
