"""Checks for what theme makers and developers leave behind: made-up contact data, and comments in the source that tell too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed
from auditor.model.words import Certainty, PageType

_MADE_UP = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        (
            "an e-mail address",
            r"\b(?:[\w.+-]{1,40}@(?:your-?(?:store|shop|company|domain|site|website|email|business)|my-?(?:store|shop|company|domain)|example|domain|company)\.(?:com|org|net|de|co\.uk)|(?<![\w.+-])(?:(?:your|you|name|email|mail|user|your\.?name|info)@email\.com|info@mysite\.com|demo@demo\.com|test@test\.com))\b",
        ),
        ("a street", r"\b(?:123 (?:main|any|fake|your|example|street)(?: street| st\.?| road| avenue)?\b|musterstra(?:ß|ss)e \d|1234 street name|your (?:street )?address here|puffin street)"),
        ("a telephone number", r"(?<![\d-])(?:\+?1[ .-]?)?\(?(?:555|123)\)?[ .-](?:555|456)[ .-](?:5555|7890|0100|1234)(?!\d)|\(?555\)?[ .-]123[ .-]4567(?!\d)|(?<!\d)\+?1[ -]234[ -]567[ -]890(?!\d)|(?<![\d-])000[ .-]000[ .-]0000(?!\d)|(?<!\d)(?:\+?0?123[ -]?456[ -]?789\d?)(?!\d)"),
        ("a company", r"\b(?:your company(?: name| inc\.?| ltd\.?)|musterfirma|max mustermann|your store name|your name here)\b"),
    )
)  # fmt: skip
# One of these stands in whatever the patterns above find, once letters are folded: asked first, since it is far faster
_MADE_UP_WORDS = {
    "an e-mail address": ("@",),
    "a street": ("123 ", "musterstra", "1234 street", "address here", "puffin"),
    "a telephone number": ("555", "123", "1 234", "1-234", "000 000", "000-000", "000.000"),
    "a company": ("your company", "musterfirma", "max mustermann", "your store name", "your name here"),
}
_PROSE_WORDS = re.compile(
    r"(?:e\.g\.|for example|such as|placeholder|format|z\. ?b\.|par exemple|enter your)", re.IGNORECASE
)


@check(needs={"wording"})
def contact_is_real(snapshot: Snapshot) -> Iterator[Observation]:
    """No contact data of a theme's or platform's demo is shown: info@yourstore.com, 123 Main Street, (555) 555-5555.

    Links have a rule of their own. What stands beside "for example" explains something.
    """
    text = snapshot.wording.text
    folded = text.casefold()
    for what, pattern in _MADE_UP:
        if not any(word in folded for word in _MADE_UP_WORDS[what]):
            continue
        for match in pattern.finditer(text):
            start, end = max(0, match.start() - 60), match.end() + 40
            around = " ".join(text[start:end].split())
            # "your e-mail (name@example.com)" shows how one is written
            if _PROSE_WORDS.search(text[start : match.start()]) or text[start : match.start()].endswith("("):
                continue
            yield failed(match[0].casefold(), Excerpt("text", around), what=what, written=" ".join(match[0].split()))
            break


_comments = etree.XPath("//comment()")
_TELLING = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        ("a password", r"\b(?:password|passwd|pwd|passwort)\s*[:=]\s*(?!\s|\*|x{3}|\{|\[|<|\"\"|'')(?=\S*[\d!#$%^&])[\"']?[^\s\"'<>]{4,60}"),
        ("a database", r"\b(?:mysql|pgsql|postgres(?:ql)?|mongodb)://[^\s\"'<>]{6,120}|\bDB_(?:USER|HOST|PASSWORD|NAME)\b\s*[:=]\s*\S{3,60}"),
        ("a query", r"\bSELECT\s+[\w*`., ]{1,200}\s+FROM\s+[`\w]{2,60}\s+WHERE\b"),
        ("an error of the server", r"\b(?:Fatal error|Uncaught \w*(?:Exception|Error)|Stack trace:|Traceback \(most recent call last\))"),
        ("a path on the server", r"(?:/(?:var/www|home/[a-z][\w-]{1,30}|srv/www|usr/share/nginx|opt/bitnami)/[\w./-]{4,120}\.(?:php|phtml|tpl|twig|inc|py|rb|conf|env|log))|[A-Z]:\\(?:inetpub|xampp|wamp)\\[\w.\\ -]{4,120}"),
    )
)  # fmt: skip


@check(needs={"document"})
def comments_tell_nothing(snapshot: Snapshot) -> Iterator[Observation]:
    """No comment in the page's source tells of passwords, databases, errors or paths on the server. What it is, and never the secret itself, is shown.

    Blocks of template hints that name files of a theme by their relative path are left out.
    """
    seen: set[str] = set()
    for comment in cast(list[HtmlElement], _comments(snapshot.document.tree)):
        text = (comment.text or "")[:20_000]
        for what, pattern in _TELLING:
            match = pattern.search(text)
            if match is None or what in seen:
                continue
            seen.add(what)
            shown = (
                re.split(r"[:=]", match[0])[0] + ": (not shown)"
                if what in ("a password", "a database")
                else match[0][:200]
            )
            certainty = Certainty.LIKELY if snapshot.page_type is PageType.CONTENT else None
            yield failed(
                what, Excerpt("comment", shown, where=f"line {comment.sourceline or 0}"), certainty=certainty, what=what
            )
