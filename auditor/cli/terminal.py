"""What the terminal shows while an audit goes on, and how errors are said."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console

from auditor.model.errors import AuditorError

if TYPE_CHECKING:
    from rich.progress import TaskID

_EVERY = 5.0  # seconds between plain lines

STAGES = {
    "preflight": "Looking whether the shop can be reached",
    "crawl": "Fetching pages",
    "render": "Opening pages in browsers",
    "links": "Asking for links to other sites",
    "evaluate": "Judging",
    "report": "Writing the report",
}


def output() -> Console:
    """The console for results; plain where it is no terminal."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def complain(error: AuditorError) -> None:
    """Says what is wrong, where, and how to mend it, on stderr."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("[bold red]Error:[/] ", end="")
    console.print(safe(str(error)), markup=False)


def safe(text: str) -> str:
    """Text of the site without control characters: nothing it sends may drive the terminal."""
    return "".join(
        char
        if char == "\n"
        or (char.isprintable() and not 0x202A <= ord(char) <= 0x202E and not 0x2066 <= ord(char) <= 0x2069)
        else "�"
        for char in text
    )


class PlainWatcher:
    """A line a stage and one every few seconds; for logs and CI."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._last = 0.0
        self._stage = ""

    def stage(self, name: str) -> None:
        self._stage, self._last = name, time.monotonic()
        if name in STAGES:
            self._say(STAGES[name])

    def progress(self, done: int, total: int, text: str = "") -> None:
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            self._say(f"  {done}/{total} {text}".rstrip())

    def note(self, text: str) -> None:
        if text:
            self._say(f"  {text}")

    def close(self) -> None:
        """Nothing to tidy up."""

    def _say(self, text: str) -> None:
        self._console.print(safe(text), markup=False)


class TerminalWatcher:
    """A progress display."""

    def __init__(self) -> None:
        # not where plain lines are wanted
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[text]}", markup=False, style="dim"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._progress.start()

    def stage(self, name: str) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        if name in STAGES:
            self._task = self._progress.add_task(STAGES[name], total=None, text="")

    def progress(self, done: int, total: int, text: str = "") -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None, text=safe(text)[:60])

    def note(self, text: str) -> None:
        if text:
            self._progress.console.print(safe(text), markup=False, style="dim")

    def close(self) -> None:
        self._progress.stop()


def watcher(plain: bool) -> PlainWatcher | TerminalWatcher:
    """The display that fits where stderr goes."""
    return PlainWatcher() if plain or not sys.stderr.isatty() else TerminalWatcher()
