"""The report in real browsers, opened from disk: it loads, reads without JavaScript, is accessible, and stays inside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from auditor.report import html, summary
from auditor.report.document import ResultDocument

pytestmark = pytest.mark.browser
DESKTOP, PHONE, NARROW = ({"width": 1366, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 640})
OPEN_ALL = "for (const fold of document.querySelectorAll('details')) fold.open = true"


@pytest.fixture(scope="module")
def playwright_here() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright_here: Playwright) -> Iterator[Browser]:
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = playwright_here.chromium.launch(executable_path=path, args=arguments)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def firefox(playwright_here: Playwright) -> Iterator[Browser]:
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("firefox is not installed")
    browser = playwright_here.firefox.launch(channel="moz-firefox", executable_path=path)
    yield browser
    browser.close()


@pytest.fixture
def report(document: ResultDocument, tmp_path: Path, files: Any) -> Path:
    return html.write(document, tmp_path / "report", files)


@pytest.fixture(params=["contrasted", "clean", "nothing"])
def document(request: pytest.FixtureRequest) -> ResultDocument:
    return request.getfixturevalue(request.param)


@pytest.fixture
def rich_report(rich: ResultDocument, tmp_path: Path, files: Any) -> Path:
    return html.write(rich, tmp_path / "report", files)


@pytest.fixture
def contrasted_report(contrasted: ResultDocument, tmp_path: Path, files: Any) -> Path:
    return html.write(contrasted, tmp_path / "report", files)


@contextmanager
def opened(browser: Browser, index: Path, fragment: str = "", **context: Any) -> Iterator[tuple[Page, list[str]]]:
    """The report in a tab, and everything it complained of or asked for outside of its folder."""
    noticed: list[str] = []
    with browser.new_context(**{"viewport": DESKTOP, **context}) as room:
        tab = room.new_page()
        tab.on("console", lambda message: noticed.append(message.text))
        tab.on("pageerror", lambda error: noticed.append(str(error)))
        tab.on("requestfailed", lambda request: noticed.append(f"failed: {request.url}"))
        folder = index.parent.as_uri()
        tab.on("request", lambda request: None if request.url.startswith(folder) else noticed.append(request.url))
        tab.goto(index.as_uri() + fragment)
        yield tab, noticed


def load_pictures(tab: Page) -> list[int]:
    """Widths of all pictures, after those below the fold were asked for too."""
    return tab.evaluate("""async () => {
        for (const picture of document.images) picture.loading = "eager";
        await Promise.all([...document.images].map(picture => picture.decode().catch(() => 0)));
        return [...document.images].map(picture => picture.naturalWidth);
    }""")


def loads_whole(browser: Browser, index: Path) -> None:
    with opened(browser, index) as (tab, noticed):
        tab.evaluate(OPEN_ALL)
        widths = load_pictures(tab)
        assert len(widths) == 17
        assert all(widths)
        assert tab.locator(".verdict > .wrap").evaluate("it => getComputedStyle(it).display") == "grid"
        assert tab.locator("#filters").is_visible()
        assert tab.title() == "shop.example: audit of 22 November 2026, 20:08 UTC"
        assert noticed == []


def test_it_loads_whole_from_disk_in_chromium(chromium: Browser, contrasted_report: Path) -> None:
    loads_whole(chromium, contrasted_report)


@pytest.mark.firefox
def test_it_loads_whole_from_disk_in_firefox(firefox: Browser, contrasted_report: Path) -> None:
    loads_whole(firefox, contrasted_report)


def test_the_policy_holds_from_disk(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report) as (tab, _):
        blocked = tab.evaluate("""async () => {
            const seen = [];
            document.addEventListener("securitypolicyviolation", event => seen.push(event.effectiveDirective));
            const picture = new Image(); picture.src = "http://127.0.0.1:9/pixel.gif"; document.body.append(picture);
            const script = document.createElement("script"); script.textContent = "window.taken = 1"; document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<p style='color:red' onclick='window.taken = 2'>x</p>");
            document.body.lastElementChild.click();
            await fetch("http://127.0.0.1:9/").catch(() => 0);
            await new Promise(done => setTimeout(done, 50));
            return [seen.sort(), window.taken ?? null];
        }""")
    assert blocked == [["connect-src", "img-src", "script-src-attr", "script-src-elem", "style-src-attr"], None]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(chromium: Browser, report: Path, scheme: str, viewport: dict[str, int]) -> None:
    with opened(chromium, report, viewport=viewport, color_scheme=scheme) as (tab, _):
        tab.evaluate(OPEN_ALL)
        result = Axe().run(tab)
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in result.response["violations"]] == []
    assert len(result.response["passes"]) > 15


def test_nothing_scrolls_sideways_on_a_small_phone(chromium: Browser, report: Path) -> None:
    with opened(chromium, report, viewport=NARROW) as (tab, _):
        tab.evaluate(OPEN_ALL)
        load_pictures(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


def reads_without_javascript(browser: Browser, index: Path, document: ResultDocument) -> None:
    with opened(browser, index, java_script_enabled=False) as (tab, noticed):
        assert tab.get_by_role("heading", name=document.verdict.sentence).is_visible()
        assert tab.get_by_text("Checked 94 % of 200 pages.").is_visible()
        assert tab.locator("#filters").is_hidden()
        assert tab.locator("button:visible").count() == 0
        assert tab.locator("#P-0000000001 .advice").get_by_text("Google disapproves offers").is_visible()
        assert tab.locator("#ticket-P-0000000001").is_hidden()
        tab.locator("#P-0000000001 .tools summary").click()
        assert tab.locator("#ticket-P-0000000001").is_visible()
        assert tab.locator("#P-0000000007 .advice").is_hidden()
        tab.locator("#P-0000000007 > summary").click()
        assert tab.locator("#P-0000000007 .advice").is_visible()
        assert noticed == []


def test_it_reads_without_javascript(chromium: Browser, rich_report: Path, rich: ResultDocument) -> None:
    reads_without_javascript(chromium, rich_report, rich)


@pytest.mark.firefox
def test_it_reads_without_javascript_in_firefox(firefox: Browser, rich_report: Path, rich: ResultDocument) -> None:
    # Firefox over BiDi takes no notice of java_script_enabled.
    text = rich_report.read_text(encoding="utf-8")
    without = text.replace('<script src="report.js" defer></script>', "")
    assert without != text
    rich_report.write_text(without, encoding="utf-8")
    reads_without_javascript(firefox, rich_report, rich)


def test_filters_show_only_what_was_asked_for(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report) as (tab, _):
        problems = tab.locator("details.problem:visible")
        assert problems.count() == 7
        tab.get_by_role("combobox", name="Severity").select_option("serious")
        assert problems.count() == 2
        tab.get_by_role("combobox", name="Device").select_option("phone")
        assert problems.count() == 1
        assert tab.locator("#shown").inner_text() == "1 of 7 problems shown"
        assert tab.locator(".group:visible").count() == 1
        tab.get_by_role("button", name="Show all").click()
        expect(tab.locator("details.problem:not([hidden])")).to_have_count(7, timeout=60_000)
        assert tab.locator("#shown").inner_text() == ""


def test_filters_work_by_keyboard(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report) as (tab, _):
        problems = tab.locator("details.problem:visible")
        tab.get_by_role("searchbox", name="Find").focus()
        tab.keyboard.type("contrast")
        assert problems.count() == 1
        tab.get_by_role("searchbox", name="Find").fill("")
        names = []
        while (name := tab.evaluate("document.activeElement.name || document.activeElement.id")) != "unfold":
            names.append(name)
            if name == "rule":
                tab.keyboard.type("prices")
                assert problems.count() == 1
            tab.keyboard.press("Tab")
        assert names[:8] == ["find", "severity", "certainty", "owner", "rule", "type", "browser", "device"]
        tab.keyboard.press("Space")
        assert tab.locator("#P-0000000007").get_attribute("open") is not None


def test_a_hidden_problem_comes_back_when_it_is_linked_to(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report) as (tab, _):
        tab.get_by_role("combobox", name="Severity").select_option("minor")
        assert tab.locator("#P-0000000001").is_hidden()
        tab.locator(".first a").first.click()
        expect(tab.locator("#P-0000000001:not([hidden])")).to_have_count(1, timeout=60_000)


def test_a_ticket_is_copied(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report, permissions=["clipboard-read", "clipboard-write"]) as (tab, _):
        button = tab.locator(".first button.copy").first
        button.click()
        expect(button).to_have_text("Copied", timeout=60_000)
        copied = tab.evaluate("navigator.clipboard.readText()")
        assert copied == tab.locator("#ticket-P-0000000001").text_content()


def test_a_link_to_a_problem_opens_it(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report, "#P-0000000007") as (tab, _):
        assert tab.locator("#P-0000000007 .advice").is_visible()
        assert tab.locator("#P-0000000006 .advice").is_hidden()


def test_the_keyboard_reaches_everything(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report) as (tab, _):
        tab.keyboard.press("Tab")
        assert tab.locator(":focus").inner_text() == "Skip to the result"
        assert tab.locator(":focus").bounding_box()["x"] >= 0  # type: ignore[index]
        tab.locator("#P-0000000006 > summary").focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#P-0000000006 .advice").is_visible()


def test_print_shows_closed_problems_on_white(chromium: Browser, rich_report: Path) -> None:
    with opened(chromium, rich_report, color_scheme="dark", java_script_enabled=False) as (tab, _):
        tab.emulate_media(media="print", color_scheme="dark")
        assert tab.locator("#P-0000000007 .advice").is_visible()
        assert tab.locator("nav").is_hidden()
        body = tab.locator("body")
        assert body.evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(255, 255, 255)"
        assert body.evaluate("it => getComputedStyle(it).color") == "rgb(22, 33, 31)"


@pytest.fixture
def one_file(rich: ResultDocument, tmp_path: Path, files: Any) -> Path:
    """The summary, alone in a folder."""
    alone = tmp_path / "mailed" / summary.SUMMARY
    alone.parent.mkdir()
    shutil.copy(summary.write(rich, tmp_path / "report", files), alone)
    return alone


def test_the_summary_needs_nothing_beside_it(chromium: Browser, one_file: Path) -> None:
    with opened(chromium, one_file) as (tab, noticed):
        widths = load_pictures(tab)
        assert len(widths) == 2
        assert all(widths)
        assert tab.locator(".verdict > .wrap").evaluate("it => getComputedStyle(it).display") == "grid"
        assert tab.locator("article.problem").count() == 7
        assert [message for message in noticed if not message.startswith("data:")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_the_summary(
    chromium: Browser, one_file: Path, scheme: str, viewport: dict[str, int]
) -> None:
    with opened(chromium, one_file, viewport=viewport, color_scheme=scheme) as (tab, _):
        result = Axe().run(tab)
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in result.response["violations"]] == []
