"""What docs/ says is true: generated pages are fresh, examples work as written, links lead somewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from auditor.cli import main
from auditor.evaluate import reference

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


def test_the_rule_reference_is_fresh() -> None:
    made = reference.pages()
    there = {file.name: file.read_text(encoding="utf-8") for file in reference.FOLDER.glob("*.md")}
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert not stale, "docs/rules is older than the packs: run make docs"


def test_the_rule_reference_is_written_whole(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("a pack that is no more", encoding="utf-8")
    reference.write(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == reference.pages().keys()


def test_what_the_site_could_say_is_not_markup() -> None:
    assert reference._text("a *b* <b> [c](d) `e_f`") == r"a \*b\* \<b\> \[c\](d) `e_f`"
    assert reference._text("one ` alone_") == r"one \` alone\_"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        if path.startswith(("http://", "https://")):
            continue
        target = (page.parent / path).resolve()
        assert target.exists(), path
        assert not anchor or anchor in _anchors(target), f"{path}#{anchor}"


def test_the_first_example_of_adding_a_rule_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pack, cases, *_ = _blocks(ROOT / "docs" / "adding-a-rule.md", "yaml")
    (tmp_path / "shop-rules").mkdir()
    (tmp_path / "shop-rules.yaml").write_text(pack, encoding="utf-8")
    (tmp_path / "shop-rules" / "delivery-time.yaml").write_text(cases, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["auditor", "rules", "test", "shop-rules.yaml"])
    with pytest.raises(SystemExit) as left:
        main()
    assert (left.value.code, capsys.readouterr().out) == (0, "1 rule, 3 cases: all right\n")


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
