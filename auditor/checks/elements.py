"""General checks, for rules that need no function of their own: elements by CSS selector, their text, a header's value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement
from pydantic import AfterValidator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.knowledge.table import CheckedRegex
from auditor.model.finding import Excerpt, Observation, failed, inapplicable

_MOST = 2_000  # elements looked at
_TEXT = 20_000  # characters of an element's text, or of a header


@cache
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def _readable(selector: str) -> str:
    try:
        _compiled(selector)
    except SelectorError as error:
        raise ValueError(f"is not a CSS selector: {error}") from None
    return selector


Selector = Annotated[str, AfterValidator(_readable)]


@check(needs={"document"})
def elements_counted(
    snapshot: Snapshot, *, selector: Selector, minimum: int = 1, maximum: int | None = None
) -> Iterator[Observation]:
    """As many elements match `selector` as wanted: at least `minimum`, at most `maximum`.

    Looks at the document's tree, not at what can be seen. The message may say {selector}, {count}, {minimum}, {maximum}.
    """
    found = _matched(snapshot, selector)
    if len(found) < minimum or (maximum is not None and len(found) > maximum):
        yield failed(
            "",
            *(_excerpt(element) for element in found[:3]),
            selector=selector,
            count=len(found),
            minimum=minimum,
            maximum="any number" if maximum is None else maximum,
        )


@check(needs={"document"})
def text_matches(
    snapshot: Snapshot, *, selector: Selector, pattern: CheckedRegex, wanted: bool = True
) -> Iterator[Observation]:
    """The text of each element that matches `selector` has `pattern` (a regular expression) in it; with `wanted: false`, none has.

    Blanks are folded and case is ignored. The message may say {selector}, {text} (of the first that is wrong), {count}.
    """
    found = _matched(snapshot, selector)
    if not found:
        yield inapplicable(f"nothing matches {selector}")
        return
    wrong = [element for element in found if bool(pattern.search(_text(element))) is not wanted]
    if wrong:
        excerpts = [_excerpt(element) for element in wrong[:3]]
        yield failed("", *excerpts, selector=selector, text=_text(wrong[0]), count=len(wrong))


@check(needs={"response"})
def header_matches(
    snapshot: Snapshot, *, name: str, pattern: CheckedRegex, wanted: bool = True
) -> Iterator[Observation]:
    """A header `name` of the answer has `pattern` (a regular expression) in its value; with `wanted: false`, none has.

    The message may say {name} and {value}.
    """
    values = [value[:_TEXT] for key, value in snapshot.headers if key == name.lower()]
    if any(pattern.search(value) for value in values) is not wanted:
        value = ", ".join(values) or "nothing"
        yield failed("", Excerpt(name, value, where=name.lower()), name=name, value=value)


def _matched(snapshot: Snapshot, selector: str) -> list[HtmlElement]:
    found: list[HtmlElement] = _compiled(selector)(snapshot.document.tree)  # type: ignore[assignment]  # a selector gives elements
    return found[:_MOST]


def _text(element: HtmlElement) -> str:
    return " ".join(str(element.text_content())[:_TEXT].split())


def _excerpt(element: HtmlElement) -> Excerpt:
    return Excerpt(str(element.tag), _text(element)[:300], where=f"line {element.sourceline}")
