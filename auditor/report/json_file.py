"""`result.json`: the result document as it is, and its JSON Schema (docs/result.schema.json).

`python -m auditor.report.json_file` writes the schema anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from auditor.report import atomic
from auditor.report.document import VERSION, ResultDocument

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "result.schema.json"


def write(document: ResultDocument, path: Path) -> None:
    """Writes the document whole or not at all."""
    atomic.write(path, msgspec.json.format(encode(document), indent=1))


def encode(document: ResultDocument) -> bytes:
    """UTF-8 JSON. Half surrogate pairs, which JSON-LD of the site may carry, become U+FFFD."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return msgspec.json.encode(well_formed(msgspec.to_builtins(document)))


def read(path: Path) -> ResultDocument:
    """A document of this or an older version; raises msgspec.DecodeError where it is none."""
    return msgspec.json.decode(path.read_bytes(), type=ResultDocument)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a result document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result of an audit",
        "description": f"Version {VERSION}. Fields are added, never renamed or taken away.",
        **msgspec.json.schema(ResultDocument),
    }


def schema_text() -> str:
    """The schema as it stands in docs/."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="deterministic"), indent=2).decode() + "\n"


def well_formed(value: Any) -> Any:
    """The value with half surrogate pairs replaced, so that it can be written as UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [well_formed(item) for item in value]
    return value


if __name__ == "__main__":
    SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    SCHEMA.write_text(schema_text(), encoding="utf-8")
