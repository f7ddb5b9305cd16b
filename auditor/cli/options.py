"""Options that several commands share, and how flags become overrides of a config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_WORKSPACE = Path("audits")

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Folder of the database, pictures and reports.")
]
BrowsersOption = Annotated[
    str | None, typer.Option("--browsers", help="chromium, firefox, webkit, comma-separated; 'none' for no browser.")
]
DevicesOption = Annotated[str | None, typer.Option("--devices", help="desktop, phone, tablet, comma-separated.")]
FailOnOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        help="Fail (exit 1) on problems of this severity or worse: critical, serious, moderate, minor, info.",
    ),
]
CertaintyOption = Annotated[
    str | None,
    typer.Option("--certainty", help="How sure a problem must be to fail the gate: proven, likely, needs_review."),
]
CoverageOption = Annotated[
    str | None,
    typer.Option("--min-coverage", help="Exit 3 when a smaller share of the pages could be fetched, e.g. 95%."),
]
EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--environment", help="production, staging or preview: the part of the config's environments that is used."
    ),
]
BaselineOption = Annotated[
    str | None,
    typer.Option("--baseline", help="Only what is new against it fails: a file, the name of a run, or 'previous'."),
]
ReportOnlyOption = Annotated[
    bool, typer.Option("--report-only", help="Say what the gate would have done, and end with 0.")
]
OnIncompleteOption = Annotated[
    str | None,
    typer.Option("--on-incomplete", help="fail (exit 3) or warn, where the audit could not be completed."),
]
WaitOption = Annotated[
    str | None,
    typer.Option("--wait", help="How long to wait for another audit of the site to end, e.g. 2h; else exit 3."),
]
DeliverOption = Annotated[
    bool, typer.Option("--deliver-beacons", help="Let tracking hits reach their vendors. They will count as visits.")
]
PlainOption = Annotated[bool, typer.Option("--plain", help="Plain lines instead of a progress display.")]
RunArgument = Annotated[
    str, typer.Argument(help="Name or number of the run; the last one if left out.", show_default=False)
]


def overrides(
    *,
    browsers: str | None = None,
    devices: str | None = None,
    fail_on: str | None = None,
    certainty: str | None = None,
    min_coverage: str | None = None,
    environment: str | None = None,
    deliver_beacons: bool = False,
    baseline: str | None = None,
    report_only: bool = False,
    on_incomplete: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Flags that were given, under their dotted names in the config."""
    given: dict[str, Any] = {
        "render.browsers": None if browsers is None else [] if browsers == "none" else _parts(browsers),
        "render.devices": None if devices is None else _parts(devices),
        "gate.fail_on": fail_on,
        "gate.certainty": certainty,
        "gate.min_coverage": min_coverage,
        "environment": environment,
        "render.deliver_beacons": deliver_beacons or None,
        "gate.baseline": _file(baseline),
        "gate.report_only": report_only or None,
        "gate.on_incomplete": on_incomplete,
    }
    given.update({name.replace("__", "."): value for name, value in more.items()})
    return {name: value for name, value in given.items() if value is not None}


def seconds(text: str | None) -> float:
    """A duration of the command line; raises UsageError."""
    from pydantic import TypeAdapter, ValidationError

    from auditor.config.values import Duration
    from auditor.model.errors import UsageError

    try:
        return float(TypeAdapter(Duration).validate_python(text or 0))
    except (ValidationError, ValueError):
        raise UsageError(f"--wait: '{text}' is not a duration", hint="Write it like 90s, 12m or 2h.") from None


def _file(baseline: str | None) -> str | None:
    """A file named on the command line stands where the command runs."""
    from auditor.config.config import is_file_name

    return str(Path(baseline).absolute()) if baseline and is_file_name(baseline) else baseline


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
