"""Other shops than the demo shop as it stands: what can't be wrong there together with everything else, or only elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from auditor.demo.faults import Fault, faults_of, read

_FOLDER = Path(__file__).with_name("situations")

NOT_FOUND = "404"  # in the place of an address: what a shop that stands alone answers where there is nothing
LEGAL = {"/pages/privacy": "Privacy policy", "/pages/impressum": "Impressum"}


@dataclass(frozen=True, slots=True)
class Canned:
    """A page that only this situation has: `text` and a product of the catalogue in a frame, or `body` as it is."""

    title: str = ""
    text: str = ""
    product: str = ""  # its slug; only where the situation stands alone
    markup: Mapping[str, Any] = field(default_factory=dict)  # laid over the product's
    head: str = ""
    lang: str = "en"
    listed: bool = True  # in the sitemap of a situation that stands alone
    body: str = ""
    noise: tuple[int, int] = (0, 0)  # a picture of so many pixels that can't be made small, in place of a body
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """One file of situations/: a shop, how it is audited, and the faults that must be found, no others."""

    about: str
    name: str = ""  # the host name it is visited under; empty: its address on this machine
    also: tuple[str, ...] = ()  # other hosts that this machine stands for
    https: bool = False
    certificate_days: int = 90  # of a shop on https
    plain: tuple[str, ...] = ()  # of a shop on https: addresses that it shows over http as well
    second_night: bool = False  # the faults came after a first night without them
    complete: bool = True  # whether such a shop can be audited to the end
    alone: bool = False  # without the demo shop behind it: all its pages are its own
    browsers: tuple[str, ...] = ()  # none: asked for over http only
    config: Mapping[str, Any] = field(default_factory=dict)  # laid over the demo's
    head: str = ""  # of each of its own pages
    legal: bool = True  # whether a shop that stands alone has its privacy policy and imprint, linked on every page
    menu: Mapping[str, str] = field(default_factory=dict)  # name by address, where it stands alone
    pages: Mapping[str, Canned] = field(default_factory=dict)  # by address (path with query)
    faults: Mapping[str, list[Fault]] = field(default_factory=dict)

    @property
    def listed(self) -> tuple[Fault, ...]:
        """All faults, in the order of the file."""
        return tuple(fault for faults in self.faults.values() for fault in faults)


@cache
def load_situations() -> dict[str, Situation]:
    """Every situation by the name of its file."""
    return {file.stem: _situation(read(file)) for file in sorted(_FOLDER.glob("*.yaml"))}


def _situation(row: dict[str, Any]) -> Situation:
    pages = {address: _canned(page) for address, page in row.get("pages", {}).items()}
    if row.get("alone") and row.get("legal", True):
        pages |= {
            address: Canned(title=title, text=f"<p>{title} of Lantern &amp; Loom.</p>")
            for address, title in LEGAL.items()
        }
    known = {
        key: row[key]
        for key in (
            "about",
            "name",
            "https",
            "certificate_days",
            "second_night",
            "complete",
            "alone",
            "config",
            "head",
            "legal",
            "menu",
        )
        if key in row
    }
    return Situation(
        **known,
        also=tuple(row.get("also", ())),
        plain=tuple(row.get("plain", ())),
        browsers=tuple(row.get("browsers", ())),
        pages=pages,
        faults=faults_of(row["faults"]),
    )


def _canned(row: dict[str, Any]) -> Canned:
    return Canned(**{**row, "headers": tuple(row.get("headers", {}).items())})
