"""Lists of what a category requires, as PIMs write them: a row for each attribute, or one for each family."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from auditor.catalogue import requirements
from auditor.catalogue.reading import Reading
from auditor.catalogue.stage import _with_list
from auditor.config.exports import Export, Requirements
from auditor.model.errors import UsageError
from auditor.model.expected import ExpectedProduct

PAIRS = {"Shoes": ("Größe", "Sohle"), "Lamps": ("voltage",)}


def read(path: Path, text: str, **named: str) -> dict[str, tuple[str, ...]]:
    path.write_text(text, encoding="utf-8")
    return requirements.read(Requirements(file=str(path), **named), "pim")


def test_a_row_for_each_attribute(tmp_path: Path) -> None:
    text = "Kategorie;Merkmal;Pflicht\nShoes;Größe;ja\nShoes;Farbe;nein\nShoes;Sohle;ja\nLamps;voltage;ja\n"
    assert read(tmp_path / "list.csv", text) == PAIRS
    named = {"category": "Gruppe", "attribute": "Feld", "mandatory": "P"}
    assert read(tmp_path / "own.csv", "Gruppe,P,Feld\nShoes,1,Größe\nShoes,0,Farbe\nShoes,,Bund\n", **named) == {
        "Shoes": ("Größe",)
    }


def test_a_row_for_each_family_as_akeneo_exports_them(tmp_path: Path) -> None:
    text = (
        "code;label-en_US;attributes;attribute_as_label;requirements-ecommerce;requirements-print\n"
        "Shoes;Shoes;Größe,Sohle,Farbe;name;Größe,Sohle;Größe\nLamps;Lamps;voltage,watt;name;voltage;\n"
    )
    assert read(tmp_path / "families.csv", text) == PAIRS


def test_json_and_workbooks(tmp_path: Path) -> None:
    rows = [{"family": "Shoes", "attributes": ["Größe", "Sohle"]}, {"family": "Lamps", "attributes": ["voltage"]}]
    assert read(tmp_path / "list.json", json.dumps(rows)) == PAIRS
    assert read(tmp_path / "list.jsonl", "\n".join(map(json.dumps, rows))) == PAIRS
    with Workbook(str(tmp_path / "list.xlsx")) as book:
        sheet = book.add_worksheet("needs")
        for number, row in enumerate(
            [("Category", "Attribute"), *((one, name) for one in PAIRS for name in PAIRS[one])]
        ):
            sheet.write_row(number, 0, row)
    assert requirements.read(Requirements(file=str(tmp_path / "list.xlsx"), sheet="needs"), "pim") == PAIRS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "no column is known to hold the category"),
        ("category,b\nShoes,2\n", "no column is known to hold the attribute"),
        ("category,attribute\n,\n", "requires nothing"),
        ("", "empty"),
        ('category,attribute\nShoes,"x\n', "line 2 cannot be read"),
    ],
)
def test_what_is_no_such_list_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read(tmp_path / "list.csv", text)


def test_a_list_besides_what_the_config_requires(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("category,attribute\nShoes,Size\nShoes,Sole\n", encoding="utf-8")
    export = tmp_path / "pim.csv"
    export.write_text("sku,cat,Size,brand\nA,Shoes,,\nB,Lamps,,Us\n", encoding="utf-8")
    asked = Export(
        name="pim", file=str(export), columns={"sku": "sku", "category": "cat", "brand": "brand"}, required={"*": ("brand",)},
        required_from=Requirements(file=str(tmp_path / "list.csv")),
    )  # fmt: skip
    reading = Reading(_with_list(asked), export, "https://shop.example/")
    boot, lamp = (one for one in reading if isinstance(one, ExpectedProduct))
    assert boot.lacks == (("*", "brand"), ("Shoes", "Size"))
    assert lamp.lacks == ()
    assert reading.unasked == ("Sole",)
