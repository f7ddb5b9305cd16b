"""The matrix: templates in every browser, what differs between them, times; as data and in the HTML report."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from PIL import Image, ImageDraw

from auditor.evidence.areas import Areas, Block, Mask
from auditor.evidence.paint import Largest, Paint
from auditor.evidence.screenshot import Picture, Screenshots
from auditor.evidence.timing import Load, Timing
from auditor.model.finding import Excerpt, Finding
from auditor.model.rule import Rule
from auditor.model.run import Run
from auditor.model.words import Certainty, Owner, PageType, Severity
from auditor.report import html, matrix_view, words
from auditor.report.build import build
from auditor.report.document import ResultDocument, TemplatePart, TimePart
from auditor.store import judgement, snapshots
from auditor.store.workspace import Workspace
from tests.report.kit import Files
from tests.store.kit import SHOP, begin, fetch, new_workspace, render

CLIENTS = ("chromium/desktop", "chromium/phone", "firefox/desktop")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with new_workspace(tmp_path / "audits") as workspace:
        yield workspace


def rule(name: str, **values: Any) -> Rule:
    words = {"message": "m", "why": "w", "fix": "f"}
    return Rule(
        id=name,
        title=name.title(),
        severity=Severity.SERIOUS,
        certainty=Certainty.PROVEN,
        owner=Owner.DEV,
        check="c",
        **words,
        **values,
    )


def finding(
    name: str, page: str, clients: tuple[str, ...], not_in: tuple[str, ...] = (), severity: Severity = Severity.SERIOUS
) -> Finding:
    return Finding(
        id=f"F-{name[-3:]}{page[-3:]}", problem="P-1", rule=name, page=page, url=page, page_type=PageType.PRODUCT, target="t", severity=severity,
        certainty=Certainty.PROVEN, message="m", clients=clients, not_in=not_in, excerpts=(Excerpt("e", "t", box=(1, 2, 30, 40)),),
    )  # fmt: skip


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Three products of one template, of which two were opened, and one content page that was not."""
    run = begin(workspace)
    loads = tuple(Load(paint=Paint(ttfb_ms=90, largest=Largest(at_ms=value))) for value in (700.0, 800.0, 2900.0))
    shown = {"screenshots": Screenshots((Picture(kind="viewport", sha256="a" * 64, width=1366, height=900),))}
    for path in ("/p/1", "/p/2", "/p/3", "/about"):
        fetch(workspace, run, path, path)
    with workspace.write() as connection:
        for stored in snapshots.html_pages(connection, run.id):
            kind = "content" if stored.url.endswith("about") else "product"
            snapshots.describe(connection, stored.id, kind, kind[0], "", "")
    for path in ("/p/1", "/p/2"):
        for client in CLIENTS:
            timed = {"timing": Timing(loads=loads)} if (path, client) == ("/p/1", "chromium/phone") else {}
            render(workspace, run, path, client, "<p>x", evidence={**shown, **timed})
    with workspace.write() as connection:
        rules = [rule("images/broken"), rule("viewport/cut"), rule("performance/lcp", options={"limit": 2500})]
        evaluation = judgement.begin(connection, run.id, "h", rules, "1")
        found = [
            finding("images/broken", f"{SHOP}/p/1", CLIENTS),
            finding("images/broken", f"{SHOP}/p/2", ("chromium/desktop",), ("chromium/phone",)),
            finding(
                "viewport/cut",
                f"{SHOP}/p/2",
                ("chromium/phone",),
                ("chromium/desktop", "firefox/desktop"),
                Severity.MINOR,
            ),
            finding("images/broken", f"{SHOP}/p/3", ("http",)),
        ]
        judgement.add_findings(connection, evaluation, found)
        judgement.end(connection, evaluation)
    return run


def test_a_template_says_what_was_opened_and_what_each_client_found(workspace: Workspace, run: Run) -> None:
    products, content = build(workspace, run).templates
    assert (products.page_type, products.pages, products.opened) == ("product", 3, 2)
    assert [one.client for one in products.snapshots] == list(CLIENTS)
    assert [row.rule for row in products.rows] == ["images/broken", "viewport/cut"]
    broken, cut = products.rows
    assert [(cell.state, cell.count) for cell in broken.cells] == [("found", 2), ("found", 1), ("found", 1)]
    assert [(cell.state, cell.count) for cell in cut.cells] == [("clean", 0), ("found", 1), ("clean", 0)]
    assert (broken.differs, cut.differs) == (False, True)
    assert (content.page_type, content.pages, content.opened, content.snapshots) == ("content", 1, 0, ())


def test_places_are_outlined_with_the_client_that_saw_them(workspace: Workspace, run: Run) -> None:
    products, _ = build(workspace, run).templates
    assert products.example == f"{SHOP}/p/2"
    assert products.boxes == {"chromium/desktop": ((1, 2, 30, 40),), "chromium/phone": ((1, 2, 30, 40),)}


def test_times_are_the_templates_wherever_they_were_measured(workspace: Workspace, run: Run) -> None:
    products, _ = build(workspace, run).templates
    told = {(one.client, one.metric): one for one in products.times}
    assert told["chromium/phone", "lcp"].median == 800
    assert told["chromium/phone", "lcp"].values == (700, 800, 2900)
    assert told["chromium/phone", "lcp"].limit == 2500
    assert ("chromium/phone", "cls") not in told  # not told by the browser, so it is not 0


def test_the_report_shows_it_without_scripts(rich: ResultDocument, files: Files, tmp_path: Path) -> None:
    index = html.write(rich, tmp_path, files)
    soup = BeautifulSoup(index.read_text("utf-8"), "html.parser")
    section = soup.find(id="templates")
    assert section
    assert not section.find_all(["script", "style"])
    assert not [tag for tag in section.find_all(True) if tag.has_attr("style")]
    table = section.find("table", class_="matrix")
    assert table
    cells = [" ".join(cell.get_text().split()) for cell in table.find_all("td")]
    assert cells == ["2", "none", "–"]
    assert "not everywhere" in table.get_text()
    charts = section.find_all("svg", class_="chart")
    assert [str(chart["aria-label"]).partition(":")[0] for chart in charts] == [
        "Largest paint, aim 2.5 s",
        "Movement (score), aim 0.1",
    ]
    assert "3.1 s" in str(charts[0]["aria-label"])
    assert len(charts[0].find_all("circle")) == 6
    assert "over the aim" in section.get_text()
    assert "processor 4 × slower" in section.get_text()
    assert "no page was opened" in section.get_text()


def test_the_outlined_picture_is_a_picture(rich: ResultDocument, files: Files, tmp_path: Path) -> None:
    index = html.write(rich, tmp_path, files)
    section = BeautifulSoup(index.read_text("utf-8"), "html.parser").find(id="templates")
    assert section
    outlined = [str(image["src"]) for image in section.find_all("img") if "outlined" in str(image["alt"])]
    assert len(outlined) == 1
    with Image.open(tmp_path / outlined[0]) as image:
        assert image.format == "WEBP"


def shown(colour: str, scale: int = 1) -> tuple[bytes, Picture, Areas]:
    """A head and a picture in a page, as a browser draws them."""
    image = Image.new("RGB", (400 * scale, 600 * scale), "white")
    for box, fill in (((0, 0, 400, 60), "#123"), ((40, 100, 240, 300), colour), ((90, 150, 190, 250), "#fd8")):
        ImageDraw.Draw(image).rectangle([value * scale for value in box], fill=fill)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    data = stream.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    blocks = (
        Block(parent=-1, label="header", kind="group", box=(0, 0, 400, 60), painted=True),
        Block(parent=-1, label="img#lamp", kind="picture", box=(40, 100, 200, 200)),
    )
    picture = Picture(kind="page", sha256=sha256, width=image.width, height=image.height, scale=scale)
    return data, picture, Areas(masks=(Mask("price", (300, 100, 60, 20)),), blocks=blocks)


def test_browsers_are_compared_on_each_device(workspace: Workspace) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/p/1", "/p/1")
    with workspace.write() as connection:
        for stored in snapshots.html_pages(connection, run.id):
            snapshots.describe(connection, stored.id, "product", "p", "", "")
    seen = {
        "firefox/desktop": shown("#25a", scale=2),  # opened first, and compared second all the same
        "chromium/desktop": shown("#a52"),
        "chromium/phone": shown("#a52"),
        "firefox/phone": shown("#a53", scale=2),
        "webkit/phone": shown("#a52"),
        "chromium/tablet": shown("#a52"),
    }
    for client, (data, picture, areas) in seen.items():
        path = workspace.file(picture.sha256, ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        told = {"screenshots": Screenshots((picture,))} | ({} if client.startswith("webkit") else {"areas": areas})
        render(workspace, run, "/p/1", client, "<p>x", evidence=told)
    (product,) = build(workspace, run).templates
    desktop, phone, webkit = product.differences
    assert (desktop.first, desktop.second, desktop.masked) == ("chromium/desktop", "firefox/desktop", {"price": 1})
    assert [(place.how, place.label) for place in desktop.places] == [("looks", "img#lamp")]
    assert 0.05 < desktop.share < 0.3
    assert (phone.second, phone.places, phone.share, phone.reason) == ("firefox/phone", (), 0, "")
    assert webkit.reason == "webkit/phone: what the picture is made of was not gathered"


def test_a_third_picture_shows_what_differs(contrasted: ResultDocument, files: Files, tmp_path: Path) -> None:
    index = html.write(contrasted, tmp_path, files)
    soup = BeautifulSoup(index.read_text("utf-8"), "html.parser")
    one, two, three = soup.select(".contrasts > li")
    told = " ".join(one.get_text().split())
    assert "Chromium desktop against Firefox desktop: 3.1 % differs, in 3 places" in told
    assert "Not compared, 12 % of the page: prices (12), carousels." in told
    assert "Could not be compared" in two.get_text()
    assert "No difference that a shopper would see" in three.get_text()
    with Image.open(tmp_path / str(one.select_one("a")["href"])) as whole:  # type: ignore[index]
        assert whole.size == (1366, 3000)
        pixels = whole.convert("RGB")
        assert [_is_marked(pixels.getpixel(at)) for at in ((800, 460), (10, 2625), (700, 1500))] == [True, False, False]  # type: ignore[arg-type]
    pairs = soup.select(".pairs > li")
    assert [len(pair.find_all("img")) for pair in pairs] == [2, 1, 1]
    assert all((tmp_path / str(image["src"])).is_file() for pair in pairs for image in pair.find_all("img"))


def _is_marked(pixel: tuple[int, int, int]) -> bool:
    red, green, _ = pixel
    return red > green + 25


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (0.0004, "under 0.1 %"), (0.0312, "3.1 %"), (0.12, "12 %"), (1.0, "100 %")]
)
def test_shares_in_words(share: float, said: str) -> None:
    assert matrix_view.percent(share) == said


@pytest.mark.parametrize(
    ("seen", "clean", "said"),
    [
        ("chromium/phone firefox/phone", "chromium/desktop firefox/desktop", "phone only"),
        ("firefox/phone firefox/desktop", "chromium/phone chromium/desktop", "Firefox only"),
        ("firefox/phone", "chromium/phone", "Firefox only"),
        ("firefox/phone", "chromium/phone firefox/desktop", "Firefox phone only"),
        ("firefox/phone", "chromium/desktop", "Firefox phone only"),  # it may be either
        ("chromium/phone", "", ""),  # nobody else looked
        ("chromium/phone chromium/desktop", "chromium/desktop", ""),  # there on other pages
        ("chromium/desktop", "http", ""),
        ("http", "chromium/desktop", ""),
        ("", "chromium/desktop", ""),
    ],
)
def test_a_fault_that_shows_in_one_place_only_says_so(seen: str, clean: str, said: str) -> None:
    assert words.only(seen.split(), clean.split()) == said


def test_a_chart_of_a_single_zero() -> None:
    part = TemplatePart(
        page_type="home",
        template="t",
        pages=1,
        opened=1,
        times=(TimePart(client="chromium/phone", metric="cls", median=0.0, values=(0.0,)),),
    )
    (chart,) = matrix_view._charts(part)
    assert (chart.bars[0].width, chart.bars[0].median, chart.limit) == (1, "0", 0)
