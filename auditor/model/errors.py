"""Errors that the user can mend, each with its exit code: what is wrong, where, and how to mend it.

    AuditorError
    ├── UsageError            exit 2: config, rule pack, workspace or usage is wrong
    └── IncompleteError       exit 3: the audit could not be completed

What the audited site does wrong is evidence and never raised.
"""

EXIT_CLEAN = 0
EXIT_GATE_FAILED = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3


class AuditorError(Exception):
    """A sentence for the user; `where` is a file:line or a URL, `hint` says how to mend it."""

    exit_code = EXIT_INCOMPLETE

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(": ".join(part for part in (where, what) if part) + (f"\n  {hint}" if hint else ""))


class UsageError(AuditorError):
    """Config, rule pack, workspace or command line is wrong."""

    exit_code = EXIT_USAGE


class IncompleteError(AuditorError):
    """The audit could not be done or finished: unreachable, blocked, nothing fetched, no browser, out of time."""

    exit_code = EXIT_INCOMPLETE
