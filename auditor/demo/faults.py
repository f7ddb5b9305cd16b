"""Which faults the demo shop has, read from faults.yaml; the pages ask here before they are built."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("faults.yaml")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the rule that must report it, the page it is reported on, and what it is about."""

    rule: str
    url: str
    target: str = ""
    clients: tuple[str, ...] = ()
    note: str = ""


def load_faults() -> dict[str, list[Fault]]:
    """Read every listed fault, by rule id."""
    listed = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {
        rule: [
            Fault(
                rule=rule,
                url=row["url"],
                target=row.get("target", ""),
                clients=tuple(row.get("clients", ())),
                note=row.get("note", ""),
            )
            for row in rows
        ]
        for rule, rows in listed.items()
    }


class Planted:
    """The faults a running shop has; empty for a clean shop."""

    def __init__(self, *, clean: bool = False, rules: Collection[str] | None = None) -> None:
        listed = {} if clean else load_faults()
        unknown = set(rules or ()) - set(load_faults())
        if unknown:
            raise ValueError(f"no such faults in faults.yaml: {', '.join(sorted(unknown))}")
        self._faults = [fault for rule, faults in listed.items() if rules is None or rule in rules for fault in faults]

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def on(self, path: str, rule: str, target: str | None = None) -> Fault | None:
        """The fault of this rule (and target) on the page, if it has one."""
        for fault in self._faults:
            if fault.url == path and fault.rule == rule and target in (None, fault.target):
                return fault
        return None

    def title(self, path: str) -> bool:
        """Whether the page has lost its title, which two rules report."""
        return bool(self.on(path, "meta/title") or self.on(path, "accessibility/axe", "document-title"))
