"""URLs resolve as in a browser, and a page has one key however its address is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.urls import absolute, crawl_key, host, is_http, leads_back, origin, page_key, without_fragment

BASE = "https://shop.example/en/shoes/?page=2#list"

garbage = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(), max_size=30).map(lambda text: f"https://shop.example/{text}"),
    st.text(alphabet="/?#&=%2fF5cC.\\:@[]{}|^`'\"+; aé", max_size=40).map(lambda text: f"https://shop.example/{text}"),
    st.text(alphabet="[]:@%\x00 .0a-", max_size=20).map(lambda text: f"http://{text}"),
)


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        ("lamp", "https://shop.example/en/shoes/lamp"),
        ("/lamp", "https://shop.example/lamp"),
        ("//cdn.example/x.js", "https://cdn.example/x.js"),
        ("", "https://shop.example/en/shoes/?page=2"),
        ("#", "https://shop.example/en/shoes/?page=2#"),
        ("#top", "https://shop.example/en/shoes/?page=2#top"),
        ("?", "https://shop.example/en/shoes/?"),
        ("?page=3", "https://shop.example/en/shoes/?page=3"),
        ("../bags", "https://shop.example/en/bags"),
        ("../../../../bags", "https://shop.example/bags"),
        ("./%2e%2E/bags", "https://shop.example/en/bags"),
        ("\\bags\\red", "https://shop.example/bags/red"),
        ("https:\\\\other.example\\x", "https://other.example/x"),
        ("https:lamp", "https://shop.example/en/shoes/lamp"),
        ("  /lamp\n", "https://shop.example/lamp"),
        ("/la\tmp\n", "https://shop.example/lamp"),
        ("/two words", "https://shop.example/two%20words"),
        ("/lamp\xa0", "https://shop.example/lamp%C2%A0"),  # what a browser asks for, and the shop answers 404
        ("/100%", "https://shop.example/100%"),
        ("/größe", "https://shop.example/gr%C3%B6%C3%9Fe"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("HTTPS://SHOP.EXAMPLE:443/X", "https://shop.example/X"),
        ("http://shop.example:8080/x", "http://shop.example:8080/x"),
        ("http://127.1/x", "http://127.0.0.1/x"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("mailto:a@shop.example", "mailto:a@shop.example"),
        ("javascript:void(0)", "javascript:void(0)"),
        ("tel:+49 30", "tel:+49 30"),
        ("/a?b=1&amp;c=2", "https://shop.example/a?b=1&amp;c=2"),  # entities are the caller's
    ],
)
def test_resolves_as_a_browser(href: str, wanted: str) -> None:
    assert absolute(BASE, href) == wanted


@pytest.mark.parametrize(
    "href", ["http://", "https://shop.example:99999/", "http://[::1", "http://a b/", "http://%00/", "https://\ud800/"]
)
def test_gives_up_where_a_browser_does(href: str) -> None:
    assert absolute(BASE, href) is None


def test_gives_up_on_a_base_that_is_none() -> None:
    assert absolute("not a url", "/x") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://shop.example/a?b=1&c=2", "https://shop.example/a?c=2&b=1"),
        ("https://SHOP.example:443/a", "https://shop.example/a"),
        ("http://shop.example:80/a", "http://shop.example/a"),
        ("https://shop.example", "https://shop.example/"),
        ("https://shop.example/a#reviews", "https://shop.example/a"),
        ("https://shop.example/a?", "https://shop.example/a"),
        ("https://shop.example/a?&&b=1&", "https://shop.example/a?b=1"),
        ("https://shop.example/%7Euser", "https://shop.example/~user"),
        ("https://shop.example/%e4%bd%a0", "https://shop.example/你"),
        ("https://shop.example/a%2fb", "https://shop.example/a%2Fb"),
        ("https://shop.example/a|b", "https://shop.example/a%7Cb"),
        ("https://shop.example/?q=^", "https://shop.example/?q=%5E"),
        ("https://shop.example/?q='", "https://shop.example/?q=%27"),
        ("https://shop.example/a b", "https://shop.example/a%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://shop.example/a/../b", "https://shop.example/b"),
        ("https://user:pass@shop.example/a", "https://shop.example/a"),
    ],
)
def test_one_page_has_one_key(one: str, other: str) -> None:
    assert crawl_key(one) == crawl_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://shop.example/a", "https://shop.example/a/"),
        ("https://shop.example/a", "https://shop.example/A"),
        ("https://shop.example/a", "http://shop.example/a"),
        ("https://shop.example/a", "https://www.shop.example/a"),
        ("https://shop.example/a", "https://shop.example:8443/a"),
        ("https://shop.example/a/b", "https://shop.example/a%2Fb"),
        ("https://shop.example/a%252Fb", "https://shop.example/a%2Fb"),
        ("https://shop.example/a?b=1", "https://shop.example/a%3Fb=1"),
        ("https://shop.example/?a=1%26b=2", "https://shop.example/?a=1&b=2"),
        ("https://shop.example/?a=1%2B1", "https://shop.example/?a=1+1"),
        ("https://shop.example/?a=1", "https://shop.example/?a=2"),
        ("https://shop.example/?A=1", "https://shop.example/?a=1"),
        ("https://shop.example/?a", "https://shop.example/?a="),
        ("https://shop.example/?a=1", "https://shop.example/??a=1"),
        ("mailto:a@shop.example", "mailto:b@shop.example"),
    ],
)
def test_other_pages_have_other_keys(one: str, other: str) -> None:
    assert crawl_key(one) != crawl_key(other)


@pytest.mark.parametrize(
    "query",
    [
        "gclid=x",
        "utm_source=a&utm_campaign=b",
        "UTM_Source=a",
        "utm%5Fsource=a",
        "fbclid=1&srsltid=2",
        "_ga=1",
        "sid=1",
        "SID=1",
        "fsid_9=2",
    ],
)
def test_parameters_that_name_no_page_are_dropped(query: str) -> None:
    assert (
        crawl_key(f"https://shop.example/a?color=red&{query}", {"sid", "fsid*"}) == "https://shop.example/a?color=red"
    )
    assert crawl_key(f"https://shop.example/a?{query}", {"sid", "fsid*"}) == "https://shop.example/a"


@pytest.mark.parametrize("query", ["utm=1", "my_gclid=1", "side=1", "q=utm_source"])
def test_parameters_that_only_look_like_it_stay(query: str) -> None:
    assert crawl_key(f"https://shop.example/a?{query}", {"sid"}) == f"https://shop.example/a?{query}"


@given(garbage)
def test_keys_are_idempotent_and_nothing_raises(url: str) -> None:
    key = crawl_key(url, ("sid", "f*"))
    assert crawl_key(key, ("sid", "f*")) == key
    assert page_key(page_key(url)) == page_key(url)


@given(garbage, garbage)
def test_garbage_never_raises(base: str, href: str) -> None:
    found = absolute(base, href)
    assert found is None or absolute(found, "") == without_fragment(found)
    for text in (base, href):
        assert isinstance(host(text), str)
        assert isinstance(origin(text), str)
        assert isinstance(page_key(text, {"shop.example": "www.shop.example"}), str)


@given(
    st.lists(st.sampled_from(["a=1", "b=2", "b=3", "c=%20", "d"]), unique=True).flatmap(
        lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))
    )
)
def test_the_order_of_parameters_does_not_matter(pairs: tuple[list[str], list[str]]) -> None:
    one, other = (f"https://shop.example/?{'&'.join(pair)}" for pair in pairs)
    assert crawl_key(one) == crawl_key(other)


@pytest.mark.parametrize(
    ("url", "host_map", "wanted"),
    [
        (
            "http://staging.shop.example/a?b=1",
            {"staging.shop.example": "www.shop.example"},
            "https://www.shop.example/a?b=1",
        ),
        ("https://STAGING.shop.example/a", {"staging.shop.example": "www.shop.example"}, "https://www.shop.example/a"),
        ("http://127.0.0.1:8000/a", {"127.0.0.1:8000": "shop.example"}, "https://shop.example/a"),
        ("http://127.0.0.1:8001/a", {"127.0.0.1:8000": "shop.example"}, "http://127.0.0.1:8001/a"),
        ("http://127.0.0.1:8001/a", {"127.0.0.1": "shop.example"}, "https://shop.example/a"),
        (
            "http://127.0.0.1:8001/a",
            {"127.0.0.1": "shop.example", "127.0.0.1:8001": "b2b.example"},
            "https://b2b.example/a",
        ),
        ("http://[::1]:8000/a", {"[::1]:8000": "shop.example"}, "https://shop.example/a"),
        ("https://other.example/a", {"staging.shop.example": "www.shop.example"}, "https://other.example/a"),
    ],
)
def test_a_staging_page_is_known_as_its_production_page(url: str, host_map: dict[str, str], wanted: str) -> None:
    assert page_key(url, host_map) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://user:pass@shop.example:8443/a", "https://shop.example:8443"),
        ("https://shop.example/a", "https://shop.example"),
        ("mailto:a@b.example", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_origin(url: str, wanted: str) -> None:
    assert origin(url) == wanted


def test_host_and_scheme() -> None:
    assert host("https://user@SHOP.example:8443/a") == "shop.example"
    assert host("http://[::1") == ""
    assert is_http("https://a.example")
    assert not is_http("ftp://a.example")


@given(garbage, garbage)
def test_whether_a_url_leads_back_is_told_of_any(url: str, target: str) -> None:
    assert leads_back(url, target) in (True, False)


@pytest.mark.parametrize(
    ("url", "back"),
    [
        ("https://queue.example/?c=acme&t=https%3A%2F%2Fshop.example%2Flamp%3Fid%3D1", True),
        ("https://sso.example/?return_to=https://shop.example/lamp?id=1", True),
        ("https://sso.example/?return_to=https://shop.example/account/callback", False),
        ("https://www.shop.example/lamp?id=1", False),
        ("https://queue.example/", False),
    ],
)
def test_a_url_that_leads_back_to_another(url: str, back: bool) -> None:
    assert leads_back(url, "https://shop.example/lamp?id=1") is back
