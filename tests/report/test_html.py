"""The HTML as text: everything is in it, nothing of the site's is code, and it stays of bearable size."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bs4 import BeautifulSoup, Tag

from auditor.model.query import BY_SCRIPTS
from auditor.report import html, view
from auditor.report.document import ConsentCell, ConsentModeRow, CookieRow, NotChecked, ResultDocument, TrendPart


def made(document: ResultDocument, folder: Path, files: object) -> BeautifulSoup:
    index = html.write(document, folder / "report", files)  # type: ignore[arg-type]
    return BeautifulSoup(index.read_bytes(), "lxml")


@pytest.fixture
def soup(document: ResultDocument, tmp_path: Path, files: object) -> BeautifulSoup:
    return made(document, tmp_path, files)


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def test_headings_step_down_one_at_a_time(soup: BeautifulSoup) -> None:
    levels = [int(tag.name[1]) for tag in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_and_every_inner_link_has_its_target(soup: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    targets = {link["href"][1:] for link in soup.find_all("a", href=re.compile("^#"))}
    assert targets <= set(ids)


def test_there_is_no_code_and_no_style_of_the_page_itself(soup: BeautifulSoup) -> None:
    assert [script["src"] for script in soup.find_all("script")] == ["report.js"]
    assert not soup.find_all(["style", "iframe", "object", "embed", "base"])
    attributes = {name for tag in soup.find_all(True) for name in tag.attrs}
    assert not {name for name in attributes if name.startswith("on") or name == "style" or name == "srcset"}


def test_a_strict_policy_comes_before_anything_is_loaded(soup: BeautifulSoup) -> None:
    meta = [tag.get("http-equiv") or tag.get("charset") for tag in soup.head.find_all("meta")]  # type: ignore[union-attr]
    assert meta[:2] == ["utf-8", "Content-Security-Policy"]
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]  # type: ignore[index]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_links_are_http_or_inside_of_the_report(soup: BeautifulSoup, tmp_path: Path) -> None:
    for tag, name in [
        *((tag, "href") for tag in soup.find_all(href=True)),
        *((tag, "src") for tag in soup.find_all(src=True)),
    ]:
        address = tag[name]
        if tag.name == "a" and address.startswith(("http://", "https://")):
            assert tag["rel"] == ["noopener", "noreferrer", "nofollow"]
        elif not address.startswith("#"):
            assert (tmp_path / "report" / address).is_file(), address


def test_every_problem_is_there_with_its_words(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(rich, tmp_path, files)
    shown = {tag["id"]: words(tag) for tag in soup.select("details.problem")}
    assert list(shown) == [problem.id for problem in rich.problems]
    price = shown["P-0000000001"]
    for part in ("Price shown 49.00 €, markup says 41.18 €", "12 of 147 product pages", "for development", "medium effort",
                 "Expected Markup states the price that shoppers see Got Price shown 49.00 €, markup says 41.18 €",
                 "Why it matters Google disapproves", "How to fix it Print the price with tax", "prices/shown-and-markup",
                 "On Shopify: Use {{ variant.price | money }} <script>",
                 "Not in Firefox desktop.", '"price": "41.18"', "5 more pages", "4 more pages with this problem are not listed here."):  # fmt: skip
        assert part in price
    assert "over the gate" in shown["P-0000000002"]
    assert "over the gate" not in shown["P-0000000003"]
    headings = [words(tag) for tag in soup.select(".group > h3")][:2]
    assert headings == ["Critical 1 problem, over the gate", "Serious 2 problems"]


def test_a_ticket_has_all_that_an_issue_needs(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(rich, tmp_path, files)
    ticket = soup.find(id="ticket-P-0000000001")
    assert ticket is not None
    lines = ticket.get_text().splitlines()
    assert lines[0] == "Price shown 49.00 €, markup says 41.18 €"
    assert lines[2:5] == [
        "Severity: Critical, proven",
        "Where: 12 of 147 product pages",
        "  https://shop.example/products/oak-table-lamp-0",
    ]
    assert "Expected: Markup states the price that shoppers see" in lines
    assert "  shown: 49.00 €" in lines
    assert lines[-1] == "P-0000000001 · prices/shown-and-markup · shop.example-20261122-2008"
    assert {button["data-copy"] for button in soup.select("button.copy")} <= {
        tag["id"] for tag in soup.select("pre.ticket")
    }


def test_products_stand_with_their_three_prices(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    section = made(rich, tmp_path, files).find(id="products")
    assert section is not None
    first, *others = [words(row) for row in section.select("tbody tr")]
    assert first.startswith("Oak lamp <script>")
    assert "49.00 € 41.18 EUR 49 EUR (Google Analytics 4) – P-0000000001" in first
    assert section.select_one("a[href='#P-0000000001']")
    assert len(others) == 20
    assert "126 more products are not listed here." in words(section)
    assert "1 product page of the 147 was opened in a browser" in words(section)


def test_tags_stand_by_page_type(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(rich, tmp_path, files)
    table = soup.select_one("#tags table")
    assert [words(tag) for tag in table.select("thead th")] == [  # type: ignore[union-attr]
        "Tag", "Home page 1 opened", "Category page 3 opened", "Product page 8 opened",
    ]  # fmt: skip
    cells = [words(tag) for tag in table.select("tbody td")]  # type: ignore[union-attr]
    assert cells == ["all page_view", "–", "7 of 8 page_view, <script>document.title = 'taken'</script>"]
    shop = words(soup.find(id="shop"))  # type: ignore[arg-type]
    for part in ("Shopify Platform", "Dawn <script>", "EUR Currency", "de, en Languages", "www.google-analytics.com"):
        assert part in shop or " ".join(reversed(part.rsplit(" ", 1))) in shop


def with_consent(document: ResultDocument, **parts: Any) -> ResultDocument:
    assert document.shop.consent is not None
    consent = msgspec.structs.replace(document.shop.consent, **parts)
    return msgspec.structs.replace(document, shop=msgspec.structs.replace(document.shop, consent=consent))


def test_only_what_is_wrong_is_marked_in_the_consent_matrix(
    rich: ResultDocument, tmp_path: Path, files: object
) -> None:
    assert rich.shop.consent is not None
    said = [("none", "cookieless"), ("reject", "unasked"), ("accept", "cookieless")]
    row = msgspec.structs.replace(
        rich.shop.consent.rows[0], cells=tuple(ConsentCell(state=one, said=two) for one, two in said)
    )
    cells = made(with_consent(rich, rows=(row,)), tmp_path, files).select("#consent tbody tr:first-child td")[1:4]
    assert [(words(cell), cell.get("class")) for cell in cells] == [
        ("fired without cookies", None),
        ("fired without consent", ["some"]),
        ("fired without cookies", ["some"]),
    ]


def test_cookies_tell_how_long_they_last_and_what_was_there_before_the_answer(
    rich: ResultDocument, tmp_path: Path, files: object
) -> None:
    kept = (
        CookieRow(name="_fbp", domain=".shop.example", vendor="Meta Pixel", purpose="marketing", states=("accept",), before_answer=True, days=90.2, secure=True, same_site="Lax"),
        CookieRow(name="cart", domain="shop.example", states=("none", "accept"), session=True, http_only=True),
        CookieRow(name="short", domain="shop.example", states=("none",), days=0.02),
        CookieRow(name="late", domain="shop.example", states=("none",)),
        CookieRow(name="theme", domain="", kind="local_storage", states=("none",), before_answer=True),
    )  # fmt: skip
    (table,) = made(with_consent(rich, cookies=kept), tmp_path, files).select(
        "#consent table:has(th:-soup-contains('Attributes'))"
    )
    assert [[words(cell) for cell in row.select("th, td")] for row in table.select("tbody tr")] == [
        ["_fbp .shop.example", "Meta Pixel", "marketing", "accepted; before the answer", "90 days", "Secure, readable by scripts, SameSite Lax"],
        ["cart shop.example", "not known", "not known", "as found, accepted", "session", "not Secure, HttpOnly"],
        ["short shop.example", "not known", "not known", "as found", "under a day", "not Secure, readable by scripts"],
        ["late shop.example", "not known", "not known", "as found", "not known", "not Secure, readable by scripts"],
        ["theme local storage", "not known", "not known", "as found; before the answer", "until it is deleted", ""],
    ]  # fmt: skip


def test_the_order_of_consent_mode_is_told_with_what_was_not_seen(
    rich: ResultDocument, tmp_path: Path, files: object
) -> None:
    rows = (
        ConsentModeRow(page_type="product", url="https://shop.example/lamp", state="none", hit="Google Analytics 4: page_view", hit_ms=310),
        ConsentModeRow(page_type="product", url="https://shop.example/lamp", state="accept", default="denied", regional=True, update="granted", update_ms=900, hit="Google Analytics 4: page_view", hit_signal="gcs=G111", hit_ms=950),
    )  # fmt: skip
    (table,) = made(with_consent(rich, mode=rows), tmp_path, files).select(
        "#consent table:has(th:-soup-contains('Default'))"
    )
    assert [[words(cell) for cell in row.select("th, td")[1:]] for row in table.select("tbody tr")] == [
        ["As found", "not seen", "not seen", "Google Analytics 4: page_view after 310 ms, says nothing of consent"],
        ["Accepted", "denied its time is not known, for some regions", "granted after 900 ms", "Google Analytics 4: page_view after 950 ms, gcs=G111"],
    ]  # fmt: skip


def test_runs_of_one_day_are_told_apart_by_their_time(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    times = ("2026-11-22T08:05:00+00:00", "2026-11-22T20:08:00+00:00")
    trend = tuple(TrendPart(run="nightly", started_at=time, pages=60, severities={"serious": 2}) for time in times)
    document = msgspec.structs.replace(rich, history=msgspec.structs.replace(rich.history, trend=trend, trend_rules={}))
    heads = [words(cell) for cell in made(document, tmp_path, files).select("#history table.trend thead th")]
    assert heads == ["Problems", "Line", "22 November 08:05", "22 November 20:08"]


def test_what_could_not_be_checked_stands_by_reason(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    coverage = words(made(rich, tmp_path, files).find(id="coverage"))  # type: ignore[arg-type]
    for part in ("axe did not answer within 20 s a11y/colour-contrast 3", "the other page was not fetched yet seo/hreflang-return 7",
                 "not opened in a browser (sample) Left out on purpose",
                 "Filters and sorting of a page 3 places 150 4,211"):  # fmt: skip
        assert part in coverage


def test_the_first_screen_says_verdict_coverage_counts_and_ledger(
    rich: ResultDocument, tmp_path: Path, files: object
) -> None:
    soup = made(rich, tmp_path, files)
    assert words(soup.select_one(".verdict h2")) == rich.verdict.sentence
    assert words(soup.select_one(".checked")) == "Checked 94 % of 200 pages. 12 pages opened in Chromium and Firefox."
    assert [words(tag) for tag in soup.select(".tally li")] == [
        "1 Critical", "2 Serious 1 proven 1 likely", "2 Moderate 1 proven 1 to review", "1 Minor", "1 Info",
    ]  # fmt: skip
    first = [words(tag) for tag in soup.select(".first li")]
    assert len(first) == 4  # the worst of each rule; what is only worth knowing is left out
    assert "+ 2 more problems of this rule" in first[3]
    plain = words(soup.select_one("[aria-labelledby=words]"))
    for part in ("6 things to mend", "Prices: Google disapproves offers", "development 2, content 2"):
        assert part in plain
    looked = words(soup.select_one("[aria-labelledby=looked]"))
    for part in ("5 pages blocked", "6 pages not fetched yet", "Firefox desktop did not open 2 pages",
                 "1 rule on 3 pages: axe did not answer within 20 s", "176 pages not opened in a browser (sample)",
                 "42 pages left out on purpose: robots.txt forbids it and other reasons"):  # fmt: skip
        assert part in looked
    assert rich.side_effects.sentence in words(soup.select_one("[aria-labelledby=effects]"))


def test_hostile_text_is_shown_as_text(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(rich, tmp_path, files)
    hostile = soup.find(id="P-0000000002")
    shown = words(hostile)
    assert "<script>document.title = 'taken'</script>" in shown
    assert "\\x1b]0;taken\\x07" in shown
    assert "invoice\\u202egnp.exe" in shown
    assert "half a pair \\ud800" in shown
    assert '"><img src=x onerror=alert(1)>' in shown
    assert "{{ 7 * 7 }}" in shown
    assert "secret" not in shown
    assert not hostile.find("a", href=re.compile("script|secret|aaaa"))  # type: ignore[union-attr]
    raw = (tmp_path / "report" / html.INDEX).read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", raw)
    assert max(len(line) for line in raw.splitlines()) < 20_000


def test_links_that_would_change_the_shop_are_not_links(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    ledger = made(rich, tmp_path, files).find(id="ledger")
    assert "https://shop.example/cart/add?id=1" in words(ledger)  # type: ignore[arg-type]
    assert not ledger.find_all("a")  # type: ignore[union-attr]


def test_words_of_the_code_do_not_reach_people(soup: BeautifulSoup) -> None:
    assert not re.search(r"cant_tell|frontier|blob|needs_review|rate_limited|site_error|None\b", words(soup.body))


def test_pictures_are_copied_small_and_framed(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(rich, tmp_path, files)
    images = soup.select("figure img, .snapshots img")
    assert len(images) == 4 + 2 + 4  # of findings, of a template, of pages
    for image in images:
        assert image["alt"]
        assert image["loading"] == "lazy"
        assert (int(image["width"]), int(image["height"])) > (0, 0)
    assert len({image["src"] for image in soup.select("#P-0000000001 img")}) == 2
    snapshots = [words(tag) for tag in soup.select(".page:first-of-type .snapshots li")]
    assert snapshots[0] == "Chromium desktop · whole page"
    assert snapshots[3].startswith("Timed out: timed out after 30 s")


def test_a_damaged_picture_is_left_out(contrasted: ResultDocument, tmp_path: Path, files: object) -> None:
    for stored in files.folder.iterdir():  # type: ignore[attr-defined]
        stored.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    soup = made(contrasted, tmp_path, files)
    assert not soup.select("figure, .snapshots img")
    assert "The pictures are gone or damaged" in words(soup.find(id="templates"))  # type: ignore[arg-type]
    assert "No picture" in words(soup.find(id="pages"))  # type: ignore[arg-type]


def test_a_picture_does_not_leave_the_folder(rich: ResultDocument, tmp_path: Path, files: object) -> None:
    picture = msgspec.structs.replace(rich.pages[1].snapshots[0].pictures[0], path="../outside.png")
    snapshot = msgspec.structs.replace(rich.pages[1].snapshots[0], pictures=(picture,))
    page = msgspec.structs.replace(rich.pages[1], snapshots=(snapshot,))
    soup = made(msgspec.structs.replace(rich, problems=(), pages=(page,), templates=()), tmp_path, files)
    assert not soup.select(".snapshots img")
    assert not (tmp_path / "outside.png").exists()


def test_nothing_fetched_is_explained_and_no_clean_result(
    nothing: ResultDocument, tmp_path: Path, files: object
) -> None:
    soup = made(nothing, tmp_path, files)
    text = words(soup.select_one(".nothing"))
    assert "this report says nothing about the shop" in text
    assert "the first page was blocked by a bot protection" in text
    assert "Firefox desktop: firefox is not installed" in text
    assert "auditor doctor https://shop.example/" in text
    assert not soup.select(".tally, .first")
    assert soup.select_one(".verdict.incomplete")


def test_no_rule_judged_is_no_clean_result(clean: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(msgspec.structs.replace(clean, rules=()), tmp_path, files)
    assert "No rule could judge what was fetched" in words(soup.main)
    assert "No problem was found" not in words(soup.main)
    assert not soup.select(".verdict.clean")


def test_a_clean_shop_has_a_clean_report(clean: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(clean, tmp_path, files)
    assert soup.select_one(".verdict.clean")
    assert "No problem was found" in words(soup.main)
    assert not soup.find(id="problems")


def test_four_hundred_problems_stay_of_bearable_size(many: ResultDocument, tmp_path: Path, files: object) -> None:
    soup = made(many, tmp_path, files)
    assert soup.select_one(".verdict.reported")
    assert len(soup.select("details.problem")) == 400
    assert len(soup.select("details.problem[open]")) == 5
    assert (tmp_path / "report" / html.INDEX).stat().st_size < 3_000_000
    assert "897 more pages with this problem are not listed here." in words(soup.find(id="P-0000000399"))  # type: ignore[arg-type]


def test_a_second_report_replaces_the_first(
    clean: ResultDocument, nothing: ResultDocument, tmp_path: Path, files: object
) -> None:
    made(clean, tmp_path, files)
    soup = made(nothing, tmp_path, files)
    assert soup.select_one(".verdict.incomplete")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "icon.svg",
        "index.html",
        "report.css",
        "report.js",
    ]


def test_pages_seen_without_the_scripts_that_make_them_are_told_at_the_top(rich: ResultDocument) -> None:
    lost = NotChecked(kind="failed", reason=BY_SCRIPTS, rules=("meta/title",), pages=6)
    coverage = msgspec.structs.replace(rich.coverage, complete=True, in_scope=9, not_checked=(lost,))
    told = view.checked(msgspec.structs.replace(rich, coverage=coverage))
    assert told == "Checked all 9 pages in scope, 6 of them without the scripts that make them."
