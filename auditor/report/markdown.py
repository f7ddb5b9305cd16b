"""`summary.md`: the first screen for a comment on a merge request. What the site wrote cannot make markup, mentions or links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

from auditor import paths
from auditor.report import atomic, escape, view, words
from auditor.report.compiled import Compiled
from auditor.report.document import ResultDocument

MARKDOWN = "summary.md"
_LIMIT = 60_000  # characters; GitHub takes 65,536 in a comment
_MOST = 30  # problems listed
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~^$>])")
_LIST = re.compile(r"^([-+]|\d+(?=[.)]))")  # what would begin a list
_MARK = "\u2060"  # word joiner: seen by nobody, and parts what would be a mention, a reference or a link
_REFERENCE = re.compile(r"(?i)([@#!&%$~^](?=[\w\"])|://|www(?=\.)|\bGH(?=-))")


class Text(str):
    """Markdown that is meant as such."""


def write(document: ResultDocument, path: Path) -> None:
    atomic.write(path, render(document).encode("utf-8", "backslashreplace"))


def render(document: ResultDocument) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates() / "markdown"),
        bytecode_cache=Compiled.in_home(),
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "code": code,
        "moment": view.moment,
        "not_checked": view.not_checked,
        "number": lambda number: f"{number:,}",
        "word": lambda value, vocabulary: words.word(vocabulary, value),
        "text": text,
        "url": link,
    }
    environment.globals |= {"count": words.count, "total": view.total}
    for most in (_MOST, 10, 3, 0):
        shown = environment.get_template("summary.md.j2").render(
            document=document,
            run=document.run,
            verdict=document.verdict,
            state=view.state(document),
            checked=view.checked(document),
            reasons=view.reasons(document),
            counts=view.counts(document),
            fix_first=view.fix_first(document),
            problems=document.problems[:most],
            more=len(document.problems) - most,
            missed=view.not_looked_at(document),
            failed_checks=view.failed_checks(document),
            sample=view.sample(document),
            platform=document.shop.platform,
            since=view.since(document),
            fresh=[one for one in document.problems if one.state == "new"][:10],
        )
        if len(shown) <= _LIMIT:
            break
    return shown.strip() + "\n"


def text(value: str, limit: int = 300) -> Text:
    """Text of the site as text: on one line, nothing in it is Markdown, HTML, a mention or a link."""
    marked = _REFERENCE.sub(lambda match: match[0] + _MARK, escape.line(value, limit))
    plain = _SPECIAL.sub(r"\\\1", marked.replace("&", "&amp;").replace("<", "&lt;"))
    return Text(_LIST.sub(rf"\1{_MARK}", plain) if plain[:1].isdigit() else _LIST.sub(r"\\\1", plain))


def code(value: str, limit: int = 120) -> Text:
    """Text in a code span, where nothing else has a meaning; a table's bar is the only thing that does."""
    plain = escape.line(value, limit).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return Text(f"{fence}{pad}{plain or ' '}{pad}{fence}")


def link(url: str) -> Text:
    """A link where the URL may be one, else code."""
    target = escape.href(url)
    if target is None:
        return code(escape.address(url, 160), 200)
    safe = re.sub(r"[<>()\[\]\\`|*_\s\"']", lambda match: f"%{ord(match[0]):02X}", target)
    return Text(f"[{text(escape.address(url, 100), 120)}](<{safe}>)")


def _finalize(value: Any) -> Any:
    return text(value, 600) if isinstance(value, str) and not isinstance(value, Text) else value
