"""Which links to other sites are never asked for, and which hosts tell strangers nothing."""

import re

import pytest

from auditor.knowledge import other_sites


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://twitter.com/intent/tweet?url=https://shop.example/", "share link"),
        ("https://twitter.com/share?url=x", "share link"),
        ("https://x.com/intent/post?text=a", "share link"),
        ("https://www.facebook.com/sharer/sharer.php?u=https://shop.example/", "share link"),
        ("https://www.facebook.com/sharer.php?u=x", "share link"),
        ("https://www.pinterest.de/pin/create/button/?url=x", "share link"),
        ("https://pinterest.com/pin/create/link/?url=x", "share link"),
        ("https://www.linkedin.com/shareArticle?mini=true&url=x", "share link"),
        ("https://t.me/share/url?url=x", "share link"),
        ("https://wa.me/49301234567?text=hi", "starts a chat"),
        ("https://api.whatsapp.com/send?text=x", "starts a chat"),
        ("https://www.awin1.com/cread.php?awinmid=1", "counts a click or a visit"),
        ("https://calendar.google.com/calendar/render?action=TEMPLATE", "adds to a calendar"),
        ("https://www.paypal.com/cgi-bin/webscr?cmd=_xclick", "starts a payment or a booking"),
        ("https://[broken/", "address that cannot be read"),
        # the same hosts, to look at
        ("https://twitter.com/shop", ""),
        ("https://www.facebook.com/shop", ""),
        ("https://www.pinterest.com/shop/boards", ""),
        ("https://www.linkedin.com/company/shop", ""),
        ("https://t.me/shopnews", ""),
        ("https://www.paypal.com/de/webapps/mpp/home", ""),
        ("https://notfacebook.com/sharer.php", ""),
        ("https://intent.example/share", ""),
    ],
)
def test_links_that_would_do_something_are_passed_by(url: str, reason: str) -> None:
    assert other_sites.load().passed_by(url) == reason


def test_walled_hosts_and_what_is_below_them() -> None:
    table = other_sites.load()
    assert table.walled("www.linkedin.com")
    assert table.walled("de-de.facebook.com")
    assert not table.walled("mylinkedin.com")
    assert not table.walled("")


def test_every_row_names_its_source() -> None:
    for row in other_sites.load().rows:
        assert row.source.startswith("https://")
        assert re.fullmatch(r"\d{4}-\d{2}", row.checked)
