"""The command line: one file per command; each imports what it needs when it is called, so that --help answers at once."""

from __future__ import annotations

import sys
from typing import Any

from auditor.model.errors import EXIT_USAGE, AuditorError


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
    sys.exit(code if isinstance(code, int) else 0)
