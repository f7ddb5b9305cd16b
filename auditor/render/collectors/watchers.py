"""Scripts that run in a page before its own: each a file, with what they have in common put in."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from playwright.sync_api import BrowserContext

from auditor.render.collectors.look import Distorted, Look, Question

_FOLDER = Path(__file__).parent
_COMMON = "/* callers.js */"


class Told(msgspec.Struct):
    """What such a script noted; `watched` is whether it ran before the page's own."""

    watched: bool


AsTold = TypeVar("AsTold", bound=Told)


def watch(context: BrowserContext, name: str) -> None:
    """Has `NAME_watch.js` run in every page. Call before the first tab is made."""
    context.add_init_script(script(name))


def told(look: Look, question: Question, kind: type[AsTold]) -> AsTold:
    """What was noted in the page. Raises Distorted where nobody watched."""
    answer = look.ask(*question, kind)
    if not answer.watched:
        raise Distorted("the page could not be watched from its beginning")
    return answer


def script(name: str) -> str:
    common = (_FOLDER / "callers.js").read_text("utf-8")
    return (_FOLDER / f"{name}_watch.js").read_text("utf-8").replace(_COMMON, common)
