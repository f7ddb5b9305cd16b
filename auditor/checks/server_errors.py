"""Checks for errors of the server's software that are printed in a page: in its text, in its scripts and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from lxml import etree

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed
from auditor.model.words import Certainty, PageType

_printed = etree.XPath(
    "//text()[not(ancestor::script or ancestor::style or ancestor::template or ancestor::pre or ancestor::code or"
    " ancestor::kbd or ancestor::samp or ancestor::textarea)]",
    smart_strings=False,
)
_whole = etree.XPath("string()", smart_strings=False)
_scripts = etree.XPath("//script/text() | //style/text()", smart_strings=False)
_attributes = etree.XPath("//@*", smart_strings=False)
_LONGEST = 400_000  # characters of text that are searched for errors
_PROSE = (PageType.CONTENT,)  # where people write about anything, errors too
# (what, pattern, words of which one stands in whatever the pattern finds: asked first, since it is far faster)
_ERRORS = tuple(
    (what, re.compile(pattern), words)
    for what, pattern, words in (
        (
            "a PHP error",
            r"\b(?:Fatal error|Parse error|Warning|Notice|Deprecated(?: Functionality)?|Strict Standards) ?: .{1,400}? in (?:/|[A-Z]:\\)[^\s<>]{1,200}(?:\.(?:php\d?|phtml|inc|tpl|twig|latte|module)(?:\(\d+\) : eval\(\)'d code)?) on line \d+",
            (" on line ",),
        ),
        (
            "a PHP error",
            r"\bUncaught (?:[A-Z]\w{0,60}\\?){1,6}: .{1,300}? in (?:/|[A-Z]:\\)[^\s<>]{1,200}:\d+",
            ("Uncaught ",),
        ),
        ("a PHP error", r"\b(?:mysqli?_\w{3,30}|PDO::__construct)\(\): \([A-Z0-9]{5}/\d{3,5}\)", ("mysql", "PDO::")),
        (
            "a database error",
            r"\bSQLSTATE\[\w{5}\]|You have an error in your SQL syntax|Error establishing a database connection|(?i:\bWordPress database error: ?\[)|\bORA-\d{5}: |\bAn exception occurred while executing '",
            ("SQLSTATE[", "SQL syntax", "database connection", "database error:", "ORA-", "while executing '"),
        ),
        (
            "WordPress's error page",
            r"There has been a critical error on (?:this|your) website|Es gab einen kritischen Fehler auf (?:deiner|Ihrer|dieser) Website|Ha habido un error crítico en (?:esta|tu|su) web|Il y a eu une erreur critique sur (?:ce|votre) site"
            r"|Si è verificato un errore critico sul tuo sito|Er heeft zich een kritieke fout voorgedaan op (?:deze|je) site|Wystąpił krytyczny błąd na (?:tej|Twojej) witrynie|Houve um erro crítico (?:no seu|neste) site|Fehler beim Aufbau einer Datenbankverbindung",
            (
                "critical error",
                "kritischen Fehler",
                "error crítico",
                "erreur critique",
                "errore critico",
                "kritieke fout",
                "krytyczny błąd",
                "erro crítico",
                "Datenbankverbindung",
            ),
        ),
        (
            "Magento's error page",
            r"Exception printing is disabled by default for security reasons|There has been an error processing your request|\b1 exception\(s\): Exception #0 \(",
            ("Exception printing", "error processing", "exception(s)"),
        ),
        ("a PrestaShop error", r"\[PrestaShop(?:Database)?Exception\]", ("[PrestaShop",)),
        (
            "a template engine's error",
            r"\bTwig\\Error\\\w+Error: |\bSmarty error: |\bSmarty:? Compiler: Syntax error in template|\bActionView::Template::Error \(|\bError executing template \"[^\"]{1,200}\.cshtml\"|\bErrorException: .{1,200}? \(View: /",
            ("Twig\\Error", "Smarty", "ActionView::", "Error executing template", "ErrorException"),
        ),
        (
            "an ASP error",
            r"Microsoft (?:VBScript|OLE DB Provider)[^<]{0,80}error '|Active Server Pages error|\bADODB\.\w{3,20} error '",
            ("Microsoft ", "Active Server", "ADODB."),
        ),
        ("a Python error", r"Traceback \(most recent call last\)", ("Traceback (",)),
        (
            "a .NET error",
            r"Server Error in '[^']{0,100}' Application|\bSystem\.(?:[A-Z]\w{1,40}\.){0,4}\w{1,40}Exception: |\bObject reference not set to an instance of an object",
            ("Server Error in", "Exception: ", "Object reference"),
        ),
        (
            "a Java error",
            r"\bat (?:[a-z]\w{0,40}\.){1,8}[A-Z]\w{0,60}\.\w{1,60}\(\w{1,60}\.java:\d+\)|\b(?:org|com|java|javax|jakarta)(?:\.\w{1,40}){1,8}\.[A-Z]\w{0,60}(?:Exception|Error): ",
            (".java:", "Exception: ", "Error: "),
        ),
        (
            "a page's own crash",
            r"Application error: a (?:client|server)-side exception has occurred|Whoops, looks like something went wrong",
            ("Application error", "Whoops, looks"),
        ),
    )
)
# The same without blanks, which may be spread over several texts; none that scripts are full of
_ERROR_PARTS = (
    ".php", ".phtml", ".inc", ".tpl", ".twig", ".latte", ".module", "Uncaught", "SQLSTATE[", "syntax", "establishing", "critical",
    "kritischen", "crítico", "critique", "critico", "kritieke", "krytyczny", "Datenbankverbindung", "Exception", "exception(s)", "processing",
    "executing", "Microsoft", "Active", "ADODB", "Traceback", "Server", ".java:", "mysqli_", "mysql_", "PDO::", "database error", "ORA-",
    "Smarty", "ActionView::", ".cshtml", "Twig\\", "client-side", "server-side", "Whoops,", "Object reference",
)  # fmt: skip
# As PHP itself writes them when it prints HTML, wherever that lands; and what Shopify prints in place of a value
_IN_SOURCE = re.compile(
    r"<b>(?P<php>Warning|Notice|Deprecated|Fatal error|Parse error)</b>: .{1,400}? in <b>(?:/|[A-Z]:\\)[^<]{1,200}</b> on line <b>\d+"
    r"|(?:^|[^\w])(?P<liquid>Liquid (?:syntax )?error(?: \([^)]{1,120}\))?: [A-Za-z].{1,120})",
    re.DOTALL,
)


_NO_MARKUP = re.compile(r"(?is)<!--.*?-->|<(script|style|textarea|template)\b.*?</\1\s*>")


@check(needs={"document", "platform"})
def no_server_errors(snapshot: Snapshot) -> Iterator[Observation]:
    """No error of the server's software or database is printed in the page. Code samples are left out.

    In scripts and attributes only what PHP or Liquid print by themselves counts. In articles somebody may write about an error:
    likely only. The target is the kind and the file it names.
    """
    seen: set[str] = set()
    whole = cast(str, _whole(snapshot.document.tree))
    certainty = Certainty.LIKELY if snapshot.page_type in _PROSE else None
    if any(word in whole for word in _ERROR_PARTS):
        texts = cast(list[str], _printed(snapshot.document.tree))
        text = " ".join(" ".join(texts).split())[:_LONGEST]
        for what, pattern, words in _ERRORS:
            if what in seen or not any(word in text for word in words):
                continue
            if (match := pattern.search(text)) is not None:
                seen.add(what)
                yield _told(what, "text", match[0], certainty)
    html = snapshot.document.html
    if "<?php " in html:
        yield from _code(snapshot)
    php, liquid = "</b> on line <b>" in html, snapshot.platform.id == "shopify" and "Liquid " in html
    if not php and not liquid:
        return
    for place, find in (("script", _scripts), ("attribute", _attributes)):
        for piece in cast(list[str], find(snapshot.document.tree)):
            if (match := _IN_SOURCE.search(piece)) is None:
                continue
            what = "a PHP error" if match["php"] else "a Liquid error"
            if what in seen or (match["liquid"] and not liquid):
                continue
            seen.add(what)
            shown = re.sub(r"<[^<>]*>", "", match["liquid"] or match[0]).partition("\n")[0]
            # scripts of themes look for the words, too
            sure = Certainty.LIKELY if place == "script" and match["liquid"] else certainty
            yield _told(what, place, shown[:400], sure)


def _code(snapshot: Snapshot) -> Iterator[Observation]:
    """PHP code that the server sent instead of running it: in the page, or in a script, where it may be an editor's words, too."""
    plain = _NO_MARKUP.sub("", snapshot.document.html[: 2 * _LONGEST])  # the parser drops it
    if match := re.search(r"<\?php\s[^>]{1,200}", plain):
        yield _told("PHP code that was not run", "code", " ".join(match[0].split()), None)
        return
    for piece in cast(list[str], _scripts(snapshot.document.tree)):
        if match := re.search(r"<\?php\s+(?:echo|print|if|foreach|the_|get_|\$)[^\n]{0,120}?\?>", piece):
            yield _told("PHP code that was not run", "script", match[0], Certainty.LIKELY)
            return


def _told(what: str, place: str, text: str, certainty: Certainty | None) -> Observation:
    file = re.search(r"([\w.-]{1,80})(?: on line |:)\d+$", text)
    target = f"{what} {file[1] if file else ''}".strip()
    return failed(target, Excerpt(place, text[:400]), certainty=certainty, what=what, text=text)
