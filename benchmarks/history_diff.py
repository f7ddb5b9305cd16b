"""`auditor diff` of two runs with 100,000 findings each: how long it takes and how much memory it needs.

    python benchmarks/history_diff.py [findings]

Both runs are made up: 20,000 pages, 40 findings a problem, three quarters of what the first found are there again. Every comparison runs in a
process of its own, for 10,000 and for all findings, so that memory that grows with the runs would show.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy.dialects.sqlite import insert

from auditor.history.record import Judged, compared, header
from auditor.model.rule import Rule
from auditor.model.words import Certainty, Owner, Severity
from auditor.report import diff
from auditor.store import judgement, looks, runs
from auditor.store.schema import evaluation_findings, finding_texts, problems, urls
from auditor.store.workspace import Workspace

PAGES = 20_000
LIMIT = 5.0  # seconds


def main() -> None:
    if len(sys.argv) == 3:
        print(json.dumps(measured(Path(sys.argv[2]))))
        return
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    told = {}
    for count in (most // 10, most):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), count)
            done = subprocess.run(
                [sys.executable, __file__, "measure", folder], capture_output=True, text=True, check=True, timeout=900
            )
            told[count] = json.loads(done.stdout)
            print(f"{count:>8,} findings in each: {told[count]}")
    small, large = told[most // 10], told[most]
    print(f"memory grows by {large['peak_mb'] - small['peak_mb']:.1f} MB for ten times the findings")
    print(f"{'holds' if large['cpu_s'] <= LIMIT else 'BROKEN'}: at most {LIMIT:g} s of one CPU")


def make(folder: Path, count: int) -> None:
    """Two runs: the second lacks a quarter of the findings, has as many new ones, and did not look at some pages."""
    rules = [
        Rule(id=f"made/rule-{number}", title="T", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.DEV, check="none", message="m", why="w", fix="f")
        for number in range(150)
    ]  # fmt: skip
    with Workspace.open(folder) as workspace:
        for shift in (0, count // 4):
            config = json.dumps({"config": {}})
            run = runs.begin(workspace, site="shop.example", start_url="https://shop.example/", environment="production", config=config, version="1")  # fmt: skip
            with workspace.write() as connection:
                evaluation = judgement.begin(connection, run.id, "digest", rules, "1")
                recorder = looks.Recorder(evaluation)
                everything = list(range(len(rules)))
                recorder.add(connection, [("", {looks.SITE: []})])
                for number in range(PAGES):
                    if shift and number % 50 == 0:
                        continue  # not looked at again
                    recorder.add(connection, [(key(number), {"http": everything, "chromium/desktop": everything})])
                rows = [row(evaluation, number) for number in range(shift, shift + count)]
                for start in range(0, len(rows), 5_000):
                    some = rows[start : start + 5_000]
                    connection.execute(insert(finding_texts).on_conflict_do_nothing(), some)
                    connection.execute(insert(evaluation_findings), some)
                names = {one["problem"]: one for one in rows}
                connection.execute(insert(problems), [problem(one) for one in names.values()])
                connection.execute(
                    insert(urls),
                    [{"run_id": run.id, "key": key(n), "url": key(n), "kind": "page", "status": "done", "found_by": "link"} for n in range(PAGES)],
                )  # fmt: skip
                judgement.end(connection, evaluation)


def key(number: int) -> str:
    return f"https://shop.example/products/a-product-with-a-name-{number}"


def row(evaluation: int, number: int) -> dict[str, object]:
    rule = f"made/rule-{number // 40 % 150}"
    return {
        "evaluation_id": evaluation, "text_id": number + 1, "id": number + 1, "hash": number.to_bytes(12, "big"),
        "finding": f"F-{number:010d}", "problem": f"P-{number // 40:010d}", "rule": rule,
        "page_key": key(number * 7 % PAGES), "url": key(number * 7 % PAGES), "page_type": "product", "target": f"target {number // 40}",
        "severity": "serious", "certainty": "proven", "message": "A message as long as most messages are, with a value or two in it.",
        "clients": "http", "detail": b"x" * 400, "asked": "http" if number % 3 else "chromium/desktop",
    }  # fmt: skip


def problem(one: dict[str, object]) -> dict[str, object]:
    return {
        "evaluation_id": one["evaluation_id"], "id": one["problem"], "rule": one["rule"], "page_type": "product", "target": one["target"],
        "severity": "serious", "certainty": "proven", "pages": 40, "message": one["message"], "clients": "http", "examples": "",
    }  # fmt: skip


def measured(folder: Path) -> dict[str, float]:
    """The whole of what `auditor diff` does after its libraries are loaded."""
    with Workspace.open(folder) as workspace:
        found = sorted(runs.latest(workspace), key=lambda run: run.id)
        began, cpu = time.monotonic(), time.process_time()
        before = peak_kb()
        with workspace.read() as connection:
            one, other = (Judged(run, judgement.latest(connection, run.id) or 0) for run in found)
            lines = list(diff.lines(compared(connection, one, other), header(connection, one, other), 25))
        peak = peak_kb()
    counted = next(line for line in lines if " new" in line)
    print(counted, file=sys.stderr)
    return {
        "wall_s": round(time.monotonic() - began, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_mb": round(peak / 1024, 1),
        "grew_mb": round((peak - before) / 1024, 1),
        "lines": len(lines),
    }


def peak_kb() -> int:
    """Of this process since it began; what getrusage tells holds the parent's, too."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main()
