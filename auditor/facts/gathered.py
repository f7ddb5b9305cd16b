"""A page as one client's visit left it, under facts and checks: each kind of evidence decoded when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TypeVar

import msgspec

from auditor.evidence.areas import Areas
from auditor.evidence.axe import Axe
from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Consent
from auditor.evidence.console import Console
from auditor.evidence.cookies import Cookies
from auditor.evidence.crossings import Crossings
from auditor.evidence.data_layer import DataLayer
from auditor.evidence.dialogs import Dialogs
from auditor.evidence.document import Document
from auditor.evidence.fingerprints import Fingerprints
from auditor.evidence.focus import Focus
from auditor.evidence.fonts import Fonts
from auditor.evidence.frames import Frames
from auditor.evidence.http import Response
from auditor.evidence.images import Images
from auditor.evidence.layout import Layout
from auditor.evidence.moving import Moving
from auditor.evidence.options import Options
from auditor.evidence.outline import Outline
from auditor.evidence.paint import Paint
from auditor.evidence.reading import Reading
from auditor.evidence.reflow import Reflow
from auditor.evidence.releases import Releases
from auditor.evidence.requests import Requests
from auditor.evidence.screenshot import Screenshots
from auditor.evidence.service_workers import ServiceWorkers
from auditor.evidence.texts import Texts
from auditor.evidence.timing import Timing
from auditor.evidence.typed import Typed
from auditor.evidence.unloads import Unloads
from auditor.evidence.visit import Visit
from auditor.model.query import LinkTarget
from auditor.model.snapshot import SnapshotKey

T = TypeVar("T", bound=msgspec.Struct)
Targets = Callable[[Iterable[str]], Mapping[str, LinkTarget]]


class Gathered:
    """The evidence of one snapshot, and why it is missing where it is."""

    def __init__(
        self,
        key: SnapshotKey,
        url: str,
        *,
        body: Callable[[], bytes | str] | None = None,
        response: Response | None = None,
        bundle: Callable[[], Bundle] | None = None,
        targets: Targets | None = None,
    ) -> None:
        self.key = key
        self.url = url  # as requested
        self._body = body
        self._response = response
        self._bundle = bundle
        self._targets = targets

    # Who looked

    @cached_property
    def client_name(self) -> str:
        return str(self.key.client)

    @cached_property
    def state_name(self) -> str:
        return str(self.key.state)

    # What is there

    @property
    def is_rendered(self) -> bool:
        return self.key.client.is_browser

    def missing(self, kind: str) -> str | None:
        """Why this kind of evidence is not there; None where it is."""
        if kind == "document":
            return None if self._body is not None else "no document was gathered"
        if kind == "targets":
            return None if self._targets is not None else "the links were not followed"
        if kind == "response":
            return None if self._response is not None else "seen by the browser only"
        if not self.is_rendered:
            return "needs a browser; this page was fetched only"
        if kind in self.bundle.kinds:
            return None
        return self.bundle.missing.get(kind, f"{kind} was not gathered")

    # Evidence

    @cached_property
    def bundle(self) -> Bundle:
        return self._bundle() if self._bundle is not None else Bundle()

    @cached_property
    def document(self) -> Document:
        """Raises LookupError where there is none."""
        if self._body is None:
            raise LookupError("document")
        body = self._body()
        if isinstance(body, str):
            return Document(body, self.final_url, rendered=True)
        return Document.from_bytes(body, self.final_url, self.header("content-type") or "")

    @property
    def response(self) -> Response:
        if self._response is None:
            raise LookupError("response")
        return self._response

    @cached_property
    def visit(self) -> Visit:
        return self._evidence("visit", Visit)

    @cached_property
    def requests(self) -> Requests:
        return self._evidence("requests", Requests)

    @cached_property
    def console(self) -> Console:
        return self._evidence("console", Console)

    @cached_property
    def cookies(self) -> Cookies:
        return self._evidence("cookies", Cookies)

    @cached_property
    def consent(self) -> Consent:
        return self._evidence("consent", Consent)

    @cached_property
    def data_layer(self) -> DataLayer:
        return self._evidence("data_layer", DataLayer)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        return self._evidence("fingerprints", Fingerprints)

    @cached_property
    def unloads(self) -> Unloads:
        return self._evidence("unloads", Unloads)

    @cached_property
    def typed(self) -> Typed:
        return self._evidence("typed", Typed)

    @cached_property
    def crossings(self) -> Crossings:
        return self._evidence("crossings", Crossings)

    @cached_property
    def dialogs(self) -> Dialogs:
        return self._evidence("dialogs", Dialogs)

    @cached_property
    def layout(self) -> Layout:
        return self._evidence("layout", Layout)

    @cached_property
    def images(self) -> Images:
        return self._evidence("images", Images)

    @cached_property
    def texts(self) -> Texts:
        return self._evidence("texts", Texts)

    @cached_property
    def axe(self) -> Axe:
        return self._evidence("axe", Axe)

    @cached_property
    def screenshots(self) -> Screenshots:
        return self._evidence("screenshots", Screenshots)

    @cached_property
    def areas(self) -> Areas:
        return self._evidence("areas", Areas)

    @cached_property
    def paint(self) -> Paint:
        return self._evidence("paint", Paint)

    @cached_property
    def fonts(self) -> Fonts:
        return self._evidence("fonts", Fonts)

    @cached_property
    def frames(self) -> Frames:
        return self._evidence("frames", Frames)

    @cached_property
    def service_workers(self) -> ServiceWorkers:
        return self._evidence("service_workers", ServiceWorkers)

    @cached_property
    def outline(self) -> Outline:
        return self._evidence("outline", Outline)

    @cached_property
    def reading(self) -> Reading:
        return self._evidence("reading", Reading)

    @cached_property
    def options(self) -> Options:
        return self._evidence("options", Options)

    @cached_property
    def releases(self) -> Releases:
        return self._evidence("releases", Releases)

    @cached_property
    def reflow(self) -> Reflow:
        return self._evidence("reflow", Reflow)

    @cached_property
    def focus(self) -> Focus:
        return self._evidence("focus", Focus)

    @cached_property
    def moving(self) -> Moving:
        return self._evidence("moving", Moving)

    @cached_property
    def timing(self) -> Timing:
        return self._evidence("timing", Timing)

    # What response and visit have in common

    @property
    def final_url(self) -> str:
        if self._response is not None:
            return self._response.final_url or self.url
        return self.visit.final_url if self.missing("visit") is None else self.url

    @property
    def status(self) -> int:
        if self._response is not None:
            return self._response.status
        return self.visit.status if self.missing("visit") is None else 0

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        if self._response is not None:
            return self._response.headers
        return self.visit.headers if self.missing("visit") is None else ()

    @property
    def at(self) -> str:
        """When the page was looked at: UTC, ISO 8601, "" where that is not known."""
        if self._response is not None:
            return self._response.fetched_at
        return self.visit.started_at if self.missing("visit") is None else ""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def targets(self, urls: Iterable[str]) -> Mapping[str, LinkTarget]:
        """What came of fetching these URLs; those never asked for are absent."""
        if self._targets is None:
            raise LookupError("targets")
        return self._targets(urls)

    def _evidence(self, name: str, kind: type[T]) -> T:
        value = self.bundle.read(kind)
        if value is None:
            raise LookupError(name)
        return value
