"""What judges, as a digest: two runs that differ in it can't blame the shop alone. A rule's words are no part of it."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable
from functools import cache
from types import ModuleType

import msgspec

from auditor.checks import registry
from auditor.facts import snapshot as facts
from auditor.model.rule import Rule


def digests(rules: Iterable[Rule]) -> dict[str, str]:
    """Rule id -> digest of its check, the module that holds it, its options and where it applies."""
    checks = registry.load()
    return {rule.id: _digest(rule, _source(inspect.getmodule(checks[rule.check].function))) for rule in rules}


def _digest(rule: Rule, source: bytes) -> str:
    options = msgspec.json.encode(rule.options, order="deterministic")
    where = " ".join([rule.check, str(rule.on), *sorted(rule.page_types), "/", *sorted(rule.platforms)])
    data = b"\x00".join([source, where.encode(), options, str(facts.VERSION).encode()])
    return hashlib.blake2b(data, digest_size=8).hexdigest()


@cache
def _source(module: ModuleType | None) -> bytes:
    try:
        return inspect.getsource(module).encode() if module is not None else b""
    except (OSError, TypeError):  # no source beside the code: the version of auditor is all there is to tell
        return b""
