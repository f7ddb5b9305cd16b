"""What a page for what is not there starts and tells."""

from __future__ import annotations

import pytest

from auditor.evidence.document import Document
from auditor.facts.error_page import page_counters, said_to_tags

URL = "https://shop.example/nothing-here"


@pytest.mark.parametrize(
    ("html", "vendors"),
    [
        ('<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123DEF4"></script>', ("ga4",)),
        ("<script>(function(w){})(window);j.src='https://www.googletagmanager.com/gtm.js?id='+i;('GTM-ABC123')</script>", ("google-tag-manager",)),
        ("<script>gtag('config', 'G-ABC123DEF4')</script>", ("ga4",)),
        ('<script src="/app.js"></script><script src="https://js.stripe.com/v3/"></script>', ()),
    ],
)  # fmt: skip
def test_who_counts_the_page(html: str, vendors: tuple[str, ...]) -> None:
    assert page_counters(Document(html, URL, rendered=False)) == vendors


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<script>dataLayer.push({pageType: 'not-found'})</script>", "not-found"),
        ('<script>var meta = {"page":{"pageType":"404"}}</script>', "404"),
        ("<script>var price = 1404.5, id = 'x-404.1'</script>", ""),
        ("<h1>404</h1>", ""),
    ],
)
def test_what_scripts_say(html: str, said: str) -> None:
    assert said_to_tags(Document(html, URL, rendered=False)) == said
