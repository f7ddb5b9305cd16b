"""Checks of ratings and reviews in the markup: possible, as shown, and each product's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from auditor.checks.own_product import own_items
from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts.items import Item
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Certainty, PageType, Scope

_MOST = 50_000
_NO_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,4})?\s*(?:%|/\s*\d{1,3}(?:\.\d{1,4})?)")  # 60% and 6/10 are ratings too
# "4.7 out of 5", "4,7 / 5", "4.7 stars", "4,7 von 5 Sternen"
_SHOWN = re.compile(
    r"(?<![\d.,])(\d(?:[.,]\d{1,2})?)\s*(?:/\s*5(?![\d.,])|(?:out\s+of|of|von|sur|su|de|van|av|z|ud af)\s+5(?![\d.,])|(?:stars?|sterne?n?|étoiles?|estrellas?|stelle)\b)",
    re.IGNORECASE,
)


@check(needs={"structured_data", "offers"})
def ratings_possible(snapshot: Snapshot) -> Iterator[Observation]:
    """The product's ratings lie within their scale (1 to 5 unless they say another), and the average counts at least one voice."""
    items = own_items(snapshot)
    averages = [rating for item in items for rating in item.items("aggregateRating") if rating.properties]
    given = [
        rating
        for item in items
        for one in item.items("review")[:200]
        for rating in one.items("reviewRating")
        if rating.properties
    ]
    if not averages and not given:
        yield inapplicable("no rating in the markup")
        return
    for rating in averages:
        counts = [
            number for name in ("reviewCount", "ratingCount") if (number := _number(rating.text(name))) is not None
        ]
        if counts and max(counts) <= 0:
            yield _told(rating, "aggregateRating", "no voices", "counts no review at all")
        elif fault := _off(rating):
            yield _told(rating, "aggregateRating", *fault)
    for rating in given:
        if fault := _off(rating):
            yield _told(rating, "review", f"review {fault[0]}", fault[1])
            return


def _off(rating: Item) -> tuple[str, str] | None:
    value = rating.text("ratingValue")
    number = _number(value)
    worst, best = _number(rating.text("worstRating")), _number(rating.text("bestRating"))
    low, high = (Decimal(1) if worst is None else worst), (Decimal(5) if best is None else best)
    if number is None:
        return (
            ("no number", f"is “{value[:40]}”, which is no number")
            if value and not _NO_NUMBER.fullmatch(value)
            else None
        )
    if worst is not None and best is not None and worst >= best:
        return "scale", f"is {number}, on a scale whose best ({best}) is not above its worst ({worst})"
    if not min(low, high) <= number <= max(low, high):
        return "off the scale", f"is {number}, on a scale from {low} to {high}"
    return None


def _told(rating: Item, label: str, target: str, fault: str) -> Observation:
    written = ", ".join(
        f"{name} {rating.text(name)}"
        for name in ("ratingValue", "reviewCount", "ratingCount", "worstRating", "bestRating")
        if rating.text(name)
    )
    return failed(
        target,
        Excerpt(label, written, where=place_of(rating)),
        fault=fault,
        what="aggregate rating" if label == "aggregateRating" else "rating of a review",
    )


@check(needs={"structured_data", "offers", "wording"})
def rating_as_shown(snapshot: Snapshot) -> Iterator[Observation]:
    """The average in the markup is one of the averages that the page shows ("4.7 out of 5"), rounded or not.

    Where the page shows none in words it can't be told: stars are often pictures.
    """
    ratings = [rating for item in own_items(snapshot) for rating in item.items("aggregateRating") if rating.properties]
    stated = [(rating, _on_five(rating)) for rating in ratings]
    known = [(rating, value) for rating, value in stated if value is not None]
    if not known:
        yield inapplicable("no rating in the markup")
        return
    shown = {Decimal(match.replace(",", ".")) for match in _SHOWN.findall(snapshot.wording.text[:200_000])}
    if not shown:
        yield cant_tell("the page shows no average in words")
        return
    rating, value = known[0]
    if not any(
        abs(one - number) <= Decimal("0.51") if one == one.to_integral() else abs(one - number) < Decimal("0.06")
        for one in shown
        for _, number in known
    ):
        yield failed(
            "average",
            Excerpt("markup", rating.text("ratingValue"), where=place_of(rating)),
            Excerpt("shown", ", ".join(str(one) for one in sorted(shown)[:5])),
            markup=str(value),
            shown=[str(one) for one in sorted(shown)[:5]],
        )


def _on_five(rating: Item) -> Decimal | None:
    number, best = _number(rating.text("ratingValue")), _number(rating.text("bestRating"))
    if number is None or (best is not None and best <= 0):
        return None
    return (number if best is None else number * 5 / best).quantize(Decimal("0.01"))


@check(scope=Scope.SITE)
def ratings_own(run: SiteQuery, *, products: int = 10) -> Iterator[Observation]:
    """Not all of `products` or more rated products have one and the same average of the same number of voices: that is the shop's rating."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    rated = 0
    for looked, snapshot in enumerate(run.fetched(PageType.PRODUCT)):
        if looked >= _MOST:
            break
        for item in own_items(snapshot)[:5]:
            rating = next((one for one in item.items("aggregateRating") if one.properties), None)
            if rating is None:
                continue
            rated += 1
            key = (rating.text("ratingValue"), rating.text("reviewCount") or rating.text("ratingCount"))
            found.setdefault(key, []).append((snapshot.url, item.text("name")))
            break
    if rated < products:
        yield inapplicable(f"fewer than {products} products with a rating were fetched")
        return
    (value, count), pages = max(found.items(), key=lambda one: len(one[1]))
    number = _number(count)
    # Hundreds of products may have one review of five stars each
    if number is None or number < 5 or len(pages) < rated * 0.9:
        return
    pages.sort()
    yield failed(
        "one rating",
        *(Excerpt(name, url) for url, name in pages[:3]),
        page=pages[0][0],
        certainty=Certainty.LIKELY if len(pages) < rated else None,
        value=value,
        voices=count,
        count=len(pages),
        rated=rated,
    )


@check(scope=Scope.SITE)
def reviews_own(run: SiteQuery, *, products: int = 3) -> Iterator[Observation]:
    """No review stands in the markup of `products` or more products with different names: it can be of one of them only.

    Short ones ("Great!") may well be written twice, so author and text, of 40 characters or more, make a review.
    """
    found: dict[str, dict[str, tuple[str, str, str]]] = {}
    looked = 0
    for count, snapshot in enumerate(run.fetched(PageType.PRODUCT)):
        if count >= _MOST or len(found) > _MOST:
            break
        for item in own_items(snapshot)[:5]:
            for review in item.items("review")[:50]:
                body, author = review.text("reviewBody") or review.text("description"), review.text("author")
                if len(body) < 40 or not author:
                    continue
                looked += 1
                key = " ".join(f"{author}: {body}".split()).casefold()[:300]
                name = " ".join(item.text("name").split())
                found.setdefault(key, {}).setdefault(name.casefold(), (snapshot.url, name, f"{author}: {body}"[:120]))
    if not looked:
        yield inapplicable("no reviews in the markup of products")
        return
    shared = [pages for pages in found.values() if len(pages) >= products]
    if shared:
        pages = sorted(max(shared, key=len).values())
        yield failed(
            "shared reviews",
            *(Excerpt(name, url) for url, name, _ in pages[:3]),
            page=pages[0][0],
            count=len(shared),
            products=len(pages),
            review=pages[0][2],
        )


def _number(written: str) -> Decimal | None:
    try:
        number = Decimal(written.strip().replace(",", ".")) if len(written) < 20 else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
