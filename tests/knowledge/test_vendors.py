"""Tag vendors: whose request it is, and which hosts may be refused as a whole."""

import time

import pytest

from auditor.knowledge import vendors
from auditor.knowledge.vendors import Endpoint, Kind, Match, Vendor, Vendors

COLLECT = [
    ("https://www.google-analytics.com/g/collect?v=2&tid=G-1&en=page_view", "POST", "ga4"),
    ("https://region1.google-analytics.com/g/collect?v=2&tid=G-1", "POST", "ga4"),
    ("https://analytics.google.com/g/collect?v=2&tid=G-1", "POST", "ga4"),
    ("https://analytics.google.com/g/s/collect?gtm=1", "GET", "ga4"),
    ("https://www.google-analytics.com/j/collect?v=1&tid=UA-1-1", "POST", "ga4"),
    ("https://www.google-analytics.com/collect?v=1&tid=UA-1-1", "GET", "ga4"),
    ("https://www.google.de/ads/ga-audiences?v=1&tid=G-1", "GET", "ga4"),
    ("https://sgtm.shop.example/g/collect?v=2&tid=G-1", "POST", "ga4"),
    ("https://shop.example/metrics/g/collect?v=2&tid=G-1", "POST", "ga4"),
    ("https://googleads.g.doubleclick.net/pagead/viewthroughconversion/123/?x=1", "GET", "google-ads"),
    ("https://www.googleadservices.com/pagead/conversion/123/?label=x", "GET", "google-ads"),
    ("https://www.google.com/pagead/1p-user-list/123/?x=1", "GET", "google-ads"),
    ("https://www.google.co.uk/pagead/1p-conversion/123/?x=1", "GET", "google-ads"),
    ("https://www.google.com/ccm/collect?en=page_view&tid=AW-1", "POST", "google-ads"),
    ("https://pagead2.googlesyndication.com/ccm/collect?en=page_view", "POST", "google-ads"),
    ("https://td.doubleclick.net/td/rul/123?random=1", "GET", "google-ads"),
    ("https://ad.doubleclick.net/activity;src=1;type=x", "GET", "floodlight"),
    ("https://1234.fls.doubleclick.net/activityi;src=1234", "GET", "floodlight"),
    ("https://stats.g.doubleclick.net/g/collect?v=2&tid=G-1", "GET", "doubleclick"),
    ("https://www.facebook.com/tr/?id=1&ev=PageView", "GET", "meta"),
    ("https://www.facebook.com/tr?id=1&ev=PageView", "GET", "meta"),
    ("https://analytics.tiktok.com/api/v2/pixel", "POST", "tiktok"),
    ("https://ct.pinterest.com/v3/?tid=1&event=pagevisit", "GET", "pinterest"),
    ("https://ct.pinterest.com/user/?tid=1", "GET", "pinterest"),
    ("https://bat.bing.com/action/0?ti=1", "GET", "bing-uet"),
    ("https://bat.bing.com/actionp/0?ti=1", "POST", "bing-uet"),
    ("https://a.klaviyo.com/client/events/?company_id=1", "POST", "klaviyo"),
    ("https://sslwidget.criteo.com/event?a=1", "GET", "criteo"),
    ("https://tr.snapchat.com/p", "POST", "snap"),
    ("https://px.ads.linkedin.com/collect/?pid=1", "GET", "linkedin"),
    ("https://analytics.twitter.com/i/adsct?txn_id=1", "GET", "x"),
    ("https://t.co/i/adsct?txn_id=1", "GET", "x"),
    ("https://alb.reddit.com/rp.gif?id=t2_1", "GET", "reddit"),
    ("https://shop.example/matomo/matomo.php?idsite=1&rec=1", "POST", "matomo"),
    ("https://stats.example/piwik.php?idsite=1", "GET", "matomo"),
    ("https://metrics.hotjar.io/?v=7", "POST", "hotjar"),
    ("https://k.clarity.ms/collect", "POST", "clarity"),
    ("https://shop.sc.omtrdc.net/b/ss/prod/1/JS/s1", "GET", "adobe-analytics"),
    ("https://smetrics.shop.example/b/ss/prod/1/JS/s1", "POST", "adobe-analytics"),
    ("https://edge.adobedc.net/ee/v1/interact?configId=1", "POST", "adobe-analytics"),
    ("https://api.segment.io/v1/t", "POST", "segment"),
    ("https://monorail-edge.shopifysvc.com/v1/produce", "POST", "shopify-analytics"),
    ("https://shop.example/.well-known/shopify/monorail/unstable/produce_batch", "POST", "shopify-analytics"),
    ("https://api2.amplitude.com/2/httpapi", "POST", "amplitude"),
    ("https://api-js.mixpanel.com/track/?verbose=1", "POST", "mixpanel"),
    ("https://heapanalytics.com/h?a=1", "GET", "heap"),
    ("https://rs.fullstory.com/rec/bundle/v2?OrgId=1", "POST", "fullstory"),
    ("https://us.i.posthog.com/e/?ip=1", "POST", "posthog"),
    ("https://cloudflareinsights.com/cdn-cgi/rum", "POST", "cloudflare-insights"),
    ("https://shop.example/cdn-cgi/rum?", "POST", "cloudflare-insights"),
    ("https://bam.nr-data.net/1/abc", "POST", "new-relic"),
    ("https://o123.ingest.sentry.io/api/456/envelope/?sentry_key=a", "POST", "sentry"),
    ("https://browser-intake-datadoghq.eu/api/v2/rum?dd-api-key=a", "POST", "datadog-rum"),
    ("https://network.bazaarvoice.com/st.gif?client=x", "GET", "bazaarvoice"),
    ("https://p.yotpo.com/i?e=pv", "GET", "yotpo"),
    ("https://shop.example/collect?v=1&tid=UA-12-1", "GET", "ga4"),
]
LIBRARIES = [
    ("https://www.googletagmanager.com/gtm.js?id=GTM-ABC", "google-tag-manager"),
    ("https://www.googletagmanager.com/ns.html?id=GTM-ABC", "google-tag-manager"),
    ("https://sgtm.shop.example/gtm.js?id=GTM-ABC", "google-tag-manager"),
    ("https://www.googletagmanager.com/gtag/js?id=G-ABC", "ga4"),
    ("https://www.google-analytics.com/analytics.js", "ga4"),
    ("https://connect.facebook.net/en_US/fbevents.js", "meta"),
    ("https://connect.facebook.net/signals/config/123?v=2.9", "meta"),
    ("https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=C1", "tiktok"),
    ("https://s.pinimg.com/ct/core.js", "pinterest"),
    ("https://bat.bing.com/bat.js", "bing-uet"),
    ("https://static.klaviyo.com/onsite/js/klaviyo.js?company_id=1", "klaviyo"),
    ("https://www.clarity.ms/tag/abc", "clarity"),
    ("https://static.hotjar.com/c/hotjar-1.js?sv=6", "hotjar"),
    ("https://cdn.cookielaw.org/scripttemplates/otSDKStub.js", "onetrust"),
    ("https://consent.cookiebot.com/uc.js", "cookiebot"),
    ("https://app.usercentrics.eu/browser-ui/latest/loader.js", "usercentrics"),
    ("https://sdk.privacy-center.org/abc/loader.js", "didomi"),
    ("https://shop.example/js/klaro.js", "klaro"),
    ("https://cdn-cookieyes.com/client_data/abc/script.js", "cookieyes"),
    ("https://cdn.shopify.com/s/files/1/x.js", "shopify-cdn"),
    ("https://js.stripe.com/v3/", "stripe"),
    ("https://www.google.com/recaptcha/api.js", "recaptcha"),
]
NOBODY = [
    "https://shop.example/",
    "https://shop.example/collect",
    "https://shop.example/collections/all?v=2",
    "https://shop.example/products/tr",
    "https://shop.example/tr?id=5",
    "https://www.google.com/search?q=shop",
    "https://www.google.com/maps/embed",
    "https://www.facebook.com/acme",
    "https://www.facebook.com/sharer/sharer.php?u=x",
    "https://notgoogle-analytics.com/g/other",
    "https://evil-facebook.com/tr/",
    "https://shop.example/e/?x=1",
    "https://shop.example/s/",
    "https://[bad",
    "",
    "data:image/gif;base64,R0lGOD",
]


@pytest.fixture(scope="module")
def known() -> Vendors:
    return vendors.load()


@pytest.mark.parametrize(("url", "method", "vendor"), COLLECT)
def test_collect(known: Vendors, url: str, method: str, vendor: str) -> None:
    assert known.match(url, method) == Match(vendor, Kind.COLLECT)


@pytest.mark.parametrize(("url", "vendor"), LIBRARIES)
def test_libraries(known: Vendors, url: str, vendor: str) -> None:
    assert known.match(url) == Match(vendor, Kind.LIBRARY)


@pytest.mark.parametrize("url", NOBODY)
def test_nobody(known: Vendors, url: str) -> None:
    assert known.match(url) is None


REFUSED = [
    "www.google-analytics.com",
    "region1.google-analytics.com",
    "analytics.google.com",
    "stats.g.doubleclick.net",
    "td.doubleclick.net",
    "googleads.g.doubleclick.net",
    "1234.fls.doubleclick.net",
    "ct.pinterest.com",
    "px.ads.linkedin.com",
    "analytics.twitter.com",
    "alb.reddit.com",
    "k.clarity.ms",
    "c.clarity.ms",
    "monorail-edge.shopifysvc.com",
    "api2.amplitude.com",
    "rs.fullstory.com",
    "in.hotjar.com",
    "vc.hotjar.io",
    "bam.nr-data.net",
    "o1.ingest.sentry.io",
    "browser-intake-datadoghq.com",
    "tr.snapchat.com",
    "sslwidget.criteo.com",
    "a.klaviyo.com",
]
MIXED = [
    "www.google.com",
    "www.google.de",
    "www.facebook.com",
    "bat.bing.com",
    "analytics.tiktok.com",
    "www.googletagmanager.com",
    "www.googleadservices.com",
    "ad.doubleclick.net",
]
NEITHER = [
    "shop.example",
    "cdn.shopify.com",
    "fonts.googleapis.com",
    "js.stripe.com",
    "consent.cookiebot.com",
    "static.klaviyo.com",
    "static.hotjar.com",
    "s.pinimg.com",
    "google.com",
    "maps.google.com",
    "cdn.cookielaw.org",
]


@pytest.mark.parametrize("host", [host for host in REFUSED if host != "tr.snapchat.com"])
def test_hosts_that_only_collect_are_refused(known: Vendors, host: str) -> None:
    assert known.refuses(host)
    assert known.refuses(f"{host.upper()}:443") == known.refuses(host)
    assert known.mixed(host) is None


@pytest.mark.parametrize("host", [*MIXED, "tr.snapchat.com"])
def test_hosts_that_serve_other_things_too_are_not(known: Vendors, host: str) -> None:
    assert known.refuses(host) is None
    assert known.mixed(host)


@pytest.mark.parametrize("host", NEITHER)
def test_hosts_that_do_not_collect_are_left_alone(known: Vendors, host: str) -> None:
    assert known.refuses(host) is None
    assert known.mixed(host) is None


def test_no_consent_banner_and_no_payment_is_refused(known: Vendors) -> None:
    """A page without its banner or its payment buttons is another page."""
    for vendor in known:
        if vendor.category == "consent":
            assert vendor.collect == (), vendor.id
        for endpoint in vendor.libraries:
            if endpoint.host and known.refuses(endpoint.host):
                assert any(one.whole for one in vendor.collect), (
                    f"{vendor.id}: its library's host {endpoint.host} would be refused"
                )


def test_every_row_says_from_where_and_when(known: Vendors) -> None:
    rows = list(known)
    assert len(rows) > 100
    for vendor in rows:
        assert vendor.source.startswith("https://")
        assert vendor.checked.startswith("2026-")
        assert vendor.collect or vendor.libraries
        assert known.get(vendor.id) is vendor
        assert vendor.id == vendor.id.lower()


def test_every_vendor_can_be_met_by_host(known: Vendors) -> None:
    for vendor in known:
        for endpoint in (*vendor.collect, *vendor.libraries):
            if endpoint.host and not endpoint.path:
                assert known.match(f"https://{endpoint.host}/x?y=1", endpoint.method or "GET"), endpoint.host


def test_narrower_hosts_come_first() -> None:
    def row(name: str, endpoint: Endpoint, library: bool = False) -> Vendor:
        endpoints = {"libraries" if library else "collect": (endpoint,)}
        return Vendor(id=name, name=name, category="ads", source="https://x.example", checked="2026-11", **endpoints)

    known = Vendors(
        (row("wide", Endpoint(host="tags.example")), row("narrow", Endpoint(host="cdn.tags.example"), library=True))
    )
    assert known.match("https://cdn.tags.example/x") == Match("narrow", Kind.LIBRARY)
    assert known.match("https://a.tags.example/x") == Match("wide", Kind.COLLECT)
    assert known.refuses("cdn.tags.example") is None
    assert known.refuses("a.tags.example") == "wide"
    assert known.refuses("othertags.example") is None


def test_a_lookup_costs_little(known: Vendors) -> None:
    urls = [f"https://cdn.shop.example/files/{number}.js?v={number}" for number in range(2_000)]
    started = time.process_time()
    assert not any(known.match(url) for url in urls)
    assert (time.process_time() - started) / len(urls) < 0.005
    started = time.process_time()
    known.match("https://shop.example/" + "collect/" * 5_000 + "?" + "tid=" * 5_000)
    assert time.process_time() - started < 0.5


def test_a_shops_own_collection_endpoints_by_config() -> None:
    known = vendors.extended(vendors.load(), [("ga4", "https://shop.example/data"), ("nobody", "https://x.example/")])
    assert known.match("https://shop.example/data?x=1", "POST") == Match("ga4", Kind.COLLECT)
    assert known.match("https://shop.example/data/more") == Match("ga4", Kind.COLLECT)
    assert known.match("https://other.example/data") is None
    assert known.match("https://shop.example/products/lamp") is None
    assert known.refuses("shop.example") is None
    assert vendors.load().match("https://shop.example/data") is None
    assert vendors.extended(vendors.load(), []) is vendors.load()
