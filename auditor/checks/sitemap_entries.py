"""Checks of what stands in sitemaps entry by entry: addresses in several of them, and pictures that are not there."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from html import unescape

from auditor.checks.registry import check
from auditor.facts import sitemaps
from auditor.facts.sitemaps import Sitemap
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import FileRow, SiteQuery
from auditor.model.urls import absolute
from auditor.model.words import FetchOutcome, Scope

_MOST = 2_000_000  # addresses; eight bytes each are held
_PARTS = 256
_SHOWN = 5
_TWO = "fewer than two sitemaps are named and list pages"
_PAIRS = 20
_LOC = re.compile(rb"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]+)")  # not of pictures, which have a prefix
# Sitemaps of pictures, videos and news list pages once more, and should
_OTHER_KIND = re.compile(r"image|picture|video|news", re.IGNORECASE)


@check(scope=Scope.SITE)
def sitemaps_list_once(run: SiteQuery, *, least: int = 5) -> Iterator[Observation]:
    """No two of the sitemaps that are named list the same addresses. Fewer than `least` are let be: start pages stand in each.

    Sitemaps of pictures, videos and news, and a compressed copy of the same file, are meant to list them again.
    """
    # most shops have one that lists pages; it need not be read once more
    if sum(bool(file.named_by) and file.outcome is FetchOutcome.OK for file in run.files("sitemap")) < 2:
        yield inapplicable(_TWO)
        return
    # by the first bits of an address's digest, so that no more than a small part is compared at once
    hashes = [array("q") for _ in range(_PARTS)]
    owners = [array("H") for _ in range(_PARTS)]
    files: list[tuple[str, bool]] = []  # URL, whether it is about pictures
    left = _MOST
    for file in run.files("sitemap"):
        named = bool(file.named_by) and file.outcome is FetchOutcome.OK
        if not named or left <= 0 or _OTHER_KIND.search(file.url.rpartition("/")[2]):
            continue
        body = run.content(file)
        listed = _addresses(body)[:left]
        if not listed:
            continue
        for address in listed:
            digest = _digest(address)
            hashes[digest & 0xFF].append(digest)
            owners[digest & 0xFF].append(len(files))
        left -= len(listed)
        files.append((file.url, body.count(b"<image:image") * 2 >= len(listed)))
    if len(files) < 2:
        yield inapplicable(_TWO)
        return
    pairs: Counter[tuple[int, int]] = Counter()
    examples: dict[tuple[int, int], int] = {}
    for digests, numbers in zip(hashes, owners, strict=True):
        first: dict[int, int] = {}
        for digest, number in zip(digests, numbers, strict=True):
            earlier = first.setdefault(digest, number)
            if earlier != number:
                pairs[earlier, number] += 1
                examples.setdefault((earlier, number), digest)
    told = [(pair, count) for pair, count in sorted(pairs.items()) if count >= least and _meant_once(files, *pair)]
    for (one, other), count in told[:_PAIRS]:
        example = _example(run, files[other][0], examples[one, other])
        yield failed(
            files[other][0], Excerpt("address", example), page=files[other][0], count=count, other=files[one][0], url=example
        )  # fmt: skip


def _digest(address: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "big", signed=True)


def _meant_once(files: list[tuple[str, bool]], one: int, other: int) -> bool:
    (url, images), (second, pictured) = files[one], files[other]
    return images == pictured and url.removesuffix(".gz") != second.removesuffix(".gz")


def _example(run: SiteQuery, url: str, digest: int) -> str:
    file = next(one for one in run.files("sitemap") if one.url == url)
    found = next((one for one in _addresses(run.content(file)) if _digest(one) == digest), b"")
    return unescape(found.decode("utf-8", "replace"))


def _addresses(body: bytes) -> list[bytes]:
    """The addresses of pages as written, each once; a tenth of the time that reading the file as XML takes, which other rules do."""
    if b"<sitemapindex" in body[:4_096]:
        return []
    return list(dict.fromkeys(_LOC.findall(body)))


@check(scope=Scope.SITE)
def sitemap_pictures_there(run: SiteQuery) -> Iterator[Observation]:
    """Pictures that sitemaps name are there. Asked for are the first few of each sitemap on the shop's own hosts, errors twice."""
    named = asked = 0
    for file, read in _lists(run, b"image"):
        named += read.images
        urls = [url for one in read.pictures if (url := absolute(file.final_url or file.url, one))]
        targets = [
            one for one in run.targets(urls).values() if one.outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR)
        ]
        asked += len(targets)
        gone = [one for one in targets if one.outcome is FetchOutcome.SITE_ERROR and one.confirmed > 1]
        if gone:
            yield failed(
                "", *(Excerpt(one.reason or str(one.status), one.url) for one in gone[:_SHOWN]), page=file.url,
                count=len(gone), asked=len(targets), url=gone[0].url, answer=gone[0].reason or str(gone[0].status),
            )  # fmt: skip
    if not named:
        yield inapplicable("no sitemap names pictures")
    elif not asked:
        yield cant_tell(
            "none of the pictures that sitemaps name was asked for; they are on other hosts, or files were enough"
        )


def _lists(run: SiteQuery, having: bytes = b"") -> Iterator[tuple[FileRow, Sitemap]]:
    """The sitemaps that list pages, one at a time; those without `having` are not worth the reading."""
    for file in run.files("sitemap"):
        if file.outcome is FetchOutcome.OK:
            body = run.content(file)
            read = sitemaps.read(body) if having in body else Sitemap()
            if read.kind and read.kind != "index":
                yield file, read
