"""Bodies of hits as trees of names and values: JSON, forms, multipart, base64; hostile input throughout, read by tracking."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

_LARGEST = 70_000  # characters of a body that are read
_MOST_PARAMETERS = 300
_LONGEST_VALUE = 1_000
_DEEPEST = 12
_NAME = re.compile(r'\bname="([^"\r\n]{1,200})"')
_PAIRS = re.compile(r"^[\w.]{1,60}=[^;]*(;[\w.]{1,60}=[^;]*)*;?$")


def read_body(body: str) -> Any:
    """A dict or list; empty where the body is nothing we can read."""
    body = body[:_LARGEST].strip("\ufeff \r\n\t")
    if not body:
        return {}
    if body[0] in "{[":
        parsed = _json(body)
        return parsed if parsed is not None else _json_lines(body)
    if body.startswith("--") and "form-data" in body:
        return _multipart(body)
    try:
        form: dict[str, Any] = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=1_000))
    except ValueError:
        return {}
    if list(form) == ["data"] and (inner := _base64(form["data"])) is not None:
        return inner if isinstance(inner, list) else {**form, "data": inner} | inner
    return form


def find(tree: Any, name: str) -> Any:
    """What stands under a name, or under `a.b.0` inside it; None where nothing does. Text that is JSON is looked into."""
    if isinstance(tree, Mapping) and name in tree:
        return _opened(tree[name])
    head, dot, rest = name.partition(".")
    while dot:
        below = _step(tree, head)
        if below is not None and (found := find(_opened(below), rest)) is not None:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return _opened(_step(tree, name)) if isinstance(tree, list) else None


def text(value: Any) -> str:
    """A scalar as it was sent; empty for lists, objects and nothing."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:_LONGEST_VALUE]


def flatten(tree: Mapping[str, Any]) -> dict[str, str]:
    """Names as `a.b.0` -> text, at most 300 of them, values cut at 1,000 characters."""
    flat: dict[str, str] = {}
    waiting: list[tuple[str, Any, int]] = [(str(name), value, 1) for name, value in tree.items()]
    while waiting and len(flat) < _MOST_PARAMETERS:
        name, value, depth = waiting.pop(0)
        if isinstance(value, dict | list) and depth < _DEEPEST:
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            waiting[:0] = [(f"{name}.{key}", below, depth + 1) for key, below in list(pairs)[:_MOST_PARAMETERS]]
        elif not isinstance(value, dict | list):
            flat[name[:200]] = text(value)
    return flat


def _step(tree: Any, name: str) -> Any:
    if isinstance(tree, Mapping):
        return tree.get(name)
    if isinstance(tree, list) and name.isdigit() and int(name) < len(tree):
        return tree[int(name)]
    return None


def _opened(value: Any) -> Any:
    """Text that holds JSON, or `event=purchase;value=3`, as what it holds."""
    if not isinstance(value, str) or len(value) > _LARGEST:
        return value
    if value[:1] in ("{", "["):
        parsed = _json(value)
        return value if parsed is None else parsed
    if ";" in value and _PAIRS.match(value):
        return dict(pair.partition("=")[::2] for pair in value.split(";") if pair)
    return value


def _multipart(body: str) -> dict[str, Any]:
    boundary = body.split("\n", 1)[0].strip()
    fields: dict[str, Any] = {}
    for part in body.split(boundary)[1 : _MOST_PARAMETERS + 1] if len(boundary) > 4 else ():
        head, _, value = part.replace("\r\n", "\n").partition("\n\n")
        if name := _NAME.search(head[:2_000]):
            fields[name[1]] = value.removesuffix("\n")
    return fields


def _json(body: str) -> Any:
    try:
        parsed = json.loads(body, parse_float=str, parse_int=str)  # numbers as they were sent: 19.90 stays 19.90
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict | list) else None


def _json_lines(body: str) -> Any:
    """One JSON object a line, as Sentry and some others send; what cannot be read is left out."""
    entries = [entry for line in body.splitlines()[:200] if line[:1] == "{" and isinstance(entry := _json(line), dict)]
    return entries or {}


def _base64(value: str) -> Any:
    if len(value) < 16:
        return None
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        return _json(plain.decode("utf-8"))
    except (binascii.Error, ValueError):
        return None
