"""Checks for what should never reach a shopper: template code, keys and filler in the visible text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import islice

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.facts.wording import labels
from auditor.knowledge import platforms
from auditor.knowledge.sought import IN_TEXTS, Sought
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, PageType

_AROUND = 40  # characters shown on each side
# Tokens of the platforms' tables that other checks here tell of
_OTHERS = frozenset(
    {"PHP error", "ASP error", "PrestaShop exception", "missing translation", "language key", "placeholder text"}
)
_PROSE = (PageType.CONTENT,)  # where people write about anything, code and errors too
_TRADE = re.compile(
    r"(?i)\b(?:liquid|handlebars|twig|smarty|mustache|nunjucks|templates?|template (?:language|engine)|shortcodes?|snippets?|javascript|php|html|css|developers?"
    r"|source code|theme (?:code|editor|files?)|placeholder text|filler text|typesetting|dummy text|blindtext|entwickler|quelltext|tutorial)\b"
)
_UNTRANSLATED = re.compile(
    r"(?i:\btranslation missing: ?[\w-]{1,60}\.[\w.-]{1,120}|\bmissing translation: ?[\w-]{1,60}[._][\w.-]{1,120})|\[missing \"?[\w.-]{1,120}\"? translation\]"
)
_PARTS = (
    "cart|checkout|products?|general|common|global|accounts?|customers?|search|header|footer|labels?|buttons?|newsletter|filters?|forms?"
    "|sections?|accessibility|errors?|messages?|frontend|storefront|translations?|components?|navigation|menu"
)
# The whole of a button or field's label: general.newsletter.submit, labels.addToCart, COM_VIRTUEMART_CART_ADD_TO
_LABEL_KEY = re.compile(
    rf"(?=[\w.-]*(?:[._-]|\b)(?:{_PARTS})\b)(?=\w[\w-]*\.[\w-]+\.|[\w.-]*_|[\w.-]*[a-z][A-Z])[a-z][\w-]{{1,40}}(?:\.[a-z][\w-]{{1,60}}){{1,7}}"
    r"|(?:COM|MOD|PLG|LBL|TXT|TEXT|BUTTON|ENTRY|HEADING|TITLE|MSG|ERROR|ADD_TO|LABEL|LANG)(?:_[A-Z0-9]+){1,8}"
)
# A whole line that is a key: three parts or more, in small letters, one of them with an underscore
_KEY = re.compile(r"(?m)^[ \t]*((?=[\w.]*_)[a-z][a-z0-9_]{1,40}(?:\.[a-z][a-z0-9_]{1,60}){2,7})[ \t]*$")
_FILE = re.compile(
    r"(?:\.(?:html?|php|js|css|pdf|png|jpe?g|gif|webp|avif|svg|ico|tiff?|psd|zip|rar|7z|tar|t?gz|bz2|xz|zst|exe|msi|dmg|deb|rpm|apk|jar|whl|iso"
    r"|xml|json|csv|tsv|txt|md|rst|rtf|docx?|xlsx?|pptx?|od[tsp]|epub|ics|vcf|ya?ml|toml|ini|cfg|sql|scss|sass|jsx|tsx?|mjs|cjs|py|phtml|tpl|twig|liquid"
    r"|woff2?|ttf|otf|eot|mp[34]|webm|mov|avi|wav|ogg|com|net|org|io|shop|de|co)|\.(?:js|css)\.map)$",
    re.IGNORECASE,
)
# Small letters between dots, a country's two at the end; the words are what a key may end with as well
_HOST = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?!(?:no|ok|or|to|go|by|on|of|in|up|my|id|at|it|is|as|be|me)$)[a-z]{2}"
)
_UNFILLED = re.compile(
    r"(?m)^[ \t]*((?:undefined|NaN|null|\(null\))(?:[ ,/|-]{1,3}(?:undefined|NaN|null)){0,5})[ \t]*$"
)
_MONEY = r"(?:[$€£¥₹₺₽₩]|\b(?:Rs\.?|kr\.?|CHF|USD|EUR|GBP|zł|Kč))"
# A value that a script did not have, within a line: "€NaN", "Save undefined%", "Delivery by Invalid Date", "%s items"
_UNFILLED_WITHIN = re.compile(
    rf"{_MONEY}\s?-?(?:NaN|undefined|null)\b|(?<![\w.-])-?(?:NaN|undefined|Infinity|null)\s?(?:%|{_MONEY})|\bInvalid Date\b"
    r"|\b(?:[Hh]ello|[Hh]i|[Ww]elcome|[Hh]allo|[Bb]onjour|[Hh]ola|[Cc]iao),? (?:null|undefined)\b|\bby undefined\b|\bundefined (?:reviews?|items?|ratings?|stars?|left|in stock)\b",
    re.MULTILINE,
)
# The label has none behind it: "Vendor: undefined". In prose it may be code that people write about.
_UNFILLED_LABEL = re.compile(
    r"(?m)(?<![\w.])[^\W\d_][\w’' ]{1,30}[:：] ?(?:undefined|null|NaN)(?=[ \t]*(?:$|[·|/(•]))|^[ \t]*NaN (?:out of|of|von|sur|de|/) \d|^[ \t]*NaN(?:/| ?★)"
)
_STAND_IN = re.compile(
    r"(?<!\S)(?:%(?:\d\$)?[sd]|%[1-9]|\{[0-9]\})(?= [A-Za-z(])|(?<=[a-z] )(?:%(?:\d\$)?[sd]|\{[0-9]\})(?=[ .,!?]|$)",
    re.MULTILINE,
)
_DEMO = re.compile(
    r"(?im)lorem ipsum dolor(?: sit amet)?|dolor sit amet|\bexample product title\b|\byour product[’']s name\b|just another wordpress site"
    r"|welcome to wordpress\. this is your first post|this is a demo store|magento demo store|default welcome msg"
    r"|pair text with an image to focus on your chosen product|use this text to share information about your brand"
    r"|this store is under construction and is a demo|\byour content goes here\b|\bproduct description goes here\b|\bli europan lingues es membres"
    r"|this is an example page\. it[’']s different from a blog post|share information about your brand with your customers|i am (?:a )?text block\. click (?:the )?edit button"
    r"|this is where you can add new products to your store|give customers details about the banner image|\bdies ist ein (?:blindtext|typoblindtext)\b"
    r"|duis aute irure dolor|sed ut perspiciatis unde omnis iste|praesent commodo cursus magna|cras mattis consectetur purus|nulla vitae elit libero|maecenas faucibus mollis interdum"
    r"|^[ \t]*(?:lorem ipsum|talk about your brand|custom text block|your tagline here)[ \t]*$"
)
# One of these stands in whatever _DEMO finds: asked first, since it is far faster
_DEMO_WORDS = frozenset((
    "dolor sit", "lorem ipsum", "example product", "your product", "just another", "to wordpress", "demo store", "default welcome",
    "pair text", "use this text", "under construction", "your content", "description goes", "europan lingues", "example page.",
    "share information", "text block", "add new products", "the banner image", "blindtext", "irure dolor", "perspiciatis", "commodo cursus",
    "consectetur purus", "elit libero", "mollis interdum", "about your brand", "your tagline",
))  # fmt: skip
IN_TEXTS.add(_DEMO_WORDS)
# The whole name of a product that somebody made to try things out
_TRIED = re.compile(
    r"(?i)test(?:ing)?(?:[ -]?(?:product|item|produkt|artikel|produit|producto|prodotto))?s?(?:[ #-]*\d{1,3})?"
    r"|(?:example|sample|demo|dummy|placeholder|beispiel|muster)[ -]?(?:product|produkt|artikel)s?(?: title| name)?(?:[ #-]*\d{1,3})?"
    r"|(?:produit|producto|prodotto|produto) (?:de test|test|de prueba|di prova|de teste|exemple|de ejemplo|di esempio)(?:[ #-]*\d{1,3})?"
    r"|product (?:name|title)(?: here| goes here)?|your product[’']s name|produktname|untitled(?: product)?|new product"
    r"|(?:prova|prova di|produto|producto|produit) (?:prodotto|teste|test|prova)|artikel[ -]test|(?:sample|example|demo|dummy) items?|\[tests?\] ?.{0,60}|テスト(?:商品|製品)?|테스트 ?(?:상품|제품)?|тестов(?:ый|ая) (?:товар|продукт|позиция)|тест(?: товар)?"
    r"|test(?:ing)?(?:[ -]?(?:product|item|produkt|artikel))?(?: ?\d{1,3})?[ ,:–—-]*\(?do not (?:buy|order|use|ship)\b.{0,40}"
    r"|do not (?:buy|order|use|ship|delete)\b.{0,40}|lorem ipsum.{0,80}|asdf\w{0,20}|(?:x{3,}|foo(?: ?bar)?)"
)
# What back offices call a product that was copied, until somebody names it
_COPIED = re.compile(
    r"(?:Copy of|Kopie von|Copie de|Copia de|Copia di) \S.{2,120}|\S.{2,120} [(-]\s?(?:Copy|Kopie|Copie|Copia)(?: \d)?\)?"
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


@check(needs={"wording", "platform", "document"})
def no_template_tokens(snapshot: Snapshot) -> Iterator[Observation]:
    """No template language of the platform (or of any, where it is not known) stands in the visible text, the title, or the words of attributes.

    Text of code samples is left out: articles about templates may show them, and such as talk of code are likely only. Errors,
    translations and filler text that the tables know have rules of their own. A page that was only fetched may hold templates
    that scripts fill in: there only what no script's template looks like counts, and of the rest nothing can be told.
    """
    text = snapshot.wording.whole
    said = "\n".join(labels(snapshot.document))
    seen: set[str] = set()
    unsure = ""
    for place, words in (("text", text), ("attribute", said)):
        there = _words_of_tokens(words)
        for token in platforms.load().tokens(snapshot.platform.id):
            if token.what in _OTHERS or not token.may_be_in(there):
                continue
            certainty = _in_prose(snapshot, text)
            for match in token.pattern.finditer(words):
                written = " ".join(match[0].split())
                if not snapshot.wording.seen and _for_scripts(written):
                    unsure = written
                    continue
                if written in seen:
                    continue
                seen.add(written)
                start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
                around = Excerpt(place, " ".join(words[start:end].split()))
                # what stands in an attribute may belong to a part that is never shown
                sure = Certainty.LIKELY if place == "attribute" and _for_scripts(written) else certainty
                yield failed(written, around, certainty=sure, token=written, what=token.what)
    if unsure and not seen:
        yield cant_tell("the page was only fetched, and scripts may fill in the templates in it")


@cache
def _sought() -> Sought:
    IN_TEXTS.add(word for token in platforms.load().tokens() for word in token.contains)
    return IN_TEXTS


def _words_of_tokens(text: str) -> frozenset[str]:
    """The words of tokens that stand in a text of lines."""
    return _sought().found(text)


def _for_scripts(token: str) -> bool:
    """Whether scripts too write their templates like this; {{media url=…}} and the like are a server's alone."""
    return token.startswith(("{{", "${", "#{", "<%")) and not re.search(r"\b(?:url|type|id|path|block_id|code)=", token)


def _in_prose(snapshot: Snapshot, text: str) -> Certainty | None:
    """Likely only on a page of content that talks of code by several words of the trade."""
    if snapshot.page_type not in _PROSE:
        return None
    words = {match[0].lower() for match in islice(_TRADE.finditer(text), 200)}
    return Certainty.LIKELY if len(words) > 2 else None


@check(needs={"wording", "platform", "document"})
def all_translated(snapshot: Snapshot) -> Iterator[Observation]:
    """No key of a translation stands where its words should. A bare key of a known form is likely one, if it begins a line or a button."""
    text = snapshot.wording.whole
    there = _words_of_tokens(text)
    found: dict[str, Certainty | None] = {}
    keys: dict[str, Certainty | None] = {}
    said = labels(snapshot.document)
    bare: list[str] = []
    for words in (text, "\n".join(said)):
        if "translation" in words.lower() or "[missing" in words:
            found |= {" ".join(match[0].split()): _in_prose(snapshot, text) for match in _UNTRANSLATED.finditer(words)}
    if "_" in text:
        bare = [match[1] for match in _KEY.finditer(text)]
    for token in platforms.load().tokens(snapshot.platform.id):
        if token.what == "language key" and token.may_be_in(there):  # what is found stands in the text
            for line in (*text.split("\n"), *_buttons(snapshot)):
                # alone, or as the label of a value: "text_stock In Stock"
                found_key = token.pattern.match(line.strip(" :*\t"))
                if found_key and len(line) < 80 and found_key[0] in text:
                    keys[found_key[0]] = Certainty.LIKELY
    bare += [one for one in (*_buttons(snapshot), *said) if len(one) < 80 and _LABEL_KEY.fullmatch(one)]
    names = _linked_names(snapshot) if bare else frozenset()
    keys |= {one: Certainty.LIKELY for one in bare if not _is_name(one, names)}
    for written, certainty in [*found.items(), *keys.items()]:
        yield failed(written, Excerpt("text", written), certainty=certainty, key=written)


def _is_name(written: str, names: frozenset[str]) -> bool:
    """Whether this is the name of a file or a host, not a key."""
    return written.lower() in names or bool(_FILE.search(written) or _HOST.fullmatch(written))


def _linked_names(snapshot: Snapshot) -> frozenset[str]:
    """Hosts and files that the page's links lead to, in small letters: link texts often are no more than them."""
    found: set[str] = set()
    for link in islice(snapshot.document.tree.iter("a"), 3_000):
        address = (link.get("href") or "").partition("#")[0].partition("?")[0].lower()
        found.update(part for part in address.split("/")[-1:] + address.split("/")[2:3] if "." in part)
    return frozenset(found)


def _buttons(snapshot: Snapshot) -> Iterator[str]:
    """What stands on buttons, which share a line with what is beside them."""
    for button in islice(snapshot.document.tree.iter("button", "label"), 500):
        yield " ".join(button.text_content().split())[:80]


@check(needs={"texts", "shown_prices"})
def values_filled(snapshot: Snapshot) -> Iterator[Observation]:
    """No line of the page is nothing but "undefined", "null" or "NaN", or has one where an amount or a date should stand.

    In the title or a heading no word is "undefined". The stand-ins of translations ("%s items") count as well.
    """
    seen = {match[1]: match[1] for match in _UNFILLED.finditer(snapshot.texts.visible)}
    within = (_UNFILLED_WITHIN,) if snapshot.page_type in _PROSE else (_UNFILLED_WITHIN, _UNFILLED_LABEL, _STAND_IN)
    text = snapshot.texts.visible
    for match in islice((one for pattern in within for one in pattern.finditer(text)), 20):
        seen.setdefault(match[0], " ".join(text[max(0, match.start() - _AROUND) : match.end() + _AROUND].split()))
    named = [snapshot.texts.title, *(text for _, text, visible in snapshot.texts.headings if visible)]
    for text in named:
        if (lost := re.search(r"(?<![\w-])(?:undefined|NaN)(?![\w-])", text)) and lost[0] not in seen:
            seen[lost[0]] = text
    # the place of the product's price is told by the rule for it
    price = snapshot.shown_prices.unreadable_main if snapshot.page_type is PageType.PRODUCT else None
    for written, text in seen.items():
        if price is None or written not in price.text:
            yield failed(written, Excerpt("text", text[:200]), written=written)


@check(needs={"wording"})
def no_demo_copy(snapshot: Snapshot) -> Iterator[Observation]:
    """No filler text of a theme, a platform or a designer is left in the page; a page whose title or heading names it is about it."""
    wording = snapshot.wording
    if _DEMO_WORDS.isdisjoint(IN_TEXTS.found(wording.whole)):
        return
    about = wording.title.casefold()
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
    elif copied := next((name for name in names if _COPIED.fullmatch(" ".join(name.split()))), ""):
        yield failed(
            "copy",
            Excerpt("name", copied),
            certainty=Certainty.NEEDS_REVIEW,
            what=f"is named “{copied}”, as copies are",
        )
    elif written:
        yield failed("price", Excerpt("price", written), certainty=Certainty.NEEDS_REVIEW, what=f"costs {written}")
