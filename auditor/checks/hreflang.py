"""Checks of hreflang: the versions of a page for other languages and countries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from babel import Locale

from auditor.checks.registry import check
from auditor.facts.meta import Reference
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import page_key, without_fragment
from auditor.model.words import Severity

# What the table of territories holds besides countries, and what people write for a country that has another code
_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_MEANT = {"UK": "GB", "EN": "GB", "EL": "GR", "JA": "JP"}
_PRIVATE = re.compile(r"[a-z0-9]{1,8}(?:-[a-z0-9]{1,8})*", re.IGNORECASE)


def language_fault(code: str, *, regions: bool) -> str:
    """Why a code names no language (and country, where `regions`), in words; "" where it does."""
    if "_" in code:
        return f"write {code.replace('_', '-')}"
    if not _PRIVATE.fullmatch(code):
        return "that is no language code"
    language, *rest = code.split("-")
    known = _languages()
    if language.lower() not in known:
        if language.upper() in _countries() and not rest:
            return f"{language} is a country; a language has to come first"
        if len(language) == 3:  # there are thousands of such codes; search engines read those with two letters
            return f"search engines know languages by two letters, not by {language}" if regions else ""
        return f"there is no language {language}"
    for part in rest:
        if len(part) == 1:
            break  # an extension: what follows is not ours to judge
        if len(part) == 2 and part.upper() not in _countries():
            meant = _MEANT.get(part.upper())
            if regions or meant:
                return f"there is no country {part}" + (f", {meant} is meant" if meant else "")
    return ""


@cache
def _languages() -> frozenset[str]:
    return frozenset(str(code).lower() for code in Locale("en").languages if "_" not in str(code)) | {"iw", "in", "mo"}


@cache
def _countries() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").territories if len(str(code)) == 2) - _NO_COUNTRY


def _shown(reference: Reference) -> Excerpt:
    where = f"{reference.source}, line {reference.line}" if reference.line else reference.source
    return Excerpt(f"hreflang {reference.hreflang}", reference.href, where=where)


@check(needs={"meta"})
def hreflang_codes_exist(snapshot: Snapshot) -> Iterator[Observation]:
    """Every hreflang is a language, with a country where one follows, or x-default."""
    if not snapshot.meta.hreflangs:
        yield inapplicable("no hreflang")
        return
    told: set[str] = set()
    for one in snapshot.meta.hreflangs:
        code = one.hreflang.casefold()
        if code == "x-default" or code in told:
            continue
        told.add(code)
        if fault := language_fault(one.hreflang, regions=True):
            yield failed(code, _shown(one), code=one.hreflang, fault=fault)


@check(needs={"meta"})
def hreflang_one_page_each(snapshot: Snapshot) -> Iterator[Observation]:
    """Each hreflang names one URL, wherever it is said. The same one twice does no harm."""
    if not snapshot.meta.hreflangs:
        yield inapplicable("no hreflang")
        return
    by_code: dict[str, dict[str, Reference]] = defaultdict(dict)
    for one in snapshot.meta.hreflangs:
        if one.source != "body" and one.url:
            by_code[one.hreflang.casefold()].setdefault(without_fragment(one.url), one)
    for code, urls in by_code.items():
        if len(urls) > 1:
            yield failed(code, *(_shown(one) for one in list(urls.values())[:4]), code=code, urls=list(urls))


@check(needs={"meta"})
def hreflang_names_itself(snapshot: Snapshot) -> Iterator[Observation]:
    """A page that names its versions names itself among them. A page with another canonical speaks for that one."""
    found = [one for one in snapshot.meta.hreflangs if one.source != "body" and one.url]
    if not found:
        yield inapplicable("no hreflang")
        return
    hosts = snapshot.site.host_map
    here = page_key(snapshot.final_url, hosts)
    if snapshot.meta.canonical and page_key(snapshot.meta.canonical, hosts) != here:
        yield inapplicable("its canonical is another page")
        return
    if snapshot.site.environment != "production" and not any(snapshot.site.owns(one.url) for one in found):
        yield inapplicable("its versions are on the production hosts")
        return
    if not any(page_key(one.url, hosts) == here for one in found):
        yield failed("", *(_shown(one) for one in found[:4]), count=len(found))


@check(needs={"meta"})
def hreflang_well_formed(snapshot: Snapshot) -> Iterator[Observation]:
    """Hreflang links stand in the head and name whole URLs."""
    if not snapshot.meta.hreflangs:
        yield inapplicable("no hreflang")
        return
    told: set[str] = set()
    for one in snapshot.meta.hreflangs:
        if one.source == "body":
            what, severity = "stands outside the head, where search engines ignore it", None
        elif not one.url.startswith(("http://", "https://")):
            what, severity = "names no web address", None
        elif not one.href.strip().lower().startswith(("http://", "https://", "//")):
            what, severity = "has no host in its address", Severity.MINOR
        else:
            continue
        if what not in told:
            told.add(what)
            yield failed(what, _shown(one), severity=severity, code=one.hreflang, what=what, href=one.href or "(empty)")


@check(needs={"meta"})
def hreflang_has_default(snapshot: Snapshot) -> Iterator[Observation]:
    """A page with versions in two languages or more names one for everybody else (x-default), which is recommended."""
    codes = {one.hreflang.casefold() for one in snapshot.meta.hreflangs if one.source != "body"}
    languages = {code.partition("-")[0] for code in codes - {"x-default"}}
    if len(languages) < 2:
        yield inapplicable("no versions in several languages")
    elif "x-default" not in codes:
        yield failed("", codes=sorted(codes))


_SAME = {"iw": "he", "in": "id", "no": "nb", "nn": "nb", "mo": "ro"}  # older and wider names of one language


@check(needs={"meta"})
def hreflang_agrees_with_lang(snapshot: Snapshot) -> Iterator[Observation]:
    """The language that the page says it is in is one of those under which it names itself among its versions."""
    hosts = snapshot.site.host_map
    here = page_key(snapshot.final_url, hosts)
    own = [
        one.hreflang.casefold()
        for one in snapshot.meta.hreflangs
        if one.source != "body" and one.hreflang.casefold() != "x-default" and page_key(one.url, hosts) == here
    ]
    lang = snapshot.meta.lang.casefold()
    if not own or not lang:
        yield inapplicable("it says no language of itself" if own else "it does not name itself among its versions")
    elif _language(lang) not in {_language(code) for code in own}:
        yield failed(f"{lang} {own[0]}", Excerpt("lang", snapshot.meta.lang), lang=snapshot.meta.lang, codes=own)


def _language(code: str) -> str:
    name = code.replace("_", "-").partition("-")[0]
    return _SAME.get(name, name)
