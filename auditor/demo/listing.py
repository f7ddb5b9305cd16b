"""Pages of the demo shop that show many products: home, categories with pages and facets, search."""

from collections.abc import Sequence
from urllib.parse import quote

from auditor.demo import markup
from auditor.demo.catalogue import Catalogue, Category, Product, euros, sort
from auditor.demo.frame import NOTHING, Page, Visit
from auditor.demo.templates import Html, fill, form, join

EAGER = 3  # pictures above the fold; the others are loaded when they come near
ORDERS = (("price", "Price, low to high"), ("price-desc", "Price, high to low"), ("name", "Name"))


def price(product: Product) -> Html:
    """The price on a card: now, now and before, or from."""
    if product.was:
        return fill("templates/price-sale.html", now=euros(product.lowest), was=euros(product.was))
    return form("from {price}" if product.from_price else "{price}", price=euros(product.lowest))


def card(product: Product, level: int, *, lazy: bool, scripted: bool = False) -> Html:
    """A product on a list; `scripted` pictures get their address from a script when they come into view."""
    if product.sold_out:
        action = Html('<span class="gone">Sold out</span>')
    elif len(product.variants) > 1:
        action = form(
            '<a class="quick" href="{path}">Choose<span class="sr"> {axis} of {name}</span></a>',
            path=product.path,
            axis=product.axis.lower(),
            name=product.name,
        )
    else:
        action = form(
            '<a class="quick" rel="nofollow" href="/cart/add?sku={sku}">Add<span class="sr"> {name}</span> to cart</a>',
            sku=product.variants[0].sku,
            name=product.name,
        )
    picture = "picture-scripted" if scripted else "picture-lazy" if lazy else "picture"
    return fill(
        "templates/card.html",
        path=product.path,
        picture=fill(f"templates/{picture}.html", src=product.picture, alt=product.alt),
        level=level,
        name=product.name,
        badge=Html('<span class="badge">Sale</span>') if product.was else NOTHING,
        price=price(product),
        action=action,
    )


def cards(products: Sequence[Product], level: int, eager: int = EAGER) -> Html:
    """Cards of products, all but the first few with lazy pictures."""
    return join(card(product, level, lazy=place >= eager) for place, product in enumerate(products))


def home(visit: Visit, catalogue: Catalogue) -> Page:
    """The home page."""
    tiles = []
    for category in catalogue.categories.values():
        within = catalogue.within(category.slug)
        picture = fill("templates/picture-lazy.html", src=within[len(within) // 2].picture, alt="")
        tiles.append(fill("templates/tile.html", path=category.path, name=category.name, picture=picture))
    picks = ("harbour-lantern", "heather-blanket", "clay-mug", "bothy-lantern")
    reduced = [card(product, 3, lazy=True, scripted=True) for product in catalogue.within("sale")]
    return Page(
        path="/",
        title="Lantern & Loom | Lamps and textiles made slowly",
        description="Lanterns, lamps, wool throws, candles and stoneware for quiet rooms, "
        "made in small batches in Berlin and built to be repaired.",
        body=fill(
            "templates/home.html",
            tiles=join(tiles),
            picks=cards([catalogue.products[slug] for slug in picks], 3, eager=0),
            reduced=join(reduced),
        ),
        blocks=[markup.shop(visit.origin)],
    )


def _facets(category: Category, products: Sequence[Product], visit: Visit) -> Html:
    def link(key: str, value: str, name: str) -> Html:
        here = Html(' aria-current="true"') if visit.query.get(key) == value else NOTHING
        address = f"{category.path}?{key}={value}"
        pattern = '<li><a rel="nofollow" href="{to}"{here}>{name}</a></li>'
        return form(pattern, to=address, here=here, name=name)

    colours = sorted({product.colour for product in products})
    return fill(
        "templates/facets.html",
        colours=join(link("colour", colour, colour.capitalize()) for colour in colours),
        orders=join(link("sort", order, name) for order, name in ORDERS),
    )


def _pager(category: Category, number: int, last: int) -> tuple[Html, Html]:
    """Links to the other pages: those in the page, and those in the head."""
    if last == 1:
        return NOTHING, NOTHING

    def address(page: int) -> str:
        return category.path if page == 1 else f"{category.path}?page={page}"

    items, head = [], []
    if number > 1:
        items.append(form('<li><a rel="prev" href="{to}">Previous</a></li>', to=address(number - 1)))
        head.append(form('<link rel="prev" href="{to}">', to=address(number - 1)))
    for page in range(1, last + 1):
        here = Html(' aria-current="page"') if page == number else NOTHING
        items.append(
            form(
                '<li><a href="{to}" aria-label="Page {page}"{here}>{page}</a></li>',
                to=address(page),
                page=page,
                here=here,
            )
        )
    if number < last:
        items.append(form('<li><a rel="next" href="{to}">Next</a></li>', to=address(number + 1)))
        head.append(form('<link rel="next" href="{to}">', to=address(number + 1)))
    return form('<nav class="pager" aria-label="Pages"><ul>{items}</ul></nav>', items=join(items)), join(head)


def category_page(visit: Visit, catalogue: Catalogue, category: Category) -> Page | None:
    """A page of a category; a facet or an order shows everything on one page. None: there is no such page."""
    everything = catalogue.within(category.slug)
    colour, order = visit.query.get("colour"), visit.query.get("sort", "")
    shown = sort([product for product in everything if colour in (None, product.colour)], order)
    number, pager, head = 1, NOTHING, NOTHING
    if colour is None and not order:
        asked = visit.query.get("page", "1")
        last = -(-len(everything) // category.page_size)
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
        if not 1 <= number <= last:
            return None
        shown = shown[(number - 1) * category.page_size : number * category.page_size]
        pager, head = _pager(category, number, last)
    suffix = f", page {number}" if number > 1 else ""
    path = category.path if number == 1 else f"{category.path}?page={number}"
    crumbs = [("Home", "/"), (category.name, category.path)]
    if number > 1:
        crumbs.append((f"Page {number}", path))
    count = f"{len(everything)} products" if shown != [] else "Nothing in this colour"
    return Page(
        path=path,
        title=f"{category.name} for the house{suffix} | Lantern & Loom",
        description=f"{category.intro} {f'Page {number}.' if number > 1 else ''}".strip(),
        body=fill(
            "templates/category.html",
            name=category.name + suffix,
            intro=category.intro,
            count=count,
            facets=_facets(category, everything, visit),
            cards=cards(shown, 2),
            pager=pager,
        ),
        crumbs=crumbs,
        blocks=[
            markup.breadcrumbs(visit.origin, crumbs),
            markup.listing(visit.origin, category.name, shown),
        ],
        head=head,
        section=category.slug,
        image=shown[0].picture if shown else everything[0].picture,
    )


def search(visit: Visit, catalogue: Catalogue) -> Page:
    """The search page, with what was found."""
    words = visit.query.get("q", "").strip()
    found = catalogue.search(words)
    if found:
        outcome = form("{count} found for “{words}”.", count=len(found), words=words)
    elif words:
        outcome = form("Nothing found for “{words}”. Try “lamp”, “wool” or “linen”.", words=words)
    else:
        outcome = Html("Type what you are looking for into the field above: “lamp”, “wool” or “linen”.")
    return Page(
        path=f"/search?q={quote(words)}" if words else "/search",
        title="Search our shop | Lantern & Loom",
        description="Find lamps, textiles, candles and tableware in our shop by name, colour or material.",
        body=fill("templates/search.html", outcome=outcome, cards=cards(found, 2)),
        crumbs=[("Home", "/"), ("Search", "/search")],
        noindex=True,
    )
