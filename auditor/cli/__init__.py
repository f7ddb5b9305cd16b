"""The command line: one file per command; each imports what it needs when it is called, so that --help answers at once."""

from __future__ import annotations

import errno
import sys
from typing import Any

from auditor.model.errors import EXIT_INCOMPLETE, EXIT_USAGE, AuditorError, IncompleteError

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def main() -> None:
    """Entry of the `auditor` command: runs it and turns errors that the user can mend into a sentence and an exit code."""
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
        hint = "What was gathered is kept: make room, then go on with auditor resume."
        complain(IncompleteError(f"the database cannot be written: {getattr(error, 'orig', error)}", hint=hint))
        code = EXIT_INCOMPLETE
    sys.exit(code if isinstance(code, int) else 0)


def _database(error: Exception) -> bool:
    """Whether SQLite could not go on: disk full, locked for too long, read-only, damaged. A wrong statement is a bug."""
    if "sqlalchemy" not in sys.modules:
        return False
    from sqlalchemy.exc import OperationalError

    words = ("full", "locked", "readonly", "disk I/O", "unable to open")
    return isinstance(error, OperationalError) and any(word in str(error.orig) for word in words)
