"""`auditor links` on an e-mail: what leads nowhere is told with its line, what subscribes or counts is never asked for."""

from __future__ import annotations

from pathlib import Path

from tests.crawl.nasty import Reply, page, serving
from tests.e2e.kit import auditor, config

MAIL = """<!doctype html><html><head><style>.a { background: url(http://shop.example/bg.png) }</style></head><body>
<a href="http://shop.example/sale#now">Sale</a>
<a href="http://shop.example/gone">Lamps</a>
<a href="http://shop.example/newsletter/unsubscribe?id=7">Unsubscribe</a>
<a href="*|UNSUB|*">out</a> <a href="{{ shop.url }}">us</a>
<a href="/relative">here</a> <a href="">nothing</a> <a href="#below">below</a> <a href="#none">none</a> <p id=below>
<a href="http://localhost:3000/preview">draft</a> <a href="javascript:alert(1)">x</a>
<a href="mailto:hello@shop.example">write</a> <a href="mailto:nobody">write</a> <a href="tel:+49">call</a>
<a href="http://shop.example/wall">wall</a>
<img src="http://shop.example/logo.png" alt="Logo"><img src="http://shop.example/sale" alt="no picture">
<!--[if mso]><a href="http://shop.example/outlook-gone">Outlook</a><![endif]-->
<td background="http://shop.example/logo.png"></td></body></html>
"""


def test_an_email_before_it_is_sent(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text(MAIL)
    picture = Reply(body=b"\x89PNG", type="image/png")
    routes = {
        "/sale": page(), "/wall": Reply(403, b"no"), "/logo.png": picture, "/bg.png": picture, "/newsletter/unsubscribe": page(),
    }  # fmt: skip
    with serving(dict(routes)) as shop:
        told = config(tmp_path, "http://other.example", resolve={"shop.example": f"127.0.0.1:{shop.port}"})
        done = auditor(tmp_path, "links", "mail.html", "--config", told)
        assert done.code == 1, done.said
        lines = done.out.splitlines()
        for start, end in (
            ("✗ mail.html:3 link “Lamps” http://shop.example/gone: ", "answers 404 (not found)"),
            ("✗ mail.html:6 link “here” /relative: ", "is relative, which leads nowhere from a mailbox; --base URL resolves it for a page"),
            ("✗ mail.html:6 link “nothing” (empty): ", "leads nowhere: its address is empty"),
            ("✗ mail.html:6 link “none” #none: ", "which is not in the file"),
            ("✗ mail.html:7 link “draft” http://localhost:3000/preview: ", "which no reader can reach"),
            ("✗ mail.html:7 link “x” javascript:alert(1): ", "javascript: does nothing for a reader"),
            ("✗ mail.html:8 link “write” mailto:nobody: ", "is no mail address"),
            ("? mail.html:9 link “wall” http://shop.example/wall: ", "does not let machines in (403)"),
            ("✗ mail.html:10 picture “no picture” http://shop.example/sale: ", "is no picture (text/html)"),
            ("✗ mail.html:11 link “Outlook” http://shop.example/outlook-gone: ", "answers 404 (not found)"),
        ):  # fmt: skip
            assert [line for line in lines if line.startswith(start) and line.endswith(end)], (start, done.out)
        assert (
            lines[-1] == "20 links and pictures · 9 wrong · 1 could not be checked · 3 not asked for (--all shows them)"
        )
        assert shop.hits["/newsletter/unsubscribe?id=7"] == 0
        assert shop.hits["/gone"] == 2, "asked again before it is believed"
        assert shop.hits["/logo.png"] == 1
        assert not (tmp_path / "audits").exists()


def test_a_page_in_order_and_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="/sale">Sale</a><a href="#top">up</a>')
    (tmp_path / "empty.html").write_text("<p>hello")
    with serving({"/sale": page()}) as shop:
        told = config(tmp_path, "http://other.example", resolve={"shop.example": f"127.0.0.1:{shop.port}"})
        fine = auditor(
            tmp_path, "links", "page.html", "--base", "http://shop.example/landing", "--config", told, "--all"
        )
        assert fine.code == 0, fine.said
        assert "✓ page.html:1 link “Sale” /sale" in fine.out
    empty = auditor(tmp_path, "links", "empty.html")
    assert empty.code == 2
    assert "empty.html: holds neither links nor pictures" in empty.err
    assert auditor(tmp_path, "links", "none.html").code == 2
