"""What the terminal shows: the needed words, no escape of the site's, no broken lines."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from auditor.report import console
from auditor.report.document import ResultDocument

REPORT = Path("/srv/audits/reports/shop.example-20261122-2008-with-a-rather-long-name/index.html")
Summary = Callable[[ResultDocument, Path | None], RenderableType]
SUMMARIES = [console.page_summary, console.run_summary]
OURS = re.compile(r"\x1b\[[0-9;]*m")


def text(summary: RenderableType, *, width: int = 100, terminal: bool = False, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    target = Console(
        file=stream,
        width=width,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
        legacy_windows=False,
    )
    console.show(target, summary)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize("summary", SUMMARIES)
@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_of_the_site_steers_the_terminal(summary: Summary, terminal: bool, document: ResultDocument) -> None:
    shown = text(summary(document, REPORT), terminal=terminal)
    rest = OURS.sub("", shown) if terminal else shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", rest)


@pytest.mark.parametrize("summary", SUMMARIES)
@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(summary: Summary, width: int, rich: ResultDocument) -> None:
    lines = OURS.sub("", text(summary(rich, REPORT), width=width, terminal=True)).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert "".join(line.strip() for line in lines).count("49.00") == 1


@pytest.mark.parametrize("summary", SUMMARIES)
def test_outside_of_a_terminal_paths_and_messages_stay_whole(summary: Summary, rich: ResultDocument) -> None:
    lines = text(summary(rich, REPORT), width=40).splitlines()
    assert f"Report: {REPORT}" in lines
    assert (
        "CRITICAL  Price shown 49.00 €, markup says 41.18 €  12 product pages, Chromium only, for development" in lines
    )


def test_a_page_summary_says_who_looked_and_what_comes_next(rich: ResultDocument) -> None:
    shown = text(console.page_summary(rich, REPORT))
    assert shown.startswith("Product page · shop.example · EUR\n")
    assert (
        "✓ fetched 200   ✓ Chromium desktop, phone   ✓ Firefox desktop   – Firefox desktop: timed out after 30 s"
        in shown
    )
    assert "5 proven · 1 likely · 1 to review\n" in shown
    assert "1 rule on 7 pages: the other page was not fetched yet\n" in shown
    assert "176 pages not opened in a browser (sample): 2 rules did not look there\n" in shown
    assert "Side effects: Nothing was delivered" in shown
    assert shown.endswith("Next: auditor run https://shop.example\n")


def test_a_run_summary_ends_with_the_exit_code_and_its_reason(rich: ResultDocument) -> None:
    shown = text(console.run_summary(rich, REPORT))
    assert shown.startswith("The gate failed: 2 proven problems are serious or worse.\n")
    assert "Coverage: 188 of 200 pages" in shown
    assert "Not looked at: 5 pages blocked; 1 page timed out; 6 pages not fetched yet" in shown
    assert "and 3 more problems in the report" in shown
    assert shown.endswith("Exit code 1: the gate failed\n")


def test_nothing_fetched_is_no_clean_result(nothing: ResultDocument) -> None:
    for summary in SUMMARIES:
        shown = text(summary(nothing, None))
        assert "No page was looked at: nothing is known of the shop." in shown
        assert "No problem was found" not in shown
        assert "Report:" not in shown


def test_a_clean_run_says_so(clean: ResultDocument) -> None:
    assert "No problem was found in what was looked at." in text(console.run_summary(clean, REPORT))


def test_a_terminal_without_unicode_gets_plain_signs(rich: ResultDocument) -> None:
    shown = text(console.page_summary(rich, REPORT), encoding="ascii")
    assert "+ fetched 200   + Chromium desktop, phone" in shown
