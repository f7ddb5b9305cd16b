"""Opens what a source is kept in (plain, gzip, zip) as a stream of bounded length; first step of reading."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from auditor.model.errors import UsageError

LARGEST = 20_000_000_000  # bytes, unpacked
_RATIO = 200  # text that a person or a shop writes packs to a fifth, seldom to a fiftieth
_SMALL = 50_000_000  # unpacked bytes up to which no ratio is suspicious
_SAMPLE = 1_000_000
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile)  # what a packed file raises that is damaged


class TooLarge(Exception):
    """The source unpacks to more than any export is: its reason, for people."""


class _Bounded(io.RawIOBase):
    """Reads on until more has come out than the packed size explains."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile, packed: int) -> None:
        self._inner, self._packed, self._out = inner, max(packed, 1), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._inner.read(len(buffer))
        self._out += len(data)
        if self._out > LARGEST or (self._out > _SMALL and self._out > _RATIO * self._packed):
            raise TooLarge(f"unpacks to more than {self._out // 1_000_000:,} MB from {self._packed:,} bytes")
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The unpacked bytes; a workbook, which is a zip too, is handed out as it is. Raises UsageError where there is no file."""
    try:
        packed, size = path.open("rb"), path.stat().st_size
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    with packed:
        start = packed.read(4)
        packed.seek(0)
        if start.startswith(_GZIP):
            with gzip.GzipFile(fileobj=packed) as inner:
                yield io.BufferedReader(_Bounded(inner, size), 1 << 16)
        elif start == _ZIP and (member := _only_member(path)):
            with zipfile.ZipFile(packed) as archive, archive.open(member) as inside:
                yield io.BufferedReader(_Bounded(inside, size), 1 << 16)
        else:
            yield packed


def is_workbook(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == _ZIP and not _only_member(path)


def encoding_of(sample: bytes) -> str:
    """By its mark, else UTF-8 where the sample is that, else Windows' western letters."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # the sample may end within a character
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def text_of(stream: BinaryIO, encoding: str = "") -> io.TextIOWrapper:
    """The stream as text, line ends kept; bytes that are no characters become lone surrogates, which rows are told of by."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    sample = buffered.peek(_SAMPLE)[:_SAMPLE]
    return io.TextIOWrapper(buffered, encoding or encoding_of(sample), errors="surrogateescape", newline="")


def _only_member(path: Path) -> str:
    """The one file of an archive; "" where it has several (a workbook has) or is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
    except (OSError, zipfile.BadZipFile):
        return ""
    return names[0] if len(names) == 1 else ""
