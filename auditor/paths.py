"""Where the data of the project is: rule packs, tables and report templates, installed or in a checkout; and where it keeps what can be made again."""

import os
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def rules() -> Path:
    """The folder of the rule packs (`rules/`)."""
    return _data("rules", _PACKAGE.parent / "rules")


@cache
def templates() -> Path:
    """The folder of the report's templates (`reports/templates/`)."""
    return _data("templates", _PACKAGE.parent / "reports" / "templates")


def kept(name: str) -> Path | None:
    """A folder of the user's cache for what can be made again, made private; None without a home, or one that can't be written."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "auditor" / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder


def _data(name: str, in_checkout: Path) -> Path:
    # A wheel carries the data inside the package; an editable install reads the checkout.
    installed = _PACKAGE / "_data" / name
    for folder in (installed, in_checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the installation is incomplete: neither {installed} nor {in_checkout} exists; install auditor again"
    )
