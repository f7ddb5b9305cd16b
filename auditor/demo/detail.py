"""The product page of the demo shop."""

import json
from decimal import Decimal

from auditor.demo import markup
from auditor.demo.catalogue import Catalogue, Product, Variant, euros
from auditor.demo.frame import NOTHING, Page, Visit, item_of
from auditor.demo.listing import cards
from auditor.demo.templates import Html, fill, form, join

SOLD_OUT = "Sold out. The next batch is being made."
IN_STOCK = "In stock, sent within two working days."


def _options(product: Product, chosen: Variant) -> Html:
    """The field that chooses a variant, or the hidden one of a product that has no choice."""
    if len(product.variants) == 1:
        return form('<input type="hidden" name="sku" value="{sku}">', sku=chosen.sku)
    options = [
        form(
            '<option value="{sku}" data-price="{price}" data-name="{name}" data-stock="{stock}"{chosen}>'
            "{name}{note}</option>",
            sku=variant.sku,
            price=variant.price,
            name=variant.name,
            stock="no" if variant.sold_out else "yes",
            chosen=Html(" selected") if variant is chosen else NOTHING,
            note=" (sold out)" if variant.sold_out else "",
        )
        for variant in product.variants
    ]
    links = [
        form(
            '<li><a href="{path}?variant={sku}">{name}</a></li>',
            path=product.path,
            sku=variant.sku,
            name=variant.name,
        )
        for variant in product.variants
    ]
    return fill("templates/options.html", axis=product.axis, options=join(options), links=join(links))


def _price(product: Product, variant: Variant) -> Html:
    now = form("<span data-now>{price}</span>", price=euros(variant.price))
    if product.was:
        return fill("templates/price-sale.html", now=now, was=euros(product.was))
    return now


def _notes(product: Product, variant: Variant) -> Html:
    """What stands beside a price on many shops and is not the price: per unit, and in instalments."""
    notes = []
    if product.per:
        amount, unit = product.per
        short = {"grams": "g", "millilitres": "ml"}[unit]
        each = (variant.price * 100 / amount).quantize(Decimal("0.01"))
        notes.append(form('<p class="hint">{each} / 100 {short}</p>', each=euros(each), short=short))
    if variant.price >= 45:
        third = (variant.price / 3).quantize(Decimal("0.01"))
        notes.append(fill("templates/instalments.html", third=euros(third)))
    return join(notes)


def product_page(visit: Visit, catalogue: Catalogue, product: Product, extra: Html) -> Page:
    """The page of a product, with the variant that was asked for; `extra` stands below its text."""
    variant = product.variant(visit.query.get("variant", ""))
    category = catalogue.categories[product.category]
    crumbs = [("Home", "/"), (category.name, category.path), (product.name, product.path)]
    body = fill(
        "templates/product.html",
        name=product.name,
        maker=product.maker,
        picture=product.picture,
        alt=product.alt,
        second=f"/media/{product.slug}-detail.png",
        second_alt=f"Detail of the {product.name}",
        price=_price(product, variant),
        badge=Html('<span class="badge">Sale</span>') if product.was else NOTHING,
        notes=_notes(product, variant),
        text=product.text,
        extra=extra,
        options=_options(product, variant),
        item=json.dumps(item_of(product, variant), ensure_ascii=False),
        stock=SOLD_OUT if variant.sold_out else IN_STOCK,
        stock_class="stock gone" if variant.sold_out else "stock",
        button="Sold out" if variant.sold_out else "Add to cart",
        disabled=Html(" disabled") if variant.sold_out else NOTHING,
        sku=variant.sku,
        material=product.material,
        size=product.size,
        related=cards(catalogue.related(product), 3, eager=0),
    )
    return Page(
        path=product.path,
        title=f"{product.name} | Lantern & Loom",
        description=product.text,
        body=body,
        crumbs=crumbs,
        blocks=[markup.product(visit.origin, product, variant), markup.breadcrumbs(visit.origin, crumbs)],
        image=product.picture,
        shown=(product, variant),
        section=product.category,
        kind="product",
    )
