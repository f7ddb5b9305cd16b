"""The command line: one file per command; each imports what it needs when it is called, so that --help answers at once."""

from __future__ import annotations

import sys

from auditor.model.errors import EXIT_USAGE, AuditorError


def main() -> None:
    """Entry of the `auditor` command: runs it and turns errors that the user can mend into a sentence and an exit code."""
    import click
    from click.exceptions import Exit

    from auditor.cli.app import app
    from auditor.cli.terminal import complain

    try:
        code = app(standalone_mode=False)
    except AuditorError as error:
        complain(error)
        code = error.exit_code
    except click.UsageError as error:
        error.show()
        code = EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)  # noqa: T201
        code = 130
    except Exit as end:
        code = end.exit_code
    except BrokenPipeError:
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
