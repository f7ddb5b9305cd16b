"""What the demo shop sells: products, variants and categories, read once from site/catalogue.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from auditor.demo.templates import SITE

CURRENCY = "EUR"
MAKERS = {
    "lighting": "Lantern & Loom",
    "textiles": "Spreeweberei",
    "candles": "Wachswerk",
    "tableware": "Tonhof",
}


def euros(amount: Decimal) -> str:
    """An amount as the shop shows it: €1,249.00."""
    return f"€{amount:,.2f}"


def gtin13(number: int) -> str:
    """A GTIN-13 with a German prefix and a check digit that is right."""
    digits = f"42602{number:07d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


@dataclass(frozen=True, slots=True)
class Variant:
    """A product in one size or colour: what can be put in the cart."""

    sku: str
    name: str
    price: Decimal
    gtin: str
    sold_out: bool


@dataclass(frozen=True)
class Product:
    """A product with at least one variant, the first of which is shown unless another is asked for."""

    slug: str
    name: str
    category: str
    motif: str
    colour: str
    text: str
    material: str
    size: str
    was: Decimal | None
    per: tuple[int, str] | None
    axis: str
    variants: tuple[Variant, ...] = field(repr=False)

    @property
    def path(self) -> str:
        """The page of the product."""
        return f"/product/{self.slug}"

    @property
    def maker(self) -> str:
        """Who makes it."""
        return MAKERS[self.category]

    @property
    def picture(self) -> str:
        """The address of the main picture."""
        return f"/media/{self.slug}.png"

    @property
    def alt(self) -> str:
        """What the main picture shows."""
        return f"Drawing of a {self.motif.replace('_', ' ')} in the colour {self.colour}"

    @cached_property
    def lowest(self) -> Decimal:
        """The price of the cheapest variant."""
        return min(variant.price for variant in self.variants)

    @cached_property
    def from_price(self) -> bool:
        """Whether the variants differ in price, so that a card can only say "from"."""
        return any(variant.price != self.lowest for variant in self.variants)

    @property
    def sold_out(self) -> bool:
        """Whether no variant can be bought."""
        return all(variant.sold_out for variant in self.variants)

    def variant(self, sku: str) -> Variant:
        """The variant with that SKU, or the first."""
        return next((variant for variant in self.variants if variant.sku == sku), self.variants[0])


@dataclass(frozen=True, slots=True)
class Category:
    """A category and how many of its products one page shows."""

    slug: str
    name: str
    intro: str
    page_size: int

    @property
    def path(self) -> str:
        """The first page of the category."""
        return f"/category/{self.slug}"


def _variants(row: dict[str, Any], number: int) -> tuple[Variant, ...]:
    options = row.get("options", [{"name": ""}])
    letters = [f"-{option['name'][:3].strip().upper()}" if option["name"] else "" for option in options]
    if row.get("axis") == "Size":
        letters = [f"-{place}" for place, _ in enumerate(options, start=1)]
    return tuple(
        Variant(
            sku=f"LL-{1000 + number}{letters[place]}",
            name=option["name"],
            price=Decimal(option.get("price", row["price"])),
            gtin=gtin13(number * 10 + place),
            sold_out=option.get("sold_out", row.get("sold_out", False)),
        )
        for place, option in enumerate(options)
    )


def _product(row: dict[str, Any], number: int) -> Product:
    per = next(((amount, unit) for unit, amount in row.get("per", {}).items()), None)
    return Product(
        slug=row["slug"],
        name=row["name"],
        category=row["category"],
        motif=row["motif"],
        colour=row["colour"],
        text=row["text"],
        material=row["material"],
        size=row["size"],
        was=Decimal(row["was"]) if "was" in row else None,
        per=per,
        axis=row.get("axis", ""),
        variants=_variants(row, number),
    )


class Catalogue:
    """Everything the shop sells, with the few questions that pages ask."""

    def __init__(self) -> None:
        data = tomllib.loads((SITE / "catalogue.toml").read_text(encoding="utf-8"))
        rows = data["product"]
        self.products = {row["slug"]: _product(row, number) for number, row in enumerate(rows, start=1)}
        # The sale has no further pages: with its few products it is the one long category.
        self.categories = {
            row["slug"]: Category(**row, page_size=24 if row["slug"] == "sale" else 6) for row in data["category"]
        }
        self.by_sku = {
            variant.sku: (product, variant) for product in self.products.values() for variant in product.variants
        }

    def within(self, category: str) -> list[Product]:
        """The products of a category; those of the sale are all that are reduced."""
        everything = self.products.values()
        if category == "sale":
            return [product for product in everything if product.was]
        return [product for product in everything if product.category == category]

    def related(self, product: Product, count: int = 4) -> list[Product]:
        """Other products of the category, beginning with the next one."""
        siblings = self.within(product.category)
        place = siblings.index(product)
        return (siblings[place + 1 :] + siblings[:place])[:count]

    def search(self, words: str) -> list[Product]:
        """Products whose name, text or material has every one of the words."""
        wanted = words.lower().split()

        def has_all(product: Product) -> bool:
            text = f"{product.name} {product.text} {product.material} {product.colour}".lower()
            return all(word in text for word in wanted)

        return [product for product in self.products.values() if wanted and has_all(product)]


def sort(products: Sequence[Product], order: str) -> list[Product]:
    """Products by price or name; any other order leaves them as they are."""
    if order in ("price", "price-desc"):
        return sorted(products, key=lambda product: product.lowest, reverse=order == "price-desc")
    if order == "name":
        return sorted(products, key=lambda product: product.name)
    return list(products)
