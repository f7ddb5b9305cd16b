"""Budgets of what never ends, and the order in which a crawl with a page limit sees a shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auditor.crawl.copies import ENOUGH, Way
from auditor.crawl.process import crawl_round
from auditor.crawl.scope import Scope
from auditor.crawl.traps import COPY, ENDLESS, repeats
from auditor.model.expected import ExpectedProduct
from auditor.store import expected
from auditor.store import traps as stored
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Route, Visit, page, serving, text

NewRun = Callable[[str], Crawled]
SHOP = "https://shop.example"


def let_in(scope: Scope, paths: list[str]) -> int:
    return sum(not scope.place(SHOP + path).reason for path in paths)


@pytest.mark.parametrize(
    ("paths", "most"),
    [
        ([f"/shoes?color={n}" for n in range(200)], 50),
        ([f"/shoes/filter/color-{n}" for n in range(200)], 50),
        ([f"/collections/all/red+size-{n}" for n in range(200)], 50),
        ([f"/c{n}?color=red&size=9" for n in range(900)], 400),
        ([f"/search?q=word{n}" for n in range(100)], 40),
        ([f"/catalogsearch/result/?q={n}&x=1" for n in range(100)], 40),
        ([f"/events/{2020 + n // 12}/{n % 12 + 1:02}" for n in range(200)], 60),
        ([f"/courses/{2020 + n // 50}/week-{n % 50}" for n in range(200)], 60),
        ([f"/dates?month={n % 12 + 1}&year={2020 + n}" for n in range(200)], 60),
        ([f"/shop/page/{n}/" for n in range(900)], 600),
        ([f"/shop?page={n}" for n in range(900)], 600),
        ([f"/a/b/c/d/e/f/g{n}" for n in range(900)], 400),
        ([f"/suche/word-{n}.html" for n in range(900)], 40),
        ([f"/login?destination=/product-{n}" for n in range(100)], 5),
        ([f"/login?next=https%3A%2F%2Fshop.example%2F{n}" for n in range(100)], 5),
    ],
)
def test_what_never_ends_has_a_budget(paths: list[str], most: int) -> None:
    assert let_in(Scope(settings(f"{SHOP}/")), paths) == most


@pytest.mark.parametrize(
    "paths",
    [
        [f"/products/lamp-{n}" for n in range(3_000)],
        [f"/index.php?route=product/product&product_id={n}" for n in range(3_000)],
        [f"/blog/2024/05/post-{n}" for n in range(1_000)],
        [f"/lamp-{n}.html" for n in range(3_000)],
        [f"/{n}-lamps" for n in range(1_000)],
        [f"/category-{n}?page=2" for n in range(1_000)],
        [f"/p/{n}" for n in range(1_000)],
        [f"/index.php?page=about-{n}" for n in range(700)],
        [f"/brands?next={n}" for n in range(100)],
        [f"/fashion/research-{n}" for n in range(100)],
    ],
)
def test_what_is_a_shops_own_has_none(paths: list[str]) -> None:
    assert let_in(Scope(settings(f"{SHOP}/")), paths) == len(paths)


@pytest.mark.parametrize(
    ("path", "endless"),
    [
        ("a/a/a", True),
        ("x/a/b/a/b/a/b", True),
        ("a/b/c/a/b/c/a/b/c/d", True),
        ("de/shop/de", False),
        ("1/1", False),
        ("a/b/a/b", False),
    ],
)
def test_a_path_that_repeats_itself(path: str, endless: bool) -> None:
    assert repeats(path.split("/")) is endless
    assert (Scope(settings(f"{SHOP}/")).place(f"{SHOP}/{path}").reason == ENDLESS) is endless


@pytest.mark.parametrize(
    ("url", "canonical", "way"),
    [
        ("/p?id=1&path=2", "/p?id=1", Way(parameters=frozenset({"path"}))),
        ("/collections/all/products/lamp", "/products/lamp", Way(segments=2)),
        ("/en/12-shoes/red/size-9", "/en/12-shoes", Way(last=2)),
        ("/12-shoes/red/", "/12-shoes/", Way(last=1)),
        ("/en/12-shoes/red", "/en/", None),  # a start page is no original of what is below it
        ("/en/products/lamp", "/products/lamp", None),  # another language is no copy, though its canonical says so
        ("/p?id=1", "/p?id=1", None),
        ("/p?id=1", "/", None),
        ("/p?id=1", "", None),
    ],
)
def test_how_a_canonical_follows_from_a_copy(url: str, canonical: str, way: Way | None) -> None:
    assert Way.between(SHOP + url, canonical and SHOP + canonical) == way
    if way is not None:
        assert way.of(SHOP + url) == SHOP + canonical


def test_copies_are_left_out_once_they_are_known_as_such_and_their_canonical_takes_their_place() -> None:
    scope = Scope(settings(f"{SHOP}/"))
    for n in range(ENOUGH):
        url = f"{SHOP}/collections/c{n}/products/lamp-{n}"
        assert scope.place(url).reason == ""
        scope.traps.learn(scope.signs(url), url, canonical=f"{SHOP}/products/lamp-{n}", shows=0)
    placed = scope.place(f"{SHOP}/collections/c1/products/lamp-77")
    assert (placed.reason, placed.instead) == (COPY, f"{SHOP}/products/lamp-77")
    assert scope.place(f"{SHOP}/collections/c99").reason == ""


def learn(scope: Scope, url: str, canonical: str) -> None:
    scope.traps.learn(scope.signs(SHOP + url), SHOP + url, canonical=SHOP + canonical, shows=0)


def test_a_parameter_that_canonicals_leave_out_is_known_in_every_combination() -> None:
    scope = Scope(settings(f"{SHOP}/"))
    for n in range(ENOUGH):
        learn(scope, f"/shoes-{n % 3}.html?fit={n}", f"/shoes-{n % 3}.html")
        learn(scope, f"/shoes-{n % 3}.html?heel={n}&fit=1", f"/shoes-{n % 3}.html")
    placed = scope.place(f"{SHOP}/boots.html?sole=1&heel=2&fit=3")
    assert (placed.reason, placed.instead) == (COPY, f"{SHOP}/boots.html?sole=1")
    assert scope.original(f"{SHOP}/boots.html?heel=2", None, "link") == f"{SHOP}/boots.html"
    assert scope.place(f"{SHOP}/boots.html?sole=1").reason == ""
    assert scope.place(f"{SHOP}/boots.html?p=2").reason == ""


def test_what_a_sitemap_or_an_export_names_is_no_mere_copy(new_run: NewRun) -> None:
    """Colours name the first one as canonical; most are left out once that is known, but those that somebody names are asked for."""
    colours = [f"/chair?shade={n}" for n in range(4 * ENOUGH)]
    listed, exported = colours[-3:], colours[-6:-3]

    def chair(visit: Visit) -> Reply:
        return page(text=visit.path, head='<link rel="canonical" href="/chair">')

    def sitemap(visit: Visit) -> Reply:
        locations = "".join(f"<url><loc>http://{visit.headers['host']}{path}</loc></url>" for path in listed)
        return text(f"<urlset>{locations}</urlset>", "application/xml")

    with serving({"/robots.txt": text("Sitemap: /sitemap.xml"), "/sitemap.xml": sitemap}) as nasty:
        nasty.routes |= {"/": page("/chair", *colours, *(f"{path}&list=1" for path in exported)), "/chair": chair}
        crawled = new_run(nasty.url("/"))
        named = [ExpectedProduct(line=n, key=str(n), link=nasty.url(path)) for n, path in enumerate(exported)]
        expected.keep(crawled.workspace, crawled.run.id, "erp", named)
        own = settings(nasty.url("/"), sitemaps=True, concurrency=2)
        assert crawl_round(crawled.folder, crawled.run.id, own).reason == "finished"
        left_out = [url for url, row in crawled.urls().items() if row.reason == COPY]
    assert {*listed, *exported} <= set(nasty.hits)
    assert len(left_out) > 2 * ENOUGH


def shop_of_copies() -> dict[str, Route]:
    """Colours name their canonical page, pictures say what their item says, and a list never ends."""
    words = " ".join(f"word{n}" for n in range(80))

    def number(visit: Visit, name: str) -> int:
        return int(visit.path.partition(f"{name}=")[2].partition("&")[0] or 0)

    def slow(reply: Reply) -> Reply:
        return replace(reply, wait=0.02)

    def chair(visit: Visit) -> Reply:
        shade = number(visit, "shade")
        others = (f"/chair?shade={shade + 1}", f"/chair?shade={shade + 60}")
        return slow(page(*others, text=str(shade), head='<link rel="canonical" href="/chair">'))

    def item(visit: Visit) -> Reply:
        one = number(visit, "nr")
        links = [f"/item?nr={one + 1}", *(f"/item?nr={one}&shot={n}" for n in range(3))] if one < 60 else []
        return slow(page(*links, text=f"<h1>Item {one}</h1>{words} {one}"))

    def lamps(visit: Visit) -> Reply:
        return slow(page("/lamp", "/", f"/lamps?page={number(visit, 'page') + 1}"))

    return {
        "/robots.txt": text(""), "/": page("/chair", "/item?nr=1", "/lamps"), "/lamp": page("/"), "/chair": chair,
        "/item": item, "/lamps": lamps,
    }  # fmt: skip


class Enough:
    """Asks a crawl to stop once this many requests have come."""

    def __init__(self, nasty: Nasty, most: int) -> None:
        self.nasty, self.most = nasty, most

    def is_set(self) -> bool:
        return len(self.nasty.visits) >= self.most


def test_a_crawl_that_is_stopped_again_and_again_fetches_what_an_undisturbed_one_does(new_run: NewRun) -> None:
    def fetched(nasty: Nasty, steps: int) -> tuple[set[str], int]:
        crawled, own, stops = new_run(nasty.url("/")), settings(nasty.url("/"), concurrency=1), 0
        enough = Enough(nasty, steps)
        while crawl_round(crawled.folder, crawled.run.id, own, stop=enough).reason == "stopped":
            enough, stops = Enough(nasty, len(nasty.visits) + steps), stops + 1
        return {url.removeprefix(nasty.base) for url in crawled.responses()}, stops

    with serving(shop_of_copies()) as quiet, serving(shop_of_copies()) as nasty:
        undisturbed, _ = fetched(quiet, 10_000)
        stopped, times = fetched(nasty, 20)
    assert times >= 3
    assert len(undisturbed) > 100
    assert stopped == undisturbed
    assert {f"/item?nr={n}" for n in range(1, 61)} <= undisturbed


def test_a_parameter_is_left_out_only_beside_those_it_was_left_out_beside() -> None:
    """Where products name themselves without the list they were reached by, the list's own address is no copy."""
    scope = Scope(settings(f"{SHOP}/"))
    for n in range(3 * ENOUGH):
        learn(scope, f"/shop.php?list={n}&item={n}", f"/shop.php?item={n}")
    assert scope.place(f"{SHOP}/shop.php?list=7&item=9").instead == f"{SHOP}/shop.php?item=9"
    assert scope.place(f"{SHOP}/shop.php?list=9").reason == ""
    for n in range(ENOUGH):
        learn(scope, f"/index.php?route=product/product&path=1&product_id={n}", f"/index.php?route=product/product&product_id={n}")  # fmt: skip
    assert scope.place(f"{SHOP}/index.php?route=product/category&path=1").reason == ""


def test_later_pages_that_name_the_first_are_fetched_all_the_same() -> None:
    scope = Scope(settings(f"{SHOP}/"))
    for n in range(3 * ENOUGH):
        learn(scope, f"/c-{n}?page=2", f"/c-{n}")
    assert scope.place(f"{SHOP}/c-1?page=3").reason == ""


def test_filters_as_folders_are_copies_once_they_are_known_as_such() -> None:
    scope = Scope(settings(f"{SHOP}/"))
    for n in range(ENOUGH):
        learn(scope, f"/12-shoes/shade-{n}", "/12-shoes")
        learn(scope, f"/12-shoes/page-{n}", f"/12-shoes/page-{n}")
    assert scope.place(f"{SHOP}/13-boots/page-2").reason == ""
    placed = scope.place(f"{SHOP}/13-boots/shade-1")
    assert (placed.reason, placed.instead) == (COPY, f"{SHOP}/13-boots")
    assert scope.place(f"{SHOP}/13-boots/shade-1/heel-3?page=2").instead == f"{SHOP}/13-boots"
    assert scope.place(f"{SHOP}/13-boots").reason == ""


def test_what_shows_the_same_words_is_a_copy_where_nothing_names_a_canonical(new_run: NewRun) -> None:
    words = " ".join(f"word{n}" for n in range(80))
    asked: list[str] = []

    def item(visit: Visit) -> Reply:
        asked.append(visit.path)
        number = int(visit.path.partition("nr=")[2].partition("&")[0])
        shots = [f"/item?nr={number}&shot={n}&from_list=3" for n in range(3)]
        links = [f"/item?nr={number + 1}", *shots] if number < 60 else []
        return page(*links, text=f"<h1>Item {number}</h1>{words} {number}")

    with serving({"/robots.txt": text(""), "/": page("/item?nr=1"), "/item": item}) as nasty:
        crawled = new_run(nasty.url("/"))
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"))).reason == "finished"
    assert {f"/item?nr={n}" for n in range(1, 61)} <= set(asked)
    assert sum("shot=" in path for path in asked) < 45


def test_pages_that_scripts_make_are_not_told_apart_by_their_words(new_run: NewRun) -> None:
    """The same shell at every address: all are fetched, since a browser will see something else on each."""
    shell = Reply(body=page(*(f"/app?item={n}" for n in range(60))).body + b"<div id=root></div>" + b"menu " * 200)
    with serving({"/robots.txt": text(""), "/": page("/app"), "/app": shell}) as nasty:
        crawled = new_run(nasty.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        assert sum(path.startswith("/app?item=") for path in nasty.hits) == 60


def test_pages_below_lists_are_fetched_though_some_there_are_copies() -> None:
    scope = Scope(settings(f"{SHOP}/"))
    for n in range(2 * ENOUGH):
        learn(scope, f"/shoes/shade-{n}", "/shoes")
        learn(scope, f"/shoes/boot-{n}", f"/shoes/boot-{n}")
    assert scope.place(f"{SHOP}/shoes/boot-99").reason == ""


def test_a_session_is_no_copy_of_the_page_that_it_leads_to(new_run: NewRun) -> None:
    """In the path or the query: each page is fetched once, whatever session its links have, and all pages are."""

    def links(visit: Visit, *paths: str) -> list[str]:
        number = len(visit.path)
        return [f"{path};jsessionid=AB{number}{n}?PHPSESSID=c{number}{n}" for n, path in enumerate(paths)]

    count = 3 * ENOUGH
    asked: Counter[str] = Counter()

    def shop(visit: Visit) -> Reply:
        path = visit.path.partition("?")[0].partition(";")[0]
        asked[path] += 1
        number = int(path.rpartition("/")[2] or 0)
        body = (
            page(*links(visit, f"/items/{number + 1}", f"/items/{max(1, number - 1)}")).body
            if number < count
            else b"end"
        )
        return Reply(body=f'<link rel="canonical" href="{path}">'.encode() + body)

    class Everything(dict[str, Route]):
        def get(self, path: str, default: Any = None) -> Any:
            return text("") if path == "/robots.txt" else shop

    with serving() as nasty:
        nasty.routes = Everything()
        crawled = new_run(nasty.url("/"))
        own = settings(nasty.url("/"), drop=("phpsessid",))
        assert crawl_round(crawled.folder, crawled.run.id, own).reason == "finished"
    assert [asked[f"/items/{n}"] for n in range(1, count + 1)] == [1] * count


def test_a_page_that_is_linked_comes_before_what_a_sitemap_alone_names(new_run: NewRun) -> None:
    """Most of a long sitemap is gone, and the limit ends the crawl: what the shop links to was fetched."""
    own = [f"/item?id={n * 31}" for n in range(1, 31)]
    gone = [f"/item?id=9{n}" for n in range(1_000)]
    listed = [*gone[:500], *own, *gone[500:]]
    routes: dict[str, Route] = {
        "/robots.txt": text("Sitemap: /sitemap.xml"), "/": page("/list"), "/list": page(*own), **{one: page("/") for one in listed},
        "/sitemap.xml": lambda visit: text(
            "<urlset>" + "".join(f"<url><loc>http://{visit.headers['host']}{one}</loc></url>" for one in listed) + "</urlset>", "application/xml"
        ),
    }  # fmt: skip
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_pages=80, sitemaps=True))
        assert set(own) <= set(nasty.hits)


def test_a_capped_crawl_has_seen_a_later_page_of_a_list(new_run: NewRun) -> None:
    with serving(magento(2_000, 20)) as nasty:
        crawled = new_run(nasty.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_pages=60))
        assert any("?p=" in path for path in nasty.hits)
        assert not any("?color=" in path for path in nasty.hits)


def test_posts_by_number_are_no_listing(new_run: NewRun) -> None:
    menu = ["/about", "/contact"]
    routes: dict[str, Route] = {f"/?p={n}": page(*menu, text=f"post {n}") for n in range(1, 40)}
    routes |= {"/": page(*routes), "/robots.txt": text(""), "/about": page(), "/contact": page()}
    with serving(routes) as nasty:
        crawled = new_run(nasty.url("/"))
        assert crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), concurrency=4)).fetched == 42


def trap_shop() -> dict[str, Route]:
    """A listing with endless pages, a calendar and filters, each page leading on to more of the same."""

    def calendar(visit: Visit) -> Reply:
        month = int(visit.path.partition("month=")[2].partition("&")[0] or 0)
        return page(f"/dates?month={month + 1}&year=2026", f"/dates?month={month + 2}&year=2026")

    def listing(visit: Visit) -> Reply:
        number = int(visit.path.rpartition("=")[2]) if "page=" in visit.path else 1
        return page("/lamp", f"/lamps?page={number + 1}", f"/lamp?from=%2Flamps%3Fpage%3D{number}")

    def filters(visit: Visit) -> Reply:
        return page(*(f"{visit.path}{'&' if '?' in visit.path else '?'}color={n}" for n in range(20)))

    return {
        "/robots.txt": text(""), "/": page("/lamps", "/dates", "/shoes", "/lamp"), "/lamp": page("/"),
        "/lamps": listing, "/dates": calendar, "/shoes": filters,
    }  # fmt: skip


def test_a_shop_of_traps_is_crawled_to_its_end_and_tells_where_they_began(new_run: NewRun) -> None:
    with serving(trap_shop()) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), concurrency=8))
        assert result.reason == "finished"
        with crawled.workspace.read() as connection:
            told = {one.kind: one for one in stored.told(connection, crawled.run.id)}
            waiting = [row for row in crawled.urls().values() if row.status != "done" and not row.reason]
        assert waiting == []
        assert {"filters", "dates", "pagination"} <= told.keys()
        assert told["filters"].began_on == nasty.url("/shoes")
        assert told["filters"].known - told["filters"].left_out == 50
        assert told["pagination"].began_on == nasty.url("/lamps")
        assert sum(path.startswith("/lamps") for path in nasty.hits) < 20
        assert sum(path.startswith("/dates") for path in nasty.hits) <= 61


def magento(products: int, categories: int) -> dict[str, Route]:
    """A shop whose URLs all look alike: `/name.html` for products and categories."""
    menu = [f"/category-{n}.html" for n in range(categories)]
    content = [f"/{name}" for name in ("about-us", "shipping", "returns", "privacy")]
    shop: dict[str, Route] = {"/robots.txt": text("Sitemap: /sitemap.xml"), "/": page(*menu, *content, title="home")}
    shelf = products // categories
    for n, url in enumerate(menu):
        own = [f"/product-{one}.html" for one in range(n * shelf, (n + 1) * shelf)]
        facets = [f"{url}?color={one}" for one in range(40)] + [f"{url}?p={one}" for one in range(2, 5)]
        shop[url] = page(*menu, *facets, *own, *content, title="category")
    shop.update({f"/product-{n}.html": page(*menu, title="product") for n in range(products)})
    shop.update({url: page(*menu, title="content") for url in content})
    listed = "".join(f"<url><loc>URL/product-{n}.html</loc></url>" for n in range(products))
    shop["/sitemap.xml"] = lambda visit: text(
        f"<urlset>{listed}</urlset>".replace("URL", f"http://{visit.headers['host']}"), "application/xml"
    )
    return shop


def folders(products: int, categories: int) -> dict[str, Route]:
    """A shop of the other kind: `/collections/…`, `/products/…`, `/pages/…`, without a sitemap."""
    shop: dict[str, Route] = {}
    for path, reply in magento(products, categories).items():
        if isinstance(reply, Reply):
            body = reply.body.replace(b"/category-", b"/collections/category-").replace(
                b"/product-", b"/products/product-"
            )
            body = body.replace(b".html", b"")
            to = path.replace("/category-", "/collections/category-").replace("/product-", "/products/product-")
            shop[to.replace(".html", "")] = Reply(body=body) if path != "/robots.txt" else text("")
    return shop


@pytest.mark.parametrize("shop", [magento, folders])
def test_a_capped_crawl_has_seen_every_template(new_run: NewRun, shop: Callable[[int, int], dict[str, Route]]) -> None:
    with serving(shop(4_000, 50)) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(
            crawled.folder, crawled.run.id, settings(nasty.url("/"), max_pages=60, sitemaps=True, concurrency=8)
        )
        assert (result.reason, result.fetched) == ("page_limit", 60)
        with crawled.workspace.read() as connection:
            rows = connection.exec_driver_sql(
                "select p.url from pages p join urls u on u.id = p.url_id where u.kind='page'"
            )
            seen = Counter(
                "category" if "category" in url else "product" if "product" in url else "content" if url.count("/") > 2 and url[-1] != "/" else "home"
                for (url,) in rows
            )  # fmt: skip
            filtered = connection.exec_driver_sql("select count(*) from pages where url like '%color=%'").scalar_one()
        assert seen["home"] == 1
        assert seen["content"] == 4
        assert seen["category"] >= 8
        assert seen["product"] >= 8
        assert filtered <= 5
