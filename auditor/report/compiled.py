"""Templates as compiled before, kept in the user's cache folder, for the writers of reports."""

from __future__ import annotations

from contextlib import suppress
from typing import Self

import jinja2
from jinja2.bccache import Bucket

from auditor import paths


class Compiled(jinja2.FileSystemBytecodeCache):
    """Compiling templates takes longer than a small report does."""

    @classmethod
    def in_home(cls) -> Self | None:
        folder = paths.kept("templates")
        return None if folder is None else cls(str(folder))

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)
