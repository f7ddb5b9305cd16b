"""Facts of structured data share one form: an item has types, properties, and where it stood; JSON-LD, microdata and RDFa alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

import msgspec

SCHEMA = ("https://schema.org/", "http://schema.org/", "https://www.schema.org/", "http://www.schema.org/", "schema:")
DEEPEST = 32  # nested items further down are dropped and reported
MOST_ITEMS = 5_000
MOST_VALUES = 20_000

# schema.org's families that shops use; the name itself always belongs to its family
_FAMILIES: dict[str, frozenset[str]] = {
    name: frozenset(members.split())
    for name, members in {
        "Product": "ProductGroup ProductModel IndividualProduct SomeProducts ProductCollection DietarySupplement Drug Vehicle Car Motorcycle"
        " MotorizedBicycle BusOrCoach",
        "Offer": "AggregateOffer OfferForLease OfferForPurchase",
        "Organization": "Corporation OnlineBusiness OnlineStore LocalBusiness Store Brand NGO AutoPartsStore BikeStore BookStore ClothingStore"
        " ComputerStore ConvenienceStore DepartmentStore ElectronicsStore Florist FurnitureStore GardenStore GroceryStore HardwareStore HobbyShop"
        " HomeGoodsStore JewelryStore LiquorStore MensClothingStore MobilePhoneStore MusicStore OfficeEquipmentStore OutletStore PetStore ShoeStore"
        " SportingGoodsStore TireShop ToyStore WholesaleStore",
        "WebPage": "ItemPage CollectionPage AboutPage ContactPage CheckoutPage FAQPage ProfilePage QAPage SearchResultsPage",
        "Article": "BlogPosting NewsArticle TechArticle Report SocialMediaPosting",
        "ItemList": "BreadcrumbList OfferCatalog HowToStep",
        "Rating": "AggregateRating EndorsementRating",
        "PriceSpecification": "UnitPriceSpecification CompoundPriceSpecification DeliveryChargeSpecification PaymentChargeSpecification",
        "Book": "Audiobook",
    }.items()
}


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing the markup describes. Property values are always lists; nested things are items themselves.

    `types` and property names of schema.org stand without its prefix, others in full. `path`: JSON path in the block, or
    the chain of properties of microdata and RDFa. `line`: in the document; of the block's script tag for JSON-LD (`jsonld.locate`
    finds the exact one). `referenced`: put in for an `@id` reference; the item also stands elsewhere in its own right.
    """

    types: tuple[str, ...] = ()
    id: str = ""  # resolved against the document
    properties: dict[str, list[Value]] = {}
    source: str = "json-ld"  # json-ld | microdata | rdfa
    block: int = 0  # which script block, or which top-level microdata item, from 0
    path: str = ""
    line: int = 0
    referenced: bool = False

    def all(self, name: str) -> list[Value]:
        return self.properties.get(name, [])

    def first(self, name: str) -> Value:
        """The first value that is not null."""
        return next((value for value in self.all(name) if value is not None), None)

    def items(self, name: str) -> list[Item]:
        return [value for value in self.all(name) if isinstance(value, Item)]

    def text(self, name: str) -> str:
        """The first value in words: a number as written in Python, a nested item by its name, else its id; "" where there is none."""
        value = self.first(name)
        if isinstance(value, Item):
            return value.text("name") or value.id
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value).strip()

    def texts(self, name: str) -> list[str]:
        """All values in words, as `text` does."""
        return [Item(properties={name: [value]}).text(name) for value in self.all(name)]

    def is_a(self, family: str) -> bool:
        """Whether a type is `family` or one of its subtypes that shops use."""
        members = _FAMILIES.get(family, frozenset())
        return any(name == family or name in members for name in self.types)

    def walk(self, *, referenced: bool = False) -> Iterator[Item]:
        """The item and all nested ones, in order of the markup; those put in for references only when asked for."""
        yield self
        for values in self.properties.values():
            for value in values:
                if isinstance(value, Item) and (referenced or not value.referenced):
                    yield from value.walk(referenced=referenced)


Value = Union[str, int, float, bool, None, Item]  # noqa: UP007  evaluated by msgspec, where Item is a name yet to come


def short(name: str) -> str:
    """A type's or property's name without schema.org's prefix."""
    for prefix in SCHEMA:
        if name.startswith(prefix):
            return name[len(prefix) :].strip("/#") or name
    return name
