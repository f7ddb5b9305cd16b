"""Pages of a shop that shares nothing with the demo shop but its goods and its looks; situations/ says which."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from auditor.demo import markup
from auditor.demo.catalogue import Catalogue, euros
from auditor.demo.frame import NOTHING
from auditor.demo.situations import LEGAL, Canned, Situation
from auditor.demo.templates import Html, fill, form, join

_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def page(target: str, canned: Canned, situation: Situation, catalogue: Catalogue, origin: str) -> str:
    """The document of one address: `body` as it is, or `text` and the product in a plain frame."""
    if canned.body:
        return canned.body.replace("$origin", origin)
    text, data = Html(_dated(canned.text).replace("$origin", origin)), NOTHING
    title = canned.title
    if canned.product:
        product = catalogue.products[canned.product]
        variant = product.variants[0]
        title = title or product.name
        path = urlsplit(target).path
        written = json.loads(
            markup.product(origin, product, variant).replace(f"{origin}{product.path}", f"{origin}{path}")
        )
        changed = {**canned.markup, "offers": {**written["offers"], **canned.markup.get("offers", {})}}
        data = markup.script_safe(_dated({**written, **changed}), indent=1)
        text = fill(
            "templates/alone-product.html",
            picture=product.picture,
            alt=product.alt,
            price=euros(variant.price),
            text=product.text,
            extra=text,
            sku=variant.sku,
        )
    return fill(
        "templates/alone.html",
        lang=canned.lang,
        title=title,
        description=f"{title}: a page of a small shop for lamps, textiles and tableware made in Berlin.",
        origin=Html(origin),
        path=target,
        markup=markup.scripts([data]) if data else NOTHING,
        head=Html((situation.head + canned.head).replace("$origin", origin)),
        menu=_links(situation.menu),
        legal=_links(LEGAL) if situation.legal else NOTHING,
        body=text,
    )


def _links(names: Mapping[str, str]) -> Html:
    """Items of a list by their address."""
    return join(form('<li><a href="{path}">{name}</a></li>', path=path, name=name) for path, name in names.items())


def _dated(value: Any) -> Any:
    """With $soon, wherever it stands, as the day in ten days, and $soon-words as it is read."""
    day = date.today() + timedelta(days=10)
    if isinstance(value, str):
        return value.replace("$soon-words", f"{day:%-d %B %Y}").replace("$soon", day.isoformat())
    if isinstance(value, dict):
        return {key: _dated(one) for key, one in value.items() if one is not None}
    return [_dated(one) for one in value] if isinstance(value, list) else value


def robots(origin: str) -> str:
    """Names the sitemap and forbids the cart."""
    return f"User-agent: *\nDisallow: /cart/\n\nSitemap: {origin}/sitemap.xml\n"


def sitemap(origin: str, situation: Situation) -> str:
    """Every page of the situation that is found and is a page."""
    listed = [path for path, one in situation.pages.items() if one.status == 200 and one.listed]
    parts = [form("<url><loc>{origin}{path}</loc></url>", origin=origin, path=path) for path in listed]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_SPACE}">\n{join(parts)}\n</urlset>\n'
