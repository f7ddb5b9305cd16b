"""Exports of the platforms, with the columns they really have, become products."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import SecretStr

from auditor.catalogue.reading import Reading
from auditor.config.exports import Export
from auditor.model.errors import UsageError
from auditor.model.expected import ExpectedProduct, WrongRow

SITE = "https://shop.example/"


def read(path: Path | None, **about: Any) -> tuple[Reading, list[ExpectedProduct], list[WrongRow]]:
    where = {} if path is None else {"file": str(path)}
    reading = Reading(Export(name="erp", **where, **about), path, SITE)
    every = list(reading)
    return (
        reading,
        [one for one in every if isinstance(one, ExpectedProduct)],
        [one for one in every if isinstance(one, WrongRow)],
    )


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str | bytes, name: str = "export.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


SHOPIFY = """Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Status
lamp,Lamp,"<p>A ""fine""
lamp</p>",Us,,TRUE,Size,S,L-1,shopify,3,deny,39.00,49.00,'4260200000017,https://cdn.example/x.png,active
lamp,,,,,,,M,L-2,shopify,0,continue,45.00,,,,
lamp,,,,,,,,,,,,,,,https://cdn.example/y.png,
cup,Cup,,Us,,FALSE,Title,Default Title,C-1,,,deny,9.00,,,,draft
"""


def test_shopify(write: Any) -> None:
    reading, (small, medium, cup), wrong = read(write(SHOPIFY))
    assert (reading.format, wrong) == ("shopify", [])
    assert (small.key, small.sku, small.gtin, small.group, small.variant) == (
        "lamp/S",
        "L-1",
        "4260200000017",
        "lamp",
        True,
    )
    assert (small.price, small.sale, small.stock, small.published) == (
        Decimal("49.00"),
        Decimal("39.00"),
        "in_stock",
        True,
    )
    assert (medium.title, medium.line, medium.price, medium.sale, medium.stock) == (
        "Lamp",
        4,
        Decimal("45.00"),
        None,
        "backorder",
    )
    assert (cup.handle, cup.published, cup.stock, cup.variant) == ("cup", False, "", False)


LOCALISED = {
    "de": 'ID,Typ,Artikelnummer,"GTIN, UPC, EAN oder ISBN",Name,Veröffentlicht,"Sichtbarkeit im Katalog",Beschreibung,"Vorrätig?",Lager,"Lieferrückstände erlaubt?",Angebotspreis,"Regulärer Preis",Kategorien,Bilder,"Übergeordnetes Produkt"',
    "es": 'ID,Tipo,SKU,"GTIN, UPC, EAN o ISBN",Nombre,Publicado,"Visibilidad en el catálogo",Descripción,¿Existencias?,Inventario,"¿Permitir reservas de productos agotados?","Precio rebajado","Precio normal",Categorías,Imágenes,Superior',
    "fr": 'ID,Type,UGS,"GTIN, UPC, EAN ou ISBN",Nom,Publié,"Visibilité dans le catalogue",Description,"En stock ?",Stock,"Autoriser les commandes de produits en rupture ?","Tarif promo","Tarif régulier",Catégories,Images,Parent',
    "it": 'ID,Tipo,SKU,"GTIN, UPC, EAN, o ISBN",Nome,Pubblicato,"Visibilità nel catalogo",Descrizione,"In stock?",Magazzino,"Abilita gli ordini arretrati?","Prezzo in offerta","Prezzo di listino",Categorie,Immagine,Genitore',
    "nl": 'ID,Type,SKU,"GTIN, UPC, EAN of ISBN",Naam,Gepubliceerd,"Zichtbaarheid in catalogus",Beschrijving,"Op voorraad?",Voorraad,"Nabestellingen toestaan?",Actieprijs,"Reguliere prijs",Categorieën,Afbeeldingen,Hoofd',
    "pl": 'ID,Typ,SKU,"GTIN, UPC, EAN, or ISBN",Nazwa,Opublikowano,"Widoczność w katalogu",Opis,"W magazynie?","Stan magazynowy","Pozwalać na zamówienia oczekujące (na dostawę do magazynu)?","Cena promocyjna",Cena,Kategorie,Obrazki,"Element nadrzędny"',
}


@pytest.mark.parametrize("head", LOCALISED.values(), ids=LOCALISED)
def test_woocommerce_in_the_language_of_its_back_office(write: Any, head: str) -> None:
    rows = """
10,variable,TEE,,Tee,1,visible,Soft,1,,0,,,Shirts,"https://x/a.png, https://x/b.png",
11,variation,TEE-S,4260200000017,"Tee - S",1,visible,,1,0,1,"15,50","20,00",,,TEE
"""
    reading, (tee, small), wrong = read(write(head + rows))
    assert (reading.format, wrong) == ("woocommerce", [])
    assert (tee.parent, tee.title, tee.image, tee.description) == (True, "Tee", "https://x/a.png", "Soft")
    assert (small.sku, small.gtin, small.group, small.variant) == ("TEE-S", "4260200000017", "TEE", True)
    assert (small.price, small.sale, small.stock, small.published) == (
        Decimal("20.00"),
        Decimal("15.50"),
        "backorder",
        True,
    )


def test_woocommerce(write: Any) -> None:
    head = 'ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,"Visibility in catalog",Description,"Date sale price starts","Date sale price ends","Tax status","In stock?",Stock,"Backorders allowed?","Sale price","Regular price",Images,Parent\n'
    rows = """10,variable,TEE,,Tee,1,visible,Soft,,,taxable,1,,0,,,"https://x/a.png, https://x/b.png",
11,variation,TEE-S,,"Tee - S",1,visible,,2026-11-01,2026-11-30,taxable,1,4,0,15,20,,TEE
12,variation,TEE-M,,"Tee - M",1,visible,,,,taxable,backorder,0,notify,,20,,id:10
13,simple,MUG,4260200000017,Mug,0,hidden,,,,taxable,0,0,0,,8,,
"""
    reading, (tee, small, medium, mug), wrong = read(write(head + rows))
    assert (reading.format, wrong) == ("woocommerce", [])
    assert (tee.parent, tee.price, tee.image) == (True, None, "https://x/a.png")
    assert (small.variant, small.price, small.sale, small.sale_from, small.sale_until) == (
        True,
        20,
        15,
        "2026-11-01",
        "2026-11-30",
    )
    assert (medium.stock, medium.image) == ("backorder", "https://x/a.png")
    assert (mug.published, mug.alone, mug.stock) == (False, False, "out_of_stock")


def test_magento(write: Any) -> None:
    head = "sku,store_view_code,product_type,name,product_online,visibility,price,special_price,special_price_from_date,url_key,base_image,qty,allow_backorders,is_in_stock\n"
    rows = """L-S,,simple,"Lamp S",1,"Not Visible Individually",49.0000,,,lamp-s,/l/s.jpg,3.0000,0,1
LAMP,,configurable,Lamp,1,"Catalog, Search",,,,lamp,no_selection,0.0000,0,1
LAMP,de,,Lampe,,,,,,lampe,,,,
CUP,,simple,Cup,2,"Catalog, Search",9.0000,7.0000,1/31/26,cup,/c.jpg,0.0000,0,0
"""
    reading, (small, lamp, cup), wrong = read(write(head + rows), suffix=".html")
    assert (reading.format, wrong) == ("magento", [])
    assert (small.alone, small.variant, small.price) == (False, True, Decimal("49.0000"))
    assert (lamp.parent, lamp.handle, lamp.absent) == (True, "lamp.html", ("image", "price"))
    assert (cup.published, cup.sale, cup.sale_from, cup.stock) == (False, 7, "2026-01-31", "out_of_stock")


def test_prestashop(write: Any) -> None:
    rows = '"Product ID";"Image";"Name";"Reference";"Category";"Price (tax excl.)";"Price (tax incl.)";"Quantity";"Status";"Position"\n1;;"Mug";"demo_1";"Home";23.9;28.68;300;1;1\n'
    reading, (mug,), wrong = read(write(rows))
    assert (reading.format, reading.tax, wrong) == ("prestashop", "incl", [])
    assert (mug.sku, mug.price, mug.published, mug.stock) == ("demo_1", Decimal("28.68"), True, "in_stock")
    sample = "Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Discount percent;Discount from (yyyy-mm-dd);Reference #;EAN13;Quantity\n2;1;Cup;Home;10.00;20;2026-11-01;C-1;4260200000017;5\n"
    reading, (cup,), wrong = read(write(sample))
    assert (reading.tax, cup.price, cup.sale, cup.sale_from) == ("excl", 10, 8, "2026-11-01")


def test_bigcommerce(write: Any) -> None:
    head = '"Item Type","Product ID","Product Name","Product Code/SKU","Brand Name","Price","Sale Price","Product Visible?","Track Inventory","Current Stock Level","Product URL","Product UPC/EAN"\n'
    rows = '"Product","77","Lamp","LAMP","Us","49.00","0.00","Y","by option","0","/lamp/",""\n"  SKU","5","[S]Size=S","L-S","","","","","","3","",""\n"  Rule","9","","","","","","","","","",""\n'
    reading, (lamp, small), wrong = read(write(head + rows))
    assert (reading.format, wrong) == ("bigcommerce", [])
    assert (lamp.price, lamp.sale, lamp.stock, lamp.handle) == (49, None, "", "lamp")
    assert (small.sku, small.price, small.stock, small.group, small.title) == ("L-S", 49, "in_stock", "77", "Lamp")


def test_opencart_and_ebay(write: Any) -> None:
    cart = "product_id,name(en-gb),sku,ean,mpn,quantity,model,manufacturer,image_name,price,status,subtract,stock_status_id,description(en-gb)\n42,Cinema,,4260200000017,,990,Product 15,Apple,catalog/a.jpg,100.0000,true,true,6,Wide\n"
    reading, (screen,), wrong = read(write(cart))
    assert (reading.format, wrong, screen.title, screen.sku, screen.stock) == (
        "opencart",
        [],
        "Cinema",
        "Product 15",
        "in_stock",
    )
    ebay = "Item number,Title,Variation details,Custom label (SKU),Available quantity,Format,Currency,Start price,Current price\n1100,Lamp,,L-1,0,FIXED_PRICE,GBP,49.0,49.0\n"
    reading, (lamp,), wrong = read(write(ebay))
    assert (reading.format, lamp.currency, lamp.stock, lamp.price) == ("ebay", "GBP", "out_of_stock", 49)


def test_meta_and_google(write: Any) -> None:
    meta = "# Required | A unique content ID\nid,title,description,availability,condition,price,link,image_link,brand,sale_price,item_group_id,quantity_to_sell_on_facebook\nshopify_DE_11_22,Lamp,Good,in stock,new,49.00 EUR,https://shop.example/products/lamp?variant=22,https://x/y.png,Us,39.00 EUR,11,3\n"
    reading, (lamp,), wrong = read(write(meta))
    assert (reading.format, wrong) == ("meta", [])
    assert (lamp.line, lamp.sku, lamp.group, lamp.variant, lamp.currency) == (3, "22", "11", True, "EUR")
    tsv = 'id\ttitle\tdescription\tlink\timage link\tprice\tavailability\n1\t27" Screen\tWide\t/p/screen\thttps://x/y.png\t1,299.00 USD\tpreorder\n2\t"5 inch\tSmall\t/p/five\t\t9.90 USD\tin_stock\n'
    reading, (screen, five), wrong = read(write(tsv, "feed.tsv"))
    assert (reading.format, wrong) == ("merchant", [])
    assert (screen.price, screen.stock, screen.link) == (
        Decimal("1299.00"),
        "preorder",
        "https://shop.example/p/screen",
    )
    assert (five.title, five.absent) == ('"5 inch', ("image",))


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>x</title><lastBuildDate>Tue, 24 Nov 2026 03:00:00 GMT</lastBuildDate>
<item><g:id>L-1</g:id><title>Old</title><g:title>Lamp &amp; Co</g:title><link>https://shop.example/p/lamp?utm_source=x</link><g:price>49.00 EUR</g:price><g:sale_price>39.00 EUR</g:sale_price>
<g:sale_price_effective_date>2026-11-01T00:00+0100/2026-11-30T23:59+0100</g:sale_price_effective_date><g:availability>in_stock</g:availability><g:shipping><g:price>3 EUR</g:price></g:shipping></item>
<item><g:id>L-2</g:id></item></channel></rss>"""


def test_rss_and_atom(write: Any) -> None:
    reading, (lamp, bare), wrong = read(write(RSS, "feed.xml"))
    assert (reading.format, reading.made_at, wrong) == ("merchant", "2026-11-24T03:00:00+00:00", [])
    assert (lamp.title, lamp.price, lamp.sale, lamp.sale_from, lamp.sale_until) == (
        "Lamp & Co",
        49,
        39,
        "2026-11-01T00:00+01:00",
        "2026-11-30T23:59+01:00",
    )
    assert bare.absent == ("title", "description", "link", "image", "price", "stock")
    atom = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><updated>2026-11-20T00:00:00Z</updated><entry><g:id>1</g:id><link href="https://shop.example/1"/><g:price>3 EUR</g:price></entry></feed>'
    reading, (one,), wrong = read(write(atom, "feed.xml"))
    assert (one.link, reading.made_at) == ("https://shop.example/1", "2026-11-20T00:00:00+00:00")


def test_what_feeds_say_of_delivery(write: Any) -> None:
    item = "<item><g:id>1</g:id><g:title>x</g:title><g:link>https://shop.example/1</g:link><g:price>3 EUR</g:price>{}</item>"
    nested = "".join(
        f"<g:shipping><g:country>{country}</g:country><g:service>Post</g:service><g:price>{price}</g:price></g:shipping>"
        for country, price in (("DE", "4,90 EUR"), ("AT", "9.90 EUR"))
    )
    rss = f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{item.format(nested)}</channel></rss>'
    _, (one,), wrong = read(write(rss, "feed.xml"))
    assert wrong == []
    expected = [("DE", Decimal("4.90"), "EUR"), ("AT", Decimal("9.90"), "EUR")]
    assert [(each.country, each.amount, each.currency) for each in one.delivery] == expected
    table = "id\ttitle\tlink\tprice\tavailability\tshipping\n1\tx\thttps://shop.example/1\t3 EUR\tin stock\tDE::Post:4.90 EUR,AT:::9.90 EUR,:::1 EUR\n"
    _, (one,), _ = read(write(table, "feed.tsv"))
    assert [(each.country, each.amount, each.currency) for each in one.delivery] == expected


def test_tables_of_ones_own(write: Any, tmp_path: Path) -> None:
    columns = {"sku": "Artikel", "title": "Bezeichnung", "price": "VK brutto", "quantity": "Bestand"}
    csv = write(
        "Stand 2026\nArtikel;Bezeichnung;VK brutto;Bestand\nA;Schn\xe4ppchen;12,90;3\nB;Lampe;1.299,00 €;0\n".encode(
            "cp1252"
        )
    )
    reading, (first, second), wrong = read(csv, columns=columns)
    assert (reading.format, wrong) == ("table", [])
    assert (first.title, first.price, first.line, second.price, second.currency, second.stock) == (
        "Schnäppchen",
        Decimal("12.90"),
        3,
        1299,
        "EUR",
        "out_of_stock",
    )
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (
        ["Prices of November"],
        [],
        ["Artikel", "Bezeichnung", "VK brutto", "Bestand"],
        ["A", "Cup", 12.9, 3],
        [1002, "Dish", 8, None],
    ):
        book.active.append(row)
    book.save(tmp_path / "erp.xlsx")
    _, (cup, dish), wrong = read(tmp_path / "erp.xlsx", columns=columns)
    assert (cup.price, cup.line, dish.sku, dish.price, wrong) == (Decimal("12.9"), 4, "1002", 8, [])


def test_json_and_sql(write: Any, tmp_path: Path) -> None:
    columns = {"sku": "sku", "price": "price.amount"}
    rows = [{"sku": "A", "price": {"amount": 12.9}}, {"sku": "B", "price": {"amount": 1}}]
    for text in (
        json.dumps(rows),
        json.dumps({"data": {"products": rows}}, indent=1),
        "\n".join(map(json.dumps, rows)),
    ):
        _, (first, second), wrong = read(write(text, "erp.json"), columns=columns)
        assert (first.sku, first.price, second.price, wrong) == ("A", Decimal("12.9"), 1, [])
    with sqlite3.connect(tmp_path / "erp.db") as database:
        database.execute("create table items (no text, gross real, amount int)")
        database.execute("insert into items values ('A', 12.9, 0)")
    asked = {"query": "select no, gross, amount from items", "database": SecretStr(f"sqlite:///{tmp_path}/erp.db")}
    _, (one,), _ = read(None, columns={"sku": "no", "price": "gross", "quantity": "amount"}, **asked)
    assert (one.sku, one.price, one.stock) == ("A", Decimal("12.9"), "out_of_stock")
    reading, found, _ = read(None, columns={"sku": "no"}, **{**asked, "query": "delete from items"})
    assert not found
    assert "readonly" in reading.cut


def test_what_a_category_requires(write: Any) -> None:
    path = write(
        "Handle,Title,Type,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Material,Body (HTML)\n"
        "boot,Boot,Shoes,Us,Size,40,B-40,9,Leather,<p>x</p>\nboot,,,,,41,B-41,9,,\nlamp,Lamp,Light,Us,Title,Default Title,L,9,,\n"
        "shoe,Shoe,Shoes,,Title,Default Title,S,9,n/a,<p>y</p>\n"
    )
    _, products, wrong = read(path, required={"*": ["brand"], "shoe*": ["Material", "description"]})
    assert wrong == []
    assert {one.sku: one.lacks for one in products} == {
        "B-40": (),
        "B-41": (),
        "L": (),
        "S": (("*", "brand"), ("shoe*", "Material")),
    }
    assert [one.asked for one in products] == [("*", "shoe*"), ("*", "shoe*"), ("*",), ("*", "shoe*")]
    with pytest.raises(UsageError, match="there is no column 'Colour' for required"):
        read(path, required={"*": ["Colour"]})


def test_levels_of_a_category_path(write: Any) -> None:
    path = write('sku,cat,size\nA,"Clothing > Shoes > Boots, Sale",\nB,Toys / Shoeboxes,\n')
    _, (boot, box), _ = read(path, columns={"sku": "sku", "category": "cat"}, required={"Shoes": ["size"]})
    assert (boot.lacks, box.lacks) == ((("Shoes", "size"),), ())
