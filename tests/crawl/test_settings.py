from auditor.config.config import load
from auditor.crawl.settings import settings_from, site_host
from auditor.model.urls import twin


def test_a_config_becomes_settings_with_its_secrets_in_them() -> None:
    config = load(
        "https://shop.example:8443/de?x#top",
        {"crawl.start": ["/sale", "https://shop.example:8443/new"], "access.headers": {"X-Key": "k"}, "market.locale": "de-DE",
         "access.basic_auth": {"user": "qa", "password": "pw"}, "crawl.drop_parameters": ["MyCampaign"]},
    )  # fmt: skip
    told = settings_from(config, token="auditor/0.1.0")
    assert told.start == (
        "https://shop.example:8443/de?x",
        "https://shop.example:8443/sale",
        "https://shop.example:8443/new",
    )
    assert told.hosts == ("shop.example:8443",)
    assert told.user_agent.startswith("Mozilla/5.0 ")
    assert told.user_agent.endswith(" auditor/0.1.0")
    assert told.accept_language == "de-DE,de;q=0.9,en;q=0.5"
    assert told.session.headers == {"X-Key": "k"}
    assert told.session.basic_auth == ("qa", "pw")
    assert told.session.origins == ("https://shop.example:8443",)
    assert "mycampaign" in told.drop


def test_dropped_parameters_do_not_depend_on_the_platform() -> None:
    config = load("https://shop.example/")
    assert settings_from(config, platform="shopify", token="t").drop == settings_from(config, token="t").drop


def test_hosts_and_twins() -> None:
    assert site_host("https://Shop.Example:443/x") == "shop.example"
    assert site_host("http://shop.example:8080") == "shop.example:8080"
    assert site_host("http://[::1]:80/") == "[::1]"
    assert site_host("mailto:x") == ""
    assert twin("shop.example") == "www.shop.example"
    assert twin("www.shop.example:8443") == "shop.example:8443"
    assert twin("127.0.0.1:80") == twin("localhost") == twin("[::1]") == ""
