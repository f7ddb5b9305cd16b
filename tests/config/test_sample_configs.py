"""Every sample config loads, with the built-in packs, as a user would load it."""

from pathlib import Path

import pytest

from auditor.config.config import load

SAMPLES = sorted((Path(__file__).parents[2] / "sample_configs").glob("*.yaml"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample_loads(sample: Path) -> None:
    config = load(str(sample), environment={"STAGING_PASSWORD": "secret"})
    assert config.site.url.startswith("https://")
    assert "secret" not in config.public()


def test_there_is_one_for_each_platform_and_use() -> None:
    assert {path.stem for path in SAMPLES} >= {
        *("quick", "nightly", "ci-gate", "full-matrix"),
        *("shopify", "magento", "bigcommerce", "woocommerce", "opencart", "prestashop", "volusion"),
    }
