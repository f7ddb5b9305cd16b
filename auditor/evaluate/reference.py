"""The rule reference in docs/rules: a page for each pack and an index, made from the packs, their checks and cases.

`python -m auditor.evaluate.reference` writes the pages anew; `make docs` does that and the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from auditor.checks import registry
from auditor.evaluate.about import About, about
from auditor.evaluate.packs import load
from auditor.evidence.bundle import KINDS as BROWSER_KINDS
from auditor.facts.snapshot import FACTS
from auditor.model.rule import Rule
from auditor.model.words import Severity

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "rules"
_MADE = "<!-- Made from rules/ by make docs. What stands here is changed there. -->"
_ESCAPED = re.compile(r"[\\*_<>\[\]]")


def pages() -> dict[str, str]:
    """File name -> text, in the order of the packs; the same for the same packs."""
    packs = load()
    by_pack = {
        name: [about(rule) for rule in packs.rules if rule.pack == name] for name in sorted(packs.titles)
    }  # of each pack in the order of its file
    told = {f"{name}.md": _page(packs.titles[name], rules) for name, rules in by_pack.items()}
    return {"README.md": _index(packs.titles, by_pack), **told}


def write(folder: Path = FOLDER) -> None:
    """Writes the pages and takes away those of packs that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for file in folder.glob("*.md"):
        if file.name not in made:
            file.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def _index(titles: dict[str, str], by_pack: dict[str, list[About]]) -> str:
    rules = [one.rule for own in by_pack.values() for one in own]
    of = ", ".join(
        f"{count} {severity}" for severity in Severity if (count := sum(one.severity is severity for one in rules))
    )
    lines = [
        "# Rules",
        "",
        _MADE,
        "",
        f"{len(rules)} rules in {len(by_pack)} packs: {of}.",
        "The same in a terminal: `auditor rules list`, `auditor rules explain ID`.",
        "What the words mean: [read your report](../reading-your-report.md); how to add one: [add a rule](../adding-a-rule.md).",
        "",
        "*Without a browser*: the rule is judged on fetched pages too.",
    ]
    for name in sorted(by_pack, key=lambda name: titles[name]):
        lines += [
            "",
            f"## [{titles[name]}]({name}.md)",
            "",
            "| rule | true when it passes | severity | certainty | owner | without a browser |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| [{one.rule.id}]({name}.md#{_anchor(one.rule)}) | {_cell(one.rule.title)} | {one.rule.severity} "
            f"| {one.certainty} | {one.owner} | {'' if _needs_browser(one.rule) else 'yes'} |"
            for one in by_pack[name]
        ]
    return "\n".join(lines) + "\n"


def _page(title: str, rules: list[About]) -> str:
    lines = [f"# {title}", "", _MADE, "", "[All rules](README.md)"]
    for one in rules:
        lines += ["", *_rule(one)]
    return "\n".join(lines) + "\n"


def _rule(one: About) -> Iterator[str]:
    rule = one.rule
    yield f"## {rule.id.partition('/')[2]}"
    yield ""
    yield f"**{_text(rule.title)}** · `{rule.id}`"
    yield ""
    yield f"{rule.severity} · {one.certainty} · for {one.owner}"
    yield ""
    yield f"> {_text(rule.message)}"
    yield ""
    yield f"{_text(rule.why)}"
    yield ""
    yield f"**Fix.** {_text(rule.fix)}"
    if one.fix_on:
        yield ""
        yield from (f"- {platform}: {_text(fix)}" for platform, fix in one.fix_on)
    yield ""
    yield f"- Pages: {one.pages}"
    yield f"- Looks at: {one.looks_at}"
    yield f"- Needs: {one.needs}"
    yield f"- Check: `{rule.check}`. {_text(one.check)}"
    for option in one.options:
        value = f"`{option.given}`" if option.given else f"`{option.default}` (default)"
        yield f"  - `{option.name}`: {value}" + (
            f", default `{option.default}`" if option.given and option.default else ""
        )
    if one.hazards:
        yield "- Not fooled by: " + "; ".join(_text(name) for name in one.hazards)
    if rule.catalogue:
        yield f"- Catalogue: {', '.join(rule.catalogue)}"
    yield from (f"- See <{ref}>" for ref in rule.refs)


def _needs_browser(rule: Rule) -> bool:
    check = registry.load()[rule.check]
    seen_only = any(FACTS.get(kind, kind) in BROWSER_KINDS for kind in check.needs)
    return seen_only or rule.on == "rendered"


def _anchor(rule: Rule) -> str:
    return rule.id.partition("/")[2]


def _text(text: str) -> str:
    """Text that Markdown shows as it is: no HTML, no emphasis, no links; what stands in backticks is code."""
    parts = " ".join(text.split()).split("`")
    paired = len(parts) % 2 == 1
    escaped = [part if paired and index % 2 else _ESCAPED.sub(r"\\\g<0>", part) for index, part in enumerate(parts)]
    return ("`" if paired else "\\`").join(escaped)


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


if __name__ == "__main__":
    write()
