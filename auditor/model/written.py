"""What people write (config, packs, tables): YAML that remembers its lines, checked by pydantic, one sentence per mistake."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.model.errors import UsageError

Place = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

# pydantic's type codes -> words of the person who wrote the file
_WORDS = {
    "missing": "is missing",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text (put it in quotes)",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be a mapping (name: value)",
    "model_type": "must be a mapping (name: value)",
    "model_attributes_type": "must be a mapping (name: value)",
}
_MAX_PLACES, _MAX_DEPTH = 200_000, 60  # of what a person writes; aliases of aliases grow without bound
_TOO_MUCH = "too large or too deeply nested"
_TOO_DEEP = "maximum nesting depth"  # in what PyYAML 6.0.4 says; before, it ran out of stack


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml reads ten times as fast
    """YAML 1.2's booleans only: `on` is a key of every rule, and `NO` is Norway."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def plain(file: Path) -> Any:
    """What a file of ours holds, where nobody has to be told of a mistake in it."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # it is a safe one


class Written(BaseModel):
    """Base of everything read from a file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Source:
    """A parsed YAML file: its plain `data` and the line of every place in it."""

    def __init__(self, path: Path | str, text: str) -> None:
        """Raises UsageError with file:line when the text is not YAML."""
        self.path = str(path)
        self.lines: dict[Place, int] = {}
        self.flags: dict[Place, str] = {}  # what the command line said instead -> the flag
        self._around: set[yaml.Node] = set()
        try:
            node = yaml.compose(text, Loader=_Loader)
            self.data: Any = self._plain(node, ()) if node else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            told = error.problem or error.context or ""
            what = _TOO_MUCH if _TOO_DEEP in told else f"not valid YAML: {told}"
            raise UsageError(what, where=f"{self.path}:{line}") from None
        except RecursionError:
            raise UsageError(_TOO_MUCH, where=self.path) from None
        except yaml.YAMLError as error:
            raise UsageError(f"not valid YAML: {error}", where=self.path) from None

    @classmethod
    def read(cls, path: Path) -> Source:
        """Raises UsageError when the file is not there or not UTF-8 text."""
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            raise UsageError("no such file", where=str(path)) from None
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise UsageError("not UTF-8 text", where=f"{path}:{line}", hint="Save the file as UTF-8.") from None
        return cls(path, text)

    def where(self, place: Place = ()) -> str:
        """`file:line` of a place, or of the nearest thing around it; the flag where the command line said it."""
        while place and place not in self.lines and place not in self.flags:
            place = place[:-1]
        if flag := self.flags.get(place):
            return flag
        return f"{self.path}:{self.lines.get(place, 1)}"

    def said_by_flag(self, dotted: str) -> None:
        """The command line said `crawl.max_pages` instead: --max-pages is where a mistake in it stands."""
        *parents, leaf = dotted.split(".")
        self.flags[(*parents, leaf)] = f"--{leaf.replace('_', '-')}"

    def load(self, model: type[M], data: Any = None, at: Place = ()) -> M:
        """The data (or a part of it, standing `at`) as `model`; raises UsageError that lists every mistake."""
        data = self.data if data is None and not at else data
        try:
            return model.model_validate({} if data is None else data)
        except ValidationError as invalid:
            mistakes = [self._mistake(model, error, at) for error in _choices(invalid.errors())]
            first, *others = dict.fromkeys(mistakes)
            raise UsageError(
                first[1], where=first[0], hint="\n  ".join(f"{where}: {what}" for where, what in others)
            ) from None

    def _mistake(self, model: type[BaseModel], error: Any, at: Place) -> tuple[str, str]:
        # pydantic puts names of union members and "[key]" into loc; only what stands in the file names a place.
        loc = _place(error)
        place, name = at + loc, str(loc[-1]) if loc else ""
        if error["type"] == "extra_forbidden":
            known = sorted(_keys(model, loc[:-1]))
            near = difflib.get_close_matches(name, known, 1)
            what = f"unknown key '{name}'" + (
                f"; did you mean '{near[0]}'?" if near else f"; known keys: {', '.join(known)}" if known else ""
            )
        else:
            words = _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ").removeprefix(
                "Assertion failed, "
            )
            dotted = ".".join(str(part) for part in loc)
            words = (
                words.replace("Input should", "must")
                .replace("String should", "must")
                .replace("must be valid", "must be")
            )
            what = (
                f"'{dotted}' {words}"
                if dotted and error["type"] != "value_error"
                else (f"'{dotted}': {words}" if dotted else words)
            )
        return self.where(place), what

    def _plain(self, node: yaml.Node, place: Place) -> Any:
        self.lines[place] = node.start_mark.line + 1
        if node in self._around or len(self.lines) > _MAX_PLACES or len(place) > _MAX_DEPTH:
            what = "an alias stands inside what it names" if node in self._around else _TOO_MUCH
            raise UsageError(what, where=self._at(node))
        self._around.add(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            if isinstance(node, yaml.SequenceNode):
                return [self._plain(item, (*place, index)) for index, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._around.discard(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise UsageError("a key must be plain text", where=self._at(key_node))
            key = self._scalar(key_node)
            if key in mapping:
                raise UsageError(f"'{key}' stands twice", where=self._at(key_node))
            mapping[key] = self._plain(value_node, (*place, key))
            self.lines[(*place, key)] = key_node.start_mark.line + 1
        return mapping

    def _scalar(self, node: yaml.Node) -> Any:
        loader = _Loader("")
        try:
            return loader.construct_object(node, deep=True)
        except ValueError as error:  # looks like a date or number and is none
            raise UsageError(f"'{node.value}' is not valid: {error}", where=self._at(node)) from None
        finally:
            loader.dispose()

    def _at(self, node: yaml.Node) -> str:
        return f"{self.path}:{node.start_mark.line + 1}"


def _place(error: Any) -> Place:
    inner = ("function-", "[key]", "str-enum[", "literal[")
    return tuple(part for part in error["loc"] if not (isinstance(part, str) and part.startswith(inner)))


def _choices(errors: Sequence[Any]) -> Iterator[Any]:
    """One mistake for each place where one of several lists of words was asked for, with the words of all."""
    asked: dict[Place, list[str]] = {}
    for error in errors:
        if error["type"] in ("enum", "literal_error"):
            asked.setdefault(_place(error), []).append(error["ctx"]["expected"])
    for error in errors:
        lists = asked.get(_place(error), []) if error["type"] in ("enum", "literal_error") else []
        if len(lists) < 2:
            yield error
            continue
        *most, last = ", ".join(lists).replace(" or ", ", ").split(", ")
        yield {**error, "msg": f"Input should be {', '.join(most)} or {last}"}


def _keys(model: type[BaseModel], loc: Place) -> set[str]:
    """The keys allowed at `loc` below `model`, looked up through its annotations."""
    here: list[Any] = [model]
    for part in loc:
        here = [found for kind in here for found in _step(kind, part)]
    return {field.alias or name for kind in here if _is_model(kind) for name, field in kind.model_fields.items()}


def _step(kind: Any, part: str | int) -> list[Any]:
    if _is_model(kind):
        field = kind.model_fields.get(str(part))
        return _members(field.annotation) if field else ([kind] if part == kind.__name__ else [])
    return [member for argument in get_args(kind) for member in _members(argument)]


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for argument in get_args(annotation) for member in _members(argument)]
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
