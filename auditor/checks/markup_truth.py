"""Checks of markup against the page around it: its name, its pictures, its breadcrumbs, whether it can be bought."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import cast

from lxml import etree

from auditor.checks.images import unsure_broken
from auditor.checks.own_product import own_items, sellables
from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.evidence.layout import Part
from auditor.facts import stock_words
from auditor.facts.items import Item
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import absolute
from auditor.model.words import Certainty

_IN_STOCK = frozenset({"instock", "limitedavailability", "onlineonly"})
_OUT = frozenset({"outofstock", "soldout"})
_SOLD_OUT = re.compile(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, stock_words.SOLD_OUT))}|wyprzedan[ye])")
_LATER = re.compile(
    r"(?i)pre-?order|back-?order|vorbestell|notify|benachrichtig|waitlist|précommand|wait list|reserv|předobjedn|predobjedn|előrendel|precomand|προπαραγγελ|ön sipariş|haber ver|予約|再入荷|예약|재입고|預購|预购|預訂|طلب مسبق|أعلمني|הזמנה מוקדמת|עדכנו אותי|ennakkotil|предзаказ|сообщить о|передзамовл|notifică|értesít|upozorni|powiadom|zawiadom"
)
# Where platforms' own themes say of the main product that it is sold out
_says_sold_out = etree.XPath(
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' summary ')]//*[contains(concat(' ', normalize-space(@class), ' '), ' out-of-stock ')]"
    " | //*[contains(@class, 'product-info-main')]//*[contains(concat(' ', normalize-space(@class), ' '), ' stock ')]"
    "[contains(concat(' ', normalize-space(@class), ' '), ' unavailable ')]"
    " | //*[@id='product-availability'] | //*[@id='product-product']//ul[contains(@class, 'list-unstyled')]/li[contains(., ':') and not(.//a) and string-length(.) < 60]"
)
# The pictures that platforms put where a product has none
_PLATFORM_PLACEHOLDER = re.compile(
    r"(?i)/no-image-\d+-[0-9a-f]{8,}|woocommerce-placeholder|/images/product/placeholder/|/placeholder/(?:default|websites|stores)/|productdefault\.(?:gif|png|jpe?g)"
    r"|/img/p/[a-z]{2}-default-|/image/cache/placeholder-|/image/placeholder\.|/nophoto\.(?:gif|png|jpe?g)|/no_image-\d+x\d+|/cache/no_image"
)
_ANY_PLACEHOLDER = re.compile(
    r"(?i)(?:^|[/_.-])(?:no[-_]?(?:image|photo|picture|img)|image[-_]?(?:coming[-_]?soon|not[-_]?available)|coming[-_]?soon|placeholder|dummy[-_]?image)(?=[/_.-]|\d|$)"
)
_NUMBERS = ("sku", "mpn", "productID", "model", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "isbn")
_LABELLED = re.compile(
    r"(?im)(?:^|[\s|(])(?:SKU|Item (?:no|number|code)|Article (?:no|number)|Artikel-?(?:nr|nummer|code)|Art\.?-?Nr|Référence|Réf|Referencia|Codice(?: articolo)?|Artikelnummer|Varenr)"
    r"\.?\s*(?:[:#]|\n)\s*([A-Za-z0-9][\w./-]{1,40})"
)
_SMALLEST = 50_000  # pixels, which Google asks of a product's picture
_trail = etree.XPath(
    "(//*[self::nav or self::ol or self::ul or self::div][contains(translate(@class, 'BREADCUM', 'breadcum'), 'breadcrumb') or @aria-label='breadcrumb' or @aria-label='Breadcrumb'"
    " or @aria-label='Breadcrumbs'])[1]"
)
_UNFILLED = re.compile(r"\{\{|\{%|%%[A-Z]|undefined")


@check(needs={"structured_data", "offers", "meta"})
def name_as_shown(snapshot: Snapshot) -> Iterator[Observation]:
    """The product's name in the markup and the page's heading or title have something to do with each other.

    Longer and shorter forms, variants' names and other orders of the words are one name; so the name is wrong only where
    fewer than half of its words stand in headings or title.
    """
    items = [item for item in own_items(snapshot) if item.text("name")]
    headings = [text for text in snapshot.meta.h1s if text.strip()]
    if not items or not headings:
        yield inapplicable("no product's name in the markup, or no heading")
        return
    shown = _words(" ".join([*headings, snapshot.meta.title]))
    for item in items:
        name = unescape(unescape(item.text("name")))
        own = _words(name)
        if not own or _UNFILLED.search(name) or len(own & shown) * 2 >= min(len(own), len(shown)):
            continue
        # In Asian scripts words are not set apart
        if any(
            _joined(name) in _joined(one) or _joined(one) in _joined(name)
            for one in (*headings, snapshot.meta.title)
            if one.strip()
        ):
            continue
        yield failed(
            "name",
            Excerpt("markup", name[:200], where=place_of(item)),
            Excerpt("heading", headings[0][:200]),
            markup=name[:120],
            shown=headings[0][:120],
        )
        return


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def _joined(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", text.casefold()))


@check(needs={"structured_data", "offers", "texts"})
def number_as_shown(snapshot: Snapshot) -> Iterator[Observation]:
    """The article number that the page shows with a label ("SKU: NL-49") is one that the markup states for the product.

    Variants, offers and every kind of number count; a page that shows several numbers can't be told.
    """
    stated = {
        _joined(one.text(name))
        for item in own_items(snapshot)
        for one in sellables(item)
        for name in _NUMBERS
        if one.text(name)
    }
    if not stated:
        yield inapplicable("no number in the product's markup")
        return
    shown = {match.group(1).strip(".,;:") for match in _LABELLED.finditer(snapshot.texts.visible[:100_000])}
    shown = {number for number in shown if any(character.isdigit() for character in number)}
    if not shown:
        yield inapplicable("the page shows no labelled number")
    elif len(shown) > 1:
        yield cant_tell("the page shows several numbers")
    elif not any(_joined(number) in one or one in _joined(number) for number in shown for one in stated):
        number = next(iter(shown))
        item = next(item for item in own_items(snapshot))
        written = next((one.text(name) for one in sellables(item) for name in _NUMBERS if one.text(name)), "")
        yield failed(
            "number",
            Excerpt("markup", written[:60], where=place_of(item)),
            Excerpt("shown", number),
            markup=written[:60],
            shown=number,
        )


@check(needs={"structured_data", "offers"})
def image_real(snapshot: Snapshot) -> Iterator[Observation]:
    """The product's picture in the markup is none of those that shops show where there is no picture."""
    images = [(url, item) for item in own_items(snapshot) for url in _images(item)]
    if not images:
        yield inapplicable("no picture in the product's markup")
        return
    if all(url.startswith("data:") for url, _ in images):
        # what lazy loading puts in the place of a picture, which nobody can ask for
        url, item = images[0]
        yield failed("placeholder", Excerpt("image", url[:300], where=place_of(item)), url=f"{url[:40]}…")
        return
    for url, item in images:
        platform = _PLATFORM_PLACEHOLDER.search(url)
        if platform or _ANY_PLACEHOLDER.search(url.partition("?")[0].rpartition("/")[2]):
            yield failed(
                "placeholder",
                Excerpt("image", url[:300], where=place_of(item)),
                certainty=None if platform else Certainty.LIKELY,
                url=url[:300],
            )
            return


@check(needs={"structured_data", "offers", "images"})
def image_large_enough(snapshot: Snapshot) -> Iterator[Observation]:
    """The product's pictures in the markup that the page shows too have at least `50,000` pixels, and are no broken ones.

    Pictures that the markup names and the page does not load can't be judged.
    """
    named = {absolute(snapshot.final_url, url) or url: item for item in own_items(snapshot) for url in _images(item)}
    if not named:
        yield inapplicable("no picture in the product's markup")
        return
    seen = [(image, named[image.src]) for image in snapshot.images.items if image.src in named]
    if not seen:
        yield cant_tell("the page does not load the pictures that the markup names")
        return
    broken = next(((image, item) for image, item in seen if image.broken), None)
    if broken is not None and (why := unsure_broken(snapshot, broken[0])):
        yield cant_tell(why)
        return
    if broken is not None:
        yield _picture("broken", broken[0].src, broken[1], "is broken")
        return
    whole = [(image, item) for image, item in seen if image.natural[0] and image.natural[1]]
    if (
        whole
        and all(image.natural[0] * image.natural[1] < _SMALLEST for image, _ in whole)
        and len(whole) == len(named)
    ):
        image, item = max(whole, key=lambda one: one[0].natural[0] * one[0].natural[1])
        yield _picture("small", image.src, item, f"has {image.natural[0]} × {image.natural[1]} pixels")


def _picture(target: str, url: str, item: Item, fault: str) -> Observation:
    return failed(target, Excerpt("image", url[:300], where=place_of(item)), fault=fault, url=url[:300])


def _images(item: Item) -> Iterator[str]:
    for value in item.all("image")[:20]:
        if isinstance(value, Item):
            if url := value.text("url") or value.text("contentUrl"):
                yield url
        elif isinstance(value, str) and value:
            yield value


@check(needs={"structured_data", "document"})
def breadcrumbs_as_shown(snapshot: Snapshot) -> Iterator[Observation]:
    """The crumbs of the markup are those that the page shows. Either may leave out the home page, or the page itself."""
    trails = [one for one in snapshot.structured_data.of_type("BreadcrumbList") if one.items("itemListElement")]
    blocks = cast(list[etree._Element], _trail(snapshot.document.tree)) if trails else []
    if not trails or not blocks:
        yield inapplicable("no breadcrumbs in the markup, or none that the page shows")
        return
    shown = _joined(
        " ".join(cast(list[str], blocks[0].xpath(".//text()[not(ancestor::script) and not(ancestor::style)]")))[:5_000]
    )
    if not shown:
        yield inapplicable("the page shows no breadcrumbs")
        return
    best: tuple[Item, list[str]] | None = None
    for trail in trails[:5]:
        names = [_crumb(one) for one in trail.items("itemListElement")]
        inner = [name for name in names[1:-1] or names[:1] if name]
        strange = [name for name in inner if _joined(unescape(name)) not in shown]
        if not strange:
            return
        if best is None:
            best = trail, strange
    if best is not None:
        yield failed(
            "names",
            Excerpt(
                "markup",
                " › ".join(_crumb(one) for one in best[0].items("itemListElement"))[:300],
                where=place_of(best[0]),
            ),
            Excerpt("shown", " ".join("".join(cast(list[str], blocks[0].xpath(".//text()"))).split())[:300]),
            names=best[1][:5],
        )


def _crumb(crumb: Item) -> str:
    return " ".join((crumb.text("name") or next((one.text("name") for one in crumb.items("item")), "")).split())


@check(needs={"offers", "layout", "document"})
def availability_as_shown(snapshot: Snapshot) -> Iterator[Observation]:
    """Markup that says "in stock" is not contradicted by a button or the theme's own words, nor "out of stock" by a button that works.

    Offers that differ (variants) can't be compared with one button. Pre-orders and "notify me" are neither.
    """
    said = {offer.availability.lower() for offer in snapshot.offers.offers if offer.availability}
    if not said:
        yield inapplicable("no availability in the markup")
        return
    if not (said <= _IN_STOCK or said <= _OUT):
        yield cant_tell("the offers differ, or the product is neither simply in stock nor out of it")
        return
    written = next(offer for offer in snapshot.offers.offers if offer.availability)
    button = next((part for part in snapshot.layout.parts if part.name == "add_to_cart" and part.sure), None)
    words = _sold_out_words(snapshot)
    if said <= _IN_STOCK:
        if button is not None and _SOLD_OUT.search(button.text) and not _LATER.search(button.text):
            words = button.text
        if words:
            yield _contradicted(written.availability, words, f"says “{words[:60]}”", button.selector if button else "")
    elif button is not None and not words and _sells(button):
        yield _contradicted(
            written.availability, button.text, "has a button that puts it into the cart", button.selector
        )


def _sells(button: Part) -> bool:
    usable = button.state == "free" and not button.disabled
    return usable and not _SOLD_OUT.search(button.text) and not _LATER.search(button.text)


def _contradicted(availability: str, text: str, shown: str, where: str) -> Observation:
    return failed(
        f"{availability} {'sold out' if availability.lower() in _IN_STOCK else 'for sale'}",
        Excerpt("markup", availability),
        Excerpt("shown", text, where=where),
        markup=availability,
        shown=shown,
    )


def _sold_out_words(snapshot: Snapshot) -> str:
    for element in cast(list[etree._Element], _says_sold_out(snapshot.document.tree))[:5]:
        words = " ".join("".join(cast(list[str], element.xpath(".//text()"))).split())
        if words and _SOLD_OUT.search(words):
            return words[:80]
    return ""
