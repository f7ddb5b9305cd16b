"""Facts about the market a page was answered for: the currency and country that the shop's own scripts and tags name."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from auditor.evidence.document import Document
from auditor.facts.currency import CODES
from auditor.facts.meta import Meta
from auditor.facts.offers import Offers
from auditor.knowledge.sought import IN_PAGES, Sought

VERSION = 1
_READ = 3_000_000  # characters of a document that are searched
# Where platforms write the currency a visitor shops in. Each source: the platform's own code or pages (docs/price-sources.md).
# Before each stand, in small letters, words of which one is in whatever it finds: asked first, since that is far faster.
_CURRENCY = (
    (("shopify.currency",), re.compile(r"Shopify\.currency\s*=\s*\{\s*\"active\"\s*:\s*\"([A-Z]{3})\"")),
    # PrestaShop: var prestashop, and its classes
    (("iso_code",), re.compile(r"\"currency\"\s*:\s*\{[^{}]{0,200}?\"iso_code\"\s*:\s*\"([A-Z]{3})\"")),
    (("currency-",), re.compile(r"<body[^>]{0,2000}[\s\"']currency-([a-z]{3})[\s\"'>]")),
    # BigCommerce: BCData
    (
        ("without_tax", "with_tax"),
        re.compile(r"\"(?:without_tax|with_tax)\"\s*:\s*\{[^{}]{0,200}?\"currency\"\s*:\s*\"([A-Z]{3})\""),
    ),
)
# What any script may call so: believed after the tags, since analytics often name the shop's currency, not the visitor's
_SCRIPTED_WORDS = tuple(f"currency{more}{end}" for more in ("", "code", "_code") for end in ('"', "&quot;"))
_SCRIPTED = re.compile(
    r"currency(?:Code|_code)?(?:\"|&quot;)\s*:\s*\{?(?:\"|&quot;)(?:code(?:\"|&quot;)\s*:\s*(?:\"|&quot;))?([A-Z]{3})(?:\"|&quot;)"
)
_COUNTRY = (
    (("shopify.country",), re.compile(r"Shopify\.country\s*=\s*\"([A-Z]{2})\"")),
    (("country-",), re.compile(r"<body[^>]{0,2000}[\s\"']country-([a-z]{2})[\s\"'>]")),
)
_RATE_WORDS = ("shopify.currency",)
_RATE = re.compile(r"Shopify\.currency\s*=\s*\{[^{}]{0,100}\"rate\"\s*:\s*\"([\d.]{1,20})\"")


class Market(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`currency_from`: platform (its own scripts), tags (Open Graph), scripts (others), markup; "" where nothing clear names one."""

    currency: str = ""
    currency_from: str = ""
    country: str = ""
    language: str = ""  # of the html element, as written
    converted: bool = False  # the platform says that its prices are converted from another currency

    @property
    def words(self) -> str:
        """`EUR, DE, de-DE`: how a report names it; "" where nothing is known."""
        return ", ".join(filter(None, (self.currency, self.country, self.language)))


def market(document: Document, about: Meta, offers: Offers) -> Market:
    """The market of a page, from the clearest of its sources. Several currencies in one source count as none."""
    text = document.html[:_READ]
    there = _words(text)
    language = (document.tree.get("lang") or "")[:40]
    countries = (pattern.search(text) for words, pattern in _COUNTRY if not there.isdisjoint(words))
    country = next((match[1].upper() for match in countries if match), "")
    rate = None if there.isdisjoint(_RATE_WORDS) else _RATE.search(text)
    found, source = _currency(text, there, about, offers)
    return Market(
        currency=found,
        currency_from=source,
        country=country,
        language=language,
        converted=rate is not None and rate[1].rstrip("0").rstrip(".") != "1",
    )


@cache
def _sought() -> Sought:
    patterns = (*_CURRENCY, *_COUNTRY)
    IN_PAGES.add((*(word for words, _ in patterns for word in words), *_SCRIPTED_WORDS, *_RATE_WORDS))
    return IN_PAGES


def _words(text: str) -> frozenset[str]:
    return _sought().found(text)


def _currency(text: str, there: frozenset[str], about: Meta, offers: Offers) -> tuple[str, str]:
    for words, pattern in _CURRENCY:
        if (
            not there.isdisjoint(words)
            and len(codes := {match[1].upper() for match in pattern.finditer(text)} & CODES) == 1
        ):
            return codes.pop(), "platform"
    for name in ("product:price:currency", "og:price:currency"):
        if (code := about.property(name).strip().upper()) in CODES:
            return code, "tags"
    if (
        not there.isdisjoint(_SCRIPTED_WORDS)
        and len(codes := {match[1] for match in _SCRIPTED.finditer(text)} & CODES) == 1
    ):
        return codes.pop(), "scripts"
    stated = {offer.currency for offer in offers.offers if offer.currency}
    return (stated.pop(), "markup") if len(stated) == 1 else ("", "")
