"""Result documents to make reports of: a rich one full of hostile text, a clean one, one of nothing, one of very many."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from auditor.model.finding import Excerpt
from auditor.model.words import Certainty, FetchOutcome, Owner, PageType, Severity
from auditor.report.document import (
    ClientPart,
    Counted,
    CoveragePart,
    FindingPart,
    PagePart,
    PicturePart,
    ProblemPart,
    ResultDocument,
    RulePart,
    RunPart,
    ShopPart,
    SideEffectsPart,
    SnapshotPart,
    VerdictPart,
)

SHOP = "https://shop.example"
SCRIPT = "<script>document.title = 'taken'</script>"
ANSI = "\x1b]0;taken\x07\x1b[31mred\x1b[2J"
OVERRIDE = "invoice\u202egnp.exe"
HEBREW = "המחיר המוצג שונה מהמחיר בסימון"
EMOJI = "👩\u200d🚀 rocket lamp 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
LONG_URL = f"{SHOP}/search?q=" + "a" * 10_000
LONE = "half a pair \ud800"


def drawn(width: int, height: int, scale: int) -> bytes:
    """A picture of a shop's page as a screenshot would show it."""
    image = Image.new("RGB", (width * scale, height * scale), "white")
    draw = ImageDraw.Draw(image)

    def box(x: int, y: int, right: int, bottom: int, colour: str) -> None:
        draw.rectangle([x * scale, y * scale, right * scale, bottom * scale], fill=colour)

    box(0, 0, width, 64, "#3b2f2a")
    box(24, 22, 150, 42, "#e9d8c4")
    wide = width > 700
    box(24, 96, 640 if wide else width - 24, 520 if wide else 420, "#e4ddd3")
    box(200 if wide else 120, 160, 460 if wide else 270, 460 if wide else 380, "#c98b4a")
    x, y = (700, 110) if wide else (24, 450)
    for index, (long, high) in enumerate([(360, 30), (200, 18), (130, 34), (340, 14), (320, 14), (300, 14)]):
        box(x, y + index * 52, min(x + long, width - 24), y + index * 52 + high, "#2c2622" if index < 3 else "#b9b1a8")
    box(x, y + 330, min(x + 260, width - 24), y + 380, "#8a3b12")
    for row in range((height - 900) // 300):
        for column in range(4 if wide else 2):
            left = 24 + column * (330 if wide else 180)
            box(left, 900 + row * 300, left + (300 if wide else 160), 1120 + row * 300, "#efe9e1")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


class Files:
    """Pictures by content hash, as the workspace keeps them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / digest).write_bytes(data)
        return digest

    def __call__(self, digest: str) -> Path:
        return self.folder / digest

    def picture(self, client: str, width: int, height: int, scale: int = 1, kind: str = "page") -> PicturePart:
        digest = self.keep(drawn(width, height, scale))
        return PicturePart(
            client=client,
            path=f"pictures/{digest}.png",
            width=width * scale,
            height=height * scale,
            scale=float(scale),
            kind=kind,
        )


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "files"
    folder.mkdir()
    return Files(folder)


def run(status: str = "complete", reason: str = "") -> RunPart:
    return RunPart(
        name="shop.example-20261122-2008",
        site="shop.example",
        start_url=f"{SHOP}/",
        environment="production",
        started_at="2026-11-22T20:08:00+00:00",
        ended_at="2026-11-22T20:14:10+00:00",
        status=status,
        stop_reason=reason,
        version="0.1.0",
    )


def coverage(fetched: int = 188, in_scope: int = 200) -> CoveragePart:
    complete = fetched == in_scope
    return CoveragePart(
        sentence=f"{fetched} of {in_scope} pages in scope were fetched, 12 of them opened in Chromium and Firefox.",
        known=in_scope + 42,
        fetched=fetched,
        in_scope=in_scope,
        share=fetched / in_scope,
        complete=complete,
        outcomes={"ok": fetched} if complete else {"ok": fetched - 2, "site_error": 2, "blocked": 5, "timeout": 1},
        skipped=(
            Counted(what="robots.txt forbids it", count=30, examples=(f"{SHOP}/cart",)),
            Counted(what="would change something in the shop", count=12),
        ),
        waiting=0 if complete else 6,
        clients=(
            ClientPart(client="http", looked=fetched),
            ClientPart(client="chromium/desktop", looked=12, version="156.0"),
            ClientPart(client="chromium/phone", looked=12, version="156.0"),
            ClientPart(
                client="firefox/desktop",
                looked=10,
                version="153.7",
                failed=() if complete else (Counted(what="timed out after 30 s", count=2),),
            ),
        ),
        unchecked=()
        if complete
        else (
            Counted(what="a11y/colour-contrast: axe did not answer within 20 s", count=3),
            Counted(what="seo/hreflang-return: the other page was not fetched yet", count=7),
        ),
        templates=9,
    )


def effects() -> SideEffectsPart:
    return SideEffectsPart(
        sentence="Nothing was delivered to tag vendors: 14 tracking hits were held back, no form was sent, no cart link was followed.",
        delivered=0,
        answered=(Counted(what="GA4", count=9), Counted(what="Meta Pixel", count=5)),
        withheld=(Counted(what="collect.unknown.example", count=3, examples=(f"POST /b {SCRIPT}",)),),
        refused=(Counted(what="www.google-analytics.com", count=4),),
        unsafe_links=(
            Counted(what="add to the cart", count=27, examples=(f"{SHOP}/cart/add?id=1", "javascript:alert(1)")),
        ),
        requests=200,
        visits=34,
    )


def problem(number: int, severity: Severity = Severity.MODERATE, **changes: object) -> ProblemPart:
    fields: dict[str, object] = {
        "id": f"P-{number:010d}",
        "rule": "seo/title-length",
        "title": "Page title is a useful length",
        "severity": severity,
        "certainty": Certainty.PROVEN,
        "owner": Owner.CONTENT,
        "page_type": PageType.PRODUCT,
        "target": f"sku-{number}",
        "pages": 1,
        "message": f"The title has {70 + number} characters; aim for 10 to 60.",
        "why": "Search results cut a long title and say little with a short one.",
        "fix": "Name the product or category first, then the shop.",
        "refs": ("https://developers.google.com/search/docs/appearance/title-link",),
        "clients": ("http", "chromium/desktop"),
        "findings": (
            FindingPart(
                id=f"F-{number:010d}",
                url=f"{SHOP}/products/lamp-{number}",
                message=f"The title has {70 + number} characters; aim for 10 to 60.",
                clients=("http", "chromium/desktop"),
                excerpts=(Excerpt("title", "A lamp " * 12, "head > title"),),
            ),
        ),
    }
    return ProblemPart(**{**fields, **changes})  # type: ignore[arg-type]


def _price(desktop: PicturePart, phone: PicturePart) -> ProblemPart:
    findings = [
        FindingPart(
            id=f"F-price{number}",
            url=f"{SHOP}/products/oak-table-lamp-{number}",
            message="Price shown 49.00 €, markup says 41.18 €",
            clients=("chromium/desktop", "chromium/phone"),
            not_in=("firefox/desktop",),
            excerpts=(
                Excerpt(
                    "shown",
                    "49.00 €",
                    "main .product-price",
                    (700, 214, 130, 34) if number != 1 else (24, 554, 130, 34),
                ),
                Excerpt("markup", '{"@type": "Offer", "price": "41.18", "priceCurrency": "EUR"}', "script[1] $.offers"),
            ),
            picture=phone if number == 1 else desktop if number < 3 else None,
        )
        for number in range(8)
    ]
    return problem(
        1,
        Severity.CRITICAL,
        rule="prices/shown-and-markup",
        title="Markup states the price that shoppers see",
        message="Price shown 49.00 €, markup says 41.18 €",
        why="Google disapproves offers whose price differs from the page, and shoppers come with the wrong price in mind.",
        fix="Print the price with tax in the product's JSON-LD: use the same variable as the theme's price block.",
        owner=Owner.DEV,
        target="offer price",
        pages=12,
        clients=("chromium/desktop", "chromium/phone"),
        findings=tuple(findings),
    )


@pytest.fixture
def rich(files: Files) -> ResultDocument:
    desktop = files.picture("chromium/desktop", 1366, 3000)
    first = files.picture("chromium/desktop", 1366, 900, kind="viewport")
    phone = files.picture("chromium/phone", 390, 2600, 2)
    firefox = files.picture("firefox/desktop", 1366, 2700)
    gone = PicturePart(
        client="firefox/phone", path=f"pictures/{'0' * 64}.png", width=1, height=1, scale=1.0, kind="page"
    )
    hostile = problem(
        2,
        Severity.SERIOUS,
        rule="links/broken-internal",
        title="Links inside the shop lead to a page",
        message=f"{SCRIPT} {ANSI} {OVERRIDE} {EMOJI} {LONE}",
        owner=Owner.CONTENT,
        page_type=PageType.CATEGORY,
        target="javascript:alert(document.domain)",
        pages=3,
        refs=("javascript:alert(1)", "https://html.spec.whatwg.org/"),
        findings=(
            FindingPart(
                id="F-script",
                url='javascript:alert("x")//https://shop.example/',
                message=f'"><img src=x onerror=alert(1)> {HEBREW}',
                clients=("http",),
                excerpts=(
                    Excerpt("href\x1b[1m", f"{SCRIPT}{ANSI}\u2066{OVERRIDE}", "a[onclick='x'] > b"),
                    Excerpt("long", "x" * 50_000, "body"),
                ),
                picture=gone,
            ),
            FindingPart(id="F-long", url=LONG_URL, message=f"{HEBREW} " * 300),
            FindingPart(id="F-user", url="https://user:secret@shop.example/", message="{{ 7 * 7 }} ${7*7} %s"),
        ),
    )
    return ResultDocument(
        run=run(),
        verdict=VerdictPart(
            exit_code=1,
            sentence="The gate failed: 2 proven problems are serious or worse.",
            reasons=("The price in the markup differs from the price shown on 12 product pages.", "3 links inside the shop are broken."),
            fail_on="serious",
            certainty="proven",
            min_coverage=0.9,
        ),
        coverage=coverage(),
        side_effects=effects(),
        shop=ShopPart(
            platform="shopify",
            currencies=("EUR",),
            languages=("de", "en"),
            tags=(Counted(what="GA4 G-ABC123", count=34), Counted(what=SCRIPT, count=1)),
        ),
        problems=(
            _price(desktop, phone),
            hostile,
            problem(
                3,
                Severity.SERIOUS,
                certainty=Certainty.LIKELY,
                rule="a11y/colour-contrast",
                title="Text stands out from its background",
                message="The button “In den Warenkorb” has a contrast of 2.9 to 1; it needs 4.5 to 1.",
                owner=Owner.DEV,
                pages=40,
                clients=("chromium/phone",),
                findings=(
                    FindingPart(
                        id="F-contrast",
                        url=f"{SHOP}/products/oak-table-lamp-1",
                        message="The button “In den Warenkorb” has a contrast of 2.9 to 1; it needs 4.5 to 1.",
                        clients=("chromium/phone",),
                        excerpts=(Excerpt("button", "In den Warenkorb", "form > button", (24, 780, 260, 50)),),
                        picture=phone,
                    ),
                ),
            ),
            problem(4, certainty=Certainty.NEEDS_REVIEW, message=HEBREW, owner=Owner.SEO, page_type=PageType.CONTENT),
            problem(5, pages=31),
            problem(6, Severity.MINOR, owner=Owner.MARKETING, page_type=PageType.HOME),
            problem(7, Severity.INFO, owner=Owner.PLATFORM),
        ),
        rules=(
            RulePart(id="prices/shown-and-markup", title="Markup states the price that shoppers see", severity=Severity.CRITICAL, certainty=Certainty.PROVEN, owner=Owner.DEV, passed=28, failed=12),
            RulePart(id="links/broken-internal", title="Links inside the shop lead to a page", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.CONTENT, passed=185, failed=3),
            RulePart(id="a11y/colour-contrast", title="Text stands out from its background", severity=Severity.SERIOUS, certainty=Certainty.LIKELY, owner=Owner.DEV, passed=5, failed=40, cant_tell=3),
            RulePart(id="seo/title-length", title="Page title is a useful length", severity=Severity.MODERATE, certainty=Certainty.PROVEN, owner=Owner.CONTENT, passed=150, failed=38),
            RulePart(id="seo/hreflang-return", title="Language versions point at each other", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.SEO, cant_tell=7),
            RulePart(id="seo/canonical", title="A product page names its canonical URL", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.SEO, passed=40, inapplicable=148),
            RulePart(id="consent/before-choice", title="Nothing is sent before the shopper has chosen", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.MARKETING, inapplicable=34),
        ),
        pages=(
            PagePart(
                url=f"{SHOP}/products/oak-table-lamp-1",
                page_type="product",
                status=200,
                outcome=FetchOutcome.OK,
                template="t1",
                findings=3,
                snapshots=(
                    SnapshotPart(client="chromium/desktop", outcome=FetchOutcome.OK, pictures=(first, desktop)),
                    SnapshotPart(client="chromium/phone", outcome=FetchOutcome.OK, pictures=(phone,)),
                    SnapshotPart(client="firefox/desktop", outcome=FetchOutcome.OK, pictures=(firefox,)),
                    SnapshotPart(client="firefox/phone", outcome=FetchOutcome.TIMEOUT, reason=f"timed out after 30 s {SCRIPT}", pictures=(gone,)),
                ),
            ),
            PagePart(
                url=f"{SHOP}/",
                page_type="home",
                status=200,
                outcome=FetchOutcome.OK,
                final_url=f"{SHOP}/de/",
                findings=1,
                snapshots=(SnapshotPart(client="chromium/desktop", outcome=FetchOutcome.OK, pictures=(desktop,)),),
            ),
            PagePart(url=LONG_URL, page_type="search", status=200, outcome=FetchOutcome.OK),
            PagePart(url=f"{SHOP}/collections/lamps", page_type="category", status=503, outcome=FetchOutcome.SITE_ERROR, reason="503 twice", findings=1),
        ),
        pages_cut=180,
    )  # fmt: skip


@pytest.fixture
def clean() -> ResultDocument:
    return ResultDocument(
        run=run(),
        verdict=VerdictPart(exit_code=0, sentence="Nothing was found that would fail the gate.", fail_on="serious", certainty="proven"),
        coverage=coverage(200, 200),
        side_effects=effects(),
        shop=ShopPart(),
        problems=(),
        rules=(
            RulePart(id="seo/canonical", title="A product page names its canonical URL", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.SEO, passed=40),
        ),
        pages=(PagePart(url=f"{SHOP}/", page_type="home", status=200, outcome=FetchOutcome.OK),),
    )  # fmt: skip


@pytest.fixture
def nothing() -> ResultDocument:
    return ResultDocument(
        run=run("incomplete", "the first page was blocked by a bot protection"),
        verdict=VerdictPart(
            exit_code=3,
            sentence="The audit could not be completed: no page could be fetched.",
            reasons=("shop.example answered with a bot challenge (403) three times.",),
        ),
        coverage=CoveragePart(
            sentence="0 of 1 page in scope was fetched.",
            known=1,
            fetched=0,
            in_scope=1,
            share=0.0,
            complete=False,
            outcomes={"blocked": 1},
            clients=(
                ClientPart(client="http", looked=0, failed=(Counted(what="blocked by a bot challenge (403)", count=1),)),
                ClientPart(client="firefox/desktop", looked=0, failed=(Counted(what="firefox is not installed", count=1),)),
            ),
        ),
        side_effects=SideEffectsPart(sentence="Nothing was delivered and nothing was changed; 3 pages were asked for.", delivered=0, requests=3),
        shop=ShopPart(),
        problems=(),
        rules=(),
        pages=(PagePart(url=f"{SHOP}/", page_type="", status=403, outcome=FetchOutcome.BLOCKED, reason="bot challenge"),),
    )  # fmt: skip


@pytest.fixture
def many(files: Files) -> ResultDocument:
    severities = list(Severity)
    problems = [
        problem(
            number,
            severities[number * len(severities) // 400],
            rule=f"seo/rule-{number % 60}",
            pages=900,
            findings=tuple(
                FindingPart(
                    id=f"F-{number}-{page}",
                    url=f"{SHOP}/products/a-rather-long-name-{number}-{page}",
                    message=f"The title has {page} characters.",
                    excerpts=(Excerpt("title", "A lamp " * 20, "head > title"),),
                )
                for page in range(25)
            ),
        )
        for number in range(400)
    ]
    return ResultDocument(
        run=run(),
        verdict=VerdictPart(exit_code=0, sentence="400 problems were found; there is no gate, so everything is only reported."),
        coverage=coverage(),
        side_effects=effects(),
        shop=ShopPart(),
        problems=tuple(problems),
        rules=(),
        pages=tuple(PagePart(url=f"{SHOP}/products/{number}", page_type="product", status=200, outcome=FetchOutcome.OK) for number in range(200)),
        pages_cut=29_800,
    )  # fmt: skip


@pytest.fixture(params=["rich", "clean", "nothing"])
def document(request: pytest.FixtureRequest) -> ResultDocument:
    return request.getfixturevalue(request.param)
