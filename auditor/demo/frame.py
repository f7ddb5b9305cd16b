"""The frame around every page of the demo shop: head, tags, header, breadcrumbs and footer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.demo import markup
from auditor.demo.catalogue import CURRENCY, Catalogue, Product, Variant
from auditor.demo.templates import Html, fill, form, html, join

NOTHING = Html("")
GA4_ID = "G-DEMO12345"
META_ID = "100200300400500"
PINTEREST_ID = "2612000000001"
_DENIED = Html('\n  gtag("consent", "default", {"ad_storage": "denied", "analytics_storage": "denied"});')
_WAITS = Html(' type="text/plain" data-waits')


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the pages see it: where the shop is, what was asked for, what is in the cart."""

    origin: str
    path: str
    query: dict[str, str]
    in_cart: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page before the frame is put around it; `path` is its canonical address, empty if it has none."""

    path: str
    title: str
    description: str
    body: Html
    crumbs: Sequence[tuple[str, str]] = ()
    blocks: Sequence[Html] = ()
    image: str = "/media/harbour-lantern.png"
    noindex: bool = False
    head: Html = NOTHING
    shown: tuple[Product, Variant] | None = None
    section: str = ""
    wide: bool = True
    kind: str = field(default="website")
    banner: str = ""  # the template of its consent banner; without one its tags wait for nothing


def item_of(product: Product, variant: Variant) -> dict[str, Any]:
    """A variant as GA4 describes an item."""
    item = {
        "item_id": variant.sku,
        "item_name": product.name,
        "item_brand": product.maker,
        "item_category": product.category.capitalize(),
        "price": float(variant.price),
        "quantity": 1,
    }
    return {**item, "item_variant": variant.name} if variant.name else item


def _tags(page: Page) -> tuple[Html, Html]:
    """The tags in the head and the pixel for browsers without scripts."""
    ga4_event = meta_event = NOTHING
    parts = []
    if page.shown:
        product, variant = page.shown
        price = float(variant.price)
        seen = {"currency": CURRENCY, "value": price, "items": [item_of(product, variant)]}
        ga4_event = form('\n  gtag("event", "view_item", {seen});', seen=markup.script_safe(seen))
        content = {
            "content_ids": [variant.sku],
            "content_name": product.name,
            "content_type": "product",
            "value": price,
            "currency": CURRENCY,
        }
        meta_event = form('\n  fbq("track", "ViewContent", {content});', content=markup.script_safe(content))
        parts.append(fill("templates/tag-pinterest.html", id=PINTEREST_ID))
    asks = bool(page.banner)
    # behind the banner's script, which knows the answer
    load = "defer" if asks else "async"
    consent = _DENIED if asks else NOTHING
    parts.append(fill("templates/tag-ga4.html", id=GA4_ID, event=ga4_event, consent=consent, load=load))
    parts.append(fill("templates/tag-meta.html", id=META_ID, event=meta_event, waits=_WAITS if asks else NOTHING))
    return join(parts), NOTHING if asks else fill("templates/tag-meta-pixel.html", id=META_ID)


def _head(page: Page, visit: Visit) -> Html:
    parts = [
        form("<title>{title}</title>", title=page.title),
        form('<meta name="description" content="{text}">', text=page.description),
    ]
    if page.noindex:
        parts.append(Html('<meta name="robots" content="noindex, follow">'))
    if page.path:
        parts.append(form('<link rel="canonical" href="{canonical}">', canonical=visit.origin + page.path))
    og = {
        "og:site_name": markup.SHOP,
        "og:type": page.kind,
        "og:title": page.title,
        "og:description": page.description,
        "og:url": visit.origin + (page.path or visit.path),
        "og:image": visit.origin + page.image,
    }
    if page.shown:
        og |= {"product:price:amount": str(page.shown[1].price), "product:price:currency": CURRENCY}
    for key, value in og.items():
        parts.append(form('<meta property="{key}" content="{value}">', key=key, value=value))
    return join([*parts, page.head])


def breadcrumbs(crumbs: Sequence[tuple[str, str]]) -> Html:
    """The crumbs as a person sees them; the last is the page itself."""
    if not crumbs:
        return NOTHING
    links = [form('<li><a href="{path}">{name}</a></li>', path=path, name=name) for name, path in crumbs[:-1]]
    here = form('<li><span aria-current="page">{name}</span></li>', name=crumbs[-1][0])
    items = join([*links, here], "")
    return form('<nav class="crumbs" aria-label="Breadcrumb"><ol>{items}</ol></nav>', items=items)


def frame(page: Page, visit: Visit, catalogue: Catalogue) -> Html:
    """The whole document."""
    tags, pixel = _tags(page)
    menu = join(
        form(
            '<li><a href="{path}"{here}>{name}</a></li>',
            path=category.path,
            name=category.name,
            here=Html(' aria-current="true"') if category.slug == page.section else NOTHING,
        )
        for category in catalogue.categories.values()
    )
    return fill(
        "templates/layout.html",
        head=_head(page, visit),
        tags=tags,
        pixel=pixel,
        banner=fill(f"templates/{page.banner}") if page.banner else NOTHING,
        markup=markup.scripts(page.blocks),
        menu=menu,
        in_cart=visit.in_cart,
        items="item" if visit.in_cart == 1 else "items",
        query=visit.query.get("q", "") if visit.path == "/search" else "",
        crumbs=breadcrumbs(page.crumbs),
        main_class=html("wide" if page.wide else "narrow"),
        body=page.body,
    )
