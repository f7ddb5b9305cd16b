"""Secrets come from the environment, go to the configured origins only, and are looked at before the first request."""

import json
import time
from pathlib import Path

import pytest

from auditor.config import signature
from auditor.config.config import load
from auditor.config.session import Cookie, Session, origin_of, session_of
from auditor.model.errors import UsageError

INPUT = 'sig1=("@authority" "signature-agent");keyid="k";nonce="n";tag="web-bot-auth";created=1730000000;expires={}'


def written(tmp_path: Path, access: str, more: str = "") -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(f"site: https://shop.example\naccess: {access}\n{more}", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("access", "says"),
    [
        (
            "{basic_auth: {user: qa, password: hunter2}}",
            "access.basic_auth.password is a secret and stands in the file",
        ),
        ("{storefront: letmein}", "access.storefront is a secret"),
        ("{storefront: {password: letmein}}", "access.storefront.password is a secret"),
        ("{headers: {X-Api-Key: k}}", "access.headers.X-Api-Key is a secret"),
        ("{headers: {X-Env: 0123456789abcdef}}", "access.headers.X-Env is a secret"),
        ("{cookies: {preview_session: x}}", "access.cookies.preview_session is a secret"),
        ("{proxy: 'http://me:pw@proxy.example:3128'}", "access.proxy is a secret"),
        ("{signature: {input: 'sig1=(x)', signature: 'sig1=:x:'}}", "access.signature.input is a secret"),
        ("{proxy: 'socks5://proxy.example'}", "not the address of an HTTP proxy"),
        ("{origins: [checkout.shop.example]}", "is not an origin; write it like https://"),
        ("{headers: {'X Y': a}}", "is not the name of a header"),
        ("{cookies: {a: 'b;c'}}", "a character in it that no cookie may have"),
        ("{login: {storage_state: no.json}}", "'access.login.canary' is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, access: str, says: str) -> None:
    path = written(tmp_path, access)
    with pytest.raises(UsageError) as raised:
        load(path, environment={})
    assert says in str(raised.value)
    assert f"{path}:2" in str(raised.value)
    for secret in ("hunter2", "letmein", "0123456789abcdef", "me:pw"):
        assert secret not in str(raised.value)


def test_what_is_no_secret_may_stand_in_the_file(tmp_path: Path) -> None:
    config = load(written(tmp_path, "{headers: {X-Env: staging}, cookies: {country: DE}, proxy: 'http://proxy:3128'}"))
    session = session_of(config.access, config.site.url)
    assert session.headers_for("https://shop.example/") == {"X-Env": "staging", "Cookie": "country=DE"}
    assert session.proxy == "http://proxy:3128"


def test_secrets_go_to_their_origins_only() -> None:
    session = Session(
        origins=("https://shop.example", "http://plain.example"),
        headers={"X-Key": "k"},
        basic_auth=("qa", "pw"),
        cookies=(
            Cookie(name="a", value="1", domain="shop.example"),
            Cookie(name="b", value="2", domain="shop.example", path="/account"),
            Cookie(name="old", value="3", domain="shop.example", expires=time.time() - 10),
        ),
    )
    assert session.headers_for("https://shop.example/x") == {
        "X-Key": "k", "Authorization": "Basic cWE6cHc=", "Cookie": "a=1",
    }  # fmt: skip
    assert session.headers_for("https://shop.example:443/account/x")["Cookie"] == "a=1; b=2"
    assert session.headers_for("https://shop.example/accounting")["Cookie"] == "a=1"
    assert session.knows("https://plain.example/"), "an upgrade to https loses nothing"
    for other in (
        "http://shop.example/", "https://www.shop.example/", "https://shop.example:8443/", "https://shop.example.evil.test/",
        "https://evil.test/https://shop.example/", "https://shop.example@evil.test/", "//shop.example", "mailto:a@shop.example", "",
    ):  # fmt: skip
        assert session.headers_for(other) == {}, other
    assert session.without_secrets().headers_for("https://shop.example/") == {}


def test_secrets_that_a_page_shows_are_struck_out() -> None:
    session = Session(
        headers={"X-Env": "staging", "Signature": 'sig1=:"abc"&:'},
        basic_auth=("qa", "s3cret-word"),
        cookies=(
            Cookie(name="country", value="DE", domain="x"),
            Cookie(name="sid", value="0123456789abcdef", domain="x"),
        ),
    )
    said = b'staging DE sig1=:"abc"&: sig1=:&quot;abc&quot;&amp;: sid=0123456789abcdef s3cret-word cWE6czNjcmV0LXdvcmQ='
    hidden = session.hide(said)
    assert len(hidden) == len(said)
    assert hidden.replace(b"*", b"").split() == [b"staging", b"DE", b"sid="]
    assert Session(basic_auth=("qa", "password")).hide(b"your password") == b"your password"
    assert Session().hide(said) == said


def test_origins_have_one_form() -> None:
    assert origin_of("HTTPS://Shop.Example:443/x?y") == "https://shop.example"
    assert origin_of("http://[::1]:8080/") == "http://[::1]:8080"
    assert origin_of("https://shop.example:99999/") == origin_of("ftp://x") == origin_of("x") == ""


def test_a_storage_state_gives_what_is_the_shops(tmp_path: Path) -> None:
    state = {
        "cookies": [
            {"name": "s", "value": "own", "domain": ".shop.example", "path": "/", "expires": -1, "secure": True, "httpOnly": True},
            {"name": "t", "value": "other", "domain": "tracker.example", "path": "/"},
            {"name": "u", "value": "near", "domain": "notshop.example", "path": "/"},
        ],
        "origins": [
            {"origin": "https://shop.example", "localStorage": [{"name": "token", "value": "abc"}]},
            {"origin": "https://tracker.example", "localStorage": [{"name": "id", "value": "x"}]},
        ],
    }  # fmt: skip
    (tmp_path / "login.json").write_text(json.dumps(state))
    config = load(written(tmp_path, "{login: {storage_state: login.json, canary: {url: /account, text: Hello}}}"))
    session = session_of(config.access, config.site.url)
    assert [(one.name, one.value, one.domain) for one in session.cookies] == [("s", "own", "shop.example")]
    assert session.local_storage == {"https://shop.example": {"token": "abc"}}
    for text in ("[]", "no json", '{"cookies": [{"name": "x"}]}', '{"cookies": []}'):
        (tmp_path / "login.json").write_text(text)
        with pytest.raises(UsageError, match=r"login\.json"):
            session_of(config.access, config.site.url)


def test_a_signature_says_when_it_runs_out() -> None:
    now = 1_800_000_000.0
    assert signature.trouble(INPUT.format(int(now + 90 * 86_400)), now) == (False, "")
    soon = signature.trouble(INPUT.format(int(now + 3 * 86_400)), now)
    assert soon[0] is False
    assert "runs out on 2027-01-18" in soon[1]
    assert signature.trouble(INPUT.format(int(now - 1)), now)[0] is True
    two = INPUT.format(int(now + 90 * 86_400)) + ", " + INPUT.format(int(now - 5))
    assert signature.trouble(two, now)[0] is True


def test_a_signature_becomes_three_headers(tmp_path: Path) -> None:
    path = written(tmp_path, '{signature: {input: "${IN}", signature: "${SIG}"}}')
    ends = int(time.time() + 40 * 86_400)
    config = load(path, environment={"IN": INPUT.format(ends), "SIG": "sig1=:abc:"})
    assert session_of(config.access, config.site.url).headers == {
        "Signature-Input": INPUT.format(ends), "Signature": "sig1=:abc:", "Signature-Agent": '"https://shopify.com"',
    }  # fmt: skip
    with pytest.raises(UsageError, match="says no expires="):
        load(path, environment={"IN": 'sig1=("@authority");created=1', "SIG": "x"})


PROFILES = """
environment: production
environments:
  staging:
    site: https://staging.shop.example
    host_map: {staging.shop.example: shop.example}
    access: {basic_auth: {user: qa, password: "${STAGING_PASSWORD}"}}
    crawl: {max_pages: 50}
  preview:
    crawl: {max_page: 7}
"""


def test_an_environment_lies_over_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path, "{headers: {X-Env: all}}", "crawl: {max_pages: 900, timeout: 9}" + PROFILES)
    everyday = load(path, environment={})
    assert (everyday.environment, everyday.site.url, everyday.crawl.max_pages) == (
        "production",
        "https://shop.example",
        900,
    )
    staging = load(path, {"environment": "staging"}, {"STAGING_PASSWORD": "pw"})
    assert (staging.environment, staging.site.url) == ("staging", "https://staging.shop.example")
    assert (staging.crawl.max_pages, staging.crawl.timeout) == (50, 9)
    assert staging.access.basic_auth
    assert staging.access.headers["X-Env"].get_secret_value() == "all"
    with pytest.raises(UsageError, match=r"shop\.yaml:12: unknown key 'max_page'"):
        load(path, {"environment": "preview"}, {})
    with pytest.raises(UsageError, match=r"shop\.yaml:9: the environment variable STAGING_PASSWORD"):
        load(path, {"environment": "staging"}, {})
    literal = written(tmp_path, "{}", PROFILES.replace("${STAGING_PASSWORD}", "hunter2"))
    with pytest.raises(UsageError, match=r"environments\.staging\.access\.basic_auth\.password is a secret"):
        load(literal, environment={})


def test_environments_have_known_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown environment 'stagging'; known: production, staging, preview"):
        load(written(tmp_path, "{}", "environments: {stagging: {}}\n"))
