"""Files of the demo shop for machines: robots.txt and the sitemaps."""

from collections.abc import Sequence
from datetime import date, timedelta

from auditor.demo.catalogue import CURRENCY, Catalogue
from auditor.demo.templates import Html, fill, form, join
from auditor.demo.words import texts

_BEGIN = date(2026, 1, 5)


def robots(origin: str) -> str:
    """robots.txt, with wildcards and the sitemap."""
    return fill("templates/robots.txt", origin=Html(origin))


def sitemap_index(origin: str) -> str:
    """The index of the two sitemaps."""
    parts = [
        form("<sitemap><loc>{origin}{path}</loc></sitemap>", origin=origin, path=path)
        for path in ("/sitemap-products.xml", "/sitemap-pages.xml")
    ]
    return _document("sitemapindex", parts)


def sitemap_products(origin: str, catalogue: Catalogue) -> str:
    """The sitemap of all products."""
    return _urls(origin, [product.path for product in catalogue.products.values()])


def sitemap_pages(origin: str, catalogue: Catalogue) -> str:
    """The sitemap of the home page, the categories and the content."""
    return _urls(origin, ["/", *(category.path for category in catalogue.categories.values()), *texts()])


def _urls(origin: str, paths: Sequence[str]) -> str:
    parts = [
        form(
            "<url><loc>{origin}{path}</loc><lastmod>{day}</lastmod></url>",
            origin=origin,
            path=path,
            day=_BEGIN + timedelta(days=place % 90),
        )
        for place, path in enumerate(paths)
    ]
    return _document("urlset", parts)


def _document(root: str, parts: Sequence[Html]) -> str:
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{space}">\n{join(parts)}\n</{root}>\n'


def feed(origin: str, catalogue: Catalogue) -> str:
    """Everything that is sold, as a Google Merchant feed: an item for each variant."""
    items = [
        form(
            "<item><g:id>{sku}</g:id><g:price>{price} {currency}</g:price><g:availability>{stock}</g:availability><g:gtin>{gtin}</g:gtin>"
            "<g:title>{title}</g:title><g:description>{text}</g:description><g:link>{origin}{path}</g:link><g:image_link>{origin}{picture}</g:image_link>"
            "<g:shipping><g:country>DE</g:country><g:service>Parcel</g:service><g:price>4.90 EUR</g:price></g:shipping><g:condition>new</g:condition><g:brand>{maker}</g:brand><g:item_group_id>{group}</g:item_group_id></item>\n",
            sku=variant.sku,
            title=f"{product.name} {variant.name}".strip(),
            text=product.text,
            origin=Html(origin),
            path=product.path,
            picture=product.picture,
            price=variant.price,
            currency=CURRENCY,
            stock="out_of_stock" if variant.sold_out else "in_stock",
            gtin=variant.gtin,
            maker=product.maker,
            group=product.slug if len(product.variants) > 1 else "",
        )
        for product, variant in catalogue.by_sku.values()
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Lantern &amp; Loom</title>\n'
    return f"{head}{join(items)}</channel></rss>\n"


def product_list(origin: str, catalogue: Catalogue) -> str:
    """The back office's list: a row for each variant, without prices and stock, which the feed has."""
    rows = ["sku;ean;name;category;material;image"]
    for product, variant in catalogue.by_sku.values():
        category = catalogue.categories[product.category].name
        cells = (variant.sku, variant.gtin, product.name, category, product.material, f"{origin}{product.picture}")
        rows.append(";".join(cells))
    return "\n".join(rows) + "\n"


def supplier_sheet(catalogue: Catalogue) -> str:
    """What the maker of the lamps says of a few of them."""
    rows = ["item;name;text"]
    for product, variant in catalogue.by_sku.values():
        if product.category == "lighting" and len(product.variants) == 1:
            text = (
                f"{product.name}, {product.material}, {product.size}. Wired for 230 V and tested before it leaves the workshop. "
                "Packed singly in recycled board, six to a carton."
            )
            rows.append(f"{variant.sku};{product.name};{text}")
    return "\n".join(rows) + "\n"
