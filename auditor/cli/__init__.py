"""The command line: one file per command; each imports what it needs when it is called, so that --help answers at once."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

from auditor.model.errors import EXIT_INCOMPLETE, EXIT_USAGE, AuditorError, IncompleteError

_DAMAGED = ("malformed", "not a database", "corrupt")
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def entry() -> NoReturn:
    """`main` as a process of its own: the interpreter is not taken down piece by piece, which takes a fifth of a second."""
    code: Any = 0
    gc.set_threshold(20_000, 20, 20)  # what a command loads and reads stays until its end: there is little garbage
    try:
        main()
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads any more
            stream.flush()
    os._exit(code if isinstance(code, int) else 0)


def main() -> None:
    """Entry of the `auditor` command: runs it and turns errors that the user can mend into a sentence and an exit code."""
    # to find Pydantic's plugins, of which there are none, the metadata of every installed package would be read
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from typer import Abort, BadParameter

    from auditor.cli.app import app
    from auditor.cli.terminal import complain

    wrong_usage: Any = BadParameter.__base__  # click's UsageError, which newer Typers carry inside and don't name
    try:
        code = app(prog_name="auditor", standalone_mode=False)
    except AuditorError as error:
        complain(error)
        code = error.exit_code
    except wrong_usage as error:
        error.show()
        code = EXIT_USAGE
    except (Abort, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)  # noqa: T201
        code = 130
    except BrokenPipeError:
        code = 0
    except OSError as error:
        if error.errno not in _DISK:
            raise
        complain(IncompleteError(f"the disk is full or broken: {error.strerror}", where=str(error.filename or "")))
        code = EXIT_INCOMPLETE
    except Exception as error:
        if not _database(error):
            raise
        told = str(getattr(error, "orig", error))
        complain(IncompleteError(f"the database cannot go on: {told}", hint=_mend(told)))
        code = EXIT_INCOMPLETE
    sys.exit(code if isinstance(code, int) else 0)


def _mend(told: str) -> str:
    if any(word in told for word in _DAMAGED):
        return (
            "Restore auditor.db from a backup, or begin anew with --workspace. Reports that were written stay readable."
        )
    if "locked" in told:
        return "Another program holds auditor.db: end it, then go on with auditor resume. What was gathered is kept."
    return "What was gathered is kept: make room, then go on with auditor resume."


def _database(error: Exception) -> bool:
    """Whether SQLite could not go on: disk full, locked for too long, read-only, damaged. A wrong statement is a bug."""
    if "sqlalchemy" not in sys.modules:
        return False
    from sqlalchemy.exc import DatabaseError

    words = ("full", "locked", "readonly", "disk I/O", "unable to open", *_DAMAGED)
    return isinstance(error, DatabaseError) and any(word in str(error.orig) for word in words)
