"""Checks of links by what stands in the page: targets within it, and what the links say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import cast
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import Severity

# Attributes by which scripts of themes take a link over, so that where it would lead says nothing
_TAKEN = (
    "onclick", "role", "aria-controls", "aria-expanded", "aria-haspopup", "data-toggle", "data-bs-toggle", "data-target", "data-bs-target",
    "data-action", "data-trigger", "data-reveal-id", "data-dropdown", "data-mobile-menu-toggle", "data-mage-init", "data-role", "data-post",
    "data-uk-toggle", "uk-toggle", "data-fancybox", "data-modal", "data-open", "data-lightbox", "data-tab", "data-slide", "@click",
    "x-on:click", "v-on:click", "ng-click", "data-href", "aria-selected",
)  # fmt: skip
_SCRIPTED = re.compile(
    r"tab|toggle|accordion|modal|popup|pop-up|drawer|js-|collaps|dropdown|lightbox|slide|carousel|switch|open|close|trigger|menu|filter|swatch|cart|search|wish",
    re.IGNORECASE,
)


@check(needs={"document"})
def fragments_there(snapshot: Snapshot) -> Iterator[Observation]:
    """A link to a place in its own page finds it. Links that scripts take over (tabs, menus, pop-ups), `#`, `#top`, routes of
    scripts (`#/`, `#!`) and text fragments are left out. A skip link that leads nowhere counts most."""
    tree = snapshot.document.tree
    places = {str(one) for one in tree.xpath("//@id")} | {str(one) for one in tree.xpath("//a/@name")}
    own = crawl_key(without_fragment(snapshot.final_url))
    looked = False
    seen: set[str] = set()
    for link in cast(list[HtmlElement], tree.xpath("//a[contains(@href, '#')]")):
        href = (link.get("href") or "").strip()
        address, _, fragment = href.partition("#")
        if address and crawl_key(snapshot.document.absolute(address) or "") != own:
            continue
        looked = True
        if not fragment or fragment in seen or fragment.lower() == "top" or fragment.startswith(("!", "/", ":~:", "?")):
            continue
        if fragment in places or unquote(fragment) in places or "=" in fragment or _taken_over(link):
            continue
        seen.add(fragment)
        text = " ".join("".join(link.itertext()).split())[:120]
        skips = bool(
            re.search(r"skip|springen|zum inhalt|aller au contenu|saltar", f"{text} {link.get('class') or ''}", re.I)
        )
        yield failed(
            f"#{fragment}"[:200],
            Excerpt("link", f"{text} → {href[:300]}", where=f"line {link.sourceline or 0}"),
            severity=Severity.MODERATE if skips else None,
            text=text or "(no text)",
            href=href[:300],
        )
    if not looked:
        yield inapplicable("no links within the page")


def _taken_over(link: HtmlElement) -> bool:
    if next(link.iterancestors("template", "noscript"), None) is not None or any(
        link.get(name) is not None for name in _TAKEN
    ):
        return True
    names = f"{link.get('class') or ''} {link.get('id') or ''}"
    if re.search(r"skip", names, re.I):
        return False
    around = [one.get("class") or "" for one in list(link.iterancestors())[:3]]
    return bool(
        _SCRIPTED.search(names)
        or any(re.search(r"tab|accordion|slider|carousel|swatch|dropdown", one, re.I) for one in around)
    )


_EMPTY_WORDS = frozenset(
    ["click here", "here", "this", "link", "more", "read more", "learn more", "see more", "more info", "more information", "details", "view", "view more", "continue", "continue reading", "go", "hier", "klick hier", "hier klicken", "mehr", "weiter", "weiterlesen", "mehr lesen", "mehr erfahren", "mehr infos", "ici", "cliquez ici", "en savoir plus", "lire la suite", "plus", "aquí", "haz clic aquí", "leer más", "ver más", "más", "qui", "clicca qui", "leggi di più", "scopri di più", "klik hier", "lees meer", "meer", "clique aqui", "saiba mais", "leia mais", "подробнее", "читать далее", "далее", "více", "číst více", "více informací", "läs mer", "mer", "les mer", "læs mere", "lue lisää", "więcej", "czytaj więcej", "zobacz więcej", "tovább", "bővebben", "devamını oku", "daha fazla", "περισσότερα", "こちら", "詳細", "詳しくはこちら", "もっと見る", "更多", "查看更多", "더보기", "المزيد"]
)  # fmt: skip


@check(needs={"links"})
def links_say_where(snapshot: Snapshot) -> Iterator[Observation]:
    """A page of the shop is not linked by words that say nothing of it ("here", "more") alone; one link with better words will do.

    Words that the address has for the page are its name: "Plus" for /jeans/plus, "Links" for /link.asp.
    """
    texts: dict[str, set[str]] = defaultdict(set)
    own = [link for link in snapshot.own_links if link.text]
    for link in own:
        texts[without_fragment(link.url)].add("labelled" if link.labelled else link.text.strip(" .…»›→>!").casefold())
    if not own:
        yield inapplicable("no links within the shop that say something")
        return
    empty = {url: said for url, said in texts.items() if said <= _EMPTY_WORDS and not _named(url, said)}
    by_words: dict[str, list[str]] = defaultdict(list)
    for url, said in empty.items():
        by_words[min(said)].append(url)
    for words, urls in by_words.items():
        yield failed(words, *(Excerpt("leads to", url) for url in urls[:5]), words=words, url=urls[0], count=len(urls))


def _named(url: str, said: set[str]) -> bool:
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2].casefold()
    name = " ".join(re.findall(r"\w+", re.sub(r"\.\w{2,5}$|_", " ", last)))
    return any(f" {words} " in f" {name} " for words in said)
