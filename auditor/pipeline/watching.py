"""Who follows an audit while it goes on."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """The terminal, plain lines, or nobody."""

    def stage(self, name: str) -> None: ...

    def progress(self, done: int, total: int, text: str = "") -> None: ...

    def note(self, text: str) -> None: ...


class Nobody:
    """A watcher that shows nothing."""

    def stage(self, name: str) -> None:
        """Nothing to show."""

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Nothing to show."""

    def note(self, text: str) -> None:
        """Nothing to show."""
