"""Where the data of the project is: rule packs, tables and report templates, installed or in a checkout."""

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


def _data(name: str, in_checkout: Path) -> Path:
    # A wheel carries the data inside the package; an editable install reads the checkout.
    installed = _PACKAGE / "_data" / name
    for folder in (installed, in_checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the installation is incomplete: neither {installed} nor {in_checkout} exists; install auditor again"
    )
