"""Checks of links: how they are written, where they lead, and what came of going there."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote, urlsplit

from auditor.checks.redirects import endless
from auditor.checks.registry import check
from auditor.facts.links import Link
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget
from auditor.model.urls import host, is_http, origin, twin, without_fragment
from auditor.model.words import Certainty, FetchOutcome

_SINCE = "asked for once more, leads there no longer"


@check(needs={"links", "targets"})
def internal_links_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """No link of the page leads to a page of the shop that is gone (404, 410) or fails (5xx, dropped connection).

    Links that redirect first are `redirects_end_alive`'s. A failure counts once it was seen twice. Where a page that led there
    did no longer when it was asked for once more, the link needs review: it may be taken out everywhere.
    """
    yield from _judged(snapshot, redirected=False)


@check(needs={"links", "targets"})
def redirects_end_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """No link of the page leads through redirects to a page of the shop that is gone or fails."""
    yield from _judged(snapshot, redirected=True)


def _judged(snapshot: Snapshot, *, redirected: bool) -> Iterator[Observation]:
    own = snapshot.own_urls
    if not own:
        yield inapplicable("no links within the shop")
        return
    targets = snapshot.targets(own)
    known = [target for url, target in targets.items() if url != without_fragment(snapshot.url)]
    if not any(target.outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR) for target in known) and len(own) > 1:
        yield cant_tell("its links were not followed")
        return
    for url, link in own.items():
        target = targets.get(url)
        if target is None or target.outcome is not FetchOutcome.SITE_ERROR or bool(target.hops) is not redirected:
            continue
        if endless(target):
            continue  # `redirects_end`'s
        if target.confirmed < 2:
            yield cant_tell(f"{url} failed once and could not be asked again", url)
            continue
        yield failed(
            url,
            Excerpt("link", link.text or link.href, where=f"{link.position or 'page'}, line {link.line}"),
            Excerpt("answer", _answer(target)),
            *(Excerpt(_SINCE, other, where=other) for other in target.left_out_by_pages),
            certainty=Certainty.NEEDS_REVIEW if target.left_out_by_pages else None,
            url=url,
            text=link.text or "(no text)",
            answer=_answer(target),
            end=target.final_url or url,
            hops=len(target.hops),
        )


def _answer(target: LinkTarget) -> str:
    if target.status >= 400:
        return str(target.status)
    return target.reason.removeprefix("answers ") or f"status {target.status}"


_SLIP = re.compile(r"(?:h?t+ps?|https?s)(?:;|:/|//|::|:\\\\)", re.IGNORECASE)  # what stands in place of `https://`
# A letter too many or too few in it: hhttps://, htps://
_TYPO = re.compile(
    r"(?!https?://)(?:h{1,2}t{1,3}p{1,2}s{0,2}|h{2}t{1,3}p{1,2}s{0,2}|h?t{3}ps?|htt?s|hxxps?)://", re.IGNORECASE
)
# Written as people say it, and taken for a page of this folder
_NETWORK = re.compile(
    r"(?:(?:facebook|instagram|twitter|youtube|pinterest|tiktok|linkedin)\.com|wa\.me|youtu\.be|t\.me)(?:/|$)",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?:^|/)(?:\[[a-z]+(?:_[a-z]+)*\]|:[a-z]+(?:_[a-z]+)+)(?:/|$)")  # /products/[handle]
_VALUES = ("undefined", "null", "NaN", "[object Object]")
_TOKENS = ("{{", "{%", "<?php", "<%=", "${", "#{")
_WWW = re.compile(r"www\.[a-z0-9-]+\.[a-z]{2}", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+'%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


@check(needs={"links"})
def hrefs_well_formed(snapshot: Snapshot) -> Iterator[Observation]:
    """No link is written so that it cannot lead where it was meant to: a misspelt scheme, an empty value of a script, …

    Blanks around or in an address are not counted: browsers mend them.
    """
    own = [link for link in snapshot.links.of("a", "area", "other") if link.inside != "template"]
    if not own:
        yield inapplicable("no links")
        return
    seen: set[str] = set()
    for link in own:
        href = link.href.strip()
        what, certainty = _malformed(href, link.url)
        target = href.partition("?")[0]
        if not what or target in seen:
            continue
        seen.add(target)
        yield failed(target, link_excerpt(link), certainty=certainty, href=href, text=said(link), what=what)


@lru_cache(maxsize=20_000)  # a menu's links are on every page
def _malformed(href: str, url: str) -> tuple[str, Certainty | None]:
    if (
        not href
        or (href.startswith(("#", "?")) and not href.startswith("#{"))
        or re.match(r"(?:javascript|data|blob):", href, re.IGNORECASE)
    ):
        return "", None
    decoded = (
        unquote(href.partition("?")[0].partition("#")[0])
        if "#{" not in href and "%" in href
        else href.partition("?")[0]
    )
    if any(token in decoded for token in _TOKENS):
        return "template code that was not filled in", None
    if "://" not in decoded and _PLACE.search(decoded):
        return "a stand-in that was not filled in", Certainty.LIKELY
    if "[object Object]" in decoded:
        return "[object Object] instead of a value", None
    last = decoded.partition("#")[0].rstrip("/").rpartition("/")[2]
    if last in _VALUES:
        # A brand may be called Null; nothing is called undefined.
        alone = decoded.strip("/") == last or last == "undefined"
        return f"{last} instead of a value", None if alone else Certainty.LIKELY
    if "/undefined/" in decoded:
        return "undefined instead of a value", None
    if _TYPO.match(href):
        return "a misspelt http://", None
    if href in ("mailto", "false"):
        return f"only “{href}”", Certainty.LIKELY
    if _is_http_like(href) and not href.lower().startswith(("http://", "https://")):
        return "a misspelt http://", None
    if is_http(url) and host(url) in ("http", "https", "http.", "https."):
        return "http:// twice", None
    if (".." in url or "//." in url) and is_http(url) and (host(url).startswith(".") or ".." in host(url)):
        return "a host with a part missing", None
    if "@" in url and href.lower().startswith("http") and "@" in (user := urlsplit(url).netloc) and ":" not in user:
        return "a user name in front of the host, where an e-mail address may be meant", Certainty.LIKELY
    if _WWW.match(href) or _NETWORK.match(href) or _own_host(href, url):
        return "a host without https:// in front, so it is taken for a page of this folder", None
    if _MAIL.fullmatch(href):
        return "an e-mail address without mailto:", None
    if not url:
        return "no address that a browser can read", None
    return "", None


def _own_host(href: str, url: str) -> bool:
    """Whether a relative address begins with the host that it is relative to."""
    name = host(url)
    written = href.lower().partition("/")[0]
    return "." in written and written in (name, name.removeprefix("www."))


def _is_http_like(href: str) -> bool:
    return bool(_SLIP.match(href)) or bool(re.match(r"/https?:/", href, re.IGNORECASE))


def said(link: Link) -> str:
    return link.text or "(no text)"


def link_excerpt(link: Link) -> Excerpt:
    return Excerpt(link.kind, f"{link.text} → {link.href[:300]}", where=f"{link.position or 'page'}, line {link.line}")


_LOCAL = (".localhost", ".local", ".test", ".lan", ".internal", ".invalid", ".ddev.site", ".lndo.site")
_TUNNELS = (".ngrok.io", ".ngrok.app", ".ngrok-free.app", ".loca.lt", ".trycloudflare.com")
_STAGES = re.compile(r"(?:mcstaging|staging|stage|stg|preprod|uat|qa|dev|test|develop|sandbox)\d{0,2}(?:-[a-z0-9-]+)?")
# Where hosts put a shop until its own name leads to it
_HOSTERS = (
    ".wpengine.com", ".wpenginepowered.com", ".kinsta.cloud", ".cloudwaysapps.com", ".magentosite.cloud", ".dev.cc", ".pantheonsite.io",
    ".flywheelsites.com", ".myftpupload.com", ".sg-host.com", ".hostingersite.com", ".instawp.xyz", ".tempurl.host", ".preview-domain.com",
)  # fmt: skip
_PLATFORM_HOSTS = (".myshopify.com", ".mybigcommerce.com")
_HINTS = ("preconnect", "prefetch", "pingback", "service", "og", "canonical", "hreflang")
_BACK_OFFICE = re.compile(r"/wp-admin/(?!admin-(?:ajax|post)\.php)|/index\.php/admin/", re.IGNORECASE)
_ADMIN = re.compile(
    r"^/admin(?:/(?:auth|products|orders|themes|pages)\b|/?$)|^/(?:administrator|backoffice)/?$", re.IGNORECASE
)
_MOST_ITEMS = 2_000
_DRIVE = re.compile(r"(?:file:|[a-z]:[\\/](?!/))", re.IGNORECASE)


@check(needs={"links", "platform", "structured_data"})
def no_inside_addresses(snapshot: Snapshot) -> Iterator[Observation]:
    """Nothing on the page points to where only its makers can go: their machine, a staging host, the back office.

    Staging hosts count in production only. Hosts that the config names as the shop's never count. One observation a host.
    """
    found: dict[str, list[Link]] = defaultdict(list)
    told: dict[str, tuple[str, Certainty | None]] = {}
    for link in (*snapshot.links.items, *_marked(snapshot)):
        if link.inside == "template" or link.kind in _HINTS:
            continue
        if is_http(link.url) and not _odd(link.url.lower()) and snapshot.site.owns(link.url):
            continue  # nearly all of them
        what, target, certainty = _inside(snapshot, link)
        if what:
            found[target].append(link)
            told.setdefault(target, (what, certainty))
    for target, links in found.items():
        what, certainty = told[target]
        first = links[0]
        yield failed(
            target,
            *(link_excerpt(link) for link in links[:3]),
            certainty=certainty,
            count=len(links),
            url=first.url or first.href,
            where=target,
            what=what,
        )


def _odd(url: str) -> bool:
    """Whether an address of the shop, in small letters, is worth a look."""
    return "admin" in url or "backoffice" in url or "preview_theme_id=" in url


def _marked(snapshot: Snapshot) -> Iterator[Link]:
    """The addresses in JSON-LD: those of pictures, pages and organizations."""
    for item in islice(snapshot.structured_data.walk(), _MOST_ITEMS):
        if item.source != "json-ld":
            continue
        for name, values in item.properties.items():
            for value in values:
                if isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) < 2_000:
                    yield Link(href=value, url=value, kind="JSON-LD", text=name)


def _inside(snapshot: Snapshot, link: Link) -> tuple[str, str, Certainty | None]:
    if _DRIVE.match(link.href.strip()):
        return "a file on somebody's own machine", "file:", None
    if not is_http(link.url):
        return "", "", None
    name = host(link.url)
    if snapshot.site.owns(link.url):
        if link.kind in ("a", "area") and "preview_theme_id=" in urlsplit(link.url).query:
            return "the preview of a theme", "preview", None
        path = urlsplit(link.url).path
        # a university's /admin is its administration
        of_shop = snapshot.platform.id and _ADMIN.search(path)
        clicked = link.kind in ("a", "area") and (_BACK_OFFICE.search(path) or of_shop)
        return ("the back office", "back office", Certainty.LIKELY) if clicked else ("", "", None)
    if name == "admin.shopify.com" and link.kind in ("a", "area"):
        return "the back office", name, None
    if name == "localhost" or name.endswith(_LOCAL) or _is_private(name):
        return "a machine that shoppers cannot reach", name, None
    if name.endswith(_TUNNELS):
        return "a developer's tunnel", name, None
    if snapshot.site.environment != "production":
        return "", "", None
    if name.endswith(_PLATFORM_HOSTS) and link.kind in ("a", "area"):
        return "the platform's own address of a shop", name, Certainty.LIKELY
    if name.endswith(_HOSTERS) and link.kind in ("a", "area", "img", "srcset", "form"):
        return "the hoster's own address of a site", name, Certainty.LIKELY
    for own in snapshot.site.hosts:
        bare = own.partition(":")[0].removeprefix("www.")
        stage = name.removesuffix(f".{bare}") if name.endswith(f".{bare}") else ""
        if stage and _STAGES.fullmatch(stage):
            return (
                "a staging host",
                name,
                None if stage.startswith(("staging", "mcstaging", "stg", "preprod")) else Certainty.LIKELY,
            )
    return "", "", None


def _is_private(name: str) -> bool:
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return False


@check(needs={"links"})
def links_keep_https(snapshot: Snapshot) -> Iterator[Observation]:
    """No link of an https page leads to plain http on a host of the shop. One observation a host.

    The host with or without www that the shop does not use is most likely its own.
    """
    if not snapshot.final_url.startswith("https://"):
        yield inapplicable("the page is not on https")
        return
    found: dict[str, list[Link]] = defaultdict(list)
    for link in snapshot.links.clickable:
        if link.url.startswith("http://") and (
            snapshot.site.owns(link.url) or snapshot.site.owns(f"http://{twin(host(link.url))}/")
        ):
            found[origin(link.url)].append(link)
    for where, links in found.items():
        yield failed(
            host(where),
            *(link_excerpt(link) for link in links[:3]),
            certainty=None if snapshot.site.owns(links[0].url) else Certainty.LIKELY,
            count=len(links),
            url=links[0].url,
            text=said(links[0]),
        )


@check(needs={"links", "platform"})
def cart_left_alone(snapshot: Snapshot, *, disallowed: dict[str, str] | None = None) -> Iterator[Observation]:
    """No link that a crawler may follow changes the cart. Links with nofollow, and those for scripts only, are none.

    `disallowed`: platform -> beginning of the paths that its own robots.txt keeps crawlers from. What the shop's says is
    not known here.
    """
    own = snapshot.own_links
    if not own:
        yield inapplicable("no links within the shop")
        return
    kept = (disallowed or {}).get(snapshot.platform.id)
    found: dict[str, list[Link]] = defaultdict(list)
    for link in own:
        if link.nofollow or (kept and urlsplit(link.url).path.startswith(kept)):
            continue
        reason = platforms.load().unsafe(link.url, snapshot.platform.id)
        if reason and "cart" in reason:
            found[reason].append(link)
    for reason, links in found.items():
        yield failed(
            reason,
            *(link_excerpt(link) for link in links[:3]),
            reason=reason,
            count=len(links),
            href=links[0].href,
            text=said(links[0]),
        )
