"""What the console's listener makes of what browsers report, without a browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.evidence.console import Console
from auditor.render.collectors.console import Listener


def heard(message: str, stack: str) -> Console:
    handlers: dict[str, Any] = {}
    listener = Listener(SimpleNamespace(on=handlers.__setitem__))  # type: ignore[arg-type]
    handlers["pageerror"](SimpleNamespace(message=message, stack=stack))
    return listener.collect()


@pytest.mark.parametrize(
    "stack",
    [
        "The resource from “https://shop.example/reviews.js” was blocked due to MIME type (“text/html”) mismatch (X-Content-Type-Options: nosniff).\nundefined",
        "Loading module from “https://shop.example/reviews.js” was blocked because of a disallowed MIME type (“text/html”).\nundefined",
    ],
)
def test_what_firefox_refuses_is_a_message_and_no_exception(stack: str) -> None:
    console = heard("nosniff).", stack)
    assert console.errors == ()
    (message,) = console.messages
    assert (message.level, message.text, message.script) == (
        "error",
        stack.splitlines()[0],
        "https://shop.example/reviews.js",
    )


def test_an_exception_stays_one() -> None:
    console = heard("a is undefined", "TypeError: a is undefined\n    at go (https://shop.example/theme.js:3:7)")
    assert console.messages == ()
    (error,) = console.errors
    assert (error.message, error.script) == ("a is undefined", "https://shop.example/theme.js")
