"""What the storefront sells: 300 products in 20 categories, the same on every machine."""

from __future__ import annotations

import io
import random
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.flatpages.models import FlatPage
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from oscar.apps.catalogue.categories import create_from_breadcrumbs
from oscar.core.loading import get_model
from PIL import Image, ImageDraw

PRODUCTS = 300
CATEGORIES = {
    "Kitchen": ["Kettles", "Knives", "Bowls & Plates", "Baking"],
    "Living room": ["Lamps", "Cushions", "Rugs"],
    "Bedroom": ["Bed linen", "Blankets", "Alarm clocks"],
    "Garden": ["Pots", "Tools", "Bird houses", "Lanterns", "Seeds"],
}  # four above, fifteen below them, and one beside
ALONE = "Gift cards"
THINGS = {
    "Kettles": "Kettle", "Knives": "Knife", "Bowls & Plates": "Bowl", "Baking": "Cake tin", "Lamps": "Table lamp",
    "Cushions": "Cushion", "Rugs": "Rug", "Bed linen": "Duvet cover", "Blankets": "Blanket",
    "Alarm clocks": "Alarm clock", "Pots": "Flower pot", "Tools": "Hand trowel", "Bird houses": "Nesting box",
    "Lanterns": "Lantern", "Seeds": "Flower seeds", "Gift cards": "Gift card",
}  # fmt: skip
KINDS = ("Plain", "Striped", "Café", "Old Harbour", "Northern", "Little", "Grand", "Everyday", "Sunday", "Weathered")
MATERIALS = ("oak", "steel", "enamel", "linen", "wool", "brass", "clay", "cotton", "slate", "ash")
PRICES = ("4.95", "9.99", "12.00", "14.50", "19.99", "24.00", "29.95", "49.00", "89.90", "120.00", "349.00", "1249.00")
SIZES = ("small", "medium", "large")
TEXTS = {
    "/about-us/": ("About us", "<p>We have kept a shop by the harbour since 1994.</p><h2>Visit us</h2><p>Open from Monday to Saturday.</p>"),
    "/delivery/": ("Delivery", "<p>Delivery costs £4.95; orders over £50 are sent free of charge.</p>"),
    "/privacy/": ("Privacy", "<p>We keep what we need to send your parcel, and nothing else.</p>"),
    "/terms/": ("Terms of sale", "<p>Send back what you don't like within thirty days.</p>"),
}  # fmt: skip


def fill() -> None:
    """Puts everything into an empty, migrated database."""
    chance = random.Random(20_26)
    kind = get_model("catalogue", "ProductClass").objects.create(name="Household", track_stock=True)
    attribute = get_model("catalogue", "ProductAttribute").objects.create(
        product_class=kind, name="Material", code="material", type="text"
    )
    variant = get_model("catalogue", "ProductAttribute").objects.create(
        product_class=kind, name="Size", code="size", type="text"
    )
    partner = get_model("partner", "Partner").objects.create(name="Warehouse")
    leaves = [
        create_from_breadcrumbs(f"{above} > {below}") for above, below_it in CATEGORIES.items() for below in below_it
    ]
    leaves.append(create_from_breadcrumbs(ALONE))
    for one in get_model("catalogue", "Category").objects.all():
        if one.get_depth() == 1:
            one.description = f"Everything for you from our {one.name.lower()} shelves, chosen by hand."
            one.save()
    reader = get_user_model().objects.create_user("reader", "reader@shop.example", "reader")
    made: list[Any] = []
    for number in range(PRODUCTS):
        category = leaves[number % len(leaves)]
        product = _product(number, category, kind, attribute, variant, partner, chance)
        if number % 5 < 3:
            for picture in range(1 + number % 3):
                _picture(product, number, picture)
        if number % 4 == 0:
            _reviews(product, number, reader, chance)
        if len(made) > 3 and number % 10 == 7:
            for other in chance.sample(made, 3):
                get_model("catalogue", "ProductRecommendation").objects.create(primary=product, recommendation=other)
        made.append(product)
    site = Site.objects.get_current()
    for url, (title, content) in TEXTS.items():
        page = FlatPage.objects.create(url=url, title=title, content=content)
        page.sites.add(site)


def _product(number: int, category: Any, kind: Any, attribute: Any, variant: Any, partner: Any, chance: random.Random) -> Any:  # fmt: skip
    """A product of its own, or every 15th one of three sizes; every 7th is out of stock, every 50th has no price."""
    product_model = get_model("catalogue", "Product")
    name = f"{KINDS[number // 10 % 10]} {THINGS[category.name]} in {MATERIALS[number % 10]} no. {number + 1}"
    parent = number % 15 == 4
    product = product_model.objects.create(
        structure="parent" if parent else "standalone",
        title=name,
        upc=None if parent else f"HH-{number + 1:05}",
        product_class=kind,
        description=(
            f"<p>{name}: made by hand, with care. Ours holds 1.5 l &amp; weighs {chance.randint(1, 9)}.5 kg; "
            f"a second one is free from £{chance.randint(2, 9) * 100} on.</p>"
            f"<p>Material: {MATERIALS[number % 10]}. “Nothing else will do,” says the maker.</p>"
        ),
    )
    product.categories.add(category)
    price = Decimal(PRICES[number % len(PRICES)])
    if parent:
        for step, size in enumerate(SIZES):
            child = product_model.objects.create(structure="child", parent=product, title=f"{name}, {size}", upc=f"HH-{number + 1:05}-{step}")  # fmt: skip
            child.attribute_values.create(attribute=variant, value_text=size)
            _stock(child, partner, price + 5 * step, 0 if (number + step) % 7 == 0 else 12)
        return product
    product.attribute_values.create(attribute=attribute, value_text=MATERIALS[number % 10])
    if number % 50 != 49:
        _stock(product, partner, price, 0 if number % 7 == 0 else 3 + number % 40)
    return product


def _stock(product: Any, partner: Any, price: Decimal, count: int) -> None:
    get_model("partner", "StockRecord").objects.create(
        product=product, partner=partner, partner_sku=product.upc, price=price, price_currency="GBP", num_in_stock=count
    )


def _picture(product: Any, number: int, order: int) -> None:
    size = ((480, 360), (360, 480), (400, 400))[(number + order) % 3]
    image = Image.new(
        "RGB", size, ((37 * number) % 200 + 30, (91 * number + 60 * order) % 200 + 30, (53 * number) % 256)
    )
    ImageDraw.Draw(image).ellipse((40, 40, size[0] - 40, size[1] - 40), fill=(250, 245, 230))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=70)
    picture = get_model("catalogue", "ProductImage")(product=product, display_order=order)
    picture.original.save(f"product-{number + 1}-{order}.jpg", ContentFile(file.getvalue()))
    picture.save()


def _reviews(product: Any, number: int, reader: Any, chance: random.Random) -> None:
    """One to five; the first by a customer, the others by passers-by."""
    for count in range(1 + number % 5):
        get_model("reviews", "ProductReview").objects.create(
            product=product,
            user=reader if count == 0 else None,
            name="" if count == 0 else f"Passer-by {count}",
            score=chance.randint(2, 5),
            title=("Just right", "Good value", "As described", "A gift", "Bought again")[count],
            body="It came quickly, it looks like the picture, and it does what it should.",
            status=1,
        )
