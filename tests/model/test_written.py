"""What people write wrong is said with file and line, all at once, and in their words."""

from pathlib import Path
from typing import Literal

import pytest

from auditor.model.errors import UsageError
from auditor.model.words import Severity
from auditor.model.written import Source, Written


class Leaf(Written):
    name: str
    size: int = 0
    kind: Severity = Severity.MINOR
    worst: Severity | Literal["never"] = "never"


class Tree(Written):
    title: str = ""
    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    by_name: dict[str, Leaf] = {}
    flag: bool = False
    on: str = ""


def mistake(text: str) -> UsageError:
    with pytest.raises(UsageError) as raised:
        Source("tree.yaml", text).load(Tree)
    return raised.value


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("titel: x\n", 1, "unknown key 'titel'; did you mean 'title'?"),
        ("\n\nzzz: 1\n", 3, "unknown key 'zzz'; known keys: by_name, flag, leaf, leaves, on, title"),
        ("leaf:\n  name: a\n  sise: 3\n", 3, "unknown key 'sise'; did you mean 'size'?"),
        ("leaves:\n  - name: a\n  - name: b\n    sise: 3\n", 4, "unknown key 'sise'; did you mean 'size'?"),
        ("by_name:\n  oak:\n    nam: b\n    name: c\n", 3, "unknown key 'nam'; did you mean 'name'?"),
        ("leaf:\n  size: 3\n", 1, "'leaf.name' is missing"),
        ("leaves:\n  - name: a\n  - size: 3\n", 3, "'leaves.1.name' is missing"),
        ("leaf: {name: a, size: big}\n", 1, "'leaf.size' must be a whole number"),
        ("leaf: {name: a, size: 1.5}\n", 1, "'leaf.size' must be a whole number"),
        ("leaf: {name: 5}\n", 1, "'leaf.name' must be text (put it in quotes)"),
        ("flag: perhaps\n", 1, "'flag' must be true or false"),
        ("leaves: a\n", 1, "'leaves' must be a list"),
        ("leaf: a\n", 1, "'leaf' must be a mapping (name: value)"),
        ("leaf: {name: a, kind: bad}\n", 1, "'leaf.kind' must be 'critical', 'serious', 'moderate', 'minor' or 'info'"),
        (
            "leaf: {name: a, worst: bad}\n",
            1,
            "'leaf.worst' must be 'critical', 'serious', 'moderate', 'minor', 'info' or 'never'",
        ),
        ("- a\n", 1, "must be a mapping (name: value)"),
    ],
)
def test_mistakes_in_a_model(text: str, where: int, what: str) -> None:
    error = mistake(text)
    assert (error.where, error.what) == (f"tree.yaml:{where}", what)


def test_every_mistake_is_told_at_once() -> None:
    error = mistake("titel: x\nleaf:\n  size: big\n")
    assert str(error).splitlines() == [
        "tree.yaml:2: 'leaf.name' is missing",
        "  tree.yaml:3: 'leaf.size' must be a whole number",
        "  tree.yaml:1: unknown key 'titel'; did you mean 'title'?",
    ]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: 1\na: 2\n", "t.yaml:2", "'a' stands twice"),
        ("a:\n  b: 1\n  b: 2\n", "t.yaml:3", "'b' stands twice"),
        ("a: [1\n", "t.yaml:2", "not valid YAML"),
        ("a: 1\n\tb: 2\n", "t.yaml:2", "not valid YAML"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2", "not valid YAML"),
        ("? [a]\n: 1\n", "t.yaml:1", "a key must be plain text"),
        ("a: 1\nb: &b [*b]\n", "t.yaml:2", "an alias stands inside what it names"),
        ("a: 1\nwhen: 2026-99-99\n", "t.yaml:2", "'2026-99-99' is not valid"),
        ("a: 1\nb: !!python/name:os.system x\n", "t.yaml:2", "not valid YAML"),
        ("a: " + "[" * 100 + "]" * 100, "t.yaml:1", "too large or too deeply nested"),
        ("a: \x01\n", "t.yaml", "not valid YAML"),
    ],
)
def test_what_is_not_plain_yaml_is_refused(text: str, where: str, what: str) -> None:
    with pytest.raises(UsageError) as raised:
        Source("t.yaml", text)
    assert raised.value.where == where
    assert raised.value.what.startswith(what)


@pytest.mark.parametrize("deep", [70, 3000])
def test_what_is_nested_too_deeply_is_refused(deep: int) -> None:
    with pytest.raises(UsageError, match="too deeply nested"):
        Source("t.yaml", "a: " + "[" * deep + "]" * deep)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(UsageError, match="too large"):
        Source("t.yaml", "\n".join(lines))


def test_an_alias_may_be_used_twice() -> None:
    assert Source("t.yaml", "a: &a [1]\nb: *a\nc: *a\n").data == {"a": [1], "b": [1], "c": [1]}


def test_on_is_a_key_and_no_is_norway() -> None:
    source = Source("t.yaml", "on: raw\ncountries: [NO, SE]\nyes: y\ntruth: [true, False]\n")
    assert source.data == {"on": "raw", "countries": ["NO", "SE"], "yes": "y", "truth": [True, False]}
    assert Source("t.yaml", "on: raw").load(Tree).on == "raw"


def test_a_file_that_is_empty_is_an_empty_mapping() -> None:
    assert Source("t.yaml", "# nothing\n").load(Tree) == Tree()


def test_places_have_lines() -> None:
    source = Source("t.yaml", "a:\n  - b: 1\n  - c:\n      d: 2\n")
    assert source.where(("a", 1, "c", "d")) == "t.yaml:4"
    assert source.where(("a", 0)) == "t.yaml:2"
    assert source.where(("a", 0, "missing", "deeper")) == "t.yaml:2"
    assert source.where(("zzz",)) == "t.yaml:1"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Source.read(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="Is a directory"):
        Source.read(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(UsageError) as raised:
        Source.read(tmp_path / "latin.yaml")
    assert raised.value.where.endswith("latin.yaml:2")
    assert raised.value.what == "not UTF-8 text"


def test_windows_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_bytes("\ufeffa: 1\r\nb: ü\r\n".encode())
    assert Source.read(tmp_path / "w.yaml").data == {"a": 1, "b": "ü"}
