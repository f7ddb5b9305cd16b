"""The labelled pages of markup_pages/, and how well the rules of markup find what the labels say; run it to see the table.

A label is "RULE words": a finding of that rule whose target, message and excerpts have all of the words in them. With
`sure: false` it may not be called proven. `swaps` make a page from the one above it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

from auditor.checks import registry
from auditor.evaluate import made_up, packs
from auditor.evaluate.judge import Judge
from auditor.model.finding import Finding
from auditor.model.words import Certainty
from auditor.model.written import plain

FOLDER = Path(__file__).parent / "markup_pages"
SENT = "Fri, 20 Nov 2026 03:00:00 GMT"


class Label(NamedTuple):
    rule: str
    words: tuple[str, ...]
    sure: bool = True

    def fits(self, finding: Finding) -> bool:
        said = " ".join([finding.target, finding.message, *(one.text for one in finding.excerpts)]).casefold()
        return finding.rule.partition("/")[2] == self.rule and all(word.casefold() in said for word in self.words)


class Case(NamedTuple):
    name: str
    page: dict[str, Any]
    labels: list[Label]


class Answer(NamedTuple):
    case: Case
    missed: list[Label]
    extra: list[Finding]  # that no label allows
    too_sure: list[Finding]  # proven, where the label says that it can't be

    @property
    def right(self) -> bool:
        return not (self.missed or self.extra or self.too_sure)


def cases() -> list[Case]:
    """Every page of the corpus with its labels; raises ValueError for a swap that does not fit."""
    found: list[Case] = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for page in plain(file):
            found.append(_case(page, page["id"], page["findings"], ()))
            found += [_case(page, one["id"], one["findings"], one["swaps"]) for one in page.get("variants", [])]
    return found


def _case(page: dict[str, Any], name: str, labels: list[Any], swaps: Any) -> Case:
    head, body = page.get("head", ""), page.get("body", "")
    for old, new in swaps:
        if head.count(old) + body.count(old) < 1:
            raise ValueError(f"{name}: {old!r} does not stand in the page")
        head, body = head.replace(old, new), body.replace(old, new)
    url = page.get("url", made_up.URL)
    title = page.get("name", "Lamp")
    heading = "" if "<h1" in body else f"<h1>{title}</h1>"
    price = page.get("price", "€49.00")
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} – Northlight</title>'
        f'<link rel="canonical" href="{url}">\n{head}</head><body>{heading}\n{body}<p class="price">{price}</p></body></html>'
    )
    given = {
        "html": html,
        "url": url,
        "page_type": page.get("page_type", "product"),
        "headers": {"date": SENT},
        "renders_differently": False,
    }
    return Case(name, given, [_label(one) for one in labels])


def _label(written: Any) -> Label:
    if isinstance(written, str):
        rule, *words = written.split()
        return Label(rule, tuple(words))
    return Label(written["rule"], tuple(str(written.get("about", "")).split()), written.get("sure", True))


def answers() -> list[Answer]:
    rules = packs.load(("structured-data", "product-data")).rules
    judge = Judge(list(rules), dict(registry.load()), {}, ())
    return [_answer(case, judge.page(made_up.page(case.page)).findings) for case in cases()]


def _answer(case: Case, findings: list[Finding]) -> Answer:
    missed = [label for label in case.labels if not any(label.fits(one) for one in findings)]
    allowed = [(one, [label for label in case.labels if label.fits(one)]) for one in findings]
    extra = [one for one, labels in allowed if not labels]
    too_sure = [
        one
        for one, labels in allowed
        if labels and one.certainty is Certainty.PROVEN and not any(label.sure for label in labels)
    ]
    return Answer(case, missed, extra, too_sure)


def measure(found: list[Answer]) -> dict[str, float]:
    """Precision of the findings called proven, and recall of the labels, whatever the certainty."""
    labels = sum(len(one.case.labels) for one in found)
    missed = sum(len(one.missed) for one in found)
    false = sum(1 for one in found for finding in one.extra if finding.certainty is Certainty.PROVEN)
    false += sum(len(one.too_sure) for one in found)
    true = labels - missed
    return {
        "pages": len(found),
        "pages right": sum(one.right for one in found),
        "labels": labels,
        "precision": round(true / (true + false), 4) if true + false else 1.0,
        "recall": round(true / labels, 4) if labels else 1.0,
    }


def table(found: list[Answer]) -> str:
    """What is not as the labels say, page by page, and the measure."""
    lines: list[str] = []
    for one in found:
        if one.right:
            continue
        lines.append(one.case.name)
        lines += [f"   missed    {label.rule} {' '.join(label.words)}" for label in one.missed]
        lines += [f"   extra     {each.certainty} {each.rule} | {each.target} | {each.message}" for each in one.extra]
        lines += [f"   too sure  {each.rule} | {each.message}" for each in one.too_sure]
    return "\n".join([*lines, str(measure(found))]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(answers()))
