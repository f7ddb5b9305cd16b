"""Result documents to make reports of: a rich one full of hostile text, a clean one, one of nothing, one of very many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from auditor.model.finding import Excerpt
from auditor.model.words import Certainty, FetchOutcome, Owner, PageType, Severity
from auditor.report.document import (
    ClientPart,
    ConsentCell,
    ConsentModeRow,
    ConsentPart,
    ConsentRow,
    CookieRow,
    CostCell,
    Counted,
    CoveragePart,
    DifferencePart,
    DifferingPlace,
    FindingPart,
    MatrixCell,
    MatrixRow,
    PagePart,
    PicturePart,
    ProductPart,
    ResultDocument,
    RulePart,
    ShopPart,
    SideEffectsPart,
    SnapshotPart,
    TagCell,
    TagPart,
    TemplatePart,
    ThirdPartyCost,
    TimePart,
    VerdictPart,
)
from auditor.store.workspace import Workspace
from tests.report.kit import (
    ANSI,
    EMOJI,
    HEBREW,
    LONE,
    LONG_URL,
    OVERRIDE,
    SCRIPT,
    SHOP,
    Files,
    coverage,
    effects,
    price,
    problem,
    run,
)
from tests.store.kit import new_workspace


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "files"
    folder.mkdir()
    return Files(folder)


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
                consent=("none", "accept"),
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
            theme=f"Dawn {SCRIPT}",
            third_parties=(Counted(what="www.google-analytics.com (Google Analytics 4)", count=12), Counted(what=SCRIPT, count=1)),
            page_types={"home": 1, "category": 40, "product": 147},
            opened={"home": 1, "product": 8, "category": 3},
            third_party_costs=(
                ThirdPartyCost(who=SCRIPT, pages=3, requests=9, kilobytes=210.5, milliseconds=900.0, held_back=1, cookies=(SCRIPT, "_ga"),
                    by_page_type=(CostCell(page_type="product", pages=3, requests=9, kilobytes=210.5, milliseconds=900.0),)),
            ),
            consent=ConsentPart(
                tool=f"Klaro {SCRIPT}",
                offers="Accept, Decline",
                pages=3,
                states=("none", "reject", "accept"),
                rows=(
                    ConsentRow(
                        page_type="product",
                        url=f"https://shop.example/lamp{SCRIPT}",
                        vendor="Google Analytics 4",
                        cells=(
                            ConsentCell(state="none", said="cookieless", detail="page_view"),
                            ConsentCell(state="reject", said="not_seen", detail="within 2.5 s"),
                            ConsentCell(state="accept", said="fired", detail=f"page_view, {SCRIPT}"),
                        ),
                    ),
                ),
                mode=(ConsentModeRow(page_type="product", url=f"https://shop.example/lamp{SCRIPT}", state="accept", default="denied", default_ms=40, regional=True, update=f"granted{SCRIPT}", hit=f"Google Analytics 4: {SCRIPT}", hit_ms=900),),
                cookies=(CookieRow(name=f"_ga{SCRIPT}", domain=".shop.example", vendor="Google Analytics 4", purpose="analytics", states=("accept",), days=400.0, same_site=f"Lax{SCRIPT}"),
                    CookieRow(name=f"theme{SCRIPT}", domain="", kind="local_storage", states=("none", "accept"), before_answer=True)),
            ),
            tag_table=(
                TagPart(
                    vendor="Google Analytics 4",
                    account="G-ABC123",
                    cells=(
                        TagCell(page_type="home", pages=1, events=("page_view",)),
                        TagCell(page_type="product", pages=7, events=("page_view", SCRIPT)),
                    ),
                ),
            ),
        ),
        problems=(
            price(desktop, phone),
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
        templates=(
            TemplatePart(
                page_type="product",
                template="t1",
                pages=40,
                opened=2,
                example=f"{SHOP}/products/oak-table-lamp-1",
                snapshots=(
                    SnapshotPart(client="chromium/desktop", outcome=FetchOutcome.OK, pictures=(first, desktop)),
                    SnapshotPart(client="chromium/phone", outcome=FetchOutcome.OK, pictures=(phone,)),
                    SnapshotPart(client="firefox/phone", outcome=FetchOutcome.TIMEOUT, reason=f"timed out {SCRIPT}", pictures=(gone,)),
                ),
                boxes={"chromium/desktop": ((100.0, 200.0, 300.0, 80.0), (20.0, 9000.0, 10.0, 10.0))},
                rows=(
                    MatrixRow(
                        rule="images/broken",
                        title=f"Images can be shown {SCRIPT}",
                        severity=Severity.SERIOUS,
                        cells=(
                            MatrixCell(client="chromium/desktop", state="found", count=2),
                            MatrixCell(client="chromium/phone", state="clean"),
                            MatrixCell(client="firefox/phone", state="unknown"),
                        ),
                        differs=True,
                    ),
                ),
                rows_cut=3,
                times=(
                    TimePart(client="chromium/desktop", metric="lcp", median=812.0, values=(790.0, 812.0, 1900.0), limit=2500.0),
                    TimePart(client="chromium/phone", metric="lcp", median=3100.0, values=(3000.0, 3100.0, 3200.0), limit=2500.0, throttled="processor 4 × slower"),
                    TimePart(client="chromium/phone", metric="cls", median=0.02, values=(0.02, 0.02, 0.03), limit=0.1),
                ),
            ),
            TemplatePart(page_type="content", template="t9", pages=7, opened=0),
        ),
        templates_cut=2,
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
        products=(
            ProductPart(
                url=f"{SHOP}/products/oak-table-lamp-1",
                name=f"Oak lamp {SCRIPT}",
                sku="=cmd|' /C calc'!A0",
                shown="49.00 €",
                markup="41.18 EUR",
                tag="49 EUR (Google Analytics 4)",
                opened=True,
                problems=("P-0000000001",),
            ),
            *(ProductPart(url=f"{SHOP}/products/plain-{number}", name=f"Plain {number}", markup="5.00 EUR") for number in range(20)),
        ),
        products_cut=126,
    )  # fmt: skip


@pytest.fixture
def contrasted(rich: ResultDocument, files: Files) -> ResultDocument:
    """The rich one with browsers compared on its template's example: the pictures cost a moment."""
    differences = (
        DifferencePart(
            first="chromium/desktop",
            second="firefox/desktop",
            share=0.0312,
            left_out=0.12,
            masked={"price": 12, "carousel": 1},
            masks=((100.0, 400.0, 300.0, 60.0), (-5.0, 90_000.0, 10.0, 10.0)),
            places=(
                DifferingPlace(
                    how="looks",
                    label=f"h1 {SCRIPT}",
                    first=(100.0, 1200.0, 300.0, 80.0),
                    second=(100.0, 1210.0, 300.0, 80.0),
                ),
                DifferingPlace(how="missing", label="button.buy", first=(700.0, 440.0, 260.0, 50.0)),
                DifferingPlace(how="added", label="p", second=(20.0, 2600.0, 260.0, 50.0)),
            ),
        ),
        DifferencePart(first="chromium/phone", second="firefox/phone", reason=f"firefox/phone: {SCRIPT}"),
        DifferencePart(first="chromium/tablet", second="firefox/tablet"),
    )
    firefox = SnapshotPart(
        client="firefox/desktop", outcome=FetchOutcome.OK, pictures=(files.picture("firefox/desktop", 1366, 2700),)
    )
    first, *others = rich.templates
    first = msgspec.structs.replace(first, differences=differences, snapshots=(*first.snapshots, firefox))
    return msgspec.structs.replace(rich, templates=(first, *others))


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


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with new_workspace(tmp_path / "audits") as opened:
        yield opened
