"""Which faults the demo shop has, read from faults.yaml; every text the shop answers with passes here before it is sent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from auditor.demo.templates import Html, join

_FILE = Path(__file__).with_name("faults.yaml")
_NOT_SEEDED, _NOT_OPENED = "not_seeded", "not_opened"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times as fast
_MEANS = {"adds", "head", "swaps", "status", "headers"}
# Put together here, so that nobody who searches the source for keys finds one. It opens nothing.
_KEY = "_".join(("sk", "live", "4eC39HqLyjWDarjtT1zdp7dcDemoLoom"))


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to the answer of one address, or of all that a pattern with * names."""

    at: str
    adds: str = ""
    head: str = ""
    swaps: tuple[tuple[str, str], ...] = ()
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()

    def is_for(self, address: str) -> bool:
        """Whether it changes the answer of this address (path with query)."""
        return fnmatchcase(address, self.at) if "*" in self.at else address == self.at


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the rule that must report it, the page it is reported on, what it is about, and how it is made."""

    rule: str
    url: str
    target: str = ""
    clients: tuple[str, ...] = ()
    certainty: str = "proven"
    note: str = ""
    opened: bool = True  # whether browsers open its page, which is one of the shop's
    edits: tuple[Edit, ...] = ()


def read(file: Path) -> Any:
    """What a YAML file of the demo holds."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # both are safe ones


@cache
def _listed() -> dict[str, Any]:
    listed: dict[str, Any] = read(_FILE)
    return listed


def load_faults() -> dict[str, list[Fault]]:
    """Read every listed fault, by rule id."""
    return faults_of({rule: rows for rule, rows in _listed().items() if rule not in (_NOT_SEEDED, _NOT_OPENED)})


def faults_of(listed: Mapping[str, Any]) -> dict[str, list[Fault]]:
    """The faults of a list as in faults.yaml, by rule id."""
    return {rule: [_fault(rule, row) for row in rows] for rule, rows in listed.items()}


def load_not_seeded() -> dict[str, str]:
    """Rules that no fault can be put in for, each with the reason."""
    return dict(_listed()[_NOT_SEEDED])


def load_not_opened() -> frozenset[str]:
    """Pages whose faults stand in what the shop sends: no browser has to open them."""
    return frozenset(_listed()[_NOT_OPENED])


def _fault(rule: str, row: Mapping[str, Any]) -> Fault:
    return Fault(
        rule=rule,
        url=row["url"],
        target=row.get("target", ""),
        clients=tuple(row.get("clients", ())),
        certainty=row.get("certainty", "proven"),
        note=row.get("note", ""),
        opened=row.get("opened", row["url"].startswith("/") and not row["url"].endswith((".txt", ".xml"))),
        edits=tuple(_edit(one, row["url"]) for one in (row, *row.get("also", ())) if _MEANS & one.keys()),
    )


def _edit(row: Mapping[str, Any], url: str) -> Edit:
    return Edit(
        at=row.get("at", url),
        adds=row.get("adds", ""),
        head=row.get("head", ""),
        swaps=tuple((old, new) for old, new in row.get("swaps", ())),
        status=row.get("status", 0),
        headers=tuple(row.get("headers", {}).items()),
    )


@dataclass(frozen=True, slots=True)
class Planted:
    """The faults a running shop has; none for a clean shop."""

    faults: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[str] | None = None) -> "Planted":
        """All faults of faults.yaml, or those of the named rules. ValueError: a rule has none there."""
        listed = load_faults()
        chosen = list(listed) if rules is None else list(rules)
        if unknown := set(chosen) - set(listed):
            raise ValueError(f"no such faults in faults.yaml: {', '.join(sorted(unknown))}")
        return cls(tuple(fault for rule, faults in listed.items() if rule in chosen for fault in faults))

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)

    def extra(self, address: str, origin: str) -> Html:
        """What the faults of this address (path with query) add to the page's text."""
        return join(Html(_filled(edit.adds, origin)) for _, edit in self._edits(address) if edit.adds)

    def spoil(self, text: str, address: str, origin: str) -> str:
        """The text of this address with its faults. ValueError where what a fault replaces is not there once."""
        for rule, edit in self._edits(address):
            for old, new in edit.swaps:
                was = _filled(old, origin)
                if text.count(was) != 1:
                    raise ValueError(f"{rule} on {address}: stands there {text.count(was)} times: {was}")
                text = text.replace(was, _filled(new, origin))
            if edit.head:
                text = text.replace("</head>", f"{_filled(edit.head, origin)}\n</head>", 1)
        return text

    def outside(self, address: str, origin: str) -> tuple[int, dict[str, str]]:
        """What the faults of this address say of its status (0: as it is) and headers."""
        edits = [edit for _, edit in self._edits(address)]
        status = next((edit.status for edit in edits if edit.status), 0)
        return status, {name: _filled(value, origin) for edit in edits for name, value in edit.headers}

    def _edits(self, address: str) -> Iterator[tuple[str, Edit]]:
        return ((fault.rule, edit) for fault in self.faults for edit in fault.edits if edit.is_for(address))


def _filled(text: str, origin: str) -> str:
    """The text with its $names filled in."""
    here = urlsplit(origin)
    name = "127.0.0.1" if here.hostname == "localhost" else "localhost"
    elsewhere = f"{here.scheme}://{name}:{here.port}" if here.port else f"{here.scheme}://{name}"
    return text.replace("$origin", origin).replace("$elsewhere", elsewhere).replace("$key", _KEY)
