"""The catalogue stage: gets every source of the config, reads it into the store, and says what of it is wrong."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import msgspec

from auditor.catalogue import requirements, values
from auditor.catalogue.fetch import Ask, fetch
from auditor.catalogue.reading import Reading
from auditor.config.config import Config
from auditor.config.exports import Export
from auditor.config.session import Session
from auditor.model.errors import IncompleteError, UsageError
from auditor.model.expected import ExpectedProduct, SourceRead, WrongRow
from auditor.model.run import Run
from auditor.store import expected
from auditor.store.runs import now
from auditor.store.workspace import Workspace

_NAMED = 20  # wrong rows told on the way; the report has all


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How sources are asked for that have an address."""

    session: Session = Session()
    user_agent: str = ""
    timeout: float = 60.0
    drop: tuple[str, ...] = ()
    host_map: dict[str, str] = {}


def check(config: Config) -> None:
    """Raises UsageError for a source that cannot be there, before the first request."""
    for one in config.catalogue:
        if one.file and not Path(one.file).is_file():
            raise UsageError("no such file", where=f"catalogue: {one.name}: {one.file}")
        if (listed := one.required_from) is not None and not Path(listed.file).is_file():
            raise UsageError("no such file", where=f"catalogue: {one.name}: required_from: {listed.file}")
        if one.query and one.database is None:
            raise UsageError(
                "'query' needs 'database'",
                where=f"catalogue: {one.name}",
                hint="Write database: ${ERP_DATABASE}, a SQLAlchemy URL; it is never stored, so give the config again.",
            )


def read(workspace: Workspace, run: Run, config: Config, way: Way, stop: Event | None = None) -> Iterator[str]:
    """Reads the sources that the run has not read yet, and tells what came of each.

    Raises IncompleteError for one that cannot be had or is stale where the config refuses that, UsageError for columns it lacks.
    """
    with workspace.read() as connection:
        known = {one.name for one in expected.read_of(connection, run.id)}
    for export in config.catalogue:
        if export.name in known or (stop is not None and stop.is_set()):
            continue
        with _at_hand(export, config, way, stop) as (path, modified):
            yield from _read(workspace, run, config, _with_list(export), path, modified, way, stop)


def _with_list(export: Export) -> Export:
    """The source with what its list requires of categories, too."""
    if export.required_from is None:
        return export
    listed = requirements.read(export.required_from, export.name)
    both = {category: (*export.required.get(category, ()), *names) for category, names in listed.items()}
    return export.model_copy(update={"required": {**export.required, **both}})


def _read(
    workspace: Workspace, run: Run, config: Config, export: Export, path: Path | None, modified: str,
    way: Way, stop: Event | None,
) -> Iterator[str]:  # fmt: skip
    reading = Reading(export, path, config.site.url, config.market.locale)
    told: list[WrongRow] = []
    kinds: Counter[str] = Counter()

    def noticed() -> Iterator[ExpectedProduct | WrongRow]:
        for one in reading:
            if stop is not None and stop.is_set():
                raise IncompleteError(f"catalogue: {export.name}: reading was stopped")
            if isinstance(one, WrongRow):
                kinds[one.what] += 1
                if len(told) < _NAMED:
                    told.append(one)
            yield one

    read_at = now()
    twice = expected.keep(workspace, run.id, export.name, noticed(), way.host_map, way.drop)
    source = SourceRead(
        name=export.name,
        format=reading.format,
        origin=export.origin,
        read_at=read_at,
        made_at=_utc(reading.made_at) or modified,
        max_age=export.max_age,
        digest=reading.digest,
        rows=reading.rows,
        products=reading.products - twice,
        wrong=reading.wrong + twice,
        cut=reading.cut,
        columns=reading.fields,
        tax=reading.tax,
        currency=export.currency,
        whole=export.whole and not reading.cut,
        required=tuple(export.required),
        unasked=reading.unasked,
    )
    if reason := source.stale:
        if export.stale == "refuse":
            with workspace.write() as connection:
                expected.forget(connection, run.id, export.name)
            raise IncompleteError(f"catalogue: {export.name}: {reason}", hint="Export again, or write stale: warn.")
        yield f"catalogue: {export.name}: {reason}"
    if source.cut:
        yield f"catalogue: {export.name}: could not be read to its end: {source.cut}"
    for one in told:
        yield f"catalogue: {export.name}: line {one.line:,}: {one.what}: {one.text}"
    if (more := source.wrong - len(told)) > 0:
        yield f"catalogue: {export.name}: {more:,} more values or rows that are wrong; the report lists them"
    with workspace.write() as connection:
        expected.seal(connection, run.id, source)
    yield f"catalogue: {export.name}: {source.products:,} products read ({source.format})"


@contextmanager
def _at_hand(export: Export, config: Config, way: Way, stop: Event | None) -> Iterator[tuple[Path | None, str]]:
    """The file to read (none of a query) and when it was made, as far as its place tells."""
    if export.query:
        yield None, ""
        return
    if export.file:
        path = Path(export.file)
        try:
            made = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
        except OSError as error:
            raise UsageError(
                f"cannot be read: {error.strerror or error}", where=f"catalogue: {export.name}: {path}"
            ) from None
        yield path, made
        return
    headers = {name: value.get_secret_value() for name, value in export.headers.items()}
    ask = Ask(
        export.url, headers, way.session, way.user_agent, way.timeout, config.resolve, not config.ignore_tls_errors
    )
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        path = Path(folder) / "export"
        got = fetch(ask, path, stop)
        yield path, _utc(got.modified)


def _utc(written: str) -> str:
    """An ISO time with its zone as UTC; "" without one, since nobody knows when that was."""
    moment = values.moment(written) or ""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    return read.astimezone(UTC).isoformat() if read.tzinfo is not None else ""
