"""Answers one request to the demo shop: which page, redirect, file or change an address stands for."""

import mimetypes
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import cache
from urllib.parse import parse_qsl, unquote, urlsplit

from auditor.demo import alone, basket, detail, listing, motifs, wellknown, words
from auditor.demo.carts import Carts
from auditor.demo.catalogue import Catalogue
from auditor.demo.faults import Planted
from auditor.demo.frame import Page, Visit, frame
from auditor.demo.pictures import noise
from auditor.demo.situations import NOT_FOUND, Situation
from auditor.demo.templates import SITE, Html

# Addresses that lead elsewhere: for the season (302), and for good (301). No page of the clean shop links to the latter:
# some lead to pages that are gone, one through another, and one in a circle.
LEADS_TO = {
    "/returns-policy": "/pages/returns",
    "/collections/lamps": "/category/lighting",
    "/collections/winter": "/",
}
MOVED = {
    "/collections/heritage": "/category/heritage",
    "/size-chart": "/pages/size-chart",
    "/collections/throws": "/category/textiles",
    "/lamps.html": "/collections/all-lamps",
    "/collections/all-lamps": "/category/lighting",
    "/media/old/fig-candle.png": "/media/fig-candle.png",
    "/gallery": "/gallery/",
    "/gallery/": "/gallery",
}
# Besides the cart: addresses that change something when they are merely asked for, as on many real shops.
CHANGES = frozenset(("/wishlist/add", "/compare/add", "/compare/clear", "/currency/switch", "/account/logout"))

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What the server hands over: the form is empty unless the method is POST."""

    method: str
    target: str
    origin: str
    session: str = ""
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """What the server sends."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Headers = ()
    keep: bool = False  # whether a browser may keep it without asking again


@cache
def _assets() -> dict[str, Response]:
    """The files in site/assets, read once: no path from a request ever reaches the disk."""
    found = {}
    for path in sorted((SITE / "assets").iterdir()):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith("javascript")
        found[f"/assets/{path.name}"] = Response(
            200, path.read_bytes(), f"{kind}; charset=utf-8" if text else kind, keep=True
        )
    return found


def _redirect(to: str, status: int, *headers: tuple[str, str]) -> Response:
    return Response(status, b"", headers=(("Location", to), *headers))


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise


class App:
    """The shop without its server."""

    def __init__(
        self, *, clean: bool = False, faults: Collection[str] | None = None, situation: Situation | None = None
    ) -> None:
        self.catalogue = Catalogue()
        self.carts = Carts()
        self._situation = situation
        if situation:
            self.planted = Planted(() if clean else situation.listed)
        else:
            self.planted = Planted() if clean else Planted.of(faults)
        self._numbers = {slug: place for place, slug in enumerate(self.catalogue.products)}

    def answer(self, request: Request) -> Response:
        """Answer a request; an address the shop does not know gets the page with status 404."""
        response = self._plain(request)
        status, headers = self.planted.outside(request.target, request.origin)
        if not status and not headers:
            return response
        kept = tuple(one for one in response.headers if one[0] not in headers)
        return replace(response, status=status or response.status, headers=(*kept, *headers.items()))

    def _plain(self, request: Request) -> Response:
        parts = urlsplit(request.target)
        path = unquote(parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self._situation and (answer := self._other(request, path, self._situation)):
            return answer
        if request.method == "POST":
            return self._post(request, path)
        if path.startswith("/cart/") or path in CHANGES:
            return self._change(request, path, query)
        if path in LEADS_TO:
            return _redirect(LEADS_TO[path], 302)
        if path in MOVED:
            return _redirect(MOVED[path], 301)
        visit = Visit(request.origin, path, query, self.carts.pieces(request.session))
        return self._file(path, request.origin) or self._page(request, visit)

    def _other(self, request: Request, path: str, situation: Situation) -> Response | None:
        """What a situation answers in the demo shop's place; None: the demo shop does."""
        origin, canned = request.origin, situation.pages.get(request.target)
        if canned is None:
            if not situation.alone or path.startswith(("/media/", "/assets/", "/favicon")):
                return None
            if path == "/robots.txt":
                return self._text(alone.robots(origin), path, origin, "text/plain; charset=utf-8")
            if path == "/sitemap.xml":
                return self._text(alone.sitemap(origin, situation), path, origin, "application/xml; charset=utf-8")
            if (canned := situation.pages.get(NOT_FOUND)) is None:
                return Response(404, b"<!doctype html><title>Not found</title><h1>Page not found</h1>")
        if canned.noise[0]:
            return Response(200, noise(*canned.noise), "image/png")
        if situation.alone or canned.body:
            text = alone.page(request.target, canned, situation, self.catalogue, origin)
        else:
            body = Html(f"<h1>{canned.title}</h1>\n{canned.text.replace('$origin', origin)}")
            page = Page(request.target, canned.title, f"About this page: {canned.title}.", body, wide=False)
            text = frame(page, Visit(origin, path, {}), self.catalogue)
        headers = tuple((name, value.replace("$origin", origin)) for name, value in canned.headers)
        answer = self._text(text, request.target, origin, canned.type)
        return replace(answer, status=canned.status, headers=headers)

    def _text(self, text: str, address: str, origin: str, kind: str) -> Response:
        return Response(200, self.planted.spoil(text, address, origin).encode(), kind)

    def _page(self, request: Request, visit: Visit) -> Response:
        path, page = visit.path, None
        extra = self.planted.extra(request.target, visit.origin)
        builders: dict[str, Callable[[], Page]] = {
            "/": lambda: listing.home(visit, self.catalogue),
            "/search": lambda: listing.search(visit, self.catalogue),
            "/cart": lambda: basket.cart_page(self.carts.lines(request.session), self.catalogue),
            "/login": lambda: words.login(visit),
            "/checkout": lambda: words.checkout(),
        }
        folder, _, slug = path.removeprefix("/").partition("/")
        if path in builders:
            page = builders[path]()
        elif folder == "product" and slug in self.catalogue.products:
            page = detail.product_page(visit, self.catalogue, self.catalogue.products[slug], extra)
        elif folder == "category" and slug in self.catalogue.categories:
            page = listing.category_page(visit, self.catalogue, self.catalogue.categories[slug])
        elif path in words.texts():
            page = words.content(visit, words.texts()[path], extra)
        status = 200 if page else 404
        document = frame(page or words.not_found(), visit, self.catalogue)
        return Response(status, self.planted.spoil(document, request.target, visit.origin).encode())

    def _file(self, path: str, origin: str) -> Response | None:
        if path in _assets():
            return _assets()[path]
        if path.startswith("/media/"):
            return self._picture(path)
        if path == "/favicon.ico":
            return Response(200, motifs.favicon(), "image/x-icon", keep=True)
        texts: dict[str, Callable[[], str]] = {
            "/robots.txt": lambda: wellknown.robots(origin),
            "/sitemap.xml": lambda: wellknown.sitemap_index(origin),
            "/sitemap-products.xml": lambda: wellknown.sitemap_products(origin, self.catalogue),
            "/sitemap-pages.xml": lambda: wellknown.sitemap_pages(origin, self.catalogue),
        }
        if path in texts:
            kind = "text/plain" if path.endswith(".txt") else "application/xml"
            return self._text(texts[path](), path, origin, f"{kind}; charset=utf-8")
        exports: dict[str, Callable[[], str]] = {
            "/feed.xml": lambda: wellknown.feed(origin, self.catalogue),
            "/exports/products.csv": lambda: wellknown.product_list(origin, self.catalogue),
            "/exports/supplier.csv": lambda: wellknown.supplier_sheet(self.catalogue),
        }
        if path in exports:
            kind = "text/csv" if path.endswith(".csv") else "application/xml"
            made = ("Last-Modified", formatdate(usegmt=True))
            return replace(self._text(exports[path](), path, origin, f"{kind}; charset=utf-8"), headers=(made,))
        return None

    def _picture(self, path: str) -> Response | None:
        if path.startswith("/media/resized/"):
            return Response(200, b"<!doctype html><title>Images</title><p>The picture is being prepared.</p>")
        name = path.removeprefix("/media/").removesuffix(".png")
        if name == "no-image":
            return Response(200, motifs.picture("lantern", "sand", 0), "image/png", keep=True)
        product = self.catalogue.products.get(name.removesuffix("-detail"))
        if not product or not path.endswith(".png"):
            return None
        png = motifs.picture(
            product.motif, product.colour, self._numbers[product.slug], detail=name.endswith("-detail")
        )
        return Response(200, png, "image/png", keep=True)

    def _change(self, request: Request, path: str, query: dict[str, str]) -> Response:
        """Addresses that change something. Nothing here belongs in a crawl."""
        session = request.session
        if path == "/cart/add":
            return self._add(session, query.get("sku", ""), query.get("qty", "1"), 302)
        if path in ("/cart/change", "/cart/remove"):
            quantity = _number(query.get("qty", ""), 1) if path == "/cart/change" else 0
            self.carts.change(session, query.get("line", ""), quantity)
        elif path == "/cart/clear":
            self.carts.clear(session)
        elif path in CHANGES:
            self.carts.note_change()
            return _redirect("/", 302)
        return _redirect("/cart", 302)

    def _add(self, session: str, sku: str, quantity: str, status: int) -> Response:
        _, variant = self.catalogue.by_sku.get(sku, (None, None))
        if variant is None or variant.sold_out:
            return _redirect("/cart", status)
        session = self.carts.add(session, sku, _number(quantity, 1))
        cookie = f"session={session}; Path=/; HttpOnly; SameSite=Lax"
        return _redirect("/cart", status, ("Set-Cookie", cookie))

    def _post(self, request: Request, path: str) -> Response:
        if path == "/cart/add":
            return self._add(request.session, request.form.get("sku", ""), request.form.get("qty", "1"), 303)
        if path == "/login":
            return _redirect("/login?failed=1", 303)
        if path == "/pages/contact":
            return _redirect("/pages/contact?sent=1", 303)
        return Response(405, b"Method not allowed\n", "text/plain; charset=utf-8", (("Allow", "GET, HEAD"),))
