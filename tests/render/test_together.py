"""Scripts that run together say what each says alone; pages with nothing to wait for are not waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from auditor.evidence.bundle import KINDS
from auditor.evidence.requests import Requests
from auditor.evidence.texts import Texts
from auditor.evidence.visit import Visit
from auditor.render.browsers import Found
from auditor.render.collectors import consent, images
from auditor.render.collectors.look import Look
from auditor.render.collectors.order import OF_PAGE, of_page
from auditor.render.task import RenderResult
from auditor.render.worker import Renderer
from tests.render.nasty import Shop
from tests.render.test_worker import settings_for, task_for

_PAGES = ("product-dawn", "product-magento", "product-opencart", "product-woocommerce", "old-libraries")
_BY_SCRIPT = ("texts", "layout", "reading", "options", "outline", "images", "fonts", "frames", "service_workers")


@pytest.mark.parametrize("page", _PAGES)
def test_scripts_say_together_what_they_say_alone(look: Callable[..., Look], page: str) -> None:
    at = look((Path(__file__).parent / "pages" / f"{page}.html").read_text("utf-8"), fresh=False)
    alone = {kind: OF_PAGE[kind](at) for kind in _BY_SCRIPT}
    banner = consent.collect(at)
    at.ask_together(of_page(at, {*_BY_SCRIPT, "consent"}))
    assert len(at.answers) == len(of_page(at, {*_BY_SCRIPT, "consent"}))
    assert {kind: OF_PAGE[kind](at) for kind in _BY_SCRIPT} == alone
    assert consent.collect(at) == banner
    assert at.answers == {}


def test_libraries_that_teach_json_tricks_and_half_characters_change_no_answer(look: Callable[..., Look]) -> None:
    at = look(
        "<h1>a \\ud83d b</h1><script>Array.prototype.toJSON = function () { return 'text' };"
        "document.querySelector('h1').append('\\ud83d', '\\\\ud83d')</script><img src=/ok.png alt=x>"
    )
    at.ask_together(of_page(at, {"texts", "images"}))
    assert set(at.answers) == {"texts", "images"}
    seen = OF_PAGE["texts"](at)
    assert seen.headings == ((1, "a \\ud83d b\ufffd\\ud83d", True),)
    assert len(images.collect(at).items) == 1
    assert at.tab.evaluate("Array.prototype.toJSON.call([1])") == "text"


def test_what_fails_among_others_is_asked_alone(look: Callable[..., Look]) -> None:
    at = look("<h1>x</h1><script>document.createTreeWalker = () => { throw new Error('no') }</script>")
    at.ask_together(of_page(at, {"texts", "reading", "outline"}))
    assert "reading" not in at.answers
    assert {"texts", "outline"} <= set(at.answers)


Take = Callable[[str, int], RenderResult]


@pytest.fixture(scope="module")
def visit(shop: Shop, found: Found, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Take]:
    """Takes a page that is watched for so many milliseconds; all with one browser."""
    with ThreadPoolExecutor(1) as thread:  # Playwright's sync interface wants one for itself
        settings = settings_for(shop, tmp_path_factory.mktemp("files"))
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()

        def one(html: str, milliseconds: int) -> RenderResult:
            renderer._settings = msgspec.structs.replace(settings, watch_ms=milliseconds)
            task = task_for(shop.put(html), str(found.name), collectors=frozenset(KINDS) - {"axe", "screenshots"})
            payload = thread.submit(renderer.run, msgspec.msgpack.encode(task)).result()
            return msgspec.msgpack.decode(payload, type=RenderResult)

        yield one
        thread.submit(renderer.close).result()


_DATA = "<script type='application/ld+json'>{}</script><script type='text/x-template'><b>1</b></script>"


@pytest.mark.parametrize(
    "html",
    [
        "<h1>x</h1><script>1</script>",
        "<h1>x</h1><script type=module>1</script>",
        "<h1>x</h1><script>setTimeout(() => fetch('/poll?late'), 1200); document.currentScript.remove()</script>",
        "<h1>x</h1><img src=/ok.png onload=\"setTimeout(() => fetch('/poll?late'), 1200)\">",
        "<h1>x</h1><iframe srcdoc='<p>framed</p>'></iframe>",
        "<h1>x</h1><svg><script>setTimeout(() => fetch('/poll?late'), 1200)</script></svg>",
    ],
)
def test_a_page_that_could_still_ask_for_something_is_watched(visit: Take, html: str) -> None:
    result = visit(html, 3_000)
    seen, requests = result.bundle.read(Visit), result.bundle.read(Requests)
    assert seen is not None
    assert seen.watched_ms >= 3_000
    assert requests is not None
    assert ("/poll?late" in html) == any(one.url.endswith("/poll?late") for one in requests.items)


def test_a_page_without_scripts_is_not_watched_any_longer(visit: Take) -> None:
    result = visit(f"<h1>x</h1>{_DATA}<img src=/ok.png loading=lazy style='margin-top:4000px'>", 60_000)
    seen, texts, requests = result.bundle.read(Visit), result.bundle.read(Texts), result.bundle.read(Requests)
    assert seen is not None
    assert seen.quiet
    assert seen.watched_ms < 60_000
    assert texts is not None
    assert texts.headings == ((1, "x", True),)
    assert requests is not None
    assert [one.status for one in requests.items if one.url.endswith("/ok.png")] == [200]  # scrolled to all the same
    assert result.bundle.missing == {}
