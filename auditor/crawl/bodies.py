"""Unpacks what came over the wire, never to more than a cap: a body that is too long, or a bomb, is cut and said to be cut."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

ACCEPTED = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Plain(msgspec.Struct, frozen=True):
    body: bytes
    cut: bool = False
    error: str = ""


def inflate(data: bytes, encodings: Sequence[str], cap: int) -> Plain:
    """The body without its content encodings (in the order applied), cut at `cap` bytes."""
    cut, error = False, ""
    for encoding in reversed(encodings):
        encoding = encoding.strip().lower()
        if encoding in ("", "identity"):
            continue
        if encoding not in ("gzip", "x-gzip", "deflate"):
            return Plain(b"", error=f"body in an encoding that was not asked for ({encoding[:40]})")
        if not data:
            continue
        packed = data
        data, longer, error = _unzip(packed, _GZIP if encoding != "deflate" else _ZLIB, cap)
        if error and encoding == "deflate" and not data:  # servers disagree on what deflate means
            data, longer, error = _unzip(packed, _RAW, cap)
        cut = cut or longer
    if len(data) > cap:
        data, cut = data[:cap], True
    return Plain(data, cut, error)


def _unzip(data: bytes, window: int, cap: int) -> tuple[bytes, bool, str]:
    """Up to cap + 1 bytes, whether there was more, and what was wrong; what could be read before an error is kept."""
    unzip, parts, size = zlib.decompressobj(window), [], 0
    source = data
    try:
        while source and size <= cap:
            part = unzip.decompress(source, min(262_144, cap + 1 - size))
            parts.append(part)
            size += len(part)
            if unzip.eof:  # gzip may hold several members one after another
                source = unzip.unused_data
                if window != _GZIP or source[:2] != b"\x1f\x8b":
                    break
                unzip = zlib.decompressobj(window)
            else:
                if not part and not unzip.unconsumed_tail:
                    break
                source = unzip.unconsumed_tail
    except zlib.error as error:
        if not parts and data[:2] != b"\x1f\x8b" and window == _GZIP:
            return data, False, ""  # says gzip and is not: browsers fail, but what was sent can be read
        return b"".join(parts), False, f"the compressed body is damaged ({str(error)[:80]})"
    short = not unzip.eof and size <= cap
    return b"".join(parts), size > cap, "the compressed body ends too early" if short else ""
