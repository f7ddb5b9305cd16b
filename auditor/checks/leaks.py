"""Checks for what should never reach a shopper: template code, errors, keys and filler in the visible text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import cast

from lxml import etree

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Certainty, PageType

_AROUND = 40  # characters shown on each side
_printed = etree.XPath(
    "//text()[not(ancestor::script or ancestor::style or ancestor::template or ancestor::pre or ancestor::code or"
    " ancestor::kbd or ancestor::samp or ancestor::textarea)]",
    smart_strings=False,
)
_whole = etree.XPath("string()", smart_strings=False)
_LONGEST = 400_000  # characters of text that are searched for errors
# Tokens of the platforms' tables that other checks here tell of
_OTHERS = frozenset(
    {"PHP error", "ASP error", "PrestaShop exception", "missing translation", "language key", "placeholder text"}
)
_PROSE = (PageType.CONTENT,)  # where people write about anything, code and errors too
_TRADE = re.compile(
    r"(?i)\b(?:liquid|handlebars|twig|smarty|mustache|nunjucks|templates?|template (?:language|engine)|shortcodes?|snippets?|javascript|php|html|css|developers?"
    r"|source code|theme (?:code|editor|files?)|placeholder text|filler text|typesetting|dummy text|blindtext|entwickler|quelltext|tutorial)\b"
)
_ERRORS = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        (
            "a PHP error",
            r"\b(?:Fatal error|Parse error|Warning|Notice|Deprecated|Strict Standards) ?: .{1,400}? in (?:/|[A-Z]:\\)[^\s<>]{1,200}(?:\.(?:php\d?|phtml|inc|tpl|twig|latte|module)(?:\(\d+\) : eval\(\)'d code)?) on line \d+",
        ),
        ("a PHP error", r"\bUncaught (?:[A-Z]\w{0,60}\\?){1,6}: .{1,300}? in (?:/|[A-Z]:\\)[^\s<>]{1,200}:\d+"),
        (
            "a database error",
            r"\bSQLSTATE\[\w{5}\]|You have an error in your SQL syntax|Error establishing a database connection",
        ),
        ("WordPress's error page", r"There has been a critical error on this website"),
        (
            "Magento's error page",
            r"Exception printing is disabled by default for security reasons|There has been an error processing your request",
        ),
        ("a PrestaShop error", r"\[PrestaShop(?:Database)?Exception\]"),
        ("an ASP error", r"Microsoft (?:VBScript|OLE DB Provider)[^<]{0,80}error '|Active Server Pages error"),
        ("a Python error", r"Traceback \(most recent call last\)"),
        ("a .NET error", r"Server Error in '[^']{0,100}' Application"),
        ("a Java error", r"\bat (?:[a-z]\w{0,40}\.){1,8}[A-Z]\w{0,60}\.\w{1,60}\(\w{1,60}\.java:\d+\)"),
    )
)
# One of these stands in whatever the patterns above find, in their order: asked first, since it is far faster
_ERROR_WORDS = (
    (" on line ",), ("Uncaught ",), ("SQLSTATE[", "SQL syntax", "database connection"), ("critical error",),
    ("Exception printing", "error processing"), ("[PrestaShop",), ("Microsoft ", "Active Server"), ("Traceback (",),
    ("Server Error in",), (".java:",),
)  # fmt: skip
# The same without blanks, which may be spread over several texts
_ERROR_PARTS = (
    ".php", ".phtml", ".inc", ".tpl", ".twig", ".latte", ".module", "Uncaught", "SQLSTATE[", "syntax", "establishing", "critical",
    "Exception", "processing", "Microsoft", "Active", "Traceback", "Server", ".java:",
)  # fmt: skip
_UNTRANSLATED = re.compile(
    r"(?i:\btranslation missing: ?[\w-]{1,60}\.[\w.-]{1,120})|\[missing \"?[\w.-]{1,120}\"? translation\]"
)
# A whole line that is a key: three parts or more, in small letters, one of them with an underscore
_KEY = re.compile(r"(?m)^[ \t]*((?=[\w.]*_)[a-z][a-z0-9_]{1,40}(?:\.[a-z][a-z0-9_]{1,60}){2,7})[ \t]*$")
_FILE = re.compile(
    r"\.(?:html?|php|js|css|pdf|png|jpe?g|gif|webp|svg|zip|xml|json|txt|docx?|xlsx?|com|net|org|io|shop|de|co)$"
)
_UNFILLED = re.compile(r"(?m)^[ \t]*((?:undefined|NaN|null)(?:[ ,/|-]{1,3}(?:undefined|NaN|null)){0,5})[ \t]*$")
_DEMO = re.compile(
    r"(?i)lorem ipsum dolor(?: sit amet)?|dolor sit amet|\bexample product title\b|\byour product[’']s name\b|just another wordpress site"
    r"|welcome to wordpress\. this is your first post|this is a demo store|magento demo store|default welcome msg"
    r"|pair text with an image to focus on your chosen product|use this text to share information about your brand"
    r"|this store is under construction and is a demo|\byour content goes here\b"
)
# One of these stands in whatever _DEMO finds: asked first, since it is far faster
_DEMO_WORDS = (
    "dolor sit", "lorem ipsum", "example product", "your product", "just another", "to wordpress", "demo store", "default welcome",
    "pair text", "use this text", "under construction", "your content",
)  # fmt: skip
# The whole name of a product that somebody made to try things out
_TRIED = re.compile(
    r"(?i)test(?:ing)?(?:[ -]?(?:product|item|produkt|artikel|produit|producto|prodotto))?s?(?:[ #-]*\d{1,3})?"
    r"|(?:example|sample|demo|dummy|placeholder|beispiel|muster)[ -]?(?:product|produkt|artikel)s?(?: title| name)?(?:[ #-]*\d{1,3})?"
    r"|(?:produit|producto|prodotto|produto) (?:de test|test|de prueba|di prova|de teste|exemple|de ejemplo|di esempio)(?:[ #-]*\d{1,3})?"
    r"|product (?:name|title)(?: here| goes here)?|your product[’']s name|produktname|untitled(?: product)?|new product"
    r"|do not (?:buy|order|use|ship|delete)\b.{0,40}|lorem ipsum.{0,80}|asdf\w{0,20}|(?:x{4,}|foo(?: ?bar)?)"
)
_TRIED_PRICES = frozenset(map(Decimal, ("0.01", "99999", "99999.99", "999999", "999999.99")))
_LARGE = frozenset({"EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD"})  # where 99,999 is no everyday price
_ESCAPED = re.compile(
    r"&(?:nbsp|amp|lt|gt|quot|apos|#0?39|#\d{2,5}|[aouAOU]uml|szlig|eacute|egrave|agrave|ccedil|euro|hellip|[nm]dash|[rl][sd]quo);"
    r"|</?(?:p|br|div|span|strong|em|ul|ol|li|h[1-6])(?: [^<>]{0,200})?/?>"
)
_SECOND = bytes(range(0x80, 0xC0)).decode("cp1252", "ignore")
# UTF-8 read as Windows-1252: its lead byte and a sign that no word has behind that letter; quotes and spaces do stand there
_MOJIBAKE = re.compile(
    rf"Ã[{re.escape(''.join(sign for sign in _SECOND if sign not in '‘’“”‚„–—…«»‹› ' + chr(0xA0)))}]|Â[£€©®°±²³½¼¾·§]|â€[™œ¦˜“”¢]|ï¿½|ï»¿|\ufffd"
)


@check(needs={"wording", "platform"})
def no_template_tokens(snapshot: Snapshot) -> Iterator[Observation]:
    """No template language of the platform (or of any, where it is not known) stands in the visible text or the title.

    Text of code samples is left out: articles about templates may show them, and such as talk of code are likely only. Errors,
    translations and filler text that the tables know have rules of their own. A page that was only fetched may hold templates
    that scripts fill in: there only what no script's template looks like counts.
    """
    text = snapshot.wording.whole
    lower = text.lower()
    seen: set[str] = set()
    for token in platforms.load().tokens(snapshot.platform.id):
        if token.what in _OTHERS or not token.may_be_in(lower):
            continue
        certainty = _in_prose(snapshot, text)
        for match in token.pattern.finditer(text):
            written = " ".join(match[0].split())
            if written in seen or (not snapshot.wording.seen and _for_scripts(written)):
                continue
            seen.add(written)
            start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
            around = Excerpt("text", " ".join(text[start:end].split()))
            yield failed(written, around, certainty=certainty, token=written, what=token.what)


def _for_scripts(token: str) -> bool:
    """Whether scripts too write their templates like this; {{media url=…}} and the like are a server's alone."""
    return token.startswith(("{{", "${", "#{", "<%")) and not re.search(r"\b(?:url|type|id|path|block_id|code)=", token)


def _in_prose(snapshot: Snapshot, text: str) -> Certainty | None:
    """Likely only on a page of content that talks of code by several words of the trade."""
    if snapshot.page_type not in _PROSE:
        return None
    words = {match[0].lower() for match in islice(_TRADE.finditer(text), 200)}
    return Certainty.LIKELY if len(words) > 2 else None


@check(needs={"document"})
def no_server_errors(snapshot: Snapshot) -> Iterator[Observation]:
    """No error of the server's software or database is printed in the page. Code samples are left out.

    In articles somebody may write about an error: likely only. The target is the kind and the file it names.
    """
    whole = cast(str, _whole(snapshot.document.tree))
    if not any(word in whole for word in _ERROR_PARTS):
        return
    texts = cast(list[str], _printed(snapshot.document.tree))
    text = " ".join(" ".join(texts).split())[:_LONGEST]
    seen: set[str] = set()
    for (what, pattern), words in zip(_ERRORS, _ERROR_WORDS, strict=True):
        if not any(word in text for word in words):
            continue
        match = pattern.search(text)
        if match is None or what in seen:
            continue
        seen.add(what)
        file = re.search(r"([\w.-]{1,80})(?: on line |:)\d+$", match[0])
        yield failed(
            f"{what} {file[1] if file else ''}".strip(),
            Excerpt("text", match[0][:400]),
            certainty=Certainty.LIKELY if snapshot.page_type in _PROSE else None,
            what=what,
            text=match[0],
        )


@check(needs={"wording", "platform", "document"})
def all_translated(snapshot: Snapshot) -> Iterator[Observation]:
    """No key of a translation stands where its words should. A bare key of a known form is likely one, if it begins a line or a button."""
    text = snapshot.wording.whole
    lower, found, keys = text.lower(), {}, {}
    if "translation missing" in lower or "[missing" in text:
        found = {" ".join(match[0].split()): _in_prose(snapshot, text) for match in _UNTRANSLATED.finditer(text)}
    if "_" in text:
        keys = {match[1]: Certainty.LIKELY for match in _KEY.finditer(text) if not _FILE.search(match[1])}
    for token in platforms.load().tokens(snapshot.platform.id):
        if token.what == "language key" and token.may_be_in(lower):  # what is found stands in the text
            for line in (*text.split("\n"), *_buttons(snapshot)):
                # alone, or as the label of a value: "text_stock In Stock"
                found_key = token.pattern.match(line.strip(" :*\t"))
                if found_key and len(line) < 80 and found_key[0] in text:
                    keys[found_key[0]] = Certainty.LIKELY
    for written, certainty in [*found.items(), *keys.items()]:
        yield failed(written, Excerpt("text", written), certainty=certainty, key=written)


def _buttons(snapshot: Snapshot) -> Iterator[str]:
    """What stands on buttons, which share a line with what is beside them."""
    for button in islice(snapshot.document.tree.iter("button", "label"), 500):
        yield " ".join(button.text_content().split())[:80]


@check(needs={"texts"})
def values_filled(snapshot: Snapshot) -> Iterator[Observation]:
    """No line of the page is nothing but "undefined", "null" or "NaN"; in the title or a heading no word is "undefined"."""
    seen = {match[1]: match[1] for match in _UNFILLED.finditer(snapshot.texts.visible)}
    named = [snapshot.texts.title, *(text for _, text, visible in snapshot.texts.headings if visible)]
    for text in named:
        if (match := re.search(r"(?<![\w-])(?:undefined|NaN)(?![\w-])", text)) and match[0] not in seen:
            seen[match[0]] = text
    for written, text in seen.items():
        yield failed(written, Excerpt("text", text[:200]), written=written)


@check(needs={"wording"})
def no_demo_copy(snapshot: Snapshot) -> Iterator[Observation]:
    """No filler text of a theme, a platform or a designer is left in the page; a page whose title or heading names it is about it."""
    wording = snapshot.wording
    about, lower = wording.title.casefold(), wording.whole.lower()
    if not any(words in lower for words in _DEMO_WORDS):
        return
    for written, around in _found(_DEMO, wording.whole):
        named = written.casefold() in about or " ".join(written.casefold().split()[:2]) in about
        certainty = Certainty.LIKELY if named else _in_prose(snapshot, wording.whole)
        yield failed(written.lower(), Excerpt("text", around), certainty=certainty, written=written)


@check(needs={"texts"})
def no_escaped_html(snapshot: Snapshot) -> Iterator[Observation]:
    """No tags or entities of HTML are shown as text. Articles may be about HTML: likely only there."""
    text = f"{snapshot.texts.title}\n{snapshot.texts.visible}"
    seen: set[str] = set()
    for written, around in _found(_ESCAPED, text):
        # beginning and end of an element are one fault, and so are both brackets of one escaped twice
        name = re.sub(r"/| [^<>]*", "", written).replace("&gt;", "&lt;")
        if name in seen:
            continue
        seen.add(name)
        yield failed(
            name,
            Excerpt("text", around),
            certainty=Certainty.LIKELY if snapshot.page_type in _PROSE else None,
            written=name,
            text=around,
        )


@check(needs={"texts"})
def letters_whole(snapshot: Snapshot) -> Iterator[Observation]:
    """No letters are garbled by a wrong character set: "Ã©" for "é", "â€™" for "’", or the sign for what is lost."""
    text = f"{snapshot.texts.title}\n{snapshot.texts.visible}"
    found = list(_found(_MOJIBAKE, text))
    if found:
        written, around = found[0]
        yield failed("garbled", *(Excerpt("text", one) for _, one in found[:5]), written=written, text=around)


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Each different match once, with the text around it; at most 20."""
    seen: set[str] = set()
    for match in pattern.finditer(text):
        written = " ".join(match[0].split())
        if written.lower() in seen:
            continue
        seen.add(written.lower())
        start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
        yield written, " ".join(text[start:end].split())
        if len(seen) >= 20:
            return


@check(needs={"meta", "offers"})
def product_meant(snapshot: Snapshot) -> Iterator[Observation]:
    """The page's product was not made to try things out: its whole name is none of those that people give to such.

    A name with more to it ("Pregnancy test", "Sample pack of coffee") is one. A price that nobody asks (0.01, 99,999) may be.
    """
    names = [product.name for product in snapshot.offers.main if product.name] + list(snapshot.meta.h1s)
    prices = {
        (offer.price, offer.currency)
        for offer in snapshot.offers.offers
        if offer.price in _TRIED_PRICES and (offer.currency in _LARGE)
    }
    if not names:
        yield inapplicable("the product's name was not found")
        return
    tried = next((name for name in names if _TRIED.fullmatch(" ".join(name.split()))), "")
    written = ", ".join(f"{price} {currency}".strip() for price, currency in sorted(prices))
    if tried:
        excerpts = [Excerpt("name", tried)] + ([Excerpt("price", written)] if written else [])
        # "Test" alone may be a brand's whole name for something
        sure = None if written or len(tried.split()) > 1 else Certainty.LIKELY
        yield failed("name", *excerpts, certainty=sure, what=f"is named “{tried}”")
    elif written:
        yield failed("price", Excerpt("price", written), certainty=Certainty.NEEDS_REVIEW, what=f"costs {written}")
