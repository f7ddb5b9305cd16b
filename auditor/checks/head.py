"""Checks of what a page says about itself in its head."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from auditor.checks.hreflang import language_fault
from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import NOT_ASKED, OUTSIDE
from auditor.model.urls import absolute, crawl_key, host
from auditor.model.words import Certainty, FetchOutcome, PageType, Severity


@check(needs={"meta"})
def title_present(snapshot: Snapshot) -> Iterator[Observation]:
    """The page has a title that is not empty, in its head. Titles of SVG drawings don't count."""
    titles = snapshot.meta.titles
    if any(title.text and not title.in_body for title in titles):
        return
    if not titles:
        yield failed("", found="no title")
    elif all(not title.text for title in titles):
        yield failed("", Excerpt("title", "<title></title>", where=f"line {titles[0].line}"), found="an empty title")
    else:
        yield failed(
            "",
            Excerpt("title outside the head", titles[0].text, where=f"line {titles[0].line}"),
            severity=Severity.MODERATE,  # browsers show it all the same
            found="a title outside the head",
        )


@check(needs={"meta"})
def head_says_once(snapshot: Snapshot) -> Iterator[Observation]:
    """One title and one description, both in the head. Titles of SVG drawings don't count; the same text twice is minor."""
    for what, found in (("title", snapshot.meta.titles), ("description", snapshot.meta.descriptions)):
        inside = [one for one in found if not one.in_body and one.text]
        excerpts = [Excerpt(what, one.text, where=f"line {one.line}") for one in found[:4]]
        if len(inside) > 1:
            same = len({one.text for one in inside}) == 1
            yield failed(
                f"{what}s",
                *excerpts,
                severity=Severity.MINOR if same else None,
                found=f"{len(inside)} {what}s" + (" with the same text" if same else ""),
            )
        # A title outside the head alone is `title_present`'s.
        if what == "description" and not inside and any(one.in_body for one in found):
            yield failed(f"{what} outside the head", *excerpts, found=f"its {what} outside the head")


# What themes, frameworks and platforms put where a title belongs
_LEFTOVER = re.compile(
    r"default title|new page(?: \d{1,3})?|untitled document|insert title here|enter title here|product (?:name|title)|page title|your page title|title goes here|your store|my store|your shop|my shop"
    r"|just another wordpress site|vite app|vite \+ \w+|react app|next\.js app|create next app|lorem ipsum.{0,40}"
    r"|undefined|null|nan|\[object object\]",
    re.IGNORECASE,
)
_BLAND = re.compile(
    r"untitled|document|home|home ?page|index|title|test|website|page|magento commerce|no title|\(no title\)",
    re.IGNORECASE,
)
# The separator with nothing in front of it, and the stand-in of a translation
_GAP = re.compile(r"[-–—|·]\s+\S.*|.*(?<!\S)%s(?!\S).*")
_HOME = re.compile(r"home ?page", re.IGNORECASE)  # what a new shop calls it, in its heading, too (Magento)
_PARTS = re.compile(r"\s+[-–—|·:»]\s+")


@check(needs={"meta"})
def title_written(snapshot: Snapshot) -> Iterator[Observation]:
    """The title is one that somebody wrote: no placeholder, and not twice the same word. What the heading says too is meant so."""
    title = snapshot.meta.title
    if not title:
        yield inapplicable("no title")
        return
    parts = [part.strip() for part in _PARTS.split(title) if part.strip()] or [title]
    headings = {text.casefold() for text in snapshot.meta.h1s}
    first = parts[0]
    if first.casefold() in headings and len(parts) > 1:
        return
    if left := next((part for part in parts if _LEFTOVER.fullmatch(part)), ""):
        # A brand may be called Null.
        sure = None if left.casefold() not in ("null", "nan") else Certainty.LIKELY
        yield failed(
            left.casefold(), Excerpt("title", title), certainty=sure, title=title, what="still has a placeholder"
        )
    elif _GAP.fullmatch(title):
        yield failed(
            "gap",
            Excerpt("title", title),
            certainty=Certainty.LIKELY,
            title=title,
            what="lacks what belongs in front of the shop's name",
        )
    elif len(parts) > 1 and first.casefold() == parts[1].casefold() and len(parts) == 2:
        # A shop named after its founder may sell a product of that name.
        yield failed(
            "twice", Excerpt("title", title), certainty=Certainty.LIKELY, title=title, what="says the same twice"
        )
    elif _BLAND.fullmatch(title) and (title.casefold() not in headings or _HOME.fullmatch(title)):
        yield failed(
            title.casefold(),
            Excerpt("title", title),
            certainty=Certainty.LIKELY,
            title=title,
            what="says nothing of the page",
        )


@check(needs={"meta"})
def description_present(snapshot: Snapshot) -> Iterator[Observation]:
    """A page that may be listed has a description that is not empty."""
    if snapshot.meta.noindex:
        yield inapplicable("the page is noindex")
    elif not any(one.text for one in snapshot.meta.descriptions):
        yield failed("", found="an empty description" if snapshot.meta.descriptions else "no description")


@check(needs={"meta"})
def open_graph_present(
    snapshot: Snapshot, *, names: tuple[str, ...] = ("og:title", "og:image")
) -> Iterator[Observation]:
    """Every Open Graph tag of `names` is there and not empty. og:image:url and og:image:secure_url stand for og:image."""
    there = {one.name for one in snapshot.meta.properties if one.content}
    if there & {"og:image:url", "og:image:secure_url"}:
        there.add("og:image")
    if missing := [name for name in names if name not in there]:
        yield failed(" ".join(missing), missing=missing)


@check(needs={"meta", "targets"})
def open_graph_image_answers(snapshot: Snapshot) -> Iterator[Observation]:
    """og:image answers. The crawl asks for the pictures of some pages of each kind; an error counts once seen twice."""
    written = snapshot.meta.property("og:image") or snapshot.meta.property("og:image:url")
    url = absolute(snapshot.final_url, written) if written else None
    target = snapshot.targets([url]).get(url) if url else None
    if not url or target is None:
        yield inapplicable("the picture is none of those asked for" if url else "no og:image")
    elif target.outcome is not FetchOutcome.SITE_ERROR:
        if target.outcome is not FetchOutcome.OK and not target.reason.startswith((OUTSIDE, NOT_ASKED)):
            yield cant_tell(target.reason or "no answer", url)
    elif target.confirmed < 2:
        yield cant_tell("the picture failed once and could not be asked again", url)
    else:
        answer = f"answers {target.status}" if target.status >= 400 else f"fails ({target.reason or target.status})"
        yield failed("og:image", Excerpt("og:image", written), picture=url, answer=answer)


@check(needs={"meta"})
def open_graph_url_canonical(snapshot: Snapshot) -> Iterator[Observation]:
    """og:url and the canonical name the same page. A slash at the end and campaign parameters make no difference."""
    written, canonical = snapshot.meta.property("og:url"), snapshot.meta.canonical
    shared = absolute(snapshot.final_url, written) if written else None
    if not shared or not canonical:
        yield inapplicable("no og:url or no canonical")
        return
    if not snapshot.site.owns(canonical):
        yield inapplicable("the canonical is on another host, which is another rule's")
        return
    if crawl_key(shared).rstrip("/") != crawl_key(canonical).rstrip("/"):
        other = host(shared) if host(shared) != host(canonical) else "path"
        yield failed(
            other, Excerpt("og:url", written), Excerpt("canonical", canonical), shared=shared, canonical=canonical
        )


@check(needs={"meta", "document"})
def charset_told(snapshot: Snapshot) -> Iterator[Observation]:
    """The answer says its character encoding, in header or meta tag, and says one only. Plain ASCII needs none."""
    told = [one for one in (snapshot.meta.header_charset, *snapshot.meta.charsets) if one.strip()]
    # A byte order mark says it too and is not seen here.
    if not told and not snapshot.document.html.isascii():
        yield failed("none", certainty=Certainty.LIKELY, found="does not say its character encoding")
    elif told and not any(_known(one) for one in told) and not snapshot.document.html.isascii():
        names = " and ".join(dict.fromkeys(told))
        yield failed(
            "unknown", Excerpt("charset", names), found=f"names a character encoding that does not exist: {names}"
        )
    elif len({_encoding(one) for one in told}) > 1:
        names = " and ".join(dict.fromkeys(told))
        yield failed("several", Excerpt("charset", names), found=f"names several character encodings: {names}")


def _known(name: str) -> bool:
    try:
        return bool(codecs.lookup(name.strip().strip("\"'")))
    except (LookupError, ValueError):
        # Of those that browsers know and Python has no name for (encoding.spec.whatwg.org)
        return name.strip().lower().startswith(("x-", "unicode", "csiso", "dos-", "windows-", "replacement"))


def _encoding(name: str) -> str:
    try:
        known = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return name.strip().lower()
    # Browsers read all three as Windows-1252 (encoding.spec.whatwg.org).
    return "cp1252" if known in ("ascii", "iso8859-1") else known


@check(needs={"meta"})
def viewport_set(snapshot: Snapshot) -> Iterator[Observation]:
    """The page takes the width of the screen and lets people enlarge it."""
    viewports = [one for one in snapshot.meta.viewports if one]
    if not viewports:
        yield failed("none", found="has no viewport, so phones show it small, at the width of a desktop")
        return
    # Of several, browsers let the last word count.
    says: dict[str, str] = {}
    for part in re.split(r"[,;]", ",".join(viewports).lower()):
        name, _, value = part.partition("=")
        says[name.strip()] = value.strip()
    excerpts = [Excerpt("viewport", one) for one in viewports[:3]]
    if says.get("width", "").isdecimal():
        yield failed("fixed width", *excerpts, found=f"is {says['width']} pixels wide on every screen")
    elif "width" not in says and "initial-scale" not in says:
        yield failed("no width", *excerpts, found="does not take the width of the screen")
    if says.get("user-scalable") in ("no", "0") or _at_most(says.get("maximum-scale", ""), 2):
        yield failed("zoom", *excerpts, severity=Severity.MINOR, found="keeps people from enlarging it")


def _at_most(number: str, limit: float) -> bool:
    return bool(re.fullmatch(r"\d{1,3}(?:\.\d{1,9})?", number)) and float(number) < limit


@check(needs={"meta"})
def language_told(snapshot: Snapshot) -> Iterator[Observation]:
    """The html element says the page's language, by a code that exists."""
    lang = snapshot.meta.lang
    if not lang:
        yield failed("none", found="does not say its language")
    elif fault := language_fault(lang, regions=False):
        yield failed(lang.casefold()[:40], Excerpt("lang", lang), found=f"names “{lang}” as its language; {fault}")


_WIDE = re.compile(r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]")


@check(needs={"meta"})
def title_fits(snapshot: Snapshot, *, minimum: int = 10, maximum: int = 65) -> Iterator[Observation]:
    """The title has between `minimum` and `maximum` characters; those of Chinese, Japanese and Korean are twice as wide and say more.

    The start page may be called by the shop's name alone. Search engines cut by width, so this is advice.
    """
    title = snapshot.meta.title
    if not title or snapshot.meta.noindex:
        yield inapplicable("no title" if not title else "the page is noindex")
        return
    wide = len(_WIDE.findall(title))
    if len(title) + wide > maximum:
        yield failed(
            "long", Excerpt("title", title), length=len(title), what="is cut in search results, which show about 60"
        )
    elif len(title) + wide < minimum and not wide and snapshot.page_type is not PageType.HOME:
        yield failed("short", Excerpt("title", title), length=len(title), what="says little")


_RIGHT_TO_LEFT = frozenset({"ar", "he", "iw", "fa", "ur", "yi", "ps", "dv", "ckb", "sd", "ug"})


@check(needs={"meta", "document"})
def direction_set(snapshot: Snapshot) -> Iterator[Observation]:
    """A page in a language written from right to left says so, on its html or body element."""
    language = snapshot.meta.lang.casefold().replace("_", "-").split("-")
    if language[0] not in _RIGHT_TO_LEFT or "latn" in language:
        yield inapplicable(
            "its language is written from left to right" if language[0] else "it does not say its language"
        )
        return
    body = snapshot.document.tree.find("body")
    said = {snapshot.meta.direction, (body.get("dir") or "").strip().lower() if body is not None else ""}
    if not said & {"rtl", "auto"}:
        yield failed(language[0], Excerpt("lang", snapshot.meta.lang), lang=snapshot.meta.lang)
