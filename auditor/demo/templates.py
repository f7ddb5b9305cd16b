"""Fills the HTML files in site/; whatever is not marked as HTML is escaped on its way in."""

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template

SITE = Path(__file__).with_name("site")


class Html(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


@cache
def _template(name: str) -> Template:
    return Template((SITE / name).read_text(encoding="utf-8"))


def html(value: object) -> Html:
    """Escape a value, unless it is HTML already."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def fill(name: str, /, **values: object) -> Html:
    """Fill the file `name`, relative to site/; a slot without a value is a KeyError."""
    return Html(_template(name).substitute({key: html(value) for key, value in values.items()}))


def form(pattern: str, /, **values: object) -> Html:
    """Fill a short pattern (as of str.format) that is itself HTML."""
    return Html(pattern.format(**{key: html(value) for key, value in values.items()}))


def join(parts: Iterable[Html], between: str = "\n") -> Html:
    """Put pieces of HTML one after the other."""
    return Html(between.join(parts))
