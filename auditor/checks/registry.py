"""How a function becomes a check: what it needs, what it is handed, and which options YAML may give it."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auditor.facts.snapshot import KINDS
from auditor.model.finding import Observation
from auditor.model.words import Scope

CheckFunction = Callable[..., Iterator[Observation]]
F = typing.TypeVar("F", bound=CheckFunction)


class Option(typing.NamedTuple):
    """A keyword-only parameter of a check's function."""

    name: str
    adapter: TypeAdapter[Any]
    required: bool


class Check(typing.NamedTuple):
    """A registered check. `needs` are kinds of evidence and facts; without them the runner answers "could not be checked"."""

    name: str
    function: CheckFunction
    scope: Scope
    needs: frozenset[str]
    options: dict[str, Option]
    unseen: bool = False  # its answer hangs on pages that were not seen: it tells of what none of all pages does

    def accept(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The options as the function takes them, and mistakes as (option, sentence)."""
        taken: dict[str, Any] = {}
        mistakes: list[tuple[str, str]] = []
        for name, value in given.items():
            option = self.options.get(name)
            if option is None:
                near = difflib.get_close_matches(name, self.options, 1)
                more = f"; did you mean '{near[0]}'?" if near else f"; it takes: {', '.join(self.options) or 'none'}"
                mistakes.append((name, f"check '{self.name}' has no option '{name}'{more}"))
                continue
            try:
                taken[name] = option.adapter.validate_python(value)
            except ValidationError as error:
                what = error.errors()[0]["msg"].removeprefix("Value error, ")
                mistakes.append((name, f"option '{name}' of check '{self.name}': {what}, got {value!r}"))
        missing = [name for name, option in self.options.items() if option.required and name not in given]
        mistakes += [("", f"check '{self.name}' needs the option '{name}'") for name in missing]
        return taken, mistakes


_registered: dict[str, Check] = {}


def check(*, needs: Collection[str] = (), scope: Scope = Scope.SNAPSHOT, unseen: bool = False) -> Callable[[F], F]:
    """Registers a check under its function's name. Keyword-only parameters are its options.

    `unseen`: of a site check, that pages which were not seen may prove it wrong. Where there are such pages what it tells is
    for information, and likely at most.
    """

    def register(function: F) -> F:
        name = function.__name__
        if unknown := set(needs) - KINDS:
            raise TypeError(f"check '{name}' needs unknown kinds: {', '.join(sorted(unknown))}")
        if name in _registered and _registered[name].function.__module__ != function.__module__:
            raise TypeError(
                f"two checks are named '{name}': in {_registered[name].function.__module__} and {function.__module__}"
            )
        if not function.__doc__:
            raise TypeError(f"check '{name}' has no docstring")
        hints = typing.get_type_hints(function, include_extras=True)  # Annotated: how an option is read and refused
        parameters = inspect.signature(function).parameters.values()
        handed = [parameter for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
        if len(handed) != 1 or handed[0].kind is handed[0].VAR_KEYWORD:
            raise TypeError(f"check '{name}' takes one positional parameter, and its options by keyword only")
        if untyped := [parameter.name for parameter in parameters if parameter.name not in hints]:
            raise TypeError(f"check '{name}' does not say the type of {', '.join(untyped)}")
        options = {
            parameter.name: Option(
                parameter.name, TypeAdapter(hints[parameter.name]), parameter.default is parameter.empty
            )
            for parameter in parameters
            if parameter.kind is parameter.KEYWORD_ONLY
        }
        _registered[name] = Check(name, function, scope, frozenset(needs), options, unseen)
        return function

    return register


@cache
def load() -> Mapping[str, Check]:
    """Every check of the package, by name."""
    package = importlib.import_module("auditor.checks")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "registry":
            importlib.import_module(f"auditor.checks.{module.name}")
    return _registered
