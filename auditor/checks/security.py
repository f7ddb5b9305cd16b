"""Checks of security that a page shows by itself: headers, cookies, forms, unencrypted parts, secrets in its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Certainty, PageType, Severity

_LOOPBACK = re.compile(r"^(?:localhost|127\.[\d.]+|\[?::1\]?|.+\.localhost)$")
_ACTIVE = frozenset({"script", "stylesheet", "font", "xhr", "fetch", "document", "websocket", "other"})
# (what, pattern with the secret as a whole); publishable keys (pk_live_, storefront tokens) are meant to be seen
_SECRETS = tuple(
    (what, words, re.compile(pattern))
    for what, words, pattern in (
        (
            "a private key",
            ("PRIVATE KEY",),
            r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----[\s\\nr]{0,8}[A-Za-z0-9+/=]{40}",
        ),
        ("Stripe's secret key", ("k_live_",), r"(?<![A-Za-z0-9_])(?:sk|rk)_live_[0-9A-Za-z]{20,120}"),
        (
            "a Shopify access token",
            ("shpat_", "shpca_", "shppa_", "shpss_"),
            r"(?<![A-Za-z0-9_])shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?![0-9A-Za-z])",
        ),
        (
            "a GitHub token",
            ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
            r"(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,90})(?![0-9A-Za-z])",
        ),
        ("a Slack token", ("xox",), r"(?<![A-Za-z0-9_])xox[abpr]-\d{9,14}-[0-9A-Za-z-]{20,100}"),
        ("a SendGrid key", ("SG.",), r"(?<![A-Za-z0-9_])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])"),
        (
            "the address of a Slack channel",
            ("hooks.slack.com",),
            r"hooks\.slack\.com/services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/[A-Za-z0-9]{20,30}",
        ),
        (
            "a database's address with its password",
            ("mongodb", "mysql://", "postgres"),
            r"(?<![a-z])(?:mongodb(?:\+srv)?|mysql|postgres(?:ql)?)://[^\s:/\"'<>@]{0,60}:[^\s/\"'<>@]{4,80}@[\w.-]{3,100}",
        ),
        ("WooCommerce's secret key", ("cs_",), r"(?<![A-Za-z0-9_])cs_[0-9a-f]{40}(?![0-9A-Za-z])"),
        ("a GitLab token", ("glpat-",), r"(?<![A-Za-z0-9_])glpat-[\w-]{20,40}"),
        ("OpenAI's secret key", ("T3BlbkFJ",), r"(?<![A-Za-z0-9_])sk-[\w-]{10,80}T3BlbkFJ[\w-]{20,80}"),
        ("Stripe's webhook secret", ("whsec_",), r"(?<![A-Za-z0-9_])whsec_[A-Za-z0-9+/]{24,64}"),
        ("a Google client secret", ("GOCSPX-",), r"(?<![A-Za-z0-9_])GOCSPX-[\w-]{24,32}"),
        ("a Square access token", ("sq0csp-",), r"(?<![A-Za-z0-9_])sq0csp-[\w-]{43}(?![\w-])"),
    )
)
_SESSION = re.compile(
    r"(?i)^(?:PHPSESSID|JSESSIONID|ASP\.NET_SessionId|OCSESSID|connect\.sid|laravel_session|_?session(?:_?id)?|sid|sessid"
    r"|_secure_session_id|PrestaShop-[0-9a-f]+|wordpress_(?:logged_in|sec)_\w+|wp_woocommerce_session_\w+|SHOP_SESSION_TOKEN|frontend|adminhtml)$"
)


@check(needs={"response"})
def security_headers(snapshot: Snapshot) -> Iterator[Observation]:
    """A page on https sends Strict-Transport-Security, nosniff, and says who may frame it. One observation a header."""
    if not _is_public_https(snapshot.final_url):
        yield inapplicable("not on https")
        return
    response = snapshot.response
    age = re.search(r"max-age\s*=\s*\"?(\d{1,12})", response.header("strict-transport-security") or "", re.I)
    if age is None or not int(age[1]):
        yield failed("Strict-Transport-Security", header="Strict-Transport-Security")
    if "nosniff" not in (response.header("x-content-type-options") or "").lower():
        yield failed("X-Content-Type-Options", header="X-Content-Type-Options: nosniff")
    policies = " ".join(response.all_headers("content-security-policy")).lower()
    if not response.header("x-frame-options") and "frame-ancestors" not in policies:
        yield failed("frame-ancestors", header="X-Frame-Options or Content-Security-Policy: frame-ancestors")


@check(needs={"requests"})
def nothing_unencrypted(snapshot: Snapshot) -> Iterator[Observation]:
    """A page on https asks for nothing over http, as the browser saw it; what it upgraded by itself is not counted."""
    if not snapshot.final_url.startswith("https://"):
        yield inapplicable("not on https")
        return
    seen: set[str] = set()
    for request in snapshot.requests.items:
        if not request.url.startswith("http://") or _LOOPBACK.match(host(request.url)):
            continue
        # A frame's own parts are the frame's; that it is on http was told of the frame
        if request.frame.startswith("http://") and request.type != "document":
            continue
        target = request.url.partition("?")[0]
        if target in seen:
            continue
        seen.add(target)
        active = request.type in _ACTIVE
        yield failed(
            target,
            Excerpt("request", request.url[:500], where=request.type),
            severity=None if active else Severity.MODERATE,
            url=target,
            kind=request.type,
        )


@check(needs={"document"})
def forms_encrypted(snapshot: Snapshot) -> Iterator[Observation]:
    """No form sends by POST, or holds a password, to an address on http; and no password is asked for on http."""
    tree, document = snapshot.document.tree, snapshot.document
    seen: set[str] = set()
    forms = 0
    for form in tree.iter("form"):
        if next(form.iterancestors("template"), None) is not None:
            continue
        password = any((field.get("type") or "").lower() == "password" for field in form.iter("input"))
        if not password and (form.get("method") or "").lower() != "post":
            continue
        forms += 1
        action = document.absolute(form.get("action") or "") if form.get("action") else snapshot.final_url
        if not action or not action.startswith("http://") or _LOOPBACK.match(host(action)):
            continue
        # On a shop that has no https at all, the login is what matters
        if not password and not snapshot.final_url.startswith("https://"):
            continue
        target = action.partition("?")[0]
        if target not in seen:
            seen.add(target)
            yield failed(
                target,
                Excerpt("form", f"action={form.get('action') or ''}", where=f"line {form.sourceline or 0}"),
                action=target,
                what="A password" if password else "What shoppers enter",
            )
    for button in tree.iter("button", "input") if snapshot.final_url.startswith("https:") else ():
        if button.get("formaction") is None:
            continue
        action = document.absolute(button.get("formaction")) or ""
        target = action.partition("?")[0]
        if not action.startswith("http://") or _LOOPBACK.match(host(action)) or target in seen:
            continue
        if _method(button) != "post":
            continue
        forms += 1
        seen.add(target)
        excerpt = Excerpt("button", f"formaction={button.get('formaction')}", where=f"line {button.sourceline or 0}")
        yield failed(target, excerpt, action=target, what="What shoppers enter")
    if not forms:
        yield inapplicable("no form that sends by POST")


def _method(button: HtmlElement) -> str:
    """How the button sends, in small letters: as it says itself, else as its form does."""
    if own := button.get("formmethod"):
        return str(own).lower()
    named = button.get("form") or ""
    if re.fullmatch(r"[\w-]+", named):
        form = button.getroottree().find(f".//form[@id='{named}']")
    else:
        form = next(button.iterancestors("form", "template"), None)
    return "" if form is None or form.tag == "template" else str(form.get("method") or "").lower()


@check(needs={"document"})
def no_secrets(snapshot: Snapshot) -> Iterator[Observation]:
    """No key that opens a service stands in the page's source. It is never repeated: only its kind, beginning and length."""
    html = snapshot.document.html
    for what, words, pattern in _SECRETS:
        if not any(word in html for word in words):  # far faster than the pattern, and nearly always the end of it
            continue
        for match in pattern.finditer(html):
            secret = match[0]
            # "sk_live_xxxxxxxxxxxxxxxxxxxx" is an example of one
            if len(set(secret[8:].lower())) < 8 or "example" in secret.lower():
                continue
            line = html.count("\n", 0, match.start()) + 1
            sample = snapshot.page_type is PageType.CONTENT and secret in _code(snapshot)
            yield failed(
                what,
                Excerpt("beginning", f"{secret[:8]}… ({len(secret)} characters, not shown)", where=f"line {line}"),
                certainty=Certainty.LIKELY if sample else None,
                what=what,
                line=line,
            )
            break


def _code(snapshot: Snapshot) -> str:
    """The text of code samples: articles show made-up keys there."""
    return "\n".join("".join(one.itertext()) for one in snapshot.document.tree.iter("pre", "code", "kbd", "samp"))


@check(needs={"cookies"})
def session_cookies_guarded(snapshot: Snapshot) -> Iterator[Observation]:
    """Session cookies that the shop sets on https are Secure and HttpOnly; judged by the names that platforms give them."""
    if not _is_public_https(snapshot.final_url):
        yield inapplicable("not on https")
        return
    here = host(snapshot.final_url)
    sessions = [
        cookie
        for cookie in snapshot.cookies.items
        if _SESSION.match(cookie.name)
        and (here == (domain := cookie.domain.lstrip(".")) or here.endswith(f".{domain}"))
    ]
    if not sessions:
        yield inapplicable("no session cookie of a known name")
        return
    for cookie in sessions:
        lacking = [name for name, there in (("Secure", cookie.secure), ("HttpOnly", cookie.http_only)) if not there]
        if lacking:
            name = re.sub(r"[0-9a-f]{16,}", "#", cookie.name)
            yield failed(
                name, Excerpt("cookie", f"{cookie.name}; {cookie.domain}"), cookie=cookie.name, lacking=lacking
            )


def _is_public_https(url: str) -> bool:
    return urlsplit(url).scheme == "https" and not _LOOPBACK.match(host(url))


_HIT = re.compile(r"\bhit\b", re.IGNORECASE)
# Those that keep whole answers. Magento's and LiteSpeed's own put the visitor's cookie on each answer afresh.
_CACHES = ("x-cache", "cf-cache-status", "x-cache-status", "x-varnish-cache", "x-proxy-cache", "x-fastcgi-cache")


@check(needs={"response"})
def cached_without_session(snapshot: Snapshot) -> Iterator[Observation]:
    """An answer that caches may share sets no session cookie; judged by the names that platforms give them.

    One that did come from a shared cache proves it; one that only says `public` may never have been kept.
    """
    response = snapshot.response
    cookies = [line.partition("=")[0].strip() for line in response.all_headers("set-cookie")]
    sessions = [name for name in cookies if _SESSION.match(name)]
    control = " ".join(response.all_headers("cache-control")).lower()
    hit = next((name for name in _CACHES if _HIT.search(response.header(name) or "")), "")
    shared = bool(re.search(r"\bpublic\b|s-maxage=[1-9]", control)) and not re.search(
        r"no-store|private|no-cache|max-age=0", control
    )
    if not hit and not shared:
        yield inapplicable("the answer was not shared by a cache")
    elif sessions:
        name = re.sub(r"[0-9a-f]{16,}", "#", sessions[0])
        how = f"came from a cache ({hit}: {response.header(hit)})" if hit else f"may be kept by caches ({control})"
        yield failed(
            name, Excerpt("cache-control", control or "(none)"), certainty=None if hit else Certainty.LIKELY, cookie=name, how=how
        )  # fmt: skip


@check(needs={"response"})
def versions_kept(snapshot: Snapshot) -> Iterator[Observation]:
    """No header tells the version of the server's software."""
    for name in ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"):
        value = snapshot.response.header(name) or ""
        if match := re.search(r"[A-Za-z][\w.-]{1,30}[/ ]v?\d+\.\d+[\w.]*", value):
            yield failed(name, Excerpt(name, value[:200]), header=name, software=match[0])
        elif name.startswith("x-aspnet") and re.search(r"\d+\.\d+", value):
            yield failed(name, Excerpt(name, value[:200]), header=name, software=f"ASP.NET {value[:20]}")


@check(needs={"meta", "document"})
def folders_closed(snapshot: Snapshot) -> Iterator[Observation]:
    """The page is no list of a folder's files that the server made."""
    title = snapshot.meta.title
    if not re.match(r"(?:Index of /|Directory listing for /|Directory: /|[\w.:-]{1,255} - /)", title, re.IGNORECASE):
        return
    path = urlsplit(snapshot.final_url).path
    links = [(link.get("href") or "") for link in snapshot.document.tree.iter("a")]
    if any(href in ("../", "..") or href.startswith("?C=") for href in links) or re.search(
        r">(?:\[To )?Parent Directory", snapshot.document.html
    ):
        yield failed("", Excerpt("title", title), path=path, count=len(links))
