"""The table of rich results is read whole, and each row says where it is from."""

import re

from auditor.knowledge import rich_results


def test_every_feature_asks_for_something_and_names_its_source() -> None:
    features = rich_results.load()
    assert {feature.id for feature in features} >= {"product-snippet", "merchant-listing", "breadcrumb"}
    assert len({feature.id for feature in features}) == len(features)
    for feature in features:
        assert feature.required or feature.recommended, feature.id
        assert feature.source.startswith("https://developers.google.com/search/docs/"), feature.id
        assert re.fullmatch(r"\d{4}-\d{2}", feature.checked), feature.id


def test_requirements_have_alternatives() -> None:
    assert rich_results.paths_of("offers.price | name") == (("offers", "price"), ("name",))
