"""Files of the demo shop for machines: robots.txt and the sitemaps."""

from collections.abc import Sequence
from datetime import date, timedelta

from auditor.demo.catalogue import Catalogue
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
