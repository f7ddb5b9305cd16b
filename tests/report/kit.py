"""Parts to make result documents of: pictures, a run, its coverage, problems; some of them full of hostile text."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image, ImageDraw

from auditor.model.finding import Excerpt
from auditor.model.words import Certainty, Owner, PageType, Severity
from auditor.report.document import (
    ClientPart,
    Counted,
    CoveragePart,
    FindingPart,
    NotChecked,
    PicturePart,
    ProblemPart,
    RunPart,
    SideEffectsPart,
    TrapPart,
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
        traps=(
            TrapPart(
                kind="filters",
                places=3,
                followed=150,
                left_out=4_211,
                first_url=f"{SHOP}/shoes?color=red",
                began_on=f"{SHOP}/shoes",
            ),
        ),
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
        not_checked=()
        if complete
        else (
            NotChecked(
                kind="failed", reason="axe did not answer within 20 s", rules=("a11y/colour-contrast",), pages=3
            ),
            NotChecked(
                kind="failed", reason="the other page was not fetched yet", rules=("seo/hreflang-return",), pages=7
            ),
            NotChecked(
                kind="sample",
                reason="not opened in a browser (sample)",
                rules=("a11y/colour-contrast", "prices/shown-and-markup"),
                pages=176,
            ),
        ),
        opened=0 if complete else 12,
        unopened=0 if complete else 176,
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


def price(desktop: PicturePart, phone: PicturePart) -> ProblemPart:
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
        looked=147,
        places=12,
        effort="medium",
        fix_on=f"Use {{{{ variant.price | money }}}} {SCRIPT}",
        clients=("chromium/desktop", "chromium/phone"),
        findings=tuple(findings),
    )
