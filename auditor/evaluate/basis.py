"""What an answer rests on, as digests: code, tables and config for all pages; document, address and links for each."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec

import auditor
from auditor import paths
from auditor.evaluate.pages import Page
from auditor.facts import snapshot as facts
from auditor.facts.narrowed import SETTLED
from auditor.facts.snapshot import SiteContext
from auditor.model.query import LinkTarget
from auditor.store.reading import context_of
from auditor.store.snapshots import StoredPage

# Rooms whose code decides what a page comes to
_JUDGING = ("checks", "facts", "evidence", "knowledge", "model", "evaluate", "store", "history")
_LIBRARIES = ("lxml", "msgspec", "w3lib", "ada-url", "cssselect", "extruct", "price-parser", "babel")


def of_run(site: SiteContext, clients: Iterable[str], drop: Iterable[str], inputs: Mapping[str, str]) -> str:
    """Digest of what is the same for all pages, rules aside, `inputs` (exports, by name) among it; empty where it can't be known, and then nothing holds."""
    code = code_digest()
    if not code:
        return ""
    told = msgspec.json.encode([site, list(clients), sorted(drop), inputs], order="deterministic")
    return hashlib.blake2b(code.encode() + told, digest_size=16).hexdigest()


@cache
def code_digest() -> str:
    """Of all that describes and judges, libraries and tables among it; empty where it can't be known."""
    package = Path(auditor.__file__).parent
    modules = [file for room in _JUDGING for file in sorted((package / room).rglob("*.py"))]
    tables = [
        file for folder in ("knowledge", "platforms") for file in sorted((paths.rules() / folder).rglob("*.yaml"))
    ]
    if not modules or not tables:
        return ""
    digest = hashlib.blake2b(f"{sys.version_info[:3]} {[_version(name) for name in _LIBRARIES]}".encode())
    for file in (*modules, *tables):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def of_page(stored: StoredPage, page: Page) -> bytes:
    """Digest of a fetched page: its document, its address, what its facts rest on, and how it is looked at.

    Left out is what may be otherwise in every answer (times, most headers): a rule that reads it is judged anew.
    """
    response = stored.response
    headers = [value for name in SETTLED for value in (name, *response.all_headers(name))]
    told = (
        stored.url, stored.page_key, stored.final_url, stored.outcome, stored.document, context_of(stored.final_url, response),
        response.status, headers, page.page_type, page.platform, stored.template, page.renders_differently, page.by_scripts, sorted(page.mended.items()), facts.VERSION,
    )  # fmt: skip
    return hashlib.blake2b(msgspec.msgpack.encode(told), digest_size=12).digest()


def of_links(urls: Iterable[str], targets: Mapping[str, LinkTarget]) -> bytes:
    """Digest of what came of asking for these URLs."""
    told = [(url, targets.get(url)) for url in sorted(urls)]
    return hashlib.blake2b(msgspec.msgpack.encode(told), digest_size=12).digest()
