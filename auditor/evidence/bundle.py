"""A browser snapshot's evidence in one piece: kinds by name, and for each that is missing the reason."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from auditor.evidence.areas import Areas
from auditor.evidence.axe import Axe
from auditor.evidence.consent import Consent
from auditor.evidence.console import Console
from auditor.evidence.cookies import Cookies
from auditor.evidence.crossings import Crossings
from auditor.evidence.data_layer import DataLayer
from auditor.evidence.dialogs import Dialogs
from auditor.evidence.fingerprints import Fingerprints
from auditor.evidence.focus import Focus
from auditor.evidence.fonts import Fonts
from auditor.evidence.frames import Frames
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

# name -> type; the rendered document is text and travels beside the bundle
KINDS: dict[str, type[msgspec.Struct]] = {
    "visit": Visit,
    "requests": Requests,
    "console": Console,
    "cookies": Cookies,
    "consent": Consent,
    "data_layer": DataLayer,
    "fingerprints": Fingerprints,
    "typed": Typed,
    "unloads": Unloads,
    "crossings": Crossings,
    "dialogs": Dialogs,
    "layout": Layout,
    "images": Images,
    "texts": Texts,
    "axe": Axe,
    "screenshots": Screenshots,
    "areas": Areas,
    "paint": Paint,
    "fonts": Fonts,
    "frames": Frames,
    "service_workers": ServiceWorkers,
    "outline": Outline,
    "reading": Reading,
    "options": Options,
    "reflow": Reflow,
    "releases": Releases,
    "focus": Focus,
    "moving": Moving,
    "timing": Timing,
}
T = TypeVar("T", bound=msgspec.Struct)
_encoder = msgspec.msgpack.Encoder()


class Bundle(msgspec.Struct):
    """Evidence of one browser snapshot, each kind packed on its own so that a reader decodes only what it needs."""

    kinds: dict[str, bytes] = {}
    missing: dict[str, str] = {}  # kind -> why it is not there

    def put(self, name: str, value: msgspec.Struct) -> None:
        if not isinstance(value, KINDS[name]):
            raise TypeError(f"evidence '{name}' is a {KINDS[name].__name__}, not a {type(value).__name__}")
        self.kinds[name] = _encoder.encode(value)
        self.missing.pop(name, None)

    def get(self, name: str) -> Any:
        """The evidence, or None where it is missing."""
        packed = self.kinds.get(name)
        return None if packed is None else msgspec.msgpack.decode(packed, type=KINDS[name])

    def read(self, kind: type[T]) -> T | None:
        """The evidence of a type: `bundle.read(Requests)`."""
        name = next(name for name, known in KINDS.items() if known is kind)
        packed = self.kinds.get(name)
        return None if packed is None else msgspec.msgpack.decode(packed, type=kind)
