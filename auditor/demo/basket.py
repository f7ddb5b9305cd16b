"""The cart page of the demo shop."""

from collections.abc import Mapping
from decimal import Decimal

from auditor.demo.catalogue import Catalogue, euros
from auditor.demo.frame import Page
from auditor.demo.templates import fill, join

_FREE_FROM = Decimal(60)
_SHIPPING = Decimal("4.90")


def cart_page(lines: Mapping[str, int], catalogue: Catalogue) -> Page:
    """The cart with its lines, or the empty one."""
    rows, total = [], Decimal(0)
    for sku, quantity in lines.items():
        product, variant = catalogue.by_sku[sku]
        total += variant.price * quantity
        rows.append(
            fill(
                "templates/cart-line.html",
                path=product.path,
                picture=product.picture,
                name=f"{product.name}, {variant.name}" if variant.name else product.name,
                sku=sku,
                price=euros(variant.price),
                quantity=quantity,
                less=quantity - 1,
                more=quantity + 1,
                total=euros(variant.price * quantity),
            )
        )
    shipping = Decimal(0) if total >= _FREE_FROM else _SHIPPING
    body = (
        fill(
            "templates/cart.html",
            rows=join(rows),
            subtotal=euros(total),
            shipping=euros(shipping) if shipping else "free",
            total=euros(total + shipping),
        )
        if rows
        else fill("templates/cart-empty.html")
    )
    return Page(
        path="/cart",
        title="Your cart | Lantern & Loom",
        description="What you have put in the cart, with shipping costs and the total to pay.",
        body=body,
        crumbs=[("Home", "/"), ("Cart", "/cart")],
        noindex=True,
        wide=False,
    )
